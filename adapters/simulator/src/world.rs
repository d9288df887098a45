//! The world: site collections and all that lives in them, and the log that every change of them leaves.
//!
//! It is the truth that a client's work is measured against. Whatever changes it is a verb, and every verb writes
//! the rows that a real server writes for it.

mod bin;
mod column;
mod content;
mod fill;
mod folder;
mod item;
mod list;
mod oracle;
mod people;
mod register;
mod rights;
mod schema;
mod settings;
mod sharing;
mod site;
mod web;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

pub use self::bin::Recycled;
pub use self::column::{Column, ColumnKind, Formula, Value, internal_name};
pub use self::item::{Item, ItemKind, Version};
pub(crate) use self::list::FULL_MASK;
pub use self::list::{List, NonItem, Template, View};
pub use self::people::{Group, User};
pub use self::schema::ContentType;
pub use self::sharing::{Grants, Securable};
pub use self::site::Site;
pub use self::web::Web;
use crate::dialect::Dialect;
use crate::event::{Event, Object};
use crate::log::{Entry, Log, Map};
use crate::ticks::Ticks;
use crate::token::Place;

macro_rules! refs {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);
    )*};
}
refs! {
    /// A content database of a [`World`].
    DatabaseRef,
    /// A site collection of a [`World`].
    SiteRef,
    /// A web of a [`World`].
    WebRef,
    /// A list or library of a [`World`].
    ListRef,
}

/// What a world begins with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// From what all its chance comes: ids, gaps in the counter, fractions of seconds.
    pub seed: u64,
    /// The calendar moment of its beginning.
    pub start: Timestamp,
    /// Scheme and host of its addresses, without a slash at the end.
    pub host: String,
    /// How its server behaves.
    pub dialect: Dialect,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            // 2026-03-02T08:00:00Z, a Monday morning.
            start: Timestamp::new(1_772_438_400, 0).unwrap_or(Timestamp::UNIX_EPOCH),
            host: "https://fabrikam.sharepoint.com".to_owned(),
            dialect: Dialect::default(),
        }
    }
}

/// Why a verb did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// There is no such thing, or not any more.
    #[error("there is no {0}")]
    Missing(String),
    /// The name is taken.
    #[error("`{0}` exists already")]
    Exists(String),
    /// It cannot be done to this thing.
    #[error("{0}")]
    Refused(String),
}

impl WorldError {
    pub(crate) fn missing(what: &str, name: impl std::fmt::Display) -> Self {
        Self::Missing(format!("{what} {name}"))
    }
}

/// The result of a verb.
pub type Verb<T> = Result<T, WorldError>;

/// Site collections, their content and their change log, on a clock of its own.
#[derive(Clone, Debug)]
pub struct World {
    /// How its server behaves; may be changed at any time.
    pub dialect: Dialect,
    host: String,
    rng: fastrand::Rng,
    start: Ticks,
    clock: Ticks,
    last_purge: Ticks,
    editor: i32,
    logs: Vec<Log>,
    sites: Vec<Site>,
    webs: Vec<Web>,
    lists: Vec<List>,
    web_paths: Map<String, WebRef>,
    list_ids: Map<Uuid, ListRef>,
    bin: BTreeMap<Uuid, Recycled>,
}

/// A row about to be written.
struct Note<'a> {
    event: Event,
    site: SiteRef,
    web: Option<WebRef>,
    list: Option<ListRef>,
    object: Object,
    folders: &'a [Uuid],
    near: usize,
    moved_to: Option<(ListRef, i32)>,
    /// The row's `Time` is the tick of the log, not a whole second.
    exact: bool,
    /// It has the tick of the row before and the number after it.
    joined: bool,
}

impl World {
    /// An empty world with one content database.
    pub fn new(settings: Settings) -> Self {
        let start = Ticks::of(settings.start);
        let mut world = Self {
            dialect: settings.dialect,
            host: settings.host,
            rng: fastrand::Rng::with_seed(settings.seed),
            start,
            clock: start,
            last_purge: start,
            editor: 1,
            logs: Vec::new(),
            sites: Vec::new(),
            webs: Vec::new(),
            lists: Vec::new(),
            web_paths: Map::default(),
            list_ids: Map::default(),
            bin: BTreeMap::new(),
        };
        world.add_database();
        world
    }

    /// Another content database: its counter stands elsewhere.
    pub fn add_database(&mut self) -> DatabaseRef {
        let number = self.rng.i64(400_000_000..950_000_000);
        self.logs.push(Log::new(Place { ticks: self.clock.on_grid(), number }));
        DatabaseRef(last(self.logs.len()))
    }

    /// Scheme and host of the addresses.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The world's time.
    pub fn now(&self) -> Ticks {
        self.clock
    }

    /// The calendar moment at which it began.
    pub fn start(&self) -> Ticks {
        self.start
    }

    /// Time since it began.
    pub fn age(&self) -> Duration {
        self.clock.since(self.start)
    }

    /// Lets time pass; the retention job runs as often as it was due.
    pub fn advance(&mut self, time: Duration) {
        self.reach(self.clock.after(time));
    }

