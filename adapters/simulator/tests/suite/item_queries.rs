//! CAML: conditions, orders, Contains, and the thresholds that refuse them.

use serde_json::json;
use sharepoint_simulator::Server;
use sharepoint_simulator::world::{ColumnKind, ListRef, Value};

use crate::ask::refusal;
use crate::item_types::{every_field, register};
use crate::rowset::{BY_ID, USUAL, answer, options_at, page, since};
use crate::since_token::filled;
use crate::verbs::office;

/// Ids of the rows that a condition lets through.
fn found(server: &mut Server, list: ListRef, condition: &str) -> Vec<i32> {
    let query = format!("<Query><Where>{condition}</Where></Query>");
    let members = json!({ "RowLimit": "100", "Query": query, "QueryOptions": USUAL });
    page(server, list, &members).row_ids()
}

/// Bids 1 to 6 with amounts, states, dates, owners; the sixth is empty.
fn bids() -> (Server, ListRef) {
    let mut office = office();
    let (world, list) = (&mut office.world, office.bids);
    let ana = world.add_user(office.site, "Ana Ruiz", "ana@fabrikam.example");
    world.add_column(list, "Amount", ColumnKind::Currency).unwrap();
    world.add_column(list, "Won", ColumnKind::Boolean).unwrap();
    world.add_column(list, "Due", ColumnKind::DateTime { day: false }).unwrap();
    world.add_column(list, "Owner", ColumnKind::User { many: false }).unwrap();
    world
        .add_column(list, "Tags", ColumnKind::MultiChoice(vec!["Red".to_owned(), "Blue".to_owned()]))
        .unwrap();
    let base = crate::item_types::MEETING;
    for (at, title) in (0_u32..).zip(["Depot", "bridge", "Bridge & ramp", "tunnel", "Harbour"]) {
        let day = sharepoint_simulator::Ticks(base.0 + i64::from(at) * 864_000_000_000);
        let values = [
            ("Title", Value::Text(title.to_owned())),
            ("Amount", Value::Number(f64::from(at + 1) * 100.0)),
            ("Won", Value::Bool(at % 2 == 0)),
            ("Due", Value::Date(day)),
            ("Owner", Value::Lookup(if at < 2 { ana } else { 1 })),
            (
                "Tags",
                Value::Choices(if at == 3 { vec!["Red".to_owned(), "Blue".to_owned()] } else { Vec::new() }),
            ),
        ];
        world.add_item(list, 0, &values).unwrap();
    }
    world.add_item(list, 0, &[]).unwrap();
    (Server::new(office.world), list)
}

fn compare(operator: &str, field: &str, kind: &str, value: &str) -> String {
    format!("<{operator}><FieldRef Name=\"{field}\"/><Value Type=\"{kind}\">{value}</Value></{operator}>")
}

#[test]
fn conditions_compare_typed_values() {
    let (mut server, list) = bids();
    let all = |first: &str, second: &str| format!("<And>{first}{second}</And>");
    let either = |first: &str, second: &str| format!("<Or>{first}{second}</Or>");
    for (condition, expected) in [
        (compare("Eq", "Title", "Text", "BRIDGE"), vec![2]),
        (compare("Neq", "Title", "Text", "bridge"), vec![1, 3, 4, 5, 6]),
        (compare("BeginsWith", "Title", "Text", "bri"), vec![2, 3]),
        (compare("Contains", "Title", "Text", "&amp; r"), vec![3]),
        (compare("Gt", "Amount", "Currency", "300"), vec![4, 5]),
        (compare("Geq", "Amount", "Currency", "300.0"), vec![3, 4, 5]),
        (compare("Lt", "Amount", "Currency", "200"), vec![1]),
        (compare("Leq", "Amount", "Currency", "200"), vec![1, 2]),
        (compare("Eq", "Won", "Boolean", "1"), vec![1, 3, 5]),
        (compare("Eq", "Won", "Boolean", "FALSE"), vec![2, 4]),
        ("<IsNull><FieldRef Name=\"Amount\"/></IsNull>".to_owned(), vec![6]),
        ("<IsNotNull><FieldRef Name=\"Amount\"/></IsNotNull>".to_owned(), vec![1, 2, 3, 4, 5]),
        (compare("Geq", "Due", "DateTime", "2026-03-07T00:00:00Z"), vec![4, 5]),
        // Without IncludeTimeValue the day counts.
        (compare("Eq", "Due", "DateTime", "2026-03-05T01:00:00Z"), vec![2]),
        (
            "<Eq><FieldRef Name=\"Due\"/><Value Type=\"DateTime\" IncludeTimeValue=\"TRUE\">2026-03-05T10:15:31Z</Value></Eq>"
                .to_owned(),
            vec![2],
        ),
        (compare("Eq", "Owner", "Text", "Ana Ruiz"), vec![1, 2]),
        ("<Eq><FieldRef Name=\"Owner\" LookupId=\"TRUE\"/><Value Type=\"User\">2</Value></Eq>".to_owned(), vec![1, 2]),
        ("<Eq><FieldRef Name=\"Owner\" LookupId=\"TRUE\"/><Value Type=\"Integer\"><UserID/></Value></Eq>".to_owned(), vec![3, 4, 5]),
        (compare("Eq", "Tags", "Text", "Blue"), vec![4]),
        (
            "<In><FieldRef Name=\"ID\"/><Values><Value Type=\"Counter\">2</Value><Value Type=\"Counter\">5</Value>\
             <Value Type=\"Counter\">99</Value></Values></In>"
                .to_owned(),
            vec![2, 5],
        ),
        (compare("Eq", "ID", "Counter", "3"), vec![3]),
        (
            all(&compare("Gt", "ID", "Counter", "1"), &all(&compare("Leq", "ID", "Counter", "4"), &compare("Eq", "Won", "Boolean", "1"))),
            vec![3],
        ),
        (either(&compare("Eq", "ID", "Counter", "1"), &compare("Eq", "Title", "Text", "tunnel")), vec![1, 4]),
        (either(&compare("Eq", "ID", "Counter", "6"), &compare("Eq", "ID", "Counter", "2")), vec![2, 6]),
        (compare("Eq", "FSObjType", "Integer", "0"), vec![1, 2, 3, 4, 5, 6]),
        (compare("Eq", "FileRef", "Text", "/sites/ops/Lists/Q1 Bids/4_.000"), vec![4]),
    ] {
        assert_eq!(found(&mut server, list, &condition), expected, "{condition}");
    }
}

