//! GetListItemChangesSinceToken: what the items of a list look like now, and what went since a token, as an ADO
//! rowset. REST and SOAP hand their parameters to the same page.
//!
//! [`Asked`] is what came, [`answer`] the `listitems` element that goes. Without a token a page is cut from the items
//! ([`selection`]), with one from the log ([`window`]).

mod caml;
mod columns;
mod definition;
mod element;
mod field;
mod habit;
mod operand;
mod options;
mod pen;
mod selection;
mod truth;
mod value;
mod window;
mod writer;

use http::StatusCode;

use self::columns::Columns;
pub(crate) use self::element::Element;
use self::options::Options;
pub(crate) use self::pen::namespaces;
use self::selection::Selection;
pub use self::truth::{FieldTruth, Held, ItemTruth};
use self::window::{Change, Told, Window};
use self::writer::{Content, Writer};
use crate::dialect::SinceExpired;
use crate::lie::{Lie, Lies};
use crate::problem::Problem;
use crate::query::Scope;
use crate::rest::change_query;
use crate::token::Place;
use crate::world::{ListRef, View, World};

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
    /// How many rows each log had when the answer before this one was given.
    pub(crate) before: &'a [usize],
}

/// The `listitems` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rowset {
    pub(crate) text: String,
    /// Where the answer breaks off, if a poisoned row makes it.
    pub(crate) cut: Option<usize>,
    /// What is otherwise about it.
    pub(crate) habits: Vec<&'static str>,
}

/// Answers a call.
pub(crate) fn answer(call: &Call<'_>, asked: &Asked) -> Result<Rowset, Problem> {
    let dialect = &call.world.dialect;
    let options = asked.options.as_ref().map_or_else(Options::omitted, Options::supplied);
    let view = view(call, asked)?;
    let limit = limit(call, asked, view)?;
    let columns = Columns::new(call, asked, &options, view);
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
            let cap = usize::try_from(dialect.ids_cap).unwrap_or(usize::MAX);
            let cap = if cap > 0 && selection.is_by_ids() { cap } else { usize::MAX };
            let limit = limit.unwrap_or(usize::MAX).min(cap);
            let (rows, position) = habit::page(call, &selection, position, limit)?;
            let last = Some(call.world.token(Scope::List(call.list), habit::log_end(call, None).0));
            Content { last, more: None, list: true, ids: Vec::new(), rows, position }
        }
    };
    lie(call, start, &mut content);
    habit::repeat(call, &mut content);
    let habits = habit::seen(call, asked, &selection, limit, &content);
    Ok(Rowset { habits, ..Writer { call, options: &options, columns: &columns }.write(&content)? })
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
        let silent =
            dialect.since_expired == SinceExpired::Nothing || call.lies.told(Lie::Nothing, call.number);
        let ids = if expired && silent { Vec::new() } else { vec![Told::bare(Change::InvalidToken)] };
        let last = Some(world.current_token(scope));
        return Content { last, more: None, list: false, ids, rows: Vec::new(), position: None };
    }
    let cap = usize::try_from(dialect.since_cap).unwrap_or(usize::MAX);
    let limit = limit.unwrap_or(usize::MAX).min(if cap == 0 { usize::MAX } else { cap });
    let Window { ids, mut rows, last, more, schema } = window::read(call, selection, start, limit);
    let list = world.list(call.list);
    for id in &options.extra {
        let known = rows.iter().any(|item| item.id == *id);
        rows.extend(list.item(*id).filter(|item| world.sees(call.list, item) && !known));
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
}
