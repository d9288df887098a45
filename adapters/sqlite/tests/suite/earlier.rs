//! Copies that an earlier version made.

use rusqlite::Connection;

use crate::{
    judge::judge,
    office::{list_named, office, query, sync},
};

#[test]
fn a_copy_of_version_2_holds_numbers_after_a_run_in_which_nothing_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(17, 400);
    let list = list_named(host.server().world(), "Documents");
    sync(&mut host, &path, &query("Documents")).unwrap();

    // Version 2 took the sizes of files for texts.
    let copy = Connection::open(&path).unwrap();
    copy.execute_batch(
        "ALTER TABLE Documents RENAME COLUMN File_x0020_Size TO Size;
         ALTER TABLE Documents ADD COLUMN File_x0020_Size TEXT;
         UPDATE Documents SET File_x0020_Size = Size;
         ALTER TABLE Documents DROP COLUMN Size;
         UPDATE _fields SET declared = 'TEXT' WHERE column_name = 'File_x0020_Size';
         ALTER TABLE _mirror DROP COLUMN forms; PRAGMA user_version = 2;",
    )
    .unwrap();
    drop(copy);

    // One item is asked for, because with it comes the list's definition.
    let report = sync(&mut host, &path, &query("Documents")).unwrap();
    assert_eq!((report.written, report.absent), (1, 0));
    judge(&path, host.server().world(), list).unwrap();
    assert_eq!(sync(&mut host, &path, &query("Documents")).unwrap().pages, 0);
}
