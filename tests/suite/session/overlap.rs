//! Rows that become visible late, and the overlap that covers them.

use std::{collections::BTreeSet, time::Duration};

use sharepoint_changes::{Action, ChangeToken, Checkpoint, Done, ResyncReason, Settings, Start, TokenScope};

use super::script::{DAY, LIST, MINUTE, Script, at, kept, query, token};

fn resumed(checkpoint: &Checkpoint, date: i64, overlap: i64) -> Script {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(overlap.try_into().unwrap()));
    let mut script = Script::with(query(), Start::Checkpoint(kept(checkpoint)), settings);
    script.date = Some(date);
    script
}

/// Runs every ten minutes against a log with a row a minute, each visible 50 minutes late; returns the numbers that
/// never came. The row of minute `m` has number `1000 + m`.
fn lost(overlap: Option<i64>, hours: i64, crashes: bool) -> Vec<i64> {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let mut checkpoint = script.up_to_date();
    let mut seen = BTreeSet::new();
    for run in 1..=hours * 6 {
        let minute = run * 10;
        let now = minute * MINUTE;
        let mut script = match overlap {
            Some(overlap) => resumed(&checkpoint, now, overlap),
            None => Script::resumed(&checkpoint, now),
        };
        script.fence(&token(1000 + minute, now));
        loop {
            let start = script.bounds().0.unwrap();
            let after: i64 = start.rsplit(';').next().unwrap().parse().unwrap();
            // Rows of every third minute are late; the others can be seen at once.
            let visible = |m: &i64| m % 3 != 0 || m + 50 <= minute;
            let rows: Vec<_> =
                (after - 999..=minute).filter(visible).take(7).map(|m| token(1000 + m, m * MINUTE)).collect();
            script.rows(&rows);
            let page = match script.poll().unwrap() {
                Action::Page(page) => page,
                Action::Done(done) => {
                    checkpoint = done.checkpoint().clone();
                    break;
                }
                // An overlap that the run before began is read again from its start.
                _ => continue,
            };
            checkpoint = page.checkpoint.clone();
            seen.extend(page.changes.iter().map(|change| change.token.number()));
            if crashes && run % 3 == 0 && page.changes.len() == 7 {
                break;
            }
        }
    }
    (1001..=1000 + (hours - 2) * 60).filter(|number| !seen.contains(number)).collect()
}

#[test]
fn an_overlap_longer_than_the_delay_loses_nothing() {
    assert_eq!(lost(Some(60 * MINUTE), 12, false), Vec::<i64>::new());
}

#[test]
fn nor_does_it_when_runs_are_killed_in_the_middle_of_the_overlap() {
    assert_eq!(lost(Some(60 * MINUTE), 12, true), Vec::<i64>::new());
}

#[test]
fn without_an_overlap_rows_later_than_the_settling_time_are_lost_and_that_is_said() {
    assert!(!lost(None, 12, false).is_empty());
}

