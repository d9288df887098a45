//! One row: its members in any order, then the type they make.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    Key, Trouble,
    value::{ContentTypeId, Filled, Guid, Int, Metadata, People, Person, Time, Token},
};
use crate::{
    change::{
        Change, ChangeKind, ChangedFile, ChangedFolder, ChangedItem, ChangedList, ChangedObject, ItemDetails,
    },
    token::ChangeToken,
};

/// Defines the members of all types once: name on the wire, slot, and how the value is read.
macro_rules! members {
    ($($name:literal $slot:ident: $reader:ty,)*) => {
        /// The members of a row before its type is known.
        #[derive(Default)]
        pub(super) struct Row<'a> {
            /// The members whose values cannot be read, as they stand.
            flaws: Vec<(Cow<'a, str>, &'a RawValue)>,
            /// Whether a member stands in it that only notifications of webhooks have.
            notifies: bool,
            /// What is wrong with the token.
            bad_token: Option<serde_json::Error>,
            type_name: Option<Box<str>>,
            /// The declared members that stand in the row, null or not, as bits in the order of `NAMES`.
            seen: u64,
            /// Whether members stand in the row that no type declares.
            strangers: bool,
            $($slot: Option<<$reader as Filled>::Value>,)*
        }

        const NAMES: &[&str] = &[$($name),*];

        impl Row<'_> {
            /// Takes a member that a type declares; `None` for any other.
            fn take(&mut self, name: &str, json: &str) -> Option<serde_json::Result<()>> {
                match name {
                    $($name => {
                        let bit = const { bits(&[$name]) };
                        if self.seen & bit != 0 {
                            let twice = concat!("the member ", $name, " stands twice in the row");
                            return Some(Err(serde_json::Error::custom(twice)));
                        }
                        self.seen |= bit;
                        let read = serde_json::from_str::<Option<$reader>>(json);
                        Some(read.map(|value| self.$slot = value.and_then(Filled::filled)))
                    })*
                    _ => None,
                }
            }
        }
    };
}

members! {
    "ChangeToken" token: Token,
    "ChangeType" kind: Int,
    "SiteId" site_id: Guid,
    "Time" time: Time,
    "RelativeTime" relative_time: Box<str>,
    "ItemId" item_id: Int,
    "ListId" list_id: Guid,
    "WebId" web_id: Guid,
    "UniqueId" unique_id: Guid,
    "Editor" editor: Box<str>,
    "EditorEmailHint" editor_email_hint: Box<str>,
    "ServerRelativeUrl" server_relative_url: Box<str>,
    "SharedByUser" shared_by_user: Person,
    "SharedWithUsers" shared_with_users: People,
    "ActivityType" activity_type: Int,
    "ContentTypeId" content_type_id: ContentTypeId,
    "EditorLoginName" editor_login_name: Box<str>,
    "FileSystemObjectType" file_system_object_type: Int,
    "FileType" file_type: Box<str>,
    "Hashtag" hashtag: Box<str>,
    "Hidden" hidden: bool,
    "IsRecycleBinOperation" is_recycle_bin_operation: bool,
    "ListTemplate" list_template: Int,
    "ListTitle" list_title: Box<str>,
    "MoveWasForRecycle" move_was_for_recycle: bool,
    "MoveWasForRestore" move_was_for_restore: bool,
    "Title" title: Box<str>,
    "BaseTemplate" base_template: Int,
    "RootFolderUrl" root_folder_url: Box<str>,
    "ViewId" view_id: Guid,
    "FieldId" field_id: Guid,
    "UserId" user_id: Int,
    "Activate" activate: bool,
    "GroupId" group_id: Int,
    "AlertId" alert_id: Guid,
    "AppConsentPrincipalId" app_consent_principal_id: Int,
}

