//! Net effects: what a run of changes comes to, object by object.
//!
//! Every fact that is kept of an object is a maximum, a minimum or a union over its rows. So it cannot matter in which
//! order rows come, how often, or in which portions, and memory grows with the objects and not with the rows.

mod facts;
mod moves;
mod object;

use std::collections::{BTreeMap, btree_map::Entry};

use uuid::Uuid;

use self::{
    facts::Facts,
    moves::Moves,
    object::{Aspect, Key},
};
use crate::change::{Change, ChangeKind, ChangedObject};

/// Folds the rows of a run into what they come to: one [`NetEffect`] for each object that was named, in the order of
/// their last rows.
///
/// SharePoint logs each save (five edits are five rows), and a reader is told of rows at least once. Folded, an object
/// is asked for once. What the laws of the fold are:
/// - Every object that a row names is in the result. Add then Delete is a [`Delete`](Effect::Delete), because a replica
///   may hold the object from an earlier reading.
/// - The last row decides, where order is that of the log, by the number in the token, whatever order rows are pushed
///   in. Delete then Restore is a [`Fetch`](Effect::Fetch).
/// - Rows pushed again change nothing, and neither does the way a run is cut: into pages, or into parts that are
///   folded apart and [merged](Coalescer::merge).
///
/// The rows are only looked at; hand them on as they are to whom each of them matters. Memory is that of one row for
/// each object and aspect; where that is too much, [`finish`](Coalescer::finish) at the end of a page and go on with
/// an empty one. A checkpoint that was handed out with a page may be committed once the effects of that page's rows
/// are.
///
/// Use one for one log. After [`Done::Resync`](crate::Done::Resync) the numbers may count anew.
///
/// ```
/// use sharepoint_changes::{ChangeQuery, Coalescer, Effect, Feed, Preset, Scope};
///
/// # let row = |number: u32, kind: u8, id: u8| format!(
/// #     r#"{{"ChangeToken":{{"StringValue":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161310130000;{number}"}},
/// #         "ChangeType":{kind},"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-04T10:15:31Z",
/// #         "ItemId":{id},"ListId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66",
/// #         "WebId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}}"#);
/// # let rows = [row(1, 1, 17), row(2, 2, 18), row(3, 2, 17), row(4, 3, 17), row(5, 2, 18)].join(",");
/// # let answer = http::Response::new(format!(r#"{{"value":[{rows}]}}"#));
/// // Item 17 is added, changed and deleted, item 18 is changed twice.
/// let page = ChangeQuery::preset(Scope::Web, Preset::Items).read(&answer)?;
/// let mut coalescer = Coalescer::new();
/// coalescer.extend(&page);
/// let net = coalescer.finish();
/// assert_eq!(net.iter().map(|net| net.effect).collect::<Vec<_>>(), [Effect::Delete, Effect::Fetch]);
/// # Ok::<(), sharepoint_changes::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Coalescer {
    slots: BTreeMap<(Key, Aspect), Slot>,
}

/// What the rows of one object come to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetEffect {
    /// What is to be done.
    pub effect: Effect,
    /// Whether it is to be done to what lies below the object too.
    pub cascade: Cascade,
    /// The last of the rows: it names the object, and its kind, token and time are those of what happened last. The
    /// UniqueId of an item is filled in from an earlier row where the last one lacks it.
    pub last: Change,
}

/// What to do about an object. Exhaustive on purpose.
///
/// Rows are pointers, and the object may have changed again since. One that is asked for and not found is gone: its
/// Delete row is among these, or still to come, or it can no longer be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It is gone: remove it, whether or not it was ever held.
    Delete,
    /// It went away from where it was. Within one list it may live on, and then its way back in need not be told
    /// (the documentation contradicts itself there): ask for it, and take "not found" as its end.
    Leave {
        /// The item it is now, in another list; `None` where no row tells, or where it is no item.
        to: Option<Place>,
    },
    /// It was moved to where it is now: read it anew.
    Arrive {
        /// The item it was when the run began, in another list; `None` where no row tells, where it came back to
        /// the same place, or where it is no item.
        from: Option<Place>,
    },
    /// It was made, changed, renamed or restored, or something happened to it that this version does not know: read
    /// it anew.
    Fetch,
    /// Who may see it, or what a role allows, or who is in a group, was changed: read that anew. The object itself has
    /// an effect of its own, if rows tell of one; one that was deleted may still have both.
    Permissions,
    /// A column, a content type or a view was made, changed or deleted, or the content types of a list were: read
    /// the definitions anew. Rows of columns and content types do not say of which list, only of which web.
    Schema,
    /// It happened to something that this version cannot tell from others: the row is handed on, and each such row is
    /// an effect of its own.
    Unknown,
}

