//! How old a position may be, counted in the server's time; and starts that lie far back.

use std::time::Duration;

use sharepoint_changes::{
    ChangeToken, Done, Error, Position, ResyncReason, Start, TokenScope, jiff::SignedDuration,
};

use super::script::{DAY, EXPIRED, LIST, MINUTE, SITE, Script, at, first_run, token};

fn expired(done: &Done) -> bool {
    matches!(done, Done::Resync { reason: ResyncReason::Expired, .. })
}

#[test]
fn a_position_older_than_the_trusted_retention_is_expired_before_it_is_sent() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, 55 * DAY);
    script.fence(&token(900, 55 * DAY));
    // The next action is the end: no request carried the old token.
    assert!(expired(&script.done()));
}

#[test]
fn a_position_is_trusted_for_the_retention_to_the_second() {
    let (_, end) = first_run();
    assert_eq!(end.moment(), at(-30));
    let mut script = Script::resumed(&end, 55 * DAY - 30);
    script.fence(&token(900, 55 * DAY - 30));
    script.bounds();
    let mut script = Script::resumed(&end, 55 * DAY - 29);
    script.fence(&token(900, 55 * DAY - 29));
    assert!(expired(&script.done()));
}

#[test]
fn a_token_from_elsewhere_that_old_is_expired_too() {
    let mut script = Script::new(Start::Token(token(100, -56 * DAY)));
    script.fence(&token(900, 0));
    assert!(expired(&script.done()));
}

#[test]
fn a_second_reading_of_the_logs_end_tells_the_time_too() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, MINUTE);
    script.fence(&token(104, -MINUTE));
    script.date = Some(56 * DAY);
    script.fence(&token(900, 0));
    assert!(expired(&script.done()));
}

#[test]
fn a_client_clock_56_days_fast_expires_nothing() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, MINUTE);
    script.now = Duration::from_secs(56 * 24 * 3600);
    script.fence(&token(112, MINUTE));
    script.rows(&[]);
    script.up_to_date();
}

#[test]
fn an_idle_database_whose_fence_never_moves_expires_nothing() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(100, 0));
    let mut checkpoint = script.up_to_date();
    for day in (0..200).step_by(50) {
        let mut script = Script::resumed(&checkpoint, day * DAY);
        script.fence(&token(100, 0));
        checkpoint = script.up_to_date();
        assert_eq!(checkpoint.moment(), at(day * DAY));
    }
    let mut script = Script::resumed(&checkpoint, 160 * DAY);
    script.fence(&token(101, 160 * DAY));
    assert_eq!(script.rows(&[token(101, 160 * DAY)]).0, Some(token(100, 0).to_string()));
    script.page();
}

#[test]
fn a_beginning_that_was_silent_and_has_grown_old_is_a_gap_and_no_end() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(100, 0));
    script.rows(&[]);
    let end = script.up_to_date();
    assert_eq!(end.position(), &Position::Beginning);
    // What came meanwhile may be purged again: without a start the rows after it would come as if nothing were missing.
    let mut script = Script::resumed(&end, 70 * DAY);
    script.fence(&token(900, 70 * DAY));
    let start = ChangeToken::at(TokenScope::List, LIST, end.moment());
    assert_eq!(script.rows(&[]).0, Some(start.to_string()));
    let page = script.page();
    assert_eq!(page.gap.map(|gap| gap.after), Some(end.moment()));
}

#[test]
fn a_drain_longer_than_the_retention_is_noticed_before_the_next_page() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(900, 0));
    script.rows(&[token(105, -30)]);
    script.page();
    // The reader works on that page for 56 days; a throttle tells the time.
    script.request();
    script.date = Some(56 * DAY);
    script.answer(429, &[("retry-after", "1")], "");
    script.wait();
    script.now += Duration::from_secs(60);
    assert!(expired(&script.done()));
}

