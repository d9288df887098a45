//! Items as entities, by id and in pages.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::filter::Filter;
use super::lists::{item_type, props, text};
use super::{Answer, Ask};
use crate::entity::{Entity, Prop};
use crate::problem::Problem;
use crate::world::{Column, ColumnKind, Item, ListRef, Value};

/// Answers with a page of items: `$filter` and `$orderby` by Id, `$top`, `$skiptoken`, `$select`.
pub(super) fn read(ask: &Ask<'_>, list: ListRef) -> Result<Answer, Problem> {
    let found = ask.world.list(list);
    let filter = ask.address.option("$filter").map(Filter::parse).transpose()?;
    let descending = order(ask)?;
    let top = top(ask)?;
    let after = position(ask)?;
    let passes = |item: &&Item| {
        ask.world.sees(list, item)
            && filter.as_ref().is_none_or(|filter| filter.takes(item.id))
            && after.is_none_or(|after| if descending { item.id < after } else { item.id > after })
    };
    let mut page: Vec<&Item> = if descending {
        found.items().rev().filter(passes).take(top + 1).collect()
    } else {
        found
            .items_from(after.map_or(i32::MIN, |after| after.saturating_add(1)))
            .filter(passes)
            .take(top + 1)
            .collect()
    };
    let more = page.len() > top;
    page.truncate(top);
    let next = page.last().filter(|_| more).map(|last| next_address(ask, list, last.id));
    let entities = page.into_iter().map(|item| entity(ask, list, item)).collect();
    ask.entities(&item_type(ask, list), entities, next.as_deref())
}

/// One item.
pub(super) fn item(ask: &Ask<'_>, list: ListRef, id: i32) -> Result<Entity, Problem> {
    let found = ask.world.item(list, id).filter(|item| ask.world.sees(list, item));
    let found = found.ok_or_else(|| Problem::missing_item(ask.world.dialect.language))?;
    Ok(entity(ask, list, found))
}

fn order(ask: &Ask<'_>) -> Result<bool, Problem> {
    let Some(order) = ask.address.option("$orderby") else { return Ok(false) };
    let mut words = order.split_whitespace();
    let (column, direction) = (words.next().unwrap_or_default(), words.next().unwrap_or("asc"));
    if !column.eq_ignore_ascii_case("id") {
        return Err(Problem::query(format!("Items are ordered by Id here, not by '{column}'.")));
    }
    Ok(direction.eq_ignore_ascii_case("desc"))
}

fn top(ask: &Ask<'_>) -> Result<usize, Problem> {
    let cap = usize::try_from(ask.world.dialect.items_cap).unwrap_or(usize::MAX);
    let Some(top) = ask.address.option("$top") else { return Ok(100) };
    let wrong = || Problem::query(format!("The query parameter '$top' is not valid: '{top}'."));
    Ok(top.trim().parse::<usize>().map_err(|_| wrong())?.min(cap))
}

/// The id behind which a page begins: `Paged=TRUE&p_ID=15`.
fn position(ask: &Ask<'_>) -> Result<Option<i32>, Problem> {
    let Some(token) = ask.address.option("$skiptoken") else { return Ok(None) };
    let id = token.split('&').find_map(|part| part.strip_prefix("p_ID="));
    let wrong = || Problem::query(format!("The query parameter '$skiptoken' is not valid: '{token}'."));
    id.and_then(|id| id.parse().ok()).map(Some).ok_or_else(wrong)
}

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn next_address(ask: &Ask<'_>, list: ListRef, last: i32) -> String {
    let id = ask.world.list(list).id;
    let skip = utf8_percent_encode(&format!("Paged=TRUE&p_ID={last}"), ESCAPED).to_string();
    let mut address = format!("{}web/lists(guid'{id}')/items?%24skiptoken={skip}", ask.service());
    for (name, value) in &ask.address.options {
        if name != "$skiptoken" {
            let name = utf8_percent_encode(name, ESCAPED);
            address.push_str(&format!("&{name}={}", utf8_percent_encode(value, ESCAPED)));
        }
    }
    address
}

