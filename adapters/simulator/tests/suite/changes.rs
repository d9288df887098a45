//! GetChanges and CurrentChangeToken as they are answered.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sharepoint_simulator::world::{ColumnKind, Securable};
use sharepoint_simulator::{Objects, Query, Scope, Server};

use crate::ask::{BARE, MINIMAL, SITE, VERBOSE, changes, get, json, post, send};
use crate::verbs::{Office, office};

/// An office where a little of everything has happened.
pub(crate) fn busy_office() -> Office {
    let mut office = office();
    let (world, list) = (&mut office.world, office.documents);
    let user = world.add_user(office.site, "Zoë Größe", "zoe@fabrikam.example");
    world.act_as(user);
    let folder = world.add_folder(list, 0, "2026").unwrap();
    let deep = world.add_folder(list, folder, "March").unwrap();
    for name in ["a.docx", "b.docx", "Größe.docx"] {
        let id = world.upload(list, folder, name, 10).unwrap();
        world.overwrite(list, id, 20).unwrap();
        world.upload(list, deep, name, 5).unwrap();
    }
    let id = world.upload(list, 0, "root.docx", 1).unwrap();
    world.share(Securable::Item(list, id), user, "Edit").unwrap();
    world.delete(list, id).unwrap();
    world.add_column(office.bids, "Bid Amount", ColumnKind::Currency).unwrap();
    world.add_item(office.bids, 0, &[]).unwrap();
    let group = world.add_group(office.site, "Bidders");
    world.add_member(office.site, group, user).unwrap();
    world.add_alert(office.web);
    world.add_content_type(office.web, "Tender");
    world.consent(office.site);
    world.change_policy(office.site);
    world.update_site(office.site);
    let below = world.add_web(office.web, "north", "North").unwrap();
    let list = world.add_list(below, "Far", sharepoint_simulator::world::Template::List).unwrap();
    world.add_item(list, 0, &[]).unwrap();
    office
}

fn rows(body: &Value) -> &Vec<Value> {
    body.pointer("/d/results").or(body.get("value")).unwrap().as_array().unwrap()
}

