//! What must hold for any input: the bodies of the fuzz targets, which the tests of the project run too.
//!
//! Each body panics where the sentence above it is not true. Answers are written as text: the status alone on the
//! first line, header lines, a blank line, the body. Where the first line is no status, everything is the body of a
//! 200, so that any saved body is an input.

mod answers;
mod requests;
#[cfg(fuzzing)]
mod rowset_fast;
mod story;
mod texts;

use sharepoint_changes::{
    ListRef, Site,
    http::{HeaderName, HeaderValue, Response},
    uuid::{Uuid, uuid},
};

#[cfg(fuzzing)]
pub use self::rowset_fast::rowset_fast;
pub use self::{
    answers::{batch, changes_fast, changes_json, digest, fault, retry_after, rowset},
    requests::sim_request,
    story::{Story, session_changes, session_items},
    texts::{caml, checkpoint, token},
};

/// The list that everything is about.
const LIST: Uuid = uuid!("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");

fn list() -> ListRef {
    ListRef::Id(LIST)
}

fn site() -> Site {
    Site::new("https://fabrikam.sharepoint.com/sites/ops").expect("an address")
}

/// Reads an input as an answer.
fn answer(input: &[u8]) -> Response<&[u8]> {
    headed(input).unwrap_or_else(|| Response::new(input))
}

fn headed(input: &[u8]) -> Option<Response<&[u8]>> {
    let mut rest = input;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest[..end].trim_ascii();
        rest = &rest[end + 1..];
        Some(line)
    };
    let status: u16 = std::str::from_utf8(line()?).ok()?.parse().ok()?;
    let mut answer = Response::builder().status(status);
    while let Some(line) = line().filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        answer = answer.header(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    answer.body(rest).ok()
}
