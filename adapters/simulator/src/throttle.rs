//! The throttler: a budget for each minute, and what is said when it is used up.

use std::time::Duration;

use crate::ticks::Ticks;

/// A throttler's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throttle {
    /// Units a minute.
    pub budget: u32,
    /// Units of a request; plan with two.
    pub cost: u32,
    /// Tell RateLimit headers: with every 429, and from four fifths of the budget on.
    pub headers: bool,
    /// Throttled requests after which the caller is blocked.
    pub block_after: Option<u64>,
}

impl Throttle {
    /// A budget of units a minute, requests at two units, headers told, nobody blocked.
    pub fn per_minute(budget: u32) -> Self {
        Self { budget, cost: 2, headers: true, block_after: None }
    }
}

/// What is used up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    window: Ticks,
    used: u32,
    throttled: u64,
}

/// What the throttler says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) throttled: bool,
    pub(crate) blocked: bool,
    /// Limit, remaining, seconds to the reset, where they are told.
    pub(crate) limits: Option<(u32, u32, u64)>,
    /// Seconds to the reset.
    pub(crate) reset: u64,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Meter {
    /// Counts a request. Those that are throttled count too.
    pub(crate) fn count(&mut self, rules: Throttle, now: Ticks) -> Said {
        if now.since(self.window) >= MINUTE {
            self.window = now;
            self.used = 0;
        }
        self.used = self.used.saturating_add(rules.cost);
        let throttled = self.used > rules.budget;
        self.throttled += u64::from(throttled);
        let left = MINUTE.saturating_sub(now.since(self.window));
        let reset = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let near = u64::from(self.used) * 5 >= u64::from(rules.budget) * 4;
        let remaining = rules.budget.saturating_sub(self.used);
        Said {
            throttled,
            blocked: rules.block_after.is_some_and(|most| self.throttled > most),
            limits: (rules.headers && near).then_some((rules.budget, remaining, reset)),
            reset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_used_up_told_and_renewed_each_minute() {
        let rules = Throttle::per_minute(10);
        let mut meter = Meter::default();
        let now = Ticks(639_082_161_304_470_000);
        let said: Vec<Said> = (0..6).map(|_| meter.count(rules, now)).collect();
        assert_eq!(said.iter().filter(|said| said.throttled).count(), 1);
        assert_eq!(said[2].limits, None);
        assert_eq!(said[3].limits, Some((10, 2, 60)));
        assert_eq!(said[5].limits, Some((10, 0, 60)));
        assert!(meter.count(rules, now.after(Duration::from_secs(59))).throttled);
        assert!(!meter.count(rules, now.after(Duration::from_secs(60))).throttled);
    }

    #[test]
    fn who_goes_on_is_blocked_for_ever() {
        let rules = Throttle { block_after: Some(3), ..Throttle::per_minute(2) };
        let mut meter = Meter::default();
        let now = Ticks(639_082_161_304_470_000);
        let blocked: Vec<bool> = (0..6).map(|_| meter.count(rules, now).blocked).collect();
        assert_eq!(blocked, [false, false, false, false, true, true]);
        assert!(meter.count(rules, now.after(MINUTE * 60)).blocked);
    }
}
