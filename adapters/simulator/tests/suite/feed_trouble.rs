//! What goes wrong in the feed of a list's items: poisoned rows, narrowed rights, lies.

use std::time::Duration;

use serde_json::{Value as Json, json};
use sharepoint_simulator::{Delivery, Fault, Lie, Server};

use crate::ask::{BARE, MINIMAL, VERBOSE, get, refusal, send};
use crate::rowset::{BY_ID, Page, USUAL, answer, body, increment, now, page, since};
use crate::since_token::filled;

fn load(limit: &str) -> Json {
    json!({ "RowLimit": limit, "Query": BY_ID, "QueryOptions": USUAL })
}

fn only(id: i32, fields: &str) -> Json {
    let query = format!(
        "<Query><Where><Eq><FieldRef Name=\"ID\"/><Value Type=\"Counter\">{id}</Value></Eq></Where></Query>"
    );
    json!({ "RowLimit": "1", "Query": query, "QueryOptions": USUAL, "ViewFields": fields })
}

#[test]
fn a_poisoned_row_fails_every_answer_it_stands_in_and_no_other() {
    let (mut server, office) = filled(5);
    let start = now(&server, office.bids);
    server.world_mut().poison(office.bids, 3, true).unwrap();
    for limit in ["5", "3"] {
        let request = since(&server, office.bids, &load(limit));
        let (status, code, _) = refusal(&mut server, &request);
        assert_eq!((status, code.as_str()), (500, "-2147024809, System.ArgumentException"));
    }
    assert_eq!(page(&mut server, office.bids, &load("2")).row_ids(), [1, 2]);
    let title = "<ViewFields><FieldRef Name=\"Title\"/></ViewFields>";
    let id = "<ViewFields><FieldRef Name=\"ID\"/></ViewFields>";
    assert_eq!(answer(&mut server, office.bids, &only(3, title)).status(), 500);
    assert_eq!(answer(&mut server, office.bids, &only(4, title)).status(), 200);
    assert_eq!(page(&mut server, office.bids, &only(3, id)).row_ids(), [3]);
    server.world_mut().edit(office.bids, 3, &[]).unwrap();
    server.world_mut().edit(office.bids, 4, &[]).unwrap();
    let members = json!({ "ChangeToken": start, "RowLimit": "9", "QueryOptions": USUAL });
    assert_eq!(answer(&mut server, office.bids, &members).status(), 500);
    server.world_mut().poison(office.bids, 3, false).unwrap();
    assert_eq!(increment(&mut server, office.bids, &start).row_ids(), [3, 4]);
}

#[test]
fn poison_cuts_the_body_or_breaks_the_xml_by_the_dialect() {
    let (mut server, office) = filled(3);
    server.world_mut().poison(office.bids, 2, true).unwrap();
    server.world_mut().dialect.set("poison=broken").unwrap();
    let text = body(&mut server, office.bids, &load("9"));
    assert!(roxmltree::Document::parse(&text).is_err() && text.contains("</listitems>"));
    assert!(text.contains("ows_ID='3'"), "its neighbours are whole");
    server.world_mut().dialect.set("poison=cut").unwrap();
    let request = since(&server, office.bids, &load("9"));
    let served = server.serve(Duration::ZERO, &request);
    let Delivery::Cut(length) = served.delivery else { panic!("{:?}", served.delivery) };
    let arrived = String::from_utf8_lossy(&served.response.body()[..length]).into_owned();
    assert!(
        arrived.contains("ows_ID='1'") && arrived.contains("ows_ID='2'") && !arrived.contains("ows_ID='3'")
    );
    let request = since(&server, office.bids, &load("1"));
    assert_eq!(server.serve(Duration::ZERO, &request).delivery, Delivery::Whole);
}

