//! What a run makes of the answers of GetChanges.

use jiff::Timestamp;

use super::{
    course::{Ask, Asker, Binding, Course, Followed, Outcome, Reaction, Trouble},
    items::Notice,
    log::Judgement,
    outcome::{Gap, Page, ResyncReason},
    run::{Next, Run},
    start::{Settings, Start},
};
use crate::{
    change::Change,
    checkpoint::{Checkpoint, FeedName},
    error::{DecodeError, Error},
    fault::{Fault, FaultClass},
    feed::{Limits, changes},
    query::{ChangeQuery, QueryError},
    site::{Scope, Site},
    token::ChangeToken,
};

impl Followed for ChangeQuery {
    type Course = Changes;
    const FEED: FeedName = FeedName::Changes;
    const BEGINS_AT_TIMES: bool = true;

    fn scope(&self) -> Scope {
        ChangeQuery::scope(self).clone()
    }

    fn followable(&self, site: &Site) -> Result<(), QueryError> {
        self.provable()?;
        self.check(site.server())
    }

    fn members(&self, site: &Site) -> Vec<String> {
        let mut members: Vec<_> = self.flags(site.server()).map(str::to_owned).collect();
        members.sort_unstable();
        members
    }
}

/// A drain of the log, page by page.
#[derive(Debug)]
pub struct Changes {
    run: Box<Run>,
    /// Whether the caller wants to read everything first.
    bootstrap: bool,
    keep_raw: bool,
    limits: Limits,
    /// Whether an empty answer came to a start that was young enough when it was sent.
    silent: bool,
}

/// What the start of a page was, as far as its answer's meaning depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// It is older than the log is trusted to be: an empty answer proves nothing.
    over_age: bool,
    /// It is a token of the server's, not one made from a time.
    genuine: bool,
}

impl Course for Changes {
    type Query = ChangeQuery;
    type Page = Page;
    type Step = Asked;

    fn begin(
        start: &Start,
        binding: Binding,
        fence: ChangeToken,
        fence_time: Timestamp,
        query: &ChangeQuery,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let run = Box::new(Run::new(start, binding, fence, fence_time, settings.clone())?);
        let (bootstrap, limits) = (*start == Start::Bootstrap, settings.limits);
        Ok(Changes { run, bootstrap, keep_raw: query.keeps_raw(), limits, silent: false })
    }

    fn fence_anew(&mut self, fence: ChangeToken, fence_time: Timestamp) {
        self.run.fence_anew(fence, fence_time);
    }

    fn judge(&self) -> Judgement {
        if self.bootstrap { Judgement::Resync(ResyncReason::FirstRun) } else { self.run.judge() }
    }

    fn judged(&mut self, judgement: Judgement) -> Outcome<Page> {
        match judgement {
            Judgement::Drain => Outcome::Nothing,
            Judgement::AtEnd if self.run.overlap_again() => Outcome::Nothing,
            Judgement::AtEnd => self.up_to_date(),
            Judgement::Lags => {
                Outcome::Failed(Error::Behind { what: "the log's end lies before the position".to_owned() })
            }
            Judgement::Resync(reason) => self.resync(reason),
        }
    }

    fn observe_time(&mut self, now: Timestamp, fence_time: Timestamp) {
        self.run.observe_time(now, fence_time);
    }

    fn ask(&mut self, asker: &Asker<'_, ChangeQuery>) -> Ask<Self> {
        // Whether it was young enough until the answer came shows only now: a poll brings the time.
        if std::mem::take(&mut self.silent) && !self.run.outlived() && !self.run.overlap_again() {
            return Ask::Say(self.up_to_date());
        }
        match self.run.next() {
            Next::Page { start, over_age } => {
                let genuine = start.as_ref().is_some_and(|start| !start.is_synthetic());
                let query = asker.query.within(asker.scope.clone());
                let request = changes::request(&query, asker.site, (start.as_ref(), Some(self.run.fence())));
                Ask::Send(request, Asked { over_age, genuine })
            }
            Next::Expired if !asker.time_is_certain => Ask::Time,
            Next::Expired => Ask::Say(self.resync(ResyncReason::Expired)),
        }
    }

    fn take(&mut self, asked: Asked, body: &[u8], _: Option<Timestamp>) -> Result<Outcome<Page>, Trouble> {
        let changes = changes::json::read(body, self.keep_raw, &self.limits, self.run.after())?;
        self.run.check(&changes)?;
        Ok(match changes.last() {
            Some(last) => {
                let before = self.run.clone();
                self.run.pass(&last.token);
                self.page(before, changes, None)
            }
            None if asked.over_age => self.pass_gap(),
            None => {
                self.silent = true;
                Outcome::Nothing
            }
        })
    }

    fn on_fault(&mut self, asked: Asked, fault: &Fault) -> Reaction<Page> {
        match fault.class() {
            FaultClass::TokenExpired if asked.over_age => Reaction::Take(self.pass_gap()),
            FaultClass::TokenExpired => Reaction::Take(self.resync(ResyncReason::Expired)),
            // A token made from a time is refused for what it is: reading everything would only make another.
            FaultClass::TokenOfAnotherObject | FaultClass::TokenMalformed if asked.genuine => {
                Reaction::Take(self.resync(ResyncReason::TokenRefused))
            }
            _ => Reaction::Usual,
        }
    }

    fn on_unreadable(&mut self, _: Asked, _: &DecodeError) -> Reaction<Page> {
        Reaction::Usual
    }

    fn checkpoint(&self) -> Checkpoint {
        self.run.checkpoint()
    }

    fn carries_token(_: Asked) -> bool {
        true
    }

    fn follow(page: &mut Page, follows: Option<String>, notices: Vec<Notice>) -> String {
        (page.follows, page.notices) = (follows, notices);
        page.checkpoint.to_string()
    }
}

impl Changes {
    fn page(&self, before: Box<Run>, changes: Vec<Change>, gap: Option<Gap>) -> Outcome<Page> {
        let checkpoint = self.run.checkpoint();
        Outcome::Page(Page { changes, checkpoint, follows: None, gap, notices: Vec::new(), before })
    }

    /// Says that what lies before the trusted retention stays unread, and goes on inside it.
    fn pass_gap(&mut self) -> Outcome<Page> {
        let before = self.run.clone();
        let (after, until) = self.run.pass_gap();
        self.page(before, Vec::new(), Some(Gap { after, until }))
    }

    fn up_to_date(&mut self) -> Outcome<Page> {
        self.run.settle();
        Outcome::UpToDate
    }

    fn resync(&self, reason: ResyncReason) -> Outcome<Page> {
        Outcome::Resync(reason, self.run.resync())
    }
}
