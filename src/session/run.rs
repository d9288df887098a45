//! What a run knows once it has read the end of the log: where it stands, what it may send, and what its end means.
//! Pure: an answer's meaning goes in, a judgement comes out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    course::Binding,
    log::{self, Judgement, earlier, older, signed},
    overlap, server_time,
    start::{Settings, Start},
};
use crate::{
    change::Change,
    checkpoint::{Candidate, Checkpoint, FeedName, Mark, Position, State},
    error::Error,
    token::{ChangeToken, ticks_of, time_of},
};

#[derive(Debug, Clone)]
pub(super) struct Run {
    /// What the next checkpoint says.
    state: State,
    /// Where the log ended when the run began, and when that was.
    fence: ChangeToken,
    fence_time: Timestamp,
    /// The server's time.
    clock: Timestamp,
    /// Where the next page begins. Behind the position only while an overlap is delivered again.
    cursor: Mark,
    /// Whether an overlap is gone on with that an earlier run began.
    resumed: bool,
    /// Whether reading went on at the edge of the trusted retention, after what lies before it stayed silent.
    edge: bool,
    /// The last row handed out before such a stretch: what comes after it must lie behind this row.
    floor: Option<ChangeToken>,
    settings: Settings,
}

/// What to ask for next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// `over_age`: an empty answer to this start proves nothing.
    Page {
        start: Option<ChangeToken>,
        over_age: bool,
    },
    Expired,
}

impl Run {
    /// A run from `start`, once the log's end is known to be `fence`, read at `fence_time`.
    ///
    /// # Errors
    /// Where the start is a time that has not come yet.
    pub(super) fn new(
        start: &Start,
        binding: Binding,
        fence: ChangeToken,
        fence_time: Timestamp,
        settings: Settings,
    ) -> Result<Self, Error> {
        let since = |time: Timestamp| {
            // A `Date` has whole seconds, so the running second may be over for whoever wrote the start.
            let end = fence.time().max(fence_time.saturating_add(A_SECOND).unwrap_or(fence_time));
            if time > end { Err(Error::StartBeyondFence { start: time, fence: end }) } else { Ok(time) }
        };
        let (position, moment) = match start {
            Start::Checkpoint(checkpoint) => (checkpoint.position().clone(), checkpoint.moment()),
            Start::Token(token) if !token.is_synthetic() => (Position::Token(token.clone()), token.time()),
            Start::Token(token) => (Position::Since(token.ticks()), since(token.time())?),
            Start::Time(time) => (Position::Since(ticks_of(*time)), since(*time)?),
            Start::Beginning => (Position::Beginning, fence_time),
            Start::Now | Start::Bootstrap => (Position::Token(fence.clone()), fence_time),
        };
        let too_old = older(fence_time, moment, settings.retention);
        let state = match start {
            // A narrower query passes rows by that the earlier one asked for: from here on only it is bound.
            Start::Checkpoint(checkpoint) => {
                State { query: binding.members, site: binding.site, ..checkpoint.state().clone() }
            }
            _ => State {
                feed: FeedName::Changes,
                host: binding.host,
                scope: binding.scope,
                site: binding.site,
                query: binding.members,
                from_beginning: match position {
                    Position::Beginning => true,
                    Position::Since(_) => too_old,
                    Position::Token(_) | Position::Load => false,
                },
                position,
                moment,
                candidate: None,
                earlier: Vec::new(),
                completed: None,
                again: None,
                items: None,
            },
        };
        let cursor = Mark::new(state.position.clone(), moment);
        let mut run = Run {
            state,
            fence,
            fence_time,
            clock: fence_time,
            cursor,
            resumed: false,
            edge: false,
            floor: None,
            settings,
        };
        server_time::correct(&mut run.state, &run.fence, fence_time, fence_time);
        run.cursor.time = run.state.moment;
        if let Some(mark) = overlap::begin(&mut run.state, run.fence_time, &run.settings) {
            run.cursor = mark;
            run.resumed = run.state.again.is_some();
        }
        Ok(run)
    }

