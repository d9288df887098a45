//! Stories of a list's items, judged by the list.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use sharepoint_changes::{
    Basis, Checkpoint, Dialect, Done, ItemChange, ItemPage, ItemQuery, ListRef as Named, Notice, Reload,
    Session, Settings, Site, Start,
};

use super::copy::Copy;
use super::cost::FollowUps;
use super::crash::Crashed;
use super::dates::Lied;
use super::deed::Deed;
use super::handler::{Difference, ItemsHandler, Next};
use super::play::{Fallen, Performer, reread, site, stands_in_log};
use super::setting::{LISTS, Place, Setting};
use super::stage::{ALMOST_EXPIRED, Ended, Stage, Theatre, resumes_overlap};
use crate::event::{Event, Object};
use crate::log::Row;
use crate::query::Scope;
use crate::rowset::ItemTruth;
use crate::ticks::Ticks;
use crate::world::{ListRef, World};

/// A handler of a list's items in a story.
#[derive(Debug)]
pub(super) struct Items<H> {
    handler: H,
    site: Site,
    query: ItemQuery,
    settings: Settings,
    /// Rows of a page.
    rows: usize,
    list: ListRef,
    /// Whether freedom from loss is claimed.
    safe: bool,
    /// The office does what a new load answers.
    full: bool,
    moved: bool,
    handed: BTreeSet<(i32, Option<i64>)>,
    /// Items that were told to be restored, and did not come since.
    restored: BTreeSet<i32>,
    /// Something failed so often that pages may be smaller than asked for.
    doubted: bool,
    /// Pages may be smaller than asked for, or empty.
    fine: bool,
    /// GetChanges may answer with less than it is asked for.
    short: bool,
    /// The log may be read before the rows, so that an answer ends before what the run knows of.
    log_first: bool,
    /// Items that were passed by, because the server fails on them.
    poisoned: BTreeSet<i32>,
    /// One of them had no name.
    unreadable: bool,
    /// This run brought a page of a load.
    loads: bool,
    /// Folders whose listing came to its end in this run.
    listings: u64,
    /// Where the run began.
    begun: Option<Checkpoint>,
    /// How often the list's fields had changed when the run began.
    schema: u32,
    /// How many rows the log had been written then.
    written: usize,
    /// The time then.
    begun_at: Ticks,
    /// When copies that lag behind last answered, where the office changes rights: GetChanges says nothing of how old its
    /// answer is, so what it was silent about is read only once the end of the log has settled.
    lagged_at: Option<Ticks>,
    /// The rows that were written when the first run began.
    first: Option<usize>,
    /// Items that differ, where rows become visible late and nothing is claimed.
    unlike: u64,
    digest: DefaultHasher,
}

impl<H: ItemsHandler> Items<H> {
    pub(super) fn new<P: Theatre>(setting: &Setting, stage: &mut Stage<P>, handler: H) -> Self {
        let number = if let Place::List(number) = setting.place { number } else { 0 };
        let owner = stage.activity.site();
        let list = stage.theatre.with_server(|server| super::truth::list_of(server.world(), owner, number));
        stage.list = list;
        stage.is_copied = true;
        let rows = setting.page.try_into().unwrap_or(std::num::NonZeroU32::MIN);
        let dialect = if setting.soap { Dialect::Soap } else { Dialect::Rest };
        let mut settings = Settings::default();
        settings.overlap = setting.overlap;
        settings.reload = if setting.refused { Reload::Refused } else { Reload::Allowed };
        settings.role_assignments = !setting.trusting;
        let address = stage.theatre.site();
        Self {
            handler,
            site: site(setting, &address),
            query: ItemQuery::new(Named::Title(LISTS[number].to_owned())).row_limit(rows).dialect(dialect),
            settings,
            rows: usize::try_from(rows.get()).unwrap_or(usize::MAX),
            list,
            safe: setting.is_safe(),
            full: setting.full,
            moved: false,
            handed: BTreeSet::new(),
            loads: false,
            listings: 0,
            begun: None,
            restored: BTreeSet::new(),
            // Where ids come over several pages, none has as many rows as were asked for.
            doubted: has(setting, "ids_cap"),
            fine: has(setting, "fine_pages") || has(setting, "empty_pages"),
            short: has(setting, "short_pages") || has(setting, "page_cap"),
            log_first: has(setting, "log_first"),
            poisoned: BTreeSet::new(),
            unreadable: false,
            schema: 0,
            written: 0,
            begun_at: Ticks::default(),
            lagged_at: None,
            first: None,
            unlike: 0,
            digest: DefaultHasher::new(),
        }
    }

