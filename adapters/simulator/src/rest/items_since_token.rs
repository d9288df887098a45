//! GetListItemChangesSinceToken by REST: its body, and the rowset as a raw stream.

use http::StatusCode;
use serde_json::{Map, Value};

use super::change_query::{check_type, parameters};
use super::{Answer, Ask};
use crate::dialect::RowsetType;
use crate::format::is_verbose_body;
use crate::lie::Lie;
use crate::problem::Problem;
use crate::rowset::{self, Asked, Call, Element, Rowset};
use crate::world::ListRef;

const METHOD: &str = "GetListItemChangesSinceToken";
const TYPE: &str = "SP.ChangeLogItemQuery";

/// Answers one call. The metadata's return type is Edm.Stream: the rowset comes as it is, whatever Accept says, and
/// only errors wear its dress [protocol 6.4].
pub(super) fn answer(ask: &mut Ask<'_>, list: ListRef) -> Result<Answer, Problem> {
    if ask.method != http::Method::POST {
        return Err(Problem::wrong_method(&ask.method, METHOD, "Default"));
    }
    let verbose = is_verbose_body(ask.headers, ask.world.dialect.generation)?;
    let asked = read(ask.body, verbose)?;
    let call = Call {
        world: ask.world,
        lies: ask.lies,
        number: ask.number,
        list,
        base: &ask.base,
        seed: ask.rng.u64(..),
        before: ask.before,
    };
    let Rowset { text, cut, habits } = rowset::answer(&call, &asked)?;
    ask.note(habits);
    let dialect = &ask.world.dialect;
    let mut body = if dialect.rowset_bom { "\u{feff}".to_owned() } else { String::new() };
    body.push_str("<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult");
    if dialect.namespaces_above {
        for (name, uri) in rowset::namespaces(dialect) {
            body.push_str(&format!(" {name}='{uri}'"));
        }
    }
    body.push('>');
    *ask.cut = cut.map(|cut| body.len() + cut);
    body.push_str(&text);
    body.push_str("</GetListItemChangesSinceTokenResult>");
    let content_type = match dialect.rowset_type {
        RowsetType::Application => "application/xml;charset=utf-8",
        RowsetType::Text => "text/xml; charset=utf-8",
        RowsetType::Octets => "application/octet-stream",
    };
    let mut answer =
        Answer { status: StatusCode::OK, content_type: Some(content_type), body: body.into_bytes() };
    if ask.lies(Lie::CutRowset) {
        answer.body.truncate(answer.body.len() * 2 / 3);
    }
    if ask.lies(Lie::JsonRowset) {
        let problem = Problem::access_denied(dialect.language);
        answer.body = problem.body(crate::format::Format::Bare, dialect.language, ask.style());
    }
    Ok(answer)
}

/// Reads `{"query":{…}}`, whose members are all text.
fn read(body: &[u8], verbose: bool) -> Result<Asked, Problem> {
    let mut found = None;
    for (name, value) in parameters(body)? {
        if name != "query" {
            return Err(Problem::unknown_parameter(&name, METHOD));
        }
        found = Some(value);
    }
    match found {
        Some(Value::Object(members)) => members_of(&members, verbose),
        None | Some(Value::Null) => Err(Problem::no_query_argument()),
        Some(_) => Err(wrong_value(TYPE)),
    }
}

fn members_of(members: &Map<String, Value>, verbose: bool) -> Result<Asked, Problem> {
    check_type(members, verbose, TYPE)?;
    let mut asked = Asked::default();
    for (name, value) in members {
        if name == "__metadata" {
            continue;
        }
        let known =
            ["ChangeToken", "Contains", "Query", "QueryOptions", "RowLimit", "ViewFields", "ViewName"];
        if !known.contains(&name.as_str()) {
            return Err(Problem::unknown_member(name, TYPE));
        }
        let text = match value {
            Value::Null => continue,
            Value::String(text) if text.trim().is_empty() => continue,
            Value::String(text) => text,
            Value::Object(_) | Value::Array(_) => return Err(wrong_value("Edm.String")),
            _ => return Err(not_text()),
        };
        let element = |name: &str| Element::parameter(text, name).map(Some);
        match name.as_str() {
            "ChangeToken" => asked.token = Some(text.clone()),
            "RowLimit" => asked.row_limit = Some(text.clone()),
            "ViewName" => asked.view_name = Some(text.clone()),
            "ViewFields" => asked.view_fields = element("ViewFields")?,
            "Query" => asked.query = element("Query")?,
            "Contains" => asked.contains = element("Contains")?,
            _ => asked.options = element("QueryOptions")?,
        }
    }
    Ok(asked)
}

fn wrong_value(kind: &str) -> Problem {
    Problem::query(format!(
        "A value of an unexpected kind was found when reading a value of the type '{kind}'. A 'PrimitiveValue' was \
         expected."
    ))
}

fn not_text() -> Problem {
    Problem::query(
        "Cannot convert a primitive value to the expected type 'Edm.String'. See the inner exception for more details.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(body: &str) -> Result<Asked, Problem> {
        read(body.as_bytes(), false)
    }

    #[test]
    fn members_are_text_null_or_left_out() {
        let asked = light(
            r#"{"query":{"ChangeToken":null,"RowLimit":"100","ViewName":"","Query":"<Query><Where/></Query>"}}"#,
        );
        let asked = asked.unwrap();
        assert_eq!(asked.row_limit.as_deref(), Some("100"));
        assert_eq!((asked.token, asked.view_name, asked.options), (None, None, None));
        assert_eq!(asked.query.unwrap().name, "Query");
    }

    #[test]
    fn what_is_no_text_or_no_member_is_refused() {
        for (body, text) in [
            (r#"{"query":{"RowLimit":100}}"#, "Edm.String"),
            (r#"{"query":{"ChangeToken":{"StringValue":"1;3"}}}"#, "Edm.String"),
            (r#"{"query":{"ListName":"x"}}"#, "The property 'ListName' does not exist"),
            (
                r#"{"d":{"query":{}}}"#,
                "The parameter d does not exist in method GetListItemChangesSinceToken.",
            ),
            (r#"{"query":"x"}"#, "SP.ChangeLogItemQuery"),
            (r#"{"query":{"Query":"<Query>"}}"#, ""),
            (r#"{"query":{"__metadata":{"type":"SP.ChangeQuery"}}}"#, "not assignable"),
            ("{}", "Value cannot be null"),
        ] {
            let problem = light(body).unwrap_err();
            assert!(problem.text.contains(text), "{body}: {}", problem.text);
            assert_eq!(problem.status, 400, "{body}");
        }
        assert!(read(br#"{"query":{}}"#, true).is_err(), "a verbose body names the type");
        assert!(light(r#"{"query":{}}"#).is_ok());
    }
}
