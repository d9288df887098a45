//! Stories of GetChanges, judged by the log.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use sharepoint_changes::jiff::Timestamp;
use sharepoint_changes::{
    Change, ChangeKind, ChangeQuery, ChangeToken, ChangedObject, Checkpoint, Done, Page, ResyncReason,
    Session, Settings, Site, Start,
};

use super::asked::{client_scope, flags};
use super::crash::Crashed;
use super::dates::Lied;
use super::handler::{ChangesHandler, Next};
use super::ledger::Ledger;
use super::play::{Fallen, Performer, reread, site, stands_in_log};
use super::setting::{Begin, Place, Setting};
use super::stage::{ALMOST_EXPIRED, Ended, Stage, Theatre, resumes_overlap};
use super::truth::{Truth, told};
use super::worlds::Worlds;
use crate::event::Object;
use crate::log::Row;
use crate::world::World;

/// A handler of GetChanges in a story.
#[derive(Debug)]
pub(super) struct Changes<H> {
    handler: H,
    site: Site,
    query: ChangeQuery,
    settings: Settings,
    begin: Begin,
    /// Where the run began.
    begun: Option<Checkpoint>,
    /// Whether freedom from loss is claimed.
    safe: bool,
    truth: Truth,
    /// The worlds at the ends of its runs, where differences between them are to be told.
    worlds: Option<Worlds>,
    /// The first row that is demanded.
    floor: usize,
    /// What was delivered before belongs to the log as it counted then.
    base: usize,
    /// Stretches that were said to be unreadable.
    gaps: Vec<(Timestamp, Timestamp)>,
    moved: bool,
    /// The log was moved when nobody had a row of it: that it is another one may be noticed, and need not be.
    replaced: bool,
    handed: BTreeSet<i64>,
    late_lost: BTreeSet<usize>,
    digest: DefaultHasher,
}

impl<H: ChangesHandler> Changes<H> {
    pub(super) fn new<P: Theatre>(setting: &Setting, stage: &mut Stage<P>, handler: H) -> Self {
        let address = stage.theatre.site();
        let site = site(setting, &address);
        let owner = stage.activity.site();
        let (scope, asked) = stage.theatre.with_server(|server| {
            let world = server.world();
            let place = super::truth::scope(world, owner, setting.place);
            (place, client_scope(setting.place, place))
        });
        let number = match setting.place {
            Place::List(number) | Place::Folder(number) | Place::Item(number) => number,
            Place::Site | Place::Web => 0,
        };
        stage.list = stage.theatre.with_server(|server| super::truth::list_of(server.world(), owner, number));
        let page = setting.page.try_into().unwrap_or(std::num::NonZeroU32::MIN);
        let query = handler.query(ChangeQuery::preset(asked, setting.preset).page_size(page));
        let mut settings = Settings::default();
        settings.overlap = setting.overlap;
        let truth = Truth::new(scope, flags(&query, &site), owner, stage.epoch);
        let worlds = Worlds::new(scope, setting.preset);
        stage.counted = worlds.is_some().then_some(scope);
        Self {
            handler,
            site,
            query,
            settings,
            begin: setting.begin,
            begun: None,
            safe: setting.is_safe(),
            truth,
            worlds,
            floor: 0,
            base: 0,
            gaps: Vec::new(),
            moved: false,
            replaced: false,
            handed: BTreeSet::new(),
            late_lost: BTreeSet::new(),
            digest: DefaultHasher::new(),
        }
    }

    /// Works off a page; the run ends after it where the script says so.
    fn take<P: Theatre>(
        &mut self,
        mut page: Page,
        stage: &mut Stage<P>,
        order: &mut Order,
    ) -> Result<Result<Next, Crashed>, Fallen> {
        let now = stage.theatre.with_server(|server| {
            self.truth.catch_up(server.world());
            self.judge_page(&page, server.world(), order).map(|()| server.world().age())
        })?;
        if let Some(gap) = &page.gap {
            if now < ALMOST_EXPIRED && stage.lied < Lied::Often {
                return Err(Fallen::of(1, format!("a gap is said after {now:?}")));
            }
            self.gaps.push((gap.after, gap.until));
        }
        for change in &page.changes {
            stage.figures.delivered += 1;
            stage.figures.repeated += u64::from(!self.handed.insert(change.token.number()));
            (change.token.number(), change.kind.code(), plain_name(&change.object)).hash(&mut self.digest);
        }
        page.checkpoint.as_str().hash(&mut self.digest);
        let stop = stage.plan.stop.filter(|(at, row)| *at == stage.pages && *row < page.changes.len());
        if let Some((_, row)) = stop {
            page.checkpoint = page.checkpoint_after(row);
            page.changes.truncate(row + 1);
        }
        self.set_floor(stage);
        let committed = self.handler.commit(page, &mut stage.crash);
        Ok(committed.map(|()| if stop.is_some() { Next::Anew } else { Next::GoOn }))
    }

