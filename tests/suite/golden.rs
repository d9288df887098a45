//! Golden requests: every kind of request as text, byte for byte as `tests/golden` holds it. The files were written
//! from SharePoint's documentation and from what shipping clients send, not from this code; review them that way.
//!
//! `GOLDEN=rewrite` writes what the code sends, and fails all the same: the next run has to pass without it.

use std::{collections::BTreeSet, env, fs, num::NonZeroU32, path::PathBuf};

use sharepoint_changes::{
    Action, ChangeQuery, ChangeToken, CurrentChangeToken, DigestMode, Feed, Generation, Kinds, ListRef,
    Machine, Metadata, Objects, Preset, Scope, Session, Settings, Site, Start, TokenScope, digest,
    http::{Request, Response},
    jiff::Timestamp,
    uuid::{Uuid, uuid},
};

use crate::golden_items;

const LIST: Uuid = uuid!("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");
const FOLDER: Uuid = uuid!("0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe");
const START: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";
/// With an id in another spelling than this crate's, which must come back as it came.
const END: &str = "1;3;{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66};639082161690900000;912004655";
const LIST_NOW: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161690900000;912004655";

#[test]
fn every_kind_of_request_is_sent_as_its_golden_file_says() {
    assert_golden(&requests());
}

/// Holds requests against the files of their names.
pub(crate) fn assert_golden(requests: &[(&str, Request<Vec<u8>>)]) {
    let rewrite = env::var("GOLDEN").is_ok_and(|value| value == "rewrite");
    let mut wrong = Vec::new();
    for (name, request) in requests {
        let sent = text(request);
        let file = folder().join(format!("{name}.http"));
        if rewrite {
            fs::write(&file, sent).unwrap();
            continue;
        }
        let golden = fs::read_to_string(&file).unwrap_or_else(|error| format!("(no {name}.http: {error})\n"));
        if sent != golden {
            wrong.push(format!("{name}\n--- golden\n{golden}--- sent\n{sent}"));
        }
    }
    assert!(!rewrite, "the golden files were rewritten; review them, and run the tests without GOLDEN");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_golden_file_belongs_to_a_request_and_every_request_has_a_name_of_its_own() {
    let requests = requests();
    let names: Vec<&str> = requests.iter().map(|(name, _)| *name).chain(golden_items::names()).collect();
    let count = names.len();
    let names: BTreeSet<String> = names.into_iter().map(|name| format!("{name}.http")).collect();
    assert_eq!(names.len(), count);
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let files: BTreeSet<String> = entries.map(|file| file.into_string().unwrap()).collect();
    assert_eq!(files, names);
}

#[test]
fn the_longest_names_that_are_taken_still_fit_a_request() {
    let site = Site::new(&format!("https://fabrikam.sharepoint.com/{}", "ß".repeat(1_980))).unwrap();
    for name in ["ß".repeat(2_000), "'".repeat(4_000), "%".repeat(4_000)] {
        for list in [ListRef::Title(name.clone()), ListRef::Path(name.clone())] {
            let scope = Scope::Item { list, id: i32::MAX };
            let query = few(scope.clone()).select([&name[..3_998]]).page_size(rows(2_000));
            query.request(&site.clone().generation(Generation::Server2016)).unwrap();
            CurrentChangeToken::of(scope).request(&site).unwrap();
        }
    }
}

fn requests() -> Vec<(&'static str, Request<Vec<u8>>)> {
    let mut all = scopes();
    all.extend(metadata());
    all.extend(bounds());
    all.extend(page_sizes());
    all.extend(members());
    all.extend(tokens());
    all.extend(digests());
    all
}

/// Every scope and every way to name a list.
fn scopes() -> Vec<(&'static str, Request<Vec<u8>>)> {
    [
        ("changes-scope-site", Scope::Site),
        ("changes-scope-web", Scope::Web),
        ("changes-scope-list-by-id", Scope::List(by_id())),
        ("changes-scope-list-by-title", Scope::List(ListRef::Title("Dave's R&D #2".into()))),
        ("changes-scope-list-by-path", Scope::List(by_path())),
        ("changes-scope-folder", Scope::Folder { list: by_id(), folder: FOLDER }),
        ("changes-scope-item", Scope::Item { list: by_id(), id: 17 }),
        ("changes-scope-item-of-list-by-path", Scope::Item { list: by_path(), id: 17 }),
    ]
    .map(|(name, scope)| (name, few(scope).request(&site()).unwrap()))
    .into()
}

fn metadata() -> Vec<(&'static str, Request<Vec<u8>>)> {
    let light = site().metadata(Metadata::None);
    [
        ("changes-metadata-verbose", site().metadata(Metadata::Verbose)),
        ("changes-metadata-minimal", site().metadata(Metadata::Minimal)),
        ("changes-metadata-none", light.clone()),
        ("changes-metadata-none-server-2013", light.generation(Generation::Server2013)),
    ]
    .map(|(name, site)| (name, few(Scope::Web).request(&site).unwrap()))
    .into()
}

fn bounds() -> Vec<(&'static str, Request<Vec<u8>>)> {
    let list = || few(Scope::List(by_id()));
    let march: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    [
        ("changes-bounds-none", list()),
        ("changes-bounds-start", list().start(token(START))),
        ("changes-bounds-end", list().end(token(END))),
        ("changes-bounds-both", list().start(token(START)).end(token(END))),
        ("changes-bounds-start-at-a-time", list().start(ChangeToken::at(TokenScope::List, LIST, march))),
    ]
    .map(|(name, query)| (name, query.request(&site()).unwrap()))
    .into()
}

fn page_sizes() -> Vec<(&'static str, Request<Vec<u8>>)> {
    [
        ("changes-page-size-online", Scope::Web, Generation::Online),
        ("changes-page-size-server-2013", Scope::Web, Generation::Server2013),
        ("changes-page-size-server-2016", Scope::Web, Generation::Server2016),
        ("changes-page-size-server-2019", Scope::Web, Generation::Server2019),
        ("changes-page-size-server-2016-list-by-path", Scope::List(by_path()), Generation::Server2016),
    ]
    .map(|(name, scope, server)| {
        (name, few(scope).page_size(rows(500)).request(&site().generation(server)).unwrap())
    })
    .into()
}

/// Every member of a query that can be set, every preset, and `$select`.
fn members() -> Vec<(&'static str, Request<Vec<u8>>)> {
    let folder = Scope::Folder { list: by_id(), folder: FOLDER };
    let every_property = ChangeQuery::preset(folder, Preset::Everything)
        .recursive_all(true)
        .latest_first(true)
        .require_security_trim(true)
        .ignore_start_token_not_found(true)
        .page_size(rows(2000))
        .start(token(START))
        .end(token(END));
    let everything = ChangeQuery::preset(Scope::Web, Preset::Everything);
    let server = |generation| site().generation(generation);
    [
        ("changes-every-property", every_property, site()),
        ("changes-preset-items", ChangeQuery::preset(Scope::Web, Preset::Items), site()),
        ("changes-preset-files", ChangeQuery::preset(Scope::Web, Preset::Files), site()),
        ("changes-preset-permissions", ChangeQuery::preset(Scope::Site, Preset::Permissions), site()),
        ("changes-preset-schema", ChangeQuery::preset(Scope::Web, Preset::Schema), site()),
        ("changes-preset-everything", ChangeQuery::preset(Scope::Site, Preset::Everything), site()),
        ("changes-preset-everything-server-2013", everything, server(Generation::Server2013)),
        ("changes-select", few(Scope::Web).select(["Title", "ContentTypeId", "Time"]), site()),
        ("changes-select-odd-names", few(Scope::Web).select(["SharedByUser/Name", "Große &$top=1#"]), site()),
        (
            "changes-select-server-2019",
            few(Scope::Web).select(["Title"]).page_size(rows(500)),
            server(Generation::Server2019),
        ),
    ]
    .map(|(name, query, site)| (name, query.request(&site).unwrap()))
    .into()
}

fn tokens() -> Vec<(&'static str, Request<Vec<u8>>)> {
    [
        ("token-site", Scope::Site, Generation::Online),
        ("token-web", Scope::Web, Generation::Online),
        ("token-list-by-id", Scope::List(by_id()), Generation::Online),
        ("token-list-by-title", Scope::List(ListRef::Title("100% Jobs".into())), Generation::Online),
        ("token-list-by-path", Scope::List(by_path()), Generation::Online),
        ("token-folder", Scope::Folder { list: by_id(), folder: FOLDER }, Generation::Online),
        ("token-item", Scope::Item { list: by_id(), id: 17 }, Generation::Online),
        ("token-server-2013", Scope::Web, Generation::Server2013),
    ]
    .map(|(name, scope, server)| {
        (name, CurrentChangeToken::of(scope).request(&site().generation(server)).unwrap())
    })
    .into()
}

fn digests() -> Vec<(&'static str, Request<Vec<u8>>)> {
    vec![
        ("contextinfo", digest::request(&site())),
        ("contextinfo-server-2013", digest::request(&site().generation(Generation::Server2013))),
        ("changes-with-digest", page_of_a_cookie_session()),
    ]
}

/// A session's own request for a page, with the digest it was given.
fn page_of_a_cookie_session() -> Request<Vec<u8>> {
    let site = site().digest(DigestMode::Required);
    let start = Start::Token(token(START));
    let mut session = Session::new(site, few(Scope::List(by_id())), start, Settings::default()).unwrap();
    let fence = format!(r#"{{"CurrentChangeToken":{{"StringValue":"{LIST_NOW}"}}}}"#);
    let digest = r#"{"FormDigestTimeoutSeconds":1800,"FormDigestValue":"0x4F,04 Mar 2026 10:15:30 -0000"}"#;
    let site = fence.replacen(&format!("1;3;{LIST}"), &format!("1;1;{LIST}"), 1);
    for answer in [fence.as_str(), &site, digest] {
        let _ = sent(&mut session);
        session.receive(Response::new(answer));
    }
    sent(&mut session)
}

fn sent(session: &mut Session) -> Request<Vec<u8>> {
    match session.poll(std::time::Duration::ZERO).unwrap() {
        Action::Send(request) => request,
        other => panic!("no request but {other:?}"),
    }
}

/// A request as text: its method and URL, its headers by name, a blank line, its body.
fn text(request: &Request<Vec<u8>>) -> String {
    let mut headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    let mut text = format!("{} {}\n{}", request.method(), request.uri(), headers.concat());
    if !request.body().is_empty() {
        text.push('\n');
        text.push_str(std::str::from_utf8(request.body()).unwrap());
        text.push('\n');
    }
    text
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden"].iter().collect()
}

pub(crate) fn site() -> Site {
    let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
    site.user_agent("NONISV|Fabrikam|Index/1.0").unwrap()
}

/// A query with few members, for requests whose other parts are looked at.
fn few(scope: Scope) -> ChangeQuery {
    ChangeQuery::new(scope, Objects::ITEM, Kinds::ADD | Kinds::DELETE)
}

fn by_id() -> ListRef {
    ListRef::Id(LIST)
}

fn by_path() -> ListRef {
    ListRef::Path("/sites/ops/Lists/Dave's Bids".into())
}

fn token(text: &str) -> ChangeToken {
    text.parse().unwrap()
}

fn rows(rows: u32) -> NonZeroU32 {
    NonZeroU32::new(rows).unwrap()
}
