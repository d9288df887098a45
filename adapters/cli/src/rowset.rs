//! A rowset of GetListItemChangesSinceToken as lines: what happened to items, the items as they are, what was wrong
//! with the answer, and where to go on.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value as Json;
use sharepoint_changes::{
    Row, Rowset,
    item::{BrokenRow, Event, EventKind, IllegalCharacter, Schema, UnreadableValue},
};
use uuid::Uuid;

use crate::{event::VERSION, printable::Printable, value};

/// A line of a rowset. `raw` is the row as the server wrote it, `ows_` and all; `values` are there where the answer
/// holds the list's fields.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    v: u32,
    #[serde(flatten)]
    kind: Kind<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind<'a> {
    Event {
        op: &'a str,
        /// Of a change this version does not know, the server's word for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        change_type: Option<&'a str>,
        /// `null`: the whole list, or something that is no item.
        item_id: Option<i32>,
        unique_id: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_list: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_item: Option<i32>,
        /// Whether nothing that is held of the list can be believed any more.
        discards_everything: bool,
    },
    Row {
        item_id: i32,
        unique_id: Option<Uuid>,
        path: Option<String>,
        folder: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        values: Option<BTreeMap<&'a str, Json>>,
        raw: BTreeMap<&'a str, &'a str>,
    },
    Notice(Notice<'a>),
    Page(Box<Page<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
enum Notice<'a> {
    BrokenRow { index: u64, offset: u64, item_id: Option<i32>, reason: &'a str },
    IllegalCharacter { code: u32, offset: u64, item_id: Option<i32>, attribute: Option<&'a str> },
    UnreadableValue { item_id: Option<i32>, attribute: &'a str, text: &'a str },
}

/// The last line: where to go on, and how much there was.
#[derive(Debug, Serialize)]
struct Page<'a> {
    token: Option<String>,
    more_changes: bool,
    /// `ListItemCollectionPositionNext`
    next: Option<&'a str>,
    events: usize,
    rows: usize,
    broken: usize,
    illegal: u64,
    unreadable: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<List<'a>>,
    effective_perm_mask: Option<String>,
    min_minutes: Option<u32>,
    recommended_minutes: Option<u32>,
}

#[derive(Debug, Serialize)]
struct List<'a> {
    id: Option<Uuid>,
    title: Option<&'a str>,
    root_folder: Option<&'a str>,
    item_count: Option<u64>,
    fields: usize,
}

/// Whether a body is meant to be a rowset, by how it begins; it may still be cut, or an error.
pub(crate) fn is_one(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    let head = &body[..body.len().min(HEAD)];
    let holds = |word: &str| head.windows(word.len()).any(|at| at == word.as_bytes());
    body.starts_with(b"<") && NAMES.iter().any(|name| holds(name))
}

/// Calls with each line of a rowset, in the order they are to be applied.
pub(crate) fn lines<E>(rowset: &Rowset, mut print: impl FnMut(&Line<'_>) -> Result<(), E>) -> Result<(), E> {
    let schema = rowset.list.as_ref().map(|list| list.schema());
    rowset.events.iter().try_for_each(|event| print(&Line::new(Kind::event(event))))?;
    rowset.rows.iter().try_for_each(|row| print(&Line::new(Kind::row(&row, schema.as_ref()))))?;
    for broken in &rowset.broken {
        print(&Line::new(Kind::Notice(Notice::broken(broken))))?;
    }
    for character in &rowset.illegal {
        print(&Line::new(Kind::Notice(Notice::illegal(character))))?;
    }
    for value in &rowset.unreadable {
        print(&Line::new(Kind::Notice(Notice::unreadable(value))))?;
    }
    print(&Line::new(Kind::Page(Box::new(Page::of(rowset)))))
}

impl<'a> Line<'a> {
    fn new(kind: Kind<'a>) -> Line<'a> {
        Line { v: VERSION, kind }
    }
}

impl<'a> Kind<'a> {
    fn event(event: &'a Event) -> Kind<'a> {
        let (mut change_type, mut to_list, mut to_item) = (None, None, None);
        let op = match &event.kind {
            EventKind::Deleted => "delete",
            EventKind::MovedAway { to_list: list, to_item: item } => {
                (to_list, to_item) = (*list, *item);
                "move_away"
            }
            EventKind::Restored => "restore",
            EventKind::InvalidToken => "invalid_token",
            EventKind::SystemUpdated => "system_update",
            EventKind::Renamed => "rename",
            EventKind::Unknown(word) => {
                change_type = Some(&**word);
                "unknown"
            }
            _ => "unknown",
        };
        Kind::Event {
            op,
            change_type,
            item_id: event.id,
            unique_id: event.unique_id,
            client_id: event.client_id.as_deref(),
            to_list,
            to_item,
            discards_everything: event.discards_everything(),
        }
    }

    fn row(row: &'a Row, schema: Option<&'a Schema>) -> Kind<'a> {
        let values = schema.map(|schema| {
            let fields = schema.fields().iter();
            fields.filter_map(|field| Some((field.name(), value::json(&row.value(field)?)))).collect()
        });
        Kind::Row {
            item_id: row.id(),
            unique_id: row.unique_id(),
            path: row.file_ref(),
            folder: row.is_folder(),
            values,
            raw: row.attributes().collect(),
        }
    }
}

impl<'a> Notice<'a> {
    fn broken(broken: &'a BrokenRow) -> Notice<'a> {
        let BrokenRow { index, offset, id, reason, .. } = broken;
        Notice::BrokenRow { index: *index, offset: *offset, item_id: *id, reason }
    }

    fn illegal(character: &'a IllegalCharacter) -> Notice<'a> {
        let IllegalCharacter { code, offset, item, attribute, .. } = character;
        Notice::IllegalCharacter {
            code: *code,
            offset: *offset,
            item_id: *item,
            attribute: attribute.as_deref(),
        }
    }
}

impl<'a> Notice<'a> {
    fn unreadable(value: &'a UnreadableValue) -> Notice<'a> {
        let UnreadableValue { item, attribute, text, .. } = value;
        Notice::UnreadableValue { item_id: *item, attribute, text }
    }
}

impl<'a> Page<'a> {
    fn of(rowset: &'a Rowset) -> Page<'a> {
        Page {
            token: rowset.token.as_ref().map(ToString::to_string),
            more_changes: rowset.more_changes,
            next: rowset.next_place.as_deref(),
            events: rowset.events.len(),
            rows: rowset.rows.len(),
            broken: rowset.broken.len(),
            illegal: rowset.illegal_count,
            unreadable: rowset.unreadable_count,
            list: rowset.list.as_ref().map(|list| List {
                id: list.id(),
                title: list.title(),
                root_folder: list.root_folder(),
                item_count: list.item_count(),
                fields: list.fields().count(),
            }),
            effective_perm_mask: rowset.effective_perm_mask.map(|mask| format!("{mask:#x}")),
            min_minutes: rowset.hints.min_minutes,
            recommended_minutes: rowset.hints.recommended_minutes,
        }
    }
}

impl fmt::Display for Line<'_> {
    /// As people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Event { op, change_type, item_id, to_list, discards_everything, .. } => {
                write!(f, "{:<14}", op.replace('_', " "))?;
                match item_id {
                    Some(id) => write!(f, "  item {id}")?,
                    None => write!(f, "  no item")?,
                }
                if let Some(word) = change_type {
                    write!(f, " ({})", Printable(word))?;
                }
                if let Some(list) = to_list {
                    write!(f, " to list {list}")?;
                }
                if *discards_everything {
                    write!(f, ": read the list anew")?;
                }
                Ok(())
            }
            Kind::Row { item_id, path, raw, .. } => {
                let name = path.as_deref().or_else(|| raw.get("ows_Title").copied()).unwrap_or_default();
                write!(f, "{:<14}  item {item_id} {} ({} columns)", "row", Printable(name), raw.len())
            }
            Kind::Notice(Notice::BrokenRow { index, offset, item_id, reason }) => {
                let item = item_id.map(|id| format!(" (item {id})")).unwrap_or_default();
                write!(f, "{:<14}  row {index}{item} at byte {offset}: {}", "broken", Printable(reason))
            }
            Kind::Notice(Notice::IllegalCharacter { code, offset, item_id, .. }) => {
                let item = item_id.map(|id| format!(" in item {id}")).unwrap_or_default();
                write!(f, "{:<14}  U+{code:04X} at byte {offset}{item}", "illegal")
            }
            Kind::Notice(Notice::UnreadableValue { item_id, attribute, text }) => {
                let item = item_id.map(|id| format!(" of item {id}")).unwrap_or_default();
                write!(f, "{:<14}  {}{item}: {}", "unreadable", Printable(attribute), Printable(text))
            }
            Kind::Page(page) => {
                write!(f, "{} events, {} rows", page.events, page.rows)?;
                if let Some(list) = &page.list {
                    write!(f, " of {}, {} fields", Printable(list.title.unwrap_or_default()), list.fields)?;
                }
                if let Some(token) = &page.token {
                    write!(f, ", at {token}")?;
                }
                if page.more_changes {
                    write!(f, ", more changes to come")?;
                }
                match page.next {
                    Some(next) => write!(f, ", next page {}", Printable(next)),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Bytes among which an answer names what it is.
const HEAD: usize = 4_096;
const NAMES: [&str; 2] = ["GetListItemChangesSinceToken", "listitems"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rowset_is_known_by_its_beginning_over_rest_and_soap() {
        assert!(is_one(b"\xEF\xBB\xBF \n<?xml?><GetListItemChangesSinceTokenResult>"));
        assert!(is_one(b"<s:Envelope><s:Body><GetListItemChangesSinceTokenResponse>"));
        assert!(is_one(b"<listitems>"));
        for other in [&b"{\"listitems\":1}"[..], b"<html>", b"<entry>", b"", b"<"] {
            assert!(!is_one(other));
        }
    }
}
