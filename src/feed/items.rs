//! GetListItemChangesSinceToken: its request, over REST and over SOAP. Its answer, the same for both, is read in
//! [`rowset`].

pub(crate) mod rowset;

use http::{HeaderValue, Method, Request, Response, header};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Feed, Limits};
use crate::{
    error::Error,
    item::Rowset,
    item_query::{Dialect, ItemQuery},
    query::QueryError,
    site::{Address, ListRef, Site},
    xml::text::escape,
};

impl Feed for ItemQuery {
    type Page = Rowset;

    fn request(&self, site: &Site) -> Result<Request<Vec<u8>>, QueryError> {
        self.check()?;
        Ok(match self.asked_dialect() {
            Dialect::Rest => rest(self, site),
            Dialect::Soap => soap(self, site),
        })
    }

    fn read_within<B: AsRef<[u8]>>(&self, answer: &Response<B>, limits: &Limits) -> Result<Rowset, Error> {
        super::read_with(answer, |body| rowset::read(body, limits))
    }
}

/// The method of the list. Its one argument is `query`: wrapped once more, as Microsoft's own sample has it, it is
/// refused (sp-dev-docs issue 6033).
fn rest(query: &ItemQuery, site: &Site) -> Request<Vec<u8>> {
    let url = Address::of(query.scope()).then("GetListItemChangesSinceToken").url(site);
    let body = Body { query: Arguments(query) };
    let body = serde_json::to_vec(&body).expect("a map with text keys and texts");
    // The answer is XML whatever is accepted; its errors are not.
    super::request(site, Method::POST, &url, site.accepted().accept(), body)
}

#[derive(Serialize)]
struct Body<'a> {
    query: Arguments<'a>,
}

/// `SP.ChangeLogItemQuery` on the wire: every member is a text, the numbers and the XML too.
struct Arguments<'a>(&'a ItemQuery);

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("__metadata", &Typed { name: "SP.ChangeLogItemQuery" })?;
        for (member, value) in self.0.members() {
            map.serialize_entry(member.name(), &value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Typed {
    #[serde(rename = "type")]
    name: &'static str,
}

/// The operation of the lists service (MS-LISTSWS): the same members in a fixed order, each named with a small letter.
/// What is XML stands in it as it is; numbers, GUIDs and tokens hold nothing that would have to be escaped.
fn soap(query: &ItemQuery, site: &Site) -> Request<Vec<u8>> {
    let list = match query.scope().list() {
        Some(ListRef::Id(id)) => format!("{{{id:X}}}"),
        Some(ListRef::Title(name) | ListRef::Path(name)) => escape(name).into_owned(),
        None => String::new(),
    };
    let mut body = format!("{ENVELOPE}<listName>{list}</listName>");
    for (member, value) in query.members() {
        let (first, rest) = member.name().split_at(1);
        let name = format!("{}{rest}", first.to_ascii_lowercase());
        body.push_str(&format!("<{name}>{value}</{name}>"));
    }
    body.push_str(ENVELOPE_END);
    let url = format!("{}/_vti_bin/Lists.asmx", site.url());
    let accept = HeaderValue::from_static("text/xml");
    let mut request = super::request(site, Method::POST, &url, accept, body.into_bytes());
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    headers.insert("soapaction", HeaderValue::from_static(SOAP_ACTION));
    request
}

const ENVELOPE: &str = concat!(
    r#"<?xml version="1.0" encoding="utf-8"?>"#,
    r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>"#,
    r#"<GetListItemChangesSinceToken xmlns="http://schemas.microsoft.com/sharepoint/soap/">"#,
);
const ENVELOPE_END: &str = "</GetListItemChangesSinceToken></soap:Body></soap:Envelope>";
const SOAP_ACTION: &str = r#""http://schemas.microsoft.com/sharepoint/soap/GetListItemChangesSinceToken""#;
