//! Every switch of the list feed that no other test tries.

use serde_json::json;
use sharepoint_simulator::Server;
use sharepoint_simulator::world::Value;

use crate::rowset::{BY_ID, Page, USUAL, answer, body, increment, now, page};
use crate::since_token::filled;
use crate::verbs::{Office, office};

/// The increment that an operation leads to, by a dialect.
fn told(text: &str, operation: impl FnOnce(&mut Server, &Office)) -> Page {
    let (mut server, office) = filled(6);
    server.world_mut().dialect.set(text).unwrap();
    let start = now(&server, office.bids);
    operation(&mut server, &office);
    increment(&mut server, office.bids, &start)
}

fn load(text: &str) -> (String, Page) {
    let (mut server, office) = filled(3);
    server.world_mut().dialect.set(text).unwrap();
    let members = json!({ "RowLimit": "2", "Query": BY_ID, "QueryOptions": USUAL });
    let text = body(&mut server, office.bids, &members);
    let page = Page::read(&text);
    (text, page)
}

#[test]
fn a_restored_item_stands_as_id_row_or_both() {
    let restored = |text: &str| {
        let page = told(text, |server, office| {
            let place = server.world_mut().recycle(office.bids, 3).unwrap();
            server.world_mut().restore(place).unwrap();
        });
        (page.told(), page.row_ids())
    };
    assert_eq!(restored("restored=both"), ("Delete 3, Restore 3".to_owned(), vec![3]));
    assert_eq!(restored("restored=id"), ("Delete 3, Restore 3".to_owned(), vec![]));
    assert_eq!(restored("restored=row"), ("Delete 3".to_owned(), vec![3]), "a row without a Restore");
    assert_eq!(restored("id-order=restores-first"), ("Restore 3, Delete 3".to_owned(), vec![3]));
}

#[test]
fn ids_come_as_things_happened_or_by_kind() {
    let ids = |text: &str| {
        told(text, |server, office| {
            let world = server.world_mut();
            world.rename(office.bids, 4, "x").unwrap();
            let place = world.recycle(office.bids, 3).unwrap();
            world.restore(place).unwrap();
            world.delete(office.bids, 1).unwrap();
        })
        .told()
    };
    assert_eq!(ids("id-order=log"), "Rename 4, Delete 3, Restore 3, Delete 1");
    assert_eq!(ids("id-order=grouped"), "Delete 3, Delete 1, Rename 4, Restore 3");
    assert_eq!(ids("id-order=restores-first"), "Restore 3, Rename 4, Delete 3, Delete 1");
}

#[test]
fn system_updates_and_renames_bring_no_row_a_row_or_sometimes_one() {
    let updated = |text: &str| {
        told(text, |server, office| {
            for id in 1..=6 {
                server.world_mut().system_update(office.bids, id, &[]).unwrap();
            }
        })
    };
    assert_eq!(updated("system-updated=id").rows.len(), 0);
    assert_eq!(updated("system-updated=both").rows.len(), 6);
    let some = updated("system-updated=sometimes");
    assert_eq!(some.ids.len(), 6);
    assert!((1..6).contains(&some.rows.len()), "{}", some.rows.len());
    let renamed =
        |text: &str| told(text, |server, office| server.world_mut().rename(office.bids, 2, "x").unwrap());
    let page = renamed("renamed=both");
    assert_eq!((page.told().as_str(), page.row_ids()), ("Rename 2", vec![2]));
    assert!(renamed("renamed=id").rows.is_empty());
    assert_eq!(renamed("renamed=sometimes").told(), "Rename 2");
}

#[test]
fn a_move_within_the_list_stands_as_a_row_and_by_the_dialect_as_move_away_too() {
    let moved = |text: &str| {
        let mut office = office();
        let list = office.documents;
        office.world.dialect.set(text).unwrap();
        let folder = office.world.add_folder(list, 0, "F").unwrap();
        let id = office.world.upload(list, 0, "a", 1).unwrap();
        let mut server = Server::new(office.world);
        let start = now(&server, list);
        server.world_mut().move_within(list, id, folder).unwrap();
        let page = increment(&mut server, list, &start);
        let own = server.world().list(list).id.to_string().to_uppercase();
        let same = page
            .id_attributes
            .iter()
            .all(|told| told["AfterListId"].contains(&own) && told["AfterItemId"] == "2");
        assert!(same);
        (page.told(), page.row_ids())
    };
    assert_eq!(moved("moves-within-as-ids=no"), (String::new(), vec![2]));
    assert_eq!(moved("moves-within-as-ids=yes"), ("MoveAway 2".to_owned(), vec![2]));
    assert_eq!(moved("move-within=away"), (String::new(), vec![2]));
}

#[test]
fn an_answer_may_look_at_few_rows_of_the_log() {
    let (mut server, office) = filled(4);
    server.world_mut().dialect.set("since-scan=1").unwrap();
    let mut token = now(&server, office.bids);
    server.world_mut().update_list(office.bids).unwrap();
    server.world_mut().edit(office.bids, 1, &[]).unwrap();
    let first = increment(&mut server, office.bids, &token);
    assert_eq!((first.rows.len(), first.ids.len(), first.more.as_deref()), (0, 0, Some("TRUE")));
    assert_ne!(first.token, token, "progress without rows");
    token = first.token;
    let second = increment(&mut server, office.bids, &token);
    assert_eq!((second.row_ids(), second.more), (vec![1], None));
}

#[test]
fn what_is_no_item_stands_as_an_empty_system_update_by_the_dialect() {
    let view = |server: &mut Server, office: &Office| {
        server.world_mut().add_view(office.bids, "View").unwrap();
    };
    assert_eq!(told("stray-ids=yes", view).told(), "SystemUpdate ");
    assert_eq!(told("stray-ids=no", view).told(), "");
}

