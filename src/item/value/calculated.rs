//! Results of formulas: what they come to, behind the name of its type (`float;#3.50000000000000`).

use jiff::tz::Offset;

use super::{SEPARATOR, Value, boolean, date, integer, number, own};

/// The result of a formula, read by the type that its field gives it; by the one that stands before it where the field
/// gives none.
///
/// The two may differ: a formula that gives a number or an empty text writes `string;#` for the latter, which is no
/// number and no error either: `None`.
pub(in crate::item) fn calculated<'a>(
    text: &'a str,
    result_type: Option<&str>,
    id: i32,
    local: Option<Offset>,
) -> Option<Value<'a>> {
    let (type_name, result) = named(text).or_else(|| named(own(text, id))).unwrap_or(("", text));
    if type_name == "error" {
        return Some(Value::Error(result));
    }
    let value = match (result_type, type_name) {
        (Some("Number" | "Currency" | "Integer" | "DateTime" | "Boolean"), _) if result.is_empty() => {
            return None;
        }
        (Some("Number" | "Currency"), _) | (None, "float") => number(result).map(Value::Number),
        (Some("Integer"), _) => integer(result),
        (Some("DateTime"), _) | (None, "datetime") => date(result, local).map(Value::Date),
        (Some("Boolean"), _) | (None, "boolean") => yes_or_no(result).map(Value::Boolean),
        (Some(_), _) | (None, "string") => Some(Value::Text(result)),
        (None, _) => None,
    };
    Some(value.unwrap_or(Value::Other(text)))
}

/// The name of a result's type, and the result.
fn named(text: &str) -> Option<(&str, &str)> {
    let names = ["string", "float", "datetime", "boolean", "error"];
    text.split_once(SEPARATOR).filter(|(name, _)| names.contains(name))
}

/// A formula that multiplies two of them gives a number.
fn yes_or_no(text: &str) -> Option<bool> {
    boolean(text).or_else(|| match integer(text)? {
        Value::Integer(0) => Some(false),
        Value::Integer(1) => Some(true),
        _ => None,
    })
}
