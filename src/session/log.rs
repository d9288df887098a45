//! Where a position lies in the log: against its end, and against the server's time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::outcome::ResyncReason;
use crate::{
    change::Change,
    checkpoint::{Position, State},
    token::{ChangeToken, ticks_of, time_of},
};

/// What the end of the log means for a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// There may be something to read.
    Drain,
    /// The position is the end of the log.
    AtEnd,
    /// The end lies a little before the position, as read from a copy that lags behind.
    Lags,
    Resync(ResyncReason),
}

/// Judges a position by the end of the log and the time it was read at.
pub(super) fn judge(state: &State, fence: &ChangeToken, fence_time: Timestamp) -> Judgement {
    if state.scope.id != fence.id() {
        return Judgement::Resync(ResyncReason::Replaced);
    }
    match &state.position {
        Position::Token(token) if token.number() > fence.number() => {
            long_behind(state.moment, fence_time).unwrap_or(behind(token.ticks(), fence.ticks()))
        }
        Position::Token(token) if token.ticks() - fence.ticks() > JITTER_TICKS => RESTARTED,
        // The same change has one time: another one is a change of another log.
        Position::Token(token) if token.number() == fence.number() => {
            if token.ticks() == fence.ticks() {
                Judgement::AtEnd
            } else {
                RESTARTED
            }
        }
        // A time may lie behind the log's last change, where nothing happened since; not behind the clock.
        Position::Since(ticks) if *ticks > fence.ticks() => {
            // The second in which a `Date` was written may be nearly over.
            let now = ticks_of(fence_time) + SECOND_TICKS;
            if *ticks > now { behind(*ticks, now.max(fence.ticks())) } else { Judgement::AtEnd }
        }
        // No token says how far the log was read, but the end it had in an earlier run is known.
        Position::Since(_) | Position::Beginning => match &state.candidate {
            Some(candidate) if candidate.token.number() > fence.number() => {
                let judgement = behind(candidate.token.ticks(), fence.ticks());
                long_behind(candidate.time, fence_time).unwrap_or(judgement)
            }
            _ => Judgement::Drain,
        },
        Position::Token(_) | Position::Load => Judgement::Drain,
    }
}

/// A copy that lags behind shows what was the end of the log some minutes ago. One that does not show what was the
/// end an hour ago or more is no such copy: the log was put back, and nothing was written since.
fn long_behind(known: Timestamp, now: Timestamp) -> Option<Judgement> {
    older(now, known, LONGEST_LAG).then_some(RESTARTED)
}

/// What it means that the log ends before a change whose time is not known, but was known of at this moment.
pub(super) fn behind_since(known: Timestamp, now: Timestamp) -> Judgement {
    long_behind(known, now).unwrap_or(Judgement::Lags)
}

/// What it means that the log ends this far behind the position. A copy that lags behind ends at an earlier change;
/// a lower number at a later time is another log's.
pub(super) fn behind(position: i64, end: i64) -> Judgement {
    if (-JITTER_TICKS..LAG_TICKS).contains(&(position - end)) { Judgement::Lags } else { RESTARTED }
}

/// Checks that rows rise within (after, fence] and belong to the fence's log.
///
/// # Errors
/// What the first row that does not shows.
pub(super) fn check(
    after: Option<&ChangeToken>,
    fence: &ChangeToken,
    changes: &[Change],
) -> Result<(), String> {
    let mut before = after;
    // A row whose own token cannot be read has that of the one before.
    for (n, change) in changes.iter().enumerate().filter(|(_, change)| change.has_own_token()) {
        let token = &change.token;
        if !token.same_log(fence) || token.is_synthetic() {
            return Err(format!("row {n} has the token {token}, which is none of the log of {}", fence.id()));
        }
        if let Some(before) = before.filter(|before| before.number() >= token.number()) {
            return Err(format!("row {n} with the token {token} does not come after {before}"));
        }
        if token.number() > fence.number() {
            return Err(format!("row {n} with the token {token} lies beyond the end asked for, {fence}"));
        }
        before = Some(token);
    }
    Ok(())
}

/// When what stands at a position was written; `None` where it names no place of the log.
pub(super) fn written(position: &Position) -> Option<Timestamp> {
    match position {
        Position::Token(token) => Some(token.time()),
        Position::Since(ticks) => Some(time_of(*ticks)),
        Position::Beginning | Position::Load => None,
    }
}

/// Whether `moment` lies more than `limit` before `now`.
pub(super) fn older(now: Timestamp, moment: Timestamp, limit: Duration) -> bool {
    now.duration_since(moment) > signed(limit)
}

pub(super) fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_sub(signed(by)).unwrap_or(Timestamp::MIN)
}

pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

const RESTARTED: Judgement = Judgement::Resync(ResyncReason::LogRestarted);
/// How long a copy of the log is given to catch up.
const LONGEST_LAG: Duration = Duration::from_secs(60 * 60);
/// Ten minutes in ticks: how far a copy of the log may lag behind what was read before.
const LAG_TICKS: i64 = 10 * 60 * 10_000_000;
const SECOND_TICKS: i64 = 10_000_000;
/// A minute in ticks: how far the ticks of a later change may lie before those of an earlier one.
const JITTER_TICKS: i64 = 60 * 10_000_000;
