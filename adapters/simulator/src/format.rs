//! Content negotiation: which of OData's dresses an answer wears, and which one the body wore.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use crate::dialect::Generation;
use crate::problem::Problem;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/json;odata=verbose`.
    Verbose,
    /// `application/json;odata=minimalmetadata`.
    Minimal,
    /// `application/json;odata=nometadata`.
    Bare,
    /// `application/atom+xml`.
    Atom,
}

impl Format {
    /// The format that an `Accept` asks for. SharePoint 2013 knows JSON as verbose only.
    pub(crate) fn of(headers: &HeaderMap, generation: Generation) -> Result<Self, Problem> {
        let old = generation == Generation::Server2013;
        let Some(accept) = text(headers, &ACCEPT) else { return Ok(Self::Atom) };
        let mut known = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(|part| part.trim().to_lowercase());
            let kind = parts.next().unwrap_or_default();
            let odata = parts.find_map(|part| {
                let (name, value) = part.split_once('=')?;
                (name.trim() == "odata").then(|| value.trim().trim_matches('"').to_owned())
            });
            let found = match (kind.as_str(), odata.as_deref()) {
                ("application/json", Some("verbose")) => Self::Verbose,
                ("application/json", None) if old => Self::Verbose,
                ("application/json", Some("minimalmetadata") | None) if !old => Self::Minimal,
                ("application/json", Some("nometadata")) if !old => Self::Bare,
                (
                    "application/atom+xml" | "application/xml" | "text/xml" | "*/*" | "application/*" | "",
                    _,
                ) => Self::Atom,
                _ => continue,
            };
            known = known.or(Some(found));
        }
        known.ok_or_else(Problem::not_acceptable)
    }

    /// The Content-Type of an answer; `feed` tells a collection from an entry in Atom.
    pub(crate) fn content_type(self, plain: bool, feed: bool) -> &'static str {
        match self {
            Self::Atom if feed => "application/atom+xml;type=feed;charset=utf-8",
            Self::Atom => "application/atom+xml;type=entry;charset=utf-8",
            _ if plain => "application/json; charset=utf-8",
            Self::Verbose => "application/json;odata=verbose;charset=utf-8",
            Self::Minimal => "application/json;odata=minimalmetadata;streaming=true;charset=utf-8",
            Self::Bare => "application/json;odata=nometadata;streaming=true;charset=utf-8",
        }
    }
}

/// Whether a request's body is verbose JSON.
pub(crate) fn is_verbose_body(headers: &HeaderMap, generation: Generation) -> Result<bool, Problem> {
    let kind = text(headers, &CONTENT_TYPE).unwrap_or_default().to_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    if parts.next() != Some("application/json") {
        return Err(Problem::query(format!(
            "A supported MIME type could not be found that matches the content type of the request. None of the \
             supported type(s) 'application/xml, application/json' matches the content type '{kind}'."
        )));
    }
    let odata = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        (name.trim() == "odata").then(|| value.trim().trim_matches('"').to_owned())
    });
    Ok(odata.as_deref() == Some("verbose") || generation == Generation::Server2013)
}

/// A header's text; several are joined, as HTTP has it.
pub(crate) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &str) -> Result<Format, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Format::of(&headers, Generation::Online)
    }

    #[test]
    fn accept_is_read_whatever_its_case_and_blanks() {
        assert_eq!(of("application/json;odata=verbose"), Ok(Format::Verbose));
        assert_eq!(of("Application/JSON; OData=NoMetadata ; x=1"), Ok(Format::Bare));
        assert_eq!(of("application/json"), Ok(Format::Minimal));
        assert_eq!(of("*/*"), Ok(Format::Atom));
        assert_eq!(of("text/html, application/json;odata=nometadata"), Ok(Format::Bare));
        assert_eq!(Format::of(&HeaderMap::new(), Generation::Online), Ok(Format::Atom));
        assert!(of("image/png").is_err());
    }

    #[test]
    fn sharepoint_2013_speaks_verbose_only() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, "application/json;odata=nometadata".parse().unwrap());
        assert!(Format::of(&headers, Generation::Server2013).is_err());
        headers.insert(ACCEPT, "application/json".parse().unwrap());
        assert_eq!(Format::of(&headers, Generation::Server2013), Ok(Format::Verbose));
    }
}
