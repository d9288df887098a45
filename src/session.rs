//! A synchronization's transitions: what a [`Session`] asks next, and what an answer changes.
//!
//! Everything that changes a session's state stands here and in the folder beside. This file is what both feeds
//! share: the end of the log, the digest, rests, and the contract with the caller. What a feed makes of its answers
//! is its [`course`]: [`changes`] or [`items`]. Readers return values, requests are built from
//! values, and nothing else has a memory.

mod changes;
mod course;
mod items;
mod link;
mod log;
mod outcome;
mod overlap;
mod run;
mod server_time;
mod start;
mod whose;

use std::time::Duration;

use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};

pub use self::{
    course::Followed,
    items::{Basis, End, ItemChange, ItemPage, Known, Mark, Notice},
    outcome::{Done, Gap, Page, ResyncReason},
    start::{Reload, Settings, Start, StartError},
};
use self::{
    course::{Ask, Asker, Course, Outcome, Reaction, Trouble},
    link::Link,
    log::Judgement,
    server_time::ServerTime,
};
use crate::{
    digest::{self, Digest},
    error::{DecodeError, Error},
    fault::{self, Fault, FaultClass},
    feed, fence,
    machine::{Action, Machine, WaitReason},
    query::ChangeQuery,
    retry,
    site::{Scope, Site},
    token::{ChangeToken, TokenScope},
};

/// Follows the log of one scope from a start to the end of the log, once.
///
/// With a [`ChangeQuery`](crate::ChangeQuery) it tells what happened, as [`Page`]s of rows; with an
/// [`ItemQuery`](crate::ItemQuery) it keeps a copy of a list exact, as [`ItemPage`]s of differences.
///
/// A session is made for a run and driven to its [`Done`]; the next run is a new session from the last committed
/// checkpoint. Everything is delivered at least once: commit what a page brings together with its checkpoint.
///
/// The end of the log is read first, and whose log it is; then pages are read up to it. An answer that proves nothing ends in an error or
/// in [`Done::Resync`], never in [`Done::UpToDate`].
#[derive(Debug)]
pub struct Session<Q: Followed = ChangeQuery> {
    site: Site,
    query: Q,
    scope: Scope,
    settings: Settings,
    start: Start,
    link: Link,
    time: ServerTime,
    /// The caller's clock when the end of the log was read.
    fence_read: Option<Duration>,
    /// How often the log's end was read only for the time that its answer tells.
    confirmations: u32,
    /// How often the log's end lay before the position.
    readings: u32,
    /// How often the question whose log it is was not answered.
    unanswered: u32,
    phase: Phase<Q::Course>,
    /// The request that waits for its answer.
    open: Option<Open<Step<Q>>>,
    /// The text of the checkpoint last handed out, or given at the start.
    last: Option<String>,
    /// The latest moment that the checkpoint at the start was stored with, until it turns out to be wrong.
    stored: Option<Timestamp>,
    /// What the next page, or the end, is to tell.
    notices: Vec<Notice>,
}

type Step<Q> = <<Q as Followed>::Course as Course>::Step;
type PageOf<Q> = <<Q as Followed>::Course as Course>::Page;

#[derive(Debug)]
enum Phase<C: Course> {
    /// The end of the log is not known yet.
    Fence,
    /// This is the end of the log, and whose log it is is not known yet.
    Whose(Box<ChangeToken>),
    /// The end lay below the position, or the time is not certain: the end is read once more.
    FenceAgain(Box<C>),
    /// Pages are read.
    Under(Box<C>),
    /// A page waits to be handed out, before reading goes on.
    Page(Box<C::Page>, Box<C>),
    Done(Box<Done>),
    Failed(Box<Error>),
    Broken,
}

#[derive(Debug)]
struct Open<S> {
    request: Request<Vec<u8>>,
    question: Question<S>,
}

#[derive(Debug, Clone, Copy)]
enum Question<S> {
    Fence,
    /// Whose log it is.
    Whose,
    /// Asked for at this time of the caller's clock.
    Digest(Duration),
    Step(S),
}