#[test]
fn an_overlap_is_counted_from_the_end_of_the_last_run_and_not_from_now() {
    // The only earlier run ended at 0; whatever became visible since was delivered by nobody.
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let end = script.up_to_date();
    let mut script = resumed(&end, 10 * MINUTE, 60 * MINUTE);
    script.fence(&token(1010, 10 * MINUTE));
    script.rows(&[token(1009, 9 * MINUTE)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = resumed(&end, 5 * 60 * MINUTE, 60 * MINUTE);
    script.fence(&token(1100, 5 * 60 * MINUTE));
    assert_eq!(script.start(), Some(token(1000, 0).to_string()));
}

#[test]
fn a_first_run_that_is_killed_is_overlapped_from_the_newest_row_it_read() {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(3600));
    let time = |minute| ChangeToken::at(TokenScope::List, LIST, at(minute * MINUTE));
    for (begin, minute, start) in [
        // Far from the start: a time. Near it: the start itself.
        (Start::Token(token(1000, 0)), 90, time(30)),
        (Start::Token(token(1000, 0)), 50, token(1000, 0)),
        (Start::Time(at(0)), 90, time(30)),
        (Start::Time(at(0)), 50, time(0)),
    ] {
        let mut script = Script::with(query(), begin, settings.clone());
        script.date = Some(100 * MINUTE);
        script.fence(&token(1100, 100 * MINUTE));
        script.rows(&[token(1000 + minute, minute * MINUTE)]);
        let page = script.page();
        let mut script = resumed(&page.checkpoint, 101 * MINUTE, 60 * MINUTE);
        script.fence(&token(1100, 100 * MINUTE));
        assert_eq!(script.start(), Some(start.to_string()), "{minute}");
    }
}

/// A log with a row a minute from number 1000 on, up to this minute, answered in pages of three.
fn next_rows(script: &mut Script, minute: i64) -> usize {
    let start: ChangeToken = script.start().unwrap().parse().unwrap();
    let after = start.time().duration_since(at(0)).as_secs() / MINUTE;
    let rows: Vec<_> = (after + 1..=minute).take(3).map(|m| token(1000 + m, m * MINUTE)).collect();
    script.rows(&rows);
    rows.len()
}

#[test]
fn runs_that_end_within_their_overlap_come_to_what_is_new() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let mut script = resumed(&script.up_to_date(), 20 * MINUTE, 60 * MINUTE);
    script.fence(&token(1020, 20 * MINUTE));
    while next_rows(&mut script, 20) > 0 {
        script.page();
    }
    let mut checkpoint = script.up_to_date();
    // Every one of them dies after a page. The seventh brings what is new.
    for run in 1..=7 {
        let mut script = resumed(&checkpoint, 30 * MINUTE, 60 * MINUTE);
        script.fence(&token(1030, 30 * MINUTE));
        assert_eq!(next_rows(&mut script, 30), 3);
        let page = script.page();
        assert_eq!(page.changes[0].token.number(), 998 + 3 * run);
        assert_eq!(page.repeated(), if run < 7 { 3 } else { 2 }, "{run}");
        checkpoint = page.checkpoint;
    }
    assert_eq!(checkpoint.token(), Some(&token(1021, 21 * MINUTE)));
}

#[test]
fn an_overlap_that_was_cut_is_read_once_more_before_the_log_is_called_read() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let end = script.up_to_date();
    let mut script = resumed(&end, 10 * MINUTE, 60 * MINUTE);
    script.fence(&token(1010, 10 * MINUTE));
    script.rows(&[token(1010, 10 * MINUTE)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = resumed(&end, 20 * MINUTE, 60 * MINUTE);
    script.fence(&token(1020, 20 * MINUTE));
    script.rows(&[token(1005, 5 * MINUTE)]);
    let cut = script.page().checkpoint;
    let mut script = resumed(&cut, 30 * MINUTE, 60 * MINUTE);
    script.fence(&token(1020, 20 * MINUTE));
    let asked = script.rows(&[token(1010, 10 * MINUTE), token(1020, 20 * MINUTE)]);
    assert_eq!(asked.0, Some(token(1005, 5 * MINUTE).to_string()));
    assert_eq!(script.page().repeated(), 1);
    script.rows(&[]);
    // The row of minute 2 became visible after the run before had read past it.
    assert_eq!(script.rows(&[token(1002, 2 * MINUTE)]).0, Some(token(1000, 0).to_string()));
    assert_eq!(script.page().repeated(), 1);
    script.rows(&[]);
    script.up_to_date();
}

#[test]
fn a_long_way_up_in_many_runs_is_not_read_again_from_its_beginning_by_each() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let mut checkpoint = script.up_to_date();
    let end = 2_000;
    // Each dies after sixty pages; the first one knows no overlap yet.
    let mut repeated = 0;
    for run in 0..40 {
        let mut script = resumed(&checkpoint, end * MINUTE, 60 * MINUTE);
        script.fence(&token(1000 + end, end * MINUTE));
        for _ in 0..60 {
            if next_rows(&mut script, end) == 0 {
                break;
            }
            let page = script.page();
            repeated += page.repeated();
            checkpoint = page.checkpoint;
        }
        if checkpoint.token() == Some(&token(1000 + end, end * MINUTE)) {
            // Between an hour and an hour and ten minutes of rows for each run, one a minute.
            assert!((run - 1) * 60 <= repeated && repeated <= run * 75, "{run} {repeated}");
            return;
        }
    }
    panic!("{checkpoint}");
}

