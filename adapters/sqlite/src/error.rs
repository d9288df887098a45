//! What can go wrong with the copy, and with a run that keeps it.

use std::{error::Error as StdError, fmt, io, path::PathBuf};

use jiff::Timestamp;
use sharepoint_changes::{CheckpointError, Error, Notice, ResyncReason, StartError};

/// Why the copy cannot be opened, read or changed. Whatever it is, nothing of the page at hand was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// Another process writes to this copy; there is one writer at a time.
    #[error("another process is writing to {}", .0.display())]
    Busy(PathBuf),
    /// A reader has been in one transaction all the time that a writer waits for such, since before there was one.
    #[error("somebody has been reading {} for longer than a writer waits", .0.display())]
    Reading(PathBuf),
    /// The file is a database of something else, or no database at all.
    #[error("{} is not a copy of a list; name another file", .0.display())]
    NotAMirror(PathBuf),
    /// There is no such file.
    #[error("there is no copy at {}", .0.display())]
    Missing(PathBuf),
    /// Another version of this crate made the file.
    #[error("the copy has version {found}, this program knows version {known}; use the one that wrote it")]
    Version {
        /// The version of the file.
        found: i64,
        /// The version this crate reads and writes.
        known: i64,
    },
    /// The page follows another checkpoint than the one that is held: somebody else committed in between.
    #[error(
        "the page does not follow the checkpoint that is held: the copy was changed by somebody else meanwhile"
    )]
    Conflict,
    /// The page would remove more rows by their mere absence than is allowed.
    #[error("{0}")]
    TooManyRemoved(HeldBack),
    /// The checkpoint that is held cannot be read.
    #[error("the checkpoint that is held cannot be read")]
    Checkpoint(#[from] CheckpointError),
    /// The file holds something that this crate never writes; the text says what.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// The database failed: a full disk, say.
    #[error("the database failed")]
    Database(#[source] Box<dyn StdError + Send + Sync>),
    /// The file beside the database that keeps a second writer out cannot be made.
    #[error("the lock file cannot be made")]
    Lock(#[source] io::Error),
}

impl From<rusqlite::Error> for MirrorError {
    fn from(error: rusqlite::Error) -> Self {
        MirrorError::Database(Box::new(error))
    }
}

/// A page that was refused, because it would remove rows by their mere absence: rows that a full load or a folder's
/// listing did not show, items that were asked for and did not come, a list that another one replaced.
///
/// Nothing moved. Whether it is right is for a person to say: a permission that was narrowed by mistake looks the
/// same as a list that was emptied on purpose. Until somebody allows it, or a run comes to its end because the rows
/// were seen again, no row is removed by absence at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldBack {
    /// Rows the run would have removed by absence, those it already removed included.
    pub rows: u64,
    /// Rows that earlier runs removed by absence within seven days, what was allowed not counted.
    pub earlier: u64,
    /// Rows that may go within seven days.
    pub limit: u64,
    /// Rows that were held before all of these went.
    pub held: u64,
    /// Why they may not go.
    pub reason: HoldReason,
    /// Items that are still to be asked for, and may be gone as well.
    pub pending_items: u64,
    /// Folders that are still to be listed, what lies below which may be gone as well.
    pub pending_folders: u64,
    /// Paths or names of some of the rows.
    pub names: Vec<String>,
    /// When, in the server's time.
    pub at: Timestamp,
}

/// Why rows that were not seen are not removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldReason {
    /// They are more than the limit, with those of the last seven days.
    TooMany,
    /// Nothing would be left.
    Emptied,
    /// The list still counts about as many items as before: they are there, and no longer visible.
    StillListed {
        /// `List/@ItemCount`.
        item_count: u64,
    },
    /// Rows were held back before, and nobody has decided yet.
    HeldSince(Timestamp),
}

impl HeldBack {
    /// Since when rows are held back, in the server's time.
    pub fn since(&self) -> Timestamp {
        match self.reason {
            HoldReason::HeldSince(since) => since,
            _ => self.at,
        }
    }

    /// How many rows have to be allowed, as far as it is known: with the items that are still to be asked for.
    pub fn needed(&self) -> u64 {
        self.rows + self.pending_items
    }
}

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HeldBack { rows, earlier, limit, held, .. } = self;
        match self.reason {
            HoldReason::TooMany => {
                write!(f, "{rows} of {held} rows would be removed because they were not seen")?;
                match earlier {
                    0 => write!(f, ", more than the {limit} allowed")?,
                    _ => write!(f, ", with {earlier} of the last seven days more than the {limit} allowed")?,
                }
            }
            HoldReason::Emptied => write!(
                f,
                "{rows} of {held} rows would be removed because they were not seen, and none would be left"
            )?,
            HoldReason::StillListed { item_count } => write!(
                f,
                "{rows} of {held} rows are no longer visible to you, but the list still has them: it counts \
                 {item_count} items"
            )?,
            HoldReason::HeldSince(since) => write!(
                f,
                "{rows} of {held} rows would be removed because they were not seen, and such removals are held \
                 back since {since}"
            )?,
        }
        match self.names.is_empty() {
            true => Ok(()),
            false => write!(f, "; among them {}", self.names.join(", ")),
        }
    }
}

/// Why a run did not come to its end; the copy stands where its last page left it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError<E> {
    /// The copy.
    #[error("the copy was not changed")]
    Mirror(#[from] MirrorError),
    /// The query or the checkpoint does not fit.
    #[error("the run cannot begin")]
    Start(#[source] StartError),
    /// The session gave up.
    #[error("the session ended")]
    Session(#[source] Error),
    /// The transport cannot bring any answer.
    #[error("the transport failed")]
    Transport(#[source] E),
    /// The host was asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// The list has to be read anew, and was not long ago.
    #[error("the list has to be read anew ({}), which was done not long ago; wait until {until}, or ask for a full load", reason.map_or("found by an earlier run", ResyncReason::name))]
    ReloadHeld {
        /// Why it has to be read anew; `None` where an earlier run found it out.
        reason: Option<ResyncReason>,
        /// When, in the server's time, it may be done unasked.
        until: Timestamp,
        /// What the sessions had to tell beside their changes: the first hundred.
        notices: Vec<Notice>,
    },
    /// The list could not be compared: its columns or the account's rights changed while it was read. Try again.
    #[error("the list changed as a whole while it was compared ({})", .0.map_or("no page came", ResyncReason::name))]
    Unverified(Option<ResyncReason>),
    /// The rows of a load keep asking for more work, run after run.
    #[error("the run began {0} sessions without coming to its end")]
    Unsettled(u32),
}
