//! Copies of simulated lists, kept by sessions over their items and judged by the world itself.

use std::time::Duration;

use sharepoint_changes::{
    Checkpoint, Done, DriveError, ItemPage, ItemQuery, ListRef, ResyncReason, Session, Settings, Site, Start,
    drive,
};
use sharepoint_simulator as simulator;
use simulator::{
    Activity, Server, SimulatedHost, World,
    laws::{Copy, Difference, ItemsHandler, Next},
};

/// The load that ended left work behind: go on from the copy.
#[derive(Debug, PartialEq)]
struct Again;

/// Applies a page, which has to follow what is held.
fn commit(copy: &mut Copy, page: ItemPage) -> Result<(), Again> {
    assert_eq!(page.follows.as_deref(), copy.kept().map(Checkpoint::as_str));
    match copy.apply(page) {
        Next::GoOn => Ok(()),
        Next::Anew => Err(Again),
    }
}

/// Compares a copy with the list, as far as a copy can be held to it.
fn compare(copy: &Copy, world: &World, list: simulator::world::ListRef) -> Result<(), Difference> {
    copy.judge(&world.list_truth(list))
}

fn office(seed: u64, rows: u64) -> (World, Activity) {
    let settings = simulator::world::Settings { seed, ..Default::default() };
    let (mut world, mut activity) = Activity::office(settings);
    activity.play(&mut world, rows);
    (world, activity)
}

fn list_named(world: &World, title: &str) -> simulator::world::ListRef {
    world.all_lists().find(|list| world.list(*list).title == title).unwrap()
}

/// Lets the office write this many rows more, in its own time.
fn go_on(host: &mut SimulatedHost, activity: &mut Activity, rows: usize) {
    let world = host.server_mut().world_mut();
    let (before, written) = (world.age(), world.log(activity.site()).all_rows().len());
    activity.play(world, (written + rows) as u64);
    let passed = world.age() - before;
    host.pass(passed);
}

fn query(title: &str) -> ItemQuery {
    ItemQuery::new(ListRef::Title(title.to_owned()))
}

/// Runs sessions until one comes to its end.
fn sync(host: &mut SimulatedHost, query: &ItemQuery, copy: &mut Copy) {
    for _ in 0..60 {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let start = copy.kept().cloned().map_or(Start::Beginning, Start::Checkpoint);
        let mut session = Session::new(site, query.clone(), start, Settings::default()).unwrap();
        match drive(&mut session, host, |page| commit(copy, page)) {
            Ok(Done::UpToDate { checkpoint, follows, .. }) => {
                assert_eq!(follows, copy.checkpoint());
                return copy.keep(checkpoint);
            }
            Err(DriveError::Commit(Again)) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("no end");
}

#[test]
fn a_full_load_and_an_increment_make_an_exact_copy() {
    let (world, mut activity) = office(7, 400);
    let mut host = SimulatedHost::new(Server::new(world));
    for title in ["Documents", "Q1 Bids"] {
        let list = list_named(host.server().world(), title);
        let mut copy = Copy::default();
        for _ in 0..4 {
            sync(&mut host, &query(title).row_limit(25.try_into().unwrap()), &mut copy);
            compare(&copy, host.server().world(), list).unwrap();
            go_on(&mut host, &mut activity, 80);
        }
        assert_eq!(copy.loads(), 1);
    }
}

#[test]
fn a_load_that_is_refused_is_left_to_the_caller() {
    let (world, _) = office(9, 200);
    let mut host = SimulatedHost::new(Server::new(world));
    let mut copy = Copy::default();
    sync(&mut host, &query("Documents"), &mut copy);
    host.pass(Duration::from_secs(70 * 24 * 3600));
    let list = list_named(host.server().world(), "Documents");
    host.server_mut().world_mut().add_folder(list, 0, "Späteres").unwrap();
    let mut settings = Settings::default();
    settings.reload = sharepoint_changes::Reload::Refused;
    let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
    let start = Start::Checkpoint(copy.kept().cloned().unwrap());
    let mut session = Session::new(site, query("Documents"), start, settings).unwrap();
    let done = drive(&mut session, &mut host, |_| Ok::<_, ()>(())).unwrap();
    let Done::Resync { reason, then, .. } = done else { panic!("{done:?}") };
    assert_eq!(reason, ResyncReason::Expired);
    // What it leaves begins with a load.
    assert!(then.is_loading());
    copy.keep(then);
    sync(&mut host, &query("Documents"), &mut copy);
    compare(&copy, host.server().world(), list).unwrap();
    assert_eq!(copy.loads(), 2);
}
