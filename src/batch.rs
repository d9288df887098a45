//! `$batch` answers: many answers in one body.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use crate::{
    error::DecodeError,
    fault::{REQUEST_IDS, request_id},
};

/// Takes a `$batch` answer apart: one answer a part, in the order of the requests, statuses and all.
///
/// The boundary is that of the `Content-Type`, or else the first line of the body, so that a saved body can be read
/// without its headers. Lines end in CRLF or LF. A boundary counts at the start of a line only. SharePoint answers
/// flat; a multipart part inside is taken apart too, in place. At most [`MAX_PARTS`] parts are read, a hundred being
/// what a batch may ask.
///
/// Each part has its own headers, and the outer answer's `SPRequestGuid` (one for the whole exchange) and `Date`
/// where it does not have them itself. Each may be a fault of its own: the outer status is 200 even if all of them
/// are. An outer answer that is not a success is no batch; ask [`fault::read`](crate::fault::read) first.
///
/// # Errors
/// Where the body is no `$batch` answer, a part cannot be read, or the body ends before its last boundary; the last
/// is known as [cut](DecodeError::is_cut).
pub fn read<B: AsRef<[u8]>>(answer: &Response<B>) -> Result<Vec<Response<Vec<u8>>>, DecodeError> {
    let body = answer.body().as_ref();
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut parts = Vec::new();
    let read = match boundary(answer.headers()).or_else(|| first_line(body)) {
        Some(boundary) => multipart(body, &boundary, answer.headers(), &mut parts, 0),
        None => Err(DecodeError::new("a $batch answer, which begins with its boundary", "")),
    };
    match read {
        Ok(()) => Ok(parts),
        Err(error) => Err(error.with_request_id(request_id(answer.headers()))),
    }
}

/// Parts of a `$batch` answer that are read.
pub const MAX_PARTS: usize = 1_000;

fn multipart(
    body: &[u8],
    boundary: &[u8],
    outer: &HeaderMap,
    parts: &mut Vec<Response<Vec<u8>>>,
    depth: usize,
) -> Result<(), DecodeError> {
    let mut lines = Lines { body, at: 0 };
    // What stands before the first boundary is for clients that know no multipart.
    let mut start = loop {
        let (_, end, line) = lines.next().ok_or_else(|| {
            DecodeError::new("the first boundary of a $batch answer", place(parts)).cut_off()
        })?;
        match delimiter(line, boundary) {
            Some(Delimiter::Part) => break end,
            Some(Delimiter::End) => return Ok(()),
            None => {}
        }
    };
    loop {
        let (end, next, delimiter) = loop {
            let (begin, end, line) = lines.next().ok_or_else(|| {
                DecodeError::new("the boundary after a part of the $batch answer", place(parts)).cut_off()
            })?;
            if let Some(delimiter) = delimiter(line, boundary) {
                break (begin, end, delimiter);
            }
        };
        part(&body[start..end], outer, parts, depth)?;
        match delimiter {
            Delimiter::Part => start = next,
            Delimiter::End => return Ok(()),
        }
    }
}

/// Reads what stands between two boundaries: headers, a blank line, and an answer or a multipart body.
fn part(
    bytes: &[u8],
    outer: &HeaderMap,
    parts: &mut Vec<Response<Vec<u8>>>,
    depth: usize,
) -> Result<(), DecodeError> {
    let wrong = |expected: &str, parts: &[_]| DecodeError::new(expected, place(parts));
    let mut lines = Lines { body: bytes, at: 0 };
    let about = headers(&mut lines).ok_or_else(|| wrong("headers of a part", parts))?;
    if let Some(boundary) = boundary(&about) {
        if depth == MAX_DEPTH {
            return Err(wrong("a change set without another one inside", parts));
        }
        return multipart(&bytes[lines.at..], &boundary, outer, parts, depth + 1);
    }
    if parts.len() == MAX_PARTS {
        return Err(wrong("no more than 1000 parts", parts));
    }
    // Some writers leave more than one blank line before the status.
    let status = lines.by_ref().map(|(_, _, line)| line).find(|line| !line.trim_ascii().is_empty());
    let status = status.and_then(status_of).ok_or_else(|| wrong("a status line, HTTP/1.1 200 OK", parts))?;
    let mut own = headers(&mut lines).ok_or_else(|| wrong("headers of an answer", parts))?;
    for name in REQUEST_IDS.iter().copied().chain([header::DATE.as_str()]) {
        if let (Some(value), Ok(name)) = (outer.get(name), HeaderName::try_from(name)) {
            own.entry(name).or_insert_with(|| value.clone());
        }
    }
    // The line break before a boundary belongs to the boundary.
    let body = &bytes[lines.at..];
    let body = body.strip_suffix(b"\n").map_or(body, |body| body.strip_suffix(b"\r").unwrap_or(body));
    let mut answer = Response::new(body.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = own;
    parts.push(answer);
    Ok(())
}

fn status_of(line: &[u8]) -> Option<StatusCode> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let code = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).nth(1)?;
    StatusCode::from_bytes(code.trim_ascii()).ok()
}

