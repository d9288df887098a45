//! What a story asks of GetChanges: the client's scope for a place, and the query as its request tells it.

use sharepoint_changes::{ChangeQuery, Feed as _, ListRef, Scope, Site};

use super::setting::{LISTS, Place};
use crate::query::{Actions, Objects, Query};

/// The client's name of a scope.
pub(super) fn client_scope(place: Place, found: crate::query::Scope) -> Scope {
    let title = |list: usize| ListRef::Title(LISTS[list].to_owned());
    match (place, found) {
        (Place::Site, _) => Scope::Site,
        (Place::Web, _) => Scope::Web,
        (Place::List(list), _) => Scope::List(title(list)),
        (Place::Folder(list), crate::query::Scope::Folder(_, folder)) => {
            Scope::Folder { list: title(list), folder }
        }
        (Place::Item(list), crate::query::Scope::Item(_, id)) => Scope::Item { list: title(list), id },
        (Place::Folder(list) | Place::Item(list), _) => Scope::List(title(list)),
    }
}

/// What a query asks for, read off its request.
pub(super) fn flags(query: &ChangeQuery, site: &Site) -> Query {
    let (mut objects, mut actions) = (Objects::default(), Actions::default());
    let body = query.request(site).map(|request| request.into_body()).unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    for (name, set) in body["query"].as_object().into_iter().flatten() {
        if set == &serde_json::Value::Bool(true) {
            objects |= Objects::named(name).unwrap_or_default();
            actions |= Actions::named(name).unwrap_or_default();
        }
    }
    Query { objects, actions, recursive: false, ..Query::default() }
}
