//! What GetChanges tells: one row of a change log as a typed value.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use uuid::Uuid;

use crate::token::ChangeToken;

/// One row of a change log: a pointer to what changed, without its content.
///
/// Rows come at least once; what identifies one is the number in its token, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The row's position in the log of the scope that was asked; a place to go on from.
    pub token: ChangeToken,
    /// What happened; [`ChangeKind::Unknown`] where that cannot be read.
    pub kind: ChangeKind,
    /// The site collection it happened in; the nil GUID where it cannot be read.
    pub site_id: Uuid,
    /// When, as the server says; UTC. For items, files, folders and lists this is the object's own stamp, in whole
    /// seconds, up to a second beside the token's time (observed): never sort or resume by it. The token's time where
    /// it cannot be read, such as one of the end of the year 9999.
    pub time: Timestamp,
    /// `RelativeTime`, a text for people; not sent by default.
    pub relative_time: Option<Box<str>>,
    /// What it happened to.
    pub object: ChangedObject,
    /// Members of the row that its type does not declare here, as name and JSON text, in the order they came.
    pub undeclared: Members,
    /// Members whose value is not what the protocol says, as name and JSON text; the change counts them as absent, or
    /// has U+FFFD in the place of what is no text. Empty in nearly every row. Where `ChangeToken` is among them, the
    /// [`token`](Change::token) is that of the row before: a place to go on from, which brings this row again. Where an
    /// object cannot be told without one of them, it is [`ChangedObject::Unknown`].
    pub unreadable: Members,
    pub(crate) raw: Option<Box<str>>,
}

impl Change {
    /// The row as the server wrote it, as JSON text, but with U+FFFD in the place of what is no text (half a surrogate
    /// pair, bytes that are no UTF-8); `None` unless [`ChangeQuery::keep_raw`](crate::ChangeQuery::keep_raw) asked for
    /// it.
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }

    /// Whether the token is the row's own, and not that of the row before.
    pub(crate) fn has_own_token(&self) -> bool {
        self.unreadable.iter().all(|(name, _)| &**name != "ChangeToken")
    }
}

/// Members as name and JSON text, in the order they came.
pub type Members = Vec<(Box<str>, Box<str>)>;

/// What a change happened to, by the row's `SP.Change*` type.
///
/// Members every server sends are plain, all others optional. An empty text, or a zero that stands for "not filled",
/// is `None`. The members are those that SharePoint Online's metadata declares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangedObject {
    /// A list item, or a document of a library.
    Item(ChangedItem),
    /// A file that is no list item.
    File(ChangedFile),
    /// A folder that is no list item.
    Folder(ChangedFolder),
    /// A file or a folder that is no list item: without metadata the two look the same.
    FileOrFolder(ChangedFile),
    /// A list or library itself.
    List(ChangedList),
    /// A web.
    Web {
        /// The web.
        web_id: Uuid,
    },
    /// The site collection of the row.
    Site,
    /// A view.
    View {
        /// The view.
        view_id: Uuid,
        /// Its list.
        list_id: Uuid,
        /// Its web.
        web_id: Uuid,
    },
    /// A column. The row does not say of which list.
    Field {
        /// The column.
        field_id: Option<Uuid>,
        /// Its web.
        web_id: Option<Uuid>,
    },
    /// A content type.
    ContentType {
        /// Its id, `0x01…`.
        content_type_id: Box<str>,
        /// Its web.
        web_id: Uuid,
    },
    /// A user of the site collection.
    User {
        /// The user's id in the site collection.
        user_id: Option<i32>,
        /// Whether the user was activated.
        activate: Option<bool>,
    },
    /// A group of the site collection.
    Group {
        /// The group's id in the site collection.
        group_id: Option<i32>,
    },
    /// An alert.
    Alert {
        /// The alert.
        alert_id: Option<Uuid>,
        /// Its web.
        web_id: Option<Uuid>,
    },
    /// A consent given to an app.
    AppConsentPrincipal {
        /// The app's principal.
        app_consent_principal_id: Option<i32>,
    },
    /// Something this version does not know. All its members are in [`Change::undeclared`].
    Unknown {
        /// The type as the server names it, such as `SP.ChangeSecurityPolicy`; `None` where the answer carries no
        /// metadata.
        type_name: Option<Box<str>>,
    },
}

