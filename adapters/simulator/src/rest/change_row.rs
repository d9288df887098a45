//! Rows of the log as SP.Change entities: their members, and the JSON of a page of them.

use std::borrow::Cow;

use uuid::Uuid;

use crate::dialect::{Generation, MemberOrder, Where};
use crate::entity::{Dress, Entity, Prop};
use crate::event::{Event, Object};
use crate::format::Format;
use crate::json::{self, Style};
use crate::log::Row;
use crate::problem::Problem;
use crate::query::Scope;
use crate::ticks::Ticks;
use crate::token::{Token, write_number};
use crate::world::World;

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
const BASE: [Member; 4] = [ChangeToken, ChangeType, SiteId, Time];

/// The default members of a type after those of every type, in the recorded order; inferred for types that were
/// never recorded.
fn defaults(object: &Object, generation: Generation) -> &'static [Member] {
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
fn others(object: &Object) -> &'static [Member] {
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

/// A member's value, borrowed from the world where it can be.
enum Cell<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(Cow<'a, str>),
    Guid(Uuid),
    Moment(Ticks),
    Token(Token),
    TypeId(&'a str),
    /// SharedByUser: name and mail.
    Sharer(&'a str, &'a str),
    /// SharedWithUsers.
    Sharees(&'a str, &'a str),
}

/// What the rows of an answer are written with.
pub(crate) struct RowWriter<'a> {
    pub(crate) world: &'a World,
    pub(crate) scope: Scope,
    pub(crate) dress: Dress<'a>,
    /// Names that `$select` gave; none for the default set.
    pub(crate) select: Option<Vec<String>>,
    /// Fresh ids come from here, as no answer repeats those of another.
    pub(crate) rng: &'a mut fastrand::Rng,
}

