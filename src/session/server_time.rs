//! The server's time during a run, and moments that were stored under a wrong one.
//!
//! The core has no calendar: what it knows of the time is the `Date` of answers. A single one may lie (a cache, a
//! gateway, a clock that was set wrongly), so the time is the earliest that two answers agree on, carried on by the
//! caller's monotonic clock, and never before the last change that the log itself has.

use std::time::Duration;

use jiff::Timestamp;

use super::log::{signed, written};
use crate::{
    checkpoint::{Position, State},
    token::ChangeToken,
};

/// What the answers of a run said about the time.
#[derive(Debug, Default)]
pub(super) struct ServerTime {
    /// Groups of answers that agree.
    witnesses: Vec<Witness>,
    /// The latest change the log is known to have: it is at least that late.
    last_change: Option<Timestamp>,
    /// The caller's clock at the last poll.
    now: Duration,
}

/// Answers that agree on the time.
#[derive(Debug)]
struct Witness {
    /// The server's time when the caller's clock was zero.
    zero: Timestamp,
    answers: u32,
}

impl ServerTime {
    pub(super) fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// The caller's clock at the last poll, for [`at`](Self::at).
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// Takes the `Date` of an answer that is a success of SharePoint.
    pub(super) fn observe(&mut self, date: Timestamp) {
        let zero = date.checked_sub(signed(self.now)).unwrap_or(Timestamp::MIN);
        let agrees = |witness: &&mut Witness| zero.duration_since(witness.zero).unsigned_abs() <= AGREEMENT;
        if let Some(witness) = self.witnesses.iter_mut().find(agrees) {
            witness.zero = witness.zero.min(zero);
            witness.answers = witness.answers.saturating_add(1);
            return;
        }
        if self.witnesses.len() == MOST_WITNESSES {
            let alone = self.witnesses.iter().position(|witness| witness.answers == 1).unwrap_or(0);
            self.witnesses.remove(alone);
        }
        self.witnesses.push(Witness { zero, answers: 1 });
    }

    /// Takes the ticks of a change that is in the log.
    pub(super) fn observe_change(&mut self, token: &ChangeToken) {
        self.last_change = self.last_change.max(Some(token.time()));
    }

    /// The server's time now; `None` where no answer told any.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.at(self.now)
    }

    /// The server's time when the caller's clock showed this.
    pub(super) fn at(&self, now: Duration) -> Option<Timestamp> {
        let told = self.chosen().map(|it| it.zero.checked_add(signed(now)).unwrap_or(Timestamp::MAX));
        told.max(self.last_change)
    }

    /// Whether two answers, or an answer and the log, agree on the time.
    pub(super) fn agrees(&self) -> bool {
        let Some(chosen) = self.chosen() else { return true };
        let told = chosen.zero.checked_add(signed(self.now)).unwrap_or(Timestamp::MAX);
        let by_log = self.last_change.is_some_and(|last| told.duration_since(last) <= signed(AGREEMENT));
        chosen.answers > 1 || by_log
    }

    /// The earliest time that is agreed on; the earliest of all where none is.
    fn chosen(&self) -> Option<&Witness> {
        let earliest =
            |most: u32| self.witnesses.iter().filter(|it| it.answers >= most).min_by_key(|it| it.zero);
        earliest(2).or_else(|| earliest(1))
    }
}

