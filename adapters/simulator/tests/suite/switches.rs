//! Every switch of the dialect changes what it names.

use std::fmt::Write as _;

use http::Request;
use serde_json::Value;
use sharepoint_simulator::world::Securable;
use sharepoint_simulator::{Dialect, Event, Query, Scope, Server};

use crate::ask::{BARE, MINIMAL, VERBOSE, changes, get, json, post, refusal, send};
use crate::changes::busy_office;
use crate::verbs::{Office, office};

const DOCUMENTS: &str = "web/lists/getbytitle('Documents')";

fn set(office: &mut Office, text: &str) {
    office.world.dialect.set(text).unwrap();
}

fn rows(server: &mut Server, request: &Request<Vec<u8>>) -> Vec<Value> {
    json(server, request)["value"].as_array().unwrap().clone()
}

/// Codes of the rows that an operation writes, by a dialect.
fn written(text: &str, operation: impl FnOnce(&mut Office)) -> Vec<u8> {
    let mut office = office();
    set(&mut office, text);
    let start = Some(office.world.log(office.site).end());
    operation(&mut office);
    let query = Query { start, ..Query::default() };
    office.world.matching(Scope::Site(office.site), &query).iter().map(|row| row.event.code()).collect()
}

/// The body of a GetChanges on Documents by a dialect.
fn body(text: &str, accept: &str) -> (String, String) {
    let mut office = busy_office();
    set(&mut office, text);
    let mut server = Server::new(office.world);
    let response = send(&mut server, &changes(DOCUMENTS, accept, ""));
    let kind = response.headers()["Content-Type"].to_str().unwrap().to_owned();
    (String::from_utf8(response.into_body()).unwrap(), kind)
}

