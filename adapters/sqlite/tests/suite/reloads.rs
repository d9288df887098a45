//! New loads: when they may begin by themselves, and what the guard says to a permission narrowed by mistake.

use std::time::Duration;

use sharepoint_changes::ResyncReason;
use sharepoint_changes_sqlite::{Guard, HoldReason, Mirror, MirrorError, Status, SyncError, SyncSettings};

use crate::{
    judge::judge,
    office::{list_named, office, query, site, sync, world},
};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn an_expired_copy_is_read_anew_at_most_once_in_six_hours_unless_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(9, 200);
    let list = list_named(host.server().world(), "Documents");
    let query = query("Documents");
    let run = |host: &mut _, settings: &SyncSettings| {
        Mirror::open(&path).unwrap().sync(host, &site(), &query, settings, |_| {})
    };
    let mut settings = SyncSettings::default();
    run(&mut host, &settings).unwrap();

    host.pass(70 * DAY);
    world(&mut host).add_folder(list, 0, "later").unwrap();
    let report = run(&mut host, &settings).unwrap();
    assert_eq!((report.reloaded, report.loads), (Some(ResyncReason::Expired), 1));
    judge(&path, host.server().world(), list).unwrap();

    // A retention of an hour makes the next position too old soon after.
    settings.session.retention = Duration::from_secs(3600);
    host.pass(2 * Duration::from_secs(3600));
    world(&mut host).add_folder(list, 0, "later still").unwrap();
    let held = run(&mut host, &settings);
    assert!(
        matches!(held, Err(SyncError::ReloadHeld { reason: Some(ResyncReason::Expired), .. })),
        "{held:?}"
    );
    // What was found out is kept: no later run is up to date before the load, however long the log is trusted then.
    assert!(Mirror::open(&path).unwrap().checkpoint().unwrap().unwrap().is_loading());
    let held = run(&mut host, &SyncSettings::default());
    assert!(matches!(held, Err(SyncError::ReloadHeld { reason: None, .. })), "{held:?}");

    settings.full = true;
    let report = run(&mut host, &settings).unwrap();
    assert_eq!((report.reloaded, report.loads), (None, 1));
    judge(&path, host.server().world(), list).unwrap();

    settings.full = false;
    host.pass(DAY);
    world(&mut host).add_folder(list, 0, "the next day").unwrap();
    assert_eq!(run(&mut host, &settings).unwrap().reloaded, Some(ResyncReason::Expired));
    judge(&path, host.server().world(), list).unwrap();
}

#[test]
fn a_load_that_was_noted_under_a_clock_that_was_fast_bars_no_other_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(9, 200);
    let list = list_named(host.server().world(), "Documents");
    let query = query("Documents");
    let settings = SyncSettings::default();
    let run = |host: &mut _| Mirror::open(&path).unwrap().sync(host, &site(), &query, &settings, |_| {});
    run(&mut host).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute("UPDATE _mirror SET reloaded_at = '2099-01-01T00:00:00Z'", []).unwrap();
    drop(file);
    host.pass(70 * DAY);
    world(&mut host).add_folder(list, 0, "later").unwrap();
    assert_eq!(run(&mut host).unwrap().reloaded, Some(ResyncReason::Expired));
    judge(&path, host.server().world(), list).unwrap();
    // What counts from now on is when that was.
    host.pass(70 * DAY);
    world(&mut host).add_folder(list, 0, "later still").unwrap();
    assert_eq!(run(&mut host).unwrap().reloaded, Some(ResyncReason::Expired));
}

#[test]
fn a_permission_narrowed_by_mistake_does_not_empty_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(11, 600);
    let list = list_named(host.server().world(), "Documents");
    let rows = sync(&mut host, &path, &query("Documents")).unwrap().rows;
    let ids: Vec<i32> = host.server().world().list_truth(list).iter().map(|item| item.id).collect();
    for id in &ids[1..] {
        world(&mut host).show_to_caller(list, *id, false).unwrap();
    }
    let mut settings = SyncSettings::default();
    settings.guard = Guard::default().rows(10);
    settings.full = true;
    let mut mirror = Mirror::open(&path).unwrap();
    let refused = mirror.sync(&mut host, &site(), &query("Documents"), &settings, |_| {});
    let Err(SyncError::Mirror(MirrorError::TooManyRemoved(held))) = refused else { panic!("{refused:?}") };
    assert_eq!((held.held, mirror.rows().unwrap()), (rows, rows));
    assert!(matches!(held.reason, HoldReason::StillListed { .. }), "{held}");
    let status = Status::read(&path, held.at, 55 * DAY).unwrap();
    assert_eq!(status.held_back.as_ref(), Some(&held));

    // Somebody looked, and says that it is right.
    settings.guard = settings.guard.allow(held.rows);
    mirror.sync(&mut host, &site(), &query("Documents"), &settings, |_| {}).unwrap();
    assert_eq!(Status::read(&path, held.at, 55 * DAY).unwrap().held_back, None);
    judge(&path, host.server().world(), list).unwrap();
}

#[test]
fn a_list_made_anew_under_its_name_is_taken_only_with_leave() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, activity) = office(13, 400);
    let list = list_named(host.server().world(), "Documents");
    let before = sync(&mut host, &path, &query("Documents")).unwrap();
    let world = world(&mut host);
    world.delete_list(list).unwrap();
    let web = world.list(list).web;
    let template = world.list(list).template;
    let anew = world.add_list(web, "Documents", template).unwrap();
    world.upload(anew, 0, "first.txt", 10).unwrap();
    drop(activity);

    let mut settings = SyncSettings::default();
    settings.guard = Guard::default().rows(0).part(0.0);
    let mut mirror = Mirror::open(&path).unwrap();
    let refused = mirror.sync(&mut host, &site(), &query("Documents"), &settings, |_| {});
    assert!(
        matches!(&refused, Err(SyncError::Mirror(MirrorError::TooManyRemoved(held))) if held.rows == before.rows),
        "{refused:?}"
    );
    settings.guard = settings.guard.allow(before.rows);
    let report = mirror.sync(&mut host, &site(), &query("Documents"), &settings, |_| {}).unwrap();
    assert_eq!((report.reloaded, report.rows), (Some(ResyncReason::Replaced), 1));
    drop(mirror);
    judge(&path, host.server().world(), anew).unwrap();
}