    fn take<P: Theatre>(
        &mut self,
        page: ItemPage,
        stage: &mut Stage<P>,
    ) -> Result<Result<Next, Crashed>, Fallen> {
        if page.follows != self.handler.checkpoint() {
            return Err(Fallen::of(2, "a page does not follow the checkpoint that is kept".to_owned()));
        }
        reread(page.checkpoint.as_str())?;
        self.judge_load(&page, stage)?;
        self.judge_size(&page, stage)?;
        let list = self.list;
        stage.theatre.with_server(|server| judge_rows(&page, server.world(), list))?;
        self.loads |= matches!(page.basis, Basis::Snapshot { .. });
        self.listings += u64::from(matches!(page.basis, Basis::Subtree { last: true, .. }));
        format!("{:?}", page.basis).hash(&mut self.digest);
        for notice in &page.notices {
            if let Notice::Poison { id, .. } = notice {
                self.unreadable |= id.is_none();
                self.poisoned.extend(*id);
            }
        }
        for change in &page.changes {
            match change {
                ItemChange::Upserted(row) => {
                    stage.figures.delivered += 1;
                    self.restored.remove(&row.id());
                    self.poisoned.remove(&row.id());
                    let new = self.handed.insert((row.id(), row.hidden_version()));
                    stage.figures.repeated += u64::from(!new);
                    for field in page.schema.fields().iter().filter(|field| field.is_stored()) {
                        row.get(field.name()).unwrap_or_default().hash(&mut self.digest);
                    }
                }
                other => {
                    if let ItemChange::Restored { id } = other {
                        self.restored.insert(*id);
                    }
                    format!("{other:?}").hash(&mut self.digest);
                }
            }
        }
        page.checkpoint.as_str().hash(&mut self.digest);
        Ok(self.handler.commit(page, &mut stage.crash))
    }

    /// A new load has a cause.
    fn judge_load<P: Theatre>(&mut self, page: &ItemPage, stage: &mut Stage<P>) -> Result<(), Fallen> {
        let before: Option<Checkpoint> = page.follows.as_deref().map(reread).transpose()?;
        let begins =
            matches!(page.basis, Basis::Snapshot { .. }) && before.is_some_and(|it| !it.is_loading());
        if !begins {
            return Ok(());
        }
        stage.figures.resyncs += 1;
        self.judge_cause("a new load", stage)
    }

    /// Pages that are not the last hold as many rows as were asked for, so that a load of n rows takes no more pages than
    /// it must; and of the items that are pending as many are asked for as one call may name.
    fn judge_size<P>(&mut self, page: &ItemPage, stage: &Stage<P>) -> Result<(), Fallen> {
        // Around what cannot be read, ids are asked for, fewer and fewer.
        self.doubted |= stage.cost.troubles >= 3;
        if self.doubted || self.fine || stage.plan.wicked || stage.deeds.contains(&Deed::Poison) {
            return Ok(());
        }
        let before: Option<Checkpoint> = page.follows.as_deref().map(reread).transpose()?;
        let pending = |checkpoint: &Checkpoint| checkpoint.pending().0;
        let (full, size) = match &page.basis {
            Basis::Snapshot { end: Some(_), .. } | Basis::Subtree { last: true, .. } => return Ok(()),
            Basis::Snapshot { .. } | Basis::Subtree { .. } => (self.rows, page.changes.len()),
            // Only the fields are others.
            Basis::Delta if page.changes.is_empty() => return Ok(()),
            // Before anything else, what is pending is asked for. All of it may come, and the word that more follows.
            Basis::Delta => {
                let waiting = before.as_ref().map(pending).unwrap_or_default();
                let settled = waiting.saturating_sub(pending(&page.checkpoint));
                let size = usize::try_from(settled).unwrap_or(0).max(page.changes.len());
                (usize::try_from(waiting.min(100)).unwrap_or(100), size)
            }
        };
        if size >= full {
            return Ok(());
        }
        Err(Fallen::of(5, format!("{size} of {full} in a page of {:?}, and more follow", page.basis)))
    }