/// The members that the type of an object declares, as bits.
fn declared(object: &ChangedObject) -> u64 {
    const BASE: u64 = bits(&["ChangeToken", "ChangeType", "SiteId", "Time", "RelativeTime"]);
    const FILE: u64 = bits(&["UniqueId", "WebId"]);
    const ITEM: u64 = bits(&[
        "ItemId",
        "ListId",
        "WebId",
        "UniqueId",
        "Editor",
        "EditorEmailHint",
        "ServerRelativeUrl",
        "SharedByUser",
        "SharedWithUsers",
        "ActivityType",
        "ContentTypeId",
        "EditorLoginName",
        "FileSystemObjectType",
        "FileType",
        "Hashtag",
        "Hidden",
        "IsRecycleBinOperation",
        "ListTemplate",
        "ListTitle",
        "MoveWasForRecycle",
        "MoveWasForRestore",
        "Title",
    ]);
    const LIST: u64 = bits(&[
        "ListId",
        "WebId",
        "BaseTemplate",
        "Editor",
        "Hidden",
        "IsRecycleBinOperation",
        "RootFolderUrl",
        "Title",
    ]);
    BASE | match object {
        ChangedObject::Item(_) => ITEM,
        ChangedObject::List(_) => LIST,
        ChangedObject::File(_) | ChangedObject::FileOrFolder(_) => FILE,
        ChangedObject::Folder(_) => FILE | const { bits(&["IsRecycleBinOperation"]) },
        ChangedObject::Web { .. } => const { bits(&["WebId"]) },
        ChangedObject::View { .. } => const { bits(&["ViewId", "ListId", "WebId"]) },
        ChangedObject::Field { .. } => const { bits(&["FieldId", "WebId"]) },
        ChangedObject::ContentType { .. } => const { bits(&["ContentTypeId", "WebId"]) },
        ChangedObject::User { .. } => const { bits(&["UserId", "Activate"]) },
        ChangedObject::Group { .. } => const { bits(&["GroupId"]) },
        ChangedObject::Alert { .. } => const { bits(&["AlertId", "WebId"]) },
        ChangedObject::AppConsentPrincipal { .. } => const { bits(&["AppConsentPrincipalId"]) },
        ChangedObject::Site | ChangedObject::Unknown { .. } => 0,
    }
}

/// Whether a member is part of this object's value, or is no member at all but an annotation of OData.
pub(super) fn declares(object: &ChangedObject, name: &str) -> bool {
    let place = NAMES.iter().position(|known| *known == name);
    is_annotation(name) || place.is_some_and(|place| declared(object) >> place & 1 == 1)
}

/// Metadata, links to related objects, and `odata.` annotations: they describe the answer, not the change.
fn is_annotation(name: &str) -> bool {
    name == METADATA || name == "Creator" || name.starts_with("odata.") || name.contains("@odata.")
}

/// Whether a member of `NAMES` is among these.
fn is_among(name: &str, members: u64) -> bool {
    NAMES.iter().position(|known| *known == name).is_some_and(|place| members >> place & 1 == 1)
}

const METADATA: &str = "__metadata";
const TOKEN: &str = "ChangeToken";
/// A member of a webhook's notification.
const NOTIFICATION: &str = "subscriptionId";
/// What every row says beside its token.
const ALWAYS: [&str; 3] = ["ChangeType", "SiteId", "Time"];
/// The number of the kind of a row whose own cannot be read; no server has it.
const NO_KIND: i32 = -1;

/// The places of these names in `NAMES`, as bits.
const fn bits(names: &[&str]) -> u64 {
    let mut bits = 0;
    let mut n = 0;
    while n < names.len() {
        let mut place = 0;
        while !same(NAMES[place].as_bytes(), names[n].as_bytes()) {
            place += 1;
        }
        bits |= 1 << place;
        n += 1;
    }
    bits
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut n = 0;
    while n < a.len() && n < b.len() && a[n] == b[n] {
        n += 1;
    }
    n == a.len() && n == b.len()
}

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Row<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of changes")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row<'de>, A::Error> {
                let mut row = Row::default();
                while let Some((Key(name), json)) = map.next_entry::<Key<'de>, &RawValue>()? {
                    let read = row.take(&name, json.get()).unwrap_or_else(|| row.pass(&name, json.get()));
                    let read = read.and_then(|()| row.fills(&name, json.get()));
                    if let Err(error) = read {
                        if name == TOKEN {
                            // Of two, neither is known to be the row's.
                            (row.token, row.bad_token) = (None, Some(error));
                        }
                        row.flaws.push((name, json));
                    }
                }
                Ok(row)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A row as a value, whether it holds more than that value says, so that its text has to be looked at, and what of it
/// cannot be read.
pub(super) struct Typed<'a> {
    pub(super) change: Change,
    pub(super) holds_more: bool,
    pub(super) flaws: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// What is wrong with the row's token, where another one stands in for it.
    pub(super) bad_token: Option<serde_json::Error>,
}

impl<'a> Row<'a> {
    /// Takes a member that no type declares.
    fn pass(&mut self, name: &str, json: &str) -> serde_json::Result<()> {
        let type_name = match name {
            METADATA => serde_json::from_str::<Metadata>(json)?.type_name,
            // OData v4 writes the name as a fragment of its metadata.
            "odata.type" | "@odata.type" => serde_json::from_str::<Option<String>>(json)?
                .map(|name| name.strip_prefix('#').unwrap_or(&name).into()),
            NOTIFICATION => {
                (self.strangers, self.notifies) = (true, true);
                None
            }
            _ => {
                self.strangers |= !is_annotation(name);
                None
            }
        };
        self.type_name = type_name.or(self.type_name.take());
        Ok(())
    }