#[test]
fn a_row_tells_its_own_age_and_not_that_of_the_answer() {
    // The row is 54 days old when it is read; ten days later its token is 64 days old, and the server may be silent.
    let mut script = Script::new(Start::Token(token(100, -54 * DAY)));
    script.fence(&token(900, 0));
    script.rows(&[token(105, -54 * DAY + 60)]);
    let page = script.page();
    assert_eq!(page.checkpoint.moment(), at(-54 * DAY + 60));
    assert!(!page.checkpoint.from_beginning());
    let mut script = Script::resumed(&page.checkpoint, 10 * DAY);
    script.fence(&token(950, 10 * DAY));
    assert!(expired(&script.done()));
}

#[test]
fn an_old_row_gives_no_leave_to_be_old() {
    // Between the edge of the trusted retention and the retention itself.
    let mut script = Script::new(Start::Token(token(100, -55 * DAY + 60)));
    script.fence(&token(900, 0));
    script.rows(&[token(105, -55 * DAY + 120)]);
    assert!(!script.page().checkpoint.from_beginning());
}

#[test]
fn an_expired_token_that_the_server_names_is_a_resync() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script.request();
    script.answer(400, &[], EXPIRED);
    assert!(expired(&script.done()));
}

#[test]
fn the_beginning_sends_no_start_and_stays_until_a_row_replaces_it() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(110, 0));
    assert_eq!(script.rows(&[]).0, None);
    let end = script.up_to_date();
    assert_eq!(*end.position(), Position::Beginning);
    assert!(end.from_beginning());
    let mut script = Script::resumed(&end, MINUTE);
    script.fence(&token(112, MINUTE));
    assert_eq!(script.rows(&[token(111, MINUTE)]).0, None);
    let page = script.page();
    assert_eq!(page.checkpoint.token(), Some(&token(111, MINUTE)));
    assert!(!page.checkpoint.from_beginning());
}

#[test]
fn a_settled_candidate_replaces_the_beginning() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(110, 0));
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = Script::resumed(&end, 20 * MINUTE);
    script.fence(&token(120, 20 * MINUTE));
    script.rows(&[]);
    let end = script.up_to_date();
    assert_eq!((end.token(), end.from_beginning()), (Some(&token(110, 0)), false));
}

#[test]
fn a_candidate_older_than_the_trusted_retention_is_replaced_and_not_believed() {
    // A quiet list read from the beginning, once in 60 days.
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(110, 0));
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = Script::resumed(&end, 60 * DAY);
    script.fence(&token(120, 60 * DAY));
    script.rows(&[]);
    assert!(script.page().gap.is_some());
    script.rows(&[]);
    let end = script.up_to_date();
    assert!(matches!(end.position(), Position::Since(_)) && end.from_beginning(), "{end}");
    // The candidate is the second run's end now, and settles.
    let mut script = Script::resumed(&end, 60 * DAY + 20 * MINUTE);
    script.fence(&token(121, 60 * DAY + 20 * MINUTE));
    script.rows(&[]);
    assert_eq!(script.up_to_date().token(), Some(&token(120, 60 * DAY)));
}

#[test]
fn an_empty_answer_that_took_so_long_that_its_start_grew_too_old_is_not_the_end() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(900, 0));
    script.request();
    script.date = Some(60 * DAY);
    script.rows(&[]);
    assert!(expired(&script.done()));
}

#[test]
fn a_server_that_answers_the_edge_of_the_retention_with_old_rows_ends_in_an_error() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(900, 0));
    script.rows(&[token(10, -90 * DAY)]);
    script.page();
    script.rows(&[]);
    assert!(script.page().gap.is_some());
    // It takes the time for the beginning, and would be read in a circle.
    script.rows(&[token(10, -90 * DAY)]);
    assert!(matches!(script.error(), Error::Protocol { .. }));
}

