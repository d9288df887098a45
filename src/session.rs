//! A synchronization's transitions: what a [`Session`] asks next, and what an answer changes.
//!
//! Everything that changes a session's state stands here and in the folder beside: [`link`] for the conversation
//! (digest, rest), [`run`] for the position in the log, [`log`] and [`overlap`] for what its end and its age mean. Readers return values, requests are built from values, and
//! nothing else has a memory.

mod link;
mod log;
mod outcome;
mod overlap;
mod run;
mod start;

use std::time::Duration;

use http::{Request, Response};
use jiff::Timestamp;

use self::{
    link::Link,
    log::Judgement,
    run::{Binding, Next, Run},
};
pub use self::{
    outcome::{Done, Gap, Page, ResyncReason},
    start::{Settings, Start, StartError},
};
use crate::{
    change::Change,
    checkpoint::{BoundScope, FeedName},
    digest,
    error::{DecodeError, Error},
    fault::{self, Fault, FaultClass},
    feed::changes,
    fence,
    machine::{Action, Machine, WaitReason},
    query::ChangeQuery,
    retry,
    site::{Scope, Site},
    token::{ChangeToken, TokenScope},
};

/// Follows the change log of one scope from a start to the end of the log, once.
///
/// A session is made for a run and driven to its [`Done`]; the next run is a new session from the last committed
/// checkpoint. Everything is delivered at least once: commit a page's rows together with its checkpoint.
///
/// The end of the log is read first; then pages are read up to it until an explicitly empty one proves that nothing
/// is left. An answer that proves nothing ends in an error or in [`Done::Resync`], never in
/// [`Done::UpToDate`].
#[derive(Debug)]
pub struct Session {
    site: Site,
    query: ChangeQuery,
    settings: Settings,
    start: Start,
    link: Link,
    phase: Phase,
    /// The request that waits for its answer.
    open: Option<Open>,
    /// The text of the checkpoint last handed out, or given at the start.
    last: Option<String>,
}

#[derive(Debug)]
enum Phase {
    /// The end of the log is not known yet.
    Fence,
    /// The end lay below the position, and is read once more.
    FenceAgain(Box<Run>),
    /// Pages are read.
    Drain(Box<Run>),
    /// A page waits to be handed out, before reading goes on.
    Page(Box<Page>, Box<Run>),
    Done(Box<Done>),
    Failed(Box<Error>),
    Broken,
}

#[derive(Debug)]
struct Open {
    request: Request<Vec<u8>>,
    question: Question,
}

#[derive(Debug, Clone, Copy)]
enum Question {
    Fence,
    /// Asked for at this time of the caller's clock.
    Digest(Duration),
    Page(Asked),
}

/// What the start of a page was, as far as its answer's meaning depends on it.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// It is older than the log is trusted to be: an empty answer proves nothing.
    over_age: bool,
    /// It is a token of the server's, not one made from a time.
    genuine: bool,
}

impl Session {
    /// Prepares a run; nothing is asked before the first [`poll`](Machine::poll).
    ///
    /// # Errors
    /// [`StartError`], where the query's end could not be proved or the start belongs to something else.
    pub fn new(site: Site, query: ChangeQuery, start: Start, settings: Settings) -> Result<Self, StartError> {
        query.provable()?;
        query.check(site.server())?;
        let last = match &start {
            Start::Checkpoint(checkpoint) => {
                checkpoint.fits(FeedName::Changes, site.host(), query.scope(), &members(&query, &site))?;
                Some(checkpoint.to_string())
            }
            Start::Token(token) if !names(query.scope(), token) => {
                return Err(StartError::Token { token: token.clone() });
            }
            Start::Token(_) | Start::Time(_) | Start::Now | Start::Beginning | Start::Bootstrap => None,
        };
        let link = Link::new(settings.policy.clone(), site.needs_digest());
        Ok(Session { site, query, settings, start, link, phase: Phase::Fence, open: None, last })
    }

