//! What is measured: sessions that read to the end, and the bare loop they are held against.

use std::{hint::black_box, num::NonZeroU32, thread, time::Duration};

use serde::Deserialize;
use sharepoint_changes::{
    ChangeQuery, Done, ItemChange, ItemPage, ItemQuery, ListRef, Metadata, Page, Preset, Scope, Session,
    Settings, Site, Start, drive,
};
use sharepoint_changes_ureq::{Credential, Transport, drive_ahead};

use crate::pages::{LIST, ROWS_A_PAGE, token};

/// How a session asks.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) metadata: Metadata,
    pub(crate) gzip: bool,
}

/// As over a wire that costs nothing.
pub(crate) const PLAIN: Manner = Manner { metadata: Metadata::Verbose, gzip: false };

/// Reads a log to its end; says how many changes came.
pub(crate) fn drain(site: &str, manner: Manner) -> u64 {
    let mut changes = 0;
    let (mut session, mut transport) = session(site, manner);
    let done = drive(&mut session, &mut transport, |page: Page| {
        changes += black_box(page).changes.len() as u64;
        Ok::<_, ()>(())
    });
    assert!(matches!(done, Ok(Done::UpToDate { .. })), "{done:?}");
    changes
}

/// Reads a log to its end with commits that take so long; says how many changes came.
pub(crate) fn drain_slowly(site: &str, commit: Duration, ahead: bool) -> u64 {
    let mut changes = 0;
    let (mut session, mut transport) = session(site, PLAIN);
    let commit = |page: Page| {
        thread::sleep(commit);
        changes += page.changes.len() as u64;
        Ok::<_, ()>(())
    };
    let done = if ahead {
        drive_ahead(&mut session, &mut transport, commit)
    } else {
        drive(&mut session, &mut transport, commit)
    };
    assert!(matches!(done, Ok(Done::UpToDate { .. })), "{done:?}");
    changes
}

/// Reads a list as a whole; says how many rows came.
pub(crate) fn load(site: &str) -> u64 {
    let mut rows = 0;
    let mut transport = transport(site, false);
    let query = ItemQuery::new(list()).row_limit(NonZeroU32::new(ROWS_A_PAGE as u32).expect("not zero"));
    let site = Site::new(site).expect("an address");
    let mut session = Session::new(site, query, Start::Beginning, Settings::default())
        .expect("a query that can be followed");
    let done = drive(&mut session, &mut transport, |page: ItemPage| {
        let is_row = |change: &&ItemChange| matches!(change, ItemChange::Upserted(_));
        rows += black_box(page).changes.iter().filter(is_row).count() as u64;
        Ok::<_, ()>(())
    });
    assert!(matches!(done, Ok(Done::UpToDate { .. })), "{done:?}");
    rows
}

fn session(site: &str, manner: Manner) -> (Session, Transport) {
    let transport = transport(site, manner.gzip);
    let site = Site::new(site).expect("an address").metadata(manner.metadata);
    let query = ChangeQuery::preset(Scope::List(list()), Preset::Items);
    let session = Session::new(site, query, Start::Beginning, Settings::default());
    (session.expect("a query that can be followed"), transport)
}

fn transport(site: &str, gzip: bool) -> Transport {
    Transport::new(site, |_| Ok(Credential::None)).expect("an address").accept_gzip(gzip)
}

fn list() -> ListRef {
    ListRef::Id(LIST.parse().expect("a guid"))
}

/// Reads the same pages with nothing but ureq and `serde_json`, into a struct that borrows every text and converts
/// none; says how many changes came.
pub(crate) fn bare(site: &str) -> u64 {
    let agent: ureq::Agent = ureq::Agent::config_builder().accept_encoding("identity").build().into();
    let url = format!("{site}/_api/web/lists/getbyid(guid'{LIST}')/GetChanges");
    let (mut start, mut changes) = (token(0), 0);
    loop {
        let asked = format!(
            "{{\"query\":{{\"__metadata\":{{\"type\":\"SP.ChangeQuery\"}},\"Item\":true,\"Add\":true,\
             \"ChangeTokenStart\":{{\"__metadata\":{{\"type\":\"SP.ChangeToken\"}},\"StringValue\":\"{start}\"}}}}}}"
        );
        let answer = agent.post(&url).header("accept", "application/json;odata=verbose").send(asked);
        let body = answer.and_then(|answer| answer.into_body().read_to_vec()).expect("an answer");
        let page: Verbose = serde_json::from_slice(&body).expect("a page of changes");
        let page = black_box(page);
        let Some(last) = page.d.results.last() else { return changes };
        changes += page.d.results.len() as u64;
        start = last.token.value.to_owned();
    }
}

#[derive(Deserialize)]
struct Verbose<'a> {
    #[serde(borrow)]
    d: Results<'a>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    results: Vec<Row<'a>>,
}

/// A row as it stands. Texts are borrowed; a number cannot be.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "reading is what is measured")]
struct Row<'a> {
    #[serde(rename = "__metadata", borrow)]
    metadata: Described<'a>,
    #[serde(rename = "ChangeToken")]
    token: Token<'a>,
    change_type: i32,
    site_id: &'a str,
    time: &'a str,
    editor: Option<&'a str>,
    editor_email_hint: Option<&'a str>,
    item_id: Option<i32>,
    list_id: Option<&'a str>,
    server_relative_url: Option<&'a str>,
    shared_by_user: Option<&'a str>,
    shared_with_users: Option<&'a str>,
    unique_id: Option<&'a str>,
    web_id: Option<&'a str>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "reading is what is measured")]
struct Described<'a> {
    id: Option<&'a str>,
    uri: Option<&'a str>,
    #[serde(rename = "type")]
    name: &'a str,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "reading is what is measured")]
struct Token<'a> {
    #[serde(rename = "__metadata", borrow)]
    metadata: Described<'a>,
    #[serde(rename = "StringValue")]
    value: &'a str,
}
