//! Increments: nothing is passed by that was only pointed at, and every end is one.

use sharepoint_changes::{Done, Notice};
use sharepoint_simulator::world::{Template, Value};

use super::library::{Library, files, upload};

#[test]
fn a_system_update_that_was_committed_and_not_fetched_does_not_stay_stale_for_ever() {
    let mut library = Library::new();
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    library.sync();
    library.act(|world, list| {
        world.system_update(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
    });
    // Killed after the page that only points at the item.
    assert!(library.run(Some(1), &mut |_, _| {}).unwrap().is_none());
    assert_eq!(library.copy.kept().unwrap().pending(), (1, 0));
    library.sync();
    assert_eq!(library.copy.kept().unwrap().pending(), (0, 0));
}

#[test]
fn an_item_the_server_fails_on_in_an_increment_keeps_what_is_held_of_it() {
    let mut library = Library::new();
    let ids = library
        .act(|world, list| (0..12).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect::<Vec<_>>());
    library.sync();
    library.act(|world, list| {
        for id in [ids[2], ids[5], ids[8]] {
            world.edit(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
        }
        world.delete(list, ids[9]).unwrap();
        world.poison(list, ids[5], true).unwrap();
    });
    library.run(None, &mut |_, _| {}).unwrap();
    assert!(
        library.notices.iter().any(|n| matches!(n, Notice::Poison { id: Some(id), .. } if *id == ids[5]))
    );
    let title = |id: i32| library.copy.row(id).unwrap().get("Title").map(str::to_owned);
    assert_eq!((title(ids[2]).as_deref(), title(ids[8]).as_deref()), (Some("new"), Some("new")));
    assert!(library.copy.row(ids[5]).is_some() && library.copy.row(ids[9]).is_none());
}

#[test]
fn what_was_asked_for_by_id_moves_no_position_past_what_lies_between() {
    let mut library = Library::new();
    library.host.server_mut().world_mut().dialect.since_cap = 1;
    let ids = library.act(|world, list| files(world, list, 0..6));
    library.sync();
    library.act(|world, list| {
        world.system_update(list, ids[0], &[("Title", Some(Value::Text("new".into())))]).unwrap();
        for id in &ids[1..] {
            world.edit(list, *id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
        }
    });
    library.sync();
}

#[test]
fn an_answer_without_rows_is_not_the_end_where_more_changes_follow() {
    let mut library = Library::new();
    let ids = library.act(|world, list| files(world, list, 0..6));
    library.sync();
    library.act(|world, list| {
        world.dialect.since_scan = 1;
        for _ in 0..6 {
            world.update_list(list).unwrap();
        }
        world.edit(list, ids[0], &[("Title", Some(Value::Text("new".into())))]).unwrap();
    });
    library.sync();
}

#[test]
fn a_list_that_changes_faster_than_it_is_read_still_comes_to_an_end() {
    let mut library = Library::new();
    library.host.server_mut().world_mut().dialect.since_cap = 1;
    library.act(|world, list| files(world, list, 0..3));
    library.sync();
    library.act(|world, list| files(world, list, 3..6));
    let (list, mut n) = (library.list, 6);
    let done = library.run(None, &mut |_, world| {
        files(world, list, n..n + 2);
        n += 2;
    });
    assert!(matches!(done, Ok(Some(Done::UpToDate { .. }))), "not up to date: {done:?}");
    library.sync();
}

#[test]
fn an_item_that_moved_to_another_list_is_gone_from_this_one() {
    let mut library = Library::new();
    let ids = library.act(|world, list| files(world, list, 0..3));
    library.sync();
    library.act(|world, list| {
        let web = world.list(list).web;
        let other = world.add_list(web, "Archive", Template::Library).unwrap();
        world.move_to_list(list, ids[1], other, 0).unwrap();
    });
    library.sync();
}

#[test]
fn what_is_deleted_while_it_is_pending_is_gone() {
    let mut library = Library::new();
    let ids = library.act(|world, list| files(world, list, 0..3));
    library.sync();
    library.act(|world, list| {
        world.system_update(list, ids[1], &[("Title", Some(Value::Text("new".into())))]).unwrap();
    });
    assert!(library.run(Some(1), &mut |_, _| {}).unwrap().is_none());
    // It goes before it is asked for; the log is asked for afterwards.
    let list = library.list;
    library
        .run(Some(1), &mut |asked, world| {
            if asked == 1 {
                world.delete(list, ids[1]).unwrap();
            }
        })
        .unwrap();
    assert!(library.copy.row(ids[1]).is_none(), "a complete answer did not bring it");
    library.sync();
}
