//! What a row of the log tells: an event, and the object it happened to.

use std::sync::Arc;

use uuid::Uuid;

/// What happened, by SharePoint's names; the discriminant is the wire's `ChangeType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are SharePoint's own")]
pub enum Event {
    NoChange = 0,
    Add = 1,
    Update = 2,
    Delete = 3,
    Rename = 4,
    MoveAway = 5,
    MoveInto = 6,
    Restore = 7,
    RoleAdd = 8,
    RoleDelete = 9,
    RoleUpdate = 10,
    AssignmentAdd = 11,
    AssignmentDelete = 12,
    MemberAdd = 13,
    MemberDelete = 14,
    SystemUpdate = 15,
    Navigation = 16,
    ScopeAdd = 17,
    ScopeDelete = 18,
    ListContentTypeAdd = 19,
    ListContentTypeDelete = 20,
    Dirty = 21,
    Activity = 22,
}

impl Event {
    /// The wire's number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// The object a row is about. Where it lives stands in the row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// An item of a list: a document or folder of a library too.
    Item {
        /// Its id in the list.
        id: i32,
        /// Its UniqueId.
        unique_id: Uuid,
    },
    /// A list.
    List,
    /// A web.
    Web,
    /// A site collection.
    Site,
    /// A file that is no list item.
    File(Uuid),
    /// A folder that is no list item.
    Folder(Uuid),
    /// A column of a web or list.
    Field(Uuid),
    /// A content type of a web or list, by its id.
    ContentType(Arc<str>),
    /// A view.
    View(Uuid),
    /// A user.
    User(i32),
    /// A group.
    Group(i32),
    /// An alert.
    Alert(Uuid),
    /// An app that was granted something.
    AppConsentPrincipal(i32),
    /// The security policy of the web application; it comes as a bare SP.Change.
    SecurityPolicy,
}

impl Object {
    /// The entity type's name on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Item { .. } => "SP.ChangeItem",
            Self::List => "SP.ChangeList",
            Self::Web => "SP.ChangeWeb",
            Self::Site => "SP.ChangeSite",
            Self::File(_) => "SP.ChangeFile",
            Self::Folder(_) => "SP.ChangeFolder",
            Self::Field(_) => "SP.ChangeField",
            Self::ContentType(_) => "SP.ChangeContentType",
            Self::View(_) => "SP.ChangeView",
            Self::User(_) => "SP.ChangeUser",
            Self::Group(_) => "SP.ChangeGroup",
            Self::Alert(_) => "SP.ChangeAlert",
            Self::AppConsentPrincipal(_) => "SP.ChangeAppConsentPrincipal",
            Self::SecurityPolicy => "SP.Change",
        }
    }
}
