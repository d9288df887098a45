//! Reading the body of GetChanges.

use serde_json::{Map, Value};

use crate::dialect::{Dialect, Int64, OverCap};
use crate::problem::Problem;
use crate::query::{Actions, Objects, Query};
use crate::token::Token;

/// A ChangeQuery as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) query: Query,
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    /// IgnoreStartTokenNotFoundError.
    pub(crate) forgiving: bool,
    /// The FetchLimit as it was sent; the server's own where there was none.
    pub(crate) asked: usize,
}

const TYPE: &str = "SP.ChangeQuery";

/// Reads `{"query":{…}}`.
pub(crate) fn read(body: &[u8], verbose: bool, dialect: &Dialect) -> Result<Sent, Problem> {
    let parameters = parameters(body)?;
    let mut found = None;
    for (name, value) in parameters {
        if name != "query" {
            return Err(Problem::unknown_parameter(&name, "GetChanges"));
        }
        found = Some(value);
    }
    match found {
        Some(Value::Object(members)) => members_of(&members, verbose, dialect),
        None | Some(Value::Null) => Err(Problem::no_query_argument()),
        Some(_) => Err(wrong_value(TYPE)),
    }
}

/// The parameters of a method in a body.
pub(crate) fn parameters(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let invalid = |_| Problem::query("Invalid JSON. A token was not recognized in the JSON content.");
    match serde_json::from_slice(body).map_err(invalid)? {
        Value::Object(parameters) => Ok(parameters),
        _ => Err(Problem::query(
            "Invalid JSON. An unexpected token was found in the JSON content. A 'StartObject' was expected.",
        )),
    }
}

fn members_of(members: &Map<String, Value>, verbose: bool, dialect: &Dialect) -> Result<Sent, Problem> {
    check_type(members, verbose, TYPE)?;
    let mut sent = Sent {
        query: Query { objects: Objects(0), actions: Actions(0), recursive: false, ..Query::default() },
        start: None,
        end: None,
        forgiving: false,
        asked: usize::try_from(dialect.page).unwrap_or(usize::MAX),
    };
    let (mut limit, mut asked) = (dialect.page, dialect.page);
    for (name, value) in members {
        if name == "__metadata" {
            continue;
        }
        if dialect.lacks(name) {
            return Err(Problem::unknown_member(name, TYPE));
        }
        let query = &mut sent.query;
        match name.as_str() {
            "ChangeTokenStart" => sent.start = token(value)?,
            "ChangeTokenEnd" => sent.end = token(value)?,
            "FetchLimit" => (limit, asked) = fetch_limit(value, verbose, dialect)?,
            "LatestFirst" => query.latest_first = boolean(name, value)?,
            "RecursiveAll" => query.recursive = boolean(name, value)?,
            "RequireSecurityTrim" => query.trim = boolean(name, value)?,
            "IgnoreStartTokenNotFoundError" => sent.forgiving = boolean(name, value)?,
            _ => {
                let (object, action) = (Objects::named(name), Actions::named(name));
                if object.is_none() && action.is_none() {
                    return Err(Problem::unknown_member(name, TYPE));
                }
                if boolean(name, value)? {
                    query.objects |= object.unwrap_or_default();
                    query.actions |= action.unwrap_or_default();
                }
            }
        }
    }
    sent.query.limit = usize::try_from(limit).unwrap_or(usize::MAX);
    sent.asked = usize::try_from(asked).unwrap_or(usize::MAX);
    Ok(sent)
}

/// In a verbose body the argument of a typed parameter must name its type.
pub(crate) fn check_type(members: &Map<String, Value>, verbose: bool, kind: &str) -> Result<(), Problem> {
    let named = members.get("__metadata").and_then(|metadata| metadata.get("type"));
    match named {
        Some(Value::String(named)) if named == kind => Ok(()),
        Some(named) => Err(Problem::query(format!(
            "An entry with type '{}' was found, but it is not assignable to the expected type '{kind}'.",
            named.as_str().unwrap_or_default()
        ))),
        None if verbose => Err(Problem::query(
            "An entry without a type name was found, but no expected type was specified. To allow entries without type \
             information, the expected type must also be specified when the model is specified.",
        )),
        None => Ok(()),
    }
}

fn wrong_value(kind: &str) -> Problem {
    Problem::query(format!(
        "A value of an unexpected kind was found when reading a value of the type '{kind}'. A 'StartObject' was expected."
    ))
}

/// Official samples send booleans as text.
fn boolean(name: &str, value: &Value) -> Result<bool, Problem> {
    match value {
        Value::Bool(yes) => Ok(*yes),
        Value::Null => Ok(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Problem::query(format!(
            "Cannot convert a primitive value to the expected type 'Edm.Boolean' for the property '{name}'. See the \
             inner exception for more details."
        ))),
    }
}

/// The text of an SP.ChangeToken; a bare string is none.
fn token(value: &Value) -> Result<Option<String>, Problem> {
    const KIND: &str = "SP.ChangeToken";
    let members = match value {
        Value::Null => return Ok(None),
        Value::Object(members) => members,
        _ => return Err(wrong_value(KIND)),
    };
    check_type(members, false, KIND)?;
    let mut text = None;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("__metadata", _) | ("StringValue", Value::Null) => {}
            ("StringValue", Value::String(token)) => text = Some(token.clone()),
            ("StringValue", _) => return Err(wrong_value("Edm.String")),
            _ => return Err(Problem::unknown_member(name, KIND)),
        }
    }
    // An empty text is as good as none.
    Ok(text.filter(|text| !text.is_empty()))
}

