//! What the rows of one object tell together, whatever their order and number.

use uuid::Uuid;

use super::{Cascade, object::Aspect};
use crate::change::{Change, ChangeKind, ChangedObject};

/// What the rows of an object tell together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// The rank of the last row.
    pub(super) rank: Rank,
    /// The last UniqueId that a row of the item names.
    pub(super) unique_id: Option<(Rank, Uuid)>,
    /// The last `FileSystemObjectType` that a row of the item names.
    object_type: Option<(Rank, i32)>,
    /// The number of the last row that tells of a beginning here: Add or MoveInto.
    pub(super) arrived: Option<i64>,
    /// Whether a row says MoveInto.
    pub(super) moved_in: bool,
    /// The number of the first MoveAway.
    pub(super) left: Option<i64>,
    /// Whether it came, went, or got another name.
    tree: bool,
    /// Whether its own values changed. For a folder its name may be among them, and so the paths below it; for a list,
    /// a web or a site they are settings.
    values: bool,
    /// Whether something happened to it that this version does not know.
    strange: bool,
}

/// Order among rows: their numbers. What follows only keeps the order total where a server lies.
pub(super) type Rank = (i64, i64, i32);

impl Facts {
    pub(super) fn of(change: &Change) -> Self {
        use ChangeKind as K;
        let (number, kind) = (change.token.number(), change.kind);
        let rank = (number, change.token.ticks(), kind.code());
        let item = match &change.object {
            ChangedObject::Item(item) => Some(item),
            _ => None,
        };
        let object_type = item.and_then(|item| item.details.as_ref()?.file_system_object_type);
        Facts {
            rank,
            unique_id: item.and_then(|item| item.unique_id).map(|id| (rank, id)),
            object_type: object_type.map(|object_type| (rank, object_type)),
            arrived: matches!(kind, K::Add | K::MoveInto).then_some(number),
            moved_in: kind == K::MoveInto,
            left: (kind == K::MoveAway).then_some(number),
            tree: matches!(kind, K::Add | K::Delete | K::Rename | K::MoveAway | K::MoveInto | K::Restore),
            values: matches!(kind, K::Update | K::SystemUpdate),
            strange: matches!(kind, K::Unknown(_)),
        }
    }

    /// Commutative, associative and idempotent.
    pub(super) fn join(&mut self, other: Facts) {
        self.rank = self.rank.max(other.rank);
        self.unique_id = self.unique_id.max(other.unique_id);
        self.object_type = self.object_type.max(other.object_type);
        self.arrived = self.arrived.max(other.arrived);
        self.moved_in |= other.moved_in;
        self.left = self.left.into_iter().chain(other.left).min();
        self.tree |= other.tree;
        self.values |= other.values;
        self.strange |= other.strange;
    }

    /// How far an effect reaches: no further than what happened does, and only where something can lie below.
    pub(super) fn cascade(&self, aspect: Aspect, object: &ChangedObject) -> Cascade {
        use ChangedObject as O;
        let (holds, values) = match object {
            O::Item(_) => match self.object_type {
                None => (Cascade::Maybe, true),
                Some((_, FOLDER)) => (Cascade::Yes, true),
                Some(_) => (Cascade::No, false),
            },
            O::Folder(_) => (Cascade::Yes, true),
            O::FileOrFolder(_) => (Cascade::Maybe, true),
            O::List(_) | O::Web { .. } | O::Site => (Cascade::Yes, false),
            O::Unknown { .. } => (Cascade::Maybe, false),
            _ => (Cascade::No, false),
        };
        let reaches = match aspect {
            Aspect::Permissions | Aspect::Unknown => Cascade::Yes,
            Aspect::Schema => Cascade::No,
            Aspect::Own if self.tree || values && self.values => Cascade::Yes,
            Aspect::Own if self.strange => Cascade::Maybe,
            Aspect::Own => Cascade::No,
        };
        holds.min(reaches)
    }
}

/// `FileSystemObjectType` of a folder.
pub(super) const FOLDER: i32 = 1;
