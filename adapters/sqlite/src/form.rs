//! The form in which a field's values are kept: which columns of which types, and what of a value goes where.

use std::{borrow::Cow, fmt::Write as _};

use rusqlite::types::{ToSqlOutput, ValueRef};
use serde_json::{Value as Json, json};
use sharepoint_changes::item::{Attachments, Field, FieldKind, Lookup, Person, Row, Term, Value};

/// How values of one field are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Real,
    Integer,
    Boolean,
    /// RFC 3339, UTC.
    Time,
    /// The text as it came.
    Raw,
    /// How many.
    Count,
    /// A JSON array of texts.
    Choices,
    /// The address, and its caption.
    Link,
    /// What is shown, and the id.
    Reference,
    /// The label, the id, and the term's GUID.
    Term,
    /// A JSON array of objects.
    References,
}

/// A part of a value and the column it is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Empty for the value itself.
    pub(crate) name: &'static str,
    /// The column's type.
    pub(crate) declared: &'static str,
    pub(crate) equality: Equality,
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

impl Form {
    pub(crate) fn of(field: &Field) -> Form {
        use FieldKind as K;
        match field.kind() {
            K::Number | K::Currency => Form::Real,
            K::Integer | K::Counter | K::ObjectType => Form::Integer,
            K::Boolean => Form::Boolean,
            K::DateTime | K::OwnDate => Form::Time,
            K::MultiChoice => Form::Choices,
            K::Lookup | K::Person => Form::Reference,
            K::LookupMulti | K::PersonMulti | K::TermMulti => Form::References,
            K::Term => Form::Term,
            K::Link => Form::Link,
            K::Attachments => Form::Count,
            K::Calculated => match field.result_type.as_deref() {
                Some("Number" | "Currency") => Form::Real,
                Some("DateTime") => Form::Time,
                Some("Boolean") => Form::Boolean,
                _ => Form::Text,
            },
            K::Text
            | K::Note
            | K::Choice
            | K::OwnText
            | K::Json
            | K::Guid
            | K::OwnGuid
            | K::ContentTypeId => Form::Text,
            _ => Form::Raw,
        }
    }

    /// The parts of a field's value, the value itself first.
    pub(crate) fn parts(self, field: &Field) -> Vec<Part> {
        let own = match field.kind() {
            // What the server knows of the item's file, and may count or stamp anew without a change of the item.
            FieldKind::OwnText | FieldKind::OwnDate | FieldKind::Properties => Equality::AsOfLastChange,
            _ => Equality::Exact,
        };
        let part = |name, declared, equality| Part { name, declared, equality };
        match self {
            Form::Text | Form::Time | Form::Raw | Form::Choices => vec![part("", "TEXT", own)],
            Form::Real => vec![part("", "REAL", own)],
            Form::Integer | Form::Boolean | Form::Count => vec![part("", "INTEGER", own)],
            Form::References => vec![part("", "TEXT", Equality::Ids)],
            Form::Link => vec![part("", "TEXT", own), part("caption", "TEXT", own)],
            Form::Reference => {
                vec![part("", "TEXT", Equality::AsOfLastChange), part("id", "INTEGER", Equality::Exact)]
            }
            Form::Term => vec![
                part("", "TEXT", Equality::AsOfLastChange),
                part("id", "INTEGER", Equality::Exact),
                part("guid", "TEXT", Equality::AsOfLastChange),
            ],
        }
    }

