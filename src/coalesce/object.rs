//! Which object a row names, and which side of it.

use uuid::Uuid;

use super::Place;
use crate::change::{Change, ChangeKind, ChangedObject};

/// The sides of an object that change apart from each other: a role that is taken away after a deletion does not
/// bring the object back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    Own,
    Permissions,
    Schema,
    Unknown,
}

impl Aspect {
    pub(super) fn of(change: &Change) -> Self {
        use ChangeKind as K;
        match (&change.object, change.kind) {
            (ChangedObject::Unknown { .. }, _) => Aspect::Unknown,
            (
                _,
                K::RoleDefinitionAdd
                | K::RoleDefinitionDelete
                | K::RoleDefinitionUpdate
                | K::RoleAssignmentAdd
                | K::RoleAssignmentDelete
                | K::GroupMembershipAdd
                | K::GroupMembershipDelete
                | K::ScopeAdd
                | K::ScopeDelete,
            ) => Aspect::Permissions,
            (_, K::ListContentTypeAdd | K::ListContentTypeDelete)
            | (
                ChangedObject::Field { .. } | ChangedObject::ContentType { .. } | ChangedObject::View { .. },
                _,
            ) => Aspect::Schema,
            _ => Aspect::Own,
        }
    }
}

/// Which object a row names. Ids of users, groups and apps count within their site collection; those of columns and
/// content types are the same in many webs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Item(Place),
    /// A file or a folder: without metadata the two look the same.
    File(Uuid),
    List(Uuid),
    Web(Uuid),
    Site(Uuid),
    View(Uuid),
    Field(Option<Uuid>, Uuid),
    ContentType(Uuid, Box<str>),
    User(Uuid, i32),
    Group(Uuid, i32),
    Alert(Uuid),
    AppConsentPrincipal(Uuid, i32),
    /// What cannot be told from others: the row itself, by number and ticks.
    Row(i64, i64),
}

impl Key {
    pub(super) fn of(change: &Change) -> Self {
        let site = change.site_id;
        let known = match &change.object {
            ChangedObject::Item(item) => {
                Some(Key::Item(Place { list_id: item.list_id, item_id: item.item_id }))
            }
            ChangedObject::File(file) | ChangedObject::FileOrFolder(file) => Some(Key::File(file.unique_id)),
            ChangedObject::Folder(folder) => Some(Key::File(folder.unique_id)),
            ChangedObject::List(list) => Some(Key::List(list.list_id)),
            ChangedObject::Web { web_id } => Some(Key::Web(*web_id)),
            ChangedObject::Site => Some(Key::Site(site)),
            ChangedObject::View { view_id, .. } => Some(Key::View(*view_id)),
            ChangedObject::Field { field_id, web_id } => field_id.map(|id| Key::Field(*web_id, id)),
            ChangedObject::ContentType { content_type_id, web_id } => {
                Some(Key::ContentType(*web_id, content_type_id.clone()))
            }
            ChangedObject::User { user_id, .. } => user_id.map(|id| Key::User(site, id)),
            ChangedObject::Group { group_id } => group_id.map(|id| Key::Group(site, id)),
            ChangedObject::Alert { alert_id, .. } => alert_id.map(Key::Alert),
            ChangedObject::AppConsentPrincipal { app_consent_principal_id } => {
                app_consent_principal_id.map(|id| Key::AppConsentPrincipal(site, id))
            }
            ChangedObject::Unknown { .. } => None,
        };
        known.unwrap_or(Key::Row(change.token.number(), change.token.ticks()))
    }
}