/// Takes back moments that lie in the future: they were written under a `Date` that was wrong. What is put in their
/// place is what the tokens prove by themselves, which may be too early and costs a load then, but loses nothing.
/// Returns whether there was one.
pub(super) fn correct(state: &mut State, fence: &ChangeToken, fence_time: Timestamp, now: Timestamp) -> bool {
    let mut corrected = false;
    let mut correct = |moment: &mut Timestamp, proven: Timestamp| {
        if *moment > now {
            *moment = proven.min(now);
            corrected = true;
        }
    };
    let proven = match &state.position {
        Position::Token(token) if token.number() == fence.number() => fence_time,
        position => written(position).unwrap_or(fence_time),
    };
    correct(&mut state.moment, proven);
    if let Some(completed) = &mut state.completed {
        correct(completed, written(&state.position).unwrap_or(fence_time));
    }
    for mark in state.earlier.iter_mut().chain(&mut state.again) {
        let proven = written(&mark.at).unwrap_or(fence_time);
        correct(&mut mark.time, proven);
        if let Some(moment) = &mut mark.moment {
            correct(moment, proven);
        }
    }
    if let Some(items) = &mut state.items {
        if let Some(load) = &mut items.load {
            correct(&mut load.moment, load.first.time());
        }
        if let (Some(moment), Some(from)) = (&mut items.names_moment, &items.names_from) {
            correct(moment, from.time());
        }
        if let Some(permissions) = &mut items.permissions {
            correct(&mut permissions.moment, permissions.from.time());
            // What was settled by such a time is read again.
            permissions.candidate.take_if(|candidate| candidate.time > now);
        }
        // An end is settled by the time at which this one was read, not by the lie.
        if let Some(read) = &mut items.columns_read {
            correct(&mut read.end.time, now);
        }
        if let Some(named) = &mut items.named {
            correct(&mut named.moment, named.from.time());
            correct(&mut named.time, now);
        }
    }
    if state.candidate.as_ref().is_some_and(|candidate| candidate.time > now) {
        state.candidate = None;
        corrected = true;
    }
    corrected
}

/// The latest moment that a state holds.
pub(super) fn latest(state: &State) -> Timestamp {
    let marks = state.earlier.iter().chain(&state.again).flat_map(|mark| [Some(mark.time), mark.moment]);
    let candidate = state.candidate.as_ref().map(|candidate| candidate.time);
    let items = state.items.as_deref();
    let load = items.and_then(|items| items.load.as_ref()).map(|load| load.moment);
    let names = items.and_then(|items| items.names_from.as_ref().and(items.names_moment));
    let permissions = items.and_then(|items| items.permissions.as_ref());
    let read = permissions.map(|permissions| permissions.moment);
    let settling = permissions.and_then(|permissions| permissions.candidate.as_ref()).map(|it| it.time);
    let columns = items.and_then(|items| items.columns_read.as_ref()).map(|read| read.end.time);
    let named = items.and_then(|items| items.named.as_ref());
    let others = [state.completed, candidate, load, names, read, settling, columns];
    let others = others.into_iter().chain([named.map(|named| named.moment), named.map(|named| named.time)]);
    marks.chain(others).flatten().fold(state.moment, Timestamp::max)
}

/// Whether a stored moment lies so far ahead of the server's time that the clocks of a farm do not explain it.
pub(super) fn is_ahead(moment: Timestamp, now: Timestamp) -> bool {
    moment.duration_since(now) > signed(AGREEMENT)
}