    /// The rows are the log's, rise, and come again from their own text.
    fn judge_page(&self, page: &Page, world: &World, order: &mut Order) -> Result<(), Fallen> {
        if page.follows != self.handler.checkpoint() {
            return Err(Fallen::of(2, "a page does not follow the checkpoint that is kept".to_owned()));
        }
        reread(page.checkpoint.as_str())?;
        for change in &page.changes {
            let number = change.token.number();
            order.take(number)?;
            let Some((_, row)) = self.truth.row(world, number) else {
                return Err(Fallen::invented(format!("the log holds no row {number} that was asked for")));
            };
            if !is_told(change, row, world) {
                return Err(Fallen::invented(format!("row {number}, {}, came as {change:?}", told(row))));
            }
            let token: Option<ChangeToken> = change.token.to_string().parse().ok();
            let kind: Option<ChangeKind> = change.kind.to_string().parse().ok();
            if token.as_ref() != Some(&change.token) || kind != Some(change.kind) {
                return Err(Fallen::of(
                    8,
                    format!("{} or {} is lost in its text", change.token, change.kind),
                ));
            }
        }
        Ok(())
    }

    /// As long as no checkpoint is kept, what is demanded is what the first one will stand before.
    fn set_floor<P: Theatre>(&mut self, stage: &mut Stage<P>) {
        if self.handler.checkpoint().is_some() {
            return;
        }
        let (truth, end) = (&self.truth, stage.end);
        self.floor = stage.theatre.with_server(|server| match (self.begin, end) {
            (Begin::Beginning, _) | (_, None) => truth.first(server.world()),
            (_, Some(end)) => truth.index_after(server.world(), end.place.number),
        });
        if let Some(worlds) = &mut self.worlds {
            let from_nothing = self.begin == Begin::Beginning;
            worlds.begin(stage.census.clone().filter(|_| !from_nothing).unwrap_or_default());
        }
    }

    /// Keeps a run's end; whether the process lives on.
    fn end<P: Theatre>(&mut self, done: &Done, stage: &mut Stage<P>) -> Result<bool, Fallen> {
        if done.follows() != self.handler.checkpoint().as_deref() {
            return Err(Fallen::of(2, "the end does not follow the checkpoint that is kept".to_owned()));
        }
        reread(done.checkpoint().as_str())?;
        done.checkpoint().as_str().hash(&mut self.digest);
        let first = self.handler.checkpoint().is_none();
        self.set_floor(stage);
        stage.judge_end(self.begun.as_ref(), done)?;
        let Stage { crash, .. } = stage;
        let lives = crash.point().is_ok() && self.handler.end(done, crash).is_ok() && crash.point().is_ok();
        let kept = self.handler.checkpoint().as_deref() == Some(done.checkpoint().as_str());
        if lives && !kept {
            return Err(Fallen::of(2, "the end's checkpoint was not kept".to_owned()));
        }
        match done {
            // A log that was moved may look like one that lags behind: then nothing is said, and nothing moves.
            Done::UpToDate { checkpoint, follows, .. }
                if (self.moved || self.replaced) && follows.as_deref() == Some(checkpoint.as_str()) => {}
            Done::UpToDate { .. } if lives && !stage.plan.wicked => self.judge(stage)?,
            Done::Resync { reason, .. } if kept => self.resync(*reason, first, stage)?,
            _ => {}
        }
        Ok(lives)
    }

    /// Everything was read anew: what is demanded begins here.
    fn resync<P: Theatre>(
        &mut self,
        reason: ResyncReason,
        first: bool,
        stage: &mut Stage<P>,
    ) -> Result<(), Fallen> {
        let (truth, moved) = (&mut self.truth, self.moved);
        let (floor, age) = stage.theatre.with_server(|server| {
            truth.catch_up(server.world());
            (truth.written(server.world()), server.world().age())
        });
        let fair = match reason {
            ResyncReason::FirstRun => self.begin == Begin::Bootstrap && first,
            ResyncReason::Expired => age > ALMOST_EXPIRED,
            // A folder that went to another list, and came back perhaps.
            ResyncReason::TokenRefused if self.worlds.is_none() && stage.has_deeds() => true,
            ResyncReason::LogRestarted | ResyncReason::TokenRefused => moved || self.replaced,
            _ => false,
        };
        if !fair && !stage.plan.wicked && stage.lied < Lied::Often {
            return Err(Fallen::of(1, format!("a resync without a cause: {reason:?}")));
        }
        stage.figures.resyncs += u64::from(reason != ResyncReason::FirstRun);
        (self.floor, self.moved, self.replaced) = (floor, false, false);
        self.base = self.handler.delivered().len();
        if let Some(worlds) = &mut self.worlds {
            worlds.begin(stage.theatre.with_server(|server| worlds.take(server.world())));
        }
        Ok(())
    }

