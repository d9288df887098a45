//! GetListItemChangesSinceToken: what the items of a list look like now, and what went since a token, as an ADO
//! rowset. REST and SOAP hand their parameters to the same page.
//!
//! [`Asked`] is what came, [`answer`] the `listitems` element that goes. Without a token a page is cut from the items
//! ([`selection`]), with one from the log ([`window`]).

mod caml;
mod definition;
mod element;
mod field;
mod operand;
mod options;
mod pen;
mod selection;
mod truth;
mod value;
mod window;

use std::borrow::Cow;

use http::StatusCode;

pub(crate) use self::element::Element;
use self::field::{Field, Holds};
use self::options::Options;
pub(crate) use self::pen::namespaces;
use self::pen::{Pen, prefixes};
use self::selection::Selection;
pub use self::truth::{FieldTruth, Held, ItemTruth};
use self::value::{Wire, braced, mask};
use self::window::{Change, Told, Window};
use crate::dialect::{EmptyViewFields, FullMask, MemberOrder, PoisonKind, SinceExpired};
use crate::lie::{Lie, Lies};
use crate::problem::Problem;
use crate::query::Scope;
use crate::rest::change_query;
use crate::token::{Place, Token};
use crate::world::{ColumnKind, FULL_MASK, Item, ListRef, View, World};

/// The parameters as they came, empty ones left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) token: Option<String>,
    pub(crate) row_limit: Option<String>,
    pub(crate) view_name: Option<String>,
    pub(crate) view_fields: Option<Element>,
    pub(crate) query: Option<Element>,
    pub(crate) contains: Option<Element>,
    pub(crate) options: Option<Element>,
}

/// What a call is made on.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    pub(crate) lies: &'a Lies,
    /// The number of the request, from 1.
    pub(crate) number: u64,
    pub(crate) list: ListRef,
    /// Scheme and host that the caller used.
    pub(crate) base: &'a str,
    /// For orders that differ from answer to answer.
    pub(crate) seed: u64,
}

/// The `listitems` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rowset {
    pub(crate) text: String,
    /// Where the answer breaks off, if a poisoned row makes it.
    pub(crate) cut: Option<usize>,
}

/// What a page holds.
struct Content<'a> {
    last: Option<Token>,
    /// What MoreChanges says, where it stands.
    more: Option<bool>,
    list: bool,
    ids: Vec<Told>,
    rows: Vec<&'a Item>,
    position: Option<String>,
}

/// The fields of a row.
struct Columns<'a> {
    fields: Vec<Field<'a>>,
    /// PermMask was asked for, not only allowed.
    rights_asked: bool,
    /// Values of the property bag stand each for itself.
    properties: bool,
    /// More than the id was asked for.
    more_than_id: bool,
}

/// Answers a call.
pub(crate) fn answer(call: &Call<'_>, asked: &Asked) -> Result<Rowset, Problem> {
    let dialect = &call.world.dialect;
    let options = asked.options.as_ref().map_or_else(Options::omitted, Options::supplied);
    let view = view(call, asked)?;
    let limit = limit(call, asked, view)?;
    let columns = columns(call, asked, &options, view)?;
    let selection = Selection::new(call.world, call.list, asked, &options, view)?;
    let start = asked.token.as_deref().map(|text| start(call, text)).transpose()?;
    if start.is_some() && options.position.is_some() {
        let text = "A position in the list cannot be used together with a change token.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, -2_147_024_809, "System.ArgumentException", text));
    }
    let joins = columns.fields.iter().filter(|field| field.is_join()).count();
    let most = usize::try_from(dialect.lookup_threshold).unwrap_or(usize::MAX);
    if most > 0 && joins > most {
        return Err(Problem::lookup_threshold());
    }
    let mut content = match start {
        Some(start) => increment(call, &options, &selection, start, limit),
        None => {
            selection.check_threshold()?;
            let position = options.position.as_deref();
            let limit = limit.unwrap_or(usize::MAX);
            let (rows, position) = selection.page(position, limit)?;
            let last = Some(call.world.current_token(Scope::List(call.list)));
            Content { last, more: None, list: true, ids: Vec::new(), rows, position }
        }
    };
    lie(call, start, &mut content);
    Writer { call, options: &options, columns: &columns }.write(&content)
}

