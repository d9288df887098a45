//! The laws of net effects: over rows of every kind and object, and over the log of a simulated office.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sharepoint_changes::{
    Cascade, Change, ChangeKind, ChangeQuery, ChangedObject, Coalescer, Effect, Feed, NetEffect, Place,
    Preset, Scope, http::Response, uuid::Uuid,
};
use sharepoint_simulator::{Activity, Server, SimulatedHost, World, world};

const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
const OTHER: &str = "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10";
const THING: &str = "d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42";

/// The type of an object and the members that tell it from others; the last two have none.
fn objects() -> Vec<(&'static str, String)> {
    let item = |list: &str, id: u8, more: &str| {
        ("SP.ChangeItem", format!(r#""ListId":"{list}","ItemId":{id}{more}"#))
    };
    let moved = format!(r#","UniqueId":"{THING}""#);
    vec![
        item(LIST, 17, ""),
        item(LIST, 18, r#","FileSystemObjectType":1"#),
        item(LIST, 19, &moved),
        item(OTHER, 17, &moved),
        item(OTHER, 20, &moved),
        ("SP.ChangeFile", format!(r#""UniqueId":"{THING}""#)),
        ("SP.ChangeFolder", format!(r#""UniqueId":"{OTHER}""#)),
        ("SP.ChangeList", format!(r#""ListId":"{LIST}""#)),
        ("SP.ChangeWeb", String::new()),
        ("SP.ChangeSite", String::new()),
        ("SP.ChangeView", format!(r#""ViewId":"{THING}","ListId":"{LIST}""#)),
        ("SP.ChangeField", format!(r#""FieldId":"{THING}""#)),
        ("SP.ChangeContentType", r#""ContentTypeId":{"StringValue":"0x0101"}"#.to_owned()),
        ("SP.ChangeUser", r#""UserId":7"#.to_owned()),
        ("SP.ChangeGroup", r#""GroupId":7"#.to_owned()),
        ("SP.ChangeUser", String::new()),
        ("SP.ChangeSecurityPolicy", String::new()),
    ]
}

/// Rows numbered upwards, as a server tells them.
fn rows(events: &[(usize, i32)]) -> Vec<Change> {
    let objects = objects();
    let row = |(number, (object, kind)): (u32, &(usize, i32))| {
        let (type_name, members) = &objects[*object];
        let comma = if members.is_empty() { "" } else { "," };
        format!(
            r#"{{"__metadata":{{"type":"{type_name}"}},"ChangeToken":{{"StringValue":"1;1;{OTHER};639082161310130000;{number}"}},
            "ChangeType":{kind},"SiteId":"{OTHER}","Time":"2026-03-04T10:15:31Z","WebId":"{OTHER}"{comma}{members}}}"#
        )
    };
    let rows: Vec<String> = (1..).zip(events).map(row).collect();
    let body = format!(r#"{{"d":{{"results":[{}]}}}}"#, rows.join(","));
    ChangeQuery::preset(Scope::Site, Preset::Everything).read(&Response::new(body)).unwrap()
}

fn fold<'a>(rows: impl IntoIterator<Item = &'a Change>) -> Coalescer {
    let mut coalescer = Coalescer::new();
    coalescer.extend(rows);
    coalescer
}

/// Which side of its object a row is about.
fn aspect(row: &Change) -> &'static str {
    match (row.object.name(), row.kind.code()) {
        ("unknown", _) => "unknown",
        (_, 8..=14 | 17 | 18) => "permissions",
        ("view" | "field" | "content_type", _) | (_, 19 | 20) => "schema",
        _ => "own",
    }
}

/// Rows of everything; or of items that move, which meet often enough then.
fn events() -> impl Strategy<Value = Vec<(usize, i32)>> {
    let everything = (0..objects().len(), -1_i32..24);
    let moves = (2_usize..5, prop::sample::select(vec![1, 3, 5, 5, 6, 6, 7]));
    prop_oneof![prop::collection::vec(everything, 0..40), prop::collection::vec(moves, 0..12)]
}

proptest! {
    #[test]
    fn every_object_named_is_in_the_result_and_its_last_row_decides(events in events()) {
        let rows = rows(&events);
        // The last row of each object and aspect; what cannot be told from others stands for itself.
        let mut lasts: BTreeMap<(usize, &str, i64), i64> = BTreeMap::new();
        for ((object, _), row) in events.iter().zip(&rows) {
            let number = row.token.number();
            let alone = if object + 2 < objects().len() { 0 } else { number };
            lasts.insert((*object, aspect(row), alone), number);
        }
        let net = fold(&rows).finish();
        let told: BTreeSet<i64> = net.iter().map(|net| net.last.token.number()).collect();
        prop_assert_eq!(told, lasts.values().copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(net.len(), lasts.len());
        for net in net {
            let is_right = match (aspect(&net.last), net.last.kind) {
                ("permissions", _) => net.effect == Effect::Permissions,
                ("schema", _) => net.effect == Effect::Schema,
                ("unknown", _) => net.effect == Effect::Unknown,
                (_, ChangeKind::Delete) => net.effect == Effect::Delete,
                (_, ChangeKind::MoveAway) => matches!(net.effect, Effect::Leave { .. }),
                (_, ChangeKind::MoveInto) => matches!(net.effect, Effect::Arrive { .. }),
                _ => matches!(net.effect, Effect::Fetch | Effect::Arrive { .. }),
            };
            prop_assert!(is_right, "{net:?}");
        }
    }

    #[test]
    fn rows_told_again_change_nothing(events in events(), again in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let rows = rows(&events);
        let once = fold(&rows);
        let (from, to) = (again.index(rows.len() + 1), end.index(rows.len() + 1));
        let mut twice = once.clone();
        twice.extend(&rows[from.min(to)..from.max(to)]);
        prop_assert_eq!(once.clone().finish(), twice.clone().finish());
        twice.merge(once.clone());
        prop_assert_eq!(once.finish(), twice.finish());
    }

    #[test]
    fn it_does_not_matter_how_a_run_is_cut_or_shuffled(
        (events, shuffled, cuts) in events().prop_flat_map(|events| {
            let order: Vec<usize> = (0..events.len()).collect();
            (Just(events), Just(order).prop_shuffle(), prop::collection::vec(any::<prop::sample::Index>(), 0..6))
        }),
    ) {
        let rows = rows(&events);
        let whole = fold(&rows).finish();
        prop_assert_eq!(&fold(shuffled.iter().map(|at| &rows[*at])).finish(), &whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<Coalescer> = cuts.windows(2).map(|cut| fold(&rows[cut[0]..cut[1]])).collect();
        let merge = |mut all: Coalescer, part: &Coalescer| {
            all.merge(part.clone());
            all
        };
        prop_assert_eq!(&parts.iter().fold(Coalescer::new(), merge).finish(), &whole);
        prop_assert_eq!(&parts.iter().rev().fold(Coalescer::new(), merge).finish(), &whole);
    }

    #[test]
    fn effects_come_in_the_order_of_the_log(events in events()) {
        let numbers: Vec<i64> = fold(&rows(&events)).finish().iter().map(|net| net.last.token.number()).collect();
        prop_assert!(numbers.is_sorted(), "{numbers:?}");
        prop_assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    }
}

/// What a replica holds of items: by list and id, their folder, name and version.
type Replica = BTreeMap<Place, (i32, String, u32)>;

fn held(world: &World, list: world::ListRef, id: i32) -> Option<(Place, (i32, String, u32))> {
    let item = world.item(list, id)?;
    let place = Place { list_id: world.list(list).id, item_id: id };
    Some((place, (item.parent, item.name.clone(), item.version)))
}

fn truth(world: &World) -> Replica {
    let items = |list| world.list(list).items().filter_map(move |item| held(world, list, item.id));
    world.all_lists().flat_map(items).collect()
}

/// Removes everything below a folder; 0 is the root folder.
fn remove_below(replica: &mut Replica, list_id: Uuid, folder: i32) {
    let below = |(place, (parent, ..)): (&Place, &(i32, String, u32))| {
        (place.list_id == list_id && *parent == folder).then_some(*place)
    };
    for place in replica.iter().filter_map(below).collect::<Vec<_>>() {
        replica.remove(&place);
        remove_below(replica, list_id, place.item_id);
    }
}

/// Does what a net effect says, reading the world as it is now.
fn apply(replica: &mut Replica, net: &NetEffect, world: &World) {
    let (list_id, item) = match &net.last.object {
        ChangedObject::Item(item) => (item.list_id, item.item_id),
        ChangedObject::List(list) => (list.list_id, 0),
        _ => return,
    };
    let place = Place { list_id, item_id: item };
    let list = world.list_by_id(list_id).filter(|list| !world.list(*list).deleted);
    let found = list.filter(|_| net.effect != Effect::Delete).and_then(|list| held(world, list, item));
    match net.effect {
        Effect::Delete | Effect::Leave { .. } | Effect::Arrive { .. } | Effect::Fetch => {}
        Effect::Permissions | Effect::Schema | Effect::Unknown => return,
    }
    match found {
        Some((place, values)) => {
            replica.insert(place, values);
        }
        None => {
            replica.remove(&place);
        }
    }
    if net.cascade == Cascade::No {
        return;
    }
    remove_below(replica, list_id, item);
    if let Some(list) = list.filter(|_| net.effect != Effect::Delete) {
        replica.extend(world.below(list, item).into_iter().filter_map(|id| held(world, list, id)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_replica_that_does_what_the_net_effects_say_equals_the_office(
        seed in any::<u64>(), before in 100_u64..600, during in 10_u64..400, page_size in 1_u32..40,
    ) {
        let settings = world::Settings { seed, ..Default::default() };
        let (mut world, mut activity) = Activity::office(settings);
        activity.play(&mut world, before);
        let mut replica = truth(&world);
        let scope = sharepoint_simulator::Scope::Site(activity.site());
        let begin = world.current_token(scope).to_string().parse().unwrap();
        activity.play(&mut world, before + during);
        let end = world.current_token(scope).to_string();

        let site = sharepoint_changes::Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let query = ChangeQuery::preset(Scope::Site, Preset::Items).page_size(page_size.try_into().unwrap());
        let mut host = SimulatedHost::new(Server::new(world));
        let mut next = Some(query.start(begin).end(end.parse().unwrap()));
        let mut coalescer = Coalescer::new();
        let mut rows = 0;
        while let Some(query) = next {
            let answer = sharepoint_changes::Host::send(&mut host, query.request(&site).unwrap()).unwrap();
            let page = query.read(&answer).unwrap();
            coalescer.extend(&page);
            rows += page.len();
            next = query.next(&page);
        }
        prop_assert!(rows > 0 && coalescer.len() <= rows);
        let world = host.server().world();
        coalescer.finish().iter().for_each(|net| apply(&mut replica, net, world));
        prop_assert_eq!(replica, truth(world));
    }
}
