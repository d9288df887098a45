//! A library, its copy, and a server between them.

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use sharepoint_changes::{
    Action, Basis, Checkpoint, Done, Error, Host, ItemQuery, ListRef, Machine, Notice, SendError, Session,
    Settings, Site, Start, StartError,
};
use sharepoint_simulator::{
    Server, SimulatedHost, World,
    laws::{Copy, ItemsHandler, Next, compare},
    world::{ListRef as List, Template},
};

pub(super) struct Library {
    pub(super) host: SimulatedHost,
    pub(super) list: List,
    pub(super) copy: Copy,
    pub(super) query: ItemQuery,
    pub(super) settings: Settings,
    pub(super) notices: Vec<Notice>,
    /// The bases of the pages of the last run.
    pub(super) bases: Vec<Basis>,
    /// Items that the list has all the time: each page must leave them held.
    pub(super) constant: BTreeSet<i32>,
}

/// What is done to the world before the n-th request for rows of a run, counted from 0.
pub(super) type Meanwhile<'a> = &'a mut dyn FnMut(usize, &mut World);

impl Library {
    pub(super) fn new() -> Library {
        Library::with(|_, _| {})
    }

    /// A library filled before the server opens.
    pub(super) fn with(fill: impl FnOnce(&mut World, List)) -> Library {
        let mut world = World::new(sharepoint_simulator::world::Settings::default());
        let site = world.add_site("/sites/ops", "Operations").unwrap();
        let web = world.site(site).root;
        let list = world.add_list(web, "Documents", Template::Library).unwrap();
        fill(&mut world, list);
        Library {
            host: SimulatedHost::new(Server::new(world)),
            list,
            copy: Copy::default(),
            query: ItemQuery::new(ListRef::Title("Documents".to_owned()))
                .row_limit(NonZeroU32::new(2).unwrap()),
            settings: Settings::default(),
            notices: Vec::new(),
            bases: Vec::new(),
            constant: BTreeSet::new(),
        }
    }

    pub(super) fn act<T>(&mut self, deed: impl FnOnce(&mut World, List) -> T) -> T {
        self.host.pass(Duration::from_secs(60));
        let list = self.list;
        let done = deed(self.host.server_mut().world_mut(), list);
        self.host.pass(Duration::from_secs(60));
        done
    }

    /// The next run, as far as it can be begun. The checkpoint goes through its text: that is all a process keeps.
    pub(super) fn open(&self) -> Result<Session<ItemQuery>, StartError> {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let kept: Option<Checkpoint> = self.copy.checkpoint().map(|text| text.parse().unwrap());
        let start = kept.map_or(Start::Beginning, Start::Checkpoint);
        Session::new(site, self.query.clone(), start, self.settings.clone())
    }

    /// One session, driven by hand; stops before the commit with this number, counted from 0.
    pub(super) fn run(
        &mut self,
        kill_at: Option<usize>,
        meanwhile: Meanwhile<'_>,
    ) -> Result<Option<Done>, Error> {
        let mut session = self.open().unwrap();
        self.bases = Vec::new();
        let mut asked = 0;
        for _ in 0..1_000 {
            match session.poll(self.host.now())? {
                Action::Send(request) => {
                    if request.uri().path().contains("SinceToken") {
                        meanwhile(asked, self.host.server_mut().world_mut());
                        asked += 1;
                    }
                    match self.host.send(request) {
                        Ok(answer) => session.receive(answer),
                        Err(SendError::Lost(_) | SendError::Fatal(_)) => session.fail(),
                    }
                }
                Action::Wait(wait) => {
                    let _ = self.host.wait(&wait);
                }
                Action::Page(page) => {
                    if kill_at == Some(self.bases.len()) {
                        return Ok(None);
                    }
                    self.bases.push(page.basis.clone());
                    self.notices.extend(page.notices.iter().cloned());
                    assert_eq!(page.follows, self.copy.checkpoint());
                    let next = self.copy.apply(page);
                    let lost: Vec<_> =
                        self.constant.iter().filter(|id| self.copy.row(**id).is_none()).collect();
                    assert!(lost.is_empty(), "lost by a page, though the list has them: {lost:?}");
                    if next == Next::Anew {
                        return Ok(None);
                    }
                }
                Action::Done(done) => {
                    if let Done::UpToDate { checkpoint, .. } = &done {
                        self.copy.keep(checkpoint.clone());
                    }
                    return Ok(Some(done));
                }
            }
        }
        panic!("a run without an end");
    }

    /// Runs until the copy is up to date.
    pub(super) fn run_to_the_end(&mut self) {
        for _ in 0..10 {
            match self.run(None, &mut |_, _| {}).unwrap() {
                Some(Done::UpToDate { .. }) => return,
                Some(Done::Resync { reason, .. }) => panic!("a resync because of {reason:?}"),
                None => {}
            }
        }
        panic!("no end");
    }

    /// Runs until the copy is up to date, and compares it with the list.
    pub(super) fn sync(&mut self) {
        self.run_to_the_end();
        let truth = self.host.server().world().list_truth(self.list);
        if let Err(difference) = compare(&self.copy.holds(), &truth) {
            panic!("the copy is not the list: {difference:?}");
        }
    }

    pub(super) fn has_load(&self) -> bool {
        self.bases.iter().any(|basis| matches!(basis, Basis::Snapshot { .. }))
    }
}

pub(super) fn upload(world: &mut World, list: List, folder: i32, name: &str) -> i32 {
    world.upload(list, folder, name, 1_000).unwrap()
}

/// Files of these numbers in the root of the list.
pub(super) fn files(world: &mut World, list: List, numbers: std::ops::Range<u32>) -> Vec<i32> {
    numbers.map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect()
}