impl ChangedObject {
    /// The word for this object: `item`, `file`, `file_or_folder`, `content_type`…; `unknown` for what is not
    /// known.
    pub fn name(&self) -> &'static str {
        match self {
            ChangedObject::Item(_) => "item",
            ChangedObject::File(_) => "file",
            ChangedObject::Folder(_) => "folder",
            ChangedObject::FileOrFolder(_) => "file_or_folder",
            ChangedObject::List(_) => "list",
            ChangedObject::Web { .. } => "web",
            ChangedObject::Site => "site",
            ChangedObject::View { .. } => "view",
            ChangedObject::Field { .. } => "field",
            ChangedObject::ContentType { .. } => "content_type",
            ChangedObject::User { .. } => "user",
            ChangedObject::Group { .. } => "group",
            ChangedObject::Alert { .. } => "alert",
            ChangedObject::AppConsentPrincipal { .. } => "app_consent_principal",
            ChangedObject::Unknown { .. } => "unknown",
        }
    }
}

/// `SP.ChangeItem`: a list item, or a document of a library.
///
/// At site, web, list and folder scope the three texts are empty in nearly every recorded row: expect no path, no
/// name and no author.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedItem {
    /// The item's id within its list; never used again in that list.
    pub item_id: i32,
    /// The list.
    pub list_id: Uuid,
    /// The web.
    pub web_id: Uuid,
    /// The UniqueId of the item and its file, not the item's `GUID` column; absent from SharePoint 2013.
    pub unique_id: Option<Uuid>,
    /// The display name of who did it; seen at item scope only.
    pub editor: Option<Box<str>>,
    /// The mail address of who did it; seen at item scope only.
    pub editor_email_hint: Option<Box<str>>,
    /// The path; seen at item scope only.
    pub server_relative_url: Option<Box<str>>,
    /// The members that servers leave out or leave null by default; `None` where none of them is filled.
    pub details: Option<Box<ItemDetails>>,
}

/// The members of `SP.ChangeItem` that are not filled by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ItemDetails {
    /// The kind of social activity: 0 none, 1 hashtag, 2 spotlight, 3 comment (CSOM reference).
    pub activity_type: Option<i32>,
    /// The content type, `0x01…`.
    pub content_type_id: Option<Box<str>>,
    /// The account of who did it.
    pub editor_login_name: Option<Box<str>>,
    /// 0 for a file or item, 1 for a folder.
    pub file_system_object_type: Option<i32>,
    /// The file's extension.
    pub file_type: Option<Box<str>>,
    /// The hashtag of an activity.
    pub hashtag: Option<Box<str>>,
    /// Whether the item is hidden.
    pub hidden: Option<bool>,
    /// Whether the recycle bin was involved.
    pub is_recycle_bin_operation: Option<bool>,
    /// The template of the list.
    pub list_template: Option<i32>,
    /// The title of the list.
    pub list_title: Option<Box<str>>,
    /// Whether the move put the item into the recycle bin.
    pub move_was_for_recycle: Option<bool>,
    /// Whether the move took the item out of the recycle bin.
    pub move_was_for_restore: Option<bool>,
    /// Who shared the item.
    pub shared_by_user: Option<SharedUser>,
    /// With whom the item was shared; empty where the server says nothing.
    pub shared_with_users: Vec<SharedUser>,
    /// The item's title.
    pub title: Option<Box<str>>,
}

/// Somebody who shared, or with whom something was shared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SharedUser {
    /// The mail address.
    pub email: Option<Box<str>>,
    /// The display name.
    pub name: Option<Box<str>>,
}

/// `SP.ChangeFile`: a file that is no list item, such as a form page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFile {
    /// The file's UniqueId.
    pub unique_id: Uuid,
    /// The web.
    pub web_id: Uuid,
}

/// `SP.ChangeFolder`: a folder that is no list item, such as a list's root folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFolder {
    /// The folder's UniqueId.
    pub unique_id: Uuid,
    /// The web.
    pub web_id: Uuid,
    /// Whether the recycle bin was involved; not sent by default.
    pub is_recycle_bin_operation: Option<bool>,
}

/// `SP.ChangeList`: a list or library itself.
///
/// Servers send title, template and hidden unfilled (`""`, 0, false in every recording): read the list itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedList {
    /// The list.
    pub list_id: Uuid,
    /// The web.
    pub web_id: Uuid,
    /// The list's template; `None` for 0.
    pub base_template: Option<i32>,
    /// The display name of who did it.
    pub editor: Option<Box<str>>,
    /// Whether the list is hidden; `None` where title and template are unfilled too.
    pub hidden: Option<bool>,
    /// Whether the recycle bin was involved; not sent by default.
    pub is_recycle_bin_operation: Option<bool>,
    /// The path of the root folder; not sent by default.
    pub root_folder_url: Option<Box<str>>,
    /// The title.
    pub title: Option<Box<str>>,
}

