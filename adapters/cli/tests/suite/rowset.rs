//! `read`: saved rowsets.

use serde_json::{Value, json};

use crate::{Ended, fixture, run, run_with};

fn read(name: &str) -> Ended {
    run(&["read", &fixture(name)])
}

/// The lines of one type.
fn of_type(lines: &[Value], name: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["type"] == name).cloned().collect()
}

#[test]
fn values_are_typed_by_the_list_and_the_row_itself_is_kept() {
    let lines = read("items-load.xml").with(0).lines();
    let row = &of_type(&lines, "row")[0];
    assert_eq!((&row["item_id"], &row["folder"]), (&json!(15), &json!(false)));
    assert_eq!(row["path"], "/sites/ops/Lists/Q1 Bids/15_.000");
    assert_eq!(row["values"]["Bid_x0020_Amount"], 12500.5);
    assert_eq!(row["values"]["Big"], true);
    assert_eq!(row["raw"]["ows_Bid_x0020_Amount"], "12500.5000000000");
    let page = lines.last().unwrap();
    assert_eq!((&page["type"], &page["next"]), (&json!("page"), &json!("Paged=TRUE&p_ID=16")));
    assert_eq!((&page["list"]["title"], &page["more_changes"]), (&json!("Q1 Bids"), &json!(false)));
    assert_eq!(page["token"], "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511");
}

#[test]
fn the_same_page_over_soap_prints_the_same_values() {
    let lines = |name| read(name).with(0).lines();
    assert_eq!(of_type(&lines("items-load.xml"), "row"), of_type(&lines("items-load-soap.xml"), "row"));
}

#[test]
fn every_event_is_a_line_in_its_order_and_goes_before_the_rows() {
    let lines = read("items-increment.xml").with(0).lines();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["op"].as_str().unwrap_or("-").to_owned(), line["item_id"].as_i64()))
        .collect();
    let expected = [
        ("delete", Some(17)),
        ("move_away", Some(18)),
        ("restore", Some(16)),
        ("system_update", Some(12)),
        ("system_update", None),
        ("rename", Some(15)),
        ("unknown", Some(19)),
        ("-", Some(15)),
        ("-", None),
    ];
    assert_eq!(told, expected.map(|(op, id)| (op.to_owned(), id)));
    assert_eq!((&lines[1]["to_item"], &lines[6]["change_type"]), (&json!(4), &json!("Vanish")));
    assert_eq!(lines[8]["more_changes"], true);
    assert!(lines[7].get("values").is_none(), "without the list's fields nothing is typed");
}

#[test]
fn a_broken_row_and_an_illegal_character_are_named_with_their_place() {
    let lines = read("items-dirty.xml").with(0).lines();
    let notices = of_type(&lines, "notice");
    let broken: Vec<_> =
        notices.iter().filter(|it| it["notice"] == "broken_row").map(|it| it["item_id"].clone()).collect();
    assert_eq!(broken, [json!(16), Value::Null, json!(18)]);
    let illegal = notices.iter().find(|it| it["notice"] == "illegal_character").unwrap();
    assert_eq!((&illegal["item_id"], &illegal["attribute"]), (&json!(15), &json!("ows_Title")));
    assert!(illegal["offset"].as_u64().unwrap() > 500 && lines.last().unwrap()["broken"] == 3);
}

#[test]
fn a_rowset_that_was_cut_is_no_rowset() {
    let whole = std::fs::read(fixture("items-load.xml")).unwrap();
    let ended = run_with(&["read"], &whole[..whole.len() / 2]).with(8);
    assert!(ended.out.is_empty() && ended.err.contains("exit code 8"), "{}", ended.err);
}

#[test]
fn people_read_what_happened_and_where_to_go_on() {
    let out = run(&["read", &fixture("items-increment.xml"), "--output", "text"]).with(0).out;
    assert!(out.starts_with("delete          item 17\n"), "{out}");
    assert!(out.contains("unknown         item 19 (Vanish)\n"), "{out}");
    assert!(out.lines().last().unwrap().ends_with("more changes to come"), "{out}");
}
