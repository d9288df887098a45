//! Checkpoints: what they are bound to, and how pages follow one another.

use sharepoint_changes::{
    ChangeQuery, CheckpointError, Error, Kinds, ListRef, Objects, Preset, ResyncReason, Scope, Start,
    StartError,
};
use sharepoint_simulator::world::Template;

use super::journal::{Journal, MINUTE};

/// Asks for everything, where only deletions were asked for before.
fn widen(journal: &mut Journal) {
    journal.query = ChangeQuery::preset(Journal::scope(), Preset::Items);
    match journal.open() {
        Err(StartError::Checkpoint(CheckpointError::Wider { members })) => {
            assert!(members.iter().any(|member| member == "Add"), "{members:?}");
        }
        Err(other) => panic!("{other:?}"),
        // What a wider query makes of the checkpoint, where it is taken.
        Ok(_) => journal.follow(),
    }
}

fn deletions() -> ChangeQuery {
    ChangeQuery::new(Journal::scope(), Objects::ITEM, Kinds::DELETE)
}

fn write_and_delete(journal: &mut Journal) {
    let (list, id) = (journal.list, journal.write());
    journal.write();
    journal.world().delete(list, id).unwrap();
}

#[test]
fn a_wider_query_does_not_go_on_behind_rows_that_were_not_asked_for() {
    let mut journal = Journal::new();
    journal.query = deletions();
    write_and_delete(&mut journal);
    journal.up_to_date(&mut |_, _| {});
    widen(&mut journal);
}

#[test]
fn nor_does_the_query_that_was_wider_before() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    journal.query = deletions();
    write_and_delete(&mut journal);
    journal.up_to_date(&mut |_, _| {});
    widen(&mut journal);
}

#[test]
fn a_list_made_anew_under_its_name_is_another_one() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    let (web, list) = (journal.web, journal.list);
    journal.world().delete_list(list).unwrap();
    journal.pass(MINUTE);
    journal.list = journal.world().add_list(web, "Documents", Template::Library).unwrap();
    journal.write();
    let then = journal.resync(ResyncReason::Replaced, &mut |_, _| {});
    journal.read_anew(&then);
    journal.write();
    journal.follow();
}

#[test]
fn a_list_of_the_same_id_in_a_copied_site_is_another_one() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    let site = journal.site;
    let before = journal.world().site(site).id;
    let after = journal.world().replace_by_copy(site);
    journal.write();
    match journal.attempt(&mut |_, _| {}) {
        Err(Error::Checkpoint(CheckpointError::Other { is, asked, .. })) => {
            assert_eq!((is, asked), (before.to_string(), after.to_string()));
        }
        other => panic!("it was continued: {other:?}"),
    }
    journal.kept = None;
    journal.start = Start::Now;
    journal.up_to_date(&mut |_, _| {});
    journal.write();
    journal.up_to_date(&mut |_, _| {});
    assert_eq!(journal.last.as_ref().unwrap().site_id, after);
}

#[test]
fn a_list_that_loses_its_name_during_a_run_is_read_to_its_end() {
    let mut journal = Journal::new();
    journal.write();
    journal.follow();
    journal.write();
    let (list, other) = (journal.list, journal.other);
    journal.up_to_date(&mut |asked, host| {
        if asked == 0 {
            let world = host.server_mut().world_mut();
            world.rename_list(list, "Documents of 2025").unwrap();
            world.rename_list(other, "Documents").unwrap();
        }
    });
    journal.judge();
    // The name is another list's now; the checkpoint is still this one's.
    journal.query =
        ChangeQuery::preset(Scope::List(ListRef::Title("Documents of 2025".to_owned())), Preset::Items);
    journal.write();
    journal.follow();
}

#[test]
fn a_page_that_was_lost_by_polling_on_is_delivered_again() {
    let mut journal = Journal::new();
    journal.query = journal.query.clone().page_size(2.try_into().unwrap());
    journal.write_many(6);
    journal.lose = Some(1);
    journal.up_to_date(&mut |_, _| {});
    journal.lose = None;
    journal.follow();
}

#[test]
fn a_run_that_stops_within_a_page_leaves_the_rest_of_it_to_the_next() {
    let mut journal = Journal::new();
    journal.write_many(6);
    journal.stop = Some((0, 2));
    assert!(journal.run(&mut |_, _| {}).is_none());
    journal.stop = None;
    journal.follow();
}
