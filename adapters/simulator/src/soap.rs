//! The SOAP surface: `_vti_bin/Lists.asmx`, as far as the feed of a list's items goes.

use http::header::{CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};

use crate::format::text;
use crate::problem::Problem;
use crate::rest::{Answer, Ask};
use crate::rowset::{self, Asked, Call, Element, Rowset};
use crate::world::ListRef;

const SPACE: &str = "http://schemas.microsoft.com/sharepoint/soap/";
const METHOD: &str = "GetListItemChangesSinceToken";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
    xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"";
const XML: &str = "text/xml; charset=utf-8";
/// The list does not exist [MS-LISTSWS R658].
const NO_LIST: u32 = 0x8200_0006;

/// What is wrong with a call, as its fault tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `soap:Client` for an envelope that cannot be read, else `soap:Server`.
    client: bool,
    text: String,
    /// None for errors of the runtime: a malformed token has no errorcode [MS-LISTSWS R664].
    code: Option<u32>,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let code = u32::from_be_bytes(problem.code.to_be_bytes());
        // -1 and the runtime's own exceptions, 0x8013…, are no codes of SharePoint.
        let code = Some(code).filter(|code| *code != u32::MAX && code >> 16 != 0x8013);
        Self { client: false, text: problem.text, code }
    }
}

impl Fault {
    fn client(text: impl Into<String>) -> Self {
        Self { client: true, text: text.into(), code: None }
    }

    /// The answer that tells it: always a 500.
    pub(crate) fn answer(&self) -> Answer {
        let mut out = Vec::with_capacity(768);
        out.extend_from_slice(HEAD.as_bytes());
        out.extend_from_slice(b"><soap:Body><soap:Fault><faultcode>");
        if self.client {
            out.extend_from_slice(b"soap:Client</faultcode><faultstring>");
            crate::xml::text(&mut out, &self.text);
            out.extend_from_slice(b"</faultstring><detail />");
        } else {
            out.extend_from_slice(
                b"soap:Server</faultcode><faultstring>Exception of type \
                  'Microsoft.SharePoint.SoapServer.SoapServerException' was thrown.</faultstring><detail><errorstring \
                  xmlns=\"http://schemas.microsoft.com/sharepoint/soap/\">",
            );
            crate::xml::text(&mut out, &self.text);
            out.extend_from_slice(b"</errorstring>");
            if let Some(code) = self.code {
                out.extend_from_slice(
                    format!("<errorcode xmlns=\"{SPACE}\">0x{code:08x}</errorcode>").as_bytes(),
                );
            }
            out.extend_from_slice(b"</detail>");
        }
        out.extend_from_slice(b"</soap:Fault></soap:Body></soap:Envelope>");
        Answer { status: StatusCode::INTERNAL_SERVER_ERROR, content_type: Some(XML), body: out }
    }
}

/// Answers a call of `Lists.asmx`.
pub(crate) fn answer(ask: &mut Ask<'_>) -> Answer {
    let service = ask.address.segments.first();
    if ask.address.segments.len() != 1 || !service.is_some_and(|segment| segment.is("Lists.asmx")) {
        return plain(StatusCode::NOT_FOUND);
    }
    if ask.method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED);
    }
    let kind = text(ask.headers, &CONTENT_TYPE).unwrap_or_default().to_lowercase();
    if kind.split(';').next().map(str::trim) != Some("text/xml") {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    changes(ask).unwrap_or_else(|fault| fault.answer())
}

fn plain(status: StatusCode) -> Answer {
    Answer { status, content_type: None, body: Vec::new() }
}

fn changes(ask: &mut Ask<'_>) -> Result<Answer, Fault> {
    let action = text(ask.headers, &HeaderName::from_static("soapaction")).unwrap_or_default();
    if action.trim().trim_matches('"') != format!("{SPACE}{METHOD}") {
        return Err(Fault::client(format!(
            "Server did not recognize the value of HTTP Header SOAPAction: {}.",
            action.trim_matches('"')
        )));
    }
    let parameters = envelope(ask.body)?;
    let list = list(ask, parameters.child_text("listName").unwrap_or_default())?;
    let asked = read(&parameters);
    let base = ask.base.clone();
    let seed = ask.rng.u64(..);
    let before = ask.before;
    let call = Call { world: ask.world, lies: ask.lies, number: ask.number, list, base: &base, seed, before };
    let Rowset { text, cut, habits } = rowset::answer(&call, &asked)?;
    ask.note(habits);
    let mut body = String::from(HEAD);
    if ask.world.dialect.namespaces_above {
        for (name, uri) in rowset::namespaces(&ask.world.dialect) {
            body.push_str(&format!(" {name}=\"{uri}\""));
        }
    }
    body.push_str(&format!("><soap:Body><{METHOD}Response xmlns=\"{SPACE}\"><{METHOD}Result>"));
    *ask.cut = cut.map(|cut| body.len() + cut);
    body.push_str(&text);
    body.push_str(&format!("</{METHOD}Result></{METHOD}Response></soap:Body></soap:Envelope>"));
    let mut answer = Answer { status: StatusCode::OK, content_type: Some(XML), body: body.into_bytes() };
    if ask.lies(crate::lie::Lie::CutRowset) {
        answer.body.truncate(answer.body.len() * 2 / 3);
    }
    Ok(answer)
}

/// The method's element in an envelope.
fn envelope(body: &[u8]) -> Result<Element, Fault> {
    let unread = "Server was unable to read request. ---> There is an error in XML document.";
    let body = std::str::from_utf8(body).map_err(|_| Fault::client(unread))?;
    let envelope = Element::document(body).map_err(|_| Fault::client(unread))?;
    let method = envelope.child("Body").and_then(|body| body.child(METHOD));
    let method = method.filter(|_| envelope.name == "Envelope");
    method.cloned().ok_or_else(|| Fault::client(unread))
}

/// The list of a GUID, in braces or not, or a title.
fn list(ask: &Ask<'_>, name: &str) -> Result<ListRef, Fault> {
    let world = ask.world;
    let by_id = uuid::Uuid::try_parse(name).ok().and_then(|id| world.list_by_id(id));
    let by_id = by_id.filter(|list| world.list(*list).web == ask.web && !world.list(*list).deleted);
    by_id.or_else(|| world.list_by_title(ask.web, name)).ok_or_else(|| Fault {
        client: false,
        text: Problem::missing_list(world.dialect.language).text,
        code: Some(NO_LIST),
    })
}

/// The parameters; each element that holds XML holds one of the same name in capitals.
fn read(parameters: &Element) -> Asked {
    let filled = |name: &str| parameters.child_text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let nested =
        |outer: &str, inner: &str| parameters.child(outer).and_then(|found| found.child(inner)).cloned();
    Asked {
        token: filled("changeToken"),
        row_limit: filled("rowLimit"),
        view_name: filled("viewName"),
        view_fields: nested("viewFields", "ViewFields"),
        query: nested("query", "Query"),
        contains: nested("contains", "Contains"),
        options: nested("queryOptions", "QueryOptions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_the_runtime_have_no_errorcode() {
        let malformed = Problem::malformed_token(crate::token::Malformed::Parts, 400);
        assert_eq!(Fault::from(malformed).code, None);
        let unread = Problem::malformed_token(crate::token::Malformed::Format, 400);
        assert_eq!(Fault::from(unread).code, None);
        let foreign = Problem::foreign_token(crate::dialect::Language::English, 400);
        assert_eq!(Fault::from(foreign).code, Some(0x8102_00bb));
    }
}
