//! Where a story is played: a host, the office behind it, and what the script says about the run at hand.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use fastrand::Rng;
use http::{Request, Response, StatusCode};
use sharepoint_changes::{
    ChangeToken, Checkpoint, Done, DriveError, Error, Host, Machine, SendError, Wait, WaitReason, drive,
};

use super::census::Census;
use super::cost::{Asked, Cost};
use super::crash::{Crash, Crashed};
use super::dates::{Dates, Lied};
use super::deed::Deed;
use super::figures::Figures;
use super::moments::Moments;
use super::past::Past;
use super::play::Fallen;
use crate::activity::Activity;
use crate::fault::Fault;
use crate::host::SimulatedHost;
use crate::query::Scope;
use crate::server::Server;
use crate::ticks::Ticks;
use crate::token;
use crate::world::{ListRef, World};

/// A host whose server the story can reach: in process, or at the other end of a wire.
pub trait Theatre: Host<Error: Debug> + Send {
    /// Runs a machine to its end, as [`drive`] does; another driver is put through the stories by being called here.
    ///
    /// A commit that fails ends the run. So does an answer that cannot come, after which no page may be committed any
    /// more but those that were handed out before.
    ///
    /// # Errors
    /// As [`drive`].
    fn conduct<M, H, C>(
        machine: &mut M,
        host: &mut H,
        commit: impl FnMut(M::Page) -> Result<(), C>,
    ) -> Result<M::Done, DriveError<H::Error, C>>
    where
        M: Machine<Page: Send, Done: Send> + Send,
        H: Host<Error: Send> + Send,
    {
        drive(machine, host, commit)
    }

    /// The server, brought to the present.
    fn with_server<T>(&mut self, look: impl FnOnce(&mut Server) -> T) -> T;

    /// Lets time pass, for the client and the server.
    fn pass(&mut self, time: Duration);

    /// The next request meets a fault.
    fn meet(&mut self, fault: Fault) {
        self.with_server(|server| server.faults.on(1, fault));
    }

    /// The address of the office's site.
    fn site(&mut self) -> String {
        let host = self.with_server(|server| server.world().host().to_owned());
        format!("{host}/sites/ops")
    }

    /// The same server and moment once more, for what is tried on the side; none where it cannot be had.
    fn aside(&mut self) -> Option<SimulatedHost> {
        None
    }
}

impl Theatre for SimulatedHost {
    fn with_server<T>(&mut self, look: impl FnOnce(&mut Server) -> T) -> T {
        self.pass(Duration::ZERO);
        look(self.server_mut())
    }

    fn pass(&mut self, time: Duration) {
        self.pass(time);
    }

    fn aside(&mut self) -> Option<SimulatedHost> {
        Some(self.clone())
    }
}

/// What the script says about a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) meanwhile: Vec<(u64, u16)>,
    /// Before which request items go along with a folder.
    pub(super) swallow: Option<u64>,
    pub(super) deeds: Vec<(u64, Deed, u64)>,
    /// Which answers tell a time that is not true.
    pub(super) dates: Dates,
    pub(super) faults: Vec<(u64, Fault)>,
    pub(super) crash: Option<u64>,
    pub(super) stop: Option<(u64, usize)>,
    /// How far behind the copies may be that answer.
    pub(super) lag: Option<Duration>,
    /// Answers are spoilt.
    pub(super) noise: Option<u64>,
    /// A server that lies or is gone: how the run ends says nothing yet.
    pub(super) wicked: bool,
}

/// Where the log ended when a run read its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogEnd {
    pub(super) place: token::Place,
    /// The server's time.
    pub(super) now: Ticks,
    /// Whether every row could be read.
    pub(super) whole: bool,
}

