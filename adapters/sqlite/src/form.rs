//! The form in which a field's values are kept: which columns of which types, and what of a value goes where.

use std::fmt::Write as _;

use jiff::civil;
use serde_json::{Value as Json, json};
use sharepoint_changes::item::{Attachments, Field, FieldKind, Lookup, Person, Term, Value};

use crate::cell::{Cell, Equality};

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

impl Form {
    pub(crate) fn of(field: &Field) -> Form {
        use FieldKind as K;
        match field.kind() {
            K::Number | K::Currency => Form::Real,
            K::Integer | K::Counter | K::OwnNumber | K::ModerationStatus | K::ObjectType => Form::Integer,
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
                Some("Integer") => Form::Integer,
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
            FieldKind::OwnText | FieldKind::OwnNumber | FieldKind::OwnDate | FieldKind::Properties => {
                Equality::AsOfLastChange
            }
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

    /// Fills the cells of the field's parts, which are empty, from the text that stands in an item's row, and says
    /// whether they hold all of it; where they do not, the text as it came has to be kept beside them.
    pub(crate) fn read<'r>(self, text: &'r str, item: i32, field: &Field, cells: &mut [Cell<'r>]) -> Kept {
        // Some servers write a value that is not there as an empty one.
        if text.is_empty() {
            return Kept::Whole;
        }
        match (self, field.kind()) {
            (Form::Raw, _) => return hold(cells, [Cell::text(text)]),
            // Mostly the text already is what the time would be written as.
            (Form::Time, FieldKind::DateTime) if is_plain_time(text) => {
                return hold(cells, [Cell::text(text)]);
            }
            _ => {}
        }
        let Some(value) = field.read(text, item) else { return Kept::Whole };
        match (self, value) {
            (Form::Text, Value::Text("")) => Kept::Whole,
            (Form::Text, Value::Text(text) | Value::Json(text) | Value::ContentTypeId(text)) => {
                hold(cells, [Cell::text(text)])
            }
            // Pictures that are HTML, and places that are no JSON.
            (Form::Text, Value::Other(text)) if field.kind() == FieldKind::Json => {
                hold(cells, [Cell::text(text)])
            }
            // The result of a formula whose field does not say of which type it is.
            (Form::Text, Value::Number(_) | Value::Date(_) | Value::Boolean(_)) => {
                hold(cells, [Cell::text(text.rsplit_once(";#").map_or(text, |(_, result)| result))])
            }
            (Form::Text, Value::Guid(guid)) => hold(cells, [Cell::owned(guid.to_string())]),
            (Form::Real, Value::Number(number)) => hold(cells, [Cell::Real(number)]),
            (Form::Integer, Value::Integer(number)) => hold(cells, [Cell::Integer(number)]),
            (Form::Integer, Value::Number(fraction)) => hold(cells, [Cell::Real(fraction)]),
            (Form::Boolean, Value::Boolean(yes)) => hold(cells, [Cell::Integer(i64::from(yes))]),
            (Form::Time, Value::Date(time)) => {
                let plain = is_plain_time(text).then(|| Cell::text(text));
                hold(cells, [plain.unwrap_or_else(|| Cell::owned(time.to_string()))])
            }
            (Form::Choices, Value::Choices(choices)) => {
                hold(cells, [Cell::owned(json!(choices).to_string())])
            }
            (Form::Count, Value::Attachments(attachments)) => attached(&attachments, cells),
            (Form::Link, Value::Link(link)) => {
                hold(cells, [Cell::Text(link.url), link.caption.map_or(Cell::Null, Cell::text)])
            }
            (Form::Reference, Value::Lookup(lookup)) => {
                hold(cells, [Cell::text(lookup.text), Cell::Integer(i64::from(lookup.id))])
            }
            (Form::Reference, Value::Person(person)) => {
                let plain = person.login.is_none() && person.email.is_none() && person.sip.is_none();
                hold(cells, [Cell::Text(person.name), Cell::Integer(i64::from(person.id))]).unless(!plain)
            }
            (Form::Term, Value::Term(term)) => {
                let guid = term.term_id.map_or(Cell::Null, |guid| Cell::owned(guid.to_string()));
                hold(cells, [Cell::text(term.label), Cell::Integer(i64::from(term.id)), guid])
            }
            (Form::References, value) => match references(&value) {
                Some(json) => hold(cells, [Cell::owned(json.to_string())]),
                None => Kept::Unread,
            },
            (_, Value::Error(_)) => Kept::InPart,
            _ => Kept::Unread,
        }
    }
}

/// Whether the cells of a value's parts hold all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Whole,
    /// They hold what they have room for: there is more to it, or it is the error of a formula.
    InPart,
    /// It is not what its type promises.
    Unread,
}

impl Kept {
    fn unless(self, more: bool) -> Kept {
        if more { Kept::InPart } else { self }
    }
}

/// Puts values into the cells of a field's parts: all there is to be held.
fn hold<'r, const PARTS: usize>(cells: &mut [Cell<'r>], values: [Cell<'r>; PARTS]) -> Kept {
    for (cell, value) in cells.iter_mut().zip(values) {
        *cell = value;
    }
    Kept::Whole
}

