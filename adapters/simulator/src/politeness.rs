//! Who was asked to stay away, and until when.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Response, StatusCode};

use crate::format::text;
use crate::ticks::Ticks;

/// The waits that senders were told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    until: BTreeMap<String, Ticks>,
}

impl Waits {
    /// Whether a sender comes too early.
    pub(crate) fn is_early(&self, sender: &str, now: Ticks) -> bool {
        self.until.get(sender).is_some_and(|until| now < *until)
    }

    /// Remembers what an answer told its sender: `Retry-After` or `RateLimit-Reset`, whichever is longer.
    pub(crate) fn note(&mut self, sender: String, response: &Response<Vec<u8>>, now: Ticks) {
        if !matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return;
        }
        let header = |name: HeaderName| text(response.headers(), &name);
        let after = header(RETRY_AFTER).and_then(|after| match after.parse() {
            Ok(seconds) => Some(now.after(Duration::from_secs(seconds))),
            Err(_) => jiff::fmt::rfc2822::parse(&after).ok().map(|date| Ticks::of(date.timestamp())),
        });
        let reset = header(HeaderName::from_static("ratelimit-reset")).and_then(|reset| reset.parse().ok());
        let reset = reset.map(|seconds| now.after(Duration::from_secs(seconds)));
        let wait = self.until.entry(sender).or_default();
        *wait = [after, reset].into_iter().flatten().fold(*wait, Ticks::max);
    }
}

/// Whom a wait is told to: callers are told apart by credential and program.
pub(crate) fn sender(headers: &HeaderMap) -> String {
    [AUTHORIZATION, COOKIE, USER_AGENT]
        .iter()
        .map(|name| text(headers, name).unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_the_two_waits_holds_for_its_sender_alone() {
        let now = Ticks(639_082_161_304_470_000);
        let mut waits = Waits::default();
        let response = Response::builder()
            .status(429)
            .header("Retry-After", "9")
            .header("RateLimit-Reset", "31")
            .body(Vec::new())
            .unwrap();
        waits.note("a".to_owned(), &response, now);
        let at = |seconds| now.after(Duration::from_secs(seconds));
        assert!(waits.is_early("a", at(30)) && !waits.is_early("a", at(31)));
        assert!(!waits.is_early("b", now));
        let fine = Response::builder().header("RateLimit-Reset", "900").body(Vec::new()).unwrap();
        waits.note("b".to_owned(), &fine, now);
        assert!(!waits.is_early("b", now), "only refusals ask to stay away");
    }

    #[test]
    fn dates_are_waited_for_and_nonsense_is_not() {
        let now = Ticks(639_082_161_304_470_000);
        let told = |text: &str| {
            let mut waits = Waits::default();
            let response =
                Response::builder().status(503).header("Retry-After", text).body(Vec::new()).unwrap();
            waits.note(String::new(), &response, now);
            waits.is_early("", now.after(Duration::from_secs(5)))
        };
        assert!(told("Wed, 04 Mar 2026 10:15:40 GMT"));
        assert!(!told("Wed, 04 Mar 2026 10:15:30 GMT"));
        assert!(!told("soon"));
    }
}
