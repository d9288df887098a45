//! `spchanges tail`: the changes of a log up to its end, and on.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sharepoint_changes::{ChangeQuery, Done, DriveError, Error, Session, Start, StartError, drive};

use crate::{
    ack::Acks,
    address::Address,
    args::{Commit, Tail},
    connection::{Connection, Unsent},
    delivery::{Delivery, Halt, SLICE},
    exit::{Exit, Failure},
    outage::Outage,
    output::Output,
    progress::Progress,
    since::Since,
    state::State,
    stop::Stop,
    token::{self, Stopped},
};

/// Prints changes until the end of the log, the limit, a signal, or for ever.
pub(crate) fn run(args: &Tail, stop: &Stop, progress: &Progress) -> Result<Exit, Failure> {
    let query = args.query()?;
    let state = match &args.state {
        Some(path) => Some(State::open(path, &args.place.address.identity())?),
        None => None,
    };
    let kept = state.as_ref().and_then(State::not_before).filter(|_| !args.now);
    let kept = kept.and_then(|until| keep_away(until, progress));
    let kept = match kept {
        Some(failure) if !args.follow => return Err(failure),
        kept => kept,
    };
    let acks = match args.commit {
        Commit::Auto => None,
        Commit::Manual if state.is_none() => return Err(Failure::usage("--commit manual needs --state")),
        Commit::Manual => Some(Acks::on_stdin()?),
    };
    let met =
        state.as_ref().is_some_and(State::was_answered) || matches!(args.since, Some(Since::Checkpoint(_)));
    let connection = Connection::open(&args.place.address, &args.server, met, stop, progress)?;
    let (out, max) = (Output::new(args.output), args.max.map(u64::from));
    let delivery = Delivery::new(out, state, acks, max, stop, progress);
    let outage = Outage::new(args.every, args.give_up);
    let exit =
        Run { args, stop, progress, connection, query, delivery, outage, given: false }.until_done(kept);
    progress.clear();
    exit
}

/// Why a server is not asked now that wants to be left alone until then; `None` where that is over, or cannot be meant.
pub(crate) fn keep_away(until: Timestamp, progress: &Progress) -> Option<Failure> {
    let rest = Duration::try_from(until.duration_since(Timestamp::now())).ok()?;
    if rest > LONGEST_KEPT {
        progress.note(format_args!(
            "warning: what was kept says to leave the server alone until {until}; that is more than a day, and not \
             believed"
        ));
        return None;
    }
    let error = format!("the server asked to be left alone until {until}, {} more seconds", rest.as_secs());
    Some(
        Failure::new(Exit::TEMPORARY, error)
            .wait(rest)
            .advice("Run again then, or with --now; nothing was sent."),
    )
}

struct Run<'a> {
    args: &'a Tail,
    stop: &'a Stop,
    progress: &'a Progress,
    connection: Connection,
    query: ChangeQuery,
    delivery: Delivery,
    outage: Outage,
    /// Whether the checkpoint to begin at came from the command line, so that a state does not hold it yet.
    given: bool,
}

