//! Reads that follow a change: items, files, folders, lists, in every mode.

use serde_json::{Value, json};
use sharepoint_simulator::Server;
use sharepoint_simulator::world::{ColumnKind, Formula, Value as Held};

use crate::ask::{BARE, MINIMAL, SITE, VERBOSE, get, json, refusal, send};
use crate::changes::busy_office;
use crate::verbs::office;

fn ids(body: &Value) -> Vec<i64> {
    let rows = body.pointer("/d/results").or(body.get("value")).unwrap().as_array().unwrap();
    rows.iter().map(|row| row["Id"].as_i64().unwrap()).collect()
}

fn crowd(items: i32) -> Server {
    let mut office = office();
    for _ in 0..items {
        office.world.add_item(office.bids, 0, &[]).unwrap();
    }
    office.world.delete(office.bids, 3).unwrap();
    Server::new(office.world)
}

#[test]
fn items_are_paged_by_id_with_next_links_to_the_end() {
    for (accept, link) in [(VERBOSE, "/d/__next"), (BARE, "/odata.nextLink"), (MINIMAL, "/odata.nextLink")] {
        let mut server = crowd(25);
        let mut request = get("web/lists/getbytitle('Q1%20Bids')/items?$select=Id,Title&$top=10", accept);
        let (mut all, mut pages) = (Vec::new(), 0);
        loop {
            let body = json(&mut server, &request);
            all.extend(ids(&body));
            pages += 1;
            let Some(next) = body.pointer(link) else { break };
            *request.uri_mut() = next.as_str().unwrap().parse().unwrap();
        }
        let expected: Vec<i64> = (1..=25).filter(|id| *id != 3).collect();
        assert_eq!((all, pages), (expected, 3), "{accept}");
    }
}

#[test]
fn items_are_filtered_and_ordered_by_id() {
    let mut server = crowd(30);
    let mut ask = |options: &str| {
        let options = options.replace(' ', "%20");
        ids(&json(&mut server, &get(&format!("web/lists/getbytitle('Q1%20Bids')/items?{options}"), BARE)))
    };
    assert_eq!(ask("$filter=Id eq 2 or Id eq 3 or Id eq 4"), [2, 4]);
    assert_eq!(ask("$filter=Id ge 10 and Id le 12"), [10, 11, 12]);
    assert_eq!(ask("$orderby=Id desc&$top=3"), [30, 29, 28]);
    assert_eq!(ask("$orderby=ID&$top=2"), [1, 2]);
    assert_eq!(ask("$skiptoken=Paged%3dTRUE%26p_ID%3d28"), [29, 30]);
    assert_eq!(ask("$top=9999").len(), 29);
    let mut server = crowd(4);
    for wrong in
        ["$filter=Title%20eq%20'x'", "$orderby=Title", "$top=many", "$skiptoken=later", "$select=Colour"]
    {
        let request = get(&format!("web/lists/getbytitle('Q1%20Bids')/items?{wrong}"), BARE);
        assert_eq!(refusal(&mut server, &request).0, 400, "{wrong}");
    }
}