    /// Takes a second reading of the log's end.
    pub(super) fn fence_anew(&mut self, fence: ChangeToken, fence_time: Timestamp) {
        self.fence = fence;
        self.observe_time(fence_time, fence_time);
    }

    /// Takes the server's time, and the time at which the end of the log was read.
    pub(super) fn observe_time(&mut self, now: Timestamp, fence_time: Timestamp) {
        (self.clock, self.fence_time) = (now, fence_time);
        if server_time::correct(&mut self.state, &self.fence, fence_time, now) {
            self.cursor.time = self.cursor.time.min(self.state.moment);
        }
    }

    pub(super) fn fence(&self) -> &ChangeToken {
        &self.fence
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.state.clone())
    }

    /// Judges the position by the end of the log.
    pub(super) fn judge(&self) -> Judgement {
        match log::judge(&self.state, &self.fence, self.fence_time) {
            // An overlap is delivered again even where nothing is new.
            Judgement::AtEnd if self.cursor.at != self.state.position => Judgement::Drain,
            judgement => judgement,
        }
    }

    /// The start of the next page, its age judged against the server's time.
    pub(super) fn next(&mut self) -> Next {
        if self.edge {
            self.cursor = self.edge_mark();
        }
        let start = match &self.cursor.at {
            Position::Token(token) => token.clone(),
            Position::Since(ticks) => ChangeToken::at(self.fence.scope(), self.fence.id(), time_of(*ticks)),
            // Read once before and silent: what came since may be gone again, and the oldest row would not tell.
            Position::Beginning if older(self.clock, self.cursor.time, self.settings.retention) => {
                ChangeToken::at(self.fence.scope(), self.fence.id(), self.cursor.time)
            }
            Position::Beginning | Position::Load => return Next::Page { start: None, over_age: false },
        };
        let over_age = older(self.clock, self.cursor.time, self.settings.retention);
        if over_age && !self.state.from_beginning {
            return Next::Expired;
        }
        Next::Page { start: Some(start), over_age }
    }

    /// Whether the start of the last page grew too old while its answer was on the way: its silence proves nothing.
    pub(super) fn outlived(&self) -> bool {
        let aged = matches!(self.cursor.at, Position::Token(_) | Position::Since(_));
        aged && older(self.clock, self.cursor.time, self.settings.retention)
    }

    /// The row that the next page begins after, where it is known.
    pub(super) fn after(&self) -> Option<&ChangeToken> {
        match &self.cursor.at {
            Position::Token(token) => Some(token),
            _ => None,
        }
    }

    /// Checks that rows rise within (cursor, fence] and belong to this log.
    ///
    /// # Errors
    /// What the first row that does not shows.
    pub(super) fn check(&self, changes: &[Change]) -> Result<(), String> {
        log::check(self.after().or(self.floor.as_ref()), &self.fence, changes)
    }

    /// Takes a row as read: the reader stands after it.
    pub(super) fn pass(&mut self, token: &ChangeToken) {
        // A token dies a retention after it was the end of the log. The fence's was that when the fence was read; a
        // row's only when it was written, however late it is read.
        let is_fence = token.number() == self.fence.number();
        let moment = if is_fence { self.fence_time } else { token.time().min(self.clock) };
        let forward = self.position_number().is_none_or(|position| position < token.number());
        self.cursor = Mark::new(Position::Token(token.clone()), moment);
        self.edge = false;
        self.state.again = None;
        if forward {
            self.state.position = self.cursor.at.clone();
            self.state.moment = moment;
            self.state.from_beginning &= older(self.clock, moment, self.inner_retention());
            if !self.resumed {
                overlap::passed(&mut self.state, token.time().min(self.clock), &self.settings);
            }
        } else {
            self.state.again = Some(self.cursor.clone());
        }
    }

    /// Reads the overlap once more and from its start, where this run only went on with what an earlier one had begun:
    /// rows that became visible meanwhile in the earlier one's part came by neither. `false` where there is nothing to
    /// read again.
    pub(super) fn overlap_again(&mut self) -> bool {
        if !std::mem::take(&mut self.resumed) {
            return false;
        }
        self.state.again = None;
        let mark = overlap::begin(&mut self.state, self.fence_time, &self.settings);
        let Some(mark) = mark.filter(|mark| mark.at != self.state.position) else { return false };
        (self.cursor, self.edge) = (mark, false);
        true
    }

    /// How many of these rows, the first ones, do not lie behind the position.
    pub(super) fn repeated(&self, changes: &[Change]) -> usize {
        let position = self.position_number().unwrap_or(i64::MIN);
        changes.partition_point(|change| change.token.number() <= position)
    }

    /// Goes on at the edge of the trusted retention, because the server is silent about what lies before it.
    /// Answers with the times of the stretch that is passed by.
    pub(super) fn pass_gap(&mut self) -> (Timestamp, Timestamp) {
        let after = self.cursor.time;
        self.edge = true;
        if let Position::Token(token) = &self.cursor.at {
            self.floor = Some(token.clone());
        }
        self.cursor = self.edge_mark();
        self.state.position = self.cursor.at.clone();
        self.state.moment = self.cursor.time;
        self.state.again = None;
        (after, self.cursor.time)
    }

    /// The log was read up to the fence, which was proved by an empty page.
    ///
    /// The fence itself becomes the position only in a later run, once rows below it can no longer appear: a slow
    /// transaction may still be on its way to a number that was already passed.
    pub(super) fn settle(&mut self) {
        if let Some(candidate) = self.state.candidate.take() {
            let number = candidate.token.number();
            let above = self.position_number().is_none_or(|position| number >= position);
            // One as old as the log is trusted to be is no place to go on from.
            let alive = !older(self.clock, candidate.time, self.settings.retention);
            if above && alive && number <= self.fence.number() {
                if self.fence_time.duration_since(candidate.time) >= signed(self.settings.settle) {
                    self.state.position = Position::Token(candidate.token);
                    self.state.moment = candidate.time;
                    self.state.from_beginning &= older(self.clock, candidate.time, self.inner_retention());
                } else {
                    self.state.candidate = Some(candidate);
                }
            }
        }
        if self.position_number() == Some(self.fence.number()) {
            self.state.moment = self.fence_time.max(self.state.moment);
            self.state.from_beginning = false;
            self.state.candidate = None;
        } else if self.state.candidate.is_none() {
            self.state.candidate = Some(Candidate { token: self.fence.clone(), time: self.fence_time });
        }
        overlap::remember(&mut self.state, self.fence_time, &self.settings);
    }

    fn position_number(&self) -> Option<i64> {
        match &self.state.position {
            Position::Token(token) => Some(token.number()),
            Position::Beginning | Position::Since(_) | Position::Load => None,
        }
    }

    /// The checkpoint for a caller who reads everything anew: a settling time before the log's end, so that rows
    /// which become visible meanwhile are repeated and not lost.
    pub(super) fn resync(&self) -> Checkpoint {
        // On an idle database the last change may be older than the log itself: a start of that time would be answered
        // with silence. The server's clocks agree to better than the day that is left here.
        let end = self.fence.time().max(earlier(self.fence_time, DAY));
        let ticks = ticks_of(earlier(end, self.settings.settle));
        let mut scope = self.state.scope.clone();
        scope.id = self.fence.id();
        Checkpoint::new(State {
            scope,
            position: Position::Since(ticks),
            moment: self.fence_time,
            from_beginning: false,
            candidate: None,
            earlier: Vec::new(),
            completed: None,
            again: None,
            ..self.state.clone()
        })
    }

    /// The time from which on the log can be trusted, one day inside.
    fn edge_mark(&self) -> Mark {
        let time = earlier(self.clock, self.inner_retention());
        Mark::new(Position::Since(ticks_of(time)), time)
    }

    fn inner_retention(&self) -> Duration {
        self.settings.retention.saturating_sub(DAY)
    }
}

const A_SECOND: SignedDuration = SignedDuration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
