//! Rows that claim a folder which is not held.

use std::time::Duration;

use rusqlite::Connection;
use sharepoint_changes::Error;
use sharepoint_changes_sqlite::{Mirror, SyncError};
use sharepoint_changes_ureq::drive_ahead;
use sharepoint_simulator::{Fault, RetryAfter};

use crate::{
    judge::judge,
    office::{list_named, office, query, site, sync, willing},
};

#[test]
fn a_row_whose_folder_is_not_held_is_asked_for_at_the_end_of_a_run_in_which_nothing_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(17, 400);
    let list = list_named(host.server().world(), "Documents");
    sync(&mut host, &path, &query("Documents")).unwrap();

    // What a listing brought of a folder that took another one's name for a moment: one item that has come home since,
    // and one that is gone.
    let copy = Connection::open(&path).unwrap();
    let nowhere = "41f0a6d3-08c2-4b79-8e15-3d9c52b7f0e4";
    let (first, last): (i32, i32) = copy
        .query_row("SELECT min(id), max(id) FROM Documents", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    copy.execute("UPDATE Documents SET sp_parent = ?1 WHERE id = ?2", (nowhere, first)).unwrap();
    copy.execute(
        "INSERT INTO Documents (id, sp_unique_id, sp_parent, sp_name, sp_folder) VALUES (?1, 'u', ?2, 'ghost', 0)",
        (last + 100_000, nowhere),
    )
    .unwrap();
    drop(copy);

    let report = sync(&mut host, &path, &query("Documents")).unwrap();
    assert_eq!((report.written, report.absent), (1, 1));
    judge(&path, host.server().world(), list).unwrap();
    // What is settled is not asked for again.
    assert_eq!(sync(&mut host, &path, &query("Documents")).unwrap().pages, 0);
}

#[test]
fn a_server_that_wants_to_be_left_alone_is_not_asked_for_them_either() {
    let folder = tempfile::tempdir().unwrap();
    let (mut host, _) = office(17, 400);
    let list = list_named(host.server().world(), "Documents");
    let world = host.server_mut().world_mut();
    let hidden = world.add_folder(list, 0, "hidden").unwrap();
    let shared = world.upload(list, hidden, "shared.txt", 100).unwrap();
    world.set_item_permissions(list, hidden, Some(0)).unwrap();
    world.set_item_permissions(list, shared, Some(u64::MAX >> 1)).unwrap();
    // The increment is asked for while the load's page is committed, which holds a row whose folder is not held.
    let busy = Fault::Throttled { after: RetryAfter::Seconds(60), limits: None, html: false };
    host.server_mut().faults.on_path("GetListItemChangesSinceToken", 3, 1, busy);
    let mut settings = willing();
    settings.session.policy.max_rest = Duration::ZERO;
    let mut mirror = Mirror::open(folder.path().join("list.sqlite")).unwrap();
    let ended = mirror.sync_driven(
        &mut host,
        &site(),
        &query("Documents"),
        &settings,
        |_| {},
        |session, host, commit| drive_ahead(session, host, commit),
    );
    let Err(SyncError::Session(Error::Exhausted(exhausted))) = ended else { panic!("{ended:?}") };
    assert_eq!(exhausted.asked, Some(Duration::from_secs(60)));
}
