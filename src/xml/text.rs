//! The characters and references of XML texts: how they are written, and how they are read where a server wrote what
//! XML forbids.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;

/// Whether XML 1.0 allows a character in a document at all (production `Char`).
pub(crate) fn is_char(char: char) -> bool {
    !matches!(char, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether a text could be the name of an element or an attribute, prefix and all. Which letters beyond ASCII may
/// stand in one is not looked at.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && leading_name(text) == text
}

/// Whether a text is the name of an element or an attribute, to the letter: what is written must be read by others
/// (XML 1.0, 2.3; Namespaces in XML 1.0, 4).
pub(crate) fn is_exact_name(text: &str) -> bool {
    let begins = |char: char| {
        matches!(char, 'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
    };
    let goes_on = |char: char| {
        begins(char)
            || matches!(char, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
    };
    let (prefix, local) = text.split_once(':').map_or((None, text), |(prefix, local)| (Some(prefix), local));
    prefix.into_iter().chain([local]).all(|part| part.starts_with(begins) && part.chars().all(goes_on))
}

/// The name a text begins with; empty where it begins with none.
pub(crate) fn leading_name(text: &str) -> &str {
    let letter = |char: char| char.is_ascii_alphabetic() || char == '_' || !char.is_ascii();
    let inside = |char: char| letter(char) || char.is_ascii_digit() || matches!(char, '-' | '.' | ':');
    let end = text.find(|char| !inside(char)).unwrap_or(text.len());
    if text.starts_with(letter) { &text[..end] } else { "" }
}

/// A text as it stands in an element or an attribute; line ends and tabs survive too. What XML cannot hold stays as
/// it is and has to be refused before.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let escaped = quick_xml::escape::escape(text);
    if escaped.contains(['\t', '\n']) {
        Cow::Owned(escaped.replace('\t', "&#9;").replace('\n', "&#10;"))
    } else {
        escaped
    }
}

/// Whether a raw text is its own value: no markup, no reference, no white space to normalise, nothing that XML
/// forbids.
pub(crate) fn is_plain(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let odd = |(at, byte): (usize, &u8)| match *byte {
        0..=0x1F | b'&' | b'<' => true,
        // U+FFFE and U+FFFF begin as many a legal character does.
        0xEF => matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
        _ => false,
    };
    !bytes.iter().enumerate().any(odd)
}

/// What a raw text is a part of: XML reads the white space of the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The value of an attribute: a line end or a tab is a blank.
    Attribute,
    /// The text of an element: every line end is a line feed.
    Element,
}

/// Why a raw text has no value, with the offset in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadText {
    /// A `<`, which no value may hold.
    Markup(usize),
    /// An `&` that begins no reference, or one to an entity that XML does not predefine.
    Reference(usize),
}

/// Appends the value of a raw text. A character that XML forbids, raw or by its number, becomes U+FFFD and is told
/// to `illegal` with its offset and number.
pub(crate) fn unescape(
    raw: &str,
    part: Part,
    to: &mut String,
    mut illegal: impl FnMut(usize, u32),
) -> Result<(), BadText> {
    let mut at = 0;
    while let Some(offset) =
        raw[at..].find(|char| matches!(char, '<' | '&' | '\r' | '\n' | '\t') || !is_char(char))
    {
        to.push_str(&raw[at..at + offset]);
        at += offset;
        let rest = &raw[at..];
        match rest.as_bytes()[0] {
            b'<' => return Err(BadText::Markup(at)),
            b'&' => {
                let end = rest.find(';').ok_or(BadText::Reference(at))?;
                match rest[1..end].strip_prefix('#') {
                    Some(number) => match code(number).ok_or(BadText::Reference(at))? {
                        (_, Some(char)) => to.push(char),
                        (code, None) => match second_half(code, &rest[end + 1..]) {
                            Some((char, len)) => {
                                to.push(char);
                                at += len;
                            }
                            None => {
                                illegal(at, code);
                                to.push(char::REPLACEMENT_CHARACTER);
                            }
                        },
                    },
                    None => {
                        let value = resolve_predefined_entity(&rest[1..end]).ok_or(BadText::Reference(at))?;
                        to.push_str(value);
                    }
                }
                at += end + 1;
            }
            white @ (b'\r' | b'\n' | b'\t') => {
                to.push(match (part, white) {
                    (Part::Attribute, _) => ' ',
                    (Part::Element, b'\t') => '\t',
                    (Part::Element, _) => '\n',
                });
                at += if rest.starts_with("\r\n") { 2 } else { 1 };
            }
            _ => {
                let forbidden = rest.chars().next().unwrap_or_default();
                illegal(at, u32::from(forbidden));
                to.push(char::REPLACEMENT_CHARACTER);
                at += forbidden.len_utf8();
            }
        }
    }
    to.push_str(&raw[at..]);
    Ok(())
}

