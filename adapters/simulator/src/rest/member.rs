//! The members of SP.Change types: which there are, and which come unasked in what order.

use crate::dialect::Generation;
use crate::event::Object;
use crate::problem::Problem;

macro_rules! members {
    ($($member:ident,)*) => {
        /// A member of some SP.Change type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Member {
            $($member,)*
        }

        impl Member {
            /// Its name on the wire.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$member => stringify!($member),)*
                }
            }
        }
    };
}
members! {
    ChangeToken, ChangeType, RelativeTime, SiteId, Time, Activate, ActivityType, AlertId, AppConsentPrincipalId,
    BaseTemplate, ContentTypeId, Editor, EditorEmailHint, EditorLoginName, FieldId, FileSystemObjectType, FileType,
    GroupId, Hashtag, Hidden, IsRecycleBinOperation, ItemId, ListId, ListTemplate, ListTitle, MoveWasForRecycle,
    MoveWasForRestore, RootFolderUrl, ServerRelativeUrl, SharedByUser, SharedWithUsers, Title, UniqueId, UserId,
    ViewId, WebId,
}

use Member::{
    Activate, ActivityType, AlertId, AppConsentPrincipalId, BaseTemplate, ChangeToken, ChangeType,
    ContentTypeId, Editor, EditorEmailHint, EditorLoginName, FieldId, FileSystemObjectType, FileType,
    GroupId, Hashtag, Hidden, IsRecycleBinOperation, ItemId, ListId, ListTemplate, ListTitle,
    MoveWasForRecycle, MoveWasForRestore, RelativeTime, RootFolderUrl, ServerRelativeUrl, SharedByUser,
    SharedWithUsers, SiteId, Time, Title, UniqueId, UserId, ViewId, WebId,
};

/// What every type has first, in the recorded order.
pub(super) const BASE: [Member; 4] = [ChangeToken, ChangeType, SiteId, Time];

/// The default members of a type after those of every type, in the recorded order; inferred for types that were
/// never recorded.
pub(super) fn defaults(object: &Object, generation: Generation) -> &'static [Member] {
    match object {
        // The documented sample of 2013 has neither editor nor unique id.
        Object::Item { .. } if generation == Generation::Server2013 => &[ItemId, ListId, WebId],
        Object::Item { .. } => &[
            Editor,
            EditorEmailHint,
            ItemId,
            ListId,
            ServerRelativeUrl,
            SharedByUser,
            SharedWithUsers,
            UniqueId,
            WebId,
        ],
        Object::List => &[BaseTemplate, Editor, Hidden, ListId, Title, WebId],
        Object::File(_) | Object::Folder(_) => &[UniqueId, WebId],
        Object::View(_) => &[ViewId, ListId, WebId],
        Object::ContentType(_) => &[ContentTypeId, WebId],
        Object::Web => &[WebId],
        Object::Site | Object::SecurityPolicy => &[],
        Object::Field(_) => &[FieldId, WebId],
        Object::User(_) => &[Activate, UserId],
        Object::Group(_) => &[GroupId],
        Object::Alert(_) => &[AlertId, WebId],
        Object::AppConsentPrincipal(_) => &[AppConsentPrincipalId],
    }
}

/// Declared members of a type that are not in its default set.
pub(super) fn others(object: &Object) -> &'static [Member] {
    match object {
        Object::Item { .. } => &[
            RelativeTime,
            ActivityType,
            ContentTypeId,
            EditorLoginName,
            FileSystemObjectType,
            FileType,
            Hashtag,
            Hidden,
            IsRecycleBinOperation,
            ListTemplate,
            ListTitle,
            MoveWasForRecycle,
            MoveWasForRestore,
            Title,
        ],
        Object::List => &[RelativeTime, IsRecycleBinOperation, RootFolderUrl],
        Object::Folder(_) => &[RelativeTime, IsRecycleBinOperation],
        _ => &[RelativeTime],
    }
}

/// Checks `$select` against every type: a name that none declares is an error.
pub(super) fn checked_select(text: &str) -> Result<Option<Vec<String>>, Problem> {
    let every = [
        Object::Item { id: 0, unique_id: uuid::Uuid::nil() },
        Object::List,
        Object::File(uuid::Uuid::nil()),
        Object::Folder(uuid::Uuid::nil()),
        Object::View(uuid::Uuid::nil()),
        Object::ContentType("".into()),
        Object::Web,
        Object::Site,
        Object::Field(uuid::Uuid::nil()),
        Object::User(0),
        Object::Group(0),
        Object::Alert(uuid::Uuid::nil()),
        Object::AppConsentPrincipal(0),
    ];
    let known = |name: &str| {
        let is = |member: &&Member| member.name() == name;
        every.iter().any(|object| {
            BASE.iter().chain(defaults(object, Generation::Online)).chain(others(object)).any(|m| is(&m))
        })
    };
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let first = name.split('/').next().unwrap_or_default();
        if name == "*" {
            return Ok(None);
        }
        if !known(first) {
            return Err(Problem::unknown_field(name));
        }
        names.push(first.to_owned());
    }
    Ok((!names.is_empty()).then_some(names))
}

/// A number for each type of row.
pub(super) fn slot(object: &Object) -> usize {
    match object {
        Object::Item { .. } => 0,
        Object::List => 1,
        Object::Web => 2,
        Object::Site => 3,
        Object::File(_) => 4,
        Object::Folder(_) => 5,
        Object::Field(_) => 6,
        Object::ContentType(_) => 7,
        Object::View(_) => 8,
        Object::User(_) => 9,
        Object::Group(_) => 10,
        Object::Alert(_) => 11,
        Object::AppConsentPrincipal(_) => 12,
        Object::SecurityPolicy => 13,
    }
}
