//! Beginning a run a little earlier than the last one ended, for rows that become visible late.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    log::{self, earlier, older, signed},
    start::Settings,
};
use crate::{
    checkpoint::{FeedName, Mark, Position, State},
    token::{ticks_of, time_of},
};

/// Where a run begins that is to overlap the last one: the newest earlier position that lies far enough before the
/// moment as of which the log was read. `None` without an overlap, and in the first run.
///
/// It is counted from there and not from now: a row that became visible after the last run had read past its place
/// was delivered by no run, however long ago that was. While no run has come to its end it is counted from the newest
/// row that was read: what was invisible then was written not long before it.
///
/// A run that ended within its overlap is gone on with where it stood, or one that always ends there would never come
/// to anything new. See [`Run::overlap_again`](super::run::Run::overlap_again) for what that leaves open.
pub(super) fn begin(state: &mut State, now: Timestamp, settings: &Settings) -> Option<Mark> {
    let again = state.again.take();
    let overlap = settings.overlap?;
    // A load is no place of the log: what it passed lies behind the token it began with.
    state.earlier.retain(|mark| mark.at != Position::Load);
    if state.earlier.is_empty() && state.position != Position::Load {
        state.earlier.push(mark_at(state, state.moment));
    }
    let mark = match (&again, state.completed) {
        (Some(again), _) if again.at == state.position => Mark::new(again.at.clone(), state.moment),
        (Some(again), _) => again.clone(),
        (None, Some(completed)) => reaching(state, earlier(completed, overlap))?,
        (None, None) => before_the_newest(state, overlap)?,
    };
    // One too old to be sent is no reason to do without: the run is to say so. Only a reader that is still on its way
    // through what no log is trusted to hold has nothing there to read again.
    if state.from_beginning && older(now, mark.time, settings.retention) {
        return None;
    }
    state.again = again;
    if state.completed.is_none() && mark.at != state.position {
        // From now on what is read again is known by its marks.
        state.completed = log::written(&state.position);
        if matches!(mark.at, Position::Since(_)) && state.feed == FeedName::Changes {
            state.earlier = vec![mark.clone()];
        }
    }
    Some(mark)
}

/// The newest position that reaches as far back as this.
fn reaching(state: &State, enough: Timestamp) -> Option<Mark> {
    // What was written before a row has a lower number, so a mark reaches as far back as its row, however late it was
    // set. One that does and is too old to be sent is no reason for a nearer one: the run is to say so.
    let reaches = |mark: &&Mark| mark.time.min(place(mark)) <= enough;
    let mark = state.earlier.iter().rfind(reaches).or(state.earlier.first())?;
    Some(Mark::new(mark.at.clone(), moment(mark)))
}

/// The time that lies an overlap before the newest row, or the start where that is nearer.
fn before_the_newest(state: &State, overlap: Duration) -> Option<Mark> {
    let Position::Token(newest) = &state.position else { return None };
    let time = earlier(newest.time(), overlap);
    let start = state.earlier.first().filter(|mark| match &mark.at {
        Position::Token(token) => token.time() >= time,
        Position::Since(ticks) => time_of(*ticks) >= time,
        Position::Beginning | Position::Load => false,
    });
    let start = start.map(|mark| Mark::new(mark.at.clone(), moment(mark)));
    Some(start.unwrap_or_else(|| Mark::new(Position::Since(ticks_of(time)), time)))
}

/// Takes note that everything up to the position was read as of this time at least, before the run has come to its
/// end: the next run need not read all of it again.
pub(super) fn passed(state: &mut State, time: Timestamp, settings: &Settings) {
    if state.completed.is_some_and(|completed| completed < time) {
        remember(state, time, settings);
    }
}

/// Keeps the position that a load leaves: what follows it is overlapped from there, even if no run comes to its end.
pub(super) fn anchor(state: &mut State, settings: &Settings) {
    if settings.overlap.is_some() && state.earlier.is_empty() {
        state.earlier.push(mark_at(state, state.moment));
    }
}

/// Keeps the position a run ended at: few of them, spread over the overlap, and one that lies before it.
pub(super) fn remember(state: &mut State, now: Timestamp, settings: &Settings) {
    state.again = None;
    let Some(overlap) = settings.overlap else {
        state.earlier.clear();
        state.completed = None;
        return;
    };
    state.completed = Some(now);
    let spacing = signed(overlap / SPREAD);
    if state.earlier.last().is_none_or(|mark| now.duration_since(mark.time) >= spacing) {
        state.earlier.push(mark_at(state, now));
    }
    let enough = earlier(now, overlap);
    while state.earlier.get(1).is_some_and(|mark| mark.time <= enough) {
        state.earlier.remove(0);
    }
}

/// The position as one that was taken at `time`.
fn mark_at(state: &State, time: Timestamp) -> Mark {
    let mark = Mark::new(state.position.clone(), time);
    let moment = (moment(&mark) < state.moment).then_some(state.moment);
    Mark { moment, ..mark }
}

/// When the position of a mark was surely inside the log: on a quiet list it is a row much older than the mark, unless
/// it was the end of the log at a later moment.
pub(super) fn moment(mark: &Mark) -> Timestamp {
    mark.moment.unwrap_or(mark.time.min(place(mark)))
}

/// When what stands at a mark was written.
fn place(mark: &Mark) -> Timestamp {
    log::written(&mark.at).unwrap_or(mark.time)
}

/// Positions an overlap is spread over; with the one before it and the newest, eight at most.
const SPREAD: u32 = 6;