/// Whether an effect reaches what lies below the object. The log holds no rows for it: a folder's one row stands for
/// its whole tree (sp-dev-docs issues 5964 and 9039).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cascade {
    /// It does not.
    No,
    /// It does if the object is a folder, which the rows do not say: an item's row tells it only where
    /// `FileSystemObjectType` was selected. The replica knows.
    Maybe,
    /// It does.
    Yes,
}

/// Where an item is: moved into another list it gets another id, and keeps its UniqueId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The list.
    pub list_id: Uuid,
    /// The item's id in it.
    pub item_id: i32,
}

impl Coalescer {
    /// Begins with nothing.
    pub fn new() -> Self {
        Coalescer::default()
    }

    /// Takes a row into account. It is cloned only where it is the last of its object so far.
    pub fn push(&mut self, change: &Change) {
        let key = (Key::of(change), Aspect::of(change));
        self.note(key, Facts::of(change), || change.clone());
    }

    /// Takes everything into account that another one was told, of the same log.
    pub fn merge(&mut self, other: Coalescer) {
        for (key, slot) in other.slots {
            self.note(key, slot.facts, || slot.last);
        }
    }

    /// The net effects so far, in the order of their last rows.
    pub fn finish(self) -> Vec<NetEffect> {
        let moves = Moves::of(&self.slots);
        let mut effects: Vec<NetEffect> =
            self.slots.into_iter().map(|((key, aspect), slot)| slot.net(&key, aspect, &moves)).collect();
        effects.sort_by_key(|net| net.last.token.number());
        effects
    }

    /// How many net effects there are so far.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn note(&mut self, key: (Key, Aspect), facts: Facts, row: impl FnOnce() -> Change) {
        match self.slots.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(Slot { facts, last: row() });
            }
            Entry::Occupied(entry) => {
                let slot = entry.into_mut();
                if facts.rank > slot.facts.rank {
                    slot.last = row();
                }
                slot.facts.join(facts);
            }
        }
    }
}

impl<'a> Extend<&'a Change> for Coalescer {
    fn extend<I: IntoIterator<Item = &'a Change>>(&mut self, changes: I) {
        changes.into_iter().for_each(|change| self.push(change));
    }
}

/// What is known of one aspect of one object.
#[derive(Debug, Clone)]
struct Slot {
    facts: Facts,
    last: Change,
}

impl Slot {
    fn net(mut self, key: &Key, aspect: Aspect, moves: &Moves) -> NetEffect {
        let facts = &self.facts;
        if let ChangedObject::Item(item) = &mut self.last.object {
            item.unique_id = item.unique_id.or(facts.unique_id.map(|(_, id)| id));
        }
        let effect = match (aspect, self.last.kind) {
            (Aspect::Permissions, _) => Effect::Permissions,
            (Aspect::Schema, _) => Effect::Schema,
            (Aspect::Unknown, _) => Effect::Unknown,
            (Aspect::Own, ChangeKind::Delete) => Effect::Delete,
            (Aspect::Own, ChangeKind::MoveAway) => Effect::Leave { to: moves.destination(key, facts) },
            (Aspect::Own, _) => match (facts.moved_in, moves.origin(key, facts)) {
                // In another list a move is told as MoveInto or as Add.
                (true, from) | (false, from @ Some(_)) => Effect::Arrive { from },
                (false, None) => Effect::Fetch,
            },
        };
        NetEffect { effect, cascade: facts.cascade(aspect, &self.last.object), last: self.last }
    }
}

#[cfg(test)]
mod tests;