#[test]
fn hidden_items_are_absent_and_the_list_s_count_is_larger_than_the_rows() {
    let (mut server, office) = filled(6);
    let start = now(&server, office.bids);
    server.world_mut().show_only(office.bids, |item| item.id % 2 == 0).unwrap();
    let found = page(&mut server, office.bids, &load("9"));
    assert_eq!(found.row_ids(), [2, 4, 6]);
    assert!(body(&mut server, office.bids, &load("9")).contains(" ItemCount=\"6\" RootFolder="));
    assert!(
        page(&mut server, office.bids, &only(3, "<ViewFields><FieldRef Name=\"ID\"/></ViewFields>"))
            .rows
            .is_empty()
    );
    let id = server.world().list(office.bids).id;
    assert_eq!(refusal(&mut server, &get(&format!("web/lists('{id}')/items(3)"), BARE)).0, 404);
    server.world_mut().edit(office.bids, 3, &[]).unwrap();
    server.world_mut().delete(office.bids, 5).unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!((found.told().as_str(), found.rows.len()), ("Delete 5", 0));
    let truth: Vec<i32> = server.world().list_truth(office.bids).iter().map(|item| item.id).collect();
    assert_eq!(truth, [2, 4, 6]);
}

#[test]
fn narrowed_rights_on_the_list_change_effective_perm_mask() {
    let (mut server, office) = filled(1);
    let mask =
        |server: &mut Server| page(server, office.bids, &load("1")).listitems["EffectivePermMask"].clone();
    assert_eq!(mask(&mut server), "FullMask");
    server.world_mut().set_permissions(office.bids, 0x1b0_3c43_12ef).unwrap();
    assert_eq!(mask(&mut server), "0x1b03c4312ef");
    server.world_mut().set_permissions(office.bids, 0x7fff_ffff_ffff_ffff).unwrap();
    server.world_mut().dialect.set("full-mask=number").unwrap();
    assert_eq!(mask(&mut server), "0x7fffffffffffffff");
}

#[test]
fn errors_wear_the_dress_that_accept_asks_for() {
    let (mut server, office) = filled(1);
    let foreign = now(&server, office.documents);
    let id = server.world().list(office.bids).id;
    let path = format!("web/lists('{id}')/GetListItemChangesSinceToken");
    for (accept, start) in [
        (VERBOSE, "{\"error\":{\"code\":\"-2130575173, "),
        (MINIMAL, "{\"odata.error\":{\"code\":\"-2130575173, "),
        ("application/xml", "<?xml version=\"1.0\" encoding=\"utf-8\"?><m:error "),
    ] {
        let query = json!({ "query": { "ChangeToken": foreign } }).to_string();
        let response = send(&mut server, &crate::ask::post(&path, accept, &query));
        assert_eq!(response.status(), 400);
        assert!(String::from_utf8_lossy(response.body()).starts_with(start), "{accept}");
    }
    for (token, code) in [
        ("random", "-2146233086, System.ArgumentOutOfRangeException"),
        ("1;3;x;1;2", "-1, System.FormatException"),
    ] {
        let request = since(&server, office.bids, &json!({ "ChangeToken": token }));
        assert_eq!(refusal(&mut server, &request).1, code);
    }
}

#[test]
fn a_token_of_the_web_is_foreign_and_one_made_from_a_time_is_not() {
    let (mut server, office) = filled(2);
    let web = server.world().current_token(sharepoint_simulator::Scope::Web(office.web)).to_string();
    let request = since(&server, office.bids, &json!({ "ChangeToken": web }));
    assert!(refusal(&mut server, &request).1.starts_with("-2130575173, "));
    let mut parts: Vec<String> = now(&server, office.bids).split(';').map(str::to_owned).collect();
    parts[4] = "-1".to_owned();
    server.world_mut().advance(Duration::from_secs(60));
    server.world_mut().edit(office.bids, 2, &[]).unwrap();
    let found = increment(&mut server, office.bids, &parts.join(";"));
    assert_eq!((found.row_ids(), found.fields), (vec![2], None));
    parts[3] = "639900000000000000".to_owned();
    assert!(increment(&mut server, office.bids, &parts.join(";")).rows.is_empty(), "a token of the future");
}

#[test]
fn a_moved_database_answers_old_tokens_with_older_ones() {
    let (mut server, office) = filled(2);
    let start = now(&server, office.bids);
    let database = server.world().site(office.site).database;
    server.world_mut().move_database(database, 1_000, Duration::ZERO);
    let found = increment(&mut server, office.bids, &start);
    let number = |token: &str| token.rsplit(';').next().unwrap().parse::<i64>().unwrap();
    assert!(found.rows.is_empty() && number(&found.token) < number(&start));
}

