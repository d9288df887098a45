//! GetChanges: its request. Its JSON is read in [`json`].

pub(crate) mod json;

use http::{Method, Request, Response};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Feed, Limits};
use crate::{
    change::Change,
    error::Error,
    query::{ChangeQuery, FETCH_LIMIT, QueryError},
    site::{Address, Generation, Site, member_names},
    token::ChangeToken,
};

impl Feed for ChangeQuery {
    type Page = Vec<Change>;

    fn request(&self, site: &Site) -> Result<Request<Vec<u8>>, QueryError> {
        self.check(site.server())?;
        Ok(request(self, site, self.bounds()))
    }

    fn read_within<B: AsRef<[u8]>>(
        &self,
        answer: &Response<B>,
        limits: &Limits,
    ) -> Result<Vec<Change>, Error> {
        super::read_with(answer, |body| json::read(body, self.keeps_raw(), limits, None))
    }
}

impl ChangeQuery {
    /// The query for the page after this one: the same from its last row on. `None` after an empty page, which is
    /// the only sign of the end; and for [`latest_first`](ChangeQuery::latest_first), whose pages cannot be followed
    /// by their last row.
    pub fn next(&self, page: &[Change]) -> Option<ChangeQuery> {
        let last = page.last().filter(|_| !self.is_latest_first())?;
        Some(self.clone().start(last.token.clone()))
    }
}

/// The request of a checked query within these bounds: (start, end].
pub(crate) fn request(query: &ChangeQuery, site: &Site, (start, end): Bounds<'_>) -> Request<Vec<u8>> {
    let mut address = Address::of(query.scope()).then("GetChanges");
    if !query.selected().is_empty() {
        let named = query.selected().iter().map(String::as_str).filter(|name| !ALWAYS.contains(name));
        let members: Vec<_> = ALWAYS.into_iter().chain(named).collect();
        address = address.option(format!("$select={}", member_names(&members)));
    }
    let limit_by_member = !site.server().refuses(FETCH_LIMIT);
    if let Some(rows) = query.rows().filter(|_| !limit_by_member) {
        address = address.option(format!("$top={rows}"));
    }
    let body = Body { query: Arguments { query, server: site.server(), start, end } };
    let body = serde_json::to_vec(&body).expect("a map with text keys and plain values");
    super::request(site, Method::POST, &address.url(site), site.accepted().accept(), body)
}

/// Where a page begins, exclusive, and where the log is taken to end, inclusive.
pub(crate) type Bounds<'a> = (Option<&'a ChangeToken>, Option<&'a ChangeToken>);

#[derive(Serialize)]
struct Body<'a> {
    query: Arguments<'a>,
}

/// `SP.ChangeQuery` on the wire: what is at its default is left out, because servers on premises refuse members
/// they do not know.
struct Arguments<'a> {
    query: &'a ChangeQuery,
    server: Generation,
    start: Option<&'a ChangeToken>,
    end: Option<&'a ChangeToken>,
}

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("__metadata", &Typed { name: "SP.ChangeQuery" })?;
        for flag in self.query.flags(self.server) {
            map.serialize_entry(flag, &true)?;
        }
        if let Some(rows) = self.query.rows().filter(|_| !self.server.refuses(FETCH_LIMIT)) {
            // An Edm.Int64 is a string in a verbose body; a number is refused.
            map.serialize_entry(FETCH_LIMIT, &rows.to_string())?;
        }
        for (name, bound) in [("ChangeTokenStart", self.start), ("ChangeTokenEnd", self.end)] {
            if let Some(token) = bound {
                let metadata = Typed { name: "SP.ChangeToken" };
                map.serialize_entry(name, &Token { metadata, value: token.to_string() })?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Typed {
    #[serde(rename = "type")]
    name: &'static str,
}

#[derive(Serialize)]
struct Token {
    #[serde(rename = "__metadata")]
    metadata: Typed,
    #[serde(rename = "StringValue")]
    value: String,
}

/// The members every row must have, whatever `$select` names.
const ALWAYS: [&str; 4] = ["ChangeToken", "ChangeType", "SiteId", "Time"];
