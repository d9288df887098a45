//! Values as SQLite keeps them, and when two of them count as the same.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use serde_json::Value as Json;

/// A value as SQLite keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'r> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'r, str>),
}

impl<'r> Cell<'r> {
    pub(crate) fn text(text: &'r str) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }

    pub(crate) fn owned(text: String) -> Self {
        Cell::Text(Cow::Owned(text))
    }

    /// Writes a text, in the memory of the one before where there is any.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) {
        let mut text = match std::mem::replace(self, Cell::Null) {
            Cell::Text(Cow::Owned(text)) => text,
            _ => String::new(),
        };
        text.clear();
        // Writing to a text never fails.
        let _ = write(&mut text);
        *self = Cell::owned(text);
    }

    pub(crate) fn bound(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Real(number) => ValueRef::Real(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
        })
    }

    /// Whether a column holds this value, or one that counts as the same.
    pub(crate) fn is(&self, held: ValueRef<'_>, equality: Equality) -> bool {
        match (equality, self, held) {
            (Equality::AsOfLastChange, ..) | (_, Cell::Null, ValueRef::Null) => true,
            (Equality::Ids, Cell::Text(text), ValueRef::Text(held)) => {
                ids(text) == std::str::from_utf8(held).map_or_else(|_| Vec::new(), ids)
            }
            (_, Cell::Integer(number), ValueRef::Integer(held)) => *number == held,
            (_, Cell::Real(number), ValueRef::Real(held)) => *number == held,
            (_, Cell::Text(text), ValueRef::Text(held)) => text.as_bytes() == held,
            _ => false,
        }
    }
}

/// When two values of a part are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Equality {
    /// When they are equal.
    Exact,
    /// When the ids in their JSON are.
    Ids,
    /// Always: it is as of the item's last change, and the list may show another one without a change.
    AsOfLastChange,
}

/// The ids in a JSON array of references.
fn ids(text: &str) -> Vec<i64> {
    let json: Json = serde_json::from_str(text).unwrap_or(Json::Null);
    json.as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_i64()).collect()
}
