//! Answers that networks, proxies and busy servers give in place of the right one.

use std::time::Duration;

use crate::switch::Switch;

/// How a `Retry-After` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Not at all.
    Absent,
    /// In seconds.
    Seconds(u64),
    /// As an HTTP date that many seconds ahead.
    Date(u64),
}

/// One answer that is not the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 429.
    Throttled {
        /// When to come back.
        after: RetryAfter,
        /// `RateLimit-Reset` and its companions, with these seconds.
        limits: Option<u64>,
        /// The body is a page of HTML.
        html: bool,
    },
    /// 503.
    Busy(RetryAfter),
    /// 503 without an end: to this request and all that follow.
    Blocked,
    /// 502 with a page of HTML.
    BadGateway,
    /// 504 with a page of HTML.
    GatewayTimeout,
    /// 500 without a SharePoint error in it.
    ServerError,
    /// No answer: the connection ends.
    Lost,
    /// The connection ends within the body.
    Cut,
    /// The body ends too early, and the connection does not tell.
    Truncated,
    /// The right answer, late.
    Slow(Duration),
    /// 200 with a sign-in page.
    SignIn,
    /// 302 to a sign-in page.
    Redirect,
    /// 401 with an empty body and `WWW-Authenticate`.
    Unauthorized,
    /// 403 with the headers of forms authentication.
    Forbidden,
    /// 403 with -2130575251.
    StaleDigest,
    /// 401 with JSON whose `error` is text.
    OAuth,
    /// 403 with -2147024891.
    AccessDenied,
}

impl Fault {
    /// Its kind, as statistics name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Throttled { .. } => "throttled",
            Self::Busy(_) => "busy",
            Self::Blocked => "blocked",
            Self::BadGateway => "bad-gateway",
            Self::GatewayTimeout => "gateway-timeout",
            Self::ServerError => "server-error",
            Self::Lost => "lost",
            Self::Cut => "cut",
            Self::Truncated => "truncated",
            Self::Slow(_) => "slow",
            Self::SignIn => "sign-in",
            Self::Redirect => "redirect",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::StaleDigest => "stale-digest",
            Self::OAuth => "oauth",
            Self::AccessDenied => "access-denied",
        }
    }

    /// Reads a fault from text: its kind, then what it needs behind colons: `throttled:30`, `throttled:date:30`,
    /// `throttled:html:30`, `throttled:limits:30`, `throttled:none`, `busy:5`, `slow:2s`, `lost`.
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let seconds = |text: &str| text.parse::<u64>().ok();
        let after = |parts: &[&str]| match parts {
            [] | ["none"] => Some(RetryAfter::Absent),
            ["date", text] => seconds(text).map(RetryAfter::Date),
            [text] => seconds(text).map(RetryAfter::Seconds),
            _ => None,
        };
        let throttled =
            |parts: &[&str]| Some(Self::Throttled { after: after(parts)?, limits: None, html: false });
        match parts.as_slice() {
            ["throttled", "html", rest @ ..] => match throttled(rest)? {
                Self::Throttled { after, limits, .. } => Some(Self::Throttled { after, limits, html: true }),
                other => Some(other),
            },
            ["throttled", "limits", text] => {
                let reset = seconds(text)?;
                Some(Self::Throttled { after: RetryAfter::Seconds(reset), limits: Some(reset), html: false })
            }
            ["throttled", rest @ ..] => throttled(rest),
            ["busy", rest @ ..] => after(rest).map(Self::Busy),
            ["slow", text] => Duration::read(text).map(Self::Slow),
            ["blocked"] => Some(Self::Blocked),
            ["bad-gateway"] => Some(Self::BadGateway),
            ["gateway-timeout"] => Some(Self::GatewayTimeout),
            ["server-error"] => Some(Self::ServerError),
            ["lost"] => Some(Self::Lost),
            ["cut"] => Some(Self::Cut),
            ["truncated"] => Some(Self::Truncated),
            ["sign-in"] => Some(Self::SignIn),
            ["redirect"] => Some(Self::Redirect),
            ["unauthorized"] => Some(Self::Unauthorized),
            ["forbidden"] => Some(Self::Forbidden),
            ["stale-digest"] => Some(Self::StaleDigest),
            ["oauth"] => Some(Self::OAuth),
            ["access-denied"] => Some(Self::AccessDenied),
            _ => None,
        }
    }

    /// Faults that a patient client survives, for seeded trouble.
    pub fn passing() -> Vec<Self> {
        let throttled = |after, limits, html| Self::Throttled { after, limits, html };
        vec![
            throttled(RetryAfter::Seconds(31), None, false),
            throttled(RetryAfter::Seconds(9), Some(31), false),
            throttled(RetryAfter::Date(20), None, true),
            throttled(RetryAfter::Absent, None, false),
            Self::Busy(RetryAfter::Seconds(12)),
            Self::Busy(RetryAfter::Absent),
            Self::BadGateway,
            Self::GatewayTimeout,
            Self::Lost,
            Self::Cut,
            Self::Truncated,
            Self::Slow(Duration::from_secs(7)),
        ]
    }
}