    /// The row as a value. `before` is the token of the row before it, which stands in for one that cannot be read.
    ///
    /// # Errors
    /// A member that every server sends and this row lacks, or a token that cannot be read and has no other before it.
    pub(super) fn typed(mut self, before: Option<&ChangeToken>) -> Result<Typed<'a>, Trouble> {
        let (flaws, mut bad_token) = (std::mem::take(&mut self.flaws), self.bad_token.take());
        let token = match (self.token.take(), before, bad_token.take()) {
            (Some(token), ..) => token,
            (None, Some(before), Some(error)) => {
                bad_token = Some(error);
                before.clone()
            }
            (None, None, Some(error)) => return Err(Trouble::Value(error)),
            (None, _, None) if self.notifies => return Err(Trouble::Notification),
            (None, _, None) => return Err(Trouble::Lacks(TOKEN)),
        };
        self.has_all(&ALWAYS)?;
        let kind = ChangeKind::from_code(self.kind.unwrap_or(NO_KIND));
        let site_id = self.site_id.unwrap_or_default();
        let time = self.time.unwrap_or(token.time());
        let relative_time = self.relative_time.take();
        let (seen, strangers) = (self.seen, self.strangers);
        let type_name = self.type_name.take();
        let object = match self.object(type_name.as_deref()) {
            Ok(object) => object,
            // It is there, but says nothing.
            Err(member) if is_among(member, seen) => ChangedObject::Unknown { type_name },
            Err(member) => return Err(Trouble::Lacks(member)),
        };
        let holds_more = strangers || seen & !declared(&object) != 0;
        let (undeclared, unreadable) = (Vec::new(), Vec::new());
        let change =
            Change { token, kind, site_id, time, relative_time, object, undeclared, unreadable, raw: None };
        Ok(Typed { change, holds_more, flaws, bad_token })
    }

    /// Whether a member that says something in every row says something here.
    fn fills(&self, name: &str, json: &str) -> serde_json::Result<()> {
        let is_empty = name == TOKEN && self.token.is_none() || ALWAYS.contains(&name) && json == "null";
        if is_empty { Err(serde_json::Error::custom("expected a value, but there is none")) } else { Ok(()) }
    }

    fn has_all(&self, members: &[&'static str]) -> Result<(), Trouble> {
        match members.iter().find(|member| !is_among(member, self.seen)) {
            Some(member) => Err(Trouble::Lacks(member)),
            None => Ok(()),
        }
    }

    /// The object by the type the row names; by its members where it names none.
    fn object(self, type_name: Option<&str>) -> Result<ChangedObject, &'static str> {
        let Some(name) = type_name else {
            return self.inferred();
        };
        match name {
            "SP.ChangeItem" => self.item(),
            "SP.ChangeFile" => self.file().map(ChangedObject::File),
            "SP.ChangeFolder" => self.folder(),
            "SP.ChangeList" => self.list(),
            "SP.ChangeWeb" => self.web(),
            "SP.ChangeSite" => Ok(ChangedObject::Site),
            "SP.ChangeView" => self.view(),
            "SP.ChangeField" => Ok(self.field()),
            "SP.ChangeContentType" => self.content_type(),
            "SP.ChangeUser" => Ok(self.user()),
            "SP.ChangeGroup" => Ok(self.group()),
            "SP.ChangeAlert" => Ok(self.alert()),
            "SP.ChangeAppConsentPrincipal" => Ok(self.app_consent_principal()),
            _ => Ok(ChangedObject::Unknown { type_name: Some(name.into()) }),
        }
    }

    /// The object of a row that names no type, from the members that only one type has. A row without any of them
    /// is the web's or the site's; but with members nobody knows beside them it could be anything.
    fn inferred(self) -> Result<ChangedObject, &'static str> {
        let seen = self.seen;
        let has = |names: u64| seen & names != 0;
        if has(const { bits(&["ItemId"]) }) {
            self.item()
        } else if has(const { bits(&["ViewId"]) }) {
            self.view()
        } else if has(const { bits(&["FieldId"]) }) {
            Ok(self.field())
        } else if has(const { bits(&["ContentTypeId"]) }) {
            self.content_type()
        } else if has(const { bits(&["AlertId"]) }) {
            Ok(self.alert())
        } else if has(const { bits(&["UserId"]) }) {
            Ok(self.user())
        } else if has(const { bits(&["GroupId"]) }) {
            Ok(self.group())
        } else if has(const { bits(&["AppConsentPrincipalId"]) }) {
            Ok(self.app_consent_principal())
        } else if has(const { bits(&["ListId"]) }) {
            self.list()
        } else if has(const { bits(&["UniqueId"]) }) {
            self.file().map(ChangedObject::FileOrFolder)
        } else if self.strangers {
            Ok(ChangedObject::Unknown { type_name: None })
        } else if has(const { bits(&["WebId"]) }) {
            self.web()
        } else {
            Ok(ChangedObject::Site)
        }
    }

    fn item(self) -> Result<ChangedObject, &'static str> {
        let (list_id, web_id) = (self.list_id()?, self.web_id()?);
        let details = ItemDetails {
            activity_type: self.activity_type,
            content_type_id: self.content_type_id,
            editor_login_name: self.editor_login_name,
            file_system_object_type: self.file_system_object_type,
            file_type: self.file_type,
            hashtag: self.hashtag,
            hidden: self.hidden,
            is_recycle_bin_operation: self.is_recycle_bin_operation,
            list_template: self.list_template,
            list_title: self.list_title,
            move_was_for_recycle: self.move_was_for_recycle,
            move_was_for_restore: self.move_was_for_restore,
            shared_by_user: self.shared_by_user,
            shared_with_users: self.shared_with_users.unwrap_or_default(),
            title: self.title,
        };
        Ok(ChangedObject::Item(ChangedItem {
            item_id: self.item_id.ok_or("ItemId")?,
            list_id,
            web_id,
            unique_id: self.unique_id,
            editor: self.editor,
            editor_email_hint: self.editor_email_hint,
            server_relative_url: self.server_relative_url,
            details: (details != ItemDetails::default()).then(|| Box::new(details)),
        }))
    }

    fn file(&self) -> Result<ChangedFile, &'static str> {
        Ok(ChangedFile { unique_id: self.unique_id.ok_or("UniqueId")?, web_id: self.web_id()? })
    }

    fn folder(self) -> Result<ChangedObject, &'static str> {
        let ChangedFile { unique_id, web_id } = self.file()?;
        let is_recycle_bin_operation = self.is_recycle_bin_operation;
        Ok(ChangedObject::Folder(ChangedFolder { unique_id, web_id, is_recycle_bin_operation }))
    }

    fn list(self) -> Result<ChangedObject, &'static str> {
        let (list_id, web_id) = (self.list_id()?, self.web_id()?);
        let base_template = self.base_template.filter(|template| *template != 0);
        let unfilled = base_template.is_none() && self.title.is_none();
        Ok(ChangedObject::List(ChangedList {
            list_id,
            web_id,
            base_template,
            editor: self.editor,
            hidden: self.hidden.filter(|hidden| *hidden || !unfilled),
            is_recycle_bin_operation: self.is_recycle_bin_operation,
            root_folder_url: self.root_folder_url,
            title: self.title,
        }))
    }

    fn web(&self) -> Result<ChangedObject, &'static str> {
        Ok(ChangedObject::Web { web_id: self.web_id()? })
    }

    fn view(&self) -> Result<ChangedObject, &'static str> {
        let view_id = self.view_id.ok_or("ViewId")?;
        Ok(ChangedObject::View { view_id, list_id: self.list_id()?, web_id: self.web_id()? })
    }

    fn field(&self) -> ChangedObject {
        ChangedObject::Field { field_id: self.field_id, web_id: self.web_id }
    }

    fn content_type(self) -> Result<ChangedObject, &'static str> {
        let web_id = self.web_id()?;
        let content_type_id = self.content_type_id.ok_or("ContentTypeId")?;
        Ok(ChangedObject::ContentType { content_type_id, web_id })
    }

    fn user(&self) -> ChangedObject {
        ChangedObject::User { user_id: self.user_id, activate: self.activate }
    }

    fn group(&self) -> ChangedObject {
        ChangedObject::Group { group_id: self.group_id }
    }

    fn alert(&self) -> ChangedObject {
        ChangedObject::Alert { alert_id: self.alert_id, web_id: self.web_id }
    }

    fn app_consent_principal(&self) -> ChangedObject {
        ChangedObject::AppConsentPrincipal { app_consent_principal_id: self.app_consent_principal_id }
    }

    fn list_id(&self) -> Result<Uuid, &'static str> {
        self.list_id.ok_or("ListId")
    }

    fn web_id(&self) -> Result<Uuid, &'static str> {
        self.web_id.ok_or("WebId")
    }
}
