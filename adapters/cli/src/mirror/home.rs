//! What the command keeps in the file beside the copy: which site it is of, and until when that wants to be left
//! alone.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::{
    address::Address,
    exit::{Exit, Failure},
};

/// The command's own table in the file of a copy. Whoever opens it holds the copy open, and with it its lock.
#[derive(Debug)]
pub(crate) struct Home {
    file: Connection,
    not_before: Option<Timestamp>,
}

impl Home {
    /// Reads what the file says; in one that says nothing yet, notes the address.
    ///
    /// # Errors
    /// [`Exit::STATE`], where the copy is of another address.
    pub(crate) fn open(path: &Path, address: &str) -> Result<Home, Failure> {
        let file = Connection::open(path).map_err(failed)?;
        file.busy_timeout(BUSY).and_then(|()| file.execute_batch(TABLE)).map_err(failed)?;
        file.execute("INSERT OR IGNORE INTO _command (only, address) VALUES (1, ?1)", [address])
            .map_err(failed)?;
        let (is, not_before): (String, Option<String>) = file
            .query_row("SELECT address, not_before FROM _command", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(failed)?;
        if is != address {
            let error = format!("the copy belongs to {is}, not to {address}");
            return Err(Failure::new(Exit::STATE, error).advice(
                "Use one file for each list; if the site was renamed, correct `address` in the table _command.",
            ));
        }
        Ok(Home { file, not_before: not_before.and_then(|time| time.parse().ok()) })
    }

    /// The address a copy is of; `None` where the file does not say.
    pub(crate) fn address(path: &Path) -> Result<Option<Address>, Failure> {
        if !path.exists() {
            return Ok(None);
        }
        let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        file.busy_timeout(BUSY).map_err(failed)?;
        // A file that is no copy says so later.
        let address: Option<String> =
            file.query_row("SELECT address FROM _command", [], |row| row.get(0)).optional().unwrap_or(None);
        Ok(address.and_then(|address| address.parse().ok()))
    }

    /// Until when the server wants to be left alone.
    pub(crate) fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// Keeps the time before which the server must not be asked.
    pub(crate) fn rest_until(&mut self, time: Option<Timestamp>) -> Result<(), Failure> {
        let text = time.map(|time| time.to_string());
        self.file.execute("UPDATE _command SET not_before = ?1", params![text]).map_err(failed)?;
        self.not_before = time;
        Ok(())
    }
}

fn failed(error: rusqlite::Error) -> Failure {
    Failure::new(Exit::FAILURE, error).detail("while reading or writing the table _command of the copy")
}

/// How long to wait for a lock that is held for the length of a commit.
const BUSY: std::time::Duration = std::time::Duration::from_secs(10);

const TABLE: &str = "
    -- One row: what the command line keeps beside the copy.
    CREATE TABLE IF NOT EXISTS _command (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        address TEXT NOT NULL,      -- of the web the list belongs to
        not_before TEXT             -- the server wants to be left alone until then, by the clock of this machine
    )";