/// RowLimit: none for all.
fn limit(call: &Call<'_>, asked: &Asked, view: Option<&View>) -> Result<Option<usize>, Problem> {
    let asked = match asked.row_limit.as_deref() {
        None => None,
        Some(text) => {
            let limit: u32 = text.trim().parse().map_err(|_| {
                let text = "Input string was not in a correct format.";
                Problem::new(StatusCode::BAD_REQUEST, -1, "System.FormatException", text)
            })?;
            Some(limit).filter(|limit| *limit > 0)
        }
    };
    let leaked = || view.filter(|_| call.world.dialect.view_leaks).and_then(|view| view.row_limit);
    Ok(asked.or_else(leaked).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)))
}

/// The view that counts: the named one, else the default one. A guid that names none is a fault
/// [MS-LISTSWS R660], a name that is no guid is ignored [R661].
fn view<'a>(call: &Call<'a>, asked: &Asked) -> Result<Option<&'a View>, Problem> {
    let list = call.world.list(call.list);
    let id = asked.view_name.as_deref().and_then(|name| uuid::Uuid::try_parse(name.trim()).ok());
    let Some(id) = id.filter(|_| asked.view_fields.is_none()) else { return Ok(list.default_view()) };
    let found = list.views.iter().find(|view| view.id == id);
    found.map(Some).ok_or_else(|| {
        let text = "The specified view is invalid.";
        Problem::new(StatusCode::BAD_REQUEST, MISSING_VIEW, "Microsoft.SharePoint.SPException", text)
    })
}

/// 0x82000005.
const MISSING_VIEW: i32 = -2_113_929_211;

/// The fields that rows have: those asked for, else the view's; then what comes with them.
fn columns<'a>(
    call: &Call<'a>,
    asked: &Asked,
    options: &Options,
    view: Option<&View>,
) -> Result<Columns<'a>, Problem> {
    let dialect = &call.world.dialect;
    let list = call.world.list(call.list);
    let named = |names: &mut dyn Iterator<Item = &str>| -> Vec<Field<'a>> {
        names.filter_map(|name| Field::named(list, name)).collect()
    };
    let of_view = || match view.filter(|_| dialect.view_leaks) {
        Some(view) => named(&mut view.columns.iter().map(|name| &**name)),
        None => Field::all(list).collect(),
    };
    let mut properties = false;
    let mut fields = match &asked.view_fields {
        Some(element) if element.children.is_empty() => match dialect.empty_view_fields {
            EmptyViewFields::View => of_view(),
            EmptyViewFields::All => Field::all(list).collect(),
        },
        Some(element) => {
            properties = element.says("Properties");
            named(&mut element.children.iter().filter_map(|reference| reference.attribute("Name")))
        }
        None => of_view(),
    };
    let more_than_id = fields.iter().any(|field| field.name() != "ID");
    let rights_asked = fields.iter().any(|field| field.name() == "PermMask");
    if options.mandatory {
        let sources: Vec<_> = fields.iter().filter_map(|field| source(field)).collect();
        fields.extend(sources.iter().filter_map(|name| Field::named(list, name)));
        fields.extend(list.columns.iter().filter(|column| column.required).map(Field::Column));
    }
    if options.permissions {
        fields.extend(Field::named(list, "PermMask"));
    }
    if dialect.uninvited {
        fields.extend(field::STANDARD.iter().filter(|field| field.is_uninvited()).map(Field::Standard));
    }
    let mut seen = std::collections::BTreeSet::new();
    fields.retain(|field| seen.insert(field.name()));
    Ok(Columns { fields, rights_asked, properties, more_than_id })
}

/// The column that a calculated one is made of.
fn source<'a>(field: &Field<'a>) -> Option<&'a str> {
    match field {
        Field::Column(column) => match &column.kind {
            ColumnKind::Calculated(formula) => formula.source(),
            _ => None,
        },
        Field::Standard(_) => None,
    }
}

/// The place of a token, if it is one of this list's.
fn start(call: &Call<'_>, text: &str) -> Result<Place, Problem> {
    let dialect = &call.world.dialect;
    let token = change_query::bound(text, dialect)?;
    let own = call.world.token(Scope::List(call.list), token.place);
    if token != own || call.lies.told(Lie::WrongObject, call.number) {
        return Err(Problem::foreign_token(dialect.language, dialect.token_status));
    }
    Ok(token.place)
}