/// Defines the known kinds once: number, name here, SharePoint's name.
macro_rules! kinds {
    ($($(#[$doc:meta])* $code:literal $kind:ident $name:literal,)*) => {
        /// What happened (`SP.ChangeType`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ChangeKind {
            $($(#[$doc])* $kind,)*
            /// A number this version does not know: read the object anew.
            Unknown(UnknownKind),
        }

        impl ChangeKind {
            /// The kind with this number.
            pub fn from_code(code: i32) -> Self {
                match code {
                    $($code => ChangeKind::$kind,)*
                    _ => ChangeKind::Unknown(UnknownKind(code)),
                }
            }

            /// The number, as sent.
            pub fn code(self) -> i32 {
                match self {
                    $(ChangeKind::$kind => $code,)*
                    ChangeKind::Unknown(UnknownKind(code)) => code,
                }
            }

            /// SharePoint's name for it, such as `DeleteObject`; `None` for an unknown number.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(ChangeKind::$kind => Some($name),)*
                    ChangeKind::Unknown(_) => None,
                }
            }
        }

        const NAMES: &[(&str, i32)] = &[$(($name, $code),)*];
    };
}

kinds! {
    /// Nothing.
    0 NoChange "NoChange",
    /// Made.
    1 Add "Add",
    /// Changed.
    2 Update "Update",
    /// Recycled or deleted. A folder's row stands for everything below it.
    3 Delete "DeleteObject",
    /// The name changed; a folder's row stands for everything below it.
    4 Rename "Rename",
    /// Moved away from here. Within one list the object may live on elsewhere in it.
    5 MoveAway "MoveAway",
    /// Moved to here.
    6 MoveInto "MoveInto",
    /// Restored from the recycle bin or a backup. A folder's row stands for everything below it.
    7 Restore "Restore",
    /// A role definition was made.
    8 RoleDefinitionAdd "RoleAdd",
    /// A role definition was deleted.
    9 RoleDefinitionDelete "RoleDelete",
    /// A role definition was changed.
    10 RoleDefinitionUpdate "RoleUpdate",
    /// A role was given on the object.
    11 RoleAssignmentAdd "AssignmentAdd",
    /// A role was taken away on the object.
    12 RoleAssignmentDelete "AssignmentDelete",
    /// Somebody became a member of the group.
    13 GroupMembershipAdd "MemberAdd",
    /// Somebody left the group.
    14 GroupMembershipDelete "MemberDelete",
    /// Changed without touching who and when.
    15 SystemUpdate "SystemUpdate",
    /// The navigation of the web changed.
    16 Navigation "Navigation",
    /// The object got permissions of its own.
    17 ScopeAdd "ScopeAdd",
    /// The object inherits its permissions again.
    18 ScopeDelete "ScopeDelete",
    /// A content type was added to the list.
    19 ListContentTypeAdd "ListContentTypeAdd",
    /// A content type was removed from the list.
    20 ListContentTypeDelete "ListContentTypeDelete",
    /// Touched by an operation on another object.
    21 Dirty "Dirty",
    /// A social activity.
    22 Activity "Activity",
}

/// The number of a kind that this version does not know; it cannot be made to stand for a known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnknownKind(i32);

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.code()),
        }
    }
}

impl FromStr for ChangeKind {
    type Err = KindError;

    /// Reads what `Display` writes: SharePoint's name, or a number.
    fn from_str(text: &str) -> Result<Self, KindError> {
        let named = NAMES.iter().find(|(name, _)| *name == text).map(|(_, code)| *code);
        named.or_else(|| text.parse().ok()).map(ChangeKind::from_code).ok_or_else(|| KindError(text.into()))
    }
}

/// A text that is neither the name nor the number of a kind of change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of change; give a name such as DeleteObject, or a number")]
pub struct KindError(Box<str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_survives_and_every_kind_reads_what_it_writes() {
        for code in (-3..40).chain([i32::MIN, i32::MAX]) {
            let kind = ChangeKind::from_code(code);
            assert_eq!(kind.code(), code);
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(matches!(kind, ChangeKind::Unknown(_)), !(0..=22).contains(&code));
        }
        assert_eq!(ChangeKind::Delete.to_string(), "DeleteObject");
        assert!("Delete!".parse::<ChangeKind>().is_err());
    }

    #[test]
    fn a_change_is_small() {
        assert!(size_of::<Change>() <= 320, "{}", size_of::<Change>());
    }
}
