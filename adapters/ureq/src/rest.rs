//! Waiting that can be ended, and never ends early by itself.

use std::{ops::ControlFlow, time::Duration};

/// How long a wish to stop may go unnoticed.
const SLICE: Duration = Duration::from_millis(100);

/// The most that is ever added to a wait.
const JITTER: Duration = Duration::from_secs(5);

/// Lets `total` pass on the caller's clock, a slice at a time, and looks for the wish to stop before each.
pub(crate) fn rest(
    total: Duration,
    mut now: impl FnMut() -> Duration,
    mut sleep: impl FnMut(Duration),
    mut stopped: impl FnMut() -> bool,
) -> ControlFlow<()> {
    let until = now().saturating_add(total);
    loop {
        if stopped() {
            return ControlFlow::Break(());
        }
        let left = until.saturating_sub(now());
        if left.is_zero() {
            return ControlFlow::Continue(());
        }
        sleep(left.min(SLICE));
    }
}

/// What is added to a wait so that programs told the same time to come back do not all come at once: up to a
/// tenth, at most five seconds. `share` lies in 0..1.
pub(crate) fn jitter(at_least: Duration, share: f64) -> Duration {
    (at_least / 10).min(JITTER).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A clock that only sleeping moves.
    fn run(total: Duration, stop_at: Option<Duration>) -> (ControlFlow<()>, Duration, u32) {
        let (clock, sleeps) = (Cell::new(Duration::from_secs(7)), Cell::new(0));
        let end = rest(
            total,
            || clock.get(),
            |slice| {
                sleeps.set(sleeps.get() + 1);
                clock.set(clock.get() + slice);
            },
            || stop_at.is_some_and(|at| clock.get() >= Duration::from_secs(7) + at),
        );
        (end, clock.get() - Duration::from_secs(7), sleeps.get())
    }

    #[test]
    fn a_rest_lasts_its_whole_time_and_no_longer() {
        let total = Duration::from_millis(1234);
        assert_eq!(run(total, None), (ControlFlow::Continue(()), total, 13));
        assert_eq!(run(Duration::ZERO, None), (ControlFlow::Continue(()), Duration::ZERO, 0));
    }

    #[test]
    fn a_wish_to_stop_ends_a_rest_within_one_slice() {
        let (end, passed, _) = run(Duration::from_secs(3600), Some(Duration::from_millis(250)));
        assert_eq!((end, passed), (ControlFlow::Break(()), Duration::from_millis(300)));
        let (end, passed, _) = run(Duration::ZERO, Some(Duration::ZERO));
        assert_eq!((end, passed), (ControlFlow::Break(()), Duration::ZERO));
    }

    #[test]
    fn jitter_is_a_tenth_at_most_and_never_above_its_bound() {
        assert_eq!(jitter(Duration::from_secs(10), 0.0), Duration::ZERO);
        assert_eq!(jitter(Duration::from_secs(10), 0.5), Duration::from_millis(500));
        assert_eq!(jitter(Duration::MAX, 1.0), JITTER);
    }
}
