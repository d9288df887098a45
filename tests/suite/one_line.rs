//! Single calls, each one line: the current token of a site, a web and a list; changes by query; typed rows; at most
//! so many; the next page by the last row's token; the name of a kind of change. Without a session, against answers
//! written out.

use std::num::NonZeroU32;

use sharepoint_changes::{
    Change, ChangeKind, ChangeQuery, ChangedObject, CurrentChangeToken, Feed, Generation, Kinds, ListRef,
    Objects, Preset, Scope, Site, TokenScope,
    http::{Request, Response},
    uuid::{Uuid, uuid},
};

const LIST: Uuid = uuid!("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");
const TAIL: &str = "639082161304470000;912004511";
const PAGE: &str = include_str!("../fixtures/changes-list-verbose.json");

#[test]
fn the_current_token_of_a_site_a_web_and_a_list() {
    let site_token = ask(&CurrentChangeToken::of(Scope::Site));
    assert_eq!(site_token.to_string(), format!("1;1;5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10;{TAIL}"));
    let web_token = ask(&CurrentChangeToken::of(Scope::Web));
    assert_eq!((web_token.scope(), web_token.number()), (TokenScope::Web, 912_004_511));
    let list_token = ask(&CurrentChangeToken::of(bids()));
    assert_eq!((list_token.scope(), list_token.id()), (TokenScope::List, LIST));
}

#[test]
fn changes_by_query_from_a_token_on() {
    let token = ask(&CurrentChangeToken::of(bids()));
    let changes = ask(&ChangeQuery::preset(bids(), Preset::Everything).start(token));
    let told: Vec<_> = changes.iter().map(|change| (change.object.name(), change.kind)).collect();
    let expected = [("item", ChangeKind::Add), ("view", ChangeKind::Update), ("item", ChangeKind::Delete)];
    assert_eq!(told, expected);
}

#[test]
fn every_row_is_typed() {
    let changes = ask(&ChangeQuery::new(bids(), Objects::ITEM, Kinds::ADD));
    let ChangedObject::Item(item) = &changes[0].object else { panic!("{:?}", changes[0]) };
    assert_eq!((item.item_id, item.list_id), (17, LIST));
    assert_eq!(item.unique_id, Some(uuid!("d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42")));
    assert_eq!(changes[0].time.to_string(), "2026-03-04T10:15:31Z");
}

#[test]
fn at_most_so_many() {
    let one = NonZeroU32::MIN;
    let changes = ask(&ChangeQuery::preset(bids(), Preset::Everything).page_size(one));
    assert_eq!(numbers(&changes), [912_004_518]);
    let server = site().generation(Generation::Server2016);
    let changes = ask_at(&server, &ChangeQuery::preset(bids(), Preset::Everything).page_size(one));
    assert_eq!(numbers(&changes), [912_004_518]);
}

#[test]
fn the_next_page_by_the_last_rows_token_until_an_empty_one() {
    let mut all = Vec::new();
    let mut next = Some(ChangeQuery::preset(bids(), Preset::Everything).page_size(NonZeroU32::MIN));
    while let Some(query) = next {
        let changes = ask(&query);
        next = query.next(&changes);
        all.extend(numbers(&changes));
    }
    assert_eq!(all, [912_004_518, 912_004_603, 912_004_655]);
}

#[test]
fn newest_first_has_no_next_page_by_its_last_row() {
    let query = ChangeQuery::preset(bids(), Preset::Everything).latest_first(true);
    assert!(query.next(&ask(&query)).is_none());
}

#[test]
fn the_name_of_a_kind_of_change() {
    assert_eq!(ChangeKind::from_code(3).name(), Some("DeleteObject"));
    assert_eq!(ChangeKind::from_code(15).to_string(), "SystemUpdate");
    assert_eq!("MoveInto".parse::<ChangeKind>(), Ok(ChangeKind::MoveInto));
    assert_eq!(ChangeKind::from_code(99).name(), None);
}

/// A single call over a transport.
fn ask<F: Feed>(feed: &F) -> F::Page {
    ask_at(&site(), feed)
}

fn ask_at<F: Feed>(site: &Site, feed: &F) -> F::Page {
    feed.read(&send(&feed.request(site).unwrap())).unwrap()
}

/// The transport: what the server answers to each of these questions, and to no other.
fn send(request: &Request<Vec<u8>>) -> Response<String> {
    let uri = request.uri().to_string();
    let question = uri.strip_prefix("https://fabrikam.sharepoint.com/sites/ops/_api/").unwrap();
    let token = |scope: &str, id: &str| {
        format!(r#"{{"CurrentChangeToken":{{"StringValue":"1;{scope};{id};{TAIL}"}}}}"#)
    };
    Response::new(match (request.method().as_str(), question) {
        ("GET", "site?$select=CurrentChangeToken") => token("1", "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10"),
        ("GET", "web?$select=CurrentChangeToken") => token("2", "a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"),
        ("GET", "web/lists/getbytitle('Q1%20Bids')?$select=CurrentChangeToken") => {
            token("3", &LIST.to_string())
        }
        ("POST", "web/lists/getbytitle('Q1%20Bids')/GetChanges") => page(request.body(), None),
        ("POST", "web/lists/getbytitle('Q1%20Bids')/GetChanges?$top=1") => page(request.body(), Some(1)),
        other => panic!("no answer to {other:?}"),
    })
}

/// The rows after the start that the question names, at most as many as it asks for.
fn page(question: &[u8], top: Option<usize>) -> String {
    let question: serde_json::Value = serde_json::from_slice(question).unwrap();
    let query = &question["query"];
    let number = |token: &serde_json::Value| {
        token["StringValue"].as_str().map_or(0, |text| text.rsplit(';').next().unwrap().parse().unwrap())
    };
    let start: i64 = number(&query["ChangeTokenStart"]);
    let limit = query["FetchLimit"].as_str().map(|limit| limit.parse().unwrap());
    let mut answer: serde_json::Value = serde_json::from_str(PAGE).unwrap();
    let rows = answer["d"]["results"].as_array_mut().unwrap();
    rows.retain(|row| number(&row["ChangeToken"]) > start);
    rows.truncate(top.or(limit).unwrap_or(1000));
    answer.to_string()
}

fn numbers(changes: &[Change]) -> Vec<i64> {
    changes.iter().map(|change| change.token.number()).collect()
}

fn site() -> Site {
    Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap()
}

fn bids() -> Scope {
    Scope::List(ListRef::Title("Q1 Bids".into()))
}
