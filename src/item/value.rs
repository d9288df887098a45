//! Values of cells, read by the type of their field; a text that is not what the type promises stays a text.

mod attachment;
mod calculated;
mod link;
mod lookup;
mod person;
mod property;
mod rights;
mod term;

use std::borrow::Cow;

use jiff::{Timestamp, civil, tz::Offset};
use uuid::Uuid;

pub(super) use self::calculated::calculated;
pub(crate) use self::rights::{perm_mask, rights};
pub use self::{
    attachment::{Attachment, Attachments},
    link::Link,
    lookup::Lookup,
    person::Person,
    property::Property,
    term::Term,
};
use super::kind::FieldKind;

/// A value of a row, as its field's type says; texts are borrowed from the row.
///
/// Nothing is lost by reading: what a type does not explain is [`Other`](Value::Other) with the whole text, and
/// [`Row::at`](super::Row::at) always has the text as it came.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A text, of one line or of many; HTML where the field holds HTML.
    Text(&'a str),
    /// A number or an amount of money; 0.25 is 25 %. A field of whole numbers that holds a fraction holds this too.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A point in time, UTC.
    Date(Timestamp),
    /// The chosen texts of a field that takes several.
    Choices(Vec<&'a str>),
    /// An item of another list, or of this one.
    Lookup(Lookup<'a>),
    /// Several such items.
    Lookups(Vec<Lookup<'a>>),
    /// A user or a group.
    Person(Person<'a>),
    /// Several users and groups.
    People(Vec<Person<'a>>),
    /// An address and its caption.
    Link(Link<'a>),
    /// A term of a term set.
    Term(Term<'a>),
    /// Several terms.
    Terms(Vec<Term<'a>>),
    /// JSON text: an image, a thumbnail or a location.
    Json(&'a str),
    /// A GUID.
    Guid(Uuid),
    /// A server-relative path, with its leading slash.
    Path(Cow<'a, str>),
    /// Whether the item is a file or a folder.
    ObjectType(ObjectType),
    /// Rights, one bit each.
    PermMask(u64),
    /// The id of a content type, `0x01…`.
    ContentTypeId(&'a str),
    /// The files attached to the item.
    Attachments(Attachments<'a>),
    /// The item's property bag, in its order.
    Properties(Vec<Property<'a>>),
    /// The error in the result of a formula, such as `#NAME?`.
    Error(&'a str),
    /// A text that this version cannot take apart, as it came.
    Other(&'a str),
}

/// What an item is in the file system of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectType {
    /// A file, or an item that is no file (0).
    File,
    /// A folder (1).
    Folder,
    /// Another number.
    Other(i32),
}

/// The value of a text in the row of an item; `None` for an empty text, with or without the item's own id before it,
/// where the type has no empty value.
pub(super) fn read(text: &str, kind: FieldKind, id: i32, local: Option<Offset>) -> Option<Value<'_>> {
    use FieldKind as K;
    let value = match kind {
        K::Text | K::Note | K::Choice | K::Computed => Some(Value::Text(text)),
        K::OwnText => Some(Value::Text(own(text, id))),
        K::MultiChoice => Some(Value::Choices(choices(text))),
        K::LookupMulti => Lookup::several(text).map(Value::Lookups),
        K::PersonMulti => Person::several(text).map(Value::People),
        K::TermMulti => Term::several(text).map(Value::Terms),
        _ if text.is_empty() => return None,
        K::Number | K::Currency => number(text).map(Value::Number),
        K::Integer | K::Counter => integer(text),
        K::ModerationStatus => integer(text.split_once(SEPARATOR).map_or(text, |(number, _)| number)),
        K::OwnNumber | K::OwnDate if own(text, id).is_empty() => return None,
        K::OwnNumber => integer(own(text, id)),
        K::Boolean => boolean(text).map(Value::Boolean),
        K::DateTime => date(text, local).map(Value::Date),
        K::OwnDate => {
            let text = own(text, id);
            date(text.strip_prefix("datetime;#").unwrap_or(text), local).map(Value::Date)
        }
        K::Lookup => Lookup::one(text).map(Value::Lookup),
        K::Person => Person::one(text).map(Value::Person),
        K::Term => Term::one(text).map(Value::Term),
        K::Link => Some(Value::Link(Link::read(text))),
        K::Calculated => return calculated(text, None, id, local),
        K::Json if text.starts_with('{') => Some(Value::Json(text)),
        K::Guid => guid(text).map(Value::Guid),
        K::OwnGuid => guid(own(text, id)).map(Value::Guid),
        K::OwnPath => path(text, id).map(|path| Value::Path(path.into())),
        K::ObjectType => object_type(text, id).map(Value::ObjectType),
        K::PermMask => perm_mask(text).map(Value::PermMask),
        K::ContentTypeId => is_content_type_id(text).then_some(Value::ContentTypeId(text)),
        K::Attachments => Attachments::read(text).map(Value::Attachments),
        K::Properties => Property::bag(own(text, id)).map(Value::Properties),
        K::Json | K::Other => None,
    };
    Some(value.unwrap_or(Value::Other(text)))
}

/// The value behind the item's own id, as lookups into the item's own store have it (`15;#0`); the whole text where
/// another id, or none, stands before it.
pub(crate) fn own(text: &str, id: i32) -> &str {
    match text.split_once(SEPARATOR) {
        Some((prefix, value)) if prefix.parse() == Ok(id) => value,
        _ => text,
    }
}

/// A server-relative path, which the wire writes without its leading slash; `None` where there is none.
pub(super) fn path(text: &str, id: i32) -> Option<String> {
    let path = own(text, id);
    let slash = if path.starts_with('/') { "" } else { "/" };
    (!path.is_empty()).then(|| format!("{slash}{path}"))
}

/// A GUID, with or without braces.
pub(crate) fn guid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

pub(crate) fn object_type(text: &str, id: i32) -> Option<ObjectType> {
    Some(match own(text, id).parse().ok()? {
        0 => ObjectType::File,
        1 => ObjectType::Folder,
        other => ObjectType::Other(other),
    })
}

fn number(text: &str) -> Option<f64> {
    // What else Rust reads as a number ("inf", "nan") is none here.
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

/// A whole number, whatever it is written like (`3`, `3.00000000000000`, `1.00000000000000e+015`), or the fraction that
/// stands where one should. `None` also where it has more than 64 bits, for no number that is held would be this one.
fn integer(text: &str) -> Option<Value<'_>> {
    if let Some(whole) = text.parse().ok().or_else(|| whole(text)) {
        return Some(Value::Integer(whole));
    }
    number(text).filter(|number| number.fract() != 0.0).map(Value::Number)
}

fn whole(text: &str) -> Option<i64> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals = decimals.trim_end_matches('0');
    let digits: i64 = format!("{whole}{decimals}").parse().ok()?;
    let zeros = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(decimals.len()).ok()?)?;
    digits.checked_mul(10_i64.checked_pow(u32::try_from(zeros).ok()?)?)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A time with its zone; one without, only where it is known how far ahead of UTC it is.
fn date(text: &str, local: Option<Offset>) -> Option<Timestamp> {
    text.parse().ok().or_else(|| local?.to_timestamp(text.parse::<civil::DateTime>().ok()?).ok())
}

/// Texts between separators (`;#Open;#Held;#`); one without any is a choice of its own.
fn choices(text: &str) -> Vec<&str> {
    let text = text.strip_prefix(SEPARATOR).unwrap_or(text);
    let text = text.strip_suffix(SEPARATOR).unwrap_or(text);
    text.split(SEPARATOR).filter(|choice| !choice.is_empty()).collect()
}

fn is_content_type_id(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What separates the parts of a value.
const SEPARATOR: &str = ";#";

#[cfg(test)]
mod tests;