/// An Int64 is text in a verbose body. Zero and less mean the default.
/// The limit that holds, and the one that was asked for.
fn fetch_limit(value: &Value, verbose: bool, dialect: &Dialect) -> Result<(u32, u32), Problem> {
    let refused = || {
        Problem::query(
            "Cannot convert a primitive value to the expected type 'Edm.Int64'. See the inner exception for more details.",
        )
    };
    let number = match value {
        Value::Null => 0,
        Value::String(text) if verbose || dialect.int64 != Int64::Number => {
            text.parse().map_err(|_| refused())?
        }
        Value::Number(number) if !verbose && dialect.int64 != Int64::Text => {
            number.as_i64().ok_or_else(refused)?
        }
        _ => return Err(refused()),
    };
    match u32::try_from(number.max(0)).unwrap_or(u32::MAX) {
        0 => Ok((dialect.page, dialect.page)),
        asked if asked > dialect.page_cap && dialect.over_cap == OverCap::Refuse => Err(Problem::new(
            http::StatusCode::BAD_REQUEST,
            -2_146_233_086,
            "System.ArgumentOutOfRangeException",
            "Specified argument was out of the range of valid values.\r\nParameter name: FetchLimit",
        )),
        asked => Ok((asked.min(dialect.page_cap), asked)),
    }
}

/// A bound's token, checked for its shape.
pub(crate) fn bound(text: &str, dialect: &Dialect) -> Result<Token, Problem> {
    let token =
        Token::parse(text).map_err(|malformed| Problem::malformed_token(malformed, dialect.token_status))?;
    let canonical = token.to_string();
    // Only the head can differ: numbers with leading zeros are no other token.
    if !dialect.loose_tokens && text.get(..41) != canonical.get(..41) {
        return Err(Problem::malformed_token(crate::token::Malformed::Format, dialect.token_status));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(body: &str) -> Result<Sent, Problem> {
        read(body.as_bytes(), false, &Dialect::default())
    }

    fn verbose(body: &str) -> Result<Sent, Problem> {
        read(body.as_bytes(), true, &Dialect::default())
    }

    #[test]
    fn flags_bounds_and_limit_are_read_whatever_their_order() {
        let sent = verbose(
            r#"{"query":{"Item":true,"Add":"True","Update":false,"FetchLimit":"5",
                "ChangeTokenStart":{"StringValue":"1;3;x;1;2"},"__metadata":{"type":"SP.ChangeQuery"}}}"#,
        )
        .unwrap();
        assert_eq!((sent.query.objects, sent.query.actions), (Objects::Item, Actions::Add));
        assert_eq!(sent.query.limit, 5);
        assert_eq!(sent.start.as_deref(), Some("1;3;x;1;2"));
    }

    #[test]
    fn a8_numeric_fetch_limit_in_a_verbose_body_is_refused_for_edm_int64() {
        let body = r#"{"query":{"__metadata":{"type":"SP.ChangeQuery"},"FetchLimit":5}}"#;
        assert!(verbose(body).unwrap_err().text.contains("Edm.Int64"));
        assert_eq!(light(body).unwrap().query.limit, 5);
    }

    #[test]
    fn a8_unknown_members_wrappers_and_values_are_refused() {
        for (body, text) in [
            (r#"{"query":{"Colour":true}}"#, "The property 'Colour' does not exist on type 'SP.ChangeQuery'"),
            (r#"{"d":{"query":{}}}"#, "The parameter d does not exist in method GetChanges."),
            (r#"{"query":{"ChangeTokenStart":"1;3"}}"#, "SP.ChangeToken"),
            (r#"{"query":{"ChangeTokenStart":{"Value":"x"}}}"#, "The property 'Value' does not exist"),
            (r#"{"query":{"Item":7}}"#, "Edm.Boolean"),
            (r#"{"query":{"__metadata":{"type":"SP.ChangeToken"}}}"#, "not assignable"),
            (r#"{"query":[]}"#, "SP.ChangeQuery"),
            (r#"{"query":"#, "Invalid JSON"),
            ("[1]", "StartObject"),
            ("", "Value cannot be null"),
        ] {
            let problem = light(body).unwrap_err();
            assert!(problem.text.contains(text), "{body}: {}", problem.text);
            assert_eq!(problem.status, 400);
        }
        assert!(verbose(r#"{"query":{"Item":true}}"#).unwrap_err().text.contains("without a type name"));
    }

    #[test]
    fn page_sizes_are_clamped_and_nothing_means_the_default() {
        let limit =
            |text: &str| light(&format!(r#"{{"query":{{"FetchLimit":{text}}}}}"#)).unwrap().query.limit;
        assert_eq!(limit("0"), 1_000);
        assert_eq!(limit("-5"), 1_000);
        assert_eq!(limit("null"), 1_000);
        assert_eq!(limit("5000"), 2_000);
        assert_eq!(limit("\"10\""), 10);
    }

    #[test]
    fn older_servers_refuse_newer_members() {
        let mut dialect = Dialect::default();
        dialect.set("generation=2016").unwrap();
        let problem = read(br#"{"query":{"RecursiveAll":true}}"#, false, &dialect).unwrap_err();
        assert!(problem.text.contains("RecursiveAll"));
        assert!(read(br#"{"query":{"Item":true}}"#, false, &dialect).is_ok());
    }
}
