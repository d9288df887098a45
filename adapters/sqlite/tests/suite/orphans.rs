//! Rows that claim a folder which is not held.

use rusqlite::Connection;

use crate::{
    judge::judge,
    office::{list_named, office, query, sync},
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
