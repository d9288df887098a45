//! Sessions against the simulated SharePoint, judged by its log and never by the client.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use sharepoint_changes::{
    ChangeQuery, Checkpoint, Done, DriveError, ListRef, Metadata, Page, Preset, Scope, Session, Settings,
    Site, Start, drive, uuid::Uuid,
};
use sharepoint_changes_ureq::{Credential, Transport};
use sharepoint_simulator as simulator;
use simulator::{Activity, Fault, Server, Serving, SimulatedHost, World};

use crate::drive::far_ahead::drive_far_ahead;

/// An office after this many rows of its log.
fn office(seed: u64, rows: u64) -> (World, Activity) {
    let settings = simulator::world::Settings { seed, ..Default::default() };
    let (mut world, mut activity) = Activity::office(settings);
    activity.play(&mut world, rows);
    (world, activity)
}

fn site(host: &str) -> Site {
    Site::new(&format!("{host}/sites/ops")).unwrap()
}

/// The simulator's name for a scope of the client's.
fn scope_in(world: &World, activity: &Activity, scope: &Scope) -> simulator::Scope {
    let site = activity.site();
    match scope {
        Scope::Site => simulator::Scope::Site(site),
        Scope::Web => simulator::Scope::Web(world.site(site).root),
        Scope::List(ListRef::Title(title)) => {
            simulator::Scope::List(world.all_lists().find(|list| world.list(*list).title == *title).unwrap())
        }
        other => panic!("{other:?} has no name here"),
    }
}

/// What the log holds for a preset, as number and kind of each row.
fn truth(world: &World, scope: simulator::Scope, preset: Preset) -> Vec<(i64, i32)> {
    let (mut objects, mut actions) = (simulator::Objects::default(), simulator::Actions::default());
    let query = ChangeQuery::preset(Scope::Site, preset);
    // The flags as the client sends them, read off its request.
    let request = sharepoint_changes::Feed::request(&query, &site("https://x.example")).unwrap();
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    for (name, _) in body["query"].as_object().unwrap() {
        objects |= simulator::Objects::named(name).unwrap_or_default();
        actions |= simulator::Actions::named(name).unwrap_or_default();
    }
    let query = simulator::Query { objects, actions, ..simulator::Query::default() };
    world.matching(scope, &query).into_iter().map(|row| (row.number, i32::from(row.event.code()))).collect()
}

type Rows = Vec<(i64, i32)>;

/// Runs one session; pages are committed to `rows` and `last`.
fn run(
    host: &mut SimulatedHost,
    (query, metadata, ahead): (&ChangeQuery, Metadata, bool),
    start: Start,
    rows: &RefCell<Rows>,
    last: &RefCell<Option<Checkpoint>>,
    mut crash: impl FnMut(usize) -> bool,
) -> Result<Done, DriveError<simulator::NoAnswer, &'static str>> {
    let mut pages = 0;
    let site = site("https://fabrikam.sharepoint.com").metadata(metadata);
    let mut session = Session::new(site, query.clone(), start, Settings::default()).unwrap();
    let commit = |page: Page| {
        pages += 1;
        if crash(pages) {
            return Err("crashed before the commit");
        }
        assert_eq!(page.follows.as_deref(), last.borrow().as_ref().map(Checkpoint::as_str));
        assert!(page.gap.is_none());
        rows.borrow_mut()
            .extend(page.changes.iter().map(|change| (change.token.number(), change.kind.code())));
        *last.borrow_mut() = Some(page.checkpoint);
        Ok(())
    };
    if ahead { drive_far_ahead(&mut session, host, commit) } else { drive(&mut session, host, commit) }
}

