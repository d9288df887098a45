//! JSON as the server writes it: by hand, one line, non-ASCII escaped.

use uuid::Uuid;

/// How text and ids are written, by the dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Non-ASCII as `\uXXXX`.
    pub(crate) ascii: bool,
    /// Guids in upper case.
    pub(crate) upper: bool,
    /// Times end with `Z`.
    pub(crate) zulu: bool,
}

/// Appends a string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str, style: Style) {
    out.push(b'"');
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\' && (byte < 0x80 || !style.ascii);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !plain(byte)) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        // A byte that is not plain begins a character: continuation bytes follow one.
        let c = rest[at..].chars().next().unwrap_or_default();
        character(out, c);
        rest = &rest[at + c.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

fn character(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        c => {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        }
    }
}

/// Appends a guid without quotes.
pub(crate) fn guid(out: &mut Vec<u8>, id: Uuid, style: Style) {
    let mut buffer = Uuid::encode_buffer();
    let hyphenated = id.hyphenated();
    let text =
        if style.upper { hyphenated.encode_upper(&mut buffer) } else { hyphenated.encode_lower(&mut buffer) };
    out.extend_from_slice(text.as_bytes());
}

/// Appends a guid with quotes.
pub(crate) fn quoted_guid(out: &mut Vec<u8>, id: Uuid, style: Style) {
    out.push(b'"');
    guid(out, id, style);
    out.push(b'"');
}

/// Appends a moment with quotes.
pub(crate) fn quoted_time(out: &mut Vec<u8>, time: crate::Ticks, style: Style) {
    out.push(b'"');
    time.write_iso(out, &mut crate::ticks::Date::default());
    if !style.zulu {
        out.pop();
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Style = Style { ascii: true, upper: false, zulu: true };

    #[test]
    fn strings_read_back_whatever_they_hold() {
        for text in ["", "plain", "a\"b\\c", "tab\tnewline\r\n\u{1}", "Zürich, Größe, 東京, 𝄞", "é"]
        {
            for ascii in [true, false] {
                let mut out = Vec::new();
                string(&mut out, text, Style { ascii, ..ASCII });
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
                assert!(!ascii || out.is_ascii());
            }
        }
    }

    #[test]
    fn guids_and_times_follow_the_style() {
        let mut out = Vec::new();
        quoted_guid(&mut out, Uuid::from_u128(0xab), Style { upper: true, ..ASCII });
        quoted_time(&mut out, crate::Ticks(639_082_161_621_200_000), Style { zulu: false, ..ASCII });
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\"00000000-0000-0000-0000-0000000000AB\"\"2026-03-04T10:16:02.12\"");
    }
}