/// When a scripted fault comes.
#[derive(Clone, Debug)]
struct Scripted {
    /// Only requests whose path holds this text, in lower case, are counted.
    path: String,
    /// How many of them pass first.
    pass: u64,
    /// How many of them meet it then.
    times: u64,
    fault: Fault,
}

/// The faults of a server: scripted ones at exact requests, seeded ones by chance.
#[derive(Clone, Debug)]
pub struct Faults {
    script: Vec<Scripted>,
    chances: Vec<(f64, Fault)>,
    rng: fastrand::Rng,
    blocked: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self { script: Vec::new(), chances: Vec::new(), rng: fastrand::Rng::with_seed(0), blocked: false }
    }
}

impl Faults {
    /// The n-th request from now on meets a fault; 1 is the next.
    pub fn on(&mut self, nth: u64, fault: Fault) {
        self.on_path("", nth, 1, fault);
    }

    /// Of the requests whose path holds a text (in whatever case), the n-th from now on and those after it, as many
    /// as `times`, meet a fault.
    pub fn on_path(&mut self, path: &str, nth: u64, times: u64, fault: Fault) {
        self.script.push(Scripted { path: path.to_lowercase(), pass: nth.saturating_sub(1), times, fault });
    }

    /// Every request meets a fault with a probability between 0 and 1, drawn from the faults' own seed.
    pub fn by_chance(&mut self, probability: f64, fault: Fault) {
        self.chances.push((probability, fault));
    }

    /// Sets what chance is drawn from.
    pub fn seed(&mut self, seed: u64) {
        self.rng = fastrand::Rng::with_seed(seed);
    }

    /// No more faults.
    pub fn clear(&mut self) {
        self.script.clear();
        self.chances.clear();
        self.blocked = false;
    }

    /// The fault that a request meets. Every scripted fault counts it; the first that is due is met.
    pub(crate) fn next(&mut self, path: &str) -> Option<Fault> {
        if self.blocked {
            return Some(Fault::Blocked);
        }
        let path = path.to_lowercase();
        let mut met: Option<Fault> = None;
        for scripted in &mut self.script {
            if !path.contains(&scripted.path) {
                continue;
            }
            if scripted.pass > 0 {
                scripted.pass -= 1;
            } else if met.is_none() && scripted.times > 0 {
                scripted.times -= 1;
                met = Some(scripted.fault.clone());
            }
        }
        self.script.retain(|scripted| scripted.times > 0);
        for (probability, fault) in &self.chances {
            // Drawn in any case, so that a script does not change what chance brings later.
            if self.rng.f64() < *probability && met.is_none() {
                met = Some(fault.clone());
            }
        }
        self.blocked = met == Some(Fault::Blocked);
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripted_faults_come_at_their_request() {
        let mut faults = Faults::default();
        faults.on(2, Fault::Lost);
        faults.on_path("GetChanges", 1, 2, Fault::Cut);
        let met: Vec<_> = ["/a", "/b", "/getchanges", "/GETCHANGES", "/getchanges"]
            .iter()
            .map(|path| faults.next(path).map(|fault| fault.kind()))
            .collect();
        assert_eq!(met, [None, Some("lost"), Some("cut"), Some("cut"), None]);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let draw = |seed| {
            let mut faults = Faults::default();
            faults.seed(seed);
            for fault in Fault::passing() {
                faults.by_chance(0.05, fault);
            }
            (0..200).map(|_| faults.next("/").map(|fault| fault.kind())).collect::<Vec<_>>()
        };
        assert_eq!(draw(4), draw(4));
        assert_ne!(draw(4), draw(5));
        assert!(draw(4).iter().flatten().count() > 20);
    }

    #[test]
    fn faults_read_from_text() {
        assert_eq!(Fault::read("lost"), Some(Fault::Lost));
        assert_eq!(Fault::read("busy:date:5"), Some(Fault::Busy(RetryAfter::Date(5))));
        let html = Fault::Throttled { after: RetryAfter::Seconds(30), limits: None, html: true };
        assert_eq!(Fault::read("throttled:html:30"), Some(html));
        assert_eq!(Fault::read("slow:2s"), Some(Fault::Slow(Duration::from_secs(2))));
        assert_eq!(Fault::read("lost:1"), None);
        assert_eq!(Fault::read("hail"), None);
    }

    #[test]
    fn blocked_lasts_for_ever() {
        let mut faults = Faults::default();
        faults.on(1, Fault::Blocked);
        assert!((0..50).all(|_| faults.next("/") == Some(Fault::Blocked)));
        faults.clear();
        assert_eq!(faults.next("/"), None);
    }
}