#[test]
fn ids_tell_unique_and_client_ids_by_the_dialect() {
    let deleted = |text: &str| {
        told(text, |server, office| server.world_mut().delete(office.bids, 1).unwrap())
            .id_attributes
            .remove(0)
    };
    assert!(deleted("unique-ids=yes").contains_key("UniqueId"));
    assert_eq!(deleted("unique-ids=no").into_keys().collect::<Vec<_>>(), ["ChangeType"]);
    assert!(deleted("client-ids=yes").contains_key("MetaInfo_vti_clientid"));
}

#[test]
fn more_changes_is_true_or_absent_or_by_the_dialect_false() {
    let more = |text: &str| told(text, |_, _| {}).more;
    assert_eq!(more("more-changes-false=no"), None);
    assert_eq!(more("more-changes-false=yes").as_deref(), Some("FALSE"));
}

#[test]
fn quotes_prefixes_and_attribute_order_are_the_dialect_s_and_mean_nothing() {
    let (_, expected) = load("rowset-quotes=mixed");
    for text in [
        "rowset-quotes=single",
        "rowset-quotes=double",
        "rowset-prefixes=other",
        "rowset-references=yes",
        "namespaces-above=yes",
        "member-order=reversed",
        "member-order=shuffled",
        "member-order=sorted",
        "rowset-bom=yes",
    ] {
        assert_eq!(load(text).1, expected, "{text}");
    }
    assert!(
        !load("rowset-quotes=single")
            .0
            .replace("encoding=\"utf-8\"", "")
            .replace("version=\"1.0\"", "")
            .contains('"')
    );
    assert!(load("rowset-quotes=double").0.contains("<z:row ows_Title=\""));
    assert!(load("rowset-prefixes=other").0.contains("<row-1:row "));
    assert!(load("namespaces-above=yes").0.contains("<GetListItemChangesSinceTokenResult xmlns:s='uuid:"));
    assert!(load("rowset-bom=yes").0.starts_with('\u{feff}'));
    let reversed = load("member-order=reversed").0;
    let row = &reversed[reversed.find("<z:row").unwrap()..];
    assert!(row.find("ows_FileRef").unwrap() < row.find("ows_Title").unwrap());
}

#[test]
fn the_content_type_is_one_of_three() {
    let (mut server, office) = filled(1);
    for (name, kind) in [
        ("application/xml", "application/xml;charset=utf-8"),
        ("text/xml", "text/xml; charset=utf-8"),
        ("octet-stream", "application/octet-stream"),
    ] {
        server.world_mut().dialect.set(&format!("rowset-type={name}")).unwrap();
        assert_eq!(answer(&mut server, office.bids, &json!({})).headers()["Content-Type"], kind);
    }
    assert!(server.world_mut().dialect.set("rowset-type=json").is_err());
}

#[test]
fn the_root_s_attributes_follow_the_dialect() {
    let root = |text: &str| load(text).1.listitems;
    assert_eq!(root("min-time-between-syncs=15")["MinTimeBetweenSyncs"], "15");
    assert_eq!(root("alternate-urls=yes")["AlternateUrls"], ",https://fabrikam.sharepoint.com/,");
    assert!(!root("alternate-urls=no").contains_key("AlternateUrls"));
    assert_eq!(root("alternate-urls=no")["RecommendedTimeBetweenSyncs"], "180");
}

#[test]
fn uninvited_fields_come_by_the_dialect() {
    let fields = |text: &str| {
        let (mut server, office) = filled(1);
        server.world_mut().dialect.set(text).unwrap();
        let options = USUAL
            .replace("<DateInUtc>", "<IncludeMandatoryColumns>FALSE</IncludeMandatoryColumns><DateInUtc>");
        let members = json!({ "RowLimit": "1", "QueryOptions": options,
            "ViewFields": "<ViewFields><FieldRef Name=\"ID\"/></ViewFields>" });
        page(&mut server, office.bids, &members).rows.remove(0).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(fields("uninvited=no"), ["ows_ID"]);
    assert!(fields("uninvited=yes").contains(&"ows_FSObjType".to_owned()));
}

#[test]
fn semicolons_in_lookups_are_doubled_by_the_dialect() {
    let (mut server, list) = crate::item_types::register();
    let fields = "<ViewFields><FieldRef Name=\"Bid\"/></ViewFields>";
    let members = json!({ "RowLimit": "1", "Query": BY_ID, "ViewFields": fields, "QueryOptions": USUAL });
    assert_eq!(page(&mut server, list, &members).column("ows_Bid"), ["1;#Bridge;; ramp"]);
    server.world_mut().dialect.set("lookup-escape=no").unwrap();
    assert_eq!(page(&mut server, list, &members).column("ows_Bid"), ["1;#Bridge; ramp"]);
}

#[test]
fn rows_that_become_visible_late_are_passed_by_a_newer_token() {
    let (mut server, office) = filled(2);
    let start = now(&server, office.bids);
    let world = server.world_mut();
    world.dialect.set("late=60s").unwrap();
    world.dialect.set("late-share=100").unwrap();
    world.edit(office.bids, 1, &[("Title", Some(Value::Text("late".to_owned())))]).unwrap();
    world.dialect.set("late-share=0").unwrap();
    world.edit(office.bids, 2, &[]).unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!(found.row_ids(), [2]);
    server.world_mut().advance(std::time::Duration::from_secs(61));
    assert!(increment(&mut server, office.bids, &found.token).rows.is_empty(), "lost to plain tokens");
    assert_eq!(increment(&mut server, office.bids, &start).row_ids(), [1, 2]);
}
