//! What a run hands out, and how it ends.

use jiff::Timestamp;

use super::{items::Notice, run::Run};
use crate::{change::Change, checkpoint::Checkpoint};

/// Rows that came together, and the checkpoint to commit with them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// The rows, oldest first; empty only where [`gap`](Page::gap) is said.
    pub changes: Vec<Change>,
    /// How far the reader has come with these rows.
    pub checkpoint: Checkpoint,
    /// The text of the checkpoint this page follows; `None` where there was none. A store that commits only if it
    /// holds this text cannot lose a page, nor be written by two.
    pub follows: Option<String>,
    /// A stretch of the log that could not be read; only on the way up from the beginning.
    pub gap: Option<Gap>,
    /// What the reader should tell somebody.
    pub notices: Vec<Notice>,
    /// What was known before these rows.
    pub(super) before: Box<Run>,
}

/// A stretch of the log that the server may have dropped: rows in it may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The time of the last position before it.
    pub after: Timestamp,
    /// The time at which reading goes on.
    pub until: Timestamp,
}

impl Page {
    /// How many of the rows, the first ones, lie no further on than a run had come before: those that an overlap
    /// delivers again, and those that became visible late. 0 without an [overlap](crate::Settings::overlap).
    pub fn repeated(&self) -> usize {
        self.before.repeated(&self.changes)
    }

    /// The checkpoint after the row with this index: every row is a place to stop.
    ///
    /// Where it is not the last row, commit it only to end the run: the pages after this one do not follow it.
    ///
    /// # Panics
    /// Where there is no row with this index.
    pub fn checkpoint_after(&self, index: usize) -> Checkpoint {
        let mut run = (*self.before).clone();
        run.pass(&self.changes[index].token);
        run.checkpoint()
    }
}

/// How a run ends: what the caller must do. Exhaustive on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Everything up to the end of the log was handed out.
    UpToDate {
        /// Commit this too: it may stand further on than the last page's, so that a quiet log never grows old.
        checkpoint: Checkpoint,
        /// The text of the checkpoint this one follows; `None` where there was none.
        follows: Option<String>,
        /// What the reader should tell somebody, and no page has told.
        notices: Vec<Notice>,
    },
    /// The log cannot tell everything that happened: read the whole scope anew, remove what is no longer there, and
    /// go on from `then`.
    Resync {
        /// Why.
        reason: ResyncReason,
        /// The checkpoint to go on from, taken before this was said. Commit it once everything was read.
        then: Checkpoint,
        /// The text of the checkpoint this one follows; `None` where there was none.
        follows: Option<String>,
        /// What the reader should tell somebody, and no page has told.
        notices: Vec<Notice>,
    },
}

impl Done {
    /// The checkpoint to go on from: after a resync only once everything was read.
    pub fn checkpoint(&self) -> &Checkpoint {
        match self {
            Done::UpToDate { checkpoint, .. } => checkpoint,
            Done::Resync { then, .. } => then,
        }
    }

    /// The text of the checkpoint that this one follows; `None` where there was none.
    pub fn follows(&self) -> Option<&str> {
        match self {
            Done::UpToDate { follows, .. } | Done::Resync { follows, .. } => follows.as_deref(),
        }
    }

    /// What the reader should tell somebody, and no page has told.
    pub fn notices(&self) -> &[Notice] {
        match self {
            Done::UpToDate { notices, .. } | Done::Resync { notices, .. } => notices,
        }
    }
}

/// Why everything has to be read anew. Exhaustive on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResyncReason {
    /// Nothing was read before.
    FirstRun,
    /// The position is older than what the log is trusted to hold, or the server says so.
    Expired,
    /// The log counts anew: its database was moved or restored.
    LogRestarted,
    /// The name now stands for another site, web or list.
    Replaced,
    /// The server does not take the token, for another reason than its age.
    TokenRefused,
    /// The list was restored as a whole.
    Restored,
    /// Something was restored that the caller may not see. If it is a folder, what lies in it and is shared with the
    /// caller came back with it, and nothing names that.
    RestoredHidden,
    /// The server told of something this version does not know, and not of which item.
    UnknownChange,
    /// The caller may see more, or less, than before.
    PermissionsChanged,
    /// Columns changed in a way that changes values the log does not name.
    SchemaChanged,
    /// More folders changed than can be listed one by one.
    TooManyFolders,
    /// The contents of a folder cannot be read.
    Unreadable,
}

impl ResyncReason {
    /// The word for it, as in `log_restarted`.
    pub fn name(self) -> &'static str {
        match self {
            ResyncReason::FirstRun => "first_run",
            ResyncReason::Expired => "expired",
            ResyncReason::LogRestarted => "log_restarted",
            ResyncReason::Replaced => "replaced",
            ResyncReason::TokenRefused => "token_refused",
            ResyncReason::Restored => "restored",
            ResyncReason::RestoredHidden => "restored_hidden",
            ResyncReason::UnknownChange => "unknown_change",
            ResyncReason::PermissionsChanged => "permissions_changed",
            ResyncReason::SchemaChanged => "schema_changed",
            ResyncReason::TooManyFolders => "too_many_folders",
            ResyncReason::Unreadable => "unreadable",
        }
    }
}