    fn judge_cause<P: Theatre>(&self, what: &str, stage: &mut Stage<P>) -> Result<(), Fallen> {
        let age = stage.theatre.with_server(|server| server.world().age());
        let fair = self.full || self.moved || stage.columns_changed || age > ALMOST_EXPIRED || stage.plan.wicked
            // A log that ends before a long time in which nobody worked looks like one that was put back.
            || stage.plan.lag.is_some()
            // A folder's page that fails three times cannot be read.
            || stage.scripted >= 3
            || stage.has_deeds()
            || stage.lied == Lied::Often
            // Something that was restored and went again with its folder is like what is restored out of sight.
            || !self.restored.is_empty();
        if fair { Ok(()) } else { Err(Fallen::of(1, format!("{what} without a cause"))) }
    }

    /// Keeps a run's end; how the program goes on, if the process lives.
    fn end<P: Theatre>(&mut self, done: &Done, stage: &mut Stage<P>) -> Result<Option<Next>, Fallen> {
        if done.follows() != self.handler.checkpoint().as_deref() {
            return Err(Fallen::of(2, "the end does not follow the checkpoint that is kept".to_owned()));
        }
        reread(done.checkpoint().as_str())?;
        done.checkpoint().as_str().hash(&mut self.digest);
        if let Done::Resync { reason, .. } = done {
            stage.figures.resyncs += 1;
            self.judge_cause(&format!("a resync ({reason:?})"), stage)?;
        }
        let Stage { crash, .. } = stage;
        let begins = crash.point();
        let ended = begins.and_then(|()| self.handler.end(done, crash));
        let next = ended.and_then(|next| crash.point().map(|()| next)).ok();
        let lives = next == Some(Next::GoOn);
        let kept = self.handler.checkpoint().as_deref() == Some(done.checkpoint().as_str());
        if lives && !kept {
            return Err(Fallen::of(2, "the end's checkpoint was not kept".to_owned()));
        }
        stage.judge_end(self.begun.as_ref().filter(|_| !self.loads), done)?;
        let is_whole = stage.end.is_some_and(|end| end.whole);
        let moves_on = matches!(done, Done::UpToDate { checkpoint, follows, .. } if follows.as_deref() != Some(checkpoint.as_str()));
        match done {
            // A log that was moved may look like one that lags behind: then nothing is said, and nothing moves.
            Done::UpToDate { checkpoint, follows, .. }
                if self.moved && follows.as_deref() == Some(checkpoint.as_str()) => {}
            Done::UpToDate { .. } if lives && !stage.plan.wicked && is_whole && self.has_settled() => {
                self.judge(stage)?;
            }
            _ => {}
        }
        self.moved &= !(next.is_some() && moves_on);
        Ok(next)
    }

    /// Whether nothing that a copy which lagged behind was silent about may be unread.
    fn has_settled(&self) -> bool {
        self.lagged_at.is_none_or(|at| self.begun_at.since(at) > self.settings.settle)
    }

    /// The copy equals the list.
    fn judge<P: Theatre>(&mut self, stage: &mut Stage<P>) -> Result<(), Fallen> {
        let list = self.list;
        let handler = &self.handler;
        let judged =
            compare_settled(stage, list, &self.poisoned, |truth, ids| handler.judge_without(truth, ids));
        if !self.safe || self.unreadable {
            self.unlike = judged.map_or_else(|it| it.count(), |()| 0);
            return Ok(());
        }
        judged.map_err(unequal)
    }

    /// How often the list's fields have changed, how many rows the log was written, and when that is.
    fn now<P: Theatre>(&self, stage: &mut Stage<P>) -> (u32, usize, Ticks) {
        let list = self.list;
        stage.theatre.with_server(|server| {
            let world = server.world();
            let written = world.log_of(Scope::List(list)).all_rows().len();
            (world.list(list).schema_version, written, world.now())
        })
    }

