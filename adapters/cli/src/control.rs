//! Control records: the lines that are no change, among them the last one of every run that ends well.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use sharepoint_changes::{ChangeToken, Checkpoint, Gap, ResyncReason, TokenScope};
use uuid::Uuid;

use crate::{event::VERSION, notice::Notice, outage::Waiting};

/// A line that is no change.
#[derive(Debug, Serialize)]
pub(crate) struct Control<'a> {
    v: u32,
    #[serde(flatten)]
    kind: Kind<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind<'a> {
    CaughtUp(At<'a>),
    Limit {
        reason: &'static str,
        #[serde(flatten)]
        at: At<'a>,
    },
    Interrupted {
        signal: usize,
        #[serde(flatten)]
        at: At<'a>,
    },
    ResyncRequired {
        reason: &'a str,
        /// How old the position was when it was given up.
        #[serde(skip_serializing_if = "Option::is_none")]
        age_days: Option<i64>,
        /// Whether the run goes on behind the gap.
        accepted: bool,
        #[serde(flatten)]
        at: At<'a>,
    },
    Gap {
        after: Timestamp,
        until: Timestamp,
    },
    Notice(Notice),
    Waiting {
        #[serde(flatten)]
        waiting: &'a Waiting,
        #[serde(flatten)]
        at: At<'a>,
    },
    Token(Token),
}

/// Where a run stands.
#[derive(Debug, Serialize)]
struct At<'a> {
    token: Option<String>,
    checkpoint: Option<&'a str>,
    changes: u64,
    pages: u64,
}

/// A change token taken apart.
#[derive(Debug, Serialize)]
struct Token {
    token: String,
    scope: &'static str,
    id: Uuid,
    time: Timestamp,
    number: i64,
    synthetic: bool,
    #[serde(flatten)]
    age: Option<Age>,
}

/// How old a token is, and how long the log is trusted to hold it yet.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Age {
    pub(crate) age_days: f64,
    pub(crate) days_left: f64,
}

/// How much a process has handed out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) changes: u64,
    pub(crate) pages: u64,
}

impl<'a> Control<'a> {
    pub(crate) fn caught_up(checkpoint: &'a Checkpoint, count: Count) -> Self {
        Control::new(Kind::CaughtUp(At::new(Some(checkpoint), count)))
    }

    /// Stopped before the end: `max`, or `acks` that did not come.
    pub(crate) fn limit(reason: &'static str, checkpoint: &'a Checkpoint, count: Count) -> Self {
        Control::new(Kind::Limit { reason, at: At::new(Some(checkpoint), count) })
    }

    pub(crate) fn interrupted(signal: usize, checkpoint: Option<&'a Checkpoint>, count: Count) -> Self {
        Control::new(Kind::Interrupted { signal, at: At::new(checkpoint, count) })
    }

    pub(crate) fn resync_required(
        reason: ResyncReason,
        age_days: Option<i64>,
        accepted: bool,
        then: &'a Checkpoint,
        count: Count,
    ) -> Self {
        let reason = reason.name();
        Control::resync_still_required(reason, age_days, accepted, then, count)
    }

    /// As said by an earlier run.
    pub(crate) fn resync_still_required(
        reason: &'a str,
        age_days: Option<i64>,
        accepted: bool,
        then: &'a Checkpoint,
        count: Count,
    ) -> Self {
        Control::new(Kind::ResyncRequired { reason, age_days, accepted, at: At::new(Some(then), count) })
    }

    /// The run rests, because of an outage.
    pub(crate) fn waiting(waiting: &'a Waiting, checkpoint: Option<&'a Checkpoint>, count: Count) -> Self {
        Control::new(Kind::Waiting { waiting, at: At::new(checkpoint, count) })
    }

    pub(crate) fn notice(notice: Notice) -> Self {
        Control::new(Kind::Notice(notice))
    }

    pub(crate) fn gap(gap: &Gap) -> Self {
        Control::new(Kind::Gap { after: gap.after, until: gap.until })
    }

    pub(crate) fn token(token: &ChangeToken, age: Option<Age>) -> Self {
        Control::new(Kind::Token(Token {
            token: token.to_string(),
            scope: match token.scope() {
                TokenScope::ContentDatabase => "content_database",
                TokenScope::Site => "site",
                TokenScope::Web => "web",
                TokenScope::List => "list",
            },
            id: token.id(),
            time: token.time(),
            number: token.number(),
            synthetic: token.is_synthetic(),
            age,
        }))
    }

    fn new(kind: Kind<'a>) -> Self {
        Control { v: VERSION, kind }
    }
}

impl<'a> At<'a> {
    fn new(checkpoint: Option<&'a Checkpoint>, count: Count) -> Self {
        At {
            token: checkpoint.and_then(Checkpoint::token).map(ChangeToken::to_string),
            checkpoint: checkpoint.map(Checkpoint::as_str),
            changes: count.changes,
            pages: count.pages,
        }
    }
}

impl fmt::Display for Control<'_> {
    /// As people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::CaughtUp(at) => write!(f, "caught up: {at}"),
            Kind::Limit { reason, at } => write!(f, "stopped ({reason}): {at}"),
            Kind::Interrupted { signal, at } => write!(f, "interrupted (signal {signal}): {at}"),
            Kind::ResyncRequired { reason, age_days, accepted, at } => {
                write!(f, "resync required ({}", reason.replace('_', " "))?;
                if let Some(days) = age_days {
                    write!(f, ", position {days} days old")?;
                }
                let end = if *accepted { "going on behind the gap" } else { "read everything anew" };
                write!(f, "): {end}; {at}")
            }
            Kind::Gap { after, until } => {
                write!(f, "gap: changes between {after} and {until} may be missing")
            }
            Kind::Notice(notice) => write!(f, "notice: {notice}"),
            Kind::Waiting { waiting, at } => write!(f, "{waiting}; {at}"),
            Kind::Token(token) => write!(f, "{token}"),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        let (changes, pages) = (self.changes, self.pages);
        write!(f, "{changes} change{} on {pages} page{}", plural(changes), plural(pages))?;
        match &self.token {
            Some(token) => write!(f, ", at {token}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "token      {}", self.token)?;
        writeln!(f, "scope      {} {}", self.scope.replace('_', " "), self.id)?;
        writeln!(f, "time       {}", self.time)?;
        write!(f, "number     {}", self.number)?;
        if self.synthetic {
            write!(f, " (made from a time: a start, never a position)")?;
        }
        if let Some(Age { age_days, days_left }) = self.age {
            write!(f, "\nage        {age_days} days")?;
            write!(f, "\ndays left  {days_left}")?;
        }
        Ok(())
    }
}