/// How far the clocks of a farm's servers, and an answer's way, may lie apart.
const AGREEMENT: Duration = Duration::from_secs(10 * 60);
/// Times that differ, of which the run remembers the answers.
const MOST_WITNESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checkpoint::{
            BoundScope, Candidate, ColumnsRead, FeedName, Ids, ItemState, Load, Mark, Named, Permissions,
        },
        site::Scope,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_772_619_000 + seconds).unwrap()
    }

    fn of(answers: &[(u64, i64)]) -> ServerTime {
        let mut time = ServerTime::default();
        for (now, date) in answers {
            time.advance(Duration::from_secs(*now));
            time.observe(at(*date));
        }
        time
    }

    const YEAR: i64 = 365 * 24 * 60 * 60;

    #[test]
    fn the_time_is_the_earliest_that_two_answers_agree_on() {
        for (answers, expected, agrees) in [
            (&[(0, 0)][..], 0, false),
            (&[(0, 0), (5, 5)], 5, true),
            (&[(0, 70 * YEAR), (5, 5)], 5, false),
            (&[(0, 70 * YEAR), (5, 5), (9, 9)], 9, true),
            (&[(0, -YEAR), (5, 5), (9, 9)], 9, true),
            (&[(0, 0), (5, 5), (9, YEAR), (10, YEAR + 1)], 10, true),
        ] {
            let time = of(answers);
            assert_eq!((time.time(), time.agrees()), (Some(at(expected)), agrees), "{answers:?}");
        }
    }

    #[test]
    fn an_answer_ages_with_the_monotonic_clock_and_not_with_the_answers() {
        let mut time = of(&[(0, 0), (5, 5)]);
        time.advance(Duration::from_secs(7_200));
        assert_eq!(time.time(), Some(at(7_200)));
        assert_eq!(time.at(Duration::from_secs(60)), Some(at(60)));
    }

    #[test]
    fn the_last_change_of_the_log_is_a_witness_against_a_stale_date() {
        let mut time = of(&[(0, -YEAR)]);
        let last = ChangeToken::at(crate::TokenScope::List, uuid::Uuid::nil(), at(0));
        time.observe_change(&last);
        assert_eq!(time.time(), Some(at(0)));
        // A year of silence is what an idle list looks like, too: the second answer tells.
        let mut idle = of(&[(0, YEAR)]);
        idle.observe_change(&last);
        assert!(!idle.agrees());
        idle.observe(at(YEAR + 1));
        assert!(idle.agrees());
    }

    #[test]
    fn every_moment_that_can_lie_ahead_is_seen_and_taken_back() {
        let token = ChangeToken::at(crate::TokenScope::List, uuid::Uuid::nil(), at(0));
        let items = ItemState {
            load: Some(Load {
                counter: 1,
                first: token.clone(),
                moment: at(0),
                place: None,
                passed: 0,
                rows: 0,
                windows: Ids::default(),
                poison: Ids::default(),
                sweeps: true,
            }),
            names_from: Some(token.clone()),
            permissions: Some(Permissions::after(token.clone(), at(0))),
            columns_read: Some(ColumnsRead {
                end: Candidate { token: token.clone(), time: at(0) },
                removed: 0,
                seen: 0,
            }),
            named: Some(Named { from: token.clone(), moment: at(0), time: at(0) }),
            ..ItemState::default()
        };
        let state = State {
            feed: FeedName::Items,
            host: "fabrikam.example".to_owned(),
            scope: BoundScope::new(&Scope::Web, uuid::Uuid::nil()),
            query: Vec::new(),
            position: Position::Token(token.clone()),
            site: None,
            moment: at(0),
            from_beginning: false,
            candidate: None,
            earlier: Vec::new(),
            completed: None,
            again: None,
            items: Some(Box::new(items)),
        };
        let far = at(70 * YEAR);
        let candidate = || Some(Candidate { token: token.clone(), time: far });
        let mark = || Mark::new(Position::Token(token.clone()), far);
        let inside =
            |moment| Mark { moment: Some(moment), ..Mark::new(Position::Token(token.clone()), at(0)) };
        type Spoil<'a> = &'a dyn Fn(&mut State, &mut ItemState);
        let spoil: [Spoil<'_>; 13] = [
            &|state, _| state.moment = far,
            &|state, _| state.candidate = candidate(),
            &|state, _| state.completed = Some(far),
            &|state, _| state.earlier.push(mark()),
            &|state, _| state.earlier.push(inside(far)),
            &|state, _| state.again = Some(mark()),
            &|_, items| items.load.as_mut().unwrap().moment = far,
            &|_, items| items.names_moment = Some(far),
            &|_, items| items.permissions.as_mut().unwrap().moment = far,
            &|_, items| items.permissions.as_mut().unwrap().candidate = candidate(),
            &|_, items| items.columns_read.as_mut().unwrap().end.time = far,
            &|_, items| items.named.as_mut().unwrap().moment = far,
            &|_, items| items.named.as_mut().unwrap().time = far,
        ];
        assert_eq!(latest(&state), at(0));
        for (n, spoil) in spoil.iter().enumerate() {
            let mut state = state.clone();
            let mut items = state.items.take().unwrap();
            spoil(&mut state, &mut items);
            state.items = Some(items);
            assert_eq!(latest(&state), far, "{n}");
            correct(&mut state, &token, at(5), at(5));
            assert!(latest(&state) <= at(5), "{n}");
        }
    }

    #[test]
    fn answers_that_never_agree_are_forgotten_before_those_that_do() {
        let lies: Vec<(u64, i64)> = (1..40).map(|n| (0, i64::from(n) * YEAR)).collect();
        let mut time = of(&lies);
        time.observe(at(0));
        time.observe(at(1));
        assert_eq!((time.time(), time.witnesses.len()), (Some(at(0)), MOST_WITNESSES));
    }
}
