//! Permissions of single items: what comes into sight comes into the copy, and what is hidden leaves it.

use std::path::Path;

use rusqlite::Connection;
use sharepoint_changes_sqlite::{Guard, Mirror, MirrorError, SyncError, SyncSettings};
use sharepoint_simulator::{Server, SimulatedHost, World, world};

use crate::{
    judge::judge,
    office::{Mortal, query, site, sync, willing, world as world_of},
};

/// A library of this many files in its root, as the caller sees them.
fn library(files: u32) -> (SimulatedHost, world::ListRef, Vec<i32>) {
    let mut world = World::new(world::Settings::default());
    let site = world.add_site("/sites/ops", "Operations").unwrap();
    let web = world.site(site).root;
    let list = world.add_list(web, "Documents", world::Template::Library).unwrap();
    let ids = (0..files).map(|n| world.upload(list, 0, &format!("{n}.txt"), 100).unwrap()).collect();
    (SimulatedHost::new(Server::new(world)), list, ids)
}

fn tombstones(path: &Path) -> Vec<(i32, String)> {
    let open = Connection::open(path).unwrap();
    let mut statement = open.prepare("SELECT id, reason FROM _tombstones ORDER BY id").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn an_item_that_is_shared_comes_and_one_that_is_taken_away_leaves_a_tombstone_that_says_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, list, ids) = library(5);
    world_of(&mut host).set_item_permissions(list, ids[0], Some(0)).unwrap();
    let run = |host: &mut _| {
        let mut copy = Mirror::open(&path).unwrap().tombstones(true);
        copy.sync(host, &site(), &query("Documents"), &SyncSettings::default(), |_| {}).unwrap()
    };
    assert_eq!(run(&mut host).rows, 4);
    world_of(&mut host).set_item_permissions(list, ids[0], None).unwrap();
    world_of(&mut host).set_item_permissions(list, ids[1], Some(0)).unwrap();
    world_of(&mut host).delete(list, ids[2]).unwrap();
    let report = run(&mut host);
    assert_eq!((report.rows, report.written, report.told, report.absent), (3, 1, 1, 1));
    judge(&path, host.server().world(), list).unwrap();
    assert_eq!(tombstones(&path), [(ids[1], "hidden".to_owned()), (ids[2], "deleted".to_owned())]);
    // Shared again, it has no tombstone any more.
    world_of(&mut host).set_item_permissions(list, ids[1], None).unwrap();
    run(&mut host);
    judge(&path, host.server().world(), list).unwrap();
    assert_eq!(tombstones(&path), [(ids[2], "deleted".to_owned())]);
}

/// What is hidden and shared again: a folder, whose permissions are those of what lies below it, but for one file.
#[test]
fn a_folder_that_is_hidden_leaves_what_may_be_seen_all_the_same_wherever_a_run_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let query = query("Documents");
    for killed_at in 2..24 {
        let path = folder.path().join(format!("{killed_at}.sqlite"));
        let (mut host, list, ids) = library(3);
        let world = world_of(&mut host);
        let outer = world.add_folder(list, 0, "outer").unwrap();
        let inner = world.add_folder(list, outer, "inner").unwrap();
        let hidden = world.upload(list, inner, "hidden.txt", 100).unwrap();
        // Its id is lower than that of the folder it lies in.
        world.move_within(list, ids[0], inner).unwrap();
        world.set_item_permissions(list, ids[0], Some(0x1b0_3c43_12ef)).unwrap();
        sync(&mut host, &path, &query).unwrap();
        for mask in [Some(0), None] {
            world_of(&mut host).set_item_permissions(list, outer, mask).unwrap();
            let mut mortal = Mortal { host: &mut host, left: killed_at };
            let mut copy = Mirror::open(&path).unwrap();
            let _ = copy.sync(&mut mortal, &site(), &query, &willing(), |_| {});
            drop(copy);
            let report = sync(&mut host, &path, &query).unwrap();
            judge(&path, host.server().world(), list).unwrap();
            assert_eq!((report.rows, report.loads), (if mask.is_some() { 3 } else { 6 }, 0), "{hidden}");
        }
    }
}

/// Its row came, and it is hidden before what lies below it was listed.
#[test]
fn a_folder_that_does_not_come_to_be_listed_leaves_what_may_be_seen_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let query = query("Documents");
    for killed_at in 2..16 {
        let path = folder.path().join(format!("{killed_at}.sqlite"));
        let (mut host, list, _) = library(1);
        let world = world_of(&mut host);
        let outer = world.add_folder(list, 0, "outer").unwrap();
        world.upload(list, outer, "hidden.txt", 100).unwrap();
        let own = world.upload(list, outer, "own.txt", 100).unwrap();
        world.set_item_permissions(list, own, Some(0x1b0_3c43_12ef)).unwrap();
        sync(&mut host, &path, &query).unwrap();
        world_of(&mut host).rename(list, outer, "other").unwrap();
        let mut mortal = Mortal { host: &mut host, left: killed_at };
        let mut copy = Mirror::open(&path).unwrap();
        let _ = copy.sync(&mut mortal, &site(), &query, &willing(), |_| {});
        drop(copy);
        world_of(&mut host).set_item_permissions(list, outer, Some(0)).unwrap();
        assert_eq!(sync(&mut host, &path, &query).unwrap().rows, 2, "killed before request {killed_at}");
        judge(&path, host.server().world(), list).unwrap();
    }
}

#[test]
fn what_is_hidden_is_judged_by_the_guard_as_what_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, list, ids) = library(300);
    let run = |host: &mut _, settings: &SyncSettings| {
        Mirror::open(&path).unwrap().sync(host, &site(), &query("Documents"), settings, |_| {})
    };
    run(&mut host, &SyncSettings::default()).unwrap();
    for id in &ids[..290] {
        world_of(&mut host).set_item_permissions(list, *id, Some(0)).unwrap();
    }
    let refused = run(&mut host, &SyncSettings::default());
    assert!(
        matches!(refused, Err(SyncError::Mirror(MirrorError::TooManyRemoved(_)))),
        "290 of 300 rows went: {refused:?}"
    );
    let mut settings = SyncSettings::default();
    settings.guard = Guard::default().allow(300);
    assert_eq!(run(&mut host, &settings).unwrap().rows, 10);
    judge(&path, host.server().world(), list).unwrap();
}
