//! What can be told of a copy without asking the server.

use std::{path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use sharepoint_changes::uuid::Uuid;

use crate::{
    error::{HeldBack, MirrorError},
    file, guard,
    state::State,
};

/// How a copy stands, by what it holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The list's id; `None` before the first page.
    pub list_id: Option<Uuid>,
    /// The list's title when it was last read.
    pub list_title: Option<String>,
    /// The name of the list's table.
    pub table: Option<String>,
    /// How many rows are held.
    pub rows: u64,
    /// How many deleted rows are kept.
    pub tombstones: u64,
    /// When a run last came to the end of the log, in the server's time; `None` where none did.
    pub synced_at: Option<Timestamp>,
    /// How long ago that was, in seconds; never negative.
    pub seconds_behind: Option<u64>,
    /// How long ago the checkpoint was last known to lie inside the log.
    pub checkpoint_age: Option<Duration>,
    /// Until when the log is trusted to hold what happened since the checkpoint; after that the list is read anew.
    pub log_holds_until: Option<Timestamp>,
    /// How many days that leaves; negative where it is past.
    pub days_left: Option<f64>,
    /// Whether more than half of that time is over.
    pub warning: bool,
    /// Whether a full load is under way.
    pub loading: bool,
    /// When the last full load ended, in the server's time.
    pub loaded_at: Option<Timestamp>,
    /// Items that were only pointed at and not read yet.
    pub pending_items: u64,
    /// Folders whose contents are to be compared.
    pub pending_folders: u64,
    /// What the guard refused to remove, where it did so in the last run.
    pub held_back: Option<HeldBack>,
    /// How many minutes the server asks to wait between two runs.
    pub min_minutes: Option<u32>,
    /// Counts changes of the table's columns.
    pub schema_version: i64,
}

impl Status {
    /// Reads how the copy in this file stands, also while it is written to. `now` is the caller's time, `retention`
    /// how old a checkpoint may grow ([`Settings::retention`]).
    ///
    /// # Errors
    /// [`MirrorError::Missing`] where there is no file, [`MirrorError::NotAMirror`] and [`MirrorError::Version`]
    /// where it is something else.
    ///
    /// [`Settings::retention`]: sharepoint_changes::Settings::retention
    pub fn read(path: impl AsRef<Path>, now: Timestamp, retention: Duration) -> Result<Status, MirrorError> {
        let connection = file::read(path.as_ref())?;
        // One transaction, so that all of it is of one moment.
        let open = connection.unchecked_transaction()?;
        let state = State::read(&open)?;
        let checkpoint = state.checkpoint()?;
        let since = |time: Timestamp| Duration::try_from(now.duration_since(time)).unwrap_or_default();
        let age = checkpoint.as_ref().map(|checkpoint| since(checkpoint.moment()));
        let until =
            checkpoint.as_ref().and_then(|checkpoint| checkpoint.moment().saturating_add(retention).ok());
        let (pending_items, pending_folders) = checkpoint.as_ref().map_or((0, 0), |held| held.pending());
        let tombstones: i64 = open.query_row("SELECT count(*) FROM _tombstones", [], |row| row.get(0))?;
        Ok(Status {
            rows: guard::rows(&open, state.table.as_deref())?,
            tombstones: tombstones.unsigned_abs(),
            seconds_behind: state.synced_at.map(|time| since(time).as_secs()),
            checkpoint_age: age,
            days_left: until.map(|until| days(until.duration_since(now))),
            log_holds_until: until,
            warning: age.is_some_and(|age| age > retention / 2),
            loading: checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.is_loading()),
            pending_items,
            pending_folders,
            list_id: state.list_id,
            list_title: state.list_title,
            table: state.table,
            synced_at: state.synced_at,
            loaded_at: state.loaded_at,
            held_back: state.held_back,
            min_minutes: state.min_minutes,
            schema_version: state.schema_version,
        })
    }
}

fn days(duration: SignedDuration) -> f64 {
    duration.as_secs_f64() / 86_400.0
}