impl<Q: Followed> Session<Q> {
    /// Prepares a run; nothing is asked before the first [`poll`](Machine::poll).
    ///
    /// # Errors
    /// [`StartError`], where the query's end could not be proved or the start belongs to something else.
    pub fn new(site: Site, query: Q, start: Start, settings: Settings) -> Result<Self, StartError> {
        query.followable(&site)?;
        let scope = query.scope();
        let last = match &start {
            Start::Checkpoint(checkpoint) => {
                checkpoint.fits(Q::FEED, site.host(), &scope, &query.members(&site))?;
                Some(checkpoint.to_string())
            }
            Start::Token(token) if !names(&scope, token) => {
                return Err(StartError::Token { token: token.clone() });
            }
            Start::Token(_) | Start::Time(_) | Start::Now | Start::Beginning | Start::Bootstrap => None,
        };
        if !Q::BEGINS_AT_TIMES && start.is_time() {
            return Err(StartError::Time);
        }
        let stored = match &start {
            Start::Checkpoint(checkpoint) => Some(server_time::latest(checkpoint.state())),
            _ => None,
        };
        let link = Link::new(settings.policy.clone(), site.needs_digest());
        Ok(Session {
            site,
            query,
            scope,
            settings,
            start,
            link,
            time: ServerTime::default(),
            fence_read: None,
            confirmations: 0,
            readings: 0,
            unanswered: 0,
            phase: Phase::Fence,
            open: None,
            last,
            stored,
            notices: Vec::new(),
        })
    }

    /// The server's time at the last poll: the earliest that two of its answers agree on, or that its only answer
    /// told, and never before the last change of the log. `None` before the first answer.
    pub fn server_time(&self) -> Option<Timestamp> {
        self.time.time()
    }

    /// What is to be asked next; `None` where there was something to say instead.
    fn question(&mut self) -> Option<Open<Step<Q>>> {
        match &mut self.phase {
            Phase::Fence | Phase::FenceAgain(_) => {
                let request = fence::request(&self.site, &self.scope);
                Some(Open { request, question: Question::Fence })
            }
            Phase::Whose(_) => {
                let request = fence::request(&self.site, &Scope::Site);
                Some(Open { request, question: Question::Whose })
            }
            Phase::Under(course) => {
                let asker = Asker {
                    site: &self.site,
                    query: &self.query,
                    scope: &self.scope,
                    time_is_certain: self.time.agrees(),
                };
                match course.ask(&asker) {
                    Ask::Send(request, step) => Some(Open { request, question: Question::Step(step) }),
                    Ask::Time => {
                        self.ask_the_time();
                        None
                    }
                    Ask::Say(outcome) => {
                        self.settle(outcome);
                        None
                    }
                }
            }
            Phase::Page(..) | Phase::Done(_) | Phase::Failed(_) | Phase::Broken => None,
        }
    }

    /// Reads the end of the log once more, for another answer that tells the time.
    fn ask_the_time(&mut self) {
        self.confirmations += 1;
        self.phase = match std::mem::replace(&mut self.phase, Phase::Broken) {
            Phase::Under(course) if self.confirmations <= MOST_CONFIRMATIONS => Phase::FenceAgain(course),
            _ => {
                let what = "no two answers agree on the server's time".to_owned();
                Phase::Failed(Box::new(Error::Behind { what }))
            }
        };
    }

    /// Whether the answer at hand would be the only one to tell a time that is much later than anything proves, and that
    /// is kept or given out: a single one may lie. No other answer follows in a run that began at the end of the log.
    fn wants_a_witness(&self, end: &Timestamp) -> bool {
        let known = match &self.start {
            Start::Checkpoint(checkpoint) => checkpoint.moment().max(*end),
            _ => *end,
        };
        let is_late = |time: Timestamp| time.duration_since(known) > BELIEVED_OF_ONE;
        !self.time.agrees()
            && self.confirmations < MOST_CONFIRMATIONS
            && self.time.time().is_some_and(is_late)
    }