#[test]
fn values_of_every_kind_have_their_json() {
    let mut office = office();
    let (world, list) = (&mut office.world, office.bids);
    let lookup = ColumnKind::Lookup { list, show: "Title".into(), many: false };
    for (title, kind) in [
        ("Amount", ColumnKind::Currency),
        ("Won", ColumnKind::Boolean),
        ("Due", ColumnKind::DateTime { day: false }),
        ("Tags", ColumnKind::MultiChoice(vec!["Open".into(), "Held".into()])),
        ("Parent", lookup),
        ("Owners", ColumnKind::User { many: true }),
        ("Link", ColumnKind::Url),
        ("Term", ColumnKind::Taxonomy { many: true }),
        ("Twice", ColumnKind::Calculated(Formula::Double("Amount".into()))),
        ("_Hidden", ColumnKind::Text),
    ] {
        world.add_column(list, title, kind).unwrap();
    }
    let term = uuid::Uuid::from_u128(7);
    let due = sharepoint_simulator::Ticks(639_082_161_621_200_000);
    let values = [
        ("Title", Held::Text("Größe \"1\"".into())),
        ("Amount", Held::Number(12_500.5)),
        ("Won", Held::Bool(true)),
        ("Due", Held::Date(due)),
        ("Tags", Held::Choices(vec!["Open".into(), "Held".into()])),
        ("Parent", Held::Lookup(12)),
        ("Owners", Held::Lookups(vec![1, 2])),
        ("Link", Held::Url { url: "https://x.example/a".into(), caption: "Caption".into() }),
        ("Term", Held::Terms(vec![(1, "North".into(), term)])),
        ("_Hidden", Held::Text("h".into())),
    ];
    let id = world.add_item(list, 0, &values).unwrap();
    let mut server = Server::new(office.world);
    let item = json(&mut server, &get(&format!("web/lists/getbytitle('Q1%20Bids')/items({id})"), BARE));
    assert_eq!(item["Title"], "Größe \"1\"");
    assert_eq!((&item["Amount"], &item["Twice"]), (&json!(12_500.5), &json!(25_001)));
    assert_eq!((&item["Won"], &item["Due"]), (&json!(true), &json!("2026-03-04T10:16:02.12Z")));
    assert_eq!(item["Tags"], json!(["Open", "Held"]));
    assert_eq!((&item["ParentId"], &item["OwnersId"]), (&json!(12), &json!([1, 2])));
    assert_eq!(item["Link"], json!({"Description": "Caption", "Url": "https://x.example/a"}));
    assert_eq!(item["Term"], json!([{"Label": "North", "TermGuid": term.to_string(), "WssId": 1}]));
    assert_eq!(item["OData__Hidden"], "h");
    let verbose = json(&mut server, &get(&format!("web/lists/getbytitle('Q1%20Bids')/items({id})"), VERBOSE));
    assert_eq!(verbose["d"]["Tags"]["results"], json!(["Open", "Held"]));
    assert_eq!(verbose["d"]["Term"]["__metadata"]["type"], "Collection(SP.Taxonomy.TaxonomyFieldValue)");
    assert_eq!(verbose["d"]["__metadata"]["type"], "SP.Data.Q1_x0020_BidsListItem");
    assert!(verbose["d"]["File"]["__deferred"]["uri"].is_string());
}

#[test]
fn files_and_folders_are_found_by_id_url_and_path() {
    let office = busy_office();
    let file = office.world.list(office.documents).item(7).unwrap().unique_id;
    let mut server = Server::new(office.world);
    let name = "Gr%C3%B6%C3%9Fe.docx";
    for path in [
        format!("web/getfilebyid('{file}')"),
        format!("web/GetFileByServerRelativeUrl('/sites/ops/shared%20documents/2026/{name}')"),
        format!("web/getfilebyserverrelativepath(decodedUrl='/sites/ops/Shared%20Documents/2026/{name}')"),
        "web/lists/getbytitle('Documents')/items(7)/file".to_owned(),
    ] {
        let body = json(&mut server, &get(&path, BARE));
        assert_eq!(body["ServerRelativeUrl"], "/sites/ops/Shared Documents/2026/Größe.docx", "{path}");
        assert_eq!((&body["Length"], &body["UIVersionLabel"]), (&json!(20), &json!("2.0")));
    }
    // An Int64 is text in verbose JSON.
    let verbose = json(&mut server, &get(&format!("web/getfilebyid('{file}')"), VERBOSE));
    assert_eq!(verbose["d"]["Length"], "20");
    let item = json(&mut server, &get(&format!("web/getfilebyid('{file}')/ListItemAllFields"), BARE));
    assert_eq!(item["Id"], 7);
    let folder = "web/getfolderbyserverrelativeurl('/sites/ops/Shared%20Documents/2026')";
    assert_eq!(json(&mut server, &get(folder, BARE))["ItemCount"], 4);
    let names = |body: &Value| -> Vec<String> {
        let rows = body["value"].as_array().unwrap();
        rows.iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&json(&mut server, &get(&format!("{folder}/folders"), BARE))), ["March"]);
    let files = names(&json(&mut server, &get(&format!("{folder}/files?$select=Name"), BARE)));
    assert_eq!(files, ["a.docx", "b.docx", "Größe.docx"]);
}

