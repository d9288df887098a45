//! Tokens made from times: where a reader may begin, and never where it stands.

use sharepoint_changes::{
    ChangeToken, Error, QueryError, ResyncReason, Start, StartError, TokenScope, jiff::Timestamp,
};

use super::journal::{DAY, HOUR, Journal, MINUTE};

/// The server's time.
fn now(journal: &mut Journal) -> Timestamp {
    journal.world().now().timestamp()
}

#[test]
fn a_start_time_that_has_not_come_passes_nothing_by() {
    let mut journal = Journal::new();
    journal.write_elsewhere();
    // From now on, by a clock that is fast.
    journal.start = Start::Time(now(&mut journal) + 5 * MINUTE);
    match journal.attempt(&mut |_, _| {}) {
        Err(Error::StartBeyondFence { .. }) => {}
        Err(other) => panic!("{other:?}"),
        // What it passes by, where it is taken.
        Ok(_) => {
            journal.write();
            journal.pass(10 * MINUTE);
            journal.follow();
        }
    }
}

#[test]
fn a_time_that_brought_nothing_stays_a_time_and_no_position_in_a_log() {
    let mut journal = Journal::new();
    journal.start = Start::Time(now(&mut journal));
    journal.pass(3 * DAY);
    journal.write_elsewhere();
    journal.follow();
    // A number that no log has is below every other one: another log would pass for this one going on.
    let (site, end) = (journal.site, journal.log().end().number);
    let database = journal.world().site(site).database;
    journal.world().move_database(database, end - 300_000, DAY);
    journal.pass(HOUR);
    journal.write();
    journal.resync(ResyncReason::LogRestarted, &mut |_, _| {});
}

#[test]
fn an_end_in_the_future_is_cut_to_the_end_that_was_read() {
    let mut journal = Journal::new();
    journal.write();
    let (list, time) = (journal.list, now(&mut journal) + DAY);
    let id = journal.world().list(list).id;
    journal.query = journal.query.clone().end(ChangeToken::at(TokenScope::List, id, time));
    match journal.open() {
        Err(StartError::Query(QueryError::NotProvable { member, .. })) => {
            assert_eq!(member, "ChangeTokenEnd");
        }
        Err(other) => panic!("{other:?}"),
        // What comes meanwhile lies before such an end, and behind the one that was read.
        Ok(_) => journal.up_to_date(&mut |_, host| {
            host.server_mut().world_mut().add_folder(list, 0, "meanwhile").unwrap_or_default();
        }),
    }
}