    /// Opens the next request; the digest it may need comes first.
    fn open(&mut self, now: Duration) -> Result<Option<Request<Vec<u8>>>, Error> {
        if self.open.is_none() {
            let Some(mut open) = self.question() else { return Ok(None) };
            if self.link.wants_digest(&open.request, now) {
                open = Open { request: digest::request(&self.site), question: Question::Digest(now) };
            } else {
                self.link.sign(&mut open.request);
            }
            self.link.count()?;
            self.open = Some(open);
        }
        Ok(self.open.as_ref().map(|open| open.request.clone()))
    }

    fn on_answer(&mut self, question: Question<Step<Q>>, answer: &Response<&[u8]>) -> Result<(), Error> {
        if let Some(fault) = fault::read(answer) {
            return self.on_fault(question, answer, fault);
        }
        if let Err(error) = feed::whole(answer) {
            return self.on_unreadable(question, error);
        }
        if let Some(date) = retry::date(answer.headers()) {
            self.time.observe(date);
        }
        self.tell_time();
        let taken = match question {
            Question::Fence => {
                fence::read(answer.body()).map_err(Trouble::from).and_then(|token| self.on_fence(token))
            }
            Question::Whose => {
                fence::read(answer.body()).map_err(Trouble::from).and_then(|end| self.on_whose(&end))
            }
            Question::Digest(asked) => {
                digest::read(answer).map_err(Trouble::from).map(|digest| self.on_digest(digest, asked))
            }
            Question::Step(step) => match &mut self.phase {
                Phase::Under(course) => course.take(step, answer.body(), self.time.time()),
                _ => Ok(Outcome::Nothing),
            },
        };
        if taken.is_ok() {
            self.link.accepted(answer.headers(), matches!(question, Question::Digest(_)));
        }
        self.act_on(question, taken, || fault::request_id(answer.headers()))
    }

    /// Acts on what was made of an answer.
    fn act_on(
        &mut self,
        question: Question<Step<Q>>,
        taken: Result<Outcome<PageOf<Q>>, Trouble>,
        request_id: impl FnOnce() -> Option<String>,
    ) -> Result<(), Error> {
        match taken {
            Ok(outcome) => {
                self.settle(outcome);
                Ok(())
            }
            Err(Trouble::Contradiction(what)) => Err(Error::Protocol { what, request_id: request_id() }),
            Err(Trouble::Behind(what)) => match self.link.failed(WaitReason::Lagging, None, None) {
                Err(Error::Exhausted(_)) => Err(Error::Behind { what }),
                waits => waits,
            },
            Err(Trouble::Unreadable(error)) => {
                self.on_unreadable(question, error.with_request_id(request_id()))
            }
        }
    }

    fn on_digest(&mut self, digest: Digest, asked: Duration) -> Outcome<PageOf<Q>> {
        self.link.keep(digest, asked);
        Outcome::Nothing
    }

    /// Tells the course the server's time, and the time at which the end of the log was read.
    fn tell_time(&mut self) {
        let fence_time = self.fence_read.and_then(|read| self.time.at(read));
        if let (Some(now), Some(fence_time), Phase::Under(course)) =
            (self.time.time(), fence_time, &mut self.phase)
        {
            course.observe_time(now, fence_time);
            self.look_back(now);
        }
    }

    /// Tells of moments that were stored under a wrong time; the course has just set them right.
    fn look_back(&mut self, now: Timestamp) {
        if let Some(moment) = self.stored.take_if(|stored| server_time::is_ahead(*stored, now)) {
            self.notices.push(Notice::MomentAhead { moment, now });
        }
    }

