//! Full loads: what a page of one proves, and when another one is needed.

use std::{num::NonZeroU32, time::Duration};

use sharepoint_changes::{Done, Notice, Reload, ResyncReason};
use sharepoint_simulator::{
    Lie, SinceExpired,
    world::{ColumnKind, Template, Value},
};

use super::library::{Library, files, upload};

#[test]
fn a_folder_deleted_before_its_own_page_of_the_load_leaves_no_orphan() {
    // The child comes first: c has the lower id, and was moved into the folder.
    let mut folder = 0;
    let mut library = Library::with(|world, list| {
        let child = upload(world, list, 0, "c.txt");
        for n in 0..6 {
            upload(world, list, 0, &format!("{n}.txt"));
        }
        folder = world.add_folder(list, 0, "F").unwrap();
        world.move_within(list, child, folder).unwrap();
    });
    let list = library.list;
    // Nothing but its id tells which folder it was.
    library.host.server_mut().world_mut().dialect.unique_ids = false;
    // Deleted when the load has handed out c and not yet F.
    library
        .run(None, &mut |asked, world| {
            if asked == 3 {
                world.delete(list, folder).unwrap();
            }
        })
        .unwrap();
    library.sync();
}

#[test]
fn killed_between_the_last_page_of_a_load_and_its_sweep_nothing_is_kept_that_is_gone() {
    let mut library = Library::new();
    let ids = library
        .act(|world, list| (0..7).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect::<Vec<_>>());
    library.sync();
    library.act(|world, list| world.delete(list, ids[2]).unwrap());
    library.host.pass(Duration::from_secs(90 * 24 * 3600));
    library.act(|world, list| world.system_update(list, ids[3], &[]).unwrap());
    // The position has expired: a new load, killed before each of its pages in turn.
    for page in [0, 1, 2, 3] {
        library.run(Some(page), &mut |_, _| {}).unwrap();
    }
    library.sync();
    assert_eq!(library.copy.len(), 6);
}

#[test]
fn other_rights_are_a_new_load_that_removes_what_is_not_seen() {
    let mut library = Library::new();
    let ids = library
        .act(|world, list| (0..5).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect::<Vec<_>>());
    library.sync();
    library.act(|world, list| {
        world.show_to_caller(list, ids[1], false).unwrap();
        world.set_permissions(list, 0x1b_03c4_312e).unwrap();
        upload(world, list, 0, "later.txt");
    });
    library.sync();
    assert!(library.has_load());
    assert!(library.copy.row(ids[1]).is_none());
    assert!(library.notices.iter().any(|notice| matches!(notice, Notice::Hidden { visible: 5, total: 6 })));
}

#[test]
fn a_new_plain_column_is_a_delta_and_one_whose_type_changes_is_a_new_load() {
    let mut library = Library::new();
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    library.sync();
    let name = library.act(|world, list| world.add_column(list, "Amount", ColumnKind::Number).unwrap());
    library.act(|world, list| world.edit(list, id, &[(&name, Some(Value::Number(2.5)))]).unwrap());
    library.sync();
    assert!(!library.has_load());
    assert!(library.copy.row(id).unwrap().get(&name).is_some_and(|text| text.starts_with("2.5")));
    library.act(|world, list| {
        world.change_column(list, &name, |column| column.kind = ColumnKind::Text).unwrap();
    });
    library.act(|world, list| world.edit(list, id, &[(&name, Some(Value::Text("two".into())))]).unwrap());
    library.sync();
    assert!(library.has_load());
}

#[test]
fn a_load_that_may_not_begin_by_itself_is_left_to_the_caller() {
    let mut library = Library::new();
    library.settings.reload = Reload::Refused;
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    // A first load is no resync.
    library.sync();
    library.act(|world, list| world.set_permissions(list, 1).unwrap());
    library.act(|world, list| world.system_update(list, id, &[]).unwrap());
    let Some(Done::Resync { reason, then, .. }) = library.run(None, &mut |_, _| {}).unwrap() else {
        panic!("no resync")
    };
    assert_eq!(reason, ResyncReason::PermissionsChanged);
    library.copy.keep(then);
    library.sync();
    assert!(library.has_load());
}

#[test]
fn an_item_the_server_fails_on_is_found_named_and_passed_by_and_its_neighbours_come() {
    let mut ids = Vec::new();
    let mut library = Library::with(|world, list| {
        ids = (0..20).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect();
        world.poison(list, ids[11], true).unwrap();
    });
    library.query = library.query.clone().row_limit(NonZeroU32::new(8).unwrap());
    library.run(None, &mut |_, _| {}).unwrap();
    let named: Vec<_> = library
        .notices
        .iter()
        .filter(|n| matches!(n, Notice::Poison { id: Some(id), .. } if *id == ids[11]))
        .collect();
    assert_eq!(named.len(), 1, "{:?}", library.notices);
    assert_eq!(library.copy.len(), 19);
    assert!(library.copy.row(ids[11]).is_none());
}