impl RowWriter<'_> {
    /// Checks `$select` against every type: a name that none declares is an error.
    pub(crate) fn checked_select(text: &str) -> Result<Option<Vec<String>>, Problem> {
        let every = [
            Object::Item { id: 0, unique_id: Uuid::nil() },
            Object::List,
            Object::File(Uuid::nil()),
            Object::Folder(Uuid::nil()),
            Object::View(Uuid::nil()),
            Object::ContentType("".into()),
            Object::Web,
            Object::Site,
            Object::Field(Uuid::nil()),
            Object::User(0),
            Object::Group(0),
            Object::Alert(Uuid::nil()),
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

    /// The members of a row in the order they are written.
    fn members(&mut self, row: &Row) -> Vec<Member> {
        let dialect = &self.world.dialect;
        let mut members: Vec<Member> = Vec::with_capacity(16);
        members.extend(BASE);
        members.extend(defaults(&row.object, dialect.generation));
        if let Some(select) = &self.select {
            if dialect.select_fills {
                members.extend(others(&row.object));
            }
            members.retain(|member| select.iter().any(|name| name == member.name()));
        }
        match dialect.member_order {
            MemberOrder::Recorded => {}
            MemberOrder::Reversed => members.reverse(),
            MemberOrder::Sorted => members.sort_by_key(|member| member.name()),
            MemberOrder::Shuffled => self.rng.shuffle(&mut members),
        }
        members
    }

    /// Appends a row as JSON.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, row: &Row, token: Token) {
        let style = self.dress.style;
        let kind = row.object.type_name();
        out.push(b'{');
        let mut first = true;
        if self.dress.format != Format::Bare {
            first = false;
            self.write_metadata(out, row, kind);
        }
        for member in self.members(row) {
            if !first {
                out.push(b',');
            }
            first = false;
            out.push(b'"');
            out.extend_from_slice(member.name().as_bytes());
            out.extend_from_slice(b"\":");
            let cell = self.cell(row, token, member);
            self.write_cell(out, &cell, style);
        }
        if self.world.dialect.extra_members {
            out.extend_from_slice(if first { b"" } else { b"," });
            out.extend_from_slice(
                b"\"CorrelationHint\":{\"Values\":[1,2.5,null,{\"Deep\":\"}\"}]},\"Reserved\":null",
            );
        }
        out.push(b'}');
    }

    fn write_metadata(&mut self, out: &mut Vec<u8>, row: &Row, kind: &str) {
        let id = uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid();
        let service = self.dress.service.as_bytes();
        let address = |out: &mut Vec<u8>, service: &[u8], style: Style| {
            out.push(b'"');
            out.extend_from_slice(service);
            out.extend_from_slice(kind.as_bytes());
            json::guid(out, id, Style { upper: false, ..style });
        };
        let style = self.dress.style;
        if self.dress.format == Format::Minimal {
            out.extend_from_slice(b"\"odata.type\":\"");
            out.extend_from_slice(kind.as_bytes());
            out.push(b'"');
            if self.world.dialect.minimal_links {
                out.extend_from_slice(b",\"odata.id\":");
                address(out, service, style);
                out.extend_from_slice(b"\",\"odata.editLink\":");
                address(out, b"", style);
                out.push(b'"');
            }
            return;
        }
        out.extend_from_slice(b"\"__metadata\":{\"id\":");
        address(out, service, style);
        out.extend_from_slice(b"\",\"uri\":");
        address(out, service, style);
        out.extend_from_slice(b"\",\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\"}");
        if row.object == Object::List && self.select.is_none() {
            out.extend_from_slice(b",\"Creator\":{\"__deferred\":{\"uri\":");
            address(out, service, style);
            out.extend_from_slice(b"/Creator\"}}");
        }
    }

    fn write_cell(&self, out: &mut Vec<u8>, cell: &Cell<'_>, style: Style) {
        let verbose = self.dress.format == Format::Verbose;
        match cell {
            Cell::Null => out.extend_from_slice(b"null"),
            Cell::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
            Cell::Number(number) => write_number(out, *number),
            Cell::Text(text) => json::string(out, text, style),
            Cell::Guid(id) => json::quoted_guid(out, *id, style),
            Cell::Moment(time) => json::quoted_time(out, *time, style),
            Cell::Token(token) => {
                out.push(b'{');
                if verbose {
                    out.extend_from_slice(b"\"__metadata\":{\"type\":\"SP.ChangeToken\"},");
                }
                out.extend_from_slice(b"\"StringValue\":\"");
                token.write(out);
                out.extend_from_slice(b"\"}");
            }
            Cell::TypeId(id) => {
                out.push(b'{');
                if verbose {
                    out.extend_from_slice(b"\"__metadata\":{\"type\":\"SP.ContentTypeId\"},");
                }
                out.extend_from_slice(b"\"StringValue\":");
                json::string(out, id, style);
                out.push(b'}');
            }
            Cell::Sharer(name, mail) => write_person(out, name, mail, verbose, style),
            Cell::Sharees(name, mail) => {
                if verbose {
                    out.extend_from_slice(
                        b"{\"__metadata\":{\"type\":\"Collection(SP.SharedWithUser)\"},\"results\":",
                    );
                }
                out.push(b'[');
                write_person(out, name, mail, verbose, style);
                out.push(b']');
                if verbose {
                    out.push(b'}');
                }
            }
        }
    }

    /// A row as an entity, for Atom.
    pub(crate) fn entity(&mut self, row: &Row, token: Token) -> Entity {
        let id = uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid();
        let kind = row.object.type_name();
        let members = self.members(row);
        let props = members.into_iter().map(|member| {
            let prop = match self.cell(row, token, member) {
                Cell::Null => Prop::Null,
                Cell::Bool(yes) => Prop::Bool(yes),
                Cell::Number(number) => Prop::Int32(number),
                Cell::Text(text) => Prop::Text(text.into_owned()),
                Cell::Guid(id) => Prop::Guid(id),
                Cell::Moment(time) => Prop::Time(time),
                Cell::Token(token) => token_prop(token),
                Cell::TypeId(id) => {
                    Prop::Complex("SP.ContentTypeId", vec![("StringValue", Prop::Text(id.to_owned()))])
                }
                Cell::Sharer(name, mail) | Cell::Sharees(name, mail) => Prop::Complex(
                    "SP.SharedWithUser",
                    vec![("Email", Prop::Text(mail.to_owned())), ("Name", Prop::Text(name.to_owned()))],
                ),
            };
            (Cow::Borrowed(member.name()), prop)
        });
        let props = props.collect();
        Entity { kind: Cow::Borrowed(kind), path: format!("{kind}{id}"), etag: None, props, links: &[] }
    }

    fn cell<'a>(&self, row: &'a Row, token: Token, member: Member) -> Cell<'a>
    where
        Self: 'a,
    {
        let world: &World = self.world;
        let item = || match (&row.object, row.list) {
            (Object::Item { id, .. }, Some(list)) => world.list(list).item(*id).map(|item| (list, item)),
            _ => None,
        };
        let text = |text: String| Cell::Text(Cow::Owned(text));
        let empty = || Cell::Text(Cow::Borrowed(""));
        match (member, &row.object) {
            (ChangeToken, _) => Cell::Token(token),
            (ChangeType, _) => Cell::Number(i64::from(row.event.code())),
            (SiteId, _) => Cell::Guid(world.site(row.site).id),
            (Time, _) => Cell::Moment(row.time),
            (WebId, _) => row.web.map_or(Cell::Null, |web| Cell::Guid(world.web(web).id)),
            (ListId, _) => row.list.map_or(Cell::Null, |list| Cell::Guid(world.list(list).id)),
            (ItemId, Object::Item { id, .. }) => Cell::Number(i64::from(*id)),
            (UniqueId, Object::Item { unique_id: id, .. } | Object::File(id) | Object::Folder(id))
            | (ViewId, Object::View(id))
            | (FieldId, Object::Field(id))
            | (AlertId, Object::Alert(id)) => Cell::Guid(*id),
            (UserId, Object::User(id))
            | (GroupId, Object::Group(id))
            | (AppConsentPrincipalId, Object::AppConsentPrincipal(id)) => Cell::Number(i64::from(*id)),
            (ContentTypeId, Object::ContentType(id)) => Cell::TypeId(id),
            // They look meaningful on a list's row, but were never filled.
            (BaseTemplate, _) => Cell::Number(0),
            (Hidden | Activate | IsRecycleBinOperation | MoveWasForRecycle | MoveWasForRestore, _) => {
                Cell::Bool(member == Activate && row.event != Event::Delete)
            }
            (Title, Object::Item { .. }) => {
                item().map_or_else(empty, |(_, item)| text(item.title().to_owned()))
            }
            (Editor, Object::Item { .. }) if self.fills() => {
                self.editor(row).map_or_else(empty, |user| text(user.name.clone()))
            }
            (EditorEmailHint, _) if self.fills() => {
                self.editor(row).map_or(Cell::Null, |user| text(user.mail.clone()))
            }
            (EditorEmailHint, _) => Cell::Null,
            (EditorLoginName, _) => self.editor(row).map_or_else(empty, |user| text(user.login())),
            (ServerRelativeUrl, _) if self.fills() => {
                item().map_or_else(empty, |(list, item)| text(world.item_path(list, item)))
            }
            (SharedByUser | SharedWithUsers, _) if self.shares(row) => {
                // Only in dialects that fill them; the names are of no user.
                if member == SharedByUser {
                    Cell::Sharer("Ana Ruiz", "ana@fabrikam.example")
                } else {
                    Cell::Sharees("Bo Lindqvist", "bo@fabrikam.example")
                }
            }
            (SharedByUser | SharedWithUsers | Hashtag, _) => Cell::Null,
            (ActivityType, _) => Cell::Number(if row.event == Event::Activity { 3 } else { 0 }),
            (FileSystemObjectType, _) => {
                Cell::Number(item().map_or(0, |(_, item)| i64::from(item.is_folder())))
            }
            (FileType, _) => item().map_or_else(empty, |(_, item)| {
                let name = item.name.rsplit_once('.').filter(|_| item.kind == crate::world::ItemKind::File);
                text(name.map_or(String::new(), |(_, extension)| extension.to_owned()))
            }),
            (ListTemplate, _) => {
                row.list.map_or(Cell::Null, |list| Cell::Number(world.list(list).template.number()))
            }
            (ListTitle, _) => row.list.map_or(Cell::Null, |list| text(world.list(list).title.clone())),
            (RootFolderUrl, _) => row.list.map_or(Cell::Null, |list| text(world.list_path(list))),
            _ => empty(),
        }
    }

    /// Whether the editor and path of items are told at this scope.
    fn fills(&self) -> bool {
        match self.world.dialect.editor_where {
            Where::Everywhere => true,
            Where::List => !matches!(self.scope, Scope::Site(_) | Scope::Web(_)),
            Where::Item => matches!(self.scope, Scope::Item(..)),
            Where::Nowhere => false,
        }
    }

    fn shares(&self, row: &Row) -> bool {
        self.world.dialect.shared_users && self.fills() && row.event == Event::AssignmentAdd
    }

    fn editor(&self, row: &Row) -> Option<&crate::world::User> {
        self.world.site(row.site).users.get(&row.editor)
    }
}

/// A token as a property.
pub(crate) fn token_prop(token: Token) -> Prop {
    Prop::Complex("SP.ChangeToken", vec![("StringValue", Prop::Text(token.to_string()))])
}

fn write_person(out: &mut Vec<u8>, name: &str, mail: &str, verbose: bool, style: Style) {
    out.push(b'{');
    if verbose {
        out.extend_from_slice(b"\"__metadata\":{\"type\":\"SP.SharedWithUser\"},");
    }
    out.extend_from_slice(b"\"Email\":");
    json::string(out, mail, style);
    out.extend_from_slice(b",\"Name\":");
    json::string(out, name, style);
    out.push(b'}');
}
