//! The full office: what it does, and that a copy of its lists can be kept by the feed alone.

use std::collections::BTreeSet;

use sharepoint_simulator::world::{ListRef, Settings, Template, Value};
use sharepoint_simulator::{Activity, Dialect, Event, Scope, Server, World};

use crate::copy::Copy;
use crate::rowset::{increment, now};
use crate::verbs::office;

fn played(seed: u64, rows: u64) -> (World, Activity) {
    let (mut world, mut activity) = Activity::full_office(Settings { seed, ..Settings::default() });
    activity.play(&mut world, rows);
    (world, activity)
}

fn list(world: &World, title: &str) -> ListRef {
    let site = world.sites().next().unwrap();
    world.list_by_title(world.site(site).root, title).unwrap()
}

#[test]
fn fewer_changes_of_the_full_office_are_a_prefix_of_more() {
    let rows = |world: &World| world.log(world.sites().next().unwrap()).all_rows().to_vec();
    let long = rows(&played(7, 3_000).0);
    let short = rows(&played(7, 800).0);
    assert_eq!(short, long[..short.len()]);
}

#[test]
fn the_full_office_fills_every_type_and_does_what_is_hard_to_copy() {
    let (world, activity) = played(3, 12_000);
    for title in ["Documents", "Register"] {
        let found = list(&world, title);
        let columns = &world.list(found).columns;
        for kind in [
            "Text",
            "Note",
            "Number",
            "Currency",
            "Integer",
            "Boolean",
            "DateTime",
            "Choice",
            "MultiChoice",
            "Lookup",
            "LookupMulti",
            "User",
            "UserMulti",
            "URL",
            "Calculated",
            "TaxonomyFieldType",
            "TaxonomyFieldTypeMulti",
            "Thumbnail",
            "Location",
        ] {
            let of_kind = columns.iter().filter(|column| column.kind.type_name() == kind);
            let held = of_kind.filter(|column| {
                world.list(found).items().any(|item| world.value(found, item, &column.name).is_some())
            });
            assert!(held.count() > 0, "{title} holds no {kind}");
        }
    }
    let register = list(&world, "Register");
    let broken = |value: &Value| matches!(value, Value::Text(text) if text.contains('\u{b}'));
    assert!(world.list(register).items().any(|item| item.values().any(|(_, value)| broken(value))));
    assert!(world.list(register).items().any(|item| !item.attachments.is_empty()));
    assert!(world.list(register).items().any(|item| item.permissions.is_some()));
    assert!(world.list(register).schema_version > 30);
    let events: BTreeSet<Event> = world.log(activity.site()).all_rows().iter().map(|row| row.event).collect();
    assert!(events.contains(&Event::Dirty) && events.contains(&Event::Restore));
}

#[test]
fn a_copy_kept_by_the_feed_and_by_what_the_log_tells_of_permissions_is_the_list() {
    let dialects = [
        &[][..],
        &[
            "restored=id",
            "system-updated=sometimes",
            "renamed=sometimes",
            "since-scan=7",
            "position-at-end=yes",
        ],
        &[
            "restored=row",
            "id-order=restores-first",
            "moves-within-as-ids=yes",
            "stray-ids=yes",
            "member-order=shuffled",
        ],
        &[
            "folder-delete=each",
            "folder-copy=each",
            "folder-restore=each",
            "folder-rename=move",
            "id-order=grouped",
        ],
        &["arrival=add", "move-within=away", "since-cap=0", "renamed=both", "system-updated=both"],
    ];
    let (mut loads, mut more) = (0, 0);
    let mut seen = BTreeSet::new();
    for (seed, switches) in (0_u64..).zip(dialects) {
        let mut dialect = Dialect::default();
        switches.iter().for_each(|switch| dialect.set(switch).unwrap());
        let (mut world, mut activity) =
            Activity::full_office(Settings { seed, dialect, ..Settings::default() });
        activity.play(&mut world, 900);
        let lists = ["Documents", "Register", "Archive"].map(|title| list(&world, title));
        let mut server = Server::new(world);
        let mut copies = lists.map(|_| Copy::default());
        for rows in [900, 950, 1_100, 1_500, 1_501, 2_200, 3_000] {
            activity.play(server.world_mut(), rows);
            for (list, copy) in lists.iter().zip(&mut copies) {
                copy.follow(&mut server, *list);
                copy.check(&server, *list);
            }
        }
        for copy in copies {
            loads += copy.loads;
            more += copy.more;
            seen.extend(copy.seen);
        }
    }
    for change in ["Delete", "MoveAway", "Rename", "Restore", "SystemUpdate"] {
        assert!(seen.contains(change), "{change} was never told");
    }
    assert!(loads > 15 && more > 10, "{loads} loads, {more} times more");
}

