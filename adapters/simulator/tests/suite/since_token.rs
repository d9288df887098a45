//! GetListItemChangesSinceToken: loads by position, increments by token.

use std::time::Duration;

use serde_json::json;
use sharepoint_simulator::Server;
use sharepoint_simulator::world::{ColumnKind, Value};

use crate::rowset::{BY_ID, USUAL, answer, body, increment, now, options_at, page};
use crate::verbs::{Office, office};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A server over the office, with so many rows in its list.
pub(crate) fn filled(rows: u32) -> (Server, Office) {
    let mut office = office();
    for at in 1..=rows {
        office.world.add_item(office.bids, 0, &[("Title", text(&format!("Bid {at}")))]).unwrap();
    }
    (Server::new(office.world.clone()), office)
}

#[test]
fn a_load_goes_by_position_and_the_list_element_is_always_there() {
    let (mut server, office) = filled(7);
    let mut options = USUAL.to_owned();
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let members = json!({ "RowLimit": "3", "Query": BY_ID, "QueryOptions": options,
            "ViewFields": "<ViewFields><FieldRef Name=\"Title\"/><FieldRef Name=\"NoSuchField\"/></ViewFields>" });
        let page = page(&mut server, office.bids, &members);
        assert_eq!(page.count, page.rows.len().to_string());
        assert_eq!((page.more, page.ids.len()), (None, 0));
        assert!(page.fields.as_ref().unwrap().contains_key("Title"));
        assert_eq!(page.token, now(&server, office.bids));
        ids.extend(page.rows.iter().map(|row| row["ows_ID"].parse::<i32>().unwrap()));
        pages += 1;
        match page.position {
            Some(position) => options = options_at(&position),
            None => break,
        }
    }
    assert_eq!((ids, pages), ((1..=7).collect(), 3));
}

#[test]
fn the_root_has_its_attributes_and_quotes_are_mixed() {
    let (mut server, office) = filled(1);
    let text = body(&mut server, office.bids, &json!({ "QueryOptions": USUAL }));
    assert!(text.starts_with(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult><listitems Min"
    ));
    assert!(text.contains("<z:row ows_") && text.contains("<rs:data ItemCount=\"1\""));
    assert!(text.contains("EffectivePermMask='FullMask' xmlns:s='uuid:BDC6E3F0"));
    assert!(text.contains("<Changes LastChangeToken=\"1;3;"));
    assert!(
        text.contains("<RegionalSettings><Language>1033</Language>")
            && text.contains("<TimeZone>-60</TimeZone>")
    );
    assert!(text.contains("<ServerSettings><ServerVersion>"));
    let response = answer(&mut server, office.bids, &json!({}));
    assert_eq!(response.headers()["Content-Type"], "application/xml;charset=utf-8");
}

#[test]
fn an_item_that_changed_has_one_row_as_it_is_now() {
    let (mut server, office) = filled(3);
    let start = now(&server, office.bids);
    let world = server.world_mut();
    for title in ["a", "b", "c"] {
        world.edit(office.bids, 2, &[("Title", Some(text(title)))]).unwrap();
    }
    let id = world.add_item(office.bids, 0, &[]).unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!(found.row_ids(), [2, id]);
    assert_eq!(found.column("ows_Title"), ["c", ""]);
    assert_eq!((found.ids.len(), found.more.clone(), found.fields.clone()), (0, None, None));
    assert_eq!(found.token, now(&server, office.bids));
    let nothing = increment(&mut server, office.bids, &found.token);
    assert_eq!((nothing.rows.len(), nothing.ids.len(), nothing.count.as_str()), (0, 0, "0"));
}

#[test]
fn the_token_advances_without_rows() {
    let (mut server, office) = filled(1);
    let start = now(&server, office.bids);
    server.world_mut().upload(office.documents, 0, "a.docx", 5).unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert!(found.rows.is_empty() && found.token != start);
    assert_eq!(found.token, now(&server, office.bids));
}

#[test]
fn a11_a_token_brings_forty_rows_at_most_and_deletions_are_not_counted() {
    let (mut server, office) = filled(200);
    let start = now(&server, office.bids);
    let world = server.world_mut();
    for id in 1..=100 {
        world.delete(office.bids, id).unwrap();
    }
    for id in 101..=195 {
        world.edit(office.bids, id, &[("Title", Some(text("x")))]).unwrap();
    }
    let first = increment(&mut server, office.bids, &start);
    assert_eq!((first.ids.len(), first.rows.len(), first.more.as_deref()), (100, 40, Some("TRUE")));
    let second = increment(&mut server, office.bids, &first.token);
    assert_eq!((second.ids.len(), second.rows.len(), second.more.as_deref()), (0, 40, Some("TRUE")));
    let third = increment(&mut server, office.bids, &second.token);
    assert_eq!((third.rows.len(), third.more), (15, None));
    server.world_mut().dialect.set("since-cap=0").unwrap();
    assert_eq!(increment(&mut server, office.bids, &start).rows.len(), 95);
}