fn scopes() -> [Scope; 4] {
    let list = |title: &str| Scope::List(ListRef::Title(title.to_owned()));
    [Scope::Site, Scope::Web, list("Documents"), list("Kontakte für Größeres")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_delivered_are_the_logs_rows_through_faults_crashes_and_an_office_that_goes_on(
        seed in any::<u64>(),
        rows_at_first in 40_u64..400,
        page_size in 1_u32..60,
        scope in 0_usize..4,
        preset in prop::sample::select(vec![Preset::Items, Preset::Files, Preset::Permissions, Preset::Everything]),
        metadata in prop::sample::select(vec![Metadata::Verbose, Metadata::Minimal, Metadata::None]),
        ahead in any::<bool>(),
        trouble in 0.0_f64..0.2,
        crashes in prop::collection::vec(1_usize..8, 0..4),
    ) {
        let (world, activity) = office(seed, rows_at_first);
        let scope = scopes()[scope].clone();
        let at = scope_in(&world, &activity, &scope);
        let mut server = Server::new(world);
        server.faults.seed(seed);
        for fault in Fault::passing() {
            server.faults.by_chance(trouble / 10.0, fault);
        }
        // Slower than pages of a single row come through the worst trouble, so that a drain ends.
        server.follow(activity.every(Duration::from_secs(60)));
        let mut host = SimulatedHost::new(server);
        let query = ChangeQuery::preset(scope, preset).page_size(page_size.try_into().unwrap());
        let (rows, last) = (RefCell::new(Rows::new()), RefCell::new(None));
        let mut crashes = crashes.into_iter();
        let mut attempts = 0;
        // Three runs to the end, with crashes between them; each goes on from what was committed.
        let mut ends = 0;
        while ends < 3 {
            attempts += 1;
            prop_assert!(attempts < 100, "no end");
            let start = last.borrow().clone().map_or(Start::Beginning, Start::Checkpoint);
            let crash_at = crashes.next();
            match run(&mut host, (&query, metadata, ahead), start, &rows, &last, |page| Some(page) == crash_at) {
                Ok(Done::UpToDate { checkpoint, follows }) => {
                    prop_assert_eq!(&follows, &last.borrow().as_ref().map(Checkpoint::to_string));
                    *last.borrow_mut() = Some(checkpoint);
                    ends += 1;
                    host.pass(Duration::from_secs(20 * 60));
                }
                Ok(other) => prop_assert!(false, "{:?}", other),
                Err(DriveError::Commit(_)) => {}
                Err(DriveError::Machine(sharepoint_changes::Error::Exhausted(exhausted))) => {
                    host.pass(exhausted.wait + Duration::from_secs(60));
                }
                Err(error) => prop_assert!(false, "{error:?}"),
            }
        }
        let end: Option<i64> = rows.borrow().last().map(|row| row.0);
        let mut delivered = rows.into_inner();
        // At least once: a repeat is the same row again, and order holds from commit to commit.
        delivered.dedup();
        let truth: Rows = truth(host.server().world(), at, preset)
            .into_iter()
            .filter(|row| end.is_some_and(|end| row.0 <= end))
            .collect();
        prop_assert_eq!(delivered, truth);
        prop_assert_eq!(host.server().impolite(), 0);
    }
}

#[test]
fn the_same_session_over_http_and_in_process_gives_the_same_changes_and_the_same_checkpoints() {
    let (world, _) = office(7, 400);
    let serving = Serving::start(Server::new(world.clone()), ([127, 0, 0, 1], 0).into()).unwrap();
    let base = serving.base();
    for scope in scopes() {
        let query = ChangeQuery::preset(scope, Preset::Everything).page_size(50.try_into().unwrap());
        let session =
            || Session::new(site(&base), query.clone(), Start::Beginning, Settings::default()).unwrap();

        let mut over_http = Vec::new();
        let mut transport = Transport::new(&base, |_| Ok(Credential::None)).unwrap();
        let http_end = drive(&mut session(), &mut transport, |page| {
            over_http.push((page.changes, page.checkpoint.to_string()));
            Ok::<_, ()>(())
        })
        .unwrap();

        let mut in_process = Vec::new();
        let mut host = SimulatedHost::new(Server::new(world.clone()));
        let process_end = drive(&mut session(), &mut host, |page| {
            in_process.push((page.changes, page.checkpoint.to_string()));
            Ok::<_, ()>(())
        })
        .unwrap();

        assert!(!over_http.is_empty());
        assert_eq!(over_http, in_process);
        // The end's own moment is the server's time, which is the wall clock's over HTTP.
        assert_eq!(http_end.checkpoint().position(), process_end.checkpoint().position());
    }
    serving.stop().unwrap();
}

#[test]
fn a_drain_of_n_pages_costs_n_plus_two_requests() {
    let (world, _) = office(3, 500);
    let mut host = SimulatedHost::new(Server::new(world));
    let query = ChangeQuery::preset(Scope::Site, Preset::Everything).page_size(25.try_into().unwrap());
    let (rows, last) = (RefCell::new(Rows::new()), RefCell::new(None));
    run(&mut host, (&query, Metadata::Verbose, false), Start::Beginning, &rows, &last, |_| false).unwrap();
    let pages = rows.borrow().len().div_ceil(25);
    assert_eq!(host.server().stats().requests, pages as u64 + 2);
}

#[test]
fn an_expired_token_that_the_server_is_silent_about_is_never_up_to_date() {
    let (world, activity) = office(5, 200);
    let mut server = Server::new(world);
    server.follow(activity.every(Duration::from_secs(3600)));
    let mut host = SimulatedHost::new(server);
    let query = ChangeQuery::preset(Scope::Web, Preset::Items);
    let (rows, last) = (RefCell::new(Rows::new()), RefCell::new(None));
    let first =
        run(&mut host, (&query, Metadata::Verbose, false), Start::Now, &rows, &last, |_| false).unwrap();
    for days in [30, 70, 200] {
        let mut host = host.clone();
        host.pass(Duration::from_secs(days * 24 * 3600));
        let start = Start::Checkpoint(first.checkpoint().clone());
        let mut session =
            Session::new(site("https://fabrikam.sharepoint.com"), query.clone(), start, Settings::default())
                .unwrap();
        let done = drive(&mut session, &mut host, |_| Ok::<_, ()>(())).unwrap();
        assert_eq!(matches!(done, Done::Resync { .. }), days > 55, "{days}: {done:?}");
    }
}

#[test]
fn identity_survives_every_metadata_mode() {
    let (world, _) = office(11, 300);
    let by_mode: BTreeMap<&str, Vec<(i64, Option<Uuid>)>> =
        [("verbose", Metadata::Verbose), ("minimal", Metadata::Minimal), ("none", Metadata::None)]
            .into_iter()
            .map(|(name, metadata)| {
                let mut host = SimulatedHost::new(Server::new(world.clone()));
                let site = site("https://fabrikam.sharepoint.com").metadata(metadata);
                let query = ChangeQuery::preset(Scope::Site, Preset::Everything);
                let mut session = Session::new(site, query, Start::Beginning, Settings::default()).unwrap();
                let mut rows = Vec::new();
                drive(&mut session, &mut host, |page| {
                    rows.extend(page.changes.iter().map(|change| {
                        let id = match &change.object {
                            sharepoint_changes::ChangedObject::Item(item) => item.unique_id,
                            _ => None,
                        };
                        (change.token.number(), id)
                    }));
                    Ok::<_, ()>(())
                })
                .unwrap();
                (name, rows)
            })
            .collect();
    assert!(!by_mode["verbose"].is_empty());
    assert_eq!(by_mode["verbose"], by_mode["minimal"]);
    assert_eq!(by_mode["verbose"], by_mode["none"]);
}