fn entity(ask: &Ask<'_>, list: ListRef, item: &Item) -> Entity {
    let world = ask.world;
    let found = world.list(list);
    let number = |number: i32| Prop::Int32(i64::from(number));
    let kind = i64::from(item.is_folder());
    // The types a list began with are its first two; one may have been taken away since.
    let content_type = found.content_types.get(usize::from(item.is_folder())).or(found.content_types.first());
    let label = format!("{}.{}", item.ui_version / 512, item.ui_version % 512);
    let mut all = props([
        ("FileSystemObjectType", Prop::Int32(kind)),
        ("Id", number(item.id)),
        ("ServerRedirectedEmbedUri", Prop::Null),
        ("ServerRedirectedEmbedUrl", text("")),
        ("ContentTypeId", content_type.map_or(Prop::Null, |found| text(&*found.id))),
    ]);
    for column in &found.columns {
        all.push(column_prop(column, world.value(list, item, &column.name)));
    }
    all.extend(props([
        ("ID", number(item.id)),
        ("Modified", Prop::Time(item.modified)),
        ("Created", Prop::Time(item.created)),
        ("AuthorId", number(item.author)),
        ("EditorId", number(item.editor)),
        ("OData__UIVersionString", text(label)),
        ("Attachments", Prop::Bool(!item.attachments.is_empty())),
        ("GUID", Prop::Guid(item.guid)),
    ]));
    if ask.address.option("$select").is_some() {
        let path = world.item_path(list, item);
        let folder = world.folder_path(list, item.parent);
        all.extend(props([
            ("FileRef", text(path)),
            ("FileDirRef", text(folder)),
            ("FileLeafRef", text(item.name.clone())),
            ("UniqueId", Prop::Guid(item.unique_id)),
            ("FSObjType", Prop::Int32(kind)),
            ("owshiddenversion", Prop::Int32(i64::from(item.version))),
            ("HasUniqueRoleAssignments", Prop::Bool(item.grants.is_some())),
        ]));
    }
    Entity {
        kind: Cow::Owned(item_type(ask, list)),
        path: format!("Web/Lists(guid'{}')/Items({})", found.id, item.id),
        etag: Some(format!("\"{}\"", item.version)),
        props: all,
        links: &[
            "AttachmentFiles",
            "ContentType",
            "File",
            "Folder",
            "ParentList",
            "RoleAssignments",
            "Versions",
        ],
    }
}

/// A column as JSON shows it: lookups and people as `…Id`, names with a leading `_` after `OData_`.
fn column_prop(column: &Column, value: Option<Value>) -> (Cow<'static, str>, Prop) {
    let mut name = column.name.to_string();
    if name.starts_with('_') {
        name = format!("OData_{name}");
    }
    if matches!(column.kind, ColumnKind::Lookup { .. } | ColumnKind::User { .. }) {
        name.push_str("Id");
    }
    (Cow::Owned(name), value.map_or(Prop::Null, value_prop))
}

fn value_prop(value: Value) -> Prop {
    match value {
        Value::Text(text) => Prop::Text(text),
        Value::Number(number) => Prop::Double(number),
        Value::Bool(yes) => Prop::Bool(yes),
        Value::Date(date) => Prop::Time(date),
        Value::Choices(texts) => Prop::Texts(texts),
        Value::Lookup(id) => Prop::Int32(i64::from(id)),
        Value::Lookups(ids) => Prop::Numbers(ids.into_iter().map(i64::from).collect()),
        Value::Url { url, caption } => Prop::Complex(
            "SP.FieldUrlValue",
            vec![("Description", Prop::Text(caption)), ("Url", Prop::Text(url))],
        ),
        Value::Terms(terms) => {
            Prop::Complexes("SP.Taxonomy.TaxonomyFieldValue", terms.into_iter().map(term).collect())
        }
        Value::Error => Prop::Text("#DIV/0!".to_owned()),
    }
}

fn term((id, label, term): (i32, String, uuid::Uuid)) -> Vec<(&'static str, Prop)> {
    vec![
        ("Label", Prop::Text(label)),
        ("TermGuid", Prop::Text(term.to_string())),
        ("WssId", Prop::Int32(i64::from(id))),
    ]
}
