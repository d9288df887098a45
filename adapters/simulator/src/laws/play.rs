//! A story, told once: every step, then runs to the end of the log.

use std::time::Duration;

use fastrand::Rng;
use sharepoint_changes::{Checkpoint, DigestMode, Done, Error, FaultClass, Generation, Site};

use super::changes::Changes;
use super::episode;
use super::figures::Figures;
use super::handler::{ChangesHandler, ItemsHandler};
use super::items::Items;
use super::setting::{Feed, Setting};
use super::stage::{Ended, Plan, Stage, Theatre};
use super::step::Step;
use super::story::Story;
use crate::activity::Activity;
use crate::fault::Fault;
use crate::world::{Settings, World};

/// A law that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fallen {
    /// Its number.
    pub law: u8,
    /// What happened, in words.
    pub what: String,
    /// Rows or items that are lost.
    pub lost: u64,
    /// Rows or items that never were.
    pub invented: u64,
}

impl Fallen {
    pub(super) fn of(law: u8, what: String) -> Self {
        Self { law, what, lost: 0, invented: 0 }
    }

    pub(super) fn lost(rows: usize, what: String) -> Self {
        Self { lost: rows as u64, ..Self::of(1, what) }
    }

    pub(super) fn invented(what: String) -> Self {
        Self { invented: 1, ..Self::of(1, what) }
    }
}

/// One feed's part in a story.
pub(super) trait Performer {
    /// The same with a handler that is right.
    type Reference: Performer;

    fn reference<P: Theatre>(setting: &Setting, stage: &mut Stage<P>) -> Self::Reference;

    /// Runs one session, and judges what came of it.
    fn run<P: Theatre>(&mut self, stage: &mut Stage<P>) -> Result<Ended, Fallen>;

    /// The content database has moved.
    fn moved(&mut self, world: &World);

    /// Whether there is nothing any more that could be followed.
    fn is_gone(&self, world: &World) -> bool;

    /// Whether the database has moved and no run has noticed so far.
    fn is_adrift(&self) -> bool;

    /// The story is over: what is left to be counted.
    fn close<P: Theatre>(&mut self, stage: &mut Stage<P>);

    /// What was handed out, as a number.
    fn digest(&self) -> u64;
}

/// Tells a story of GetChanges with a handler at the end of the client.
///
/// # Errors
/// The law that was broken.
pub fn play_changes<P: Theatre>(
    story: &Story,
    theatre: impl FnOnce(World) -> P,
    handler: impl ChangesHandler,
) -> Result<Figures, Fallen> {
    let mut stage = open(story, theatre);
    let mut feed = Changes::new(&story.setting, &mut stage, handler);
    tell(story, &mut stage, &mut feed)?;
    Ok(stage.figures)
}

/// Tells a story of a list's items with a handler at the end of the client.
///
/// # Errors
/// The law that was broken.
pub fn play_items<P: Theatre>(
    story: &Story,
    theatre: impl FnOnce(World) -> P,
    handler: impl ItemsHandler,
) -> Result<Figures, Fallen> {
    let mut stage = open(story, theatre);
    let mut feed = Items::new(&story.setting, &mut stage, handler);
    tell(story, &mut stage, &mut feed)?;
    Ok(stage.figures)
}

/// The world of a story and the office in it, behind a host.
pub(super) fn open<P: Theatre>(story: &Story, theatre: impl FnOnce(World) -> P) -> Stage<P> {
    let setting = &story.setting;
    let mut settings = Settings { seed: story.seed, ..Settings::default() };
    let dialect = &mut settings.dialect;
    for switch in setting.habits.iter().chain(&setting.clothes) {
        // Stories are read and drawn with switches that there are.
        let _known = dialect.set(switch);
    }
    dialect.generation = match setting.generation {
        Generation::Server2013 => crate::Generation::Server2013,
        Generation::Server2016 => crate::Generation::Server2016,
        Generation::Server2019 => crate::Generation::Server2019,
        _ => crate::Generation::Online,
    };
    dialect.late = setting.late.unwrap_or_default();
    let office = if setting.full { Activity::full_office } else { Activity::office };
    let (mut world, mut activity) = office(settings);
    if let Some(pace) = setting.pace {
        activity = activity.every(pace);
    }
    // The first step happened before anybody looked, so that there is something to follow.
    let mut steps = story.steps.iter();
    if let Some(Step::Act(rows)) = steps.next() {
        let written = world.log(activity.site()).all_rows().len() as u64;
        activity.play(&mut world, written + u64::from(*rows));
    }
    Stage::new(theatre(world), activity, setting.twice)
}

