//! How `--follow` survives outages: when it tries again, when it gives up, and what it tells meanwhile.

use std::{
    fmt,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    exit::Failure,
    tail::{jittered, later},
};

/// Failures in a row that may pass by themselves.
#[derive(Debug)]
pub(crate) struct Outage {
    /// The first rest; each further one is twice as long, up to some minutes.
    every: Duration,
    /// How long it may last; `None` for ever.
    give_up: Option<Duration>,
    /// When it began; `None` while all is well.
    begun: Option<Instant>,
    tries: u32,
}

impl Outage {
    pub(crate) fn new(every: Duration, give_up: Option<Duration>) -> Outage {
        Outage { every, give_up, begun: None, tries: 0 }
    }

    /// Something was answered as it should be.
    pub(crate) fn is_over(&mut self) {
        (self.begun, self.tries) = (None, 0);
    }

    /// Takes a failure that may pass by itself, where the run is to go on: how long to rest, and what is told of it.
    ///
    /// # Errors
    /// The failure itself, where it needs a person or has lasted too long.
    pub(crate) fn survive(
        &mut self,
        failure: Failure,
        goes_on: bool,
    ) -> Result<(Duration, Waiting), Failure> {
        if !goes_on || !failure.passes() {
            return Err(failure);
        }
        let Some(rest) = self.rest(failure.asked_wait(), Instant::now()) else { return Err(failure) };
        let rest = jittered(rest);
        let waiting = self.waiting(&failure, rest);
        Ok((rest, waiting))
    }

    /// How long to rest before the next try, at least as long as the server asks for; `None` where that lasts too long.
    fn rest(&mut self, asked: Option<Duration>, now: Instant) -> Option<Duration> {
        let asked = asked.unwrap_or_default();
        let begun = *self.begun.get_or_insert(now);
        self.tries = self.tries.saturating_add(1);
        let doublings = self.tries.saturating_sub(1).min(31);
        let backoff = self.every.saturating_mul(1 << doublings).min(LONGEST.max(self.every));
        let Some(give_up) = self.give_up else { return Some(backoff.max(asked)) };
        let left = give_up.saturating_sub(now.saturating_duration_since(begun));
        (!left.is_zero() && asked <= left).then(|| backoff.min(left).max(asked))
    }

    /// What is told of a rest.
    fn waiting(&self, failure: &Failure, rest: Duration) -> Waiting {
        Waiting {
            reason: failure.reason(),
            error: failure.cause(),
            until: later(Timestamp::now(), rest),
            tries: self.tries,
        }
    }
}

/// Why a run rests while the server cannot be reached, or does not answer as it should.
#[derive(Debug, Serialize)]
pub(crate) struct Waiting {
    /// The class of the server's error, `no_answer`, `credential`, `pacing`, `behind`, `unsettled`, or
    /// `temporary` for anything else.
    reason: &'static str,
    error: String,
    /// When the next try begins, by the clock of this machine.
    until: Timestamp,
    /// The failures in a row so far.
    #[serde(rename = "try")]
    tries: u32,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Waiting { reason, error, until, tries } = self;
        write!(f, "waiting ({}, {tries} in a row) until {until}: {error}", reason.replace('_', " "))
    }
}

/// Where doubling stops.
const LONGEST: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn rests_double_up_to_five_minutes_and_begin_anew_after_an_answer() {
        let mut outage = Outage::new(60 * SECOND, None);
        let now = Instant::now();
        let rests = |outage: &mut Outage| -> Vec<u64> {
            (0..5).map(|_| outage.rest(None, now).unwrap().as_secs()).collect()
        };
        assert_eq!(rests(&mut outage), [60, 120, 240, 300, 300]);
        assert_eq!(outage.rest(Some(1000 * SECOND), now), Some(1000 * SECOND), "as the server asks");
        outage.is_over();
        assert_eq!(rests(&mut outage), [60, 120, 240, 300, 300]);
        assert_eq!(Outage::new(600 * SECOND, None).rest(None, now), Some(600 * SECOND));
    }

    #[test]
    fn an_outage_is_given_up_once_it_lasts_too_long_and_not_before() {
        let mut outage = Outage::new(60 * SECOND, Some(100 * SECOND));
        let now = Instant::now();
        assert_eq!(outage.rest(None, now), Some(60 * SECOND));
        assert_eq!(outage.rest(None, now + 60 * SECOND), Some(40 * SECOND), "a last try at the very end");
        assert_eq!(outage.rest(None, now + 100 * SECOND), None);
        outage.is_over();
        assert_eq!(outage.rest(None, now + 500 * SECOND), Some(60 * SECOND));
        assert_eq!(outage.rest(Some(101 * SECOND), now + 500 * SECOND), None, "a rest that does not fit");
        assert_eq!(Outage::new(SECOND, Some(Duration::ZERO)).rest(None, now), None);
    }
}