/// What a call with a token brings.
fn increment<'a>(
    call: &Call<'a>,
    options: &Options,
    selection: &Selection<'a>,
    start: Place,
    limit: Option<usize>,
) -> Content<'a> {
    let world = call.world;
    let dialect = &world.dialect;
    let scope = Scope::List(call.list);
    let expired = window::is_expired(call, call.list, start);
    if expired || call.lies.told(Lie::InvalidToken, call.number) {
        let silent = expired && dialect.since_expired == SinceExpired::Nothing;
        let ids = if silent { Vec::new() } else { vec![Told::bare(Change::InvalidToken)] };
        let last = Some(world.current_token(scope));
        return Content { last, more: None, list: false, ids, rows: Vec::new(), position: None };
    }
    let cap = usize::try_from(dialect.since_cap).unwrap_or(usize::MAX);
    let limit = limit.unwrap_or(usize::MAX).min(if cap == 0 { usize::MAX } else { cap });
    let Window { ids, mut rows, last, more, schema } = window::read(call, selection, start, limit);
    let list = world.list(call.list);
    for id in &options.extra {
        let known = rows.iter().any(|item| item.id == *id);
        rows.extend(list.item(*id).filter(|item| item.visible && !known));
    }
    selection.sort(&mut rows);
    let more = (more || dialect.more_changes_false).then_some(more);
    Content { last: Some(world.token(scope, last)), more, list: schema, ids, rows, position: None }
}

/// What is said that is not so.
fn lie(call: &Call<'_>, start: Option<Place>, content: &mut Content<'_>) {
    let told = |lie| call.lies.told(lie, call.number);
    let scope = Scope::List(call.list);
    if let (true, Some(start)) = (told(Lie::EverMore), start) {
        content.last = Some(call.world.token(scope, start));
        content.more = Some(true);
    }
    if let (true, Some(last)) = (told(Lie::SinceBackwards), &mut content.last) {
        last.place.number =
            start.map_or(last.place.number, |start| start.number).saturating_sub(1_000).max(1);
        last.place.ticks.0 -= 36_000_000_000;
    }
    if told(Lie::SamePlace) && start.is_none() {
        content.position = Some("Paged=TRUE&p_ID=0".to_owned());
    }
    if told(Lie::NoLastToken) {
        content.last = None;
    }
    if told(Lie::UnknownChange) && start.is_some() {
        content.ids.push(Told::bare(Change::Unknown));
    }
    if told(Lie::Nothing) {
        content.ids.clear();
        content.rows.clear();
        content.position = None;
    }
}

/// Writes a page.
struct Writer<'c, 'a> {
    call: &'c Call<'a>,
    options: &'c Options,
    columns: &'c Columns<'a>,
}

impl Writer<'_, '_> {
    fn write(&self, content: &Content<'_>) -> Result<Rowset, Problem> {
        let dialect = &self.call.world.dialect;
        let mut pen = Pen::new(dialect, self.options.clean);
        self.open(&mut pen);
        self.changes(&mut pen, content);
        let cut = if self.call.lies.told(Lie::NoData, self.call.number) {
            None
        } else {
            self.data(&mut pen, content)?
        };
        pen.raw("</listitems>");
        Ok(Rowset { text: pen.into_text(), cut })
    }

    fn open(&self, pen: &mut Pen) {
        let world = self.call.world;
        let dialect = &world.dialect;
        pen.raw("<listitems");
        pen.single("MinTimeBetweenSyncs", &dialect.min_time_between_syncs.to_string());
        pen.single("RecommendedTimeBetweenSyncs", "180");
        pen.single("MaxBulkDocumentSyncSize", "500");
        pen.single("MaxRecommendedEmbeddedFileSize", "500");
        if dialect.alternate_urls {
            // Zones in order: Intranet, Default, Extranet, Internet, Custom; most are empty.
            pen.single("AlternateUrls", &format!(",{}/,", self.call.base));
        }
        let mut rights = world.list(self.call.list).permissions;
        if self.call.lies.told(Lie::ShiftingMask, self.call.number) {
            rights = rights.rotate_left(u32::try_from(self.call.number % 64).unwrap_or_default()) >> 1;
        }
        let named = rights == FULL_MASK && dialect.full_mask == FullMask::Name;
        pen.single("EffectivePermMask", &if named { "FullMask".to_owned() } else { mask(rights) });
        if !dialect.namespaces_above {
            for (name, uri) in namespaces(dialect) {
                pen.single(&name, uri);
            }
        }
        pen.raw(">\n");
    }

