//! The client's session over the simulator, in process and on a virtual clock.

use std::convert::Infallible;
use std::time::Duration;

use sharepoint_changes as client;
use sharepoint_simulator::world::Settings;
use sharepoint_simulator::{
    Activity, Dialect, Fault, Objects, Query, RetryAfter, Scope, Server, SimulatedHost,
};

fn host(seed: u64, dialect: Dialect) -> (SimulatedHost, Scope) {
    let (mut world, mut activity) = Activity::office(Settings { seed, dialect, ..Settings::default() });
    activity.play(&mut world, 2_500);
    let scope = Scope::Site(activity.site());
    (SimulatedHost::new(Server::new(world)), scope)
}

fn drain(host: &mut SimulatedHost) -> Vec<i64> {
    let site = client::Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
    let query = client::ChangeQuery::preset(client::Scope::Site, client::Preset::Items);
    let mut session =
        client::Session::new(site, query, client::Start::Beginning, client::Settings::default()).unwrap();
    let mut numbers = Vec::new();
    let done = client::drive(&mut session, host, |page: client::Page| {
        numbers.extend(page.changes.iter().map(|change| change.token.number()));
        Ok::<(), Infallible>(())
    });
    assert!(matches!(done, Ok(client::Done::UpToDate { .. })), "{done:?}");
    numbers
}

fn expected(host: &SimulatedHost, scope: Scope) -> Vec<i64> {
    let query = Query { objects: Objects::Item | Objects::List, ..Query::default() };
    let rows = host.server().world().matching(scope, &query);
    let asked = |row: &&sharepoint_simulator::Row| matches!(row.event.code(), 1..=7 | 15);
    rows.into_iter().filter(asked).map(|row| row.number).collect()
}

#[test]
fn a_session_reads_the_oracle_s_rows() {
    let (mut host, scope) = host(1, Dialect::default());
    let read = drain(&mut host);
    assert_eq!(read, expected(&host, scope));
    assert_eq!(host.server().impolite(), 0);
}

#[test]
fn a_ten_minute_throttle_costs_nothing_and_is_waited_out() {
    let (mut host, scope) = host(2, Dialect::default());
    let after = RetryAfter::Seconds(600);
    host.server_mut().faults.on(2, Fault::Throttled { after, limits: None, html: true });
    host.server_mut().faults.on(4, Fault::Lost);
    let read = drain(&mut host);
    assert_eq!(read, expected(&host, scope));
    assert!(host.waited() >= Duration::from_secs(600));
    assert_eq!((host.server().impolite(), host.server().stats().throttled), (0, 1));
}

#[test]
fn every_member_order_reads_alike() {
    for order in ["reversed", "sorted", "shuffled"] {
        let mut dialect = Dialect::default();
        dialect.set(&format!("member-order={order}")).unwrap();
        dialect.set("extra-members=yes").unwrap();
        let (mut host, scope) = host(3, dialect);
        assert_eq!(drain(&mut host), expected(&host, scope));
    }
}
