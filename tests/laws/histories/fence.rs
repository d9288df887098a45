//! The end of the log: when it may be believed, and when the log is another one.

use sharepoint_changes::ResyncReason;
use sharepoint_simulator::Lie;

use super::journal::{DAY, HOUR, Journal, MINUTE};

#[test]
fn a_row_that_becomes_visible_below_the_end_that_was_read_is_delivered() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    journal.write_late(10 * MINUTE);
    // The end of the log passes it, and no row of this list does.
    journal.write_elsewhere();
    journal.follow();
    journal.pass(11 * MINUTE);
    journal.follow();
    // Nor is it lost by what settled meanwhile.
    journal.pass(HOUR);
    journal.write_elsewhere();
    journal.follow();
}

#[test]
fn a_quiet_list_that_is_polled_often_never_grows_old() {
    let mut journal = Journal::new();
    journal.settings.retention = 3 * DAY;
    journal.write();
    journal.follow();
    for _ in 0..4 * 24 * 6 {
        journal.pass(10 * MINUTE);
        journal.write_elsewhere();
        journal.follow();
    }
    journal.write();
    journal.follow();
}

#[test]
fn a_row_that_becomes_visible_after_its_place_was_passed_comes_by_an_overlap() {
    let mut journal = Journal::new();
    journal.settings.overlap = Some(3 * HOUR);
    journal.write();
    journal.follow();
    journal.write_late(2 * HOUR);
    journal.write();
    journal.follow();
    journal.pass(2 * HOUR);
    journal.follow();
}

#[test]
fn a_page_shorter_than_asked_for_is_not_the_end() {
    let mut journal = Journal::new();
    let dialect = &mut journal.world().dialect;
    (dialect.page, dialect.page_cap) = (2, 2);
    journal.write_many(5);
    journal.follow();
}

#[test]
fn an_end_below_the_position_is_read_once_more() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    journal.write();
    let next = journal.host.server().stats().requests + 1;
    journal.host.server_mut().lies.tell_during(Lie::FenceBackwards, next..next + 1);
    // The second reading comes from a copy that has caught up.
    journal.follow();
}

#[test]
fn a_log_that_counts_anew_below_the_position_is_another_one() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    let (site, end) = (journal.site, journal.log().end().number);
    let database = journal.world().site(site).database;
    journal.world().move_database(database, end - 300_000, DAY);
    journal.pass(HOUR);
    // Its rows lie below the position for a long time to come: without a word they would never be read.
    journal.write();
    let then = journal.resync(ResyncReason::LogRestarted, &mut |_, _| {});
    journal.read_anew(&then);
    journal.write();
    journal.follow();
}

#[test]
fn a_log_whose_numbers_go_on_while_its_time_goes_back_is_another_one() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    let (site, end) = (journal.site, journal.log().end().number);
    let database = journal.world().site(site).database;
    // Where a log counts is no proof that it holds what was written at these numbers before.
    journal.world().move_database(database, end + 1_000, 2 * HOUR);
    journal.resync(ResyncReason::LogRestarted, &mut |_, _| {});
}