    /// Appends a cell for each part of the field's value in the row. Returns whether the cells hold all of it; where
    /// they do not, the text as it came has to be kept beside them.
    pub(crate) fn read<'r>(
        self,
        row: &'r Row,
        field: &Field,
        count: usize,
        cells: &mut Vec<Cell<'r>>,
    ) -> bool {
        let end = cells.len() + count;
        // Some servers write a value that is not there as an empty one.
        let text = row.at(field.column()).filter(|text| !text.is_empty());
        let whole = match (self, text.and_then(|_| row.value(field))) {
            (_, None) | (Form::Text, Some(Value::Text(""))) => true,
            (Form::Raw, Some(_)) => cells.hold(text.map_or(Cell::Null, Cell::text)),
            (Form::Text, Some(Value::Text(text) | Value::Json(text) | Value::ContentTypeId(text))) => {
                cells.push(Cell::text(text));
                true
            }
            (Form::Text, Some(Value::Guid(guid))) => cells.hold(Cell::owned(guid.to_string())),
            (Form::Real, Some(Value::Number(number))) => cells.hold(Cell::Real(number)),
            (Form::Integer, Some(Value::Integer(number))) => cells.hold(Cell::Integer(number)),
            (Form::Boolean, Some(Value::Boolean(yes))) => cells.hold(Cell::Integer(i64::from(yes))),
            (Form::Time, Some(Value::Date(time))) => {
                // Mostly the text already is what the time would be written as.
                let plain = text.filter(|text| is_plain_time(text));
                cells.hold(plain.map_or_else(|| Cell::owned(time.to_string()), Cell::text))
            }
            (Form::Choices, Some(Value::Choices(choices))) => {
                cells.hold(Cell::owned(json!(choices).to_string()))
            }
            (Form::Count, Some(Value::Attachments(attachments))) => attached(&attachments, cells),
            (Form::Link, Some(Value::Link(link))) => {
                cells.push(Cell::Text(link.url));
                cells.hold(link.caption.map_or(Cell::Null, Cell::text))
            }
            (Form::Reference, Some(Value::Lookup(lookup))) => {
                cells.push(Cell::text(lookup.text));
                cells.hold(Cell::Integer(i64::from(lookup.id)))
            }
            (Form::Reference, Some(Value::Person(person))) => {
                let plain = person.login.is_none() && person.email.is_none() && person.sip.is_none();
                cells.push(Cell::Text(person.name));
                cells.hold(Cell::Integer(i64::from(person.id)));
                plain
            }
            (Form::Term, Some(Value::Term(term))) => {
                cells.push(Cell::text(term.label));
                cells.push(Cell::Integer(i64::from(term.id)));
                cells.hold(term.term_id.map_or(Cell::Null, |guid| Cell::owned(guid.to_string())))
            }
            (Form::References, Some(value)) => match references(&value) {
                Some(json) => cells.hold(Cell::owned(json.to_string())),
                None => false,
            },
            _ => false,
        };
        cells.resize(end, Cell::Null);
        whole
    }
}

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

trait Hold<'r> {
    /// Appends a cell that holds all there is.
    fn hold(&mut self, cell: Cell<'r>) -> bool;
}

impl<'r> Hold<'r> for Vec<Cell<'r>> {
    fn hold(&mut self, cell: Cell<'r>) -> bool {
        self.push(cell);
        true
    }
}

fn attached(attachments: &Attachments<'_>, cells: &mut Vec<Cell<'_>>) -> bool {
    match attachments {
        Attachments::Count(count) => cells.hold(Cell::Integer(i64::from(*count))),
        Attachments::Files(files) => {
            cells.push(Cell::Integer(i64::try_from(files.len()).unwrap_or(i64::MAX)));
            false
        }
        _ => false,
    }
}

fn references(value: &Value<'_>) -> Option<Json> {
    Some(match value {
        Value::Lookups(lookups) => lookups.iter().map(lookup).collect(),
        Value::People(people) => people.iter().map(person).collect(),
        Value::Terms(terms) => terms.iter().map(term).collect(),
        _ => return None,
    })
}

fn lookup(lookup: &Lookup<'_>) -> Json {
    json!({ "id": lookup.id, "text": lookup.text })
}

fn person(person: &Person<'_>) -> Json {
    let mut json = json!({ "id": person.id, "name": person.name });
    let more = [("login", &person.login), ("email", &person.email), ("sip", &person.sip)];
    for (key, value) in more {
        if let Some(value) = value {
            json[key] = json!(value);
        }
    }
    json
}

fn term(term: &Term<'_>) -> Json {
    match term.term_id {
        Some(guid) => json!({ "id": term.id, "label": term.label, "guid": guid.to_string() }),
        None => json!({ "id": term.id, "label": term.label }),
    }
}

/// The ids in a JSON array of references.
fn ids(text: &str) -> Vec<i64> {
    let json: Json = serde_json::from_str(text).unwrap_or(Json::Null);
    json.as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_i64()).collect()
}

/// Whether a text that is a time is written like `2026-03-04T10:15:31Z`.
fn is_plain_time(text: &str) -> bool {
    text.len() == 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z')
}

/// A name in quotes, as SQL wants it.
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    let _ = write!(text, "\"{}\"", name.replace('"', "\"\""));
    text
}
