//! A simulated office, a host that may give up anywhere, and runs of the copy against them.

use std::{ops::ControlFlow, path::Path, time::Duration};

use sharepoint_changes::{
    Host, ItemQuery, ListRef, SendError, Site, Wait,
    http::{Request, Response},
};
use sharepoint_changes_sqlite::{Guard, Mirror, Report, SyncError, SyncSettings};
use sharepoint_simulator::{
    Activity, NoAnswer, Server, SimulatedHost, World,
    world::{ListRef as Simulated, Settings},
};

pub(crate) fn site() -> Site {
    Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap()
}

pub(crate) fn query(title: &str) -> ItemQuery {
    ItemQuery::new(ListRef::Title(title.to_owned()))
}

/// An office that has written about this many rows.
pub(crate) fn office(seed: u64, rows: u64) -> (SimulatedHost, Activity) {
    let (mut world, mut activity) = Activity::office(Settings { seed, ..Settings::default() });
    activity.play(&mut world, rows);
    (SimulatedHost::new(Server::new(world)), activity)
}

/// Lets the office write this many rows more, in its own time.
pub(crate) fn go_on(host: &mut SimulatedHost, activity: &mut Activity, rows: usize) {
    let world = host.server_mut().world_mut();
    let (before, written) = (world.age(), world.log(activity.site()).all_rows().len());
    activity.play(world, (written + rows) as u64);
    let passed = world.age() - before;
    host.pass(passed);
}

pub(crate) fn list_named(world: &World, title: &str) -> Simulated {
    world.all_lists().find(|list| world.list(*list).title == title).unwrap()
}

pub(crate) fn world(host: &mut SimulatedHost) -> &mut World {
    host.server_mut().world_mut()
}

/// Settings that remove whatever is to be removed: what these tests are about is equality.
pub(crate) fn willing() -> SyncSettings {
    let mut settings = SyncSettings::default();
    settings.guard = Guard::default().allow(u64::MAX);
    settings.reload_every = Duration::ZERO;
    settings
}

pub(crate) fn sync(
    host: &mut SimulatedHost,
    path: &Path,
    query: &ItemQuery,
) -> Result<Report, SyncError<NoAnswer>> {
    Mirror::open(path).unwrap().sync(host, &site(), query, &willing(), |_| {})
}

/// A host whose process dies before a request is sent.
#[derive(Debug)]
pub(crate) struct Mortal<'h> {
    pub(crate) host: &'h mut SimulatedHost,
    /// Requests left.
    pub(crate) left: u64,
}

impl Host for Mortal<'_> {
    type Error = NoAnswer;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<NoAnswer>> {
        if self.left == 0 {
            return Err(SendError::Fatal(NoAnswer::Ended));
        }
        self.left -= 1;
        self.host.send(request)
    }

    fn now(&mut self) -> Duration {
        self.host.now()
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.host.wait(wait)
    }
}
