//! A page of rows is a few pieces of memory, however many rows it has.

use std::time::Duration;

use allocation_counter::measure;
use sharepoint_changes::{
    Action, Feed, ItemQuery, ListRef, Machine, Session, Settings, Site, Start, http::Response,
};

/// A page of a load with so many rows of 20 columns, as servers write them; of every row one column is left out.
fn answer(rows: usize, list: &str) -> Response<Vec<u8>> {
    let mut body = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult><listitems \
         MinTimeBetweenSyncs='0' xmlns:s='uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882' \
         xmlns:dt='uuid:C2F41010-65B3-11d1-A29F-00AA00C14882' xmlns:rs='urn:schemas-microsoft-com:rowset' \
         xmlns:z='#RowsetSchema'>\n<Changes LastChangeToken=\"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;\
         639082161304470000;912004511\">",
    );
    body += &format!(
        "{list}</Changes>\n<rs:data ItemCount=\"{rows}\" ListItemCollectionPositionNext=\"Paged=TRUE&amp;p_ID={rows}\">"
    );
    for id in 1..=rows {
        let columns = (1..=20).filter(|column| *column != 1 + id % 20);
        let columns = columns.map(|column| format!(" ows_Column_x0020_{column}='value {id} &amp; {column}'"));
        body += &format!("\n   <z:row ows_ID='{id}'{} />", columns.collect::<String>());
    }
    body += "\n</rs:data></listitems></GetListItemChangesSinceTokenResult>";
    Response::new(body.into_bytes())
}

/// How often memory is set aside while a page is read and each of its values is looked at.
fn count(rows: usize) -> u64 {
    let (query, answer) = (ItemQuery::new(ListRef::Title("Q1 Bids".into())), answer(rows, ""));
    let mut seen = 0;
    let counted = measure(|| {
        let page = query.read(&answer).expect("a page");
        seen = page
            .rows
            .iter()
            .filter(|row| row.get("Column_x0020_1").is_some() == (row.id() % 20 != 0))
            .count();
    });
    assert_eq!(seen, rows);
    counted.count_total
}

#[test]
fn a_page_of_a_thousand_rows_takes_at_most_60_allocations() {
    let thousand = count(1_000);
    assert!(thousand <= 60, "{thousand}");
}

#[test]
fn ten_times_the_rows_take_hardly_more() {
    let (thousand, ten_thousand) = (count(1_000), count(10_000));
    assert!(ten_thousand <= thousand + 10, "{thousand} {ten_thousand}");
}

#[test]
fn a_page_of_a_session_with_a_list_of_80_fields_takes_at_most_100() {
    let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").expect("an address");
    let query = ItemQuery::new(ListRef::Title("Q1 Bids".into()));
    let mut session = Session::new(site, query, Start::Beginning, Settings::default()).expect("a session");
    let field = |n: usize| {
        format!(
            "<Field ID=\"{{fa564e0f-0c70-4ab9-b863-0177e6d{n:05}}}\" Type=\"Text\" Name=\"Column_x0020_{n}\" \
             DisplayName=\"Column {n}\" Required=\"FALSE\" StaticName=\"Column_x0020_{n}\"/>"
        )
    };
    let fields: String = (0..80).map(field).collect();
    let list = format!("<List ID=\"{{{LIST}}}\" Title=\"Q1 Bids\"><Fields>{fields}</Fields></List>");
    let fence =
        format!("{{\"CurrentChangeToken\":{{\"StringValue\":\"1;3;{LIST};639082161304470000;912004511\"}}}}");
    let mut turn = |answer: Response<Vec<u8>>| {
        assert!(matches!(session.poll(Duration::ZERO), Ok(Action::Send(_))));
        let mut rows = 0;
        let counted = measure(|| {
            session.receive(answer);
            if let Ok(Action::Page(page)) = session.poll(Duration::ZERO) {
                rows = page.changes.len();
            }
        });
        (rows, counted.count_total)
    };
    turn(Response::new(fence.clone().into_bytes()));
    // Whose log it is, which it does not tell.
    turn(Response::new(fence.into_bytes()));
    turn(answer(1, &list));
    assert_eq!(turn(answer(10, &list)).0, 10);
    let (rows, allocations) = turn(answer(1_000, &list));
    assert_eq!(rows, 1_000);
    assert!(allocations <= 100, "{allocations}");
}

const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
