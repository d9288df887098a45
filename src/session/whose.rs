//! Whose log it is: the site collection that a web or a list lies in.
//!
//! The ids of webs and lists name nothing for certain: a site that was copied has them a second time, and its log is
//! another one. So whose the log is belongs to what a checkpoint is bound to. It is asked once a run, right after the
//! end of the log and in the same words: the token of a site collection carries its id.

use uuid::Uuid;

use super::{
    PageOf, Phase, Session,
    course::{Binding, Course, Followed, Outcome, Trouble},
    start::Start,
};
use crate::{
    checkpoint::BoundScope,
    error::Error,
    fault::FaultClass,
    site::Scope,
    token::{ChangeToken, TokenScope},
};

impl<Q: Followed> Session<Q> {
    /// Goes on from the end of the log, read for the first time: what is not itself a site collection lies in one.
    pub(super) fn ask_whose(&mut self, fence: ChangeToken) -> Result<Outcome<PageOf<Q>>, Trouble> {
        self.phase = Phase::Whose(Box::new(fence));
        if self.scope == Scope::Site { self.begin(None) } else { Ok(Outcome::Nothing) }
    }

    /// Takes the end of the site collection's log, for the id that it carries; another's tells nothing.
    pub(super) fn on_whose(&mut self, end: &ChangeToken) -> Result<Outcome<PageOf<Q>>, Trouble> {
        self.begin((end.scope() == TokenScope::Site).then(|| end.id()))
    }

    /// Whether to go on without knowing whose the log is, which is no reason to read nothing: the account may see the
    /// list alone, or the server knows no such property. What only may pass is asked again, but not for ever.
    pub(super) fn does_without(&mut self, class: Option<FaultClass>) -> bool {
        self.unanswered += 1;
        match class {
            Some(FaultClass::Throttled) => false,
            Some(class) if !class.is_temporary() => true,
            _ => self.unanswered >= MOST_UNANSWERED,
        }
    }

    /// Begins, now that the end of the log is known, and the site collection as far as it can be.
    pub(super) fn begin(&mut self, site: Option<Uuid>) -> Result<Outcome<PageOf<Q>>, Trouble> {
        let Phase::Whose(fence) = std::mem::replace(&mut self.phase, Phase::Broken) else {
            return Ok(Outcome::Nothing);
        };
        let site = match &self.start {
            Start::Checkpoint(checkpoint) => checkpoint.fits_site(fence.id(), site),
            _ => Ok(site),
        };
        let site = match site {
            Ok(site) => site,
            Err(error) => return Ok(Outcome::Failed(Error::Checkpoint(error))),
        };
        let id = if let Start::Token(token) = &self.start { token.id() } else { fence.id() };
        let binding = Binding {
            host: self.site.host().to_owned(),
            scope: BoundScope::new(&self.scope, id),
            site,
            members: self.query.members(&self.site),
        };
        let read = self.fence_read.and_then(|read| self.time.at(read));
        let (end, time) = (ChangeToken::clone(&fence), read.unwrap_or(fence.time()));
        match Q::Course::begin(&self.start, binding, *fence, time, &self.query, &self.settings) {
            Ok(course) => {
                self.look_back(time);
                self.judge(Box::new(course), &end)
            }
            Err(error) => Ok(Outcome::Failed(error)),
        }
    }
}

/// Questions for the site collection that no answer came to, or none that can be read, before a run goes on without.
const MOST_UNANSWERED: u32 = 3;
