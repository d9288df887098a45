//! A reader of GetChanges, and the log that tells what it must have been told.

use std::{collections::BTreeSet, time::Duration};

use sharepoint_changes::{
    Action, Change, ChangeQuery, Checkpoint, Done, Error, Host, ListRef, Machine, Page, Preset, ResyncReason,
    Scope, SendError, Session, Settings, Site, Start, StartError,
};
use sharepoint_simulator::{
    Log, Object, Server, SimulatedHost, World,
    world::{ListRef as List, SiteRef, Template, WebRef},
};

/// A list, another one whose rows count in the same log, and a reader of the first.
pub(super) struct Journal {
    pub(super) host: SimulatedHost,
    pub(super) site: SiteRef,
    pub(super) web: WebRef,
    pub(super) list: List,
    pub(super) other: List,
    pub(super) query: ChangeQuery,
    pub(super) settings: Settings,
    /// Where a run begins that has no checkpoint.
    pub(super) start: Start,
    /// The text of the checkpoint that the reader keeps.
    pub(super) kept: Option<String>,
    /// Numbers of the rows whose work was done.
    delivered: BTreeSet<i64>,
    /// The last of these rows.
    pub(super) last: Option<Change>,
    /// What the reader's own clock shows beyond the host's.
    pub(super) ahead: Duration,
    /// Whether rows are left out whose items the caller may not see.
    pub(super) trimmed: bool,
    /// Stops after this page and row, counted from 0.
    pub(super) stop: Option<(usize, usize)>,
    /// This page is lost, and the reader polls on.
    pub(super) lose: Option<usize>,
    written: u32,
}

/// What is done before the n-th request for rows of a run, counted from 0.
pub(super) type Meanwhile<'a> = &'a mut dyn FnMut(usize, &mut SimulatedHost);

impl Journal {
    pub(super) fn new() -> Journal {
        let mut world = World::new(sharepoint_simulator::world::Settings::default());
        let site = world.add_site("/sites/ops", "Operations").unwrap();
        let web = world.site(site).root;
        let list = world.add_list(web, "Documents", Template::Library).unwrap();
        let other = world.add_list(web, "Archive", Template::Library).unwrap();
        Journal {
            host: SimulatedHost::new(Server::new(world)),
            site,
            web,
            list,
            other,
            query: ChangeQuery::preset(Journal::scope(), Preset::Items),
            settings: Settings::default(),
            start: Start::Beginning,
            kept: None,
            delivered: BTreeSet::new(),
            last: None,
            ahead: Duration::ZERO,
            trimmed: false,
            stop: None,
            lose: None,
            written: 0,
        }
    }

    pub(super) fn scope() -> Scope {
        Scope::List(ListRef::Title("Documents".to_owned()))
    }

    pub(super) fn world(&mut self) -> &mut World {
        self.host.server_mut().world_mut()
    }

    pub(super) fn log(&self) -> &Log {
        self.host.server().world().log(self.site)
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.host.pass(time);
    }

    /// A file of the list; its id.
    pub(super) fn write(&mut self) -> i32 {
        self.write_in(self.list)
    }

    pub(super) fn write_many(&mut self, count: u32) {
        for _ in 0..count {
            self.write();
        }
    }

    /// A row of the same log that does not concern the reader.
    pub(super) fn write_elsewhere(&mut self) {
        self.write_in(self.other);
    }

    fn write_in(&mut self, list: List) -> i32 {
        self.host.pass(Duration::from_secs(1));
        self.written += 1;
        let name = format!("{}.txt", self.written);
        let id = self.world().upload(list, 0, &name, 1_000).unwrap();
        self.host.pass(Duration::from_secs(1));
        id
    }

    /// A file of the list whose row can be read only some time later, because its transaction is slow.
    pub(super) fn write_late(&mut self, within: Duration) {
        let world = self.world();
        (world.dialect.late, world.dialect.late_share) = (within, 100);
        self.write();
        self.world().dialect.late = Duration::ZERO;
        assert!(!self.hidden().is_empty(), "the row is late");
    }

    /// Numbers of rows that cannot be read so far.
    fn hidden(&self) -> Vec<i64> {
        let (log, now) = (self.log(), self.host.server().world().now());
        let rows = log.all_rows().iter().enumerate();
        rows.filter(|(index, _)| !log.is_visible(*index, now)).map(|(_, row)| row.number).collect()
    }