/// Every step of a story, then runs to the end of the log. Answers with a number for all that was handed out.
pub(super) fn tell<P: Theatre, F: Performer>(
    story: &Story,
    stage: &mut Stage<P>,
    feed: &mut F,
) -> Result<u64, Fallen> {
    let mut plan = Plan::default();
    if story.steps.iter().any(|step| matches!(step, Step::Restore(_) | Step::Redo(_) | Step::Lag(_))) {
        stage.remember(story.seed);
    }
    let opened = matches!(story.steps.first(), Some(Step::Act(_)));
    for step in story.steps.iter().skip(usize::from(opened)) {
        match step {
            Step::Act(rows) => stage.act(*rows),
            Step::Sleep(time) => stage.theatre.pass(*time),
            Step::Move(back) => move_database(stage, feed, *back),
            Step::Restore(age) => restore(stage, feed, |stage| stage.restore(*age))?,
            Step::Redo(age) => restore(stage, feed, |stage| stage.redo(*age))?,
            Step::Lag(most) => plan.lag = Some(*most),
            Step::Deed(deed, seed) => stage.perform(*deed, *seed),
            Step::MeanwhileDeed(at, deed, seed) => plan.deeds.push((*at, *deed, *seed)),
            Step::Date(at, off) => plan.dates.one.push((*at, *off)),
            Step::Dates(seed) => plan.dates.some = Some(Rng::with_seed(*seed)),
            Step::Clock(off) => plan.dates.all = Some(*off),
            Step::Meanwhile(at, rows) => plan.meanwhile.push((*at, *rows)),
            Step::Swallow(at) => plan.swallow = Some(*at),
            Step::Column => stage.put_column_on_again(),
            Step::Hide => stage.hide(),
            Step::Fault(at, fault) => plan.faults.extend(Fault::read(fault).map(|fault| (*at, fault))),
            Step::Crash(at) => plan.crash = Some(*at),
            Step::Stop(page, row) => plan.stop = Some((*page, *row)),
            Step::Run => {
                stage.figures.runs += 1;
                run(stage, feed, std::mem::take(&mut plan))?;
            }
            // Of a list that is gone nothing is tried on the side.
            Step::Lie(_) | Step::Dead(_) | Step::Noise(_) if is_gone(stage, feed) => {}
            Step::Lie(lie) => episode::lie(story, stage, feed, *lie)?,
            Step::Dead(fault) => episode::dead(story, stage, feed, fault)?,
            Step::Noise(seed) => episode::noise(story, stage, feed, *seed)?,
        }
    }
    // What becomes visible late is visible now, copies that lagged behind have settled, and nothing goes wrong any more.
    let lagged = story.steps.iter().any(|step| matches!(step, Step::Lag(_)));
    let rest = Duration::from_secs(if lagged { 1_200 } else { 60 });
    stage.theatre.pass(story.setting.late.unwrap_or_default() + rest);
    finish(stage, feed)?;
    feed.close(stage);
    let impolite = stage.theatre.with_server(|server| server.impolite());
    if impolite > 0 {
        return Err(Fallen::of(3, format!("{impolite} requests came before the time the server asked for")));
    }
    let site = stage.activity.site();
    let (events, faults) = stage.theatre.with_server(|server| {
        (server.world().log(site).all_rows().len() as u64, server.stats().faults.clone())
    });
    stage.figures.stories += 1;
    stage.figures.events += events;
    for (kind, times) in faults {
        *stage.figures.faults.entry(kind).or_default() += times;
    }
    let server = stage.theatre.with_server(|server| server.stats().habits.clone());
    stage.habits.extend(server.into_keys());
    stage.figures.habits = stage.habits.iter().map(|habit| (*habit, 1)).collect();
    Ok(feed.digest())
}

/// One run of the script, and what a patient caller does after it.
pub(super) fn run<P: Theatre, F: Performer>(
    stage: &mut Stage<P>,
    feed: &mut F,
    plan: Plan,
) -> Result<Ended, Fallen> {
    stage.lied = stage.lied.max(plan.dates.lied());
    stage.prepare(plan);
    let ended = feed.run(stage)?;
    stage.theatre.with_server(|server| server.faults.clear());
    match &ended {
        Ended::Done(_) | Ended::Anew => {}
        Ended::Crashed => stage.begin_again(),
        Ended::Failed(Error::Exhausted(exhausted)) if stage.scripted > 0 || stage.plan.wicked => {
            stage.theatre.pass(exhausted.wait + Duration::from_secs(1));
        }
        Ended::Failed(Error::Unsettled { .. } | Error::Behind { .. }) => {
            stage.theatre.pass(Duration::from_secs(60));
        }
        Ended::Failed(_) if stage.scripted > 0 || stage.plan.wicked => {
            stage.theatre.pass(Duration::from_secs(1));
        }
        Ended::Failed(Error::Fault(fault))
            if matches!(fault.class(), FaultClass::NotFound | FaultClass::TokenOfAnotherObject)
                && (is_gone(stage, feed) || stage.may_have_been_gone()) => {}
        // Between two requests more time may have passed than a digest lives.
        Ended::Failed(Error::Fault(fault))
            if fault.class() == FaultClass::StaleDigest && !stage.plan.meanwhile.is_empty() => {}
        Ended::Failed(error) => {
            return Err(Fallen::of(1, format!("a run failed though nothing went wrong: {error:?}")));
        }
    }
    Ok(ended)
}

