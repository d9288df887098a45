//! Stories that once broke a law, each named after what it lost.

use sharepoint_simulator::laws::{Copy, Feed, Laws, Ledger, Story};

fn tell(story: &str) {
    let story: Story = story.parse().unwrap();
    let told = match story.setting.feed {
        Feed::Changes => Laws::story(story).changes(Ledger::default),
        Feed::Items => Laws::story(story).items(Copy::default),
    };
    told.unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn a_database_that_counts_lower_and_later_is_not_taken_for_a_copy_that_lags() {
    tell("0 changes page=13 run act:9 move:90000s act:24");
}

#[test]
fn an_overlap_holds_from_the_first_run_after_a_load_on() {
    tell("98 items at=list:4 page=100 late=7200s overlap=14460s act:94 act:24 act:6 run act:29 run");
    tell(
        "43 items at=list:3 page=3 full late=7200s overlap=14460s act:80 act:28 act:12 act:35 act:23 run act@1:3 run",
    );
}

#[test]
fn a_beginning_that_was_silent_is_not_believed_for_ever() {
    tell(
        "488 changes at=item:3 preset=files page=8 crash@1 run act:12 sleep:8035200s act:1 run act:5 sleep:9504000s",
    );
    tell("727 changes page=3 sleep:5529600s run act:1 sleep:8035200s");
}

#[test]
fn an_overlap_covers_a_first_run_that_did_not_come_to_its_end() {
    tell(
        "926 changes at=site preset=permissions page=100 late=5s overlap=70s habit=page_cap=7 fault@9:access-denied run",
    );
}

#[test]
fn an_overlap_holds_on_a_list_that_was_quiet_for_long() {
    tell(
        "223 items at=list:1 page=8 full late=7200s overlap=14460s pace=2s crash@3 act:10 sleep:1121s act:11 run run act:20 sleep:4838400s run run act:28 run",
    );
}

#[test]
fn an_overlap_that_is_too_old_is_no_end_of_an_idle_log() {
    tell("14742 changes page=3 late=900s overlap=1860s act:1 run sleep:6393600s");
}

#[test]
fn a_row_seen_before_the_first_end_of_the_log_is_read_is_none_that_is_missing() {
    tell(
        "38116 changes begin=now page=100 late=5s overlap=70s pace=30s habit=folder_copy=each act:93 crash@1 run fault@1:lost run",
    );
}

#[test]
fn a_folder_whose_page_fails_three_times_is_a_cause_for_a_new_load() {
    tell(
        "3129 items page=5 act:108 act:39 act:17 run act:5 act:15 fault@10:bad-gateway fault@11:bad-gateway fault@12:truncated run",
    );
}

#[test]
fn a_column_that_went_away_is_told_even_where_no_row_comes() {
    tell("106127 items page=13 full act:72 act:12 act:18 act:15 run act:2");
}

/// The server answers a token that its log has forgotten with nothing new and a younger token.
#[test]
fn silence_to_a_token_that_is_too_old_is_not_believed_whoever_decides_about_the_load() {
    for setting in ["", "soap", "refused", "late=60s overlap=180s", "at=list:2 habit=purge_every=1d", "full"]
    {
        tell(&format!("3 items {setting} act:60 run lie:nothing act:20 run"));
    }
    tell("3 items habit=since_expired=nothing act:60 run act:30 sleep:5875200s act:5 run");
}

/// A run that died left deletions to be named, and at the end of an idle log that grew too old.
#[test]
fn what_was_to_be_named_and_grew_too_old_costs_a_load_at_the_end_of_the_log() {
    tell("9125 items run act:39 crash@13 run sleep:5184000s");
}

#[test]
fn what_becomes_visible_between_two_pages_of_names_is_a_page_of_its_own() {
    tell("122745 items page=8 late=60s act:63 crash@3 run act@3:4 run act:30 act:6 fault@5:lost run");
    tell(
        "118921 items at=list:2 page=100 late=900s pace=30s act:58 crash@2 run act:5 fault@1:throttled:31 run act:39 act@5:9 run",
    );
}

#[test]
fn a_run_that_is_told_nothing_is_not_asked_to_have_overlapped_something() {
    tell("49726 changes page=2 late=60s overlap=180s lie:nothing");
}

/// Only one answer of a run told the time, and it lay weeks ahead.
#[test]
fn a_date_that_no_other_answer_confirms_is_not_kept_as_the_moment_of_the_end() {
    for begin in ["", "begin=now", "begin=bootstrap"] {
        tell(&format!(
            "1 changes {begin} habit=expired=empty act:60 run date@1:4320000s run act:20 sleep:6900000s act:5 run"
        ));
    }
    tell("1 changes begin=now habit=expired=empty date@1:4320000s run act:1 sleep:6900000s");
    tell("1 changes begin=bootstrap act:60 date@1:864000s run act:20 sleep:1728000s act:5 run");
    tell("184 changes begin=bootstrap page=8 fault@1:lost date@2:1554854196s run");
}

/// A server looks through a list piece by piece, and tells the next place where it found nothing.
#[test]
fn a_page_without_rows_is_not_the_end_of_a_load_nor_an_error() {
    tell("403 items at=list:1 page=13 habit=empty_pages=yes act:43");
    tell("39 items at=list:3 page=3 habit=empty_pages=yes act:60 run act:40 run");
}

#[test]
fn a_folder_that_an_overlap_tells_once_more_is_placed_anew_before_it_is_listed() {
    tell(
        "5979 items at=list:3 page=3 overlap=14460s habit=restored=id act:76 crash@3 run act:29 run act:33 run fault@6:forbidden run",
    );
}

#[test]
fn what_a_copy_that_lags_behind_was_silent_about_is_read_when_the_end_has_settled() {
    tell(
        "20101 items at=list:1 page=8 full pace=2s act:58 act:18 act:25 run act:11 lag:30s run act:21 run act:25 lag:1800s run",
    );
}
