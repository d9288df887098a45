//! What can go wrong in a run, one type a layer; the layers of construction keep theirs beside their type.

use std::{error::Error as StdError, fmt, time::Duration};

use crate::{checkpoint::CheckpointError, fault::Fault, machine::WaitReason};

/// Why a machine ended without [`Action::Done`](crate::Action::Done).
///
/// The first [`poll`](crate::Machine::poll) after the cause returns it; every later one returns
/// [`Error::Broken`]. Nothing is lost: go on with a new session from the last committed checkpoint.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with an error that asking again will not change; [`Fault::class`] says what will.
    #[error("the server refused")]
    Fault(#[source] Fault),
    /// The server answered with success, but not with what was asked for.
    #[error("the answer cannot be read")]
    Decode(#[source] DecodeError),
    /// The server wants more rest than the run's budget has left, or failed too often in a row.
    #[error("{}", .0)]
    Exhausted(Exhausted),
    /// An answer that reads well contradicts the protocol, so that going on could lose changes.
    #[error("the server's answer contradicts the protocol: {what}")]
    Protocol {
        /// Which rule the answer breaks, with the values that show it.
        what: String,
        /// The `SPRequestGuid` of the answer; `None` where it had none.
        request_id: Option<String>,
    },
    /// The list or web that the server has under the checkpoint's id lies in another site collection: that of a copied
    /// site, whose log is not the one that was read.
    #[error("the checkpoint cannot be continued")]
    Checkpoint(#[source] CheckpointError),
    /// The start lies after the end of the log: a time that has not come yet.
    #[error("the start time {start} lies beyond the end of the change log ({fence})")]
    StartBeyondFence {
        /// The time asked for.
        start: jiff::Timestamp,
        /// The time of the log's last change.
        fence: jiff::Timestamp,
    },
    /// The list asks for more lookups than the server joins in one call.
    #[error("the server refuses so many lookup, person and taxonomy columns at once; name fewer fields ({})", lookups.join(", "))]
    TooManyLookups {
        /// The columns that count, by internal name.
        lookups: Vec<String>,
        /// The server's error.
        #[source]
        fault: Fault,
    },
    /// The list changes faster than it can be read; what is pending stays so for the next run.
    #[error("the list changes faster than it can be read: {what}")]
    Unsettled {
        /// What happened.
        what: String,
    },
    /// The server's answers are older than what it answered before, and stayed so: the run is not proven to be up to
    /// date. Nothing moved; try later.
    #[error("it is not proven that nothing is missing, try again later: {what}")]
    Behind {
        /// What shows it.
        what: String,
    },
    /// A limit of [`Policy`](crate::Policy) on the whole run was reached.
    #[error("the run sent its {0} requests without coming to its end")]
    TooManyRequests(u64),
    /// The caller broke the contract; the text says how.
    #[error("the machine was misused: {0}")]
    Misuse(&'static str),
    /// The machine already returned its error.
    #[error("the machine ended with an error before")]
    Broken,
}

impl Error {
    /// The server's error behind this one, if one was received.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Error::Fault(fault) => Some(fault),
            Error::TooManyLookups { fault, .. } => Some(fault),
            Error::Exhausted(exhausted) => exhausted.fault.as_deref(),
            _ => None,
        }
    }
}

/// A run that would have to rest longer, or fail more often, than its [`Policy`](crate::Policy) allows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exhausted {
    /// How long to leave the server alone, counted from the poll that returned this.
    pub wait: Duration,
    /// Failures in a row so far.
    pub failures: u32,
    /// The last answer; `None` where none came, or where it was good: see [`reason`](Exhausted::reason).
    pub fault: Option<Box<Fault>>,
    /// What the run would have had to rest for.
    pub reason: WaitReason,
    /// How long the server asked to be left alone; `None` where it did not say, or for what cannot be meant.
    pub asked: Option<Duration>,
    /// How long the server asked to be left alone, where that is more than a day and more than the run may rest: no
    /// server means that, so `wait` does not obey it. `None` for what can be believed.
    pub absurd: Option<Duration>,
}