    /// What is to be asked next; `None` where the run came to an end instead.
    fn question(&mut self) -> Option<Open> {
        match &mut self.phase {
            Phase::Fence | Phase::FenceAgain(_) => {
                let request = fence::request(&self.site, self.query.scope());
                Some(Open { request, question: Question::Fence })
            }
            Phase::Drain(run) => match run.next() {
                Next::Page { start, over_age } => {
                    let genuine = start.as_ref().is_some_and(|start| !start.is_synthetic());
                    let bounds = (start.as_ref(), Some(run.fence()));
                    let request = changes::request(&self.query, &self.site, bounds);
                    Some(Open { request, question: Question::Page(Asked { over_age, genuine }) })
                }
                Next::Expired => {
                    self.resync(ResyncReason::Expired);
                    None
                }
            },
            Phase::Page(..) | Phase::Done(_) | Phase::Failed(_) | Phase::Broken => None,
        }
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

    fn on_answer(&mut self, question: Question, answer: &Response<&[u8]>) -> Result<(), Error> {
        let time = retry::date(answer.headers());
        if let (Some(time), Phase::Drain(run)) = (time, &mut self.phase) {
            run.hear(time);
        }
        if let Some(fault) = fault::read(answer) {
            let carried_token = matches!(question, Question::Page(_));
            return self.on_fault(question, answer, fault.for_request(carried_token));
        }
        let id = || fault::request_id(answer.headers());
        let read = match question {
            Question::Fence => fence::read(answer.body()).map(|token| self.on_fence(token, time, id())),
            Question::Digest(asked) => digest::read(answer).map(|digest| {
                self.link.keep(digest, asked);
                Ok(())
            }),
            Question::Page(asked) => changes::json::read(answer.body(), self.query.keeps_raw())
                .map(|changes| self.on_page(asked, changes, id())),
        };
        match read {
            Ok(done) => {
                self.link.accepted(answer.headers(), matches!(question, Question::Digest(_)));
                done
            }
            Err(error) => self.on_unreadable(error.with_request_id(id())),
        }
    }

    /// Judges where the log ends.
    fn on_fence(
        &mut self,
        fence: ChangeToken,
        time: Option<Timestamp>,
        request_id: Option<String>,
    ) -> Result<(), Error> {
        if !names(self.query.scope(), &fence) || fence.is_synthetic() {
            let what = format!("the current token {fence} is not one of the object that was asked for");
            return Err(Error::Protocol { what, request_id });
        }
        let time = time.unwrap_or(fence.time());
        self.query = self.query.within(self.query.scope().with_list(fence.id()));
        let (run, again) = match std::mem::replace(&mut self.phase, Phase::Broken) {
            Phase::FenceAgain(mut run) => {
                run.fence_anew(fence, time);
                (run, true)
            }
            _ => {
                let id = if let Start::Token(token) = &self.start { token.id() } else { fence.id() };
                let binding = Binding {
                    host: self.site.host().to_owned(),
                    scope: BoundScope::new(self.query.scope(), id),
                    members: members(&self.query, &self.site).into_iter().map(str::to_owned).collect(),
                };
                (Box::new(Run::new(&self.start, binding, fence, time, self.settings.clone())?), false)
            }
        };
        let judgement = if self.start == Start::Bootstrap {
            Judgement::Resync(ResyncReason::FirstRun)
        } else {
            run.judge()
        };
        let behind = matches!(judgement, Judgement::Lags | Judgement::Resync(ResyncReason::LogRestarted));
        if behind && !again {
            self.phase = Phase::FenceAgain(run);
            return Ok(());
        }
        self.phase = Phase::Drain(run);
        match judgement {
            Judgement::Drain => {}
            Judgement::AtEnd => self.up_to_date(),
            Judgement::Lags => self.unchanged(),
            Judgement::Resync(reason) => self.resync(reason),
        }
        Ok(())
    }

    /// Takes the rows of a page, or the proof that there are none.
    fn on_page(
        &mut self,
        asked: Asked,
        changes: Vec<Change>,
        request_id: Option<String>,
    ) -> Result<(), Error> {
        let Phase::Drain(run) = &mut self.phase else { return Ok(()) };
        run.check(&changes).map_err(|what| Error::Protocol { what, request_id })?;
        match changes.last() {
            Some(last) => {
                let before = run.clone();
                run.pass(&last.token);
                self.page(before, changes, None);
            }
            None if asked.over_age => self.pass_gap(),
            None => self.up_to_date(),
        }
        Ok(())
    }

    /// Acts on an answer that is an error.
    fn on_fault(&mut self, question: Question, answer: &Response<&[u8]>, fault: Fault) -> Result<(), Error> {
        match (fault.class(), question) {
            (FaultClass::Throttled, _) => {
                self.link.failed(WaitReason::Throttled, Some(answer.headers()), Some(fault))
            }
            (FaultClass::Unavailable, _) => {
                self.link.failed(WaitReason::Unavailable, Some(answer.headers()), Some(fault))
            }
            (FaultClass::StaleDigest, Question::Page(_)) if self.link.renew() => Ok(()),
            (FaultClass::TokenExpired, Question::Page(Asked { over_age: true, .. })) => {
                self.pass_gap();
                Ok(())
            }
            (FaultClass::TokenExpired, Question::Page(_)) => {
                self.resync(ResyncReason::Expired);
                Ok(())
            }
            // A token made from a time is refused for what it is: reading everything would only make another.
            (
                FaultClass::TokenOfAnotherObject | FaultClass::TokenMalformed,
                Question::Page(Asked { genuine: true, .. }),
            ) => {
                self.resync(ResyncReason::TokenRefused);
                Ok(())
            }
            _ => Err(Error::Fault(fault)),
        }
    }

    /// Acts on a success that cannot be read: one that was cut is asked for again.
    fn on_unreadable(&mut self, error: DecodeError) -> Result<(), Error> {
        if error.is_cut() && self.link.failed(WaitReason::Lost, None, None).is_ok() {
            return Ok(());
        }
        Err(Error::Decode(error))
    }

    fn page(&mut self, before: Box<Run>, changes: Vec<Change>, gap: Option<Gap>) {
        if let Phase::Drain(run) = std::mem::replace(&mut self.phase, Phase::Broken) {
            let checkpoint = run.checkpoint();
            let follows = self.last.replace(checkpoint.to_string());
            self.phase = Phase::Page(Box::new(Page { changes, checkpoint, follows, gap, before }), run);
        }
    }

    /// Says that what lies before the trusted retention stays unread, and goes on inside it.
    fn pass_gap(&mut self) {
        if let Phase::Drain(run) = &mut self.phase {
            let before = run.clone();
            let (after, until) = run.pass_gap();
            self.page(before, Vec::new(), Some(Gap { after, until }));
        }
    }

    fn up_to_date(&mut self) {
        if let Phase::Drain(run) = &mut self.phase {
            run.settle();
            let checkpoint = run.checkpoint();
            self.phase = Phase::Done(Box::new(Done::UpToDate { checkpoint, follows: self.last.take() }));
        }
    }

    /// The end of the log was read from a copy that lags behind: nothing is new, and nothing moves.
    fn unchanged(&mut self) {
        if let Phase::Drain(run) = &self.phase {
            let checkpoint = match &self.start {
                Start::Checkpoint(checkpoint) => checkpoint.clone(),
                _ => run.checkpoint(),
            };
            self.phase = Phase::Done(Box::new(Done::UpToDate { checkpoint, follows: self.last.take() }));
        }
    }

    fn resync(&mut self, reason: ResyncReason) {
        if let Phase::Drain(run) = &self.phase {
            let then = run.resync();
            self.phase = Phase::Done(Box::new(Done::Resync { reason, then, follows: self.last.take() }));
        }
    }

    fn settle_answer(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.phase = Phase::Failed(Box::new(error));
        }
    }
}

