//! Rows of the log as SP.Change entities, written by hand: a page has a thousand of them.

use std::borrow::Cow;
use std::sync::Arc;

use uuid::Uuid;

use super::member::{BASE, Member, defaults, others};
use super::row_plan::{Alike, Like, Plans, Step};
use crate::dialect::{MemberOrder, Where};
use crate::entity::{Dress, Entity, Prop};
use crate::event::{Event, Object};
use crate::format::Format;
use crate::json::{self, Style};
use crate::log::{Map, Row};
use crate::query::Scope;
use crate::ticks::{Date, Ticks};
use crate::token::{Place, Token, write_number};
use crate::world::World;

use super::member::Member::{
    Activate, ActivityType, AlertId, AppConsentPrincipalId, BaseTemplate, ChangeToken, ChangeType,
    ContentTypeId, Editor, EditorEmailHint, EditorLoginName, FieldId, FileSystemObjectType, FileType,
    GroupId, Hashtag, Hidden, IsRecycleBinOperation, ItemId, ListId, ListTemplate, ListTitle,
    MoveWasForRecycle, MoveWasForRestore, RootFolderUrl, ServerRelativeUrl, SharedByUser, SharedWithUsers,
    SiteId, Time, Title, UniqueId, UserId, ViewId, WebId,
};

/// A member's value, borrowed from the world where it can be.
pub(super) enum Cell<'a> {
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
    pub(super) world: &'a World,
    pub(super) scope: Scope,
    pub(super) dress: Dress<'a>,
    /// Names that `$select` gave; none for the default set.
    pub(super) select: Option<Vec<String>>,
    /// Fresh ids come from here, as no answer repeats those of another.
    rng: &'a mut fastrand::Rng,
    /// How rows of one kind about one list are written, once one was.
    pub(super) plans: &'a mut Map<Alike, Arc<[Step]>>,
    /// What the tokens of the scope begin with.
    pub(super) head: (Token, Vec<u8>),
    /// The date of the row before.
    date: Date,
}

impl<'a> RowWriter<'a> {
    /// A writer of rows as a scope's answer shows them.
    pub(crate) fn new(
        world: &'a World,
        scope: Scope,
        dress: Dress<'a>,
        select: Option<Vec<String>>,
        rng: &'a mut fastrand::Rng,
        plans: &'a mut Plans,
    ) -> Self {
        let token = world.token(scope, Place { ticks: Ticks(0), number: 0 });
        let mut head = Vec::with_capacity(48);
        token.write_head(&mut head);
        let date = Date::default();
        let plans = plans.of(Like {
            dialect: world.dialect.clone(),
            scope,
            format: dress.format,
            service: dress.service.to_owned(),
            select: select.clone(),
        });
        Self { world, scope, dress, select, rng, plans, head: (token, head), date }
    }

    /// The members of a row in the order they are written.
    pub(super) fn members(&mut self, row: &Row) -> Vec<Member> {
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
        let plan = self.plan(row);
        let mut fresh = Uuid::encode_buffer();
        let fresh = match self.dress.format {
            Format::Bare => "",
            _ => self.fresh_id().hyphenated().encode_lower(&mut fresh),
        };
        for step in &*plan {
            match (step, &row.object) {
                (Step::Text(text), _) => out.extend_from_slice(text),
                (Step::FreshId, _) => out.extend_from_slice(fresh.as_bytes()),
                (Step::Token, _) if (token.scope, token.id) == (self.head.0.scope, self.head.0.id) => {
                    out.extend_from_slice(&self.head.1);
                    token.place.write(out);
                }
                (Step::Token, _) => token.write(out),
                (Step::Event, _) => write_number(out, i64::from(row.event.code())),
                (Step::Time, _) => {
                    row.time.write_iso(out, &mut self.date);
                    if !style.zulu {
                        out.pop();
                    }
                }
                (Step::ItemId, Object::Item { id, .. }) => write_number(out, i64::from(*id)),
                (Step::UniqueId, Object::Item { unique_id, .. }) => json::guid(out, *unique_id, style),
                (Step::ItemId | Step::UniqueId, _) => {}
                (Step::Cell(member), _) => self.write_cell(out, &self.cell(row, token, *member), style),
            }
        }
    }

    fn fresh_id(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid()
    }

    pub(super) fn write_cell(&self, out: &mut Vec<u8>, cell: &Cell<'_>, style: Style) {
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
        let id = self.fresh_id();
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

    pub(super) fn cell<'r>(&self, row: &'r Row, token: Token, member: Member) -> Cell<'r> {
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
    pub(super) fn fills(&self) -> bool {
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