#[test]
fn on_the_way_up_from_the_beginning_over_age_tokens_are_sent() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(900, 0));
    script.rows(&[token(10, -90 * DAY)]);
    assert!(script.page().checkpoint.from_beginning());
    assert_eq!(script.rows(&[token(20, -70 * DAY)]).0, Some(token(10, -90 * DAY).to_string()));
    let page = script.page();
    // Killed here, the next run goes on with the same leave to be old.
    let mut script = Script::resumed(&page.checkpoint, 0);
    script.fence(&token(900, 0));
    assert_eq!(script.rows(&[token(30, -MINUTE)]).0, Some(token(20, -70 * DAY).to_string()));
    assert!(!script.page().checkpoint.from_beginning());
}

#[test]
fn an_empty_answer_to_an_over_age_token_is_never_the_end() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(900, 0));
    script.rows(&[token(10, -90 * DAY)]);
    let rows = script.page();
    script.rows(&[]);
    let page = script.page();
    let gap = page.gap.clone().unwrap();
    assert!(page.changes.is_empty());
    assert_eq!((gap.after, gap.until), (at(-90 * DAY), at(-54 * DAY)));
    assert_eq!(page.follows, Some(rows.checkpoint.to_string()));
    assert!(matches!(page.checkpoint.position(), Position::Since(_)));
    assert_eq!(page.checkpoint.moment(), at(-54 * DAY));
    // It goes on from the edge of the trusted retention, one day inside.
    let edge = ChangeToken::at(TokenScope::List, LIST, at(-54 * DAY));
    assert_eq!(script.start(), Some(edge.to_string()));
    // Made anew at each send: a day of throttling moves it along.
    script.date = Some(DAY);
    script.answer(429, &[], "");
    let wait = script.wait();
    script.now += wait.at_least;
    let edge = ChangeToken::at(TokenScope::List, LIST, at(-53 * DAY + 2));
    assert_eq!(script.rows(&[token(30, -50 * DAY)]).0, Some(edge.to_string()));
    assert_eq!(script.page().changes.len(), 1);
    // And from its row from then on.
    assert_eq!(script.rows(&[]).0, Some(token(30, -50 * DAY).to_string()));
    assert_eq!(script.up_to_date().token(), Some(&token(30, -50 * DAY)));
}

#[test]
fn the_end_of_the_log_ends_the_way_up_from_the_beginning() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(10, -90 * DAY));
    script.rows(&[token(9, -90 * DAY)]);
    let page = script.page();
    assert!(page.checkpoint.from_beginning());
    // Killed there; and now the log, or the copy of it that answers, ends where the reader stands.
    let mut script = Script::resumed(&page.checkpoint, MINUTE);
    script.fence(&token(9, -90 * DAY));
    let end = script.up_to_date();
    assert_eq!((end.from_beginning(), end.moment()), (false, at(MINUTE)));
}

#[test]
fn an_error_about_an_over_age_token_is_a_gap_too() {
    let mut script = Script::new(Start::Time(at(-70 * DAY)));
    script.fence(&token(900, 0));
    let start = ChangeToken::at(TokenScope::List, LIST, at(-70 * DAY));
    assert_eq!(script.start(), Some(start.to_string()));
    script.answer(400, &[], EXPIRED);
    let gap = script.page().gap.unwrap();
    assert_eq!((gap.after, gap.until), (at(-70 * DAY), at(-54 * DAY)));
    // An empty answer from inside the retention is the end.
    script.rows(&[]);
    script.up_to_date();
}

#[test]
fn a_start_time_beyond_the_fence_is_an_error() {
    let mut script = Script::new(Start::Time(at(60)));
    script.fence(&token(110, -MINUTE));
    assert!(matches!(script.error(), Error::StartBeyondFence { .. }));
    // The moment itself has come.
    let mut script = Script::new(Start::Time(at(0)));
    script.fence(&token(110, -MINUTE));
    script.up_to_date();
    // The moment of the last change: whether its row is still to come, only the server knows.
    let mut script = Script::new(Start::Time(at(-MINUTE)));
    script.fence(&token(110, -MINUTE));
    script.rows(&[token(110, -MINUTE)]);
    script.page();
    // Behind the log's last change, but not in the future: there is simply nothing to read.
    let mut script = Script::new(Start::Time(at(-10)));
    script.fence(&token(110, -MINUTE));
    script.up_to_date();
}