#[test]
fn what_went_stands_as_ids() {
    let (mut server, office) = filled(9);
    let world = server.world_mut();
    let other = world.add_list(office.web, "Other", sharepoint_simulator::world::Template::List).unwrap();
    let start = now(&server, office.bids);
    let world = server.world_mut();
    let gone = world.list(office.bids).item(1).unwrap().unique_id;
    world.delete(office.bids, 1).unwrap();
    let place = world.recycle(office.bids, 2).unwrap();
    world.restore(place).unwrap();
    world.system_update(office.bids, 3, &[("Title", Some(text("s")))]).unwrap();
    world.rename(office.bids, 4, "renamed.txt").unwrap();
    let there = world.move_to_list(office.bids, 5, other, 0).unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!(found.told(), "Delete 1, Delete 2, Restore 2, SystemUpdate 3, Rename 4, MoveAway 5");
    assert_eq!(found.row_ids(), [2]);
    assert_eq!(found.id_attributes[0]["UniqueId"], format!("{{{}}}", gone.to_string().to_uppercase()));
    let away = &found.id_attributes[5];
    assert_eq!(away["AfterItemId"], there.to_string());
    let list = server.world().list(other).id.to_string().to_uppercase();
    assert_eq!(away["AfterListId"], format!("{{{list}}}"));
}

#[test]
fn deletions_come_though_the_filter_would_hide_them() {
    let (mut server, office) = filled(3);
    let start = now(&server, office.bids);
    server.world_mut().delete(office.bids, 1).unwrap();
    server.world_mut().edit(office.bids, 2, &[("Title", Some(text("closed")))]).unwrap();
    let query =
        "<Query><Where><Eq><FieldRef Name=\"Title\"/><Value Type=\"Text\">open</Value></Eq></Where></Query>";
    let members = json!({ "ChangeToken": start, "RowLimit": "100", "Query": query, "QueryOptions": USUAL });
    let found = page(&mut server, office.bids, &members);
    assert_eq!((found.told().as_str(), found.rows.len()), ("Delete 1", 0));
}

#[test]
fn a_folder_s_operations_name_the_folder_alone() {
    let (mut server, office) = filled(0);
    let world = server.world_mut();
    let list = office.documents;
    let folder = world.add_folder(list, 0, "2026").unwrap();
    let target = world.add_folder(list, 0, "Target").unwrap();
    for name in ["a", "b"] {
        world.upload(list, folder, name, 1).unwrap();
    }
    let mut start = now(&server, list);
    server.world_mut().rename(list, folder, "2027").unwrap();
    let found = increment(&mut server, list, &start);
    assert_eq!((found.told(), found.rows.len()), (format!("Rename {folder}"), 0));
    start = found.token;
    server.world_mut().move_within(list, folder, target).unwrap();
    let found = increment(&mut server, list, &start);
    assert_eq!((found.told().as_str(), found.row_ids()), ("", vec![folder]));
    assert_eq!(found.column("ows_FileRef"), [format!("{folder};#sites/ops/Shared Documents/Target/2027")]);
    start = found.token;
    let place = server.world_mut().recycle(list, folder).unwrap();
    let found = increment(&mut server, list, &start);
    assert_eq!((found.told(), found.rows.len()), (format!("Delete {folder}"), 0));
    start = found.token;
    server.world_mut().restore(place).unwrap();
    let found = increment(&mut server, list, &start);
    assert_eq!((found.told(), found.row_ids()), (format!("Restore {folder}"), vec![folder]));
    start = found.token;
    let copy = server.world_mut().copy_folder(list, folder, 0, "Copy").unwrap();
    let found = increment(&mut server, list, &start);
    assert_eq!((found.told().as_str(), found.row_ids()), ("", vec![copy]));
}

#[test]
fn a_list_restored_whole_is_a_restore_without_an_id() {
    let (mut server, office) = filled(2);
    let start = now(&server, office.bids);
    server.world_mut().delete_list(office.bids).unwrap();
    server.world_mut().restore_list(office.bids).unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!((found.told().as_str(), found.rows.len()), ("Restore ", 0));
}

#[test]
fn the_list_element_comes_after_a_change_of_the_schema_alone() {
    let (mut server, office) = filled(2);
    let start = now(&server, office.bids);
    server.world_mut().update_list(office.bids).unwrap();
    assert_eq!(increment(&mut server, office.bids, &start).fields, None);
    let before = now(&server, office.bids);
    server.world_mut().add_column(office.bids, "Bid Amount", ColumnKind::Currency).unwrap();
    let found = increment(&mut server, office.bids, &before);
    assert_eq!(found.fields.unwrap()["Bid_x0020_Amount"], "Currency");
    assert_eq!(found.rows.len(), 0, "items did not change");
    assert_eq!(increment(&mut server, office.bids, &found.token).fields, None);
    server.world_mut().dialect.set("schema-rows=all").unwrap();
    assert_eq!(increment(&mut server, office.bids, &before).rows.len(), 2);
}

#[test]
fn a9_an_expired_token_is_an_in_band_invalid_token_or_silence() {
    let (mut server, office) = filled(2);
    let start = now(&server, office.bids);
    server.world_mut().edit(office.bids, 1, &[]).unwrap();
    server.world_mut().advance(Duration::from_hours(24 * 70));
    server.world_mut().purge();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!((found.told().as_str(), found.rows.len(), found.count.as_str()), ("InvalidToken ", 0, "0"));
    let text = body(&mut server, office.bids, &json!({ "ChangeToken": start }));
    assert!(text.contains("<Id ChangeType=\"InvalidToken\" />"));
    server.world_mut().dialect.set("since-expired=nothing").unwrap();
    let found = increment(&mut server, office.bids, &start);
    assert_eq!((found.ids.len(), found.rows.len()), (0, 0));
    assert_eq!(found.token, now(&server, office.bids));
}
