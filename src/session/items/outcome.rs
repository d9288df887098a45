//! What a run over a list's items hands out.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    checkpoint::Checkpoint,
    item::{IllegalCharacter, Row, Schema, UnreadableValue},
};

/// Differences that came together, and the checkpoint to commit with them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ItemPage {
    /// What the page is a part of, and what that means for rows it does not name.
    pub basis: Basis,
    /// The differences, to be applied in this order. None where the page is there to tell of other fields
    /// ([`schema`](Self::schema)): a column that is gone, say, and no row came after it went.
    pub changes: Vec<ItemChange>,
    /// How far the reader has come with them.
    pub checkpoint: Checkpoint,
    /// The text of the checkpoint this page follows; `None` where there was none. A store that commits only if it
    /// holds this text cannot lose a page, nor be written by two.
    pub follows: Option<String>,
    /// The list and its fields, by which the rows are read. The same value on every page until the list changes.
    pub schema: Arc<Schema>,
    /// How many items the list has by its own count (`ItemCount`), those included that are not visible to the account;
    /// `None` where no answer of this session described the list yet.
    pub item_count: Option<u64>,
    /// What the reader should tell somebody.
    pub notices: Vec<Notice>,
}

/// What a page is a part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Single differences: rows that are not named did not change.
    Delta,
    /// A full load under this name. Mark its rows with the name.
    Snapshot {
        /// The name of the load; one that begins again has another.
        load: Mark,
        /// What to do with the rows that do not carry the name, once this page's do.
        end: Option<End>,
    },
    /// Everything below a folder, under this name. Mark its rows with the name.
    Subtree {
        /// The id of the folder.
        folder: i32,
        /// The name of the listing; one that begins again has another.
        listing: Mark,
        /// Whether this page is its last: everything below the folder that does not carry the name is gone.
        last: bool,
    },
}

/// How a full load ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every row was seen: one that does not carry the name of the load is gone.
    Sweep {
        /// Items that could not be read and are not gone for that.
        spare: Vec<i32>,
    },
    /// Some rows could not be read, so that nothing follows from their absence.
    Keep,
}

/// The name under which rows of one load or listing are seen. Names are never used twice in a chain of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark(pub(super) String);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One difference of a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ItemChange {
    /// The item, as it is now: put it in place of what is held.
    Upserted(Row),
    /// The item is gone, and if it is a folder everything below it.
    Removed {
        /// The item's id.
        id: i32,
        /// Its UniqueId, where the server names it: rows that claim it as their parent are gone too.
        unique_id: Option<Uuid>,
        /// How that is known.
        known: Known,
    },
    /// The item left the list, and if it is a folder everything below it.
    MovedAway {
        /// The item's id in this list.
        id: i32,
        /// Its UniqueId, where the server names it.
        unique_id: Option<Uuid>,
        /// The list it went to, where the server names it.
        to_list: Option<Uuid>,
        /// Its id there, where the server names it.
        to_item: Option<i32>,
    },
    /// The item came back. What it is now follows, in this page or a later one before the end of the run.
    Restored {
        /// The item's id.
        id: i32,
    },
    /// The item was renamed, or moved within the list. What it is now follows, in this page or a later one before the end of the run.
    Renamed {
        /// The item's id.
        id: i32,
    },
    /// The item was changed without a trace in who and when. What it is now follows, in this page or a later one
    /// before the end of the run.
    SystemUpdated {
        /// The item's id.
        id: i32,
    },
}

/// How it is known that an item is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Known {
    /// The server said so.
    Told,
    /// The server was asked for it by id and did not bring it. What is known of a folder that way says little of what
    /// lies below it: see [`Hidden`](Known::Hidden).
    Absent,
    /// Permissions on it, or on a folder it was moved into, changed, and the server, asked for it by id, did not bring
    /// it: the caller does not see it any more. Nobody who reads the copy by the caller's leave should.
    ///
    /// What lies below a folder goes with it as always; but some of it may have permissions of its own and be seen all
    /// the same, and a folder that is only absent may be hidden, too. Give the ids that went along to
    /// [`Checkpoint::with_pending`], commit that checkpoint, and go on with a new session.
    Hidden,
}

/// What the reader should tell somebody; never a reason to do anything to the replica.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The list has more items than the caller may see.
    Hidden {
        /// The rows that were read.
        visible: u64,
        /// The items the list says it has.
        total: u64,
    },
    /// The server cannot answer with this item, or its row cannot be read; it is passed by and what is held of it
    /// stays.
    Poison {
        /// The item's id; `None` where not even that could be learnt.
        id: Option<i32>,
        /// What happened.
        what: String,
    },
    /// Characters that XML forbids were replaced.
    Replaced {
        /// How many.
        count: u64,
        /// The first of them, and where it stood.
        first: IllegalCharacter,
    },
    /// Groups or roles changed: who belongs to a group, or what a role allows. Such a row of the log names no item, so
    /// what the caller sees may be other than what is held, until the copy was compared with the list.
    RolesChanged {
        /// How many rows of the log said so.
        count: u64,
    },
    /// Values are not what their names promise, and count as absent.
    Unreadable {
        /// How many.
        count: u64,
        /// The first of them, and where it stood.
        first: UnreadableValue,
    },
    /// The checkpoint was stored under a time that has not come yet: the server's clock was wrong then, or is now. Such
    /// times were taken back to what the change tokens prove by themselves, in the checkpoint that comes with this. That
    /// may be too early, and then everything is read anew where it need not be; nothing is lost.
    MomentAhead {
        /// The latest of the times that were stored.
        moment: Timestamp,
        /// The server's time, more than ten minutes before it.
        now: Timestamp,
    },
}
