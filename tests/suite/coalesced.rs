//! Net effects of a simulated office's log: a replica that does what they say equals the office.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sharepoint_changes::{
    Cascade, ChangeQuery, ChangedObject, Coalescer, Effect, Feed, NetEffect, Place, Preset, Scope, uuid::Uuid,
};
use sharepoint_simulator::{Activity, Server, SimulatedHost, World, world};

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