    fn count_requests<P: Theatre>(&self, stage: &mut Stage<P>) -> Result<(), Fallen> {
        if self.log_first || stage.lied > Lied::Never || stage.deeds.contains(&Deed::Poison) {
            return Ok(());
        }
        let (schema, ..) = self.now(stage);
        let (sent, pages) = (stage.cost.sent, stage.pages);
        let acts = stage.plan.meanwhile.iter().filter(|(at, _)| *at <= sent).count();
        let acts = acts + usize::from(stage.plan.swallow.is_some_and(|at| at <= sent));
        let acts = acts + stage.plan.deeds.iter().filter(|(at, ..)| *at <= sent).count();
        let follow_ups = FollowUps {
            looks: stage.looks_from(self.begun.as_ref()),
            listings: self.listings,
            restarts: acts.min(self.moves(stage)) as u64,
            schemas: u64::from(schema - self.schema),
            revealed: self.revealed(stage),
            anew: self.full
                || self.moved
                || stage.columns_changed
                || stage.has_deeds()
                || !self.restored.is_empty(),
            short: self.short,
            idle: self.is_idle(stage),
            again: resumes_overlap(self.begun.as_ref()),
        };
        if sent <= stage.cost.most_of_items(pages, &follow_ups) {
            return Ok(());
        }
        let troubles = stage.cost.troubles;
        Err(Fallen::of(5, format!("{sent} requests for {pages} pages, {troubles} faults and {follow_ups:?}")))
    }

    /// Whether the run began at the end of the log, with nothing to be asked for; not even what had to be named and has
    /// grown too old for that, which is a load.
    fn is_idle<P: Theatre>(&self, stage: &Stage<P>) -> bool {
        let is_plain = self.settings.overlap.is_none() && !self.loads;
        let Some(begun) = self.begun.as_ref().filter(|_| is_plain) else { return false };
        begun.token().is_some_and(|token| stage.ended_at(token)) && begun.pending() == (0, 0)
    }

    /// Items of which a row became visible late since the first run began.
    fn late<P: Theatre>(&self, stage: &mut Stage<P>) -> u64 {
        let (list, first) = (self.list, self.first);
        stage.theatre.with_server(|server| {
            let log = server.world().log_of(Scope::List(list));
            let rows = log.all_rows().iter().enumerate().skip(first.unwrap_or(usize::MAX));
            let late = rows.filter(|(n, row)| row.list == Some(list) && log.visible_from(*n).is_some());
            let id = |row: &Row| if let Object::Item { id, .. } = row.object { Some(id) } else { None };
            late.filter_map(|(_, row)| id(row)).collect::<BTreeSet<_>>().len() as u64
        })
    }

    /// Rows of the list that became visible late since the run began.
    fn revealed<P: Theatre>(&self, stage: &mut Stage<P>) -> u64 {
        let (list, begun) = (self.list, self.begun_at);
        stage.theatre.with_server(|server| {
            let (log, now) = (server.world().log_of(Scope::List(list)), server.world().now());
            let since = |n| log.visible_from(n).is_some_and(|from| begun < from && from <= now);
            let rows = log.all_rows().iter().enumerate();
            rows.filter(|(n, row)| row.list == Some(list) && since(*n)).count() as u64
        })
    }

    /// How often something in the list changed its place since the run began.
    fn moves<P: Theatre>(&self, stage: &mut Stage<P>) -> usize {
        let (list, written) = (self.list, self.written);
        stage.theatre.with_server(|server| {
            let rows = server.world().log_of(Scope::List(list)).all_rows();
            let rows = rows.get(written..).unwrap_or_default().iter();
            rows.filter(|row| row.list == Some(list) && moves(row.event)).count()
        })
    }
}

impl<H: ItemsHandler> Performer for Items<H> {
    type Reference = Items<Copy>;

    fn reference<P: Theatre>(setting: &Setting, stage: &mut Stage<P>) -> Self::Reference {
        Items::new(setting, stage, Copy::default())
    }