#[test]
fn an_item_that_changes_behind_the_pages_of_the_load_comes_by_the_increment() {
    let mut ids = Vec::new();
    let mut library = Library::with(|world, list| ids = files(world, list, 0..8));
    let (list, id) = (library.list, ids[0]);
    library
        .run(None, &mut |asked, world| {
            if asked == 3 {
                world.edit(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
            }
        })
        .unwrap();
    library.sync();
}

#[test]
fn an_item_the_server_fails_on_is_not_swept_for_that() {
    let mut library = Library::new();
    let ids = library.act(|world, list| files(world, list, 0..6));
    library.sync();
    library.act(|world, list| world.poison(list, ids[3], true).unwrap());
    library.host.pass(Duration::from_secs(90 * 24 * 3600));
    library.act(|world, list| files(world, list, 6..7));
    library.run_to_the_end();
    assert!(library.has_load());
    assert!(library.copy.row(ids[3]).is_some(), "the list has the item");
}

#[test]
fn an_increment_from_a_token_that_the_server_forgot_is_a_new_load() {
    let mut library = Library::new();
    // Less than a client may trust.
    library.host.server_mut().world_mut().dialect.retention = Duration::from_secs(10 * 24 * 3600);
    let ids = library.act(|world, list| files(world, list, 0..4));
    library.sync();
    library.act(|world, list| world.delete(list, ids[1]).unwrap());
    library.host.pass(Duration::from_secs(20 * 24 * 3600));
    library.act(|world, list| files(world, list, 4..5));
    library.host.server_mut().world_mut().purge();
    library.sync();
}

#[test]
fn a_list_that_was_restored_whole_is_a_new_load() {
    let mut library = Library::new();
    library.act(|world, list| files(world, list, 0..4));
    library.sync();
    library.act(|world, list| world.delete_list(list).unwrap());
    library.act(|world, list| world.restore_list(list).unwrap());
    library.sync();
    assert!(library.has_load(), "what the list lost while it was away is told by no row");
}

#[test]
fn a_list_made_anew_under_its_name_leaves_nothing_of_the_old_one() {
    let mut library = Library::new();
    library.settings.reload = Reload::Refused;
    library.act(|world, list| files(world, list, 0..4));
    library.sync();
    let list = library.act(|world, list| {
        let web = world.list(list).web;
        world.delete_list(list).unwrap();
        let anew = world.add_list(web, "Documents", Template::Library).unwrap();
        files(world, anew, 4..6);
        anew
    });
    library.list = list;
    let Some(Done::Resync { reason, then, .. }) = library.run(None, &mut |_, _| {}).unwrap() else {
        panic!("no resync")
    };
    assert_eq!(reason, ResyncReason::Replaced);
    library.copy.keep(then);
    library.sync();
}

#[test]
fn a_column_that_is_added_during_a_run_is_asked_for_before_its_values_are_passed() {
    let mut library = Library::new();
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    library.sync();
    library.act(|world, list| world.edit(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap());
    let list = library.list;
    // Between the list's definition and the rows that were asked for by it.
    library
        .run(None, &mut |asked, world| {
            if asked == 1 {
                let name = world.add_column(list, "Amount", ColumnKind::Number).unwrap();
                world.edit(list, id, &[(&name, Some(Value::Number(2.5)))]).unwrap();
            }
        })
        .unwrap();
    library.sync();
}

#[test]
fn what_nobody_knows_and_no_item_is_named_for_is_a_new_load() {
    let mut library = Library::new();
    library.act(|world, list| files(world, list, 0..4));
    library.sync();
    library.act(|world, list| files(world, list, 4..5));
    // The end of the log, whose it is, the list, and then the increment.
    let increment = library.host.server().stats().requests + 4;
    library.host.server_mut().lies.tell_during(Lie::UnknownChange, increment..increment + 1);
    library.sync();
    assert!(library.has_load(), "it may have been anything");
}

#[test]
fn silence_to_a_token_that_is_too_old_is_no_increment() {
    let mut library = Library::new();
    library.host.server_mut().world_mut().dialect.since_expired = SinceExpired::Nothing;
    let ids = library.act(|world, list| files(world, list, 0..4));
    library.sync();
    library.act(|world, list| world.delete(list, ids[1]).unwrap());
    library.host.pass(Duration::from_secs(90 * 24 * 3600));
    library.act(|world, list| files(world, list, 4..5));
    library.sync();
}
