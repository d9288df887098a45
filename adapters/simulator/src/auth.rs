//! Who may ask.

use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::{HeaderMap, Method};

use crate::format::text;
use crate::rest::context;
use crate::ticks::Ticks;

/// How callers prove who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// Nobody has to.
    #[default]
    Anonymous,
    /// `Authorization: Bearer …` with one of these tokens.
    Bearer(Vec<String>),
    /// `Authorization: Bearer {prefix}-{n}`, where n counts the periods since the world began: a token is refused as
    /// soon as its period is over.
    Rotating {
        /// What stands before the number.
        prefix: String,
        /// How long one is good.
        every: Duration,
    },
    /// `Cookie: FedAuth=…` with this value, and a form digest on every POST.
    Cookie(String),
}

/// What is wrong with a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// No token, or one that is not good: 401.
    Token,
    /// No cookie, or one that is not good: 403 with the forms headers.
    Cookie,
    /// No digest, or one that is not good: 403 with -2130575251.
    Digest,
}

/// What a caller is judged by.
pub(crate) struct Caller<'a> {
    pub(crate) headers: &'a HeaderMap,
    /// Whether the call needs a digest in a cookie session.
    pub(crate) needs_digest: bool,
    pub(crate) secret: u64,
    pub(crate) web: uuid::Uuid,
    pub(crate) start: Ticks,
    pub(crate) now: Ticks,
}

impl Auth {
    /// The token that [`Auth::Rotating`] accepts at a moment.
    pub fn rotating_token(prefix: &str, every: Duration, age: Duration) -> String {
        let period = age.as_nanos() / every.as_nanos().max(1);
        format!("{prefix}-{period}")
    }

    pub(crate) fn judge(&self, caller: &Caller<'_>) -> Result<(), Denied> {
        let bearer = || {
            let value = text(caller.headers, &AUTHORIZATION)?;
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        };
        match self {
            Self::Anonymous => Ok(()),
            Self::Bearer(tokens) => {
                let good = bearer().is_some_and(|token| tokens.contains(&token));
                if good { Ok(()) } else { Err(Denied::Token) }
            }
            Self::Rotating { prefix, every } => {
                let good = Self::rotating_token(prefix, *every, caller.now.since(caller.start));
                if bearer() == Some(good) { Ok(()) } else { Err(Denied::Token) }
            }
            Self::Cookie(value) => {
                let cookies = text(caller.headers, &COOKIE).unwrap_or_default();
                let mut cookies = cookies.split([';', ',']).map(str::trim);
                if !cookies.any(|cookie| cookie.strip_prefix("FedAuth=") == Some(value)) {
                    return Err(Denied::Cookie);
                }
                if !caller.needs_digest {
                    return Ok(());
                }
                const DIGEST: HeaderName = HeaderName::from_static("x-requestdigest");
                let digest = text(caller.headers, &DIGEST).unwrap_or_default();
                let good = context::is_good(&digest, caller.secret, caller.web, caller.now);
                if good { Ok(()) } else { Err(Denied::Digest) }
            }
        }
    }
}

/// Whether a call needs a digest in a cookie session: what is no GET, contextinfo apart.
pub(crate) fn needs_digest(
    method: &Method,
    last_segment: Option<&str>,
    soap: bool,
    soap_digest: bool,
) -> bool {
    let context = last_segment.is_some_and(|name| name.eq_ignore_ascii_case("contextinfo"));
    *method != Method::GET && !context && (!soap || soap_digest)
}
