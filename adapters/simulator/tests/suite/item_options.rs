//! QueryOptions of the list feed, each in both of its states.

use serde_json::{Value as Json, json};
use sharepoint_simulator::Server;
use sharepoint_simulator::world::{ListRef, Value};

use crate::item_types::{every_field, register};
use crate::rowset::{BY_ID, Page, USUAL, answer, body, now, options_at, page};
use crate::since_token::filled;
use crate::verbs::office;

fn options(inner: &str) -> String {
    format!("<QueryOptions>{inner}<ViewAttributes Scope=\"RecursiveAll\"/></QueryOptions>")
}

fn first(server: &mut Server, list: ListRef, inner: &str) -> std::collections::BTreeMap<String, String> {
    let fields = every_field(server.world(), list);
    let members =
        json!({ "RowLimit": "1", "Query": BY_ID, "ViewFields": fields, "QueryOptions": options(inner) });
    page(server, list, &members).rows.remove(0)
}

#[test]
fn a12_the_two_regimes_differ_in_dates_people_depth_and_attachments() {
    let (mut server, list) = register();
    server.world_mut().attach(list, 1, "a b.pdf").unwrap();
    let fields = every_field(server.world(), list);
    let mut omitted = json!({ "RowLimit": "1", "Query": BY_ID, "ViewFields": fields });
    let row = page(&mut server, list, &omitted).rows.remove(0);
    assert_eq!(row["ows_Meeting"], "2026-03-04T10:15:31Z");
    assert!(row["ows_Owner"].contains(",#i:0#.f|membership|"));
    let url = "https://fabrikam.sharepoint.com/sites/ops/Lists/Register/Attachments/1/a b.pdf";
    assert!(
        row["ows_Attachments"].starts_with(&format!(";#{url};#{{"))
            && row["ows_Attachments"].ends_with(",1;#")
    );
    omitted["QueryOptions"] = json!("<QueryOptions/>");
    let row = page(&mut server, list, &omitted).rows.remove(0);
    assert_eq!(row["ows_Meeting"], "2026-03-04 11:15:31");
    assert_eq!(row["ows_Owner"], "2;#Ruiz, Ana");
    assert_eq!(row["ows_Attachments"], "1");
    let urls = first(&mut server, list, "<IncludeAttachmentUrls>TRUE</IncludeAttachmentUrls>");
    assert_eq!(urls["ows_Attachments"], format!(";#{url};#"));
}

#[test]
fn dates_are_utc_or_of_the_web_s_own_zone() {
    let (mut server, list) = register();
    let local = first(&mut server, list, "");
    assert_eq!(
        (local["ows_Meeting"].as_str(), local["ows_Due"].as_str()),
        ("2026-03-04 11:15:31", "2026-03-04 00:00:00")
    );
    assert!(local["ows_Created_x0020_Date"].starts_with("1;#2026-03-02 09:"));
    server.world_mut().dialect.set("time-zone=300").unwrap();
    let local = first(&mut server, list, "");
    assert_eq!(
        (local["ows_Meeting"].as_str(), local["ows_Due"].as_str()),
        ("2026-03-04 05:15:31", "2026-03-04 00:00:00")
    );
    let utc = first(&mut server, list, "<DateInUtc>TRUE</DateInUtc>");
    assert_eq!(
        (utc["ows_Meeting"].as_str(), utc["ows_Due"].as_str()),
        ("2026-03-04T10:15:31Z", "2026-03-04T05:00:00Z")
    );
}

/// A library: `F` with `F/a`, `F/G/b`, and `c` beside it.
fn tree() -> (Server, ListRef) {
    let mut office = office();
    let (world, list) = (&mut office.world, office.documents);
    let folder = world.add_folder(list, 0, "F").unwrap();
    let deep = world.add_folder(list, folder, "G").unwrap();
    world.upload(list, folder, "a", 1).unwrap();
    world.upload(list, deep, "b", 1).unwrap();
    world.upload(list, 0, "c", 1).unwrap();
    (Server::new(office.world), list)
}