/// A host with the office behind it, and the run at hand.
#[derive(Debug)]
pub(super) struct Stage<P> {
    pub(super) theatre: P,
    pub(super) activity: Activity,
    pub(super) figures: Figures,
    /// Every poll is made twice.
    pub(super) twice: bool,
    /// The first row of the log since its database was moved.
    pub(super) epoch: usize,
    pub(super) plan: Plan,
    pub(super) crash: Crash,
    /// What its requests came to.
    pub(super) cost: Cost,
    /// Faults of the script that were met.
    pub(super) scripted: u64,
    pub(super) pages: u64,
    pub(super) end: Option<LogEnd>,
    /// Where it ended when the run first read it.
    first_end: Option<LogEnd>,
    /// Whether the run reads the log of a site collection; `None` before it asked for the end.
    of_a_site: Option<bool>,
    /// What is counted whenever the end of the log is read.
    pub(super) counted: Option<Scope>,
    /// How it stood then.
    pub(super) census: Option<Census>,
    /// Nobody worked since the end of the log was read.
    pub(super) quiet: bool,
    rested: Duration,
    /// The last answer asked to be left alone.
    refused: bool,
    noise: Rng,
    /// What the world was, where the story goes back to that.
    pub(super) past: Option<Past>,
    /// A column of the list was taken off and put on again.
    pub(super) columns_changed: bool,
    /// What the list was since the end of the log was read, where a copy of it is judged.
    pub(super) moments: Moments,
    /// The list to which deeds happen, and whether a copy of it is judged.
    pub(super) list: ListRef,
    pub(super) is_copied: bool,
    /// What happened to it so far.
    pub(super) deeds: Vec<Deed>,
    /// Items that the server ever failed on.
    pub(super) poisoned: BTreeSet<i32>,
    /// How far the time that answers told may be believed.
    pub(super) lied: Lied,
    /// What happened in the story that not every server or office does.
    pub(super) habits: BTreeSet<&'static str>,
}

/// How a session ended.
#[derive(Debug)]
pub(super) enum Ended {
    Done(Done),
    Failed(Error),
    Crashed,
    Anew,
}

pub(super) enum Sent {
    Answer(Response<Vec<u8>>),
    Lost,
}

/// Requests after which a run is one without an end: no story needs a tenth of them.
const ENDLESS: u64 = 5_000;

impl<P: Theatre> Stage<P> {
    pub(super) fn new(theatre: P, activity: Activity, twice: bool) -> Self {
        Self {
            theatre,
            activity,
            figures: Figures::default(),
            twice,
            epoch: 0,
            plan: Plan::default(),
            crash: Crash::never(),
            cost: Cost::default(),
            scripted: 0,
            pages: 0,
            end: None,
            first_end: None,
            of_a_site: None,
            counted: None,
            census: None,
            quiet: true,
            rested: Duration::ZERO,
            refused: false,
            noise: Rng::with_seed(0),
            past: None,
            columns_changed: false,
            moments: Moments::default(),
            list: ListRef(0),
            is_copied: false,
            deeds: Vec::new(),
            poisoned: BTreeSet::new(),
            lied: Lied::Never,
            habits: BTreeSet::new(),
        }
    }

    /// From here on, keeps what the world was.
    pub(super) fn remember(&mut self, seed: u64) {
        let world = self.theatre.with_server(|server| server.world().clone());
        self.past = Some(Past::new(world, self.activity.clone(), seed));
    }

    /// Forgets what the world was: what answers from here on has its copies from now.
    pub(super) fn forget(&mut self) {
        if let Some(past) = &mut self.past {
            past.forget();
        }
    }

    /// Restores the world as it was this long ago, or the oldest that is kept. Whether it is another than now.
    pub(super) fn restore(&mut self, age: Duration) -> bool {
        let (Some(past), activity) = (&mut self.past, &mut self.activity) else { return false };
        let list = self.list;
        self.theatre.with_server(|server| {
            let world = server.world_mut();
            let Some(before) = past.back_to(age, world.now()) else { return false };
            // Of a list that is gone no run notices that it was put back.
            if before.0.list(list).deleted {
                return false;
            }
            let now = world.now();
            (*world, *activity) = before;
            world.reach(now);
            true
        })
    }

