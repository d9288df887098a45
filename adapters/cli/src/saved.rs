//! Answers as people save them: in UTF-16, with their headers, or as a JSON string.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Deserialize;

/// The answer in a saved file: its body, and the status and headers that were saved with it. `status` goes before what
/// the file says; without either it is 200.
pub(crate) fn answer(bytes: &[u8], status: Option<StatusCode>) -> Response<Vec<u8>> {
    let text = utf_8(bytes);
    let (head, body) = head(&text);
    let body = inner(body);
    let mut answer = Response::new(body.into_owned());
    *answer.status_mut() = status.or(head.status).unwrap_or(StatusCode::OK);
    *answer.headers_mut() = head.headers;
    answer
}

/// Where a webhook's notification was saved in place of an answer: which lists it says that something changed in, as
/// far as it says.
pub(crate) fn notified(body: &[u8]) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Notification {
        value: Vec<Notice>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Notice {
        #[serde(rename = "subscriptionId")]
        _subscription: String,
        resource: String,
        #[serde(default)]
        site_url: String,
    }
    let body = body.strip_prefix(BOM).unwrap_or(body);
    let notices = serde_json::from_slice::<Notification>(body).ok()?.value;
    let lists = notices.into_iter().map(|notice| format!("{} of {}", notice.resource, notice.site_url));
    Some(lists.collect()).filter(|lists: &Vec<_>| !lists.is_empty())
}

/// UTF-16 with a byte order mark, which is what `>` of some shells writes, as UTF-8.
fn utf_8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let (rest, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        _ => return bytes.into(),
    };
    let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes().into()
}

#[derive(Default)]
struct Head {
    status: Option<StatusCode>,
    headers: HeaderMap,
}

/// The headers before the body, and the body. Of several answers, as of a proxy's before the site's, the last one's.
fn head(text: &[u8]) -> (Head, &[u8]) {
    let (mut last, mut rest) = (Head::default(), text);
    while let Some((head, body)) = one_head(rest) {
        (last, rest) = (head, body);
    }
    (last, rest)
}

/// A head without a status line is one only where data follows: a plain text may hold colons, too.
fn one_head(text: &[u8]) -> Option<(Head, &[u8])> {
    let mut rest = text.strip_prefix(BOM).unwrap_or(text).trim_ascii_start();
    let mut head = Head::default();
    let mut lines = 0;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest[..end].trim_ascii_end();
        rest = &rest[end + 1..];
        match std::str::from_utf8(line).ok()? {
            "" if lines > 0 => break,
            line if lines == 0 && line.starts_with("HTTP/") => {
                head.status = line.split_ascii_whitespace().nth(1)?.parse().ok();
                head.status?;
            }
            line => {
                let (name, value) = line.split_once(':')?;
                let name = HeaderName::try_from(name).ok()?;
                head.headers.append(name, HeaderValue::try_from(value.trim()).ok()?);
            }
        }
        lines += 1;
    }
    let data = rest.trim_ascii_start();
    (head.status.is_some() || data.starts_with(b"{") || is_answer(data)).then_some((head, rest))
}

/// The answer inside a JSON string, once or more often quoted.
fn inner(body: &[u8]) -> Cow<'_, [u8]> {
    let mut body = Cow::Borrowed(body);
    loop {
        let trimmed = body.strip_prefix(BOM).unwrap_or(&body).trim_ascii();
        if !trimmed.starts_with(b"\"") {
            return body;
        }
        match serde_json::from_slice::<String>(trimmed) {
            Ok(text) if is_answer(text.trim_ascii_start().as_bytes()) => body = text.into_bytes().into(),
            _ => return body,
        }
    }
}

/// Whether a text begins as the body of an answer does.
fn is_answer(text: &[u8]) -> bool {
    matches!(text, [b'{' | b'[' | b'<' | b'"', ..] | [b'-', b'-', ..])
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8]) -> String {
        String::from_utf8(answer(bytes, None).into_body()).unwrap()
    }

    #[test]
    fn utf_16_with_its_mark_is_read_in_both_orders() {
        let text = "{\"a\":\"Größe 😀\"}\r\n";
        let little: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!((body(&little), body(&big)), (text.to_owned(), text.to_owned()));
        assert_eq!(body(b"\xff\xfe{\0\0\xd8}\0"), "{\u{fffd}}", "half a pair");
    }

    #[test]
    fn headers_before_a_body_are_the_answers() {
        let text = "HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 429 \r\nRetry-After: 7\r\n\r\n{}\r\n";
        let found = answer(text.as_bytes(), None);
        assert_eq!((found.status().as_u16(), &found.headers()["retry-after"]), (429, &"7".parse().unwrap()));
        assert_eq!(found.body(), b"{}\r\n");
        assert_eq!(answer(text.as_bytes(), Some(StatusCode::OK)).status(), 200);
        let bare = answer(b"Content-Type: application/json\nDate: x\n\n{}", None);
        assert_eq!((&bare.headers()["date"], &bare.body()[..]), (&"x".parse().unwrap(), &b"{}"[..]));
        for whole in [
            "Error: no\n\nsee there",
            "a: b",
            "404 FILE NOT FOUND",
            "{\"a\":\n\n1}",
            "\n\n{}",
            "HTTP/1.1 x\n\n",
        ] {
            assert_eq!(body(whole.as_bytes()), whole);
        }
    }

    #[test]
    fn a_string_around_a_body_goes_and_other_strings_stay() {
        assert_eq!(body(br#" "{\"a\":\"b\"}" "#), r#"{"a":"b"}"#);
        assert_eq!(body(br#""\"<a/>\"""#), "<a/>");
        for whole in [r#""hello""#, r#""{"#, r#"["{}"]"#] {
            assert_eq!(body(whole.as_bytes()), whole);
        }
    }

    #[test]
    fn a_notification_tells_its_lists_and_a_page_of_changes_is_none() {
        let one =
            br#"{"value":[{"subscriptionId":"a","clientState":"s","resource":"l","siteUrl":"/sites/a"}]}"#;
        assert_eq!(notified(one), Some(vec!["l of /sites/a".to_owned()]));
        for other in ["{\"value\":[]}", "{\"value\":[{\"ChangeType\":1}]}", "{}", ""] {
            assert_eq!(notified(other.as_bytes()), None);
        }
    }
}
