//! What a session knows about the conversation itself: the digest, and how long to rest.

use std::time::Duration;

use http::{HeaderMap, Method, Request};

use crate::{
    digest::{self, Digest},
    error::{Error, Exhausted},
    fault::Fault,
    machine::{Wait, WaitReason},
    retry::{self, Policy},
};

#[derive(Debug)]
pub(super) struct Link {
    policy: Policy,
    needs_digest: bool,
    digest: Option<Fresh>,
    /// Whether the digest was already renewed for the request that is being asked.
    renewed: bool,
    rest: Option<Rest>,
    failures: u32,
    rested: Duration,
    sent: u64,
}

/// A digest and the time until which it is used.
#[derive(Debug)]
struct Fresh {
    digest: Digest,
    until: Duration,
    /// Not sent so far: however short it lives, or slow it came, one request is tried with it.
    unused: bool,
}

/// A rest begins with the poll that first hears of it, because only a poll brings the time.
#[derive(Debug)]
enum Rest {
    Due(Wait),
    Until(Duration, WaitReason),
}

impl Link {
    pub(super) fn new(policy: Policy, needs_digest: bool) -> Self {
        Link {
            policy,
            needs_digest,
            digest: None,
            renewed: false,
            rest: None,
            failures: 0,
            rested: Duration::ZERO,
            sent: 0,
        }
    }

    /// The rest of the rest, if there is one.
    ///
    /// # Errors
    /// A pause to spare the quota no longer fits into the budget.
    pub(super) fn rest(&mut self, now: Duration) -> Result<Option<Wait>, Error> {
        if let Some(Rest::Due(wait)) = &self.rest {
            let Wait { at_least, reason } = *wait;
            // A pause that nothing follows is none, so it counts when it begins. A failure's rest is counted already.
            if reason == WaitReason::Pacing {
                self.rested = self.rested.saturating_add(at_least);
                if self.rested > self.policy.max_rest {
                    return Err(Error::Exhausted(Exhausted { reason, ..Exhausted::new(at_least, 0) }));
                }
            }
            self.rest = Some(Rest::Until(now.saturating_add(at_least), reason));
        }
        let Some(Rest::Until(until, reason)) = self.rest else { return Ok(None) };
        let at_least = until.saturating_sub(now);
        if at_least.is_zero() {
            self.rest = None;
            return Ok(None);
        }
        Ok(Some(Wait { at_least, reason }))
    }

    /// Whether this request has to wait for a digest: reads go without.
    pub(super) fn wants_digest(&self, request: &Request<Vec<u8>>, now: Duration) -> bool {
        let fresh = self.digest.as_ref().is_some_and(|fresh| fresh.unused || now < fresh.until);
        self.needs_digest && request.method() == Method::POST && !fresh
    }

    /// Adds the digest to a request that changes nothing but is a POST all the same.
    pub(super) fn sign(&mut self, request: &mut Request<Vec<u8>>) {
        if let Some(fresh) = self.digest.as_mut().filter(|_| request.method() == Method::POST) {
            fresh.unused = false;
            request.headers_mut().insert(digest::HEADER, fresh.digest.header_value());
        }
    }

    /// Keeps a digest that was asked for at `asked`, to be renewed a minute before it dies.
    pub(super) fn keep(&mut self, digest: Digest, asked: Duration) {
        let lifetime = digest.lifetime();
        let until = asked.saturating_add(lifetime.saturating_sub(EARLY.min(lifetime / 2)));
        self.digest = Some(Fresh { digest, until, unused: true });
    }

    /// Forgets a digest the server calls stale; `false` where that happened to the same request before.
    pub(super) fn renew(&mut self) -> bool {
        self.digest = None;
        self.needs_digest && !std::mem::replace(&mut self.renewed, true)
    }

    /// Counts a request against the run's limit.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        if self.sent >= self.policy.max_requests {
            return Err(Error::TooManyRequests(self.sent));
        }
        self.sent += 1;
        Ok(())
    }

    /// An answer was good. It may still say that the quota is nearly used up. That a digest was given does not say
    /// that it will be taken.
    pub(super) fn accepted(&mut self, headers: &HeaderMap, is_digest: bool) {
        self.failures = 0;
        self.renewed &= is_digest;
        let pause = self.policy.pace(headers).map(|at_least| Wait { at_least, reason: WaitReason::Pacing });
        self.rest = pause.map(Rest::Due);
    }

    /// Whether the budget has room for another failure and the rest after it.
    pub(super) fn can_fail(&self) -> bool {
        let failures = self.failures + 1;
        let rested = self.rested.saturating_add(self.policy.rest(failures, None));
        failures <= self.policy.max_failures && rested <= self.policy.max_rest
    }

    /// No good answer came: rest, as long as the budget allows it.
    pub(super) fn failed(
        &mut self,
        reason: WaitReason,
        headers: Option<&HeaderMap>,
        fault: Option<Fault>,
    ) -> Result<(), Error> {
        self.failures += 1;
        let asked = headers.and_then(retry::asked_rest);
        let absurd = asked.filter(|asked| *asked > self.policy.max_rest.max(LONGEST_ASKED));
        let asked = asked.filter(|_| absurd.is_none());
        let at_least = self.policy.rest(self.failures, asked);
        let rested = self.rested.saturating_add(at_least);
        if absurd.is_some() || self.failures > self.policy.max_failures || rested > self.policy.max_rest {
            let fault = fault.map(Box::new);
            let exhausted = Exhausted::new(at_least, self.failures);
            return Err(Error::Exhausted(Exhausted { fault, reason, asked, absurd, ..exhausted }));
        }
        self.rested = rested;
        self.rest = Some(Rest::Due(Wait { at_least, reason }));
        Ok(())
    }
}

/// No sane server asks to be left alone for longer than a day; one that does is not believed.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);
const EARLY: Duration = Duration::from_secs(60);
