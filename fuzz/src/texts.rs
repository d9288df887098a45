//! Texts that callers keep or write.

use std::{str, time::Duration};

use sharepoint_changes::{
    Action, ChangeQuery, ChangeToken, Checkpoint, Dialect, Feed, ItemQuery, Kinds, ListRef, Machine, Objects,
    Scope, Session, Settings, Start, TokenScope,
    caml::{Contains, Query, ViewFields, Where},
    http::Response,
};

use super::{list, site};

/// A token's text comes back byte for byte, and a token of the same log is ordered against it both ways alike.
pub fn token(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let Ok(token) = text.parse::<ChangeToken>() else { return };
    assert_eq!(token.to_string(), text);
    let made = ChangeToken::at(token.scope(), token.id(), token.time());
    assert_eq!(made.to_string().parse(), Ok(made.clone()));
    assert_eq!(made.order(&token), token.order(&made).map(|order| order.reverse()));
    assert_eq!(token.order(&token), Some(std::cmp::Ordering::Equal));
}

/// A checkpoint's text comes back byte for byte; one with a byte less is refused; and whatever a checkpoint holds, a
/// session goes on from it or says why not. The input is what stands between the version and the checksum.
pub fn checkpoint(input: &[u8]) {
    let Ok(json) = str::from_utf8(input) else { return };
    let text = format!("sharepoint-changes-checkpoint/1 {json} {:08x}", crc32fast::hash(input));
    let Ok(checkpoint) = text.parse::<Checkpoint>() else { return };
    assert_eq!(checkpoint.to_string(), text);
    assert!(text[..text.len() - 1].parse::<Checkpoint>().is_err());
    let scope = match checkpoint.scope() {
        TokenScope::Site => Scope::Site,
        TokenScope::Web => Scope::Web,
        _ => Scope::List(ListRef::Id(checkpoint.scope_id())),
    };
    let (start, settings) = (Start::Checkpoint(checkpoint.clone()), Settings::default());
    let changes = ChangeQuery::new(scope, Objects::ITEM, Kinds::ADD);
    let changes = Session::new(site(), changes, start.clone(), settings.clone());
    let items = Session::new(site(), ItemQuery::new(ListRef::Id(checkpoint.scope_id())), start, settings);
    let code = match checkpoint.scope() {
        TokenScope::ContentDatabase => 0,
        TokenScope::Site => 1,
        TokenScope::Web => 2,
        TokenScope::List => 3,
    };
    let fence = format!("1;{code};{};639082161304470000;912004511", checkpoint.scope_id());
    changes.into_iter().for_each(|session| go_on(session, &fence));
    items.into_iter().for_each(|session| go_on(session, &fence));
}

fn go_on<M: Machine>(mut session: M, fence: &str) {
    let end = format!(r#"{{"CurrentChangeToken":{{"StringValue":"{fence}"}}}}"#);
    let rowset = ROWSET.replace("TOKEN", fence);
    for _ in 0..4 {
        let Ok(Action::Send(request)) = session.poll(Duration::ZERO) else { return };
        let body = match request.uri().path().rsplit('/').next() {
            Some("GetChanges") => r#"{"value":[]}"#,
            Some("GetListItemChangesSinceToken") => &rowset,
            _ => &end,
        };
        let answer = Response::builder().header("date", "Wed, 04 Mar 2026 10:15:30 GMT").body(body);
        session.receive(answer.expect("a date and a body"));
    }
}

/// A list without columns and rows.
const ROWSET: &str = "<listitems xmlns:rs='urn:schemas-microsoft-com:rowset'><Changes LastChangeToken='TOKEN'>\
     <List><Fields/></List></Changes><rs:data ItemCount='0'/></listitems>";

/// CAML that is taken stays inside its element: a request that carries it is well-formed by another parser, has the
/// members it would have with any other text, and over REST its text comes back.
pub fn caml(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let plain = ItemQuery::new(list());
    if let Ok(query) = text.parse::<Query>() {
        carried(plain.clone().query(query.clone()), ("Query", "query"), query.as_str());
    }
    if let Ok(filter) = text.parse::<Where>() {
        let query = Query::from(filter);
        carried(plain.clone().query(query.clone()), ("Query", "query"), query.as_str());
    }
    if let Ok(fields) = text.parse::<ViewFields>() {
        for fields in [fields.clone(), fields.with_properties()] {
            carried(plain.clone().view_fields(fields.clone()), ("ViewFields", "viewFields"), fields.as_str());
        }
    }
    if let Ok(contains) = text.parse::<Contains>() {
        carried(plain.contains(contains.clone()), ("Contains", "contains"), contains.as_str());
    }
}

fn carried(query: ItemQuery, (rest, soap): (&str, &str), text: &str) {
    let request = query.request(&site()).expect("nothing in it is refused");
    let body: serde_json::Value = serde_json::from_slice(request.body()).expect("JSON");
    assert_eq!(body["query"][rest].as_str(), Some(text));
    let request = query.dialect(Dialect::Soap).request(&site()).expect("nothing in it is refused");
    let body = str::from_utf8(request.body()).expect("UTF-8");
    let options = roxmltree::ParsingOptions { nodes_limit: 100_000, ..Default::default() };
    let document = match roxmltree::Document::parse_with_options(body, options) {
        Err(roxmltree::Error::NodesLimitReached) => return,
        document => document.unwrap_or_else(|error| panic!("{error}: {text:?}")),
    };
    let call = document.descendants().find(|node| node.has_tag_name("GetListItemChangesSinceToken"));
    let call = call.expect("the call stands in the body");
    let mut members: Vec<_> = call.children().map(|node| node.tag_name().name()).collect();
    members.retain(|name| *name != "queryOptions" && *name != "listName");
    assert_eq!(members, [soap]);
    let member = call.children().find(|node| node.tag_name().name() == soap).expect("it was just seen");
    assert_eq!(member.children().filter(|node| node.is_element()).count(), 1);
}