/// Codes that a query with one object and one action flag brings, by a dialect.
fn admitted(text: &str, action: &str) -> Vec<i64> {
    let mut office = office();
    set(&mut office, text);
    let (world, list) = (&mut office.world, office.documents);
    let id = world.upload(list, 0, "a.docx", 1).unwrap();
    world.touch(list, id).unwrap();
    world.comment(list, id).unwrap();
    world.break_inheritance(Securable::Item(list, id)).unwrap();
    world.inherit_again(Securable::Item(list, id)).unwrap();
    let kind = world.add_content_type(office.web, "Tender");
    world.add_list_content_type(list, &kind).unwrap();
    world.delete_list_content_type(list, "Tender").unwrap();
    let mut server = Server::new(office.world);
    let query = format!(r#"{{"query":{{"Item":true,"List":true,"{action}":true}}}}"#);
    let found = rows(&mut server, &post(&format!("{DOCUMENTS}/getchanges"), BARE, &query));
    found.iter().map(|row| row["ChangeType"].as_i64().unwrap()).collect()
}

#[test]
fn verbs_write_their_rows_by_the_dialect() {
    let tree = |office: &mut Office| {
        let folder = office.world.add_folder(office.documents, 0, "a").unwrap();
        office.world.upload(office.documents, folder, "b.docx", 1).unwrap();
        folder
    };
    let copied = |text: &str| {
        written(text, |office| {
            let folder = tree(office);
            office.world.copy_folder(office.documents, folder, 0, "c").unwrap();
        })
    };
    assert_eq!((copied("folder-copy=one"), copied("folder-copy=each")), (vec![1, 1, 1], vec![1, 1, 1, 1]));
    let restored = |text: &str| {
        written(text, |office| {
            let folder = tree(office);
            let place = office.world.recycle(office.documents, folder).unwrap();
            office.world.restore(place).unwrap();
        })
    };
    assert_eq!(restored("folder-restore=one"), [1, 1, 3, 7]);
    assert_eq!(restored("folder-restore=each"), [1, 1, 3, 7, 7]);
    let renamed = |text: &str| {
        written(text, |office| {
            let folder = tree(office);
            office.world.rename(office.documents, folder, "z").unwrap();
        })
    };
    assert_eq!(
        (renamed("folder-rename=rename"), renamed("folder-rename=move")),
        (vec![1, 1, 4], vec![1, 1, 5, 6])
    );
    let moved = |text: &str| {
        written(text, |office| {
            let folder = tree(office);
            let file = office.world.upload(office.documents, 0, "c.docx", 1).unwrap();
            office.world.move_within(office.documents, file, folder).unwrap();
        })
    };
    assert_eq!(moved("move-within=away")[3..], [5]);
    assert_eq!(moved("move-within=into")[3..], [6]);
    let arrived = |text: &str| {
        written(text, |office| {
            let other = office.world.add_list_at(
                office.web,
                "X",
                "X",
                sharepoint_simulator::world::Template::Library,
            );
            let file = office.world.upload(office.documents, 0, "c.docx", 1).unwrap();
            office.world.move_to_list(office.documents, file, other.unwrap(), 0).unwrap();
        })
    };
    assert!(arrived("arrival=into").ends_with(&[5, 6]) && arrived("arrival=add").ends_with(&[5, 1]));
}

#[test]
fn flags_admit_the_unnamed_events_by_the_dialect() {
    assert_eq!(admitted("scope-flag=assignments", "RoleAssignmentAdd"), [17]);
    assert_eq!(admitted("scope-flag=assignments", "RoleAssignmentDelete"), [18]);
    assert_eq!(admitted("scope-flag=any", "Rename"), [17, 18]);
    assert_eq!(admitted("dirty-flag=update", "Update"), [21]);
    assert_eq!(admitted("dirty-flag=system-update", "SystemUpdate"), [21]);
    assert_eq!(admitted("list-content-type-flag=add-delete", "DeleteObject"), [20]);
    assert_eq!(admitted("list-content-type-flag=update", "Update"), [21, 19, 20]);
    assert_eq!(admitted("scope-flag=assignments", "Activity"), [22]);
}

#[test]
fn answers_are_dressed_by_the_dialect() {
    let id = busy_office().world.list(busy_office().documents).id.to_string();
    let (upper, _) = body("upper-guids=yes", BARE);
    assert!(
        upper.contains(&format!("\"ListId\":\"{}\"", id.to_uppercase()))
            && upper.contains(&format!("1;3;{id};"))
    );
    let (plain, kind) = body("plain-content-type=yes", VERBOSE);
    assert_eq!(kind, "application/json; charset=utf-8");
    assert!(plain.contains("Z\",\"Editor\":\"\""));
    assert!(body("zulu=no", VERBOSE).0.contains(":00\",\"Editor\":\"\""));
    assert!(body("bom=yes", VERBOSE).0.starts_with("\u{feff}{"));
    assert!(body("minimal-links=yes", MINIMAL).0.contains("odata.editLink"));
    assert!(!body("minimal-links=no", MINIMAL).0.contains("odata.editLink"));
    assert!(body("editor-where=all", BARE).0.contains("\"EditorEmailHint\":\"zoe@fabrikam.example\""));
    let mut office = busy_office();
    set(&mut office, "shared-users=yes");
    let mut server = Server::new(office.world);
    let shared = rows(&mut server, &changes(&format!("{DOCUMENTS}/items(9)"), BARE, ""));
    let shared = shared.iter().find(|row| row["ChangeType"] == 11).unwrap();
    assert!(shared["SharedByUser"]["Name"].is_string() && shared["SharedWithUsers"][0]["Email"].is_string());
}

#[test]
fn page_sizes_and_options_follow_the_dialect() {
    let mut office = busy_office();
    set(&mut office, "page=4");
    set(&mut office, "page-cap=6");
    let mut server = Server::new(office.world);
    let mut count = |more: &str| rows(&mut server, &changes(DOCUMENTS, BARE, more)).len();
    assert_eq!((count(""), count(r#","FetchLimit":5"#), count(r#","FetchLimit":9"#)), (4, 5, 6));
    let mut ask = |text: &str, more: &str, options: &str| {
        server.world_mut().dialect.set(text).unwrap();
        let mut request = changes(DOCUMENTS, BARE, more);
        let mut uri = request.uri().to_string();
        write!(uri, "?{options}").unwrap();
        *request.uri_mut() = uri.parse().unwrap();
        let response = send(&mut server, &request);
        (response.status().as_u16(), serde_json::from_slice::<Value>(response.body()).unwrap())
    };
    assert_eq!(ask("over-cap=refuse", r#","FetchLimit":9"#, "").0, 400);
    assert_eq!(ask("int64=number", r#","FetchLimit":"5""#, "").0, 400);
    assert_eq!(ask("int64=text", r#","FetchLimit":5"#, "").0, 400);
    assert_eq!(ask("int64=text", r#","FetchLimit":"5""#, "").0, 200);
    let plain = ask("skip=yes", "", "").1;
    assert_ne!(ask("skip=yes", "", "$skip=1").1, plain);
    assert_eq!(ask("skip=no", "", "$skip=1").1, plain);
    assert_ne!(ask("orderby=yes", "", "$orderby=Time%20desc").1, plain);
    assert_eq!(ask("orderby=no", "", "$orderby=Time%20desc").1, plain);
    assert_eq!(ask("latest-first=no", r#","LatestFirst":true"#, "").1, plain);
    server.world_mut().dialect.set("page=1000").unwrap();
    let mut filled = |text: &str| {
        server.world_mut().dialect.set(text).unwrap();
        let mut request = changes(DOCUMENTS, BARE, "");
        *request.uri_mut() = format!("{}?$select=ItemId,FileType", request.uri()).parse().unwrap();
        let found = rows(&mut server, &request);
        found.iter().find(|row| row["ItemId"] == 3).unwrap().get("FileType").is_some()
    };
    assert!(filled("select-fills=yes") && !filled("select-fills=no"));
    let refused = changes(DOCUMENTS, BARE, "");
    server.world_mut().dialect.set("refuse=Item,View").unwrap();
    assert_eq!(send(&mut server, &refused).status(), 400);
}

#[test]
fn folder_scope_and_items_follow_the_dialect() {
    let office = busy_office();
    let folder = office.world.list(office.documents).item(1).unwrap().unique_id;
    let mut server = Server::new(office.world);
    let path = format!("web/getfolderbyid('{folder}')");
    let without = rows(&mut server, &changes(&path, BARE, "")).len();
    server.world_mut().dialect.set("folder-itself=yes").unwrap();
    assert_eq!(rows(&mut server, &changes(&path, BARE, "")).len(), without + 1);
    server.world_mut().dialect.set("items-cap=2").unwrap();
    assert_eq!(rows(&mut server, &get(&format!("{DOCUMENTS}/items?$top=50"), BARE)).len(), 2);
}

#[test]
fn older_generations_lack_what_they_lack() {
    let mut office = busy_office();
    set(&mut office, "generation=2019");
    let mut server = Server::new(office.world);
    let limited = post("web/getchanges", BARE, r#"{"query":{"Item":true,"Add":true,"FetchLimit":5}}"#);
    assert!(refusal(&mut server, &limited).2.contains("FetchLimit"));
    server.world_mut().dialect.set("generation=2013").unwrap();
    assert_eq!(refusal(&mut server, &get("web", BARE)).0, 406);
}

#[test]
fn every_switch_is_tried_somewhere() {
    // Those that other files try: the log's own, tokens, languages, authentication.
    let elsewhere = [
        "generation",
        "refuse",
        "retention",
        "purge_every",
        "late",
        "late_share",
        "folder_delete",
        "move_wide",
        "upload_twice",
        "sub_webs",
        "expired",
        "expired_where",
        "token_status",
        "loose_tokens",
        "by_time",
        "member_order",
        "extra_members",
        "ascii",
        "trim",
        "language",
        "gone",
        "soap_digest",
        // The stories of the laws, whose campaign says how often each was seen.
        "short_pages",
        "since_anywhere",
        "log_first",
        "fine_pages",
        "empty_pages",
        "repeats",
        "missing_folder",
        "parent_ids",
    ];
    let here = concat!(
        include_str!("switches.rs"),
        include_str!("feed_switches.rs"),
        include_str!("feed_trouble.rs"),
        include_str!("item_options.rs"),
        include_str!("item_queries.rs"),
        include_str!("item_types.rs"),
        include_str!("since_token.rs"),
    );
    for name in Dialect::NAMES {
        let text = format!("\"{}=", name.replace('_', "-"));
        assert!(elsewhere.contains(name) || here.contains(&text), "{name}");
    }
    assert_eq!(Event::Dirty.code(), 21);
}