    /// Prepares the next run.
    pub(super) fn prepare(&mut self, plan: Plan) {
        self.crash = plan.crash.map_or_else(Crash::never, Crash::at);
        (self.cost, self.scripted, self.pages) = (Cost::default(), 0, 0);
        (self.end, self.quiet, self.rested, self.refused) = (None, true, Duration::ZERO, false);
        (self.census, self.first_end, self.of_a_site) = (None, None, None);
        self.moments.clear();
        self.noise = Rng::with_seed(plan.noise.unwrap_or_default());
        self.plan = plan;
    }

    /// People work until the log has had this many rows more, in their own time.
    pub(super) fn act(&mut self, rows: u16) {
        let (activity, past) = (&mut self.activity, &mut self.past);
        let (list, moments) = (self.list, &mut self.moments);
        let passed = self.theatre.with_server(|server| {
            let world = server.world_mut();
            let (before, site) = (world.age(), activity.site());
            let mut left = u64::from(rows);
            while left > 0 {
                // Rows that belong together are written together, wherever a copy ends.
                let part = past.as_mut().map_or(left, |past| past.keep(world, activity).min(left));
                let written = world.log(site).all_rows().len() as u64;
                activity.play(world, written + part);
                left -= part;
                if past.is_some() {
                    // A copy may be of this moment.
                    moments.add(|| world.list_truth(list));
                }
            }
            world.age().saturating_sub(before)
        });
        self.theatre.pass(passed);
        self.went_on();
    }

    /// Something happens to the list that is followed.
    pub(super) fn perform(&mut self, deed: Deed, seed: u64) {
        let (list, activity) = (self.list, &mut self.activity);
        if self.theatre.with_server(|server| deed.perform(server.world_mut(), activity, list, seed)) {
            self.deeds.push(deed);
            let poisoned = &mut self.poisoned;
            self.theatre.with_server(|server| {
                let ill = server.world().list(list).items().filter(|item| item.poison);
                poisoned.extend(ill.map(|item| item.id));
            });
            self.habits.insert(deed.habit());
        }
        self.went_on();
    }

    /// The world is another one than it was.
    pub(super) fn went_on(&mut self) {
        self.quiet = false;
        let (list, moments) = (self.list, &mut self.moments);
        self.theatre.with_server(|server| moments.add(|| server.world().list_truth(list)));
    }

    /// Whether a copy that lags behind may be one of a time when the list was gone.
    pub(super) fn may_have_been_gone(&self) -> bool {
        self.plan.lag.is_some() && self.deeds.contains(&Deed::ListGone)
    }

    /// Whether what the deeds did may have been a cause to read everything anew.
    pub(super) fn has_deeds(&self) -> bool {
        !self.deeds.is_empty()
    }

    /// Whether the log ended at this token when its end was read.
    pub(super) fn ended_at(&self, token: &ChangeToken) -> bool {
        self.end.is_some_and(|end| (end.place.number, end.place.ticks.0) == (token.number(), token.ticks()))
    }

    /// A run that did not read everything anew, and stays where it began, has not read a log which ends before that.
    pub(super) fn judge_end(&self, begun: Option<&Checkpoint>, done: &Done) -> Result<(), Fallen> {
        let Done::UpToDate { checkpoint, .. } = done else { return Ok(()) };
        let number = |checkpoint: &Checkpoint| checkpoint.token().map(ChangeToken::number);
        let (Some(began), Some(ended)) = (begun.and_then(number), number(checkpoint)) else { return Ok(()) };
        match self.end.filter(|_| !self.plan.wicked) {
            Some(end) if end.place.number < began && began <= ended => {
                let end = end.place.number;
                Err(Fallen::of(1, format!("up to date at the end {end}, though {began} is known already")))
            }
            _ => Ok(()),
        }
    }