fn listed(server: &mut Server, list: ListRef, options: &str) -> Vec<i32> {
    let members = json!({ "RowLimit": "2", "Query": BY_ID, "QueryOptions": options });
    let mut found = page(server, list, &members);
    let mut ids = found.row_ids();
    while let Some(position) = &found.position {
        let place = position.replace('&', "&amp;");
        let paging = format!("<Paging ListItemCollectionPositionNext=\"{place}\"/></QueryOptions>");
        let members = json!({ "RowLimit": "2", "Query": BY_ID, "QueryOptions": options.replace("</QueryOptions>", &paging) });
        found = page(server, list, &members);
        ids.extend(found.row_ids());
    }
    ids
}

#[test]
fn scope_and_folder_say_where_to_look() {
    let (mut server, list) = tree();
    let (folder, deep, a, b, c) = (1, 2, 3, 4, 5);
    for (inner, expected) in [
        ("", vec![folder, c]),
        ("<ViewAttributes Scope=\"FilesOnly\"/>", vec![c]),
        ("<ViewAttributes Scope=\"Recursive\"/>", vec![a, b, c]),
        ("<ViewAttributes Scope=\"RecursiveAll\"/>", vec![folder, deep, a, b, c]),
        ("<Folder>/sites/ops/Shared Documents/F</Folder>", vec![deep, a]),
        (
            "<Folder>sites/ops/shared documents/f/</Folder><ViewAttributes Scope=\"RecursiveAll\"/>",
            vec![deep, a, b],
        ),
        ("<Folder>https://fabrikam.sharepoint.com/sites/ops/Shared Documents/F/G</Folder>", vec![b]),
        ("<Folder>/sites/ops/Shared Documents</Folder><ViewAttributes Scope=\"FilesOnly\"/>", vec![c]),
    ] {
        let options = format!("<QueryOptions>{inner}</QueryOptions>");
        assert_eq!(listed(&mut server, list, &options), expected, "{inner}");
    }
    let gone = "<QueryOptions><Folder>/sites/ops/Shared Documents/X</Folder></QueryOptions>";
    assert_eq!(answer(&mut server, list, &json!({ "QueryOptions": gone })).status(), 404);
}

#[test]
fn scope_and_folder_hold_for_rows_of_an_increment_too() {
    let (mut server, list) = tree();
    let start = now(&server, list);
    for id in [1, 2, 3, 4, 5] {
        server.world_mut().edit(list, id, &[]).unwrap();
    }
    let rows = |server: &mut Server, inner: &str| {
        let options = format!("<QueryOptions>{inner}</QueryOptions>");
        page(server, list, &json!({ "ChangeToken": start, "RowLimit": "9", "QueryOptions": options }))
            .row_ids()
    };
    assert_eq!(rows(&mut server, ""), [1, 5]);
    assert_eq!(rows(&mut server, "<Folder>/sites/ops/Shared Documents/F</Folder>"), [2, 3]);
    assert_eq!(rows(&mut server, "<ViewAttributes Scope=\"Recursive\"/>"), [3, 4, 5]);
}

#[test]
fn permissions_come_where_they_differ_or_are_asked_for() {
    let (mut server, office) = filled(2);
    server.world_mut().set_item_permissions(office.bids, 2, Some(0x1b0_3c43_12ef)).unwrap();
    let members = |options: &str| json!({ "RowLimit": "9", "Query": BY_ID, "QueryOptions": options });
    let rights = |page: &Page| page.column("ows_PermMask");
    let found = page(&mut server, office.bids, &members(USUAL));
    assert_eq!(rights(&found), ["", "0x1b03c4312ef"]);
    let found = page(&mut server, office.bids, &members(&options("<DateInUtc>TRUE</DateInUtc>")));
    assert_eq!(rights(&found), ["", ""]);
    let mut asked = members(&options(""));
    asked["ViewFields"] = json!("<ViewFields><FieldRef Name=\"PermMask\"/></ViewFields>");
    assert_eq!(rights(&page(&mut server, office.bids, &asked)), ["0x7fffffffffffffff", "0x1b03c4312ef"]);
}