/// Runs without trouble until one comes to the end of the log.
pub(super) fn finish<P: Theatre, F: Performer>(stage: &mut Stage<P>, feed: &mut F) -> Result<(), Fallen> {
    for _ in 0..12 {
        if feed.is_adrift() {
            // What moved is noticed by what happens after it.
            stage.theatre.pass(Duration::from_secs(600));
            stage.act(3);
        }
        stage.figures.runs += 1;
        let ended = run(stage, feed, Plan::default())?;
        match ended {
            Ended::Done(Done::UpToDate { .. }) if !feed.is_adrift() => return Ok(()),
            Ended::Failed(_) if is_gone(stage, feed) => return Ok(()),
            _ => {}
        }
    }
    Err(Fallen::of(1, "twelve runs without trouble do not come to the end of the log".to_owned()))
}

fn is_gone<P: Theatre>(stage: &mut Stage<P>, feed: &impl Performer) -> bool {
    stage.theatre.with_server(|server| feed.is_gone(server.world()))
}

fn move_database<P: Theatre>(stage: &mut Stage<P>, feed: &mut impl Performer, back: Duration) {
    let site = stage.activity.site();
    stage.epoch = stage.theatre.with_server(|server| {
        let world = server.world_mut();
        let (database, number) = (world.site(site).database, world.log(site).end().number);
        // Another database counts elsewhere; it may have come less far.
        world.move_database(database, number - 300_000, back);
        feed.moved(world);
        world.log(site).all_rows().len()
    });
    stage.forget();
}

/// The content database is restored from a backup, and runs notice it before anybody works on: a log that has come past the
/// position again by then cannot be told from the one that was.
fn restore<P: Theatre, F: Performer>(
    stage: &mut Stage<P>,
    feed: &mut F,
    restored: impl FnOnce(&mut Stage<P>) -> bool,
) -> Result<(), Fallen> {
    if !restored(stage) {
        return Ok(());
    }
    let site = stage.activity.site();
    stage.epoch = stage.theatre.with_server(|server| {
        feed.moved(server.world());
        server.world().log(site).all_rows().len()
    });
    for _ in 0..100 {
        if !feed.is_adrift() {
            return Ok(());
        }
        stage.figures.runs += 1;
        run(stage, feed, Plan::default())?;
        // After an hour it is no copy that lags behind.
        stage.theatre.pass(Duration::from_secs(3_700));
    }
    Err(Fallen::of(1, "a hundred runs do not notice a log that was put back".to_owned()))
}

/// A checkpoint, read from its text; the text is the same again.
pub(super) fn reread(text: &str) -> Result<Checkpoint, Fallen> {
    let read: Checkpoint = text
        .parse()
        .map_err(|error| Fallen::of(8, format!("the checkpoint {text} cannot be read: {error}")))?;
    if read.to_string() == text { Ok(read) } else { Err(Fallen::of(8, format!("{text} becomes {read}"))) }
}

/// Whether a checkpoint stands at a row or an end of the log.
pub(super) fn stands_in_log(checkpoint: Option<String>) -> bool {
    let read: Option<Checkpoint> = checkpoint.and_then(|text| text.parse().ok());
    read.is_some_and(|checkpoint| checkpoint.token().is_some() || checkpoint.is_loading())
}

/// The client's side of a setting.
pub(super) fn site(setting: &Setting, address: &str) -> Site {
    let digest = if setting.cookie { DigestMode::Required } else { DigestMode::NotNeeded };
    let site = Site::new(address).unwrap_or_else(|error| unreachable!("{address} is a site's: {error}"));
    let metadata =
        if setting.feed == Feed::Changes { setting.metadata } else { sharepoint_changes::Metadata::Verbose };
    site.generation(setting.generation).metadata(metadata).digest(digest)
}