impl Exhausted {
    pub(crate) fn new(wait: Duration, failures: u32) -> Self {
        Exhausted { wait, failures, fault: None, reason: WaitReason::Lost, asked: None, absurd: None }
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wait = self.wait.as_secs();
        if self.reason == WaitReason::Pacing {
            return write!(
                f,
                "the server's quota is nearly used up, and the run has rested for it as long as its budget allows; try \
                 again in {wait} seconds"
            );
        }
        match &self.fault {
            Some(fault) => write!(f, "the server answered {} ", fault.status())?,
            None => write!(f, "no complete answer came ")?,
        }
        if let Some(absurd) = self.absurd {
            let (seconds, days) = (absurd.as_secs(), absurd.as_secs() / 86_400);
            return write!(
                f,
                "and asked to be left alone for {seconds} seconds ({days} days), which no server means: a day is the \
                 most that is believed. Try again in {wait} seconds"
            );
        }
        write!(
            f,
            "and the run's budget is used up after {} failures in a row; try again in {} seconds",
            self.failures, wait
        )
    }
}

/// An answer that is not what the protocol promises: what was expected, and where.
///
/// The parser's own error is behind [`source`](StdError::source); the answer itself is never in the text.
#[derive(Debug, Clone)]
pub struct DecodeError {
    expected: String,
    place: String,
    cut: bool,
    limit: Option<&'static str>,
    request_id: Option<String>,
    source: Option<std::sync::Arc<dyn StdError + Send + Sync>>,
}

impl DecodeError {
    /// `expected` completes "expected …"; `place` is a JSON path or a byte offset, empty for the whole answer.
    pub(crate) fn new(expected: impl Into<String>, place: impl Into<String>) -> Self {
        DecodeError {
            expected: expected.into(),
            place: place.into(),
            cut: false,
            limit: None,
            request_id: None,
            source: None,
        }
    }

    /// Wraps what the JSON reader says; an answer that ends too early is known as [cut](DecodeError::is_cut).
    pub(crate) fn json(expected: impl Into<String>, error: serde_json::Error) -> Self {
        let place = format!("line {} column {}", error.line(), error.column());
        let cut = error.is_eof();
        DecodeError { cut, source: Some(std::sync::Arc::new(error)), ..DecodeError::new(expected, place) }
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(std::sync::Arc::new(source));
        self
    }

    pub(crate) fn cut_off(mut self) -> Self {
        self.cut = true;
        self
    }

    /// It holds more than this member of the limits allows.
    pub(crate) fn beyond(mut self, limit: &'static str) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    /// Where in the answer: a JSON path, a line and column, or a byte offset; empty where the whole answer is meant.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the answer ends before it is complete, as after a cut connection; asking again may help.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The member of [`Limits`](crate::Limits) that the answer goes beyond, as `rows`; `None` where it is something
    /// else that is wrong.
    pub fn limit(&self) -> Option<&'static str> {
        self.limit
    }

    /// The `SPRequestGuid` of the answer, which Microsoft's support asks for; `None` where it had none.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)?;
        if !self.place.is_empty() {
            write!(f, " at {}", self.place)?;
        }
        if self.cut {
            write!(f, ", but the answer ends too early")?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (SPRequestGuid {id})"),
            None => Ok(()),
        }
    }
}

impl StdError for DecodeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn StdError + 'static))
    }
}

/// Why [`drive`](crate::drive) ended before the machine was done.
#[derive(Debug, thiserror::Error)]
pub enum DriveError<E, C> {
    /// The machine gave up.
    #[error("the session ended")]
    Machine(#[source] Error),
    /// The transport cannot bring any answer.
    #[error("the transport failed")]
    Transport(#[source] E),
    /// The caller's commit failed; nothing after it was asked for.
    #[error("the page was not committed")]
    Commit(#[source] C),
    /// The host was asked to stop.
    #[error("stopped on request")]
    Stopped,
}
