//! Site collections, webs, lists and what defines them, as entities.

use std::borrow::Cow;

use super::change_row::token_prop;
use super::{Answer, Ask};
use crate::entity::{Entity, Prop};
use crate::lie::Lie;
use crate::problem::Problem;
use crate::query::Scope;
use crate::token::Token;
use crate::world::{ListRef, SiteRef, Template, WebRef};

/// Properties from pairs.
pub(super) fn props<const N: usize>(pairs: [(&'static str, Prop); N]) -> Vec<(Cow<'static, str>, Prop)> {
    pairs.into_iter().map(|(name, prop)| (Cow::Borrowed(name), prop)).collect()
}

pub(super) fn text(text: impl Into<String>) -> Prop {
    Prop::Text(text.into())
}

/// The scope's CurrentChangeToken, or what is claimed to be it.
fn current(ask: &Ask<'_>, scope: Scope) -> Prop {
    let mut token: Token = ask.world.current_token(scope);
    if ask.lies(Lie::FenceBackwards) {
        let back = i64::try_from(ask.number).unwrap_or(i64::MAX).saturating_mul(1_000);
        token.place.number = token.place.number.saturating_sub(back).max(1);
        token.place.ticks.0 = token.place.ticks.0.saturating_sub(back.saturating_mul(10_000_000)).max(0);
    }
    if ask.lies(Lie::ForeignFence) {
        token.id = uuid::Uuid::from_u128(token.id.as_u128() ^ 1);
    }
    if ask.lies(Lie::UnreadableFence) {
        return Prop::Complex("SP.ChangeToken", vec![("StringValue", text("1;3;now"))]);
    }
    token_prop(token)
}

pub(super) fn site(ask: &Ask<'_>, site: SiteRef) -> Entity {
    let world = ask.world;
    let path = &world.web(world.site(site).root).path;
    Entity {
        kind: "SP.Site".into(),
        path: "Site".to_owned(),
        etag: None,
        props: props([
            ("AllowDesigner", Prop::Bool(true)),
            ("CompatibilityLevel", Prop::Int32(15)),
            ("CurrentChangeToken", current(ask, Scope::Site(site))),
            ("Id", Prop::Guid(world.site(site).id)),
            ("PrimaryUri", text(format!("{}{path}", ask.base))),
            ("ReadOnly", Prop::Bool(false)),
            ("ServerRelativeUrl", text(shown_path(path))),
            ("Url", text(format!("{}{path}", ask.base))),
        ]),
        links: &["Owner", "RootWeb", "RecycleBin"],
    }
}

pub(super) fn web(ask: &Ask<'_>, web: WebRef) -> Entity {
    let found = ask.world.web(web);
    Entity {
        kind: "SP.Web".into(),
        path: "Web".to_owned(),
        etag: None,
        props: props([
            ("Created", Prop::Time(found.created)),
            ("CurrentChangeToken", current(ask, Scope::Web(web))),
            ("Description", text("")),
            ("Id", Prop::Guid(found.id)),
            ("Language", Prop::Int32(1_033)),
            ("ServerRelativeUrl", text(shown_path(&found.path))),
            ("Title", text(found.title.clone())),
            ("Url", text(format!("{}{}", ask.base, found.path))),
            ("WebTemplate", text("STS")),
        ]),
        links: &["Fields", "Lists", "RootFolder", "SiteUsers", "Webs"],
    }
}

/// The host's root is `/`; no other path ends with a slash.
fn shown_path(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

pub(super) fn list(ask: &Ask<'_>, list: ListRef) -> Entity {
    let world = ask.world;
    let found = world.list(list);
    let library = found.template == Template::Library;
    let newest = found.items().map(|item| item.modified).max().unwrap_or(found.created);
    let path = world.list_path(list);
    let web = &world.web(found.web).path;
    let name = found.leaf.rsplit('/').next().unwrap_or_default();
    let entity_name = crate::world::internal_name(name);
    let mut all = props([
        ("AllowContentTypes", Prop::Bool(true)),
        ("BaseTemplate", Prop::Int32(found.template.number())),
        ("BaseType", Prop::Int32(found.template.base_type())),
        ("ContentTypesEnabled", Prop::Bool(false)),
        ("Created", Prop::Time(found.created)),
        ("CurrentChangeToken", current(ask, Scope::List(list))),
        ("Description", text("")),
        ("EnableAttachments", Prop::Bool(!library)),
        ("EnableFolderCreation", Prop::Bool(library)),
        ("EnableVersioning", Prop::Bool(found.versioning)),
        ("EntityTypeName", text(if library { entity_name.clone() } else { format!("{entity_name}List") })),
        ("Hidden", Prop::Bool(false)),
        ("Id", Prop::Guid(found.id)),
        ("ItemCount", Prop::Int32(i64::try_from(found.item_count()).unwrap_or(i64::MAX))),
        ("LastItemDeletedDate", Prop::Time(found.item_deleted.whole_second())),
        ("LastItemModifiedDate", Prop::Time(newest)),
        ("LastItemUserModifiedDate", Prop::Time(newest)),
        ("ListItemEntityTypeFullName", text(item_type(ask, list))),
        ("NoCrawl", Prop::Bool(false)),
        ("ParentWebUrl", text(shown_path(web))),
        ("TemplateFeatureId", Prop::Guid(uuid::Uuid::nil())),
        ("Title", text(found.title.clone())),
    ]);
    if world.dialect.generation == crate::dialect::Generation::Online {
        let paths = Prop::Complex("SP.ResourcePath", vec![("DecodedUrl", text(shown_path(web)))]);
        all.push(("ParentWebPath".into(), paths));
    }
    // Not in the default set of a real server, but what a client asks for by `$select`.
    if ask.address.option("$select").is_some_and(|select| select.contains("RootFolder")) {
        all.push((
            "RootFolder".into(),
            Prop::Complex(
                "SP.Folder",
                vec![("ServerRelativeUrl", text(path)), ("UniqueId", Prop::Guid(found.root_folder))],
            ),
        ));
    }
    Entity {
        kind: "SP.List".into(),
        path: format!("Web/Lists(guid'{}')", found.id),
        etag: Some(format!("\"{}\"", found.version)),
        props: all,
        links: &["ContentTypes", "Fields", "Items", "ParentWeb", "RootFolder", "Views"],
    }
}

/// The entity type of a list's items: `SP.Data.Q1_x0020_BidsListItem`.
pub(super) fn item_type(ask: &Ask<'_>, list: ListRef) -> String {
    let found = ask.world.list(list);
    let name = crate::world::internal_name(found.leaf.rsplit('/').next().unwrap_or_default());
    match found.template {
        Template::Library => format!("SP.Data.{name}Item"),
        Template::List => format!("SP.Data.{name}ListItem"),
    }
}

pub(super) fn user(ask: &Ask<'_>, site: SiteRef, id: i32) -> Option<Entity> {
    let found = ask.world.site(site).users.get(&id)?;
    Some(Entity {
        kind: "SP.User".into(),
        path: format!("Web/GetUserById({id})"),
        etag: None,
        props: props([
            ("Id", Prop::Int32(i64::from(id))),
            ("IsHiddenInUI", Prop::Bool(false)),
            ("LoginName", text(found.login())),
            ("Title", text(found.name.clone())),
            ("PrincipalType", Prop::Int32(1)),
            ("Email", text(found.mail.clone())),
            ("IsSiteAdmin", Prop::Bool(id == 1)),
        ]),
        links: &["Groups"],
    })
}

/// Answers with the lists of a web.
pub(super) fn read_lists(ask: &Ask<'_>, web: WebRef) -> Result<Answer, Problem> {
    let lists = ask.world.living_lists(web).map(|found| list(ask, found)).collect();
    ask.entities("SP.List", lists, None)
}

/// Answers with the webs directly below a web.
pub(super) fn read_webs(ask: &Ask<'_>, parent: WebRef) -> Result<Answer, Problem> {
    let world = ask.world;
    let below = world.webs(world.web(parent).site).filter(|found| {
        let found = world.web(*found);
        found.parent == Some(parent) && !found.deleted
    });
    ask.entities("SP.Web", below.map(|found| web(ask, found)).collect(), None)
}

/// Answers with the users of a site collection.
pub(super) fn read_users(ask: &Ask<'_>, site: SiteRef) -> Result<Answer, Problem> {
    let users = ask.world.site(site).users.keys().filter_map(|id| user(ask, site, *id)).collect();
    ask.entities("SP.User", users, None)
}

/// Answers with the columns of a list.
pub(super) fn read_fields(ask: &Ask<'_>, list: ListRef) -> Result<Answer, Problem> {
    let found = ask.world.list(list);
    let fields = found.columns.iter().map(|column| Entity {
        kind: "SP.Field".into(),
        path: format!("Web/Lists(guid'{}')/Fields(guid'{}')", found.id, column.id),
        etag: None,
        props: props([
            ("Hidden", Prop::Bool(false)),
            ("Id", Prop::Guid(column.id)),
            ("InternalName", text(&*column.name)),
            ("Required", Prop::Bool(column.required)),
            ("StaticName", text(&*column.name)),
            ("Title", text(column.title.clone())),
            ("TypeAsString", text(column.kind.type_name())),
        ]),
        links: &[],
    });
    ask.entities("SP.Field", fields.collect(), None)
}

/// Answers with the views of a list.
pub(super) fn read_views(ask: &Ask<'_>, list: ListRef) -> Result<Answer, Problem> {
    let found = ask.world.list(list);
    let views = found.views.iter().map(|view| Entity {
        kind: "SP.View".into(),
        path: format!("Web/Lists(guid'{}')/Views(guid'{}')", found.id, view.id),
        etag: None,
        props: props([
            ("DefaultView", Prop::Bool(view.default)),
            ("Id", Prop::Guid(view.id)),
            ("RowLimit", Prop::Int32(i64::from(view.row_limit.unwrap_or_default()))),
            ("Title", text(view.title.clone())),
            ("ViewQuery", text(view.filter.clone().unwrap_or_default())),
        ]),
        links: &["ViewFields"],
    });
    ask.entities("SP.View", views.collect(), None)
}
