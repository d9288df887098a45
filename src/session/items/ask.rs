//! What each step of a list's run asks for.
//!
//! Order, size and fields are always named: without them the default view decides which rows come, how many, and with
//! which columns.

use std::num::NonZeroU32;

use super::sync::{Step, Sync};
use crate::{
    caml::{Condition, FieldRef, Literal, Order, Query, ViewFields, Where},
    item_query::ItemQuery,
    query::{ChangeQuery, Kinds, Objects, Preset},
    site::Scope,
};

/// Rows a page asks for: what the query says, or 2,000.
pub(super) fn rows_a_page(query: &ItemQuery) -> i32 {
    query.rows().map_or(2_000, |rows| i32::try_from(rows.get()).unwrap_or(i32::MAX))
}

/// A single row and nothing of it: the list and its rights come with it, and it tells whether the server answers.
pub(super) fn probe(query: &ItemQuery, scope: &Scope) -> ItemQuery {
    let fields = ViewFields::new(["ID"]).expect("ID is a field's name");
    query.within(scope.clone()).view_fields(fields).row_limit(NonZeroU32::MIN).query(sorted(None))
}

/// GetChanges, for the ids of what changed.
pub(super) fn names(scope: &Scope) -> ChangeQuery {
    ChangeQuery::preset(scope.clone(), Preset::Items)
}

/// GetChanges, for changes of columns.
pub(super) fn columns(scope: &Scope) -> ChangeQuery {
    ChangeQuery::new(scope.clone(), Objects::FIELD, Preset::Schema.kinds())
}

/// GetChanges, for changes of permissions, and for moves to where other permissions hold. The kinds 17 and 18 have no
/// flag of their own: they come with role assignments.
pub(super) fn permissions(scope: &Scope) -> ChangeQuery {
    let objects = Objects::ITEM | Objects::FILE | Objects::FOLDER | Objects::USER | Objects::GROUP;
    let holders = Objects::LIST | Objects::WEB | Objects::SITE;
    ChangeQuery::new(scope.clone(), objects | holders, Kinds::ROLES | Kinds::MOVE)
}

/// Rows, for a step of the work.
pub(super) fn rows(query: &ItemQuery, scope: &Scope, sync: &Sync, step: Step) -> ItemQuery {
    let limit = |rows: i32| NonZeroU32::new(rows.unsigned_abs()).unwrap_or(NonZeroU32::MIN);
    let whole = query.within(scope.clone()).row_limit(limit(rows_a_page(query))).query(sorted(None));
    let whole = match fields(query, sync) {
        Some(fields) => whole.view_fields(fields),
        None => whole,
    };
    let among = |ids: &[i32]| {
        let rows = i32::try_from(ids.len()).unwrap_or(i32::MAX);
        whole.clone().row_limit(limit(rows)).query(sorted(Some(one_of(ids))))
    };
    match step {
        Step::Schema => probe(query, scope),
        Step::Load => match &sync.items().load {
            Some(load) => match (load.windows.first_window(), &load.place) {
                (Some((first, last)), _) => whole.query(sorted(Some(between(first, last)))),
                (None, Some(place)) => whole.paging(place),
                (None, None) => whole,
            },
            None => whole,
        },
        Step::Settle => match &sync.settling.place {
            Some(place) => among(&sync.window()).paging(place),
            None => among(&sync.window()),
        },
        Step::Increment => match sync.increment_start() {
            Some(start) => whole.change_token(start.clone()),
            None => whole,
        },
        Step::FolderRows => match &sync.folders.place {
            Some(place) => among(&sync.folders_to_place()).paging(place),
            None => among(&sync.folders_to_place()),
        },
        Step::FolderPage => match sync.listed() {
            Some((_, listing)) => match &listing.place {
                Some(place) => whole.folder(&listing.path).paging(place),
                None => whole.folder(&listing.path),
            },
            None => whole,
        },
        Step::FolderCheck => among(&sync.listed().map(|(id, _)| id).into_iter().collect::<Vec<_>>()),
        Step::Names | Step::Columns | Step::Permissions | Step::Expired | Step::End => whole,
    }
}

/// The fields the caller named, or all that the list stores; and those by which rows are told apart and placed.
fn fields(query: &ItemQuery, sync: &Sync) -> Option<ViewFields> {
    let schema = sync.schema.as_ref()?;
    let stored = schema.fields().iter().filter(|field| field.is_stored()).map(|field| field.name());
    let named: Vec<&str> = match query.fields() {
        Some(fields) => fields.names().collect(),
        None => stored.collect(),
    };
    let needed = NEEDED.into_iter().filter(|name| !named.contains(name));
    let fields = ViewFields::new(needed.chain(named.iter().copied())).ok()?;
    let properties = query.fields().is_some_and(ViewFields::asks_for_properties);
    Some(if properties { fields.with_properties() } else { fields })
}

fn sorted(filter: Option<Condition>) -> Query {
    Query::new(filter.map(Where::from), [Order::ascending(FieldRef::id())])
}

fn between(first: i32, last: i32) -> Condition {
    let id = FieldRef::id();
    id.geq(&Literal::counter(first)).and(id.leq(&Literal::counter(last)))
}

fn one_of(ids: &[i32]) -> Condition {
    let values: Vec<Literal> = ids.iter().map(|id| Literal::counter(*id)).collect();
    // No ids are asked for only where nothing is pending; then nothing is what should come.
    FieldRef::id().is_in(&values).unwrap_or_else(|_| FieldRef::id().is_null())
}

/// What every row must bring: who it is, where it lies, which version it is and what one may do with it.
const NEEDED: [&str; 8] = [
    "ID",
    "UniqueId",
    "FSObjType",
    "FileRef",
    "FileDirRef",
    "ParentUniqueId",
    "owshiddenversion",
    "PermMask",
];