#[test]
fn hard_histories_of_folders_stand_in_one_window() {
    let mut office = office();
    let library = office.documents;
    let world = &mut office.world;
    let [a, b] = ["A", "B"].map(|name| world.add_folder(library, 0, name).unwrap());
    let s = world.add_folder(library, a, "S").unwrap();
    for (folder, name) in [(a, "in a"), (b, "in b"), (s, "in s")] {
        world.upload(library, folder, name, 1).unwrap();
    }
    let mut server = Server::new(office.world);
    let mut copy = Copy::default();
    copy.follow(&mut server, library);
    // A and B swap their names in one window.
    let world = server.world_mut();
    world.rename(library, a, "T").unwrap();
    world.rename(library, b, "A").unwrap();
    world.rename(library, a, "B").unwrap();
    copy.follow(&mut server, library);
    copy.check(&server, library);
    // S moves out of A, then A is deleted.
    server.world_mut().move_within(library, s, b).unwrap();
    server.world_mut().delete(library, a).unwrap();
    copy.follow(&mut server, library);
    copy.check(&server, library);
    assert_eq!(copy.loads, 1);
}

#[test]
fn a_list_is_filled_at_once_and_a_row_is_written_for_each_item() {
    let mut office = office();
    let world = &mut office.world;
    world.add_every_column(office.bids, office.documents).unwrap();
    world.fill(office.documents, 2_500, 1_000).unwrap();
    world.fill(office.bids, 10, 0).unwrap();
    let found = world.list(office.documents);
    assert_eq!(found.item_count(), 2_503);
    assert_eq!(found.children(found.item_named(0, "Folder 3").unwrap().id).count(), 500);
    let truth = world.list_truth(office.bids);
    assert_eq!(truth[3].text("Pieces"), Some("4"));
    assert_eq!(truth[3].text("Title"), Some("Item 4"));
    let query = sharepoint_simulator::Query::default();
    assert!(world.matching(Scope::List(office.documents), &query).len() >= 2_503);
    let mut server = Server::new(office.world);
    let start = now(&server, office.documents);
    server.world_mut().fill(office.bids, 1, 0).unwrap();
    assert!(increment(&mut server, office.documents, &start).rows.is_empty());
    assert_eq!(server.world().list(office.bids).template, Template::List);
}

#[test]
fn the_feed_s_verbs_are_commands_of_the_control_path_too() {
    let mut server = Server::new(office().world);
    let mut command = |text: &str| server.control(serde_json::from_str(text).unwrap());
    command(r#"{"do":"add-every-column","list":"Documents","shown":"Q1 Bids"}"#).unwrap();
    command(r#"{"do":"fill","list":"Documents","count":30,"per_folder":10}"#).unwrap();
    command(r#"{"do":"set-item-permissions","list":"Documents","id":2,"mask":"0x1b"}"#).unwrap();
    assert!(command(r#"{"do":"set-item-permissions","list":"Documents","id":2,"mask":"many"}"#).is_err());
    let truth = command(r#"{"do":"truth","list":"Documents"}"#).unwrap();
    let items = truth["items"].as_array().unwrap();
    assert_eq!(items.len(), 33);
    assert_eq!(items[1]["path"], "/sites/ops/Shared Documents/Folder 1/Document 1.docx");
    assert_eq!(items[1]["permissions"], "0x1b");
    assert_eq!(items[1]["fields"]["Pieces"]["text"], "1");
    assert_eq!(items[1]["fields"]["Author"]["held"], "ids");
}