/// The character of a surrogate pair that is written as two references (`&#55357;&#56832;`), of which the first has
/// this number and the second begins the text; and how long that one is. XML forbids them, and some writers that
/// know only UTF-16 make them.
fn second_half(first: u32, text: &str) -> Option<(char, usize)> {
    let first = first.checked_sub(0xD800).filter(|first| *first < 0x400)?;
    let end = text.bytes().take(LONGEST_HALF).position(|byte| byte == b';')?;
    let (second, _) = code(text[..end].strip_prefix("&#")?)?;
    let second = second.checked_sub(0xDC00).filter(|second| *second < 0x400)?;
    Some((char::from_u32(0x1_0000 + (first << 10) + second)?, end + 1))
}

/// How much of a text is one piece that begins as long as this: the reference to the first half of a surrogate pair
/// belongs to the one behind it.
pub(crate) fn with_second_half(text: &str, len: usize) -> usize {
    let reference = text[..len].strip_prefix("&#").and_then(|rest| rest.strip_suffix(';'));
    let first = reference.and_then(code).map_or(0, |(code, _)| code);
    len + second_half(first, &text[len..]).map_or(0, |(_, len)| len)
}

/// Bytes of a reference to a half of a surrogate pair, with some zeros before its number.
const LONGEST_HALF: usize = 16;

/// The number of a character reference (`x41` or `65`), and its character where XML allows one of that number; a
/// number beyond 32 bits counts as the highest.
fn code(number: &str) -> Option<(u32, Option<char>)> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.chars().all(|char| char.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    Some((code, char::from_u32(code).filter(|char| is_char(*char))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(raw: &str, part: Part) -> (Result<String, BadText>, Vec<(usize, u32)>) {
        let (mut text, mut illegal) = (String::new(), Vec::new());
        let read = unescape(raw, part, &mut text, |at, code| illegal.push((at, code)));
        (read.map(|()| text), illegal)
    }

    #[test]
    fn references_are_read_and_what_is_written_reads_back() {
        assert_eq!(
            value("a &amp; b &lt;&gt;&quot;&apos; &#65;&#x1F600;", Part::Attribute).0.as_deref(),
            Ok("a & b <>\"' A😀")
        );
        for text in ["", "Bridge & ramp", "<'\"> ]]>", "a\r\nb\tc\n", "ä😀\u{FEFF}"] {
            for part in [Part::Attribute, Part::Element] {
                assert_eq!(value(&escape(text), part), (Ok(text.to_owned()), Vec::new()));
            }
        }
    }

    #[test]
    fn white_space_is_normalised_as_xml_says() {
        assert_eq!(value("a\r\nb\rc\nd\te", Part::Attribute).0.as_deref(), Ok("a b c d e"));
        assert_eq!(value("a\r\nb\rc\nd\te", Part::Element).0.as_deref(), Ok("a\nb\nc\nd\te"));
        assert_eq!(value("&#13;&#10;&#9;", Part::Attribute).0.as_deref(), Ok("\r\n\t"));
    }

    #[test]
    fn what_xml_forbids_is_replaced_and_told_with_its_place() {
        let (text, illegal) =
            value("a\u{1}b&#0;&#x1F;\u{FFFE}&#xFFFF;&#xD83D;&#99999999999;\u{B}", Part::Attribute);
        assert_eq!(text.unwrap(), "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}");
        let codes: Vec<u32> = illegal.iter().map(|(_, code)| *code).collect();
        assert_eq!(codes, [1, 0, 0x1F, 0xFFFE, 0xFFFF, 0xD83D, u32::MAX, 0xB]);
        let places: Vec<usize> = illegal.iter().map(|(at, _)| *at).collect();
        assert_eq!(places, [1, 3, 7, 13, 16, 24, 32, 46]);
    }

    #[test]
    fn what_has_no_value_is_refused_at_its_place() {
        for (raw, bad) in [
            ("a<b", BadText::Markup(1)),
            ("a&b", BadText::Reference(1)),
            ("ab&nbsp;", BadText::Reference(2)),
            ("&;", BadText::Reference(0)),
            ("&#;", BadText::Reference(0)),
            ("&#x;", BadText::Reference(0)),
            ("&#X41;", BadText::Reference(0)),
            ("&#+65;", BadText::Reference(0)),
            ("&#1a;", BadText::Reference(0)),
        ] {
            assert_eq!(value(raw, Part::Attribute).0, Err(bad), "{raw}");
        }
    }

    #[test]
    fn a_plain_text_is_its_own_value() {
        for plain in ["", "Bridge, ramp", "ä;#😀|\u{FEFF}\u{FFFD}ﾟ", "'\">"] {
            assert!(is_plain(plain), "{plain}");
            assert_eq!(value(plain, Part::Attribute), (Ok(plain.to_owned()), Vec::new()));
        }
        for odd in ["&", "<", "\t", "\n", "\r", "\u{0}", "\u{1F}", "\u{FFFE}", "x\u{FFFF}"] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }

    #[test]
    fn a_name_is_told_from_what_is_none() {
        for name in ["a", "ows_Bid_x0020_Amount", "z:row", "_1", "größe", "a-b.c"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "1a", "-a", ".a", ":a", "a b", "a=", "a'", "a<", "a&b;", "a/"] {
            assert!(!is_name(other), "{other}");
        }
        assert_eq!(
            (leading_name("z:row<z:row"), leading_name("<z:row"), leading_name("")),
            ("z:row", "", "")
        );
    }
}
