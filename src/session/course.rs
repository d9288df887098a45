//! The seam between the loop that both feeds share and what each of them makes of answers.

use std::fmt::Debug;

use http::Request;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    items::Notice,
    log::Judgement,
    outcome::ResyncReason,
    start::{Settings, Start},
};
use crate::{
    checkpoint::{BoundScope, Checkpoint, FeedName},
    error::{DecodeError, Error},
    fault::Fault,
    feed::Feed,
    query::QueryError,
    site::{Scope, Site},
    token::ChangeToken,
};

/// A query whose log a session can follow: a [`ChangeQuery`](crate::ChangeQuery) or an
/// [`ItemQuery`](crate::ItemQuery).
pub trait Followed: Feed + Sized {
    /// What is known and done once the end of the log was read.
    #[doc(hidden)]
    type Course: Course<Query = Self>;

    #[doc(hidden)]
    const FEED: FeedName;

    /// Whether a run may begin at a time.
    #[doc(hidden)]
    const BEGINS_AT_TIMES: bool;

    /// Whose log it is.
    #[doc(hidden)]
    fn scope(&self) -> Scope;

    /// Whether a session can prove that it read everything.
    ///
    /// # Errors
    /// The member that stands in the way.
    #[doc(hidden)]
    fn followable(&self, site: &Site) -> Result<(), QueryError>;

    /// The members as the server is sent them, sorted: what a checkpoint is bound to.
    #[doc(hidden)]
    fn members(&self, site: &Site) -> Vec<String>;
}

/// One feed's facts and transitions, from the moment the end of the log is known.
#[doc(hidden)]
pub trait Course: Sized + Debug {
    type Query: Followed<Course = Self>;
    type Page: Debug;
    type Step: Copy + Debug;

    /// Begins, once the log's end is known to be `fence`, read at `fence_time`.
    fn begin(
        start: &Start,
        binding: Binding,
        fence: ChangeToken,
        fence_time: Timestamp,
        query: &Self::Query,
        settings: &Settings,
    ) -> Result<Self, Error>;

    /// Takes a second reading of the log's end.
    fn fence_anew(&mut self, fence: ChangeToken, fence_time: Timestamp);

    /// Judges the position by the end of the log.
    fn judge(&self) -> Judgement;

    /// Acts on that judgement.
    fn judged(&mut self, judgement: Judgement) -> Outcome<Self::Page>;

    /// Takes the server's time, and the time at which the end of the log was read: both may have been believed to be
    /// later before.
    fn observe_time(&mut self, now: Timestamp, fence_time: Timestamp);

    /// What to ask next, or what there is to say instead.
    fn ask(&mut self, asker: &Asker<'_, Self::Query>) -> Ask<Self>;

    /// Takes an answer that is a success, at this time of the server's.
    fn take(
        &mut self,
        step: Self::Step,
        body: &[u8],
        time: Option<Timestamp>,
    ) -> Result<Outcome<Self::Page>, Trouble>;

    /// Acts on an error of the server that is neither throttling nor a stale digest.
    fn on_fault(&mut self, step: Self::Step, fault: &Fault) -> Reaction<Self::Page>;

    /// Acts on a success that cannot be read.
    fn on_unreadable(&mut self, step: Self::Step, error: &DecodeError) -> Reaction<Self::Page>;

    /// Where the reader stands.
    fn checkpoint(&self) -> Checkpoint;

    /// Whether a request for this step carries a change token.
    fn carries_token(step: Self::Step) -> bool;

    /// Tells a page which checkpoint it follows, and what it has to tell beside its own; returns the text of the
    /// checkpoint it brings.
    fn follow(page: &mut Self::Page, follows: Option<String>, notices: Vec<Notice>) -> String;
}

/// What a run is bound to, or one without a checkpoint.
#[derive(Debug)]
pub struct Binding {
    pub(crate) host: String,
    pub(crate) scope: BoundScope,
    /// The site collection that the scope lies in, as far as that is known, by the checkpoint or by the server.
    pub(crate) site: Option<Uuid>,
    pub(crate) members: Vec<String>,
}

/// Who asks, and where.
#[derive(Debug)]
pub struct Asker<'a, Q> {
    pub(crate) site: &'a Site,
    pub(crate) query: &'a Q,
    /// The scope with its list named by id.
    pub(crate) scope: &'a Scope,
    /// Whether the server's time was told by more than one answer: nothing is called too old otherwise.
    pub(crate) time_is_certain: bool,
}

/// What to ask next.
#[derive(Debug)]
pub enum Ask<C: Course> {
    Send(Request<Vec<u8>>, C::Step),
    Say(Outcome<C::Page>),
    /// Another answer that tells the time: something would be too old if the one that did is right.
    Time,
}

/// What an answer amounts to.
#[derive(Debug)]
pub enum Outcome<P> {
    /// Something else is asked next.
    Nothing,
    Page(P),
    UpToDate,
    Resync(ResyncReason, Checkpoint),
    Failed(Error),
}

/// What to do about an answer that brings nothing.
#[derive(Debug)]
pub enum Reaction<P> {
    /// It has a meaning all the same.
    Take(Outcome<P>),
    /// Rest and ask again.
    Again,
    /// Only an outage, or an answer that was cut, is asked for again.
    Usual,
}

/// Why a success is none.
#[derive(Debug)]
pub enum Trouble {
    /// It reads well, but contradicts the protocol.
    Contradiction(String),
    Unreadable(DecodeError),
    /// It is true of an earlier moment than what was read before: a copy of the log that lags behind. In words.
    Behind(String),
}

impl From<String> for Trouble {
    fn from(what: String) -> Self {
        Trouble::Contradiction(what)
    }
}

impl From<&str> for Trouble {
    fn from(what: &str) -> Self {
        Trouble::Contradiction(what.to_owned())
    }
}

impl From<DecodeError> for Trouble {
    fn from(error: DecodeError) -> Self {
        Trouble::Unreadable(error)
    }
}
