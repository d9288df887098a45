//! The form digest: what a session by cookie or NTLM must send with every POST, and where it comes from.

use std::{fmt, time::Duration};

use http::{HeaderName, HeaderValue, Method, Request, Response};
use serde_json::Value;

use crate::{
    error::DecodeError,
    fault, feed,
    site::{Generation, Metadata, Site},
    xml::Texts,
};

/// A form digest: proof to a web that a POST comes from a page or program that may read it. A secret of the session
/// it was given to, for one web and a limited time.
#[derive(Clone)]
pub struct Digest {
    value: HeaderValue,
    lifetime: Duration,
}

impl Digest {
    /// How long the server takes it, counted from when it was given; 30 minutes by default.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The value of the [`HEADER`], marked as sensitive.
    pub fn header_value(&self) -> HeaderValue {
        self.value.clone()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("value", &"[redacted]").field("lifetime", &self.lifetime).finish()
    }
}

/// The header that carries a digest.
pub const HEADER: HeaderName = HeaderName::from_static("x-requestdigest");

/// Asks a web for a digest. The address hangs off `_api/`, not off `_api/web/`, which answers 403.
pub fn request(site: &Site) -> Request<Vec<u8>> {
    let accept = match site.server() {
        Generation::Server2013 => Metadata::Verbose,
        _ => Metadata::None,
    };
    let url = format!("{}/_api/contextinfo", site.url());
    feed::request(site, Method::POST, &url, accept.accept(), Vec::new())
}

/// Reads the answer, in any metadata mode of JSON and in XML, which a server sends that was not told otherwise.
///
/// An answer that is not a success holds none; ask [`fault::read`] first.
///
/// # Errors
/// Where the answer has no digest that can stand in a header, or no lifetime.
pub fn read<B: AsRef<[u8]>>(answer: &Response<B>) -> Result<Digest, DecodeError> {
    of_body(answer.body().as_ref())
        .map_err(|error| error.with_request_id(fault::request_id(answer.headers())))
}

fn of_body(body: &[u8]) -> Result<Digest, DecodeError> {
    if body.len() > MAX_BODY {
        return Err(DecodeError::new(format!("at most {MAX_BODY} bytes"), ""));
    }
    let text = feed::text(body)?;
    let (value, seconds) = match text.trim_start().starts_with('<') {
        true => of_xml(text),
        false => of_json(text)?,
    };
    // A header may hold any byte; whoever sends it reads it as text.
    let value = value.filter(|value| !value.is_empty() && value.is_ascii());
    let mut value = value
        .and_then(|value| HeaderValue::try_from(value).ok())
        .ok_or_else(|| DecodeError::new("a digest that can stand in a header", VALUE))?;
    value.set_sensitive(true);
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    let seconds = seconds.ok_or_else(|| DecodeError::new("a number of seconds", SECONDS))?;
    Ok(Digest { value, lifetime: Duration::from_secs(seconds) })
}

type Members = (Option<String>, Option<String>);

fn of_json(text: &str) -> Result<Members, DecodeError> {
    let answer: Value = serde_json::from_str(text)
        .map_err(|error| DecodeError::json("an object with a form digest", error))?;
    let info = answer.get("d").map_or(&answer, |verbose| verbose.get(INFORMATION).unwrap_or(verbose));
    let member = |name: &str| match info.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Ok((member(VALUE), member(SECONDS)))
}

fn of_xml(text: &str) -> Members {
    let texts = Texts::read(text);
    let member = |name: &str| texts.at(&format!("{INFORMATION}/{name}")).map(str::to_owned);
    (member(VALUE), member(SECONDS))
}

/// Bytes that are read as a digest; real answers have a few hundred.
const MAX_BODY: usize = 1 << 20;
const INFORMATION: &str = "GetContextWebInformation";
const VALUE: &str = "FormDigestValue";
const SECONDS: &str = "FormDigestTimeoutSeconds";

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "0x4F1A,04 Mar 2026 10:15:30 -0000";

    fn members() -> String {
        format!(
            r#""FormDigestTimeoutSeconds":1800,"FormDigestValue":"{DIGEST}","LibraryVersion":"16.0.26115.12009""#
        )
    }

    #[test]
    fn every_mode_gives_the_same_digest() {
        for body in [
            format!("{{{}}}", members()),
            format!("\u{FEFF}{{\"odata.metadata\":\"x\",{}}}", members()),
            format!(
                r#"{{"d":{{"GetContextWebInformation":{{"__metadata":{{"type":"x"}},{}}}}}}}"#,
                members()
            ),
            format!(
                "<?xml version='1.0'?><d:GetContextWebInformation xmlns:d='x'>\
                 <d:FormDigestTimeoutSeconds>1800</d:FormDigestTimeoutSeconds>\
                 <d:FormDigestValue>{DIGEST}</d:FormDigestValue></d:GetContextWebInformation>"
            ),
        ] {
            let digest = read(&Response::new(body)).expect("a digest");
            assert_eq!(
                (digest.header_value().to_str().ok(), digest.lifetime().as_secs()),
                (Some(DIGEST), 1800)
            );
        }
    }

    #[test]
    fn a_digest_is_never_shown() {
        let digest = read(&Response::new(format!("{{{}}}", members()))).expect("a digest");
        let shown = format!("{digest:?} {:?}", digest.header_value());
        assert!(shown.contains("[redacted]") && !shown.contains("4F1A"), "{shown}");
    }

    #[test]
    fn an_answer_without_a_usable_digest_or_lifetime_is_an_error() {
        for body in [
            "",
            "{}",
            "<a/>",
            "\u{FF}",
            r#"{"FormDigestValue":"","FormDigestTimeoutSeconds":1800}"#,
            r#"{"FormDigestValue":"a\nb","FormDigestTimeoutSeconds":1800}"#,
            r#"{"FormDigestValue":"0xé","FormDigestTimeoutSeconds":1800}"#,
            r#"{"FormDigestValue":"0x1"}"#,
            r#"{"FormDigestValue":"0x1","FormDigestTimeoutSeconds":-1}"#,
        ] {
            assert!(read(&Response::new(body)).is_err(), "{body}");
        }
    }

    #[test]
    fn the_request_is_an_empty_post_to_the_web() {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").expect("an address");
        for (site, accept) in [
            (site.clone(), "application/json;odata=nometadata"),
            (site.generation(Generation::Server2013), "application/json;odata=verbose"),
        ] {
            let request = request(&site);
            assert_eq!(request.method(), Method::POST);
            assert_eq!(request.uri(), "https://fabrikam.sharepoint.com/sites/ops/_api/contextinfo");
            assert_eq!(request.headers()["accept"], accept);
            assert!(request.body().is_empty());
        }
    }
}