    /// Takes where the log ends.
    fn on_fence(&mut self, fence: ChangeToken) -> Result<Outcome<PageOf<Q>>, Trouble> {
        if !names(&self.scope, &fence) || fence.is_synthetic() {
            return Err(
                format!("the current token {fence} is not one of the object that was asked for").into()
            );
        }
        self.time.observe_change(&fence);
        self.fence_read = Some(self.time.now());
        let time = self.time.time().unwrap_or(fence.time());
        self.scope = self.scope.with_list(fence.id());
        match std::mem::replace(&mut self.phase, Phase::Broken) {
            Phase::FenceAgain(mut course) => {
                course.fence_anew(fence.clone(), time);
                self.judge(course, &fence)
            }
            _ => self.ask_whose(fence),
        }
    }

    /// Judges the position by the end of the log.
    fn judge(&mut self, course: Box<Q::Course>, end: &ChangeToken) -> Result<Outcome<PageOf<Q>>, Trouble> {
        let judgement = course.judge();
        let lags = judgement == Judgement::Lags;
        let restarted = judgement == Judgement::Resync(ResyncReason::LogRestarted);
        self.readings += u32::from(lags || restarted);
        let can_wait = self.link.can_fail();
        // Whoever cannot wait reads once more at once.
        if (lags || restarted) && !can_wait && self.readings == 1 {
            self.phase = Phase::FenceAgain(course);
            return Ok(Outcome::Nothing);
        }
        if lags || (restarted && can_wait && self.readings <= MOST_READINGS) {
            self.phase = Phase::FenceAgain(course);
            return Err(Trouble::Behind(format!(
                "the log's end {end} lies before what was read already; the answer came from a copy that lags behind"
            )));
        }
        if matches!(judgement, Judgement::AtEnd | Judgement::Resync(_)) && self.wants_a_witness(&end.time()) {
            self.confirmations += 1;
            self.phase = Phase::FenceAgain(course);
            return Ok(Outcome::Nothing);
        }
        self.phase = Phase::Under(course);
        match &mut self.phase {
            Phase::Under(course) => Ok(course.judged(judgement)),
            _ => Ok(Outcome::Nothing),
        }
    }

    /// Acts on an answer that is an error.
    fn on_fault(
        &mut self,
        question: Question<Step<Q>>,
        answer: &Response<&[u8]>,
        fault: Fault,
    ) -> Result<(), Error> {
        if matches!(question, Question::Whose) && self.does_without(Some(fault.class())) {
            let taken = self.begin(None);
            return self.act_on(question, taken, || fault::request_id(answer.headers()));
        }
        let carries_token = matches!(question, Question::Step(step) if Q::Course::carries_token(step));
        let fault = fault.for_request(carries_token);
        let reaction = match (fault.class(), question, &mut self.phase) {
            (FaultClass::Throttled, ..) => Reaction::Usual,
            (FaultClass::StaleDigest, Question::Step(_), _) if self.link.renew() => {
                Reaction::Take(Outcome::Nothing)
            }
            (_, Question::Step(step), Phase::Under(course)) => course.on_fault(step, &fault),
            _ => Reaction::Usual,
        };
        let reason = match fault.class() {
            FaultClass::Throttled => WaitReason::Throttled,
            _ => WaitReason::Unavailable,
        };
        match reaction {
            Reaction::Take(outcome) => {
                self.settle(outcome);
                Ok(())
            }
            Reaction::Usual if !fault.class().is_temporary() => Err(Error::Fault(fault)),
            Reaction::Again | Reaction::Usual => {
                self.link.failed(reason, Some(answer.headers()), Some(fault))
            }
        }
    }

    /// Acts on a success that cannot be read: one that was cut is asked for again.
    fn on_unreadable(&mut self, question: Question<Step<Q>>, error: DecodeError) -> Result<(), Error> {
        if matches!(question, Question::Whose) && (self.does_without(None) || !error.is_cut()) {
            let taken = self.begin(None);
            return self.act_on(question, taken, || error.request_id().map(str::to_owned));
        }
        let reaction = match (question, &mut self.phase) {
            (Question::Step(step), Phase::Under(course)) => course.on_unreadable(step, &error),
            _ => Reaction::Usual,
        };
        match reaction {
            Reaction::Take(outcome) => {
                self.settle(outcome);
                Ok(())
            }
            Reaction::Usual if !error.is_cut() => Err(Error::Decode(error)),
            Reaction::Again | Reaction::Usual => self.link.failed(WaitReason::Lost, None, None),
        }
    }