    /// Lets time pass until a moment, if it is not past.
    pub(crate) fn reach(&mut self, moment: Ticks) {
        self.clock = self.clock.max(moment);
        let every = self.dialect.purge_every;
        if self.clock.since(self.last_purge) < every || every.is_zero() {
            return;
        }
        // Only the newest of the runs that were due matters.
        let runs = self.clock.since(self.last_purge).as_nanos() / every.as_nanos();
        self.last_purge = self.last_purge.after(every * u32::try_from(runs).unwrap_or(u32::MAX));
        let older_than = self.last_purge.before(self.dialect.retention);
        for log in &mut self.logs {
            log.purge(older_than);
        }
    }

    /// Runs the retention job now.
    pub fn purge(&mut self) {
        let older_than = self.clock.before(self.dialect.retention);
        for log in &mut self.logs {
            log.purge(older_than);
        }
    }

    /// Sets the user who does what comes next.
    pub fn act_as(&mut self, user: i32) {
        self.editor = user;
    }

    /// Moves a content database: its log begins anew at another number, as after a restore or a move between
    /// farms. A smaller number makes the counter jump backwards; `back` sets the clock of its tail back.
    pub fn move_database(&mut self, database: DatabaseRef, number: i64, back: Duration) {
        let ticks = self.clock.before(back).on_grid();
        self.logs[database.0 as usize].restart(Place { ticks, number });
        // What changed before is behind every token of the log that begins now.
        for list in 0..self.lists.len() {
            let web = self.lists[list].web;
            if self.site(self.web(web).site).database == database {
                self.lists[list].schema_changed = self.lists[list].schema_changed.min(number);
            }
        }
    }

    /// The log of a site collection's content database.
    pub fn log(&self, site: SiteRef) -> &Log {
        &self.logs[self.site(site).database.0 as usize]
    }

    /// How many rows were ever written to each database's log.
    pub(crate) fn log_lengths(&self) -> Vec<usize> {
        self.logs.iter().map(|log| log.all_rows().len()).collect()
    }

    /// Which of the databases' logs a list's rows are written to.
    pub(crate) fn log_number(&self, list: ListRef) -> usize {
        self.site(self.web(self.list(list).web).site).database.0 as usize
    }

    /// A fresh random GUID.
    pub(crate) fn guid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid()
    }

    /// The user who does what comes next.
    pub fn editor(&self) -> i32 {
        self.editor
    }

    /// Lets the moment between two steps of one operation pass.
    fn pause(&mut self) {
        let time = Duration::from_micros(self.rng.u64(3_000..90_000));
        self.clock = self.clock.after(time);
    }

    /// Writes a row, and gives back the object's stamp that it tells.
    fn write(&mut self, note: &Note<'_>) -> Ticks {
        let database = self.site(note.site).database.0 as usize;
        let end = self.logs[database].end();
        let ticks = if note.joined { end.ticks } else { self.clock.on_grid().max(end.ticks) };
        let time = if note.exact { ticks } else { self.stamp(ticks) };
        let step = if note.joined { 1 } else { self.gap() };
        let visible = self.delay().map(|delay| self.clock.after(delay));
        let editor = self.editor;
        self.logs[database].append(&Entry {
            event: note.event,
            site: note.site,
            web: note.web,
            list: note.list,
            object: note.object.clone(),
            editor,
            ticks,
            time,
            step,
            folders: note.folders,
            near: note.near,
            visible,
            moved_to: note.moved_to,
        });
        time
    }

    /// How far the shared counter moves: others write between our rows, sometimes much.
    fn gap(&mut self) -> i64 {
        match self.rng.u32(0..8) {
            0..4 => 1,
            4..7 => self.rng.i64(2..40),
            _ => self.rng.i64(40..900),
        }
    }

    /// The whole second that an object's stamp shows for a row: recorded −0.7 … +0.47 s from the row's ticks.
    fn stamp(&mut self, ticks: Ticks) -> Ticks {
        let within = ticks.within_second();
        let up = within > 4_700_000 || (within > 3_000_000 && self.rng.bool());
        Ticks(ticks.whole_second().0 + if up { 10_000_000 } else { 0 })
    }

    fn delay(&mut self) -> Option<Duration> {
        let longest = u64::try_from(self.dialect.late.as_micros()).unwrap_or(u64::MAX);
        (longest > 0 && self.rng.u32(0..100) < self.dialect.late_share)
            .then(|| Duration::from_micros(self.rng.u64(1..=longest)))
    }
}

impl<'a> Note<'a> {
    fn new(event: Event, site: SiteRef, object: Object) -> Self {
        Self {
            event,
            site,
            web: None,
            list: None,
            object,
            folders: &[],
            near: 0,
            moved_to: None,
            exact: false,
            joined: false,
        }
    }

    fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    fn joined(mut self) -> Self {
        self.joined = true;
        self
    }

    fn within(mut self, folders: &'a [Uuid], near: usize) -> Self {
        self.folders = folders;
        self.near = near;
        self
    }
}

/// The last index of something that long.
fn last(length: usize) -> u32 {
    u32::try_from(length.saturating_sub(1)).unwrap_or(u32::MAX)
}
