//! Beginning a run a little earlier than the last one ended, for rows that become visible late.

use jiff::Timestamp;

use super::{
    log::{earlier, older, signed},
    start::Settings,
};
use crate::{
    checkpoint::{Mark, Position, State},
    token::time_of,
};

/// Where a run begins that is to overlap the last one: the newest earlier position that lies far enough before the
/// last run's end. `None` without an overlap, and in the first run.
///
/// It is counted from there and not from now: a row that became visible after the last run had read past its place
/// was delivered by no run, however long ago that was.
pub(super) fn begin(state: &mut State, now: Timestamp, settings: &Settings) -> Option<Mark> {
    let overlap = settings.overlap?;
    // A load is no place of the log: what it passed lies behind the token it began with.
    state.earlier.retain(|mark| mark.at != Position::Load);
    if state.earlier.is_empty() && state.position != Position::Load {
        state.earlier.push(Mark { at: state.position.clone(), time: state.moment });
    }
    let enough = earlier(state.completed?, overlap);
    let mut young = state.earlier.iter().filter(|mark| !older(now, moment(mark), settings.retention));
    let first = young.clone().next();
    let mark = young.rfind(|mark| mark.time <= enough).or(first)?;
    Some(Mark { at: mark.at.clone(), time: moment(mark) })
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
        state.earlier.push(Mark { at: state.position.clone(), time: now });
    }
    let enough = earlier(now, overlap);
    while state.earlier.get(1).is_some_and(|mark| mark.time <= enough) {
        state.earlier.remove(0);
    }
}

/// When the position of a mark was surely inside the log: on a quiet list it is a row much older than the mark.
fn moment(mark: &Mark) -> Timestamp {
    match &mark.at {
        Position::Token(token) => mark.time.min(token.time()),
        Position::Since(ticks) => mark.time.min(time_of(*ticks)),
        Position::Beginning | Position::Load => mark.time,
    }
}

/// Positions an overlap is spread over; with the one before it and the newest, eight at most.
const SPREAD: u32 = 6;
