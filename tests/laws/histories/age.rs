//! How old a position may be, counted in the server's time.

use std::time::Duration;

use sharepoint_changes::ResyncReason;
use sharepoint_simulator::Expired;

use super::journal::{DAY, Journal, MINUTE};

/// A server that answers a token older than its log with nothing.
fn silent() -> Journal {
    let mut journal = Journal::new();
    journal.world().dialect.expired = Expired::Empty;
    journal.query = journal.query.clone().page_size(1.try_into().unwrap());
    journal
}

#[test]
fn a_readers_clock_56_days_fast_expires_nothing() {
    let mut journal = Journal::new();
    let start = journal.world().start().timestamp().as_second();
    journal.ahead = Duration::from_secs(start.unsigned_abs()) + 56 * DAY;
    for _ in 0..3 {
        journal.write();
        journal.follow();
        journal.pass(MINUTE);
    }
}

#[test]
fn an_idle_database_whose_end_never_moves_expires_nothing() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    for _ in 0..5 {
        journal.pass(50 * DAY);
        journal.follow();
    }
    journal.pass(50 * DAY);
    journal.write();
    journal.follow();
}

#[test]
fn silence_to_an_expired_token_is_not_the_end() {
    let mut journal = silent();
    journal.write();
    journal.follow();
    journal.write();
    journal.pass(40 * DAY);
    journal.write();
    journal.pass(40 * DAY);
    journal.resync(ResyncReason::Expired, &mut |_, _| {});
}

#[test]
fn a_drain_longer_than_the_retention_does_not_take_silence_for_the_end() {
    let mut journal = silent();
    journal.write_many(4);
    journal.resync(ResyncReason::Expired, &mut |asked, host| {
        if asked == 1 {
            host.pass(40 * DAY);
            let world = host.server_mut().world_mut();
            let list = world.all_lists().next().unwrap();
            world.upload(list, 0, "young.txt", 1).unwrap();
            host.pass(40 * DAY);
        }
    });
}

#[test]
fn silence_on_the_way_up_from_the_beginning_is_a_gap_and_not_the_end() {
    let mut journal = silent();
    journal.write();
    journal.pass(DAY);
    journal.write();
    journal.pass(29 * DAY);
    journal.write();
    journal.pass(32 * DAY);
    // The purge comes between the first page and the second.
    journal.up_to_date(&mut |asked, host| {
        if asked == 1 {
            host.pass(2 * DAY);
        }
    });
    assert!(journal.log().purged().is_some());
    journal.judge();
}

#[test]
fn a_row_is_as_old_as_it_is_and_not_as_the_answer_that_brought_it() {
    let mut journal = silent();
    journal.write();
    journal.write_elsewhere();
    journal.pass(40 * DAY);
    journal.follow();
    journal.write();
    journal.pass(40 * DAY);
    journal.resync(ResyncReason::Expired, &mut |_, _| {});
}
