//! When to ask again: the budget of a run, and how long an answer or its absence makes it rest. Pure arithmetic.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;

/// The limits of a run. Every loop of a session ends within them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Failures in a row (throttles, outages, lost answers) before the run ends; 8.
    pub max_failures: u32,
    /// Rest of a whole run, summed over its waits, those that spare the quota included; 15 minutes. A wait that does
    /// not fit ends the run at once. What a server asks for beyond a day, and beyond this, is not believed.
    pub max_rest: Duration,
    /// The wait after the first failure where the server names none; doubled with each further one; 2 seconds.
    pub first_backoff: Duration,
    /// Where doubling stops; 2 minutes.
    pub max_backoff: Duration,
    /// Requests a run may send; 1,000,000.
    pub max_requests: u64,
    /// The part of the quota, in percent of `RateLimit-Limit`, below which requests are spread over the time that
    /// is left until it is renewed; 20. Zero turns this off.
    pub pace_below: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            max_failures: 8,
            max_rest: Duration::from_secs(15 * 60),
            first_backoff: Duration::from_secs(2),
            max_backoff: Duration::from_secs(120),
            max_requests: 1_000_000,
            pace_below: 20,
        }
    }
}

impl Policy {
    /// The wait after the `failures`-th failure in a row (counted from 1): what the server asked for, or the
    /// backoff, whichever is longer.
    pub(crate) fn rest(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let backoff = self.first_backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        asked.map_or(backoff, |asked| asked.max(backoff))
    }

    /// The pause before the next request that the `RateLimit` headers of a good answer suggest: the time until the
    /// quota is renewed, spread over what is left of it at two units a request (the average that Microsoft's
    /// throttling page tells to plan with). `None` while there is plenty. It is a courtesy, so it is never longer than
    /// a backoff; a server that wants more says 429.
    pub(crate) fn pace(&self, headers: &HeaderMap) -> Option<Duration> {
        let (limit, remaining) = (seconds(headers, LIMIT)?, seconds(headers, REMAINING)?);
        let reset = Duration::from_secs(seconds(headers, RESET)?);
        if limit == 0 || remaining.saturating_mul(100) >= limit.saturating_mul(self.pace_below.into()) {
            return None;
        }
        let requests = u32::try_from(remaining / 2).unwrap_or(u32::MAX).saturating_add(1);
        Some((reset / requests).min(self.max_backoff)).filter(|pause| !pause.is_zero())
    }
}

/// How long an answer asks to be left alone: the longer of `Retry-After` and `RateLimit-Reset`
/// (sp-dev-docs, how-to-avoid-getting-throttled). `None` where it names neither, or none that can be read.
///
/// `Retry-After` as a date is read against the answer's own `Date`; without one it counts as absent, because no
/// other clock is known to agree with the server's.
pub(crate) fn asked_rest(headers: &HeaderMap) -> Option<Duration> {
    let wait = |value: &str| {
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let wait = parse_date(value)?.as_second() - date(headers)?.as_second();
        Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
    };
    // A layer in front may add its own: the longest counts.
    let values = headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| value.to_str().ok());
    let after = values.filter_map(|value| wait(value.trim())).max();
    after.max(seconds(headers, RESET).map(Duration::from_secs))
}

/// The server's time when it wrote an answer, from its `Date` header; to the second.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    parse_date(text(headers, header::DATE.as_str())?)
}

fn parse_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

const LIMIT: &str = "ratelimit-limit";
const REMAINING: &str = "ratelimit-remaining";
const RESET: &str = "ratelimit-reset";

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn the_longest_of_several_retry_after_headers_counts() {
        let mut headers = headers(&[("retry-after", "5")]);
        headers.append("retry-after", "90".parse().unwrap());
        headers.append("retry-after", "soon".parse().unwrap());
        assert_eq!(asked_rest(&headers), Some(Duration::from_secs(90)));
    }

    #[test]
    fn the_larger_of_retry_after_and_rate_limit_reset_wins() {
        let asked = asked_rest(&headers(&[("retry-after", "9"), ("ratelimit-reset", "31")]));
        assert_eq!(asked, Some(Duration::from_secs(31)));
        let asked = asked_rest(&headers(&[("retry-after", "40"), ("ratelimit-reset", "31")]));
        assert_eq!(asked, Some(Duration::from_secs(40)));
    }

    #[test]
    fn a_date_is_read_against_the_answers_own_date() {
        let late = "Wed, 04 Mar 2026 10:20:30 GMT";
        let date = ("date", "Wed, 04 Mar 2026 10:15:30 GMT");
        assert_eq!(asked_rest(&headers(&[date, ("retry-after", late)])), Some(Duration::from_secs(300)));
        assert_eq!(asked_rest(&headers(&[("retry-after", late)])), None);
        let past = ("retry-after", "Wed, 04 Mar 2026 09:00:00 GMT");
        assert_eq!(asked_rest(&headers(&[date, past])), Some(Duration::ZERO));
    }

    #[test]
    fn what_cannot_be_read_counts_as_absent_and_what_is_absurd_is_read_as_it_stands() {
        assert_eq!(asked_rest(&headers(&[("retry-after", "soon")])), None);
        assert_eq!(asked_rest(&headers(&[("retry-after", "-5")])), None);
        assert_eq!(asked_rest(&HeaderMap::new()), None);
        let absurd = asked_rest(&headers(&[("retry-after", "99999999999999999999999")]));
        assert_eq!(absurd, Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn backoff_doubles_up_to_its_cap_and_never_undercuts_the_server() {
        let policy = Policy::default();
        let waits: Vec<_> = (1..=9).map(|n| policy.rest(n, None).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 120, 120, 120]);
        assert_eq!(policy.rest(1, Some(Duration::from_secs(31))).as_secs(), 31);
        assert_eq!(policy.rest(5, Some(Duration::from_secs(1))).as_secs(), 32);
        assert_eq!(policy.rest(u32::MAX, None).as_secs(), 120);
    }

    #[test]
    fn a_quota_nearly_used_up_slows_before_the_429() {
        let policy = Policy::default();
        let low =
            headers(&[("ratelimit-limit", "1200"), ("ratelimit-remaining", "58"), ("ratelimit-reset", "30")]);
        assert_eq!(policy.pace(&low), Some(Duration::from_secs(1)));
        let plenty = headers(&[
            ("ratelimit-limit", "1200"),
            ("ratelimit-remaining", "240"),
            ("ratelimit-reset", "30"),
        ]);
        assert_eq!(policy.pace(&plenty), None);
        let off = Policy { pace_below: 0, ..policy };
        assert_eq!(off.pace(&low), None);
    }
}
