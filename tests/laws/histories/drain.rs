//! A drain: where it begins, how far it goes, and which rows it believes.

use sharepoint_changes::Error;
use sharepoint_simulator::Lie;

use super::journal::Journal;

#[test]
fn a_list_that_changes_all_the_time_is_drained_to_the_end_that_was_read() {
    let mut journal = Journal::new();
    journal.query = journal.query.clone().page_size(2.try_into().unwrap());
    journal.write_many(4);
    let list = journal.list;
    journal.up_to_date(&mut |asked, host| {
        host.server_mut().world_mut().upload(list, 0, &format!("meanwhile {asked}.txt"), 1).unwrap();
    });
    journal.follow();
}

#[test]
fn a_page_that_comes_for_ever_is_an_error_and_no_run_without_an_end() {
    let mut journal = Journal::new();
    journal.write_many(4);
    journal.host.server_mut().lies.tell(Lie::RepeatedPage);
    let ended = journal.attempt(&mut |_, _| {});
    assert!(matches!(ended, Err(Error::Protocol { .. })), "{ended:?}");
}

#[test]
fn a_page_that_does_not_say_it_is_empty_is_not_the_end() {
    let mut journal = Journal::new();
    journal.write_many(4);
    journal.host.server_mut().lies.tell(Lie::NoCollection);
    let ended = journal.attempt(&mut |_, _| {});
    assert!(matches!(ended, Err(Error::Decode(_))), "{ended:?}");
}