    fn changes(&self, pen: &mut Pen, content: &Content<'_>) {
        pen.raw("<Changes");
        if let Some(last) = content.last {
            pen.double("LastChangeToken", &last.to_string());
        }
        if let Some(more) = content.more {
            pen.double("MoreChanges", if more { "TRUE" } else { "FALSE" });
        }
        pen.raw(">\n");
        if content.list {
            definition::write(pen, self.call);
        }
        for told in &content.ids {
            self.id(pen, told);
        }
        pen.raw("</Changes>\n");
    }

    fn id(&self, pen: &mut Pen, told: &Told) {
        let dialect = &self.call.world.dialect;
        pen.raw("<Id");
        pen.double("ChangeType", told.change.name());
        if let Some(id) = told.unique_id.filter(|_| dialect.unique_ids) {
            pen.double("UniqueId", &braced(id));
        }
        if let Some((list, id)) = told.to {
            pen.double("AfterListId", &braced(list));
            pen.double("AfterItemId", &id.to_string());
        }
        if let Some(id) = told.unique_id.filter(|_| dialect.client_ids) {
            pen.double("MetaInfo_vti_clientid", &id.simple().to_string());
        }
        match told.id {
            Some(id) => pen.raw(&format!(">{id}</Id>\n")),
            None => pen.raw(" />\n"),
        }
    }

    fn data(&self, pen: &mut Pen, content: &Content<'_>) -> Result<Option<usize>, Problem> {
        let dialect = &self.call.world.dialect;
        let (data, row) = prefixes(dialect);
        pen.raw(&format!("<{data}:data"));
        pen.double("ItemCount", &content.rows.len().to_string());
        if let Some(position) = &content.position {
            pen.double("ListItemCollectionPositionNext", position);
        }
        pen.raw(">\n");
        let wire = Wire::new(self.call.world, self.call.list, self.options, self.call.base);
        let mut rng = fastrand::Rng::with_seed(self.call.seed);
        let mut cut = None;
        for item in &content.rows {
            let poisoned = item.poison && self.columns.more_than_id;
            if poisoned && dialect.poison == PoisonKind::Error {
                return Err(poisoned_row());
            }
            let mut attributes = self.row(&wire, item);
            match dialect.member_order {
                MemberOrder::Recorded => {}
                MemberOrder::Reversed => attributes.reverse(),
                MemberOrder::Sorted => attributes.sort(),
                MemberOrder::Shuffled => rng.shuffle(&mut attributes),
            }
            pen.raw(&format!("<{row}:row"));
            for (at, (name, value)) in attributes.iter().enumerate() {
                pen.single(name, value);
                if poisoned && at == attributes.len() / 2 {
                    match dialect.poison {
                        PoisonKind::Cut => cut = cut.or(Some(pen.len() - 1)),
                        // A quote that nobody escaped.
                        _ => pen.raw("s & <broken"),
                    }
                }
            }
            pen.raw(" />\n");
        }
        pen.raw(&format!("</{data}:data>"));
        Ok(cut)
    }

    /// A row's attributes.
    fn row(&self, wire: &Wire<'_>, item: &Item) -> Vec<(Cow<'static, str>, String)> {
        let world = self.call.world;
        let mut attributes = Vec::with_capacity(self.columns.fields.len());
        for field in &self.columns.fields {
            if let Field::Standard(standard) = field {
                let same = || world.rights(self.call.list, item) == world.list(self.call.list).permissions;
                if standard.holds == Holds::PermMask && !self.columns.rights_asked && same() {
                    continue;
                }
                if standard.holds == Holds::MetaInfo && self.columns.properties {
                    for (key, value) in wire.properties(item) {
                        attributes.push((Cow::Owned(format!("ows_MetaInfo_{key}")), value));
                    }
                    continue;
                }
            }
            match wire.text(field, item) {
                Some(text) => attributes.push((Cow::Owned(format!("ows_{}", field.name())), text)),
                None if world.dialect.empty_values => {
                    attributes.push((Cow::Owned(format!("ows_{}", field.name())), String::new()));
                }
                None => {}
            }
        }
        attributes
    }
}

/// What a server says that cannot write a row.
fn poisoned_row() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        -2_147_024_809,
        "System.ArgumentException",
        "'\u{b}', hexadecimal value 0x0B, is an invalid character.",
    )
}