#[test]
fn mandatory_columns_bring_required_ones_and_the_sources_of_calculated_ones() {
    let (mut server, list) = register();
    server.world_mut().dialect.uninvited = false;
    let fields = "<ViewFields><FieldRef Name=\"Twice\"/></ViewFields>";
    let names = |server: &mut Server, inner: &str| {
        let members =
            json!({ "RowLimit": "1", "Query": BY_ID, "ViewFields": fields, "QueryOptions": options(inner) });
        page(server, list, &members).rows.remove(0).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(names(&mut server, ""), ["ows_Ratio", "ows_Title", "ows_Twice"]);
    assert_eq!(names(&mut server, "<IncludeMandatoryColumns>FALSE</IncludeMandatoryColumns>"), ["ows_Twice"]);
}

#[test]
fn control_characters_make_the_xml_ill_formed_unless_they_are_asked_away() {
    let (mut server, office) = filled(1);
    let broken = Value::Text("a\u{b}b".to_owned());
    server.world_mut().edit(office.bids, 1, &[("Title", Some(broken))]).unwrap();
    let text = body(&mut server, office.bids, &json!({ "QueryOptions": options("") }));
    assert!(roxmltree::Document::parse(&text).is_err());
    assert_eq!(page(&mut server, office.bids, &json!({ "QueryOptions": USUAL })).column("ows_Title"), ["ab"]);
    server.world_mut().dialect.set("control-characters=reference").unwrap();
    let text = body(&mut server, office.bids, &json!({ "QueryOptions": options("") }));
    assert!(text.contains("a&#xB;b") && roxmltree::Document::parse(&text).is_err());
}

#[test]
fn extra_ids_come_with_a_token_alone_whatever_the_filter_says() {
    let (mut server, office) = filled(3);
    let start = now(&server, office.bids);
    let none = "<Query><Where><IsNull><FieldRef Name=\"ID\"/></IsNull></Where></Query>";
    let extra = options("<ExtraIds>3,1,99</ExtraIds>");
    let mut members = json!({ "ChangeToken": start, "RowLimit": "9", "Query": none, "QueryOptions": extra });
    assert_eq!(page(&mut server, office.bids, &members).row_ids(), [1, 3]);
    members["ChangeToken"] = Json::Null;
    assert!(page(&mut server, office.bids, &members).rows.is_empty());
}

#[test]
fn a_position_and_a_token_do_not_go_together() {
    let (mut server, office) = filled(3);
    let start = now(&server, office.bids);
    let members = json!({ "ChangeToken": start, "QueryOptions": options_at("Paged=TRUE&p_ID=1") });
    assert_eq!(answer(&mut server, office.bids, &members).status(), 400);
    let members = json!({ "QueryOptions": options_at("Paged=TRUE") });
    assert_eq!(answer(&mut server, office.bids, &members).status(), 400, "no place of this list");
}

#[test]
fn row_limit_is_a_number_and_nothing_or_zero_is_everything() {
    let (mut server, office) = filled(50);
    server.world_mut().dialect.view_leaks = false;
    for limit in [Json::Null, json!(""), json!("0")] {
        let members = json!({ "RowLimit": limit, "Query": BY_ID, "QueryOptions": USUAL });
        assert_eq!(page(&mut server, office.bids, &members).rows.len(), 50);
    }
    for limit in ["-1", "many", "4294967296"] {
        let members = json!({ "RowLimit": limit, "QueryOptions": USUAL });
        assert_eq!(answer(&mut server, office.bids, &members).status(), 400, "{limit}");
    }
}

#[test]
fn the_default_view_leaks_where_query_limit_or_fields_are_missing() {
    let (mut server, office) = filled(40);
    let world = server.world_mut();
    world.add_column(office.bids, "Status", sharepoint_simulator::world::ColumnKind::Text).unwrap();
    let view = world.list(office.bids).default_view().unwrap().id;
    world
        .change_view(office.bids, view, |view| {
            view.filter = Some(
                "<Where><Gt><FieldRef Name=\"ID\"/><Value Type=\"Counter\">35</Value></Gt></Where>\
                 <OrderBy><FieldRef Name=\"ID\" Ascending=\"FALSE\"/></OrderBy>"
                    .to_owned(),
            );
            view.columns = vec!["Status".into()];
            view.row_limit = Some(3);
        })
        .unwrap();
    world.edit(office.bids, 38, &[("Status", Some(Value::Text("Open".to_owned())))]).unwrap();
    let bare = page(&mut server, office.bids, &json!({ "QueryOptions": USUAL }));
    assert_eq!(bare.row_ids(), [40, 39, 38]);
    assert_eq!(bare.rows[2]["ows_Status"], "Open");
    let full =
        page(&mut server, office.bids, &json!({ "RowLimit": "100", "Query": BY_ID, "QueryOptions": USUAL }));
    assert_eq!(full.rows.len(), 40);
    let all =
        json!({ "RowLimit": "100", "Query": BY_ID, "ViewFields": "<ViewFields/>", "QueryOptions": USUAL });
    assert!(!page(&mut server, office.bids, &all).rows[0].contains_key("ows_Author"), "the view's fields");
    server.world_mut().dialect.set("empty-view-fields=all").unwrap();
    assert!(page(&mut server, office.bids, &all).rows[0].contains_key("ows_Author"));
    server.world_mut().dialect.set("view-leaks=no").unwrap();
    assert_eq!(page(&mut server, office.bids, &json!({ "QueryOptions": USUAL })).rows.len(), 40);
}

#[test]
fn a_view_is_found_by_its_id_and_other_names_are_ignored() {
    let (mut server, office) = filled(3);
    let view = server.world_mut().add_view(office.bids, "Two").unwrap();
    server.world_mut().change_view(office.bids, view, |view| view.row_limit = Some(2)).unwrap();
    let rows = |server: &mut Server, name: &str| {
        page(server, office.bids, &json!({ "ViewName": name, "QueryOptions": USUAL })).rows.len()
    };
    assert_eq!(rows(&mut server, &format!("{{{view}}}")), 2);
    assert_eq!(rows(&mut server, "no guid"), 3);
    let members = json!({ "ViewName": uuid::Uuid::nil().to_string() });
    let missing = answer(&mut server, office.bids, &members);
    assert_eq!(missing.status(), 400);
    assert!(String::from_utf8_lossy(missing.body()).contains("-2113929211"));
}

#[test]
fn property_bags_come_as_one_value_or_each_for_itself() {
    let mut office = office();
    office.world.upload(office.documents, 0, "a.docx", 3).unwrap();
    let mut server = Server::new(office.world);
    let row = |server: &mut Server, properties: &str| {
        let fields = format!("<ViewFields{properties}><FieldRef Name=\"MetaInfo\"/></ViewFields>");
        let members = json!({ "RowLimit": "1", "ViewFields": fields, "QueryOptions": USUAL });
        page(server, office.documents, &members).rows.remove(0)
    };
    let whole = row(&mut server, "");
    assert!(whole["ows_MetaInfo"].starts_with("1;#vti_parserversion:SR|16.0.0.26115\r\n"));
    let each = row(&mut server, " Properties=\"TRUE\"");
    assert_eq!(each["ows_MetaInfo_vti_parserversion"], "16.0.0.26115");
    assert!(!each.contains_key("ows_MetaInfo"));
}

#[test]
fn every_address_of_a_list_serves_it() {
    let (mut server, office) = filled(1);
    let id = server.world().list(office.bids).id;
    for path in [
        format!("web/lists('{id}')"),
        format!("web/lists(guid'{id}')"),
        format!("web/lists/getbyid(guid'{id}')"),
        format!("web/Lists/GetById('{id}')"),
        "web/lists/getbytitle('Q1%20Bids')".to_owned(),
        "web/GetList('/sites/ops/Lists/Q1%20Bids')".to_owned(),
    ] {
        for body in ["{\"query\":{}}", "{\"query\":{\"RowLimit\":\"100\",\"ChangeToken\":null}}"] {
            let request = crate::ask::post(&format!("{path}/getlistitemchangessincetoken"), "*/*", body);
            let response = crate::ask::send(&mut server, &request);
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(Page::read(std::str::from_utf8(response.body()).unwrap()).row_ids(), [1]);
        }
    }
    let request = crate::ask::post("web/GetListItemChangesSinceToken", crate::ask::BARE, "{\"query\":{}}");
    assert_eq!(crate::ask::refusal(&mut server, &request).0, 404);
    let request =
        crate::ask::get(&format!("web/lists('{id}')/GetListItemChangesSinceToken"), crate::ask::BARE);
    assert_eq!(crate::ask::refusal(&mut server, &request).0, 405);
}
