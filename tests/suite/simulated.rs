//! Sessions against the simulated SharePoint, judged by its log and never by the client.

use std::{collections::BTreeMap, time::Duration};

use sharepoint_changes::{
    ChangeQuery, Done, ListRef, Metadata, Page, Preset, Scope, Session, Settings, Site, Start, drive,
    uuid::Uuid,
};
use sharepoint_changes_ureq::{Credential, Transport};
use sharepoint_simulator as simulator;
use simulator::{Activity, Server, Serving, SimulatedHost, World};

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

/// Runs one session to its end; the pages it handed out, and how it ended.
fn run(host: &mut SimulatedHost, query: &ChangeQuery, start: Start) -> (Vec<Page>, Done) {
    let site = site("https://fabrikam.sharepoint.com");
    let mut session = Session::new(site, query.clone(), start, Settings::default()).unwrap();
    let mut pages = Vec::new();
    let done = drive(&mut session, host, |page| {
        pages.push(page);
        Ok::<_, ()>(())
    });
    (pages, done.unwrap())
}

fn scopes() -> [Scope; 4] {
    let list = |title: &str| Scope::List(ListRef::Title(title.to_owned()));
    [Scope::Site, Scope::Web, list("Documents"), list("Kontakte für Größeres")]
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
    let (pages, _) = run(&mut host, &query, Start::Beginning);
    let rows: usize = pages.iter().map(|page| page.changes.len()).sum();
    assert_eq!(host.server().stats().requests, rows.div_ceil(25) as u64 + 2);
}

#[test]
fn an_expired_token_that_the_server_is_silent_about_is_never_up_to_date() {
    let (mut world, activity) = office(5, 200);
    world.dialect.set("expired=empty").unwrap();
    let mut server = Server::new(world);
    server.follow(activity.every(Duration::from_secs(3600)));
    let mut host = SimulatedHost::new(server);
    let query = ChangeQuery::preset(Scope::Web, Preset::Items);
    let (_, first) = run(&mut host, &query, Start::Now);
    for days in [30, 70, 200] {
        let mut host = host.clone();
        host.pass(Duration::from_secs(days * 24 * 3600));
        let start = Start::Checkpoint(first.checkpoint().clone());
        let (_, done) = run(&mut host, &query, start);
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