#[test]
fn unique_ids_are_compared_with_and_without_braces() {
    let (mut server, list) = bids();
    let id = server.world().list(list).item(3).unwrap().unique_id;
    for text in [id.to_string(), format!("{{{}}}", id.to_string().to_uppercase())] {
        assert_eq!(found(&mut server, list, &compare("Eq", "UniqueId", "Guid", &text)), [3]);
    }
}

#[test]
fn contains_filters_and_query_goes_before_it() {
    let (mut server, list) = bids();
    let contains = "<Contains><FieldRef Name=\"Title\"/><Value Type=\"Text\">RI</Value></Contains>";
    let mut members = json!({ "RowLimit": "100", "Contains": contains, "QueryOptions": USUAL });
    assert_eq!(page(&mut server, list, &members).row_ids(), [2, 3]);
    members["Query"] = json!(BY_ID);
    assert_eq!(page(&mut server, list, &members).row_ids(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn nonsense_is_refused() {
    let (mut server, list) = bids();
    for (condition, code) in [
        (compare("Eq", "NoSuchField", "Text", "x"), "-2130575340, "),
        (compare("Resembles", "Title", "Text", "x"), "-2147467259, "),
        (compare("Eq", "Amount", "Currency", "many"), "-2147467259, "),
        ("<Eq><FieldRef Name=\"Title\"/></Eq>".to_owned(), "-2147467259, "),
        ("<And><IsNull><FieldRef Name=\"Title\"/></IsNull></And>".to_owned(), "-2147467259, "),
        ("<Eq>".to_owned(), "-1, System.Xml.XmlException"),
    ] {
        let query = format!("<Query><Where>{condition}</Where></Query>");
        let request = since(&server, list, &json!({ "Query": query }));
        let (status, found, _) = refusal(&mut server, &request);
        assert_eq!(status, 400);
        assert!(found.starts_with(code), "{condition}: {found}");
    }
}

#[test]
fn any_order_can_be_paged_by_its_own_places() {
    let (mut server, list) = bids();
    for (order, expected) in [
        ("<FieldRef Name=\"ID\" Ascending=\"FALSE\"/>", vec![6, 5, 4, 3, 2, 1]),
        ("<FieldRef Name=\"Title\"/>", vec![6, 2, 3, 1, 5, 4]),
        (
            "<FieldRef Name=\"Won\" Ascending=\"FALSE\"/><FieldRef Name=\"Amount\" Ascending=\"FALSE\"/>",
            vec![5, 3, 1, 4, 2, 6],
        ),
        ("<FieldRef Name=\"Due\"/>", vec![6, 1, 2, 3, 4, 5]),
    ] {
        let query = format!("<Query><OrderBy>{order}</OrderBy></Query>");
        let (mut options, mut ids) = (USUAL.to_owned(), Vec::new());
        for _ in 0..9 {
            let members = json!({ "RowLimit": "2", "Query": query, "QueryOptions": options });
            let found = page(&mut server, list, &members);
            ids.extend(found.row_ids());
            let Some(position) = found.position else { break };
            options = options_at(&position);
        }
        assert_eq!(ids, expected, "{order}");
    }
}

#[test]
fn a_last_page_that_is_full_has_no_position_unless_the_dialect_says_so() {
    let (mut server, office) = filled(4);
    let members = |position: Option<String>| {
        let options = position.map_or(USUAL.to_owned(), |position| options_at(&position));
        json!({ "RowLimit": "2", "Query": BY_ID, "QueryOptions": options })
    };
    let first = page(&mut server, office.bids, &members(None));
    let second = page(&mut server, office.bids, &members(first.position.clone()));
    assert_eq!((second.row_ids(), second.position), (vec![3, 4], None));
    server.world_mut().dialect.set("position-at-end=yes").unwrap();
    let second = page(&mut server, office.bids, &members(first.position));
    let third = page(&mut server, office.bids, &members(second.position));
    assert_eq!((third.rows.len(), third.position), (0, None));
}

#[test]
fn items_asked_for_by_id_come_over_several_pages_where_the_dialect_says_so() {
    let (mut server, office) = filled(4);
    let value = |id: i32| format!("<Value Type=\"Counter\">{id}</Value>");
    let values: String = [1, 3, 4].map(value).concat();
    let query = format!(
        "<Query><Where><In><FieldRef Name=\"ID\"/><Values>{values}</Values></In></Where>\
         <OrderBy><FieldRef Name=\"ID\"/></OrderBy></Query>"
    );
    let members = json!({ "RowLimit": "3", "Query": query, "QueryOptions": USUAL });
    let whole = page(&mut server, office.bids, &members);
    assert_eq!((whole.row_ids(), whole.position), (vec![1, 3, 4], None));
    server.world_mut().dialect.set("ids-cap=2").unwrap();
    let first = page(&mut server, office.bids, &members);
    assert_eq!((first.row_ids(), first.position.is_some()), (vec![1, 3], true));
    // Other pages are as long as they were.
    let members = json!({ "RowLimit": "3", "Query": BY_ID, "QueryOptions": USUAL });
    assert_eq!(page(&mut server, office.bids, &members).row_ids(), [1, 2, 3]);
}

#[test]
fn a_filter_without_an_index_meets_the_list_view_threshold() {
    let (mut server, office) = filled(30);
    server.world_mut().dialect.set("view-threshold=20").unwrap();
    let query = |condition: &str| format!("<Query><Where>{condition}</Where></Query>");
    let by_title = json!({ "Query": query(&compare("Eq", "Title", "Text", "Bid 3")), "QueryOptions": USUAL });
    let request = since(&server, office.bids, &by_title);
    let (status, code, _) = refusal(&mut server, &request);
    assert_eq!((status, code.as_str()), (500, "-2147024860, Microsoft.SharePoint.SPQueryThrottledException"));
    let ordered = json!({ "Query": "<Query><OrderBy><FieldRef Name=\"Title\"/></OrderBy></Query>", "QueryOptions": USUAL });
    assert_eq!(answer(&mut server, office.bids, &ordered).status(), 500);
    // By id nothing is scanned.
    assert_eq!(found(&mut server, office.bids, &compare("Gt", "ID", "Counter", "28")), [29, 30]);
    let members = json!({ "RowLimit": "100", "Query": BY_ID, "QueryOptions": USUAL });
    assert_eq!(page(&mut server, office.bids, &members).rows.len(), 30);
    server.world_mut().dialect.set("view-threshold=0").unwrap();
    assert_eq!(page(&mut server, office.bids, &by_title).row_ids(), [3]);
}

#[test]
fn a_folder_with_too_much_in_it_cannot_be_listed() {
    let mut office = office();
    let list = office.documents;
    let folder = office.world.add_folder(list, 0, "F").unwrap();
    for at in 0..10 {
        office.world.upload(list, folder, &format!("{at}"), 1).unwrap();
    }
    let mut server = Server::new(office.world);
    server.world_mut().dialect.set("folder-threshold=9").unwrap();
    let options =
        USUAL.replace("<ViewAttributes", "<Folder>/sites/ops/Shared Documents/F</Folder><ViewAttributes");
    let members = json!({ "RowLimit": "3", "Query": BY_ID, "QueryOptions": options });
    let request = since(&server, list, &members);
    assert!(refusal(&mut server, &request).1.starts_with("-2147024860, "));
    server.world_mut().dialect.set("folder-threshold=10").unwrap();
    assert_eq!(page(&mut server, list, &members).rows.len(), 3);
}

#[test]
fn more_lookups_than_the_lookup_threshold_are_refused() {
    let (mut server, list) = register();
    let fields = every_field(server.world(), list);
    let members = json!({ "RowLimit": "1", "Query": BY_ID, "ViewFields": fields, "QueryOptions": USUAL });
    server.world_mut().dialect.set("lookup-threshold=8").unwrap();
    assert_eq!(
        page(&mut server, list, &members).rows.len(),
        1,
        "two lookups, two people, two terms, author, editor"
    );
    server.world_mut().dialect.set("lookup-threshold=7").unwrap();
    let request = since(&server, list, &members);
    let (status, code, text) = refusal(&mut server, &request);
    assert_eq!(status, 500);
    assert!(code.starts_with("-2147024860, ") && text.contains("lookup"));
}