impl Machine for Session {
    type Page = Page;
    type Done = Done;

    fn poll(&mut self, now: Duration) -> Result<Action<Page, Done>, Error> {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Broken) {
                Phase::Broken => return Err(Error::Broken),
                Phase::Failed(error) => return Err(*error),
                Phase::Page(page, run) => {
                    self.phase = Phase::Drain(run);
                    return Ok(Action::Page(*page));
                }
                Phase::Done(done) => {
                    let said = (*done).clone();
                    self.phase = Phase::Done(done);
                    return Ok(Action::Done(said));
                }
                asking => self.phase = asking,
            }
            if let Some(wait) = self.link.rest(now) {
                return Ok(Action::Wait(wait));
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
        self.settle_answer(result);
    }

    fn fail(&mut self) {
        let result = match self.open.take() {
            Some(_) => self.link.failed(WaitReason::Lost, None, None),
            None => Err(Error::Misuse("a request failed while none was open")),
        };
        self.settle_answer(result);
    }
}

/// Whether a token belongs to this scope, as far as the scope says.
fn names(scope: &Scope, token: &ChangeToken) -> bool {
    token.scope() == TokenScope::of(scope) && scope.known_id().is_none_or(|id| id == token.id())
}

/// The query's members as the server is sent them, sorted: what a checkpoint is bound to.
fn members(query: &ChangeQuery, site: &Site) -> Vec<&'static str> {
    let mut members: Vec<_> = query.flags(site.server()).collect();
    members.sort_unstable();
    members
}