    /// Everything that is demanded up to the end of the log was delivered.
    fn judge<P: Theatre>(&mut self, stage: &mut Stage<P>) -> Result<(), Fallen> {
        let Some(end) = stage.end else {
            return Err(Fallen::of(1, "a run ended without reading the end of the log".to_owned()));
        };
        let delivered = self.handler.delivered();
        let delivered: BTreeSet<i64> = delivered.iter().skip(self.base).map(ChangeToken::number).collect();
        let census = stage.census.take().filter(|_| end.whole);
        let differences = &mut stage.figures.differences;
        let Self { truth, worlds, floor, gaps, safe, late_lost, .. } = self;
        stage.theatre.with_server(|server| {
            let world = server.world();
            truth.catch_up(world);
            let until = truth.index_after(world, end.place.number);
            let mut lost = Vec::new();
            for (index, number) in truth.demanded(world, *floor..until, &end) {
                let Some(row) = world.log_of(truth.scope).all_rows().get(index) else { continue };
                if delivered.contains(&number) || is_within(gaps, row) {
                    late_lost.remove(&index);
                } else if truth.late().contains(&index) && !*safe {
                    late_lost.insert(index);
                } else {
                    lost.push(format!("{number} ({})", told(row)));
                }
            }
            if !lost.is_empty() {
                return Err(Fallen::lost(lost.len(), format!("never came: row {}", lost.join(", "))));
            }
            let (Some(worlds), Some(census)) = (worlds, census) else { return Ok(()) };
            *differences += worlds
                .judge(census, world, |index, row| {
                    let is_unclaimed =
                        index < *floor || is_within(gaps, row) || (!*safe && truth.late().contains(&index));
                    is_unclaimed || delivered.contains(&row.number)
                })
                .map_err(|silent| {
                    Fallen::lost(silent.len(), format!("no row tells that {}", silent.join(", ")))
                })?;
            Ok(())
        })
    }

    /// Whether the run began at the end of the log.
    fn is_idle<P: Theatre>(&self, stage: &Stage<P>) -> bool {
        let begun = self.begun.as_ref().filter(|_| self.settings.overlap.is_none());
        begun.and_then(Checkpoint::token).is_some_and(|token| stage.ended_at(token))
    }

    fn count_requests<P: Theatre>(&self, stage: &mut Stage<P>) -> Result<(), Fallen> {
        let (sent, pages, troubles) = (stage.cost.sent, stage.pages, stage.cost.troubles);
        let looks = stage.looks_from(self.begun.as_ref());
        let ends = 1 + u64::from(resumes_overlap(self.begun.as_ref()));
        let ends = if self.is_idle(stage) { 0 } else { ends };
        if sent <= stage.cost.most_of_changes(pages, looks, ends) {
            return Ok(());
        }
        Err(Fallen::of(5, format!("{sent} requests for {pages} pages and {troubles} faults")))
    }
}

/// Rows rise during a run. One that goes on within the overlap of a run before it may read that once more from its start.
#[derive(Debug)]
struct Order {
    last: Option<i64>,
    may_begin_again: bool,
}

impl Order {
    fn take(&mut self, number: i64) -> Result<(), Fallen> {
        if let Some(last) = self.last.filter(|last| *last >= number)
            && !std::mem::take(&mut self.may_begin_again)
        {
            return Err(Fallen::of(1, format!("row {number} comes after row {last}")));
        }
        self.last = Some(number);
        Ok(())
    }
}

impl<H: ChangesHandler> Performer for Changes<H> {
    type Reference = Changes<Ledger>;

    fn reference<P: Theatre>(setting: &Setting, stage: &mut Stage<P>) -> Self::Reference {
        Changes::new(setting, stage, Ledger::default())
    }

