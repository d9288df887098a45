//! One file, one writer, one chain of checkpoints.

use std::time::Duration;

use sharepoint_changes::End;

use super::pages::*;
use crate::{
    Mirror, MirrorError, Status,
    commit::{Batch, Part},
};

#[test]
fn rows_and_checkpoint_are_committed_together() {
    let mut copy = Copy::new();
    assert_eq!(copy.mirror.checkpoint().unwrap(), None);
    copy.fill(&[item(1, "a.txt"), item(2, "b.txt")]);
    assert_eq!(copy.ids(), [1, 2]);
    assert_eq!(copy.mirror.checkpoint().unwrap(), Some(checkpoint(LIST, 1)));
    assert_eq!(copy.mirror.table().unwrap().as_deref(), Some("Documents"));
}

#[test]
fn a_page_that_follows_another_checkpoint_is_refused_whole() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a.txt")]);
    for follows in [None, Some(checkpoint(LIST, 77).to_string())] {
        let after = checkpoint(LIST, 2);
        let changes = [item(2, "b.txt").up()];
        let batch = Batch {
            part: Part::Delta,
            changes: &changes,
            checkpoint: &after,
            follows: follows.as_deref(),
            schema: &copy.schema,
            item_count: None,
        };
        assert!(matches!(copy.mirror.commit_batch(&batch, at(2)), Err(MirrorError::Conflict)));
        assert!(matches!(copy.mirror.finish(&after, follows.as_deref(), at(2)), Err(MirrorError::Conflict)));
        assert!(matches!(copy.mirror.reload(&after, follows.as_deref(), at(2)), Err(MirrorError::Conflict)));
    }
    assert_eq!(copy.ids(), [1]);
    assert_eq!(copy.mirror.checkpoint().unwrap(), Some(checkpoint(LIST, 1)));
}

#[test]
fn a_load_from_the_beginning_replaces_a_checkpoint_only_where_that_was_asked_for() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a.txt"), item(2, "b.txt")]);
    let (after, end) = (checkpoint(LIST, 9), End::Sweep { spare: Vec::new() });
    let changes = [item(2, "b.txt").up()];
    let schema = copy.schema.clone();
    // The new chain counts its loads anew, so that its first one has the name of the one before.
    let part = Part::Snapshot { load: "load 1", end: Some(&end) };
    let batch = Batch {
        part,
        changes: &changes,
        checkpoint: &after,
        follows: None,
        schema: &schema,
        item_count: None,
    };
    assert!(matches!(copy.mirror.commit_batch(&batch, at(2)), Err(MirrorError::Conflict)));
    copy.mirror.begin_anew().unwrap();
    copy.mirror.commit_batch(&batch, at(2)).unwrap();
    assert_eq!(copy.ids(), [2]);
    assert!(matches!(copy.mirror.commit_batch(&batch, at(2)), Err(MirrorError::Conflict)));
}

#[test]
fn a_second_writer_is_kept_out_and_a_reader_is_not() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a.txt")]);
    let path = copy.mirror.path().to_owned();
    assert!(matches!(Mirror::open(&path), Err(MirrorError::Busy(_))));
    let status = Status::read(&path, at(0), Duration::from_secs(55 * 86_400)).unwrap();
    assert_eq!((status.rows, status.warning), (1, false));
    drop(copy.mirror);
    Mirror::open(&path).unwrap();
}

#[test]
fn a_file_of_another_kind_or_version_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "this is no database, and long enough to tell so".repeat(50)).unwrap();
    assert!(matches!(Mirror::open(&text), Err(MirrorError::NotAMirror(_))));

    let other = folder.path().join("other.sqlite");
    let foreign = rusqlite::Connection::open(&other).unwrap();
    foreign.execute_batch("CREATE TABLE theirs (id)").unwrap();
    drop(foreign);
    let before = std::fs::read(&other).unwrap();
    assert!(matches!(Mirror::open(&other), Err(MirrorError::NotAMirror(_))));
    assert_eq!(std::fs::read(&other).unwrap(), before);

    let newer = folder.path().join("newer.sqlite");
    drop(Mirror::open(&newer).unwrap());
    let raised = rusqlite::Connection::open(&newer).unwrap();
    raised.pragma_update(None, "user_version", 99).unwrap();
    drop(raised);
    assert!(matches!(Mirror::open(&newer), Err(MirrorError::Version { found: 99, known: 3 })));
    let missing = Status::read(folder.path().join("none"), at(0), Duration::ZERO);
    assert!(matches!(missing, Err(MirrorError::Missing(_))));
}