    fn conclude(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.phase = Phase::Failed(Box::new(error));
        }
    }

    /// Takes what an answer, or the lack of anything to ask, amounts to.
    fn settle(&mut self, outcome: Outcome<PageOf<Q>>) {
        let ended = |done| Phase::Done(Box::new(done));
        self.phase = match (outcome, std::mem::replace(&mut self.phase, Phase::Broken)) {
            (Outcome::Nothing, phase) => phase,
            (Outcome::Failed(error), _) => Phase::Failed(Box::new(error)),
            (Outcome::Page(mut page), Phase::Under(course)) => {
                let notices = std::mem::take(&mut self.notices);
                self.last = Some(Q::Course::follow(&mut page, self.last.take(), notices));
                Phase::Page(Box::new(page), course)
            }
            (Outcome::UpToDate, Phase::Under(course)) => {
                let (checkpoint, follows) = (course.checkpoint(), self.last.take());
                ended(Done::UpToDate { checkpoint, follows, notices: std::mem::take(&mut self.notices) })
            }
            (Outcome::Resync(reason, then), _) => {
                let (follows, notices) = (self.last.take(), std::mem::take(&mut self.notices));
                ended(Done::Resync { reason, then, follows, notices })
            }
            (Outcome::Page(_) | Outcome::UpToDate, phase) => phase,
        };
    }
}

impl<Q: Followed> Machine for Session<Q> {
    type Page = PageOf<Q>;
    type Done = Done;

    fn poll(&mut self, now: Duration) -> Result<Action<Self::Page, Done>, Error> {
        self.time.advance(now);
        self.tell_time();
        loop {
            match std::mem::replace(&mut self.phase, Phase::Broken) {
                Phase::Broken => return Err(Error::Broken),
                Phase::Failed(error) => return Err(*error),
                Phase::Page(page, course) => {
                    self.phase = Phase::Under(course);
                    return Ok(Action::Page(*page));
                }
                Phase::Done(done) => {
                    let said = (*done).clone();
                    self.phase = Phase::Done(done);
                    return Ok(Action::Done(said));
                }
                asking => self.phase = asking,
            }
            match self.link.rest(now) {
                Ok(Some(wait)) => return Ok(Action::Wait(wait)),
                Ok(None) => {}
                Err(error) => {
                    self.phase = Phase::Failed(Box::new(error));
                    continue;
                }
            }
            match self.open(now) {
                Ok(Some(request)) => return Ok(Action::Send(request)),
                Ok(None) => {}
                Err(error) => self.phase = Phase::Failed(Box::new(error)),
            }
        }
    }

    fn receive(&mut self, answer: Response<impl AsRef<[u8]>>) {
        let result = match self.open.take() {
            Some(open) => {
                let (parts, body) = answer.into_parts();
                self.on_answer(open.question, &Response::from_parts(parts, body.as_ref()))
            }
            None => Err(Error::Misuse("an answer was received while no request was open")),
        };
        self.conclude(result);
    }

    fn fail(&mut self) {
        let result = match self.open.take() {
            Some(_) => self.link.failed(WaitReason::Lost, None, None),
            None => Err(Error::Misuse("a request failed while none was open")),
        };
        self.conclude(result);
    }
}

/// Whether a token belongs to this scope, as far as the scope says.
fn names(scope: &Scope, token: &ChangeToken) -> bool {
    token.scope() == TokenScope::of(scope) && scope.known_id().is_none_or(|id| id == token.id())
}

/// Readings of the log's end after the first, before one that lies far below the position is believed.
const MOST_READINGS: u32 = 3;
/// How much later than what is known of the time one answer may say it is.
const BELIEVED_OF_ONE: SignedDuration = SignedDuration::from_hours(24);
/// Readings of the log's end only for the time, before the run ends without it.
const MOST_CONFIRMATIONS: u32 = 4;
