//! Stories of a store that runs its own sessions: it gets a host and nothing else, and is judged by the list.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use sharepoint_changes::{
    Checkpoint, Dialect, Done, Error, Host, ItemQuery, ListRef as Named, Settings, Site,
};

use super::copy::Copy;
use super::handler::Difference;
use super::items::{Items, compare_settled, unequal};
use super::play::{Fallen, Performer, reread, site, stands_in_log};
use super::setting::{LISTS, Place, Setting};
use super::stage::{Ended, Stage, Theatre};
use crate::rowset::ItemTruth;
use crate::ticks::Ticks;
use crate::world::{ListRef, World};

/// What a run of a store is about.
#[derive(Debug)]
#[non_exhaustive]
pub struct StoreRun<'s> {
    /// The site of the list.
    pub site: &'s Site,
    /// The list, and how its rows are asked for.
    pub query: &'s ItemQuery,
    /// What the story asks of the sessions.
    pub settings: &'s Settings,
}

/// How a store's run ended.
#[derive(Debug)]
pub enum Synced {
    /// The copy has come to the end of the log.
    UpToDate(Checkpoint),
    /// It has to be read anew, which the store does not do before six hours have passed.
    Held,
    /// A session failed.
    Failed(Error),
    /// The host brought no answer, or the store comes to no end for now.
    Ended,
}

/// Keeps a copy of a list by runs of its own.
///
/// What its methods read is what is durable: each run is a process of its own, and may die at any request.
pub trait StoreHandler {
    /// Runs once, from what is held.
    fn sync<H: Host<Error: Debug>>(&mut self, host: &mut H, run: &StoreRun<'_>) -> Synced;

    /// The text of the checkpoint that is kept; none before the first.
    fn checkpoint(&self) -> Option<String>;

    /// Compares the copy with what the list truly holds, but for some ids of which nothing is to be said.
    ///
    /// # Errors
    /// What is different.
    fn judge_without(&self, truth: &[ItemTruth], ids: &BTreeSet<i32>) -> Result<(), Difference>;
}

/// A store in a story.
#[derive(Debug)]
pub(super) struct Store<H> {
    handler: H,
    site: Site,
    query: ItemQuery,
    settings: Settings,
    list: ListRef,
    safe: bool,
    full: bool,
    moved: bool,
    begun_at: Ticks,
    /// When copies that lag behind last answered, where rights change: what GetChanges was silent about then is read once
    /// the end of the log has settled.
    lagged_at: Option<Ticks>,
}

impl<H: StoreHandler> Store<H> {
    pub(super) fn new<P: Theatre>(setting: &Setting, stage: &mut Stage<P>, handler: H) -> Self {
        let number = if let Place::List(number) = setting.place { number } else { 0 };
        let owner = stage.activity.site();
        let list = stage.theatre.with_server(|server| super::truth::list_of(server.world(), owner, number));
        (stage.list, stage.is_copied) = (list, true);
        let rows = setting.page.try_into().unwrap_or(std::num::NonZeroU32::MIN);
        let dialect = if setting.soap { Dialect::Soap } else { Dialect::Rest };
        let mut settings = Settings::default();
        settings.overlap = setting.overlap;
        let address = stage.theatre.site();
        Self {
            handler,
            site: site(setting, &address),
            query: ItemQuery::new(Named::Title(LISTS[number].to_owned())).row_limit(rows).dialect(dialect),
            settings,
            list,
            safe: setting.is_safe(),
            full: setting.full,
            moved: false,
            begun_at: Ticks::default(),
            lagged_at: None,
        }
    }

    fn has_settled(&self) -> bool {
        self.lagged_at.is_none_or(|at| self.begun_at.since(at) > self.settings.settle)
    }

    /// The copy equals the list, where that is claimed.
    fn judge<P: Theatre>(&self, stage: &mut Stage<P>) -> Result<(), Fallen> {
        let is_whole = stage.end.is_some_and(|end| end.whole);
        if !self.safe || stage.plan.wicked || !is_whole || !self.has_settled() {
            return Ok(());
        }
        let (handler, poisoned) = (&self.handler, stage.poisoned.clone());
        compare_settled(stage, self.list, &poisoned, |truth, ids| handler.judge_without(truth, ids))
            .map_err(unequal)
    }
}

impl<H: StoreHandler> Performer for Store<H> {
    type Reference = Items<Copy>;

    fn reference<P: Theatre>(setting: &Setting, stage: &mut Stage<P>) -> Self::Reference {
        Items::new(setting, stage, Copy::default())
    }

    fn run<P: Theatre>(&mut self, stage: &mut Stage<P>) -> Result<Ended, Fallen> {
        let before = self.handler.checkpoint();
        self.begun_at = stage.theatre.with_server(|server| server.world().now());
        if stage.plan.lag.is_some() && (self.full || stage.has_deeds()) {
            self.lagged_at = Some(self.begun_at);
        }
        let Self { handler, site, query, settings, .. } = self;
        let run = StoreRun { site, query, settings };
        let most_rest = settings.policy.max_rest * SESSIONS;
        let Some(synced) = stage.lend(most_rest, |host| handler.sync(host, &run))? else {
            return Ok(Ended::Crashed);
        };
        match synced {
            Synced::UpToDate(checkpoint) => {
                if self.handler.checkpoint().as_deref() != Some(checkpoint.as_str()) {
                    return Err(Fallen::of(2, "the end's checkpoint was not kept".to_owned()));
                }
                reread(checkpoint.as_str())?;
                let stays = before.as_deref() == Some(checkpoint.as_str());
                // A log that was moved may look like one that lags behind: then nothing is said, and nothing moves.
                if !(self.moved && stays) {
                    self.judge(stage)?;
                }
                self.moved &= stays;
                Ok(Ended::Done(Done::UpToDate { checkpoint, follows: before, notices: Vec::new() }))
            }
            Synced::Held => {
                stage.habits.insert("a new load held for six hours");
                stage.theatre.pass(HOLD);
                Ok(Ended::Anew)
            }
            Synced::Failed(error) => Ok(Ended::Failed(error)),
            Synced::Ended => Ok(Ended::Anew),
        }
    }

    fn moved(&mut self, _: &World) {
        self.moved = stands_in_log(self.handler.checkpoint());
    }

    fn is_gone(&self, world: &World) -> bool {
        world.list(self.list).deleted
    }

    fn is_adrift(&self) -> bool {
        self.moved
    }

    fn close<P: Theatre>(&mut self, _: &mut Stage<P>) {}

    fn digest(&self) -> u64 {
        0
    }
}

/// Sessions that a run of a store may begin.
const SESSIONS: u32 = 16;
/// What a store waits for before it reads everything anew once more.
const HOLD: Duration = Duration::from_secs(6 * 60 * 60 + 60);