#[test]
fn percent_and_hash_are_a_trap_of_the_older_methods() {
    let mut office = office();
    office.world.upload(office.documents, 0, "100% #1.docx", 1).unwrap();
    let mut server = Server::new(office.world);
    let name = "/sites/ops/Shared%20Documents/100%25%20%231.docx";
    let old = get(&format!("web/getfilebyserverrelativeurl('{name}')"), BARE);
    assert_eq!(refusal(&mut server, &old).1, "-2147024894, System.IO.FileNotFoundException");
    let new = get(&format!("web/getfilebyserverrelativepath(decodedurl='{name}')"), BARE);
    assert_eq!(json(&mut server, &new)["Name"], "100% #1.docx");
}

#[test]
fn sites_webs_lists_fields_and_single_properties_are_read() {
    let office = busy_office();
    let id = office.world.list(office.bids).id;
    let mut server = Server::new(office.world);
    let lists = json(&mut server, &get("web/lists?$select=Id,Title", BARE));
    assert_eq!(lists["value"].as_array().unwrap().len(), 2);
    let list = json(&mut server, &get(&format!("web/lists(guid'{id}')"), BARE));
    assert_eq!(
        (&list["Title"], &list["ItemCount"], &list["BaseTemplate"]),
        (&json!("Q1 Bids"), &json!(1), &json!(100))
    );
    assert!(list["CurrentChangeToken"]["StringValue"].is_string());
    let fields = json(&mut server, &get(&format!("web/lists('{id}')/fields"), BARE));
    assert_eq!(fields["value"][1]["InternalName"], "Bid_x0020_Amount");
    assert_eq!(json(&mut server, &get("web/webs", BARE))["value"][0]["Title"], "North");
    assert_eq!(json(&mut server, &get("site/rootweb", BARE))["Url"], SITE);
    assert_eq!(json(&mut server, &get("web/title", BARE)), json!({"value": "Operations"}));
    assert_eq!(json(&mut server, &get("web/title", VERBOSE)), json!({"d": {"Title": "Operations"}}));
    let token = json(&mut server, &get("web/currentchangetoken", BARE));
    assert!(token["StringValue"].as_str().unwrap().starts_with("1;2;"));
    let user = json(&mut server, &get("web/getuserbyid(2)", BARE));
    assert_eq!(user["LoginName"], "i:0#.f|membership|zoe@fabrikam.example");
}

#[test]
fn entities_come_as_atom_without_an_accept() {
    let mut server = crowd(3);
    let mut request = get("web/lists/getbytitle('Q1%20Bids')/items?$top=1", "");
    request.headers_mut().remove("Accept");
    let text = String::from_utf8(send(&mut server, &request).into_body()).unwrap();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xml:base=\"https://fabrikam"));
    assert!(text.contains("<d:Id m:type=\"Edm.Int32\">1</d:Id>"));
    assert!(text.contains("<link rel=\"next\" href=\"https://fabrikam"));
    *request.uri_mut() = format!("{SITE}/_api/web").parse().unwrap();
    let response = send(&mut server, &request);
    assert_eq!(response.headers()["Content-Type"], "application/atom+xml;type=entry;charset=utf-8");
    let text = String::from_utf8(response.into_body()).unwrap();
    assert!(text.contains("<category term=\"SP.Web\"") && text.contains("<d:Title>Operations</d:Title>"));
}

#[test]
fn what_the_caller_may_not_see_is_not_there() {
    let mut office = busy_office();
    office.world.show_to_caller(office.documents, 3, false).unwrap();
    let mut server = Server::new(office.world);
    let list = "web/lists/getbytitle('Documents')";
    assert_eq!(refusal(&mut server, &get(&format!("{list}/items(3)"), BARE)).0, 404);
    assert!(!ids(&json(&mut server, &get(&format!("{list}/items"), BARE))).contains(&3));
    let path = "web/getfilebyserverrelativeurl('/sites/ops/Shared%20Documents/2026/a.docx')";
    assert_eq!(refusal(&mut server, &get(path, BARE)).0, 404);
}

#[test]
fn addresses_in_answers_are_those_the_client_used() {
    let mut server = crowd(4);
    let mut request = get("web", MINIMAL);
    *request.uri_mut() = "/sites/ops/_api/web".parse().unwrap();
    request.headers_mut().insert("Host", "127.0.0.1:8080".parse().unwrap());
    assert_eq!(json(&mut server, &request)["odata.id"], "http://127.0.0.1:8080/sites/ops/_api/Web");
}
