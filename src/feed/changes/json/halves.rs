//! Halves of surrogate pairs that stand alone in a JSON text. They are no characters: a text that was cut in the middle
//! of one has one, and no reader of text takes it.

use std::borrow::Cow;

/// The same JSON with U+FFFD in the place of each half that stands alone (`\ud83d` becomes `\ufffd`). Nothing changes
/// its length or its place.
pub(super) fn replaced(json: &str) -> Cow<'_, str> {
    let mut owned: Option<Vec<u8>> = None;
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += offset;
        let Some(code) = escaped(&bytes[at..]) else {
            // An escape of another kind, whose letter may be a backslash.
            at = bytes.len().min(at + 2);
            continue;
        };
        let is_pair = HIGH.contains(&code)
            && bytes.get(at + ESCAPE..).and_then(escaped).is_some_and(|low| LOW.contains(&low));
        if is_pair {
            at += ESCAPE;
        } else if HIGH.contains(&code) || LOW.contains(&code) {
            let text = owned.get_or_insert_with(|| bytes.to_vec());
            text[at..at + ESCAPE].copy_from_slice(br"\ufffd");
        }
        at += ESCAPE;
    }
    match owned.map(String::from_utf8) {
        // An escape is ASCII, and so is what takes its place.
        Some(Ok(text)) => Cow::Owned(text),
        _ => Cow::Borrowed(json),
    }
}

/// The code of an escape such as `\ud83d`, which a text begins with.
fn escaped(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.first_chunk::<4>()?;
    digits
        .iter()
        .try_fold(0, |code, digit| Some(code * 16 + u16::try_from(char::from(*digit).to_digit(16)?).ok()?))
}

/// Bytes of such an escape.
const ESCAPE: usize = br"\ud83d".len();
/// The first halves of pairs, and the second ones.
const HIGH: std::ops::RangeInclusive<u16> = 0xD800..=0xDBFF;
const LOW: std::ops::RangeInclusive<u16> = 0xDC00..=0xDFFF;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_replaced_and_pairs_and_escaped_backslashes_are_not() {
        for (json, mended) in [
            (r#""a \ud83d""#, r#""a \ufffd""#),
            (r#""\uDE00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\u0041\n\udc00é""#, r#""\ufffd\u0041\n\ufffdé""#),
        ] {
            assert_eq!(replaced(json), mended);
            assert!(serde_json::from_str::<String>(&replaced(json)).is_ok());
        }
        for json in ["", r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9\\\"x""#, "\"\\", "\"\\ud8", "{}"] {
            assert!(matches!(replaced(json), Cow::Borrowed(same) if same == json), "{json}");
        }
    }
}