    fn run<P: Theatre>(&mut self, stage: &mut Stage<P>) -> Result<Ended, Fallen> {
        self.handler.restart();
        self.begun = self.handler.checkpoint().as_deref().map(reread).transpose()?;
        let start = match self.begun.clone() {
            Some(checkpoint) => Start::Checkpoint(checkpoint),
            None => match self.begin {
                Begin::Beginning => Start::Beginning,
                Begin::Now => Start::Now,
                Begin::Bootstrap => Start::Bootstrap,
            },
        };
        let mut session =
            Session::new(self.site.clone(), self.query.clone(), start, self.settings.clone())
                .map_err(|error| Fallen::of(8, format!("the checkpoint does not fit any more: {error:?}")))?;
        let mut order = Order { last: None, may_begin_again: self.settings.overlap.is_some() };
        let most_rest = self.settings.policy.max_rest;
        let ended = stage.conduct(&mut session, most_rest, |page, stage| {
            if stage.plan.noise.is_some() {
                return Ok(Ok(Next::GoOn));
            }
            self.take(page, stage, &mut order)
        })?;
        if stage.plan.noise.is_some() {
            return Ok(ended);
        }
        if self.begun.is_some() && stage.pages > 1 {
            stage.habits.insert("an increment of several pages");
        }
        // One that died or failed may have asked for what it did not hand out any more.
        if !stage.plan.wicked && stage.lied == Lied::Never && matches!(ended, Ended::Done(_)) {
            self.count_requests(stage)?;
        }
        match &ended {
            Ended::Done(done) if !self.end(done, stage)? => Ok(Ended::Crashed),
            _ => Ok(ended),
        }
    }

    fn moved(&mut self, world: &World) {
        self.truth.restart(world);
        // Who has no row of the log that was cannot know that it is another one.
        if stands_in_log(self.handler.checkpoint()) {
            self.moved = true;
        } else {
            self.replaced = true;
            self.floor = self.truth.written(world);
            self.base = self.handler.delivered().len();
            if let Some(worlds) = &mut self.worlds {
                worlds.begin(worlds.take(world));
            }
        }
    }

    fn is_gone(&self, world: &World) -> bool {
        let (list, item) = match self.truth.scope {
            crate::query::Scope::List(list) => return world.list(list).deleted,
            crate::query::Scope::Folder(list, _) | crate::query::Scope::Item(list, _)
                if world.list(list).deleted =>
            {
                return true;
            }
            crate::query::Scope::Folder(list, folder) => (list, world.list(list).item_by_unique_id(folder)),
            crate::query::Scope::Item(list, id) => (list, world.item(list, id)),
            _ => return false,
        };
        item.is_none_or(|item| !world.sees(list, item))
    }

    fn is_adrift(&self) -> bool {
        self.moved
    }

    fn close<P: Theatre>(&mut self, stage: &mut Stage<P>) {
        let late = self.truth.late().range(self.floor..).count() as u64;
        stage.figures.late_lost = self.late_lost.len() as u64;
        stage.figures.late = late.saturating_sub(stage.figures.late_lost);
    }

    fn digest(&self) -> u64 {
        self.digest.finish()
    }
}

fn is_within(gaps: &[(Timestamp, Timestamp)], row: &Row) -> bool {
    let time = row.ticks.timestamp();
    gaps.iter().any(|(after, until)| *after <= time && time <= *until)
}

/// What an object is called as far as it can be told without metadata: not whether it is a file or a folder.
fn plain_name(object: &ChangedObject) -> &'static str {
    match object.name() {
        "file" | "folder" => "file_or_folder",
        // Nor can a web or a site collection be told from what nobody knows.
        "web" | "site" => "unknown",
        name => name,
    }
}

/// Whether a row came as the log tells it.
fn is_told(change: &Change, row: &Row, world: &World) -> bool {
    let list = row.list.map(|list| world.list(list).id);
    let same_object = match (&change.object, &row.object) {
        (ChangedObject::Item(told), Object::Item { id, unique_id }) => {
            told.item_id == *id
                && Some(told.list_id) == list
                && told.unique_id.is_none_or(|told| told == *unique_id)
        }
        (ChangedObject::List(told), Object::List) => Some(told.list_id) == list,
        (ChangedObject::Web { web_id }, Object::Web) => {
            row.web.is_some_and(|web| world.web(web).id == *web_id)
        }
        (told, object) => {
            let name = object.type_name().trim_start_matches("SP.Change").to_lowercase();
            told.name() == "unknown" || plain_name(told).replace('_', "").contains(&name) || name.is_empty()
        }
    };
    same_object && change.kind.code() == i32::from(row.event.code()) && change.token.ticks() == row.ticks.0
}