    /// Numbers of the rows about the list's items that the server can still tell.
    fn told(&self) -> Vec<i64> {
        let (log, now) = (self.log(), self.host.server().world().now());
        let purged = log.all_rows().len() - log.rows().len();
        let rows = log.all_rows().iter().enumerate().skip(purged);
        let concerns = |(index, row): &(usize, &sharepoint_simulator::Row)| {
            row.list == Some(self.list)
                && matches!(row.object, Object::Item { id, .. } if self.is_seen(id))
                && log.is_visible(*index, now)
        };
        rows.filter(concerns).map(|(_, row)| row.number).collect()
    }

    fn is_seen(&self, id: i32) -> bool {
        let item = self.host.server().world().item(self.list, id);
        !self.trimmed || item.is_none_or(|item| item.visible)
    }

    /// The next run, as far as it can be begun.
    pub(super) fn open(&self) -> Result<Session, StartError> {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let start = match &self.kept {
            Some(text) => Start::Checkpoint(text.parse::<Checkpoint>().unwrap()),
            None => self.start.clone(),
        };
        Session::new(site, self.query.clone(), start, self.settings.clone())
    }

    pub(super) fn run(&mut self, meanwhile: Meanwhile<'_>) -> Option<Done> {
        self.attempt(meanwhile).unwrap()
    }

    /// Drives a run by hand; `None` where it was stopped.
    pub(super) fn attempt(&mut self, meanwhile: Meanwhile<'_>) -> Result<Option<Done>, Error> {
        let mut session = self.open().unwrap();
        let (mut asked, mut pages) = (0, 0);
        for _ in 0..500 {
            match session.poll(self.host.now() + self.ahead)? {
                Action::Send(request) => {
                    if request.uri().path().ends_with("GetChanges") {
                        meanwhile(asked, &mut self.host);
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
                    let stop = self.stop.filter(|(at, _)| *at == pages).map(|(_, row)| row);
                    if self.lose != Some(pages) {
                        self.commit(&page, stop);
                    }
                    if stop.is_some() {
                        return Ok(None);
                    }
                    pages += 1;
                }
                Action::Done(done) => {
                    if matches!(done, Done::UpToDate { .. }) && done.follows() == self.kept.as_deref() {
                        self.kept = Some(done.checkpoint().to_string());
                    }
                    return Ok(Some(done));
                }
            }
        }
        panic!("a run without an end");
    }

    /// Rows and checkpoint at once, and only onto the checkpoint that the page follows.
    fn commit(&mut self, page: &Page, stop: Option<usize>) {
        if page.follows != self.kept {
            return;
        }
        let rows = stop.map_or(page.changes.len(), |row| row + 1);
        self.delivered.extend(page.changes[..rows].iter().map(|change| change.token.number()));
        self.last = page.changes[..rows].last().cloned();
        self.kept = Some(stop.map_or(page.checkpoint.clone(), |row| page.checkpoint_after(row)).to_string());
    }

    /// A run to the end of the log, by which every row came.
    pub(super) fn follow(&mut self) {
        self.up_to_date(&mut |_, _| {});
        self.judge();
    }

    /// A run that says it is up to date.
    pub(super) fn up_to_date(&mut self, meanwhile: Meanwhile<'_>) {
        let done = self.run(meanwhile);
        assert!(matches!(done, Some(Done::UpToDate { .. })), "not up to date, but {}", said(done.as_ref()));
    }

    /// A run that says why everything has to be read anew; its checkpoint.
    pub(super) fn resync(&mut self, because: ResyncReason, meanwhile: Meanwhile<'_>) -> Checkpoint {
        match self.run(meanwhile) {
            Some(Done::Resync { reason, then, .. }) if reason == because => then,
            done => panic!("no resync because of {because:?}, but {}", said(done.as_ref())),
        }
    }

    /// The reader reads everything anew that can be read now, and goes on from there.
    pub(super) fn read_anew(&mut self, then: &Checkpoint) {
        let told = self.told();
        self.delivered.extend(told);
        self.kept = Some(then.to_string());
    }

    /// Every row that the server can tell of came.
    pub(super) fn judge(&self) {
        let lost: Vec<i64> =
            self.told().into_iter().filter(|number| !self.delivered.contains(number)).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
    }
}

/// How a run ended, in short.
pub(super) fn said(done: Option<&Done>) -> String {
    match done {
        None => "stopped".to_owned(),
        Some(Done::UpToDate { .. }) => "up to date".to_owned(),
        Some(Done::Resync { reason, .. }) => format!("a resync because of {reason:?}"),
    }
}

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
