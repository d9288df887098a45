//! The file: what makes it a copy of a list, who may write to it, and what it holds beside the list's own table.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::MirrorError;

/// A connection that may write, and what keeps every other writer out as long as it lives.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    _lock: File,
}

/// A file in WAL mode can only be read where two more files are, or may be made. Once there is no writer the copy is
/// one file that anybody reads who may read it, also in a folder that he may not write.
impl Drop for Writer {
    fn drop(&mut self) {
        // Not while somebody is connected to it, and then the two files are there for him.
        let left = self.connection.busy_timeout(Duration::ZERO);
        let _best_effort = left.and_then(|()| self.connection.pragma_update(None, "journal_mode", "DELETE"));
    }
}

/// Opens a copy to write to, made anew where there is none.
pub(crate) fn write(path: &Path) -> Result<Writer, MirrorError> {
    let lock = lock(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    let kind = kind(&connection, path)?;
    share(&connection, path)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    if kind != Kind::Mirror(VERSION) {
        let making = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if kind == Kind::Empty {
            making.execute_batch(TABLES)?;
            making.pragma_update(None, "application_id", APPLICATION)?;
        }
        if kind != Kind::Mirror(2) {
            making.execute_batch(SECOND)?;
        }
        making.execute_batch(THIRD)?;
        making.pragma_update(None, "user_version", VERSION)?;
        making.commit()?;
    }
    connection.execute_batch(SCRATCH)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(Writer { connection, _lock: lock })
}

/// Lets readers go on with what they see while a page is written, and the writer not wait for them (WAL). A power cut
/// may take the last pages with their checkpoint; it never parts them. Only who reads since before there was a writer
/// is waited for.
fn share(connection: &Connection, path: &Path) -> Result<(), MirrorError> {
    connection.pragma_update(None, "journal_mode", "WAL").map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => MirrorError::Reading(path.to_owned()),
        _ => error.into(),
    })
}