fn tokens(body: &Value) -> Vec<String> {
    rows(body).iter().map(|row| row["ChangeToken"]["StringValue"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_scope_in_every_mode_and_page_size_gives_the_oracle_s_rows() {
    let office = busy_office();
    let world = &office.world;
    let folder = world.list(office.documents).item(1).unwrap().unique_id;
    let documents = world.list(office.documents).id;
    let bids = world.list(office.bids).id;
    let scopes = [
        ("site".to_owned(), Scope::Site(office.site)),
        ("web".to_owned(), Scope::Web(office.web)),
        (format!("web/lists(guid'{documents}')"), Scope::List(office.documents)),
        (format!("web/lists('{bids}')"), Scope::List(office.bids)),
        (format!("web/getFolderById('{folder}')"), Scope::Folder(office.documents, folder)),
        (format!("web/lists/getbyid('{documents}')/items(3)"), Scope::Item(office.documents, 3)),
        // The deleted document's own history.
        (format!("web/lists/getbyid(guid'{documents}')/items(9)"), Scope::Item(office.documents, 9)),
    ];
    for (path, scope) in scopes {
        let query = Query { recursive: false, ..Query::default() };
        let expected: Vec<String> = world
            .matching(scope, &query)
            .iter()
            .map(|row| world.token(scope, row.place()).to_string())
            .collect();
        assert!(expected.len() > 1, "{path}");
        for accept in [VERBOSE, MINIMAL, BARE] {
            for size in [1, 3, 1_000] {
                let mut server = Server::new(world.clone());
                let (mut got, mut start) = (Vec::new(), String::new());
                for _ in 0..200 {
                    let more =
                        format!(r#","FetchLimit":{size},"ChangeTokenStart":{{"StringValue":"{start}"}}"#);
                    let page = tokens(&json(&mut server, &changes(&path, accept, &more)));
                    assert!(page.len() <= size);
                    let Some(last) = page.last() else { break };
                    start.clone_from(last);
                    got.extend(page);
                }
                assert_eq!(got, expected, "{path} {accept} {size}");
            }
        }
    }
}

#[test]
fn a_verbose_item_row_has_the_recorded_members_in_the_recorded_order() {
    let office = busy_office();
    let mut server = Server::new(office.world.clone());
    let id = server.world().list(office.documents).id;
    let path = format!("web/lists/getbyid(guid'{id}')");
    let response = send(&mut server, &changes(&path, VERBOSE, r#","FetchLimit":1000"#));
    assert_eq!(response.headers()["Content-Type"], "application/json;odata=verbose;charset=utf-8");
    let text = std::str::from_utf8(response.body()).unwrap();
    let item = &text[text.find("SP.ChangeItem").unwrap()..];
    let mut expected = String::new();
    for name in [
        "id",
        "uri",
        "type",
        "ChangeToken",
        "__metadata",
        "type",
        "StringValue",
        "ChangeType",
        "SiteId",
        "Time",
        "Editor",
        "EditorEmailHint",
        "ItemId",
        "ListId",
        "ServerRelativeUrl",
        "SharedByUser",
        "SharedWithUsers",
        "UniqueId",
        "WebId",
    ] {
        write!(expected, "{name},").unwrap();
    }
    let names: String = item
        .split("\"__metadata\":{")
        .nth(1)
        .map(|_| text.split("{\"__metadata\":{\"id\"").find(|row| row.contains("SP.ChangeItem")).unwrap())
        .map(|row| format!("{{\"__metadata\":{{\"id\"{row}"))
        .map(|row| {
            let mut names = String::new();
            let mut parts = row.split('"').skip(3).step_by(2);
            let mut rest = row.split('"').skip(4).step_by(2);
            while let (Some(part), Some(after)) = (parts.next(), rest.next()) {
                if after.starts_with(':') {
                    write!(names, "{part},").unwrap();
                }
            }
            names
        })
        .unwrap();
    assert_eq!(names, expected);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let row = rows(&body).iter().find(|row| row["__metadata"]["type"] == "SP.ChangeItem").unwrap();
    assert_eq!(row["__metadata"]["id"], row["__metadata"]["uri"]);
    assert!(row["__metadata"]["id"].as_str().unwrap().starts_with(&format!("{SITE}/_api/SP.ChangeItem")));
}

#[test]
fn a5_metadata_ids_are_fresh_and_only_item_scope_tells_the_editor() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let list = json(&mut server, &changes("web/lists/getbytitle('Documents')", VERBOSE, ""));
    let again = json(&mut server, &changes("web/lists/getbytitle('documents')", VERBOSE, ""));
    assert_ne!(rows(&list)[0]["__metadata"]["id"], rows(&again)[0]["__metadata"]["id"]);
    assert_eq!(rows(&list)[0]["ChangeToken"], rows(&again)[0]["ChangeToken"]);
    let items = rows(&list).iter().filter(|row| row.get("ItemId").is_some());
    for row in items {
        assert_eq!((&row["Editor"], &row["ServerRelativeUrl"]), (&json!(""), &json!("")));
        assert_eq!((&row["EditorEmailHint"], &row["SharedByUser"]), (&Value::Null, &Value::Null));
    }
    let item = json(&mut server, &changes("web/lists/getbytitle('Documents')/items(7)", VERBOSE, ""));
    let row = &rows(&item)[0];
    assert_eq!(row["Editor"], "Zoë Größe");
    assert_eq!(row["EditorEmailHint"], "zoe@fabrikam.example");
    assert_eq!(row["ServerRelativeUrl"], "/sites/ops/Shared Documents/2026/Größe.docx");
}

#[test]
fn non_ascii_is_written_as_escapes() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let request = changes("web/lists/getbytitle('Documents')/items(7)", BARE, "");
    assert!(send(&mut server, &request).body().is_ascii());
    server.world_mut().dialect.set("ascii=no").unwrap();
    assert!(!send(&mut server, &request).body().is_ascii());
}

#[test]
fn a4_tokens_of_all_scopes_share_their_tail() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let site = json(&mut server, &get("site?$select=CurrentChangeToken", BARE));
    let web = json(&mut server, &get("web?%24select=CurrentChangeToken", BARE));
    let list =
        json(&mut server, &get("Web/Lists/GetByTitle%28%27Documents%27%29?$select=CurrentChangeToken", BARE));
    let text = |body: &Value| body["CurrentChangeToken"]["StringValue"].as_str().unwrap().to_owned();
    let tail = |body: &Value| text(body).splitn(4, ';').nth(3).unwrap().to_owned();
    assert_eq!(tail(&site), tail(&web));
    assert_eq!(tail(&site), tail(&list));
    assert!(text(&site).starts_with("1;1;") && text(&list).starts_with("1;3;"));
    assert_eq!(list.as_object().unwrap().len(), 1);
    let verbose = json(&mut server, &get("site?$select=CurrentChangeToken", VERBOSE));
    assert_eq!(verbose["d"]["CurrentChangeToken"]["__metadata"]["type"], "SP.ChangeToken");
    let all = json(&mut server, &changes("site", BARE, ""));
    assert_eq!(tokens(&all).last().unwrap(), &text(&site), "it is the token of the last row");
}

#[test]
fn a7_both_flag_classes_are_needed_and_filter_independently() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let mut count = |flags: &str| {
        let request = post("site/getchanges", BARE, &format!("{{\"query\":{{{flags}}}}}"));
        rows(&json(&mut server, &request)).len()
    };
    assert_eq!(count(r#""Item":true"#), 0);
    assert_eq!(count(r#""Add":true"#), 0);
    assert_eq!(count(""), 0);
    let adds = count(r#""Item":true,"Add":"True""#);
    let both = count(r#""Item":true,"Add":true,"DeleteObject":true"#);
    assert!(adds > 0);
    assert_eq!(both, adds + 1);
}

#[test]
fn minimal_metadata_names_the_type_in_odata_type() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let body = json(&mut server, &changes("site", "application/json", ""));
    assert_eq!(body["odata.metadata"], format!("{SITE}/_api/$metadata#SP.ApiData.Changes"));
    let kinds: std::collections::BTreeSet<&str> =
        rows(&body).iter().map(|row| row["odata.type"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 14, "{kinds:?}");
}

#[test]
fn without_an_accept_the_answer_is_atom() {
    let office = busy_office();
    let expected = office.world.matching(Scope::Site(office.site), &Query::default()).len();
    let mut server = Server::new(office.world);
    let mut request = changes("site", "", "");
    request.headers_mut().remove("Accept");
    let response = send(&mut server, &request);
    assert_eq!(response.headers()["Content-Type"], "application/atom+xml;type=feed;charset=utf-8");
    let text = String::from_utf8(response.into_body()).unwrap();
    assert_eq!(text.matches("<entry>").count(), expected);
    assert!(text.contains("<d:ChangeToken m:type=\"SP.ChangeToken\"><d:StringValue>1;1;"));
}

#[test]
fn options_on_the_result_are_honoured() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let list = "web/lists/getbytitle('Documents')";
    let all = tokens(&json(&mut server, &changes(list, BARE, "")));
    let call = |options: &str| {
        let request = changes(list, BARE, "");
        let uri = format!("{}?{options}", request.uri());
        let mut request = request;
        *request.uri_mut() = uri.parse().unwrap();
        request
    };
    assert_eq!(tokens(&json(&mut server, &call("$top=3"))), all[..3]);
    assert_eq!(tokens(&json(&mut server, &call("%24top=3&$skip=2"))), all[2..5]);
    let newest = json(&mut server, &call("$orderby=Time%20desc&$top=1"));
    assert_eq!(rows(&newest).len(), 1);
    let selected = json(&mut server, &call("$select=ItemId,Title,FileType"));
    let row = rows(&selected).iter().find(|row| row["ItemId"] == 3).unwrap();
    assert_eq!(row["FileType"], "docx");
    assert_eq!(row.as_object().unwrap().len(), 3);
    let latest = json(&mut server, &changes(list, BARE, r#","LatestFirst":true"#));
    let mut reversed = tokens(&latest);
    reversed.reverse();
    assert_eq!(reversed, all);
}

#[test]
fn folder_scope_is_near_or_recursive() {
    let office = busy_office();
    let world = office.world.clone();
    let folder = world.list(office.documents).item(1).unwrap().unique_id;
    let mut server = Server::new(world);
    let path = format!("web/getfolderbyid('{folder}')");
    let mut count = |more: &str| rows(&json(&mut server, &changes(&path, BARE, more))).len();
    let (near, deep) = (count(""), count(r#","RecursiveAll":true"#));
    // Near: three uploads, three saves and the folder March; deep: what was put into March too.
    assert_eq!((near, deep), (7, 10));
    let same =
        format!("web/GetFolderByServerRelativePath(decodedUrl='{}')", "/sites/ops/Shared%20Documents/2026");
    assert_eq!(rows(&json(&mut server, &changes(&same, BARE, ""))).len(), near);
    let rooted = rows(&json(
        &mut server,
        &changes("web/GetList('/sites/ops/Shared%20Documents')/rootfolder", BARE, ""),
    ))
    .len();
    assert_eq!(rooted, 6, "the folder 2026, and root.docx: 1, 11, 17, 11, 3");
}

#[test]
fn by_time_tokens_start_after_their_tick() {
    let office = busy_office();
    let world = office.world.clone();
    let scope = Scope::Site(office.site);
    let all: Vec<_> = world.matching(scope, &Query::default()).into_iter().cloned().collect();
    let middle = all[all.len() / 2].ticks;
    let token = format!("1;1;{};{};-1", world.site(office.site).id, middle.0);
    let expected = all.iter().filter(|row| row.ticks > middle).count();
    let mut server = Server::new(world);
    let more = format!(r#","ChangeTokenStart":{{"StringValue":"{token}"}}"#);
    assert_eq!(rows(&json(&mut server, &changes("site", BARE, &more))).len(), expected);
    server.world_mut().dialect.set("by-time=from").unwrap();
    assert!(rows(&json(&mut server, &changes("site", BARE, &more))).len() > expected);
}

#[test]
fn sub_webs_and_trimming_follow_the_dialect() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let count = |server: &mut Server, more: &str| rows(&json(server, &changes("web", BARE, more))).len();
    let alone = count(&mut server, "");
    server.world_mut().dialect.set("sub-webs=yes").unwrap();
    assert!(count(&mut server, "") > alone);
    server.world_mut().show_to_caller(office.documents, 3, false).unwrap();
    let trimmed = count(&mut server, r#","RequireSecurityTrim":true"#);
    assert_eq!(trimmed + 2, count(&mut server, ""));
    // Trimmed after the page was cut, pages may be short though more follows.
    server.world_mut().dialect.set("trim=after").unwrap();
    let items = Query { objects: Objects::Item, ..Query::default() };
    let scope = Scope::List(office.documents);
    let start = server.world().matching(scope, &items)[1].place();
    let start = server.world().token(scope, start);
    let more = format!(
        r#","RequireSecurityTrim":true,"FetchLimit":1,"ChangeTokenStart":{{"StringValue":"{start}"}}"#
    );
    let page = json(&mut server, &changes("web/lists/getbytitle('Documents')", BARE, &more));
    assert!(rows(&page).is_empty());
}

#[test]
fn sharepoint_2013_shows_thin_rows() {
    let mut office = busy_office();
    office.world.dialect.set("generation=2013").unwrap();
    let mut server = Server::new(office.world);
    let body = r#"{"query":{"__metadata":{"type":"SP.ChangeQuery"},"Item":true,"Add":true}}"#;
    let body = json(&mut server, &post("web/getchanges", "application/json", body));
    let row = rows(&body)[0].as_object().unwrap();
    assert!(row.contains_key("__metadata") && row.contains_key("ItemId"));
    assert!(!row.contains_key("Editor") && !row.contains_key("UniqueId"));
}

#[test]
fn member_order_and_extra_members_change_no_value() {
    let office = busy_office();
    for order in ["recorded", "reversed", "sorted", "shuffled"] {
        let mut server = Server::new(office.world.clone());
        let plain = json(&mut server, &changes("site", BARE, ""));
        server.world_mut().dialect.set(&format!("member-order={order}")).unwrap();
        assert_eq!(json(&mut server, &changes("site", BARE, "")), plain);
        server.world_mut().dialect.set("extra-members=yes").unwrap();
        let extra = json(&mut server, &changes("site", BARE, ""));
        assert!(rows(&extra).iter().all(|row| row.get("CorrelationHint").is_some()));
    }
}

#[test]
fn the_same_seed_and_requests_give_the_same_bytes() {
    let play = || {
        let mut server = Server::new(busy_office().world);
        let mut all = Vec::new();
        for accept in [VERBOSE, MINIMAL, BARE, "*/*"] {
            let response = send(&mut server, &changes("site", accept, ""));
            all.push((format!("{:?}", response.headers()), response.into_body()));
        }
        all
    };
    assert_eq!(play(), play());
}