/// Header lines up to a blank one or the end; `None` where one of them is none. SharePoint writes the names of the
/// inner ones in upper case.
fn headers(lines: &mut Lines<'_>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (_, _, line) in lines {
        if line.trim_ascii().is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        if headers.len() == MAX_HEADERS {
            return None;
        }
        headers.append(name, value);
    }
    Some(headers)
}

/// The boundary of a multipart `Content-Type`, quoted or not.
fn boundary(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = value.split_once(';')?;
    if !kind.trim().get(..10)?.eq_ignore_ascii_case("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let found = name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty();
        found.then(|| value.as_bytes().to_vec())
    })
}

/// The boundary that a body without a `Content-Type` begins with.
fn first_line(body: &[u8]) -> Option<Vec<u8>> {
    let mut lines = Lines { body, at: 0 }.map(|(_, _, line)| line.trim_ascii());
    let boundary = lines.find(|line| !line.is_empty())?.strip_prefix(b"--")?;
    (!boundary.is_empty()).then(|| boundary.to_vec())
}

enum Delimiter {
    Part,
    End,
}

fn delimiter(line: &[u8], boundary: &[u8]) -> Option<Delimiter> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(Delimiter::Part),
        b"--" => Some(Delimiter::End),
        _ => None,
    }
}

