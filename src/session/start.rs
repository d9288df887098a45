//! Where a run begins, and its settings.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    feed::Limits,
    query::QueryError,
    retry::Policy,
    token::ChangeToken,
};

/// Where a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Where an earlier run ended.
    Checkpoint(Checkpoint),
    /// After the change that this token names: one known from elsewhere. A synthetic one counts as its time.
    Token(ChangeToken),
    /// At this time. One older than the trusted retention counts as "as far back as can be trusted", from there.
    Time(Timestamp),
    /// At the end of the log: only what happens from now on.
    Now,
    /// As far back as can be trusted.
    Beginning,
    /// Not yet: the run ends at once in [`Done::Resync`](crate::Done::Resync) with
    /// [`ResyncReason::FirstRun`](crate::ResyncReason::FirstRun), whose checkpoint was taken before the caller reads
    /// everything. First run and repair are then one path.
    Bootstrap,
}

impl Start {
    /// Whether it is a time, in whatever form.
    pub(super) fn is_time(&self) -> bool {
        match self {
            Start::Time(_) => true,
            Start::Token(token) => token.is_synthetic(),
            Start::Checkpoint(_) | Start::Now | Start::Beginning | Start::Bootstrap => false,
        }
    }
}

/// The settings of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How often and how long to try; see [`Policy`].
    pub policy: Policy,
    /// How long after an end of the log was read it becomes a position, in server time; 15 minutes. Rows that become
    /// visible later than that below it are lost unless [`overlap`](Settings::overlap) covers them.
    pub settle: Duration,
    /// How old a position may be, in server time, before it is no longer believed; 55 days, because servers may
    /// answer an expired one with nothing, and keep 60 days at least.
    pub retention: Duration,
    /// Begins each run at least this much before the end of the last one and delivers again what lies between; off.
    /// Freedom from loss under rows that become visible late is claimed only for an overlap longer than their delay.
    pub overlap: Option<Duration>,
    /// Whether a run over a list's items may begin a new full load by itself where the log cannot tell everything;
    /// [`Reload::Allowed`]. A first load is no new one.
    pub reload: Reload,
    /// Whether a run over a list's items asks the log which items were shared, or taken from somebody: role
    /// assignments and permissions of their own (11, 12, 17, 18), of which the list feed is silent. What they name is
    /// asked for, and a folder stands for all below it; one request more a run whose log moved. On. An account that
    /// sees every item, whatever is granted on it, can do without. Where it is turned on again, what happened meanwhile
    /// is read, or the list anew where the log has forgotten it.
    ///
    /// Who belongs to a group, and what a role allows (8 to 10, 13, 14), is told by rows that name no item, and at the
    /// site. Where the list's log has such a row, the run says so ([`Notice::RolesChanged`](crate::Notice)); most often
    /// nobody is told. So an account that sees a part of a list because of its groups should compare its copy with the
    /// list once a week, and after each such notice.
    pub role_assignments: bool,
    /// How much one answer may hold; see [`Limits`].
    pub limits: Limits,
}

/// Who decides that a list is read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reload {
    /// The session, once a run.
    Allowed,
    /// The caller: the run ends in [`Done::Resync`](crate::Done::Resync), whose checkpoint begins a load.
    Refused,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            policy: Policy::default(),
            settle: Duration::from_secs(15 * 60),
            retention: Duration::from_secs(55 * 24 * 60 * 60),
            overlap: None,
            reload: Reload::Allowed,
            role_assignments: true,
            limits: Limits::default(),
        }
    }
}

/// Why a session cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The query is not for this server, or not for a session.
    #[error("the query cannot be followed")]
    Query(#[from] QueryError),
    /// The checkpoint is not for this site, scope or query.
    #[error("the checkpoint cannot be continued")]
    Checkpoint(#[from] CheckpointError),
    /// A copy of a list cannot begin at a time.
    #[error("a list's items cannot be followed from a time; begin with a full load, or with a token")]
    Time,
    /// The token is a position in another log.
    #[error("the token {token} is a position in the log of another {}", token.scope())]
    Token {
        /// The token.
        token: ChangeToken,
    },
}