#[test]
fn rows_delivered_again_move_nothing_back() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let end = script.up_to_date();
    let mut script = resumed(&end, 10 * MINUTE, 120 * MINUTE);
    script.fence(&token(1010, 10 * MINUTE));
    script.rows(&[token(1010, 10 * MINUTE)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    // For an hour the log ends where the reader stands, so the position is as young as the hour.
    let mut script = resumed(&end, 70 * MINUTE, 120 * MINUTE);
    script.fence(&token(1010, 10 * MINUTE));
    script.rows(&[token(1010, 10 * MINUTE)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    assert_eq!(end.moment(), at(70 * MINUTE));
    let mut script = resumed(&end, 80 * MINUTE, 120 * MINUTE);
    script.fence(&token(1080, 80 * MINUTE));
    assert_eq!(
        script.rows(&[token(1005, 5 * MINUTE), token(1010, 10 * MINUTE)]).0,
        Some(token(1000, 0).to_string())
    );
    let page = script.page();
    assert_eq!(page.changes.len(), 2);
    for again in [page.checkpoint_after(0), page.checkpoint] {
        assert_eq!((again.token(), again.moment()), (Some(&token(1010, 10 * MINUTE)), at(70 * MINUTE)));
    }
}

#[test]
fn where_the_log_lags_behind_nothing_is_committed() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let end = script.up_to_date();
    let mut script = resumed(&end, MINUTE, 60 * MINUTE);
    script.fence_behind(&token(990, -MINUTE));
    assert!(matches!(script.last_error, Some(sharepoint_changes::Error::Behind { .. })));
}

#[test]
fn a_run_without_an_overlap_forgets_the_earlier_positions() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let end = script.up_to_date();
    let mut script = resumed(&end, 10 * MINUTE, 60 * MINUTE);
    script.fence(&token(1010, 10 * MINUTE));
    script.rows(&[]);
    let end = script.up_to_date();
    assert!(end.as_str().contains("earlier") && end.as_str().contains("completed"), "{end}");
    let mut script = Script::resumed(&end, 20 * MINUTE);
    script.fence(&token(1020, 20 * MINUTE));
    script.rows(&[]);
    let end = script.up_to_date();
    assert!(!end.as_str().contains("earlier") && !end.as_str().contains("completed"), "{end}");
}

#[test]
fn an_earlier_position_is_as_old_as_its_row_and_not_as_its_mark() {
    // The last row of a quiet list is 40 days old when the run ends and marks it.
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(3600));
    let mut script = Script::with(query(), Start::Token(token(100, -50 * DAY)), settings);
    script.fence(&token(110, 0));
    script.rows(&[token(105, -40 * DAY)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    // Ten days later it can still be sent; thirty days later the server may be silent about it.
    let mut script = resumed(&end, 10 * DAY, 60 * MINUTE);
    script.fence(&token(900, 10 * DAY));
    assert_eq!(script.start(), Some(token(105, -40 * DAY).to_string()));
    let mut script = resumed(&end, 30 * DAY, 60 * MINUTE);
    script.fence(&token(900, 30 * DAY));
    assert!(matches!(script.done(), Done::Resync { reason: ResyncReason::Expired, .. }));
}

#[test]
fn an_earlier_position_that_was_the_end_of_an_idle_log_is_as_young_as_that() {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(3600));
    // Nothing had happened for 50 days when the first run ended.
    let mut script = Script::with(query(), Start::Now, settings);
    script.fence(&token(100, -50 * DAY));
    let end = script.up_to_date();
    let mut script = resumed(&end, 10 * DAY, 60 * MINUTE);
    script.fence(&token(110, 10 * DAY));
    script.rows(&[token(110, 10 * DAY)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = resumed(&end, 10 * DAY + 10 * MINUTE, 60 * MINUTE);
    script.fence(&token(120, 10 * DAY + 10 * MINUTE));
    assert_eq!(script.start(), Some(token(100, -50 * DAY).to_string()));
}

#[test]
fn where_every_earlier_position_is_too_old_not_even_an_idle_log_is_up_to_date() {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(1860));
    let mut script = Script::with(query(), Start::Token(token(90, -10 * MINUTE)), settings);
    script.fence(&token(110, 0));
    script.rows(&[token(110, 0)]);
    script.page();
    script.rows(&[]);
    let end = script.up_to_date();
    // A row below 110 that became visible after the run can no longer be asked for.
    let mut script = resumed(&end, 74 * DAY, 31 * MINUTE);
    script.fence(&token(110, 0));
    assert!(matches!(script.done_at(&token(110, 0)), Done::Resync { reason: ResyncReason::Expired, .. }));
}

#[test]
fn an_overlap_of_a_killed_first_run_that_is_too_old_is_said_and_not_left_out() {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(3600));
    let mut script = Script::with(query(), Start::Token(token(100, -120 * MINUTE)), settings);
    script.fence(&token(110, 0));
    script.rows(&[token(105, -MINUTE)]);
    let killed = script.page().checkpoint;
    // The row's own token could still be sent; one that became visible behind it an hour late lies before.
    let mut script = resumed(&killed, 55 * DAY - 10 * MINUTE, 60 * MINUTE);
    script.fence(&token(110, 0));
    assert!(matches!(script.done_at(&token(110, 0)), Done::Resync { reason: ResyncReason::Expired, .. }));
}

#[test]
fn an_overlap_reaches_hardly_further_back_than_was_asked_for() {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(3600));
    let mut script = Script::with(query(), Start::Now, settings);
    script.fence(&token(1000, 0));
    let mut end = script.up_to_date();
    // The position is as old as its mark, which is then not said twice.
    assert_eq!(end.as_str().matches("\"moment\"").count(), 1, "{end}");
    for minute in (10..=240).step_by(10) {
        let mut script = resumed(&end, minute * MINUTE, 60 * MINUTE);
        script.fence(&token(1000 + minute, minute * MINUTE));
        let start: i64 = script.start().unwrap().rsplit(';').next().unwrap().parse().unwrap();
        // The last run ended ten minutes ago; one more stands between two positions that are kept.
        assert!((minute - 90..=minute - 70).contains(&(start - 1000)) || start == 1000, "{minute} {start}");
        assert!(start > 1000 || minute < 100);
        script.rows(&[token(1000 + minute, minute * MINUTE)]);
        script.page();
        script.rows(&[]);
        end = script.up_to_date();
    }
}

#[test]
fn a_checkpoint_keeps_at_most_eight_earlier_positions() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(1000, 0));
    let mut checkpoint = script.up_to_date();
    let mut most = 0;
    for minute in 1..600 {
        let mut script = resumed(&checkpoint, minute * MINUTE, 60 * MINUTE);
        script.fence(&token(1000 + minute, minute * MINUTE));
        loop {
            let start: i64 = script.start().unwrap().rsplit(';').next().unwrap().parse().unwrap();
            if start == 1000 + minute {
                script.rows(&[]);
                break;
            }
            script.rows(&[token(1000 + minute, minute * MINUTE)]);
            script.page();
        }
        checkpoint = script.up_to_date();
        most = most.max(checkpoint.to_string().matches("\"at\"").count());
    }
    assert!((2..=8).contains(&most), "{most}");
}