#[test]
fn lies_are_told() {
    let (mut server, office) = filled(5);
    let start = now(&server, office.bids);
    server.world_mut().edit(office.bids, 1, &[]).unwrap();
    let number = |token: &str| token.rsplit(';').next().unwrap().parse::<i64>().unwrap();
    let mut told = |lie: Lie| {
        server.lies.stop();
        server.lies.tell(lie);
        increment(&mut server, office.bids, &start)
    };
    assert_eq!(told(Lie::InvalidToken).told(), "InvalidToken ");
    let found = told(Lie::EverMore);
    assert_eq!((found.token, found.more.as_deref(), found.rows.len()), (start.clone(), Some("TRUE"), 1));
    assert!(number(&told(Lie::SinceBackwards).token) < number(&start));
    assert_eq!(told(Lie::NoLastToken).token, "");
    assert_eq!(told(Lie::UnknownChange).told(), "Resync ");
    assert_eq!(told(Lie::Nothing).rows.len(), 1);
    let masks = [told(Lie::ShiftingMask), told(Lie::ShiftingMask)]
        .map(|page| page.listitems["EffectivePermMask"].clone());
    assert_ne!(masks[0], masks[1]);
    server.lies.stop();
    server.lies.tell(Lie::SamePlace);
    assert_eq!(page(&mut server, office.bids, &load("2")).position.as_deref(), Some("Paged=TRUE&p_ID=0"));
    server.lies.tell(Lie::NoData);
    assert!(!body(&mut server, office.bids, &load("2")).contains("rs:data"));
    server.lies.stop();
    server.lies.tell(Lie::CutRowset);
    let text = body(&mut server, office.bids, &load("5"));
    assert!(!text.contains("</listitems>") && roxmltree::Document::parse(&text).is_err());
    server.lies.tell(Lie::JsonRowset);
    let response = answer(&mut server, office.bids, &load("5"));
    assert_eq!((response.status().as_u16(), response.body()[0]), (200, b'{'));
    assert_eq!(response.headers()["Content-Type"], "application/xml;charset=utf-8");
    server.lies.stop();
    server.lies.tell(Lie::WrongObject);
    assert_eq!(answer(&mut server, office.bids, &json!({ "ChangeToken": start })).status(), 400);
    server.lies.stop();
    server.world_mut().advance(Duration::from_hours(24 * 70));
    assert_eq!(increment(&mut server, office.bids, &start).told(), "InvalidToken ");
    server.lies.tell(Lie::Nothing);
    let found = increment(&mut server, office.bids, &start);
    assert_eq!((found.told().as_str(), found.rows.len()), ("", 0));
    assert!(number(&found.token) > number(&start));
}

#[test]
fn sign_in_pages_and_cut_bodies_come_as_faults_of_the_path() {
    let (mut server, office) = filled(5);
    server.faults.on_path("GetListItemChangesSinceToken", 1, 1, Fault::SignIn);
    let response = answer(&mut server, office.bids, &load("5"));
    assert_eq!(response.status(), 200);
    assert!(response.body().starts_with(b"<!DOCTYPE html>"));
    server.faults.on_path("GetListItemChangesSinceToken", 1, 1, Fault::Truncated);
    let text = body(&mut server, office.bids, &load("5"));
    assert!(roxmltree::Document::parse(&text).is_err());
    assert_eq!(Page::read(&body(&mut server, office.bids, &load("5"))).rows.len(), 5);
}

#[test]
fn permissions_of_an_item_bring_its_row_by_the_dialect() {
    let (mut server, office) = filled(2);
    let start = now(&server, office.bids);
    server.world_mut().set_item_permissions(office.bids, 2, Some(1)).unwrap();
    assert!(increment(&mut server, office.bids, &start).rows.is_empty());
    server.world_mut().dialect.set("permission-rows=yes").unwrap();
    assert_eq!(increment(&mut server, office.bids, &start).column("ows_PermMask"), ["0x1"]);
    // What the caller does not see has no row in any case.
    server.world_mut().set_item_permissions(office.bids, 2, Some(0)).unwrap();
    assert!(increment(&mut server, office.bids, &start).rows.is_empty());
}
