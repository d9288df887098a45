//! What the log tells a list's feed: the ids of what went, the items that have rows, and where the next call begins.

use uuid::Uuid;

use super::selection::Selection;
use super::{Call, habit};
use crate::dialect::{IdOrder, Pointed, Restored, SchemaRows};
use crate::event::{Event, Object};
use crate::log::{Map, Row};
use crate::query::{Scope, after_start};
use crate::token::Place;
use crate::world::{Item, ListRef};

/// One `Id` element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) change: Change,
    /// The item's id; none where the element is empty.
    pub(crate) id: Option<i32>,
    pub(crate) unique_id: Option<Uuid>,
    /// Where it moved to: the list's id and its id there.
    pub(crate) to: Option<(Uuid, i32)>,
}

/// The ChangeType of an `Id` [MS-LISTSWS 2.2.5.1], in the order that groups them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    Delete,
    InvalidToken,
    MoveAway,
    Rename,
    Restore,
    SystemUpdate,
    /// One that no schema knows.
    Unknown,
}

impl Change {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::InvalidToken => "InvalidToken",
            Self::MoveAway => "MoveAway",
            Self::Rename => "Rename",
            Self::Restore => "Restore",
            Self::SystemUpdate => "SystemUpdate",
            Self::Unknown => "Resync",
        }
    }
}

/// What one call with a token brings.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    pub(crate) ids: Vec<Told>,
    pub(crate) rows: Vec<&'a Item>,
    pub(crate) last: Place,
    pub(crate) more: bool,
    /// The schema changed behind the token.
    pub(crate) schema: bool,
}

impl Told {
    /// An element without an id.
    pub(crate) fn bare(change: Change) -> Self {
        Self { change, id: None, unique_id: None, to: None }
    }
}

/// Reads the log behind a place until so many items have rows. Deletions are not counted, and no filter hides them
/// [MS-LISTSWS R678, R1891]. An item has one row however often it changed, as it is now.
pub(crate) fn read<'a>(call: &Call<'a>, selection: &Selection<'a>, start: Place, limit: usize) -> Window<'a> {
    let (world, list) = (call.world, call.list);
    let dialect = &world.dialect;
    let log = world.log_of(Scope::List(list));
    let among = log.of_list(list);
    let from = among.partition_point(|index| !after_start(log.row(*index), start, dialect));
    let (end, written) = habit::log_end(call, Some(start));
    let found = world.list(list);
    // A token made from a time stands behind the last row that is not after it.
    let number = match from.checked_sub(1).and_then(|before| among.get(before)) {
        _ if start.number >= 0 => start.number,
        Some(before) => log.row(*before).number,
        None => 0,
    };
    let schema = found.schema_changed > number;
    let mut window = Window { ids: Vec::new(), rows: Vec::new(), last: end, more: false, schema };
    let mut taken: Map<i32, ()> = Map::default();
    let due = among.get(from..).unwrap_or_default();
    let due = &due[..due.partition_point(|index| (*index as usize) < written)];
    let scan = habit::scan(call, due.len());
    let mut covered = start;
    for (count, index) in due.iter().enumerate() {
        if !log.is_visible(*index as usize, world.now()) {
            continue;
        }
        let row = log.row(*index);
        let (told, wants_row) = effect(call, row);
        if let (true, Object::Item { id, .. }) = (wants_row, &row.object)
            && !taken.contains_key(id)
            && let Some(item) = found.item(*id).filter(|item| selection.takes(item))
        {
            if window.rows.len() == limit {
                window.more = true;
                break;
            }
            taken.insert(*id, ());
            window.rows.push(item);
        }
        window.ids.extend(told);
        if scan > 0 && count + 1 >= scan && count + 1 < due.len() {
            window.more = true;
            covered = row.place();
            break;
        }
        covered = row.place();
    }
    if window.more {
        window.last = covered;
    }
    if window.schema && dialect.schema_rows == SchemaRows::All && !window.more {
        window.rows = found.items().filter(|item| selection.takes(item)).collect();
    }
    arrange(&mut window.ids, dialect.id_order);
    window
}

/// Ids in the order of the dialect.
fn arrange(ids: &mut [Told], order: IdOrder) {
    match order {
        IdOrder::Log => {}
        IdOrder::Grouped => ids.sort_by_key(|told| told.change),
        IdOrder::RestoresFirst => ids.sort_by_key(|told| told.change != Change::Restore),
    }
}

/// What one row of the log becomes: an `Id`, a row of its item, both or nothing.
fn effect(call: &Call<'_>, row: &Row) -> (Option<Told>, bool) {
    let dialect = &call.world.dialect;
    let told = |change, unique_id| Told { change, id: None, unique_id, to: None };
    let Object::Item { id, unique_id } = row.object else {
        let stray = |unique_id| dialect.stray_ids.then_some(told(Change::SystemUpdate, Some(unique_id)));
        return match (&row.object, row.event) {
            // The list came back whole: nothing that was known of it holds [MS-LISTSWS R1477].
            (Object::List, Event::Restore) => (Some(Told::bare(Change::Restore)), false),
            (Object::View(id) | Object::File(id) | Object::Folder(id), Event::Add | Event::Update) => {
                (stray(*id), false)
            }
            _ => (None, false),
        };
    };
    let told = |change| Some(Told { id: Some(id), ..told(change, Some(unique_id)) });
    let pointed = |how| match how {
        Pointed::Id => false,
        Pointed::Both | Pointed::Row => true,
        Pointed::Sometimes => row.number % 2 == 0,
    };
    match row.event {
        Event::Add | Event::Update | Event::MoveInto | Event::Dirty => (None, true),
        Event::AssignmentAdd | Event::AssignmentDelete | Event::ScopeAdd | Event::ScopeDelete => {
            (None, dialect.permission_rows)
        }
        Event::Delete => (told(Change::Delete), false),
        Event::MoveAway => match call.world.log_of(Scope::List(call.list)).moved_to(row.number) {
            Some((list, there)) => {
                let to = Some((call.world.list(list).id, there));
                (told(Change::MoveAway).map(|told| Told { to, ..told }), false)
            }
            // It went to another folder of this list, and is still here.
            None if dialect.moves_within_as_ids => {
                let to = Some((call.world.list(call.list).id, id));
                (told(Change::MoveAway).map(|told| Told { to, ..told }), true)
            }
            None => (None, true),
        },
        Event::Restore => match dialect.restored {
            Restored::Both => (told(Change::Restore), true),
            Restored::Id => (told(Change::Restore), false),
            Restored::Row => (None, true),
        },
        Event::SystemUpdate => {
            let alone = dialect.system_updated == Pointed::Row;
            (told(Change::SystemUpdate).filter(|_| !alone), pointed(dialect.system_updated))
        }
        Event::Rename => {
            let alone = dialect.renamed == Pointed::Row;
            (told(Change::Rename).filter(|_| !alone), pointed(dialect.renamed))
        }
        _ => (None, false),
    }
}

/// Whether a place is older than the log.
pub(crate) fn is_expired(call: &Call<'_>, list: ListRef, start: Place) -> bool {
    let purged = call.world.log_of(Scope::List(list)).purged();
    purged.is_some_and(|purged| {
        if start.number >= 0 { start.number < purged.number } else { start.ticks < purged.ticks }
    })
}
