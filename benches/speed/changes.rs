//! Pages of GetChanges, against the least that can be done with one: `serde_json` into borrowed texts.

use std::hint::black_box;

use serde::Deserialize;
use sharepoint_changes::{ChangeQuery, Feed, Preset, Scope, http::Response};

use crate::{
    bodies::{self, Metadata, Rows},
    rounds::{Case, Side},
};

/// A page in each metadata mode: as servers send it, and with filled texts; and one of many types.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (mode, metadata) in [
        ("verbose", Metadata::Verbose),
        ("minimal metadata", Metadata::Minimal),
        ("no metadata", Metadata::None),
    ] {
        for (kind, rows) in
            [("", Rows::Items), (", filled texts", Rows::Filled), (", many types", Rows::Mixed)]
        {
            cases.push(case(format!("changes, {mode}{kind}"), metadata, rows));
        }
    }
    cases
}

fn case(name: String, metadata: Metadata, rows: Rows) -> Case {
    let body = bodies::changes(metadata, rows, COUNT as u64).into_bytes();
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
    let answer = Response::new(body.clone());
    let typed = move || {
        let page = query.read(black_box(&answer)).expect("a page of changes");
        assert_eq!(black_box(page).len(), COUNT);
    };
    let borrowed = move || assert_eq!(black_box(borrowed(black_box(&body), metadata)), COUNT);
    Case {
        name,
        this: Side::new("`ChangeQuery::read`, owned and typed", typed),
        reference: Side::new("`serde_json::from_slice`, borrowing", borrowed),
        per: (COUNT, "change"),
        goal: 2.5,
    }
}

/// Reads a page into structs that borrow every member and convert none; answers with the rows seen.
fn borrowed(body: &[u8], metadata: Metadata) -> usize {
    if let Metadata::Verbose = metadata {
        let page: Verbose = serde_json::from_slice(body).expect("a page of changes");
        black_box(page).d.results.len()
    } else {
        let page: Light = serde_json::from_slice(body).expect("a page of changes");
        black_box(page).value.len()
    }
}

const COUNT: usize = 1_000;

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

#[derive(Deserialize)]
struct Light<'a> {
    #[serde(borrow)]
    value: Vec<Row<'a>>,
}

/// A row as it stands. Texts are borrowed; a number cannot be.
#[derive(Deserialize)]
#[allow(dead_code, reason = "reading is what is measured")]
struct Row<'a> {
    #[serde(rename = "__metadata", borrow)]
    metadata: Option<Described<'a>>,
    #[serde(rename = "odata.type")]
    odata_type: Option<&'a str>,
    #[serde(rename = "odata.id")]
    odata_id: Option<&'a str>,
    #[serde(rename = "odata.editLink")]
    odata_edit_link: Option<&'a str>,
    #[serde(rename = "ChangeToken")]
    token: Token<'a>,
    #[serde(rename = "ChangeType")]
    kind: i32,
    #[serde(rename = "SiteId")]
    site_id: &'a str,
    #[serde(rename = "Time")]
    time: &'a str,
    #[serde(rename = "Editor")]
    editor: Option<&'a str>,
    #[serde(rename = "EditorEmailHint")]
    editor_email_hint: Option<&'a str>,
    #[serde(rename = "ItemId")]
    item_id: Option<i32>,
    #[serde(rename = "ListId")]
    list_id: Option<&'a str>,
    #[serde(rename = "ServerRelativeUrl")]
    server_relative_url: Option<&'a str>,
    #[serde(rename = "SharedByUser")]
    shared_by_user: Option<&'a str>,
    #[serde(rename = "SharedWithUsers")]
    shared_with_users: Option<&'a str>,
    #[serde(rename = "UniqueId")]
    unique_id: Option<&'a str>,
    #[serde(rename = "ViewId")]
    view_id: Option<&'a str>,
    #[serde(rename = "WebId")]
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
    metadata: Option<Described<'a>>,
    #[serde(rename = "StringValue")]
    value: &'a str,
}