/// Lines with where they begin and where the next one does; the line break is not part of a line.
struct Lines<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (body, begin) = (self.body, self.at);
        let rest = body.get(begin..).filter(|rest| !rest.is_empty())?;
        let (line, end) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(at) => (&rest[..at], begin + at + 1),
            None => (rest, body.len()),
        };
        self.at = end;
        Some((begin, end, line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// The part that is being read, counted from 1.
fn place<T>(parts: &[T]) -> String {
    format!("part {}", parts.len() + 1)
}

/// Change sets stand directly in a batch and hold no others.
const MAX_DEPTH: usize = 1;
const MAX_HEADERS: usize = 100;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BATCH: &str = "--batchresponse_0d9c2f64\r\nContent-Type: application/http\r\n\
        Content-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 404 Not Found\r\n\
        CONTENT-TYPE: application/json;odata=nometadata;streaming=true;charset=utf-8\r\n\r\n\
        {\"odata.error\":{\"code\":\"-2130575338, System.ArgumentException\"}}\r\n\
        --batchresponse_0d9c2f64\r\nContent-Type: application/http\r\n\r\n\
        HTTP/1.1 204 No Content\r\nETAG: \"1\"\r\n\r\n\r\n\
        --batchresponse_0d9c2f64\r\nContent-Type: application/http\r\n\r\n\
        HTTP/1.1 200 OK\r\nCONTENT-TYPE: application/json;odata=verbose;charset=utf-8\r\n\r\n\
        {\"d\":{\"results\":[]}}\r\n--batchresponse_0d9c2f64--\r\n";

    fn batch(body: &str) -> Response<Vec<u8>> {
        Response::new(body.into())
    }

    fn told(body: &str) -> Vec<(u16, String)> {
        let parts = read(&batch(body)).expect("a batch answer");
        parts
            .iter()
            .map(|part| (part.status().as_u16(), String::from_utf8_lossy(part.body()).into()))
            .collect()
    }

    #[test]
    fn parts_come_in_order_with_status_headers_and_body() {
        let error = "{\"odata.error\":{\"code\":\"-2130575338, System.ArgumentException\"}}".to_owned();
        let expected = [(404, error), (204, String::new()), (200, "{\"d\":{\"results\":[]}}".to_owned())];
        assert_eq!(told(BATCH), expected);
        assert_eq!(told(&BATCH.replace('\r', "")), expected, "LF instead of CRLF");
        assert_eq!(told(&format!("\u{FEFF}\r\n{BATCH}")), expected, "a byte order mark and a blank line");
        let parts = read(&batch(BATCH)).expect("a batch answer");
        assert_eq!(parts[1].headers()["etag"], "\"1\"");
        assert_eq!(parts[2].headers()["content-type"], "application/json;odata=verbose;charset=utf-8");
    }

    #[test]
    fn the_boundary_of_the_content_type_goes_before_the_first_line() {
        let body = format!("This is a preamble.\r\n--other\r\n{BATCH}An epilogue.");
        for value in [
            "multipart/mixed; boundary=batchresponse_0d9c2f64",
            "Multipart/Mixed;x=y; BOUNDARY=\"batchresponse_0d9c2f64\"",
        ] {
            let mut answer = batch(&body);
            answer.headers_mut().insert(header::CONTENT_TYPE, value.parse().expect("a header value"));
            assert_eq!(read(&answer).expect("a batch answer").len(), 3, "{value}");
        }
        let error = read(&batch(&body)).expect_err("without a header the preamble is no boundary");
        assert!(!error.is_cut(), "{error}");
    }

    #[test]
    fn a_boundary_counts_at_the_start_of_a_line_and_as_a_whole_line_only() {
        let json = "{\"Title\":\"--b\",\"Body\":\"x --b-- y\",\n \"--b\":1,\n--bc\n--b x\n}";
        let body = format!("--b\nContent-Type: application/http\n\nHTTP/1.1 200 OK\n\n{json}\n--b--  \n");
        assert_eq!(told(&body), [(200, json.to_owned())]);
    }

    #[test]
    fn an_empty_body_needs_no_blank_line() {
        let body = "--b\n\nHTTP/1.1 204 No Content\n--b\n\n\nHTTP/1.1 200\nX: y\n\n--b--";
        assert_eq!(told(body), [(204, String::new()), (200, String::new())]);
    }

    #[test]
    fn a_change_set_inside_is_flattened_in_place_and_one_inside_that_is_refused() {
        let set = "Content-Type: multipart/mixed; boundary=c\n\n--c\n\nHTTP/1.1 201 Created\n\nb\n--c\n\n\
            HTTP/1.1 200 OK\n\nc\n--c--\n";
        let body = format!("--b\n\nHTTP/1.1 200 OK\n\na\n--b\n{set}--b\n\nHTTP/1.1 200 OK\n\nd\n--b--");
        let told: Vec<_> = told(&body).into_iter().map(|(_, body)| body).collect();
        assert_eq!(told, ["a", "b", "c", "d"]);
        let inner = set.replace("boundary=c", "boundary=d").replace("--c", "--d");
        let nested = format!("--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n{inner}--c--\n--b--");
        assert!(read(&batch(&nested)).is_err());
    }

    #[test]
    fn a_body_cut_short_is_never_a_shorter_batch() {
        let whole = BATCH.trim_end().len();
        for end in 0..whole {
            let error = read(&batch(&BATCH[..end])).expect_err("a cut batch");
            // Before the first boundary is complete there is nothing to tell what was cut.
            assert!(error.is_cut() || end < 3, "{end}: {error}");
        }
        assert_eq!(told(&BATCH[..whole]).len(), 3);
        let error = read(&batch(&BATCH[..whole - 10])).expect_err("a cut batch").to_string();
        assert!(error.contains("part 3") && error.contains("ends too early"), "{error}");
    }

    #[test]
    fn what_is_no_batch_is_an_error() {
        for body in [
            "",
            "{}",
            "--",
            "--b\nno header\n\nHTTP/1.1 200\n--b--",
            "--b\n\nHTTP/1.1 abc\n--b--",
            "--b\n--b--",
            "--b\n\n{}\n--b--",
        ] {
            assert!(read(&batch(body)).is_err(), "{body}");
        }
        let many = format!("{}--b--", "--b\n\nHTTP/1.1 204\n\n".repeat(MAX_PARTS + 1));
        assert!(read(&batch(&many)).expect_err("too many").to_string().contains("1000"));
    }

    #[test]
    fn parts_know_the_exchange_they_came_with() {
        let mut answer = batch(BATCH);
        answer.headers_mut().insert("SPRequestGuid", HeaderValue::from_static("84f70ca0-a0fa-3000"));
        answer.headers_mut().insert("Date", HeaderValue::from_static("Wed, 04 Mar 2026 10:15:30 GMT"));
        let parts = read(&answer).expect("a batch answer");
        assert!(parts.iter().all(|part| part.headers()["date"] == "Wed, 04 Mar 2026 10:15:30 GMT"));
        let fault = crate::fault::read(&parts[0]).expect("the first part failed");
        assert_eq!(fault.request_id(), Some("84f70ca0-a0fa-3000"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// What is put into a batch comes out of it, and no bytes panic.
        #[test]
        fn bodies_survive_and_no_bytes_panic(
            bodies in prop::collection::vec("([ -,.-~]|\n[^-]|\r\n[a-z])*", 1..5),
            noise in prop::collection::vec(prop::sample::select(b"-b\r\n: HTTP/1.12".to_vec()), 0..80),
        ) {
            let mut text = String::new();
            for body in &bodies {
                text.push_str(&format!("--b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{body}\r\n"));
            }
            let out: Vec<_> = told(&format!("{text}--b--")).into_iter().map(|(_, body)| body).collect();
            prop_assert_eq!(out, bodies);
            let _ = read(&Response::new([b"--b\n".as_slice(), &noise].concat()));
        }
    }
}