#[test]
fn the_status_tells_age_and_what_is_left_of_the_log() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a.txt")]);
    let path = copy.mirror.path().to_owned();
    let held = copy.mirror.checkpoint().unwrap().unwrap();
    copy.mirror.finish(&held, Some(held.as_str()), at(100)).unwrap();
    copy.mirror.ask_for([1, 2, 3]).unwrap();
    let retention = Duration::from_secs(10 * 86_400);
    let status = Status::read(&path, at(6 * 86_400), retention).unwrap();
    assert_eq!(status.synced_at, Some(at(100)));
    assert_eq!(status.seconds_behind, Some(6 * 86_400 - 100));
    assert_eq!((status.pending_items, status.pending_folders, status.loading), (3, 0, false));
    assert!((status.days_left.unwrap() - 4.0).abs() < 0.01, "{status:?}");
    assert!(status.warning);
    assert!(!Status::read(&path, at(4 * 86_400), retention).unwrap().warning);
}

#[test]
fn readers_see_the_old_rows_until_a_page_is_committed() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a.txt"), item(2, "b.txt")]);
    let reader = rusqlite::Connection::open(copy.mirror.path()).unwrap();
    let names = || -> Vec<String> {
        let mut statement = reader.prepare("SELECT sp_name FROM Documents ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    copy.load("load 2", None, &[item(1, "renamed.txt")]);
    assert_eq!(names(), ["renamed.txt", "b.txt"]);
    copy.load("load 2", Some(&End::Sweep { spare: Vec::new() }), &[item(3, "c.txt")]);
    assert_eq!(names(), ["renamed.txt", "c.txt"]);
}

#[cfg(unix)]
#[test]
fn a_copy_without_a_writer_is_read_where_nothing_can_be_made_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.sqlite");
    drop(Mirror::open(&path).unwrap());
    let names = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name());
    assert_eq!(names.filter(|name| name != "copy.sqlite" && name != "copy.sqlite.lock").count(), 0);
    // As in a folder that the reader may not write, also for a reader who may do everything.
    for beside in ["copy.sqlite-shm", "copy.sqlite-wal"] {
        std::os::unix::fs::symlink(beside, folder.path().join(beside)).unwrap();
    }
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let reader = rusqlite::Connection::open_with_flags(&path, flags).unwrap();
    let rows: i64 = reader.query_row("SELECT count(*) FROM _mirror", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
    assert_eq!(Status::read(&path, at(0), Duration::ZERO).unwrap().rows, 0);
}

#[test]
fn a_reader_who_stays_connected_goes_on_reading_when_writers_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.sqlite");
    let writer = Mirror::open(&path).unwrap();
    let reader = rusqlite::Connection::open(&path).unwrap();
    let rows = || reader.query_row("SELECT count(*) FROM _mirror", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(rows(), 1);
    drop(writer);
    assert_eq!(rows(), 1);
    let reading = reader.unchecked_transaction().unwrap();
    assert_eq!(rows(), 1);
    // He keeps nobody out, for the file stayed as it was.
    let writer = Mirror::open(&path).unwrap();
    writer.connection().execute("UPDATE _mirror SET marks = 7", []).unwrap();
    drop(writer);
    reading.commit().unwrap();
    let marks: i64 = reader.query_row("SELECT marks FROM _mirror", [], |row| row.get(0)).unwrap();
    assert_eq!(marks, 7);
}