    fn run<P: Theatre>(&mut self, stage: &mut Stage<P>) -> Result<Ended, Fallen> {
        self.handler.restart();
        self.begun = self.handler.checkpoint().as_deref().map(reread).transpose()?;
        let start = self.begun.clone().map_or(Start::Beginning, Start::Checkpoint);
        let mut session =
            Session::new(self.site.clone(), self.query.clone(), start, self.settings.clone())
                .map_err(|error| Fallen::of(8, format!("the checkpoint does not fit any more: {error:?}")))?;
        if std::mem::take(&mut self.loads) {
            self.restored.clear();
        }
        self.listings = 0;
        (self.schema, self.written, self.begun_at) = self.now(stage);
        self.first.get_or_insert(self.written);
        let has_rights = self.full || stage.deeds.iter().any(|deed| matches!(deed, Deed::Hide | Deed::Share));
        if stage.plan.lag.is_some() && has_rights {
            self.lagged_at = Some(self.begun_at);
        }
        let most_rest = self.settings.policy.max_rest;
        let ended = stage.conduct(&mut session, most_rest, |page, stage| {
            if stage.plan.noise.is_some() {
                return Ok(Ok(Next::GoOn));
            }
            self.take(page, stage)
        })?;
        self.doubted |= stage.cost.troubles >= 3;
        if stage.plan.noise.is_some() {
            return Ok(ended);
        }
        // One that died or failed may have asked for what it did not hand out any more.
        if !stage.plan.wicked && stage.plan.lag.is_none() && matches!(ended, Ended::Done(_)) {
            self.count_requests(stage)?;
        }
        match &ended {
            Ended::Done(done) => Ok(match self.end(done, stage)? {
                None => Ended::Crashed,
                Some(Next::Anew) => Ended::Anew,
                Some(Next::GoOn) => ended,
            }),
            _ => Ok(ended),
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

    fn close<P: Theatre>(&mut self, stage: &mut Stage<P>) {
        stage.figures.late_lost = self.unlike;
        stage.figures.late = self.late(stage).saturating_sub(self.unlike);
    }

    fn digest(&self) -> u64 {
        self.digest.finish()
    }
}

/// Compares a copy with its list as far as one may be held to it that is up to date, though people worked meanwhile.
pub(super) fn compare_settled<P: Theatre>(
    stage: &mut Stage<P>,
    list: ListRef,
    poisoned: &BTreeSet<i32>,
    compare: impl Fn(&[ItemTruth], &BTreeSet<i32>) -> Result<(), Difference>,
) -> Result<(), Difference> {
    let truth = stage.theatre.with_server(|server| server.world().list_truth(list));
    let mut unsettled = stage.moments.unsettled(&truth);
    if !stage.quiet {
        stage.habits.insert("a copy judged though people worked during the run");
    }
    for set in [&mut unsettled.changed, &mut unsettled.fleeting] {
        set.extend(poisoned);
    }
    compare(&truth, &unsettled.changed)?;
    match compare(&truth, &unsettled.fleeting) {
        Err(it) if !it.lost.is_empty() || !it.invented.is_empty() => Err(it),
        _ => Ok(()),
    }
}

/// The law that a copy breaks that is not its list.
pub(super) fn unequal(difference: Difference) -> Fallen {
    let mut told = Vec::new();
    for (what, ids) in [("lost", &difference.lost), ("invented", &difference.invented)] {
        if !ids.is_empty() {
            told.push(format!("{what}: {ids:?}"));
        }
    }
    told.extend(difference.other);
    Fallen {
        lost: difference.lost.len() as u64,
        invented: difference.invented.len() as u64,
        ..Fallen::of(1, format!("the copy is not the list: {}", told.join("; ")))
    }
}

/// Whether a switch is set otherwise than for most servers.
fn has(setting: &Setting, switch: &str) -> bool {
    setting.habits.iter().any(|habit| habit.split('=').next() == Some(switch))
}

/// Whether an event puts a folder elsewhere.
fn moves(event: Event) -> bool {
    matches!(event, Event::Rename | Event::MoveAway | Event::MoveInto | Event::Delete | Event::Restore)
}

/// Every row is one of an item that the list has or had.
fn judge_rows(page: &ItemPage, world: &World, list: ListRef) -> Result<(), Fallen> {
    for change in &page.changes {
        let ItemChange::Upserted(row) = change else { continue };
        let id = row.id();
        let other =
            world.item(list, id).filter(|item| row.unique_id().is_some_and(|told| told != item.unique_id));
        if !world.list(list).ever_held(id) || other.is_some() {
            return Err(Fallen::invented(format!("the list never had the item {id} that came")));
        }
    }
    Ok(())
}
