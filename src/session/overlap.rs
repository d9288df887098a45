//! Beginning a run a little earlier than the last one ended, for rows that become visible late.

use jiff::Timestamp;

use super::{
    log::{self, earlier, older, signed},
    start::Settings,
};
use crate::{
    checkpoint::{Mark, Position, State},
    token::{ticks_of, time_of},
};

/// Where a run begins that is to overlap the last one: the newest earlier position that lies far enough before the
/// last run's end. `None` without an overlap, and in the first run.
///
/// It is counted from there and not from now: a row that became visible after the last run had read past its place
/// was delivered by no run, however long ago that was. While no run has come to its end it is counted from the newest
/// row that was read: what was invisible then was written not long before it.
pub(super) fn begin(state: &mut State, now: Timestamp, settings: &Settings) -> Option<Mark> {
    let overlap = settings.overlap?;
    // A load is no place of the log: what it passed lies behind the token it began with.
    state.earlier.retain(|mark| mark.at != Position::Load);
    if state.earlier.is_empty() && state.position != Position::Load {
        state.earlier.push(mark_at(state, state.moment));
    }
    let Some(completed) = state.completed else {
        let Position::Token(newest) = &state.position else { return None };
        let time = earlier(newest.time(), overlap);
        let start = state.earlier.first().filter(|mark| match &mark.at {
            Position::Token(token) => token.time() >= time,
            Position::Since(ticks) => time_of(*ticks) >= time,
            Position::Beginning | Position::Load => false,
        });
        let mark = start.map_or(Mark::new(Position::Since(ticks_of(time)), time), |mark| {
            Mark::new(mark.at.clone(), moment(mark))
        });
        // One too old to be sent is no reason to do without: the run is to say so. Only a reader that is still on its
        // way through what no log is trusted to hold has nothing there to read again.
        return Some(mark).filter(|it| !(state.from_beginning && older(now, it.time, settings.retention)));
    };
    let enough = earlier(completed, overlap);
    // What was written before a row has a lower number, so a mark reaches as far back as its row, however late it was
    // set. One that does and is too old to be sent is no reason for a nearer one: the run is to say so.
    let reaches = |mark: &&Mark| mark.time.min(place(mark)) <= enough;
    let mark = state.earlier.iter().rfind(reaches).or(state.earlier.first())?;
    Some(Mark::new(mark.at.clone(), moment(mark)))
}

/// Keeps the position that a load leaves: what follows it is overlapped from there, even if no run comes to its end.
pub(super) fn anchor(state: &mut State, settings: &Settings) {
    if settings.overlap.is_some() && state.earlier.is_empty() {
        state.earlier.push(mark_at(state, state.moment));
    }
}

/// Keeps the position a run ended at: few of them, spread over the overlap, and one that lies before it.
pub(super) fn remember(state: &mut State, now: Timestamp, settings: &Settings) {
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