    /// How often the end of the log is to be read from here: for a while where it lay behind or is another change of
    /// the same number, and until two answers agree on the time before anything is called too old.
    pub(super) fn looks_from(&mut self, begun: Option<&Checkpoint>) -> u64 {
        let age = self.theatre.with_server(|server| server.world().age());
        let looks = 1 + if age > ALMOST_EXPIRED { MOST_CONFIRMATIONS } else { 0 };
        // A time that is a day later than the last change is kept only where two answers tell it.
        let is_idle = self.first_end.is_some_and(|end| end.now.since(end.place.ticks) > A_DAY);
        let looks = looks + u64::from(is_idle);
        let (Some(begun), Some(end)) = (begun, self.first_end) else { return looks };
        let is_behind =
            |token: &ChangeToken| end.place.number < token.number() || end.place.ticks.0 < token.ticks();
        // What lagged or was put back may end before what rows beside the position were known of.
        let may_be_behind = self.past.is_some() || begun.token().is_none_or(is_behind);
        looks + if may_be_behind { MOST_FAILURES } else { 0 }
    }

    /// After a death the next process is not there at once, and never before the time the server asked for.
    pub(super) fn begin_again(&mut self) {
        self.theatre.pass(Duration::from_secs(if self.refused { 601 } else { 1 }));
        self.figures.crashes += 1;
    }

    pub(super) fn send(&mut self, request: Request<Vec<u8>>) -> Result<Result<Sent, Crashed>, Fallen> {
        if self.cost.sent == ENDLESS {
            return Err(Fallen::of(6, format!("a run sent {ENDLESS} requests and came to no end")));
        }
        self.cost.sent += 1;
        self.figures.requests += 1;
        let number = self.cost.sent;
        for (_, rows) in self.plan.meanwhile.clone().iter().filter(|(at, _)| *at == number) {
            self.act(*rows);
        }
        if self.plan.swallow == Some(number) {
            self.swallow();
        }
        for (_, deed, seed) in self.plan.deeds.clone().iter().filter(|(at, ..)| *at == number) {
            self.perform(*deed, *seed);
        }
        if let Err(crashed) = self.crash.point() {
            return Ok(Err(crashed));
        }
        let fault = self.plan.faults.iter().find(|(at, _)| *at == number).map(|(_, fault)| fault.clone());
        fault.clone().into_iter().for_each(|fault| self.theatre.meet(fault));
        let asked = self.asked(&request);
        let behind = self.swap_behind();
        let site = self.activity.site();
        let (counted, copied) = (self.counted, self.is_copied.then_some(self.list));
        let seen = (asked == Asked::End).then(|| {
            self.theatre.with_server(|server| {
                let world = server.world();
                let (log, now) = (world.log(site), world.now());
                let end = LogEnd { place: log.visible_end(now), now, whole: log.is_whole(now) };
                let truth = copied.map(|list| world.list_truth(list));
                (end, counted.map(|scope| Census::take(world, scope)), truth)
            })
        });
        let answer = self.theatre.send(request);
        if let Some((present, _)) = behind.clone() {
            self.theatre.with_server(|server| *server.world_mut() = present);
        }
        self.cost.add(asked, fault.as_ref(), &answer);
        self.scripted += u64::from(fault.is_some());
        if let Err(crashed) = self.crash.point() {
            self.refused = answer.as_ref().is_ok_and(|answer| is_refusal(answer.status()));
            return Ok(Err(crashed));
        }
        match answer {
            Ok(mut answer) => {
                self.refused = is_refusal(answer.status());
                if let (StatusCode::OK, Some((end, census, truth))) = (answer.status(), seen) {
                    (self.end, self.census, self.quiet) = (Some(end), census, behind.is_none());
                    self.first_end.get_or_insert(end);
                    let list = self.list;
                    let since = behind.and_then(|(_, since)| Some(self.past.as_ref()?.since(since)));
                    let since = since.into_iter().flatten().map(|world| world.list_truth(list));
                    let moments: Vec<_> = truth.into_iter().chain(since).collect();
                    let now = self
                        .is_copied
                        .then(|| self.theatre.with_server(|server| server.world().list_truth(list)));
                    self.moments.begin(moments.into_iter().chain(now).collect());
                }
                let now = self.theatre.with_server(|server| server.world().now());
                if self.plan.dates.change(number, now, &mut answer) {
                    self.habits.insert(match self.plan.dates.lied() {
                        _ if self.plan.dates.all.is_some() => "the Date of every answer of a run lies",
                        Lied::Often => "the Date of some answers lies",
                        _ => "the Date of one answer lies",
                    });
                }
                if self.plan.noise.is_some() && self.noise.u8(..3) > 0 {
                    spoil(answer.body_mut(), &mut self.noise);
                }
                Ok(Ok(Sent::Answer(answer)))
            }
            Err(SendError::Lost(_)) => Ok(Ok(Sent::Lost)),
            Err(SendError::Fatal(error)) => Err(Fallen::of(6, format!("the transport gave up: {error:?}"))),
        }
    }

