//! The seam between the machine and the endpoints: a query becomes a request, an answer becomes its page.

pub(crate) mod changes;
pub(crate) mod items;
pub(crate) mod limits;

use std::borrow::Cow;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};

pub use self::limits::Limits;
use crate::{
    error::{DecodeError, Error},
    fault,
    query::QueryError,
    site::Site,
    xml::leads_to,
};

/// An endpoint that can be asked a single question, without a session: one request, one answer, any query the
/// protocol allows.
///
/// Nothing is remembered between two calls and nothing is retried; [`Session`](crate::Session) follows a log.
///
/// ```
/// use sharepoint_changes::{ChangeQuery, Feed, Preset, Scope, Site};
///
/// # fn send(_: http::Request<Vec<u8>>) -> http::Response<&'static [u8]> {
/// #     http::Response::new(br#"{"d":{"results":[]}}"#)
/// # }
/// let site = Site::new("https://fabrikam.sharepoint.com/sites/ops")?;
/// let query = ChangeQuery::preset(Scope::Web, Preset::Items);
/// let changes = query.read(&send(query.request(&site)?))?;
/// let next_page = query.next(&changes);
/// # assert!(next_page.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Feed: sealed::Sealed {
    /// What one answer holds.
    type Page;

    /// The request that asks.
    ///
    /// # Errors
    /// [`QueryError`] where the site's server would refuse a member of the query.
    fn request(&self, site: &Site) -> Result<Request<Vec<u8>>, QueryError>;

    /// Reads an answer of any status that holds as much as is usual.
    ///
    /// # Errors
    /// [`Error::Fault`] for an answer that is an error, [`Error::Decode`] for one that cannot be read.
    fn read<B: AsRef<[u8]>>(&self, answer: &Response<B>) -> Result<Self::Page, Error> {
        self.read_within(answer, &Limits::default())
    }

    /// Reads an answer of any status that holds no more than this.
    ///
    /// # Errors
    /// As of [`read`](Feed::read); an answer beyond a limit cannot be read, and the error names the limit.
    fn read_within<B: AsRef<[u8]>>(&self, answer: &Response<B>, limits: &Limits)
    -> Result<Self::Page, Error>;
}

pub(crate) mod sealed {
    /// Keeps the endpoints to those of this crate.
    #[allow(unnameable_types)]
    pub trait Sealed {}
    impl Sealed for crate::ChangeQuery {}
    impl Sealed for crate::CurrentChangeToken {}
    impl Sealed for crate::ItemQuery {}
}

/// Hands a successful answer to its reader; an error of the server comes first.
pub(crate) fn read_with<B: AsRef<[u8]>, T>(
    answer: &Response<B>,
    reader: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
) -> Result<T, Error> {
    if let Some(fault) = fault::read(answer) {
        return Err(Error::Fault(fault));
    }
    whole(answer)
        .and_then(|()| reader(answer.body().as_ref()))
        .map_err(|error| Error::Decode(error.with_request_id(fault::request_id(answer.headers()))))
}

/// Whether a success holds all that was asked for: every call of this crate is answered with 200. A part of it (206),
/// or a promise of it (202), proves nothing.
///
/// # Errors
/// A [`DecodeError`] that counts as cut, so that it is asked for again.
pub(crate) fn whole<B>(answer: &Response<B>) -> Result<(), DecodeError> {
    if answer.status() == StatusCode::OK {
        return Ok(());
    }
    Err(DecodeError::new(format!("an answer of status 200, not {},", answer.status()), "").cut_off())
}

/// A request with what every call to the server carries.
pub(crate) fn request(
    site: &Site,
    method: Method,
    url: &str,
    accept: HeaderValue,
    body: Vec<u8>,
) -> Request<Vec<u8>> {
    let posts = method == Method::POST;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() =
        url.parse().expect("the site's address was checked and every literal is percent-encoded");
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, accept);
    if posts {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(VERBOSE_BODY));
    }
    headers.insert(header::USER_AGENT, site.agent().clone());
    request
}

/// Bytes an answer may have: places in a rowset are kept in 32 bits.
pub(crate) const MAX_BYTES: usize = 512 << 20;

/// A body's text, without the byte order mark some servers send.
pub(crate) fn text(body: &[u8]) -> Result<&str, DecodeError> {
    let body = bounded(body)?;
    std::str::from_utf8(body).map_err(|error| {
        let place = format!("byte {}", error.valid_up_to());
        let wrong = DecodeError::new("UTF-8", place);
        if error.error_len().is_none() { wrong.cut_off() } else { wrong }
    })
}

/// The same, where single bytes that are no UTF-8 are no reason to refuse the rest: each becomes `substitute`. Owned
/// where there were such bytes. One character that is cut at the end is a cut body.
pub(crate) fn text_with(body: &[u8], substitute: char) -> Result<Cow<'_, str>, DecodeError> {
    let bytes = bounded(body)?;
    let Err(wrong) = std::str::from_utf8(bytes) else { return text(body).map(Cow::Borrowed) };
    if wrong.error_len().is_none() {
        return text(body).map(Cow::Borrowed);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| substitute));
    }
    Ok(Cow::Owned(text))
}

/// Refuses an answer in Atom, which a server writes that does not know the JSON it was asked for.
pub(crate) fn no_atom(body: &[u8]) -> Result<(), DecodeError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    let leads = || {
        let head = String::from_utf8_lossy(&body[..body.len().min(ATOM_HEAD)]);
        ["feed", "entry"].iter().any(|root| leads_to(&head, &[root]) == Some(true))
    };
    if body.first() != Some(&b'<') || !leads() {
        return Ok(());
    }
    Err(DecodeError::new(
        "JSON, but the server answers in Atom: one that old knows verbose JSON alone, which Generation::Server2013 asks \
         for (--server 2013),",
        "byte 0",
    ))
}

/// Bytes in which the first element of a document stands.
const ATOM_HEAD: usize = 4 << 10;

/// A body of no more bytes than are read, without its byte order mark.
fn bounded(body: &[u8]) -> Result<&[u8], DecodeError> {
    if body.len() > MAX_BYTES {
        return Err(DecodeError::new(format!("at most {MAX_BYTES} bytes"), ""));
    }
    Ok(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
}

/// The mode of a body follows its Content-Type; with verbose ones every server takes every member.
const VERBOSE_BODY: &str = "application/json;odata=verbose;charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_more_than_half_a_gibibyte_is_refused_unread() {
        // The first byte is no text, so that no other is looked at.
        let mut body = vec![0; MAX_BYTES + 1];
        body[0] = 0xff;
        let told = |body: &[u8]| text(body).unwrap_err().to_string();
        assert!(told(&body).contains("at most 536870912 bytes"), "{}", told(&body));
        assert!(told(&body[..MAX_BYTES]).contains("UTF-8"), "{}", told(&body[..MAX_BYTES]));
    }
}