/// Opens a copy to look at, also while somebody writes to it.
pub(crate) fn read(path: &Path) -> Result<Connection, MirrorError> {
    if !path.exists() {
        return Err(MirrorError::Missing(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    match kind(&connection, path)? {
        Kind::Mirror(_) => Ok(connection),
        Kind::Empty => Err(MirrorError::NotAMirror(path.to_owned())),
    }
}

/// Takes the lock on a file beside the database; the system gives it back however the process ends.
fn lock(path: &Path) -> Result<File, MirrorError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&beside);
    let file = file.map_err(|error| {
        MirrorError::Lock(io::Error::new(error.kind(), format!("{}: {error}", beside.display())))
    })?;
    for _ in 0..PATIENCE {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A process that is just being started still has a copy of what its parent held open.
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(error)) => return Err(MirrorError::Lock(error)),
        }
    }
    Err(MirrorError::Busy(path.to_owned()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    /// A copy, and its version: an earlier one lacks what the later ones add and nothing else.
    Mirror(i64),
}

fn kind(connection: &Connection, path: &Path) -> Result<Kind, MirrorError> {
    let other = || MirrorError::NotAMirror(path.to_owned());
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = match pragma("application_id") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => return Err(other()),
        application => application?,
    };
    if application == i64::from(APPLICATION) {
        return match pragma("user_version")? {
            version @ 1..=VERSION => Ok(Kind::Mirror(version)),
            found => Err(MirrorError::Version { found, known: VERSION }),
        };
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if application == 0 && tables == 0 { Ok(Kind::Empty) } else { Err(other()) }
}

/// How long to wait for a lock of SQLite's own, which is held only for the length of a commit.
const BUSY: Duration = Duration::from_secs(10);

/// How often, a hundredth of a second apart, to try for the lock on the file.
const PATIENCE: u32 = 50;

/// `SPch`: what `file` and SQLite's `application_id` know these databases by.
const APPLICATION: i32 = 0x5350_6368;

/// Counts changes of the tables below.
const VERSION: i64 = 3;

/// What version 3 adds: values may be kept in other forms than when they were read.
const THIRD: &str = "
    -- The forms that values are kept in; those of an earlier number are read again with the next page.
    ALTER TABLE _mirror ADD COLUMN forms INTEGER NOT NULL DEFAULT 1;
";

/// What version 2 adds: the guard's memory.
const SECOND: &str = "
    -- How many rows went only because they were not seen, by day of the server's time (UTC); a week of it is kept.
    CREATE TABLE _absences (day TEXT PRIMARY KEY, rows INTEGER NOT NULL) WITHOUT ROWID;
    -- How many items the list had that the copy did not show, when a run last came to the end of the log.
    ALTER TABLE _mirror ADD COLUMN hidden INTEGER;
";

/// The tables of version 1.
const TABLES: &str = "
    -- One row: where the copy stands.
    CREATE TABLE _mirror (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        checkpoint TEXT,            -- as the library wrote it; NULL before the first page
        list_id TEXT,
        list_title TEXT,
        table_name TEXT,            -- the list's table: named once, and kept when the list is renamed
        root_path TEXT,             -- the server-relative path of the list's root folder
        root_unique_id TEXT,
        schema_version INTEGER NOT NULL DEFAULT 0,
        synced_at TEXT,             -- server time of the last run that came to the end of the log
        loaded_at TEXT,             -- server time at which the last full load ended
        reloaded_at TEXT,           -- server time at which the last unasked new load began
        min_minutes INTEGER,        -- how long the server asks to wait between two runs
        marks INTEGER NOT NULL DEFAULT 0,
        replaced INTEGER NOT NULL DEFAULT 0,
        held_back TEXT
    );
    INSERT INTO _mirror (only) VALUES (1);
    -- Loads and listings under way: rows they have seen carry their number or a higher one.
    CREATE TABLE _marks (
        name TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        rows INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    -- Which column holds what of which field.
    CREATE TABLE _fields (
        column_name TEXT PRIMARY KEY COLLATE NOCASE,
        field TEXT NOT NULL,        -- internal name
        part TEXT NOT NULL,         -- what of the value: '' for the value itself, or 'id', 'caption', 'guid'
        declared TEXT NOT NULL,     -- the column's type
        type TEXT NOT NULL,         -- the field's type, as the server names it
        display_name TEXT NOT NULL,
        field_id TEXT,
        as_of_last_change INTEGER NOT NULL,  -- 1: may differ from what the list shows until the item changes again
        removed_at TEXT             -- when the field was gone from the list; the column keeps its last values
    ) WITHOUT ROWID;
    -- What was deleted, if that is kept.
    CREATE TABLE _tombstones (
        id INTEGER NOT NULL,
        unique_id TEXT,
        path TEXT,
        folder INTEGER,
        removed_at TEXT NOT NULL,   -- server time of the answer that told it
        reason TEXT NOT NULL,       -- deleted, moved_away, absent, hidden, unlisted, swept or replaced
        along_with INTEGER,         -- the id whose removal took it along
        to_list TEXT,
        to_item INTEGER,
        row TEXT NOT NULL           -- JSON: the columns that had a value
    );
    CREATE INDEX _tombstones_id ON _tombstones (id);
";

/// Ids on their way out, ids that were touched and ids that were compared: as many as there may be, in a file.
const SCRATCH: &str = "
    CREATE TEMP TABLE _gone (id INTEGER PRIMARY KEY, along INTEGER);
    CREATE TEMP TABLE _touched (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE _seen (id INTEGER PRIMARY KEY, differs INTEGER NOT NULL);
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_from_before_the_writer_is_waited_for_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.sqlite");
        drop(write(&path).unwrap());
        let reader = read(&path).unwrap();
        let reading = reader.unchecked_transaction().unwrap();
        assert_eq!(reader.query_row("SELECT count(*) FROM _mirror", [], |row| row.get::<_, i64>(0)), Ok(1));
        let writer = Connection::open(&path).unwrap();
        writer.busy_timeout(Duration::ZERO).unwrap();
        assert!(matches!(share(&writer, &path), Err(MirrorError::Reading(_))));
        drop(reading);
        share(&writer, &path).unwrap();
    }
}
