//! A simulated office, a host that may give up anywhere, and runs of the copy against them.

use std::{ops::ControlFlow, path::Path, time::Duration};

use sharepoint_changes::{
    Error, Host, ItemQuery, ListRef, SendError, Site, Wait,
    http::{Request, Response},
};
use sharepoint_changes_sqlite::{Guard, Mirror, MirrorError, Report, SyncError, SyncSettings};
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

/// Runs until one comes to its end; each dies after as many requests as `lives` says, the last ones never. Every run
/// opens the file anew.
pub(crate) fn sync_through_deaths(
    host: &mut SimulatedHost,
    path: &Path,
    query: &ItemQuery,
    lives: &mut impl Iterator<Item = u64>,
) -> Result<Report, String> {
    for _ in 0..80 {
        let mut mortal = Mortal { host, left: lives.next().unwrap_or(u64::MAX) };
        let mut mirror = Mirror::open(path).map_err(|error| format!("{error:?}"))?;
        match mirror.sync(&mut mortal, &site(), query, &willing(), |_| {}) {
            Ok(report) => return Ok(report),
            Err(SyncError::Transport(_)) => {}
            Err(SyncError::Session(Error::Exhausted(exhausted))) => {
                host.pass(exhausted.wait + Duration::from_secs(60));
            }
            Err(SyncError::Session(Error::Unsettled { .. }) | SyncError::ReloadHeld { .. }) => {
                host.pass(Duration::from_secs(60));
            }
            Err(SyncError::Mirror(MirrorError::TooManyRemoved(held))) => return Err(held.to_string()),
            Err(error) => return Err(format!("{error:?}")),
        }
    }
    Err("no end".to_owned())
}
