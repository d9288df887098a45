//! The activity: believable, seeded, and the same however much of it is played.

use std::collections::BTreeSet;
use std::time::Duration;

use sharepoint_simulator::world::Settings;
use sharepoint_simulator::{Activity, Event, Objects, Query, Row, Scope, Server, World};

use crate::ask::{BARE, changes, json};

fn played(seed: u64, rows: u64) -> (World, Activity) {
    let (mut world, mut activity) = Activity::office(Settings { seed, ..Settings::default() });
    activity.play(&mut world, rows);
    (world, activity)
}

fn rows(world: &World) -> Vec<Row> {
    world.sites().flat_map(|site| world.log(site).all_rows().to_vec()).collect()
}

#[test]
fn fewer_changes_are_an_exact_prefix_of_more() {
    let (long, _) = played(7, 3_000);
    let long = rows(&long);
    for some in [150, 500, 1_234] {
        let (short, _) = played(7, some);
        let short = rows(&short);
        assert!(short.len() >= usize::try_from(some).unwrap() && short.len() < long.len());
        assert_eq!(short, long[..short.len()]);
    }
    assert_ne!(rows(&played(8, 500).0), rows(&played(7, 500).0));
}

#[test]
fn playing_in_two_parts_is_playing_at_once() {
    let (mut world, mut activity) = played(3, 400);
    activity.play(&mut world, 900);
    assert_eq!(rows(&world), rows(&played(3, 900).0));
}

#[test]
fn an_office_does_everything_within_some_days() {
    let (world, activity) = played(1, 20_000);
    let events: BTreeSet<Event> = rows(&world).iter().map(|row| row.event).collect();
    for event in [
        Event::Add,
        Event::Update,
        Event::Delete,
        Event::Rename,
        Event::MoveAway,
        Event::MoveInto,
        Event::Restore,
        Event::AssignmentAdd,
        Event::ScopeAdd,
        Event::ScopeDelete,
        Event::SystemUpdate,
        Event::MemberAdd,
        Event::Activity,
    ] {
        assert!(events.contains(&event), "{event:?}");
    }
    let days = world.age().as_secs() / 86_400;
    assert!((3..40).contains(&days), "{days} days");
    let web = world.site(activity.site()).root;
    let documents = world.list_by_title(web, "Documents").unwrap();
    assert!(world.list(documents).item_count() > 200);
    assert!(world.list(documents).items().any(|item| item.is_folder()));
}

#[test]
fn a_followed_office_goes_on_between_requests() {
    let (world, activity) = played(5, 300);
    let before = rows(&world).len();
    let mut server = Server::new(world);
    server.follow(activity.every(Duration::from_secs(60)));
    server.reach_time(Duration::from_secs(3_600));
    let after = rows(server.world()).len();
    assert!((before + 20..before + 200).contains(&after), "{before} {after}");
    // Time in one step or many is the same.
    let (world, activity) = played(5, 300);
    let mut again = Server::new(world);
    again.follow(activity.every(Duration::from_secs(60)));
    for minute in 0..=60 {
        again.reach_time(Duration::from_secs(minute * 60));
    }
    assert_eq!(rows(again.world()), rows(server.world()));
}

#[test]
fn pages_of_a_long_log_are_the_oracle_s_rows_at_every_scope() {
    let (world, activity) = played(2, 5_000);
    let site = activity.site();
    let web = world.site(site).root;
    let documents = world.list_by_title(web, "Documents").unwrap();
    let folder = world.list(documents).items().find(|item| item.is_folder()).unwrap().unique_id;
    let busiest = world.list(documents).items().max_by_key(|item| item.version).unwrap().id;
    let id = world.list(documents).id;
    for (path, scope) in [
        ("site".to_owned(), Scope::Site(site)),
        ("web".to_owned(), Scope::Web(web)),
        ("web/lists/getbytitle('Documents')".to_owned(), Scope::List(documents)),
        (format!("web/getfolderbyid('{folder}')"), Scope::Folder(documents, folder)),
        (format!("web/lists('{id}')/items({busiest})"), Scope::Item(documents, busiest)),
    ] {
        let query = Query { objects: Objects::Item, ..Query::default() };
        let expected: Vec<String> = world
            .matching(scope, &query)
            .iter()
            .map(|row| world.token(scope, row.place()).to_string())
            .collect();
        let mut server = Server::new(world.clone());
        let (mut got, mut start) = (Vec::new(), String::new());
        loop {
            let more = format!(
                r#","RecursiveAll":true,"FetchLimit":700,"ChangeTokenStart":{{"StringValue":"{start}"}}"#
            );
            let request = changes(&path, BARE, &more);
            let body = json(&mut server, &request);
            let page: Vec<&serde_json::Value> = body["value"].as_array().unwrap().iter().collect();
            let Some(last) = page.last() else { break };
            last["ChangeToken"]["StringValue"].as_str().unwrap().clone_into(&mut start);
            let token =
                |row: &&serde_json::Value| row["ChangeToken"]["StringValue"].as_str().unwrap().to_owned();
            got.extend(page.iter().filter(|row| row.get("ItemId").is_some()).map(token));
        }
        assert!(!expected.is_empty(), "{path}");
        assert_eq!(got, expected, "{path}");
    }
}