fn attached(attachments: &Attachments<'_>, cells: &mut [Cell<'_>]) -> Kept {
    match attachments {
        Attachments::Count(count) => hold(cells, [Cell::Integer(i64::from(*count))]),
        Attachments::Files(files) => {
            hold(cells, [Cell::Integer(i64::try_from(files.len()).unwrap_or(i64::MAX))]).unless(true)
        }
        _ => Kept::Unread,
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

/// Whether a text is a time as it would be written: `2026-03-04T10:15:31Z`.
fn is_plain_time(text: &str) -> bool {
    let Ok(bytes) = <&[u8; 20]>::try_from(text.as_bytes()) else { return false };
    const MARKS: [(usize, u8); 6] = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if MARKS.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return false;
    }
    let two = |at: usize| match bytes[at..at + 2] {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => i16::from((tens - b'0') * 10 + (ones - b'0')),
        _ => i16::MAX,
    };
    let (century, year) = (two(0), two(2));
    let parts = [5, 8, 11, 14, 17].map(|at| i8::try_from(two(at)));
    let [Ok(month), Ok(day), Ok(hour), Ok(minute), Ok(second)] = parts else { return false };
    // The last day that can be told lies in the last of these years, and not at its end.
    (10..=98).contains(&century)
        && year < 100
        && civil::DateTime::new(century * 100 + year, month, day, hour, minute, second, 0).is_ok()
}

/// A name in quotes, as SQL wants it.
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    let _ = write!(text, "\"{}\"", name.replace('"', "\"\""));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time that needs no reading is the one that reading and writing it would give.
    #[test]
    fn a_plain_time_is_written_as_it_came() {
        let mut plain = 0;
        for date in
            ["2026-03-04", "2024-02-29", "2023-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0999-01-01"]
        {
            for time in [
                "10:15:31", "00:00:00", "23:59:59", "24:00:00", "10:60:00", "10:15:60", "1a:00:00",
                "-1:00:00",
            ] {
                for [middle, end] in [["T", "Z"], [" ", "Z"], ["T", "z"], ["T", "+00:00"], ["T", ".5Z"]] {
                    let text = format!("{date}{middle}{time}{end}");
                    if is_plain_time(&text) {
                        let read: jiff::Timestamp = text.parse().unwrap();
                        assert_eq!(read.to_string(), text);
                        plain += 1;
                    }
                }
            }
        }
        assert_eq!(plain, 2 * 3);
        assert!(
            !is_plain_time("9999-12-31T23:59:59Z")
                && !is_plain_time("")
                && is_plain_time("9899-12-31T23:59:59Z")
        );
    }
}
