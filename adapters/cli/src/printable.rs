//! Text of others on a terminal: what would command it, or would not be seen, is written out.

use std::fmt::{self, Write};

/// A text on one line: control characters, line breaks, and characters that are not seen but change what is seen
/// (overrides of direction, joiners, fillers) stand as they are written in Rust: `\n`, `\u{202e}`.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

/// The same for whatever is printed, its lines kept: the last sieve before a terminal.
pub(crate) struct Screen<T>(pub(crate) T);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0, |_| false)
    }
}

impl<T: fmt::Display> fmt::Display for Screen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Sieve(f), "{}", self.0)
    }
}

struct Sieve<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Sieve<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(self.0, text, |char| char == '\n')
    }
}

fn write(f: &mut fmt::Formatter<'_>, text: &str, kept: impl Fn(char) -> bool) -> fmt::Result {
    let mut rest = text;
    while let Some((at, char)) = rest.char_indices().find(|(_, char)| !is_seen(*char) && !kept(*char)) {
        f.write_str(&rest[..at])?;
        write!(f, "{}", char.escape_default())?;
        rest = &rest[at + char.len_utf8()..];
    }
    f.write_str(rest)
}

/// Whether a character is seen, or is a space. What is not is told by the standard library's tables, and by a few
/// letters that are drawn as nothing; accents that combine, and the selectors of emoji, are seen with what they follow.
fn is_seen(char: char) -> bool {
    if char.is_ascii() {
        return !char.is_ascii_control();
    }
    if UNSEEN.contains(&char) {
        return false;
    }
    if char.is_whitespace() {
        return !LINE_BREAKS.contains(&char);
    }
    // Behind another character, so that one that combines is not taken for one that is not seen.
    let mut behind = [b'a'; 5];
    let length = 1 + char.encode_utf8(&mut behind[1..]).len();
    let text = std::str::from_utf8(&behind[..length]).unwrap_or_default();
    text.escape_debug().count() == 2
}

/// Next line, and the separators of lines and paragraphs.
const LINE_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
/// The grapheme joiner, vowels that are not written, and fillers.
const UNSEEN: [char; 7] = ['\u{34f}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{3164}', '\u{ffa0}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        let name = "a\u{1b}[2Jb\nc\u{9b}31m\u{85}\r\u{7f}é";
        assert_eq!(Printable(name).to_string(), r"a\u{1b}[2Jb\nc\u{9b}31m\u{85}\r\u{7f}é");
        assert_eq!(Screen(name).to_string(), "a\\u{1b}[2Jb\nc\\u{9b}31m\\u{85}\\r\\u{7f}é");
    }

    #[test]
    fn what_is_not_seen_is_written_out() {
        let mut unseen =
            vec!['\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}', '\u{fff9}', '\u{e0041}', '\u{e000}'];
        unseen.extend('\u{200b}'..='\u{200f}');
        unseen.extend('\u{2028}'..='\u{202e}');
        unseen.extend('\u{2060}'..='\u{206f}');
        unseen.extend(UNSEEN);
        for char in unseen {
            let escaped = format!("a\\u{{{:x}}}b", u32::from(char));
            assert_eq!(Printable(&format!("a{char}b")).to_string(), escaped);
            assert_eq!(Screen(format!("a{char}b")).to_string(), escaped);
        }
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "Dave's \"R&D\" \\ 100%",
            "Größe, e\u{301}te\u{301}, «\u{a0}prix\u{202f}»",
            "日本語\u{3000}テスト",
            "नमस्ते सर्वेभ्यः",
            "שלום عالم",
            "👍\u{fe0f} 😀",
        ] {
            assert_eq!(Printable(text).to_string(), text);
            assert_eq!(Screen(text).to_string(), text);
        }
    }
}