    /// What a request asks for. The end of a site collection's log tells whose log it is that another end was asked of.
    fn asked(&mut self, request: &Request<Vec<u8>>) -> Asked {
        let asked = Asked::of(request);
        if asked != Asked::End {
            return asked;
        }
        let is_of_a_site = request.uri().path().ends_with("/site");
        let reads_one = *self.of_a_site.get_or_insert(is_of_a_site);
        if is_of_a_site && !reads_one { Asked::Whose } else { asked }
    }

    /// Puts a copy that lags behind in the place of the world, as often as not; returns the world.
    ///
    /// With it comes the moment that the copy is of.
    fn swap_behind(&mut self) -> Option<(World, Ticks)> {
        let (most, past) = (self.plan.lag?, self.past.as_mut()?);
        self.theatre.with_server(|server| {
            let copy = past.behind(most, server.world().now())?;
            let since = copy.now();
            Some((std::mem::replace(server.world_mut(), copy), since))
        })
    }

    pub(super) fn wait(&mut self, wait: &Wait, most: Duration) -> Result<(), Fallen> {
        if wait.reason != WaitReason::Pacing {
            self.rested += wait.at_least;
        }
        if self.rested > most {
            return Err(Fallen::of(6, format!("a run rested for {:?}", self.rested)));
        }
        // Nobody says stop here.
        let _goes_on = self.theatre.wait(wait);
        self.refused = false;
        Ok(())
    }
}

/// Whether a run goes on within the overlap of one before it, and reads that once more before its end.
pub(super) fn resumes_overlap(begun: Option<&Checkpoint>) -> bool {
    begun.is_some_and(|checkpoint| checkpoint.as_str().contains("\"again\":"))
}

fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// Changes some bytes of an answer, or cuts it, or puts something else in its place.
fn spoil(body: &mut Vec<u8>, rng: &mut Rng) {
    match rng.u8(..6) {
        0 => body.truncate(rng.usize(..=body.len())),
        1 => {
            *body = vec![0; rng.usize(..300)];
            rng.fill(body);
        }
        2 if !body.is_empty() => {
            let (from, to) = (rng.usize(..body.len()), rng.usize(..body.len()));
            let piece = body[from.min(to)..from.max(to)].to_vec();
            let at = rng.usize(..body.len());
            body.splice(at..at, piece);
        }
        _ if !body.is_empty() => {
            for _ in 0..rng.usize(1..8) {
                let at = rng.usize(..body.len());
                body[at] = if rng.bool() { rng.u8(..) } else { b"0<>\"{}[]&;,-9"[rng.usize(..13)] };
            }
        }
        _ => {}
    }
}

/// Before this nothing can be too old.
pub(super) const ALMOST_EXPIRED: Duration = Duration::from_secs(53 * 24 * 60 * 60);
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Failures in a row after which a session gives up (`Policy::max_failures`).
const MOST_FAILURES: u64 = 8;
/// Readings of the log's end only for the time it is.
const MOST_CONFIRMATIONS: u64 = 4;