#[test]
fn a_start_time_within_the_running_second_has_come() {
    // `Date` has whole seconds: the answer that says 0 may have been written at any moment of that second.
    for (milliseconds, comes) in [(1, true), (999, true), (1_000, true), (1_001, false)] {
        let time = at(0) + SignedDuration::from_millis(milliseconds);
        for start in [Start::Time(time), Start::Token(ChangeToken::at(TokenScope::List, LIST, time))] {
            let mut script = Script::new(start);
            script.fence(&token(110, -MINUTE));
            if comes {
                // At once: nothing can have happened since.
                script.up_to_date();
            } else {
                assert!(matches!(script.error(), Error::StartBeyondFence { .. }), "{milliseconds}");
            }
        }
    }
}

#[test]
fn now_is_the_fence_at_once() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(110, -MINUTE));
    let end = script.up_to_date();
    assert_eq!((end.token(), end.moment()), (Some(&token(110, -MINUTE)), at(0)));
}

#[test]
fn a_time_is_a_start_and_never_a_saved_position() {
    let since = at(-3 * DAY);
    for start in [Start::Time(since), Start::Token(ChangeToken::at(TokenScope::List, LIST, since))] {
        let mut script = Script::new(start);
        script.fence(&token(110, 0));
        let start = ChangeToken::at(TokenScope::List, LIST, since);
        assert_eq!(script.rows(&[]).0, Some(start.to_string()));
        let end = script.up_to_date();
        assert_eq!(*end.position(), Position::Since(start.ticks()));
        assert!(!end.to_string().contains(";-1"), "{end}");
    }
}

#[test]
fn one_answer_that_lies_about_the_time_expires_nothing_and_is_not_kept() {
    let lie = 73 * 365 * DAY;
    let (page, _) = first_run();
    let mut script = Script::resumed(&page, MINUTE);
    script.request();
    script.date = Some(lie);
    // A gateway's error tells no time at all.
    script.answer(503, &[("retry-after", "1")], "");
    script.date = Some(MINUTE);
    script.rest();
    script.request();
    script.answer_at(lie, &fence_body(&token(110, 0)));
    // What would be too old then is not: the answer that tells whose log it is tells another time.
    script.whose(SITE);
    script.rows(&[]);
    let end = script.up_to_date();
    assert!(end.moment() < at(DAY), "{end}");
}

#[test]
fn one_answer_that_lies_about_the_time_expires_nothing_where_the_site_is_not_told() {
    let (page, _) = first_run();
    let mut script = Script::resumed(&page, MINUTE);
    script.request();
    script.answer_at(73 * 365 * DAY, &fence_body(&token(110, 0)));
    script.request();
    script.answer(403, &[], "");
    // What would be too old then is asked for once more.
    script.end(&token(110, 0));
    script.rows(&[]);
    let end = script.up_to_date();
    assert!(end.moment() < at(DAY), "{end}");
}

#[test]
fn a_date_of_last_year_is_not_believed_beside_an_end_of_the_log_of_today() {
    let (page, _) = first_run();
    let mut script = Script::resumed(&page, 60 * DAY);
    script.request();
    script.answer_at(-365 * DAY, &fence_body(&token(200, 60 * DAY)));
    script.whose(SITE);
    assert!(expired(&script.done_at(&token(200, 60 * DAY))));
}

fn fence_body(fence: &ChangeToken) -> String {
    format!(r#"{{"CurrentChangeToken":{{"StringValue":"{fence}"}}}}"#)
}