impl Run<'_> {
    fn until_done(mut self, kept: Option<Failure>) -> Result<Exit, Failure> {
        if let Some(failure) = kept
            && let Some(exit) = self.wait_out(failure)?
        {
            return Ok(exit);
        }
        let mut start = loop {
            match self.begin() {
                Ok(Ok(start)) => break start,
                Ok(Err(exit)) => return Ok(exit),
                Err(failure) => {
                    if let Some(exit) = self.wait_out(failure)? {
                        return Ok(exit);
                    }
                }
            }
        };
        loop {
            let before = self.delivery.reached().1;
            let again = start.clone();
            let ended = self.session(start)?;
            if ended.is_ok() || self.delivery.reached().1 != before {
                self.outage.is_over();
            }
            if let Ok(done) = &ended {
                self.delivery.notices(done.notices())?;
            }
            match ended {
                Ok(Done::UpToDate { checkpoint, follows, .. }) => {
                    self.delivery.caught_up(&checkpoint, follows.as_deref())?;
                    if !self.args.follow {
                        return self.delivery.finish(Exit::CAUGHT_UP);
                    }
                    if let Some(exit) = self.rest()? {
                        return Ok(exit);
                    }
                    start = Start::Checkpoint(checkpoint);
                }
                Ok(Done::Resync { reason, then, follows, .. }) => {
                    let accept = self.args.accept_gap;
                    if let Some(exit) = self.delivery.resync(reason, &then, follows.as_deref(), accept)? {
                        return Ok(exit);
                    }
                    start = Start::Checkpoint(then);
                }
                Err(DriveError::Commit(Halt::Limit)) => return self.delivery.limited(),
                Err(DriveError::Stopped | DriveError::Transport(Unsent::Stopped)) => {
                    return self.delivery.interrupted();
                }
                Err(error) => {
                    let failure = self.failed(error);
                    if let Some(exit) = self.wait_out(failure)? {
                        return Ok(exit);
                    }
                    start = self.delivery.reached().0.cloned().map_or(again, Start::Checkpoint);
                }
            }
        }
    }

    /// Waits for a server that cannot be reached, where the run is to go on: `None` says to try again.
    ///
    /// # Errors
    /// The failure itself, where it needs a person or has lasted too long.
    fn wait_out(&mut self, failure: Failure) -> Result<Option<Exit>, Failure> {
        let goes_on = self.args.follow && self.connection.is_met();
        let (rest, waiting) = self.outage.survive(failure, goes_on)?;
        self.progress.note(&waiting);
        self.delivery.waiting(&waiting)?;
        self.pass(rest, Exit::TEMPORARY)
    }

    /// Where to begin: what the state says goes before what the command line says.
    fn begin(&mut self) -> Result<Result<Start, Exit>, Failure> {
        if let Some(resync) = self.delivery.resync_pending(self.args.accept_gap)? {
            return Ok(resync.map(Start::Checkpoint));
        }
        if let Some(checkpoint) = self.delivery.state().map(State::checkpoint).transpose()?.flatten() {
            if self.args.since.is_some() {
                self.progress.detail("going on from the state; --since is for its first run");
            }
            return Ok(Ok(Start::Checkpoint(checkpoint)));
        }
        let simulated = matches!(self.args.place.address, Address::Simulated(_));
        let default = if simulated { Since::Beginning } else { Since::Now };
        Ok(Ok(match self.args.since.clone().unwrap_or(default) {
            Since::Now => Start::Now,
            Since::Beginning => Start::Beginning,
            Since::Token(token) => Start::Token(token),
            Since::Time(time) => Start::Time(time),
            Since::Checkpoint(checkpoint) => {
                self.given = true;
                Start::Checkpoint(*checkpoint)
            }
            Since::Ago(ago) => {
                let (scope, settings) = (self.query.scope().clone(), self.args.session.settings());
                match token::now(&mut self.connection, scope, settings)? {
                    // By the server's clock, for this machine's may be wrong.
                    Ok(now) => Start::Time(earlier(now.moment(), ago)),
                    Err(Stopped) => return self.delivery.interrupted().map(Err),
                }
            }
        }))
    }

    /// Reads the log to its end, once.
    fn session(&mut self, start: Start) -> Result<Result<Done, DriveError<Unsent, Halt>>, Failure> {
        let (moment, checkpoint) = match &start {
            Start::Checkpoint(checkpoint) => (Some(checkpoint.moment()), Some(checkpoint)),
            Start::Token(token) => (Some(token.time()), None),
            Start::Time(time) => (Some(*time), None),
            Start::Now | Start::Beginning | Start::Bootstrap => (None, None),
        };
        self.delivery.begins_at(moment, checkpoint);
        let given = checkpoint.filter(|_| std::mem::take(&mut self.given)).cloned();
        let settings = self.args.session.settings();
        let session = Session::new(self.connection.site().clone(), self.query.clone(), start, settings);
        let mut session = session.map_err(|error| self.unfit(error))?;
        if let Some(checkpoint) = given {
            self.delivery.adopt(&checkpoint)?;
        }
        Ok(drive(&mut session, &mut self.connection, |page| self.delivery.page(page)))
    }

    /// Rests between two looks; `Some` where there is nothing more to look for.
    fn rest(&mut self) -> Result<Option<Exit>, Failure> {
        self.pass(jittered(self.args.every), Exit::CAUGHT_UP)
    }

    /// Lets time pass; `Some` where a signal came, or there is nobody left to deliver to: then the run ends with `alone`.
    fn pass(&mut self, rest: Duration, alone: Exit) -> Result<Option<Exit>, Failure> {
        let until = Instant::now() + rest;
        loop {
            if self.stop.is_asked() {
                return self.delivery.interrupted().map(Some);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.connection.pass(rest);
                return Ok(None);
            }
            if !self.delivery.idle(left.min(SLICE))? {
                return self.delivery.finish(alone).map(Some);
            }
        }
    }

    /// A start that cannot be: the state's fault, where it was the state that told it.
    fn unfit(&self, error: StartError) -> Failure {
        let from_state = self.delivery.state().is_some_and(|state| state.held().is_some());
        match error {
            StartError::Checkpoint(_) if from_state => Failure::new(Exit::STATE, error).advice(
                "Use one state file for each scope, and another one where --only asks for more than before.",
            ),
            error => error.into(),
        }
    }

    /// What ended the run in failure. A server that wants to be left alone longer than the run may rest is left
    /// alone by the next one too.
    fn failed(&mut self, error: DriveError<Unsent, Halt>) -> Failure {
        let failure = match error {
            DriveError::Machine(error) => {
                let until = rest_until(&error);
                let kept = until.map(|until| self.delivery.rest_until(until));
                match kept {
                    Some(Err(failure)) => failure,
                    _ => self.connection.explain(error),
                }
            }
            DriveError::Transport(error) => error.into(),
            DriveError::Commit(Halt::Failed(failure)) => failure,
            DriveError::Commit(Halt::Limit) | DriveError::Stopped => Unsent::Stopped.into(),
        };
        match self.delivery.take_acks() {
            Ok(()) => failure,
            Err(failure) => failure,
        }
    }
}

/// Until when the next run, too, leaves the server alone: `None` where it asked for nothing, or for what it cannot mean.
pub(crate) fn rest_until(error: &Error) -> Option<Timestamp> {
    match error {
        Error::Exhausted(exhausted) if exhausted.fault.is_some() && exhausted.absurd.is_none() => {
            Some(later(Timestamp::now(), exhausted.wait.min(LONGEST_KEPT)))
        }
        _ => None,
    }
}

/// Nothing that is kept keeps anybody out for longer.
pub(crate) const LONGEST_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| time.checked_sub(by).ok()).unwrap_or(Timestamp::MIN)
}

pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| time.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

/// A rest with up to a tenth more, at random, so that programs started together do not ask together.
pub(crate) fn jittered(rest: Duration) -> Duration {
    rest.mul_f64(1.0 + 0.1 * fastrand::f64())
}
