//! The fast reader of a page: it guesses what servers write, and gives up where they wrote something else.
//!
//! Its reason: servers write the same members in the same order, and the same ids again and again. Asking for exactly
//! that reads a page several times as fast as looking at each member's name, and a drain of a log is made of such
//! pages. A row that is not as guessed goes to the plain reader, a page that is not goes there as a whole. So nothing
//! is decided here: what this reader takes the plain one takes too, with the same values, and it alone words errors.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    change::{Change, ChangeKind, ChangedFile, ChangedFolder, ChangedItem, ChangedObject},
    token::{ChangeToken, TokenScope},
};

/// Reads the rows of a page, as [`plain`](super::plain) does; `None` where the page is not as guessed.
pub(super) fn read(text: &str, keep_raw: bool, most: usize) -> Option<Vec<Change>> {
    let mut reader = Reader::new(text);
    let end = reader.begin()?;
    let mut changes = Vec::new();
    if reader.rest == end.as_bytes() {
        return Some(changes);
    }
    loop {
        (changes.len() < most).then_some(())?;
        let before = reader.rest.len();
        let mut change = reader.row(keep_raw)?;
        let length = before - reader.rest.len();
        if keep_raw && change.raw.is_none() {
            change.raw = Some(reader.text_from(before)?.get(..length)?.into());
        }
        if changes.is_empty() {
            // The others are about as long; an eighth more is room for shorter ones.
            changes.reserve_exact((1 + reader.rest.len() / length * 9 / 8).min(most));
        }
        changes.push(change);
        if reader.lit(b",").is_none() {
            return (reader.rest == end.as_bytes()).then_some(changes);
        }
    }
}

/// Where the reader stands, and what it met last. Every method reads what it says and stands behind it, or answers
/// `None`; where it stands then is of no use but to whom kept the place before.
struct Reader<'a> {
    text: &'a str,
    rest: &'a [u8],
    site: Guid<'a>,
    list: Guid<'a>,
    web: Guid<'a>,
    log: Log<'a>,
    day: Day<'a>,
    /// Room for a text with escapes.
    unescaped: String,
}

/// A GUID between its quotes.
struct Guid<'a> {
    text: &'a [u8; 38],
    value: Uuid,
}

/// A token up to its ticks, behind its quote: `1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;`.
struct Log<'a> {
    text: &'a [u8; 41],
    scope: TokenScope,
    id: Uuid,
}

/// A date behind its quote, and the second its day begins.
struct Day<'a> {
    text: &'a [u8; 11],
    second: i64,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        // What was met last is the truth from the beginning: each text stands beside what it means.
        let nil = || Guid { text: br#""00000000-0000-0000-0000-000000000000""#, value: Uuid::nil() };
        let log = Log {
            text: b"1;3;00000000-0000-0000-0000-000000000000;",
            scope: TokenScope::List,
            id: Uuid::nil(),
        };
        Reader {
            text,
            rest: text.as_bytes(),
            site: nil(),
            list: nil(),
            web: nil(),
            log,
            day: Day { text: b"\"1970-01-01", second: 0 },
            unescaped: String::new(),
        }
    }

    /// Reads up to the first row; answers with what ends the page.
    fn begin(&mut self) -> Option<&'static str> {
        if self.lit(br#"{"d":{"results":["#).is_some() {
            return Some("]}}");
        }
        if self.lit(br#"{"odata.metadata":"#).is_some() {
            self.string()?;
            self.lit(br#","value":["#)?;
        } else {
            self.lit(br#"{"value":["#)?;
        }
        Some("]}")
    }

    fn row(&mut self, keep_raw: bool) -> Option<Change> {
        let start = self.rest;
        self.guessed().or_else(|| {
            self.rest = start;
            self.plain(keep_raw)
        })
    }

    /// A row as the plain reader reads it, wherever it stands.
    fn plain(&mut self, keep_raw: bool) -> Option<Change> {
        let text = self.text_from(self.rest.len())?;
        // A blank would not be part of the row's own text.
        text.starts_with('{').then_some(())?;
        let row = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>().next()?.ok()?.get();
        let (change, _) = super::change(row, keep_raw, false, None).ok()?;
        self.rest = &self.rest[row.len()..];
        Some(change)
    }

    /// A row as servers write it.
    fn guessed(&mut self) -> Option<Change> {
        let type_name = self.head()?;
        let token = self.token()?;
        self.lit(br#"},"ChangeType":"#)?;
        let kind = ChangeKind::from_code(self.int()?);
        self.lit(br#","SiteId":"#)?;
        let site_id = self.known_guid(|reader| &mut reader.site)?;
        self.lit(br#","Time":"#)?;
        let time = self.time()?;
        let object = self.object(type_name)?;
        self.lit(b"}")?;
        let (relative_time, undeclared, unreadable) = (None, Vec::new(), Vec::new());
        Some(Change { token, kind, site_id, time, relative_time, object, undeclared, unreadable, raw: None })
    }

    /// Reads up to the token; answers with the name of the row's type, which not every mode tells.
    fn head(&mut self) -> Option<Option<&'a str>> {
        if self.lit(br#"{"__metadata":{"id":"#).is_some() {
            let id = self.string()?;
            self.lit(br#","uri":""#)?;
            self.rest = self.rest.strip_prefix(id.as_bytes())?;
            self.lit(br#"","type":"#)?;
            let name = self.string()?;
            self.lit(br#"},"ChangeToken":{"__metadata":{"type":"SP.ChangeToken"},"StringValue":"#)?;
            return Some(Some(name));
        }
        let mut name = None;
        if self.lit(br#"{"odata.type":"#).is_some() {
            name = Some(self.string()?);
            self.lit(br#","odata.id":"#)?;
            self.string()?;
            self.lit(br#","odata.editLink":"#)?;
            self.string()?;
            self.lit(br#","ChangeToken":{"StringValue":"#)?;
        } else {
            self.lit(br#"{"ChangeToken":{"StringValue":"#)?;
        }
        Some(name)
    }

    /// The members of one type, which is the one named where one is named.
    fn object(&mut self, type_name: Option<&str>) -> Option<ChangedObject> {
        let is = |name| type_name.is_none_or(|named| named == name).then_some(());
        if self.lit(br#","Editor":"#).is_some() {
            is("SP.ChangeItem")?;
            return self.item();
        }
        if self.lit(br#","UniqueId":"#).is_some() {
            let unique_id = self.guid()?.value;
            let web_id = self.web_id()?;
            return match type_name {
                Some("SP.ChangeFile") => Some(ChangedObject::File(ChangedFile { unique_id, web_id })),
                Some("SP.ChangeFolder") => {
                    let is_recycle_bin_operation = None;
                    Some(ChangedObject::Folder(ChangedFolder { unique_id, web_id, is_recycle_bin_operation }))
                }
                Some(_) => None,
                None => Some(ChangedObject::FileOrFolder(ChangedFile { unique_id, web_id })),
            };
        }
        if self.lit(br#","ViewId":"#).is_some() {
            is("SP.ChangeView")?;
            let view_id = self.guid()?.value;
            return Some(ChangedObject::View { view_id, list_id: self.list_id()?, web_id: self.web_id()? });
        }
        is("SP.ChangeWeb")?;
        Some(ChangedObject::Web { web_id: self.web_id()? })
    }

    /// An item from its editor on.
    fn item(&mut self) -> Option<ChangedObject> {
        let editor = self.value()?;
        self.lit(br#","EditorEmailHint":"#)?;
        let editor_email_hint = self.value()?;
        self.lit(br#","ItemId":"#)?;
        let item_id = self.int()?;
        let list_id = self.list_id()?;
        self.lit(br#","ServerRelativeUrl":"#)?;
        let server_relative_url = self.value()?;
        self.lit(br#","SharedByUser":null,"SharedWithUsers":null,"UniqueId":"#)?;
        let unique_id = Some(self.guid()?.value);
        let web_id = self.web_id()?;
        Some(ChangedObject::Item(ChangedItem {
            item_id,
            list_id,
            web_id,
            unique_id,
            editor,
            editor_email_hint,
            server_relative_url,
            details: None,
        }))
    }

    fn list_id(&mut self) -> Option<Uuid> {
        self.lit(br#","ListId":"#)?;
        self.known_guid(|reader| &mut reader.list)
    }

    fn web_id(&mut self) -> Option<Uuid> {
        self.lit(br#","WebId":"#)?;
        self.known_guid(|reader| &mut reader.web)
    }

    /// A GUID that is mostly the one met last in this place.
    fn known_guid(&mut self, place: impl Fn(&mut Self) -> &mut Guid<'a>) -> Option<Uuid> {
        let (text, rest) = self.rest.split_first_chunk()?;
        if place(self).text != text {
            *place(self) = self.guid()?;
        }
        self.rest = rest;
        Some(place(self).value)
    }

    /// A GUID with hyphens and without braces.
    fn guid(&mut self) -> Option<Guid<'a>> {
        let (text, rest) = self.rest.split_first_chunk::<38>()?;
        let [b'"', digits @ .., b'"'] = text else { return None };
        self.rest = rest;
        Some(Guid { text, value: Uuid::try_parse_ascii(digits).ok()? })
    }

    /// A token in the form its parts render to.
    fn token(&mut self) -> Option<ChangeToken> {
        self.lit(b"\"")?;
        let (log, rest) = self.rest.split_first_chunk()?;
        if self.log.text != log {
            let start = self.rest;
            let token = ChangeToken::new(self.run()?).ok()?;
            token.is_canonical().then_some(())?;
            self.log = Log { text: log, scope: token.scope(), id: token.id() };
            self.rest = start;
        }
        self.rest = rest;
        let ticks = self.digits()?;
        self.lit(b";")?;
        let number = self.digits()?;
        self.lit(b"\"")?;
        Some(ChangeToken::from_parts(self.log.scope, self.log.id, ticks, number))
    }

    /// A time in UTC, with or without a fraction.
    fn time(&mut self) -> Option<Timestamp> {
        let (text, rest) = self.rest.split_first_chunk::<20>()?;
        let (day, clock) = text.split_first_chunk()?;
        if self.day.text != day {
            self.day = Day { text: day, second: begin_of(day)? };
        }
        let &[b'T', h, hour, b':', m, minute, b':', s, second] = clock else { return None };
        let (hour, minute, second) = (number(&[h, hour])?, number(&[m, minute])?, number(&[s, second])?);
        (hour < 24 && minute < 60 && second < 60).then_some(())?;
        self.rest = rest;
        let mut nanosecond = 0;
        if self.lit(b".").is_some() {
            let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let fraction = self.rest.get(..length).filter(|digits| (1..=9).contains(&digits.len()))?;
            nanosecond = fraction.iter().chain([b'0'; 9].iter()).take(9).try_fold(0, add_digit)?;
            self.rest = &self.rest[length..];
        }
        self.lit(b"Z\"")?;
        let second = self.day.second + i64::from(hour * 3_600 + minute * 60 + second);
        Timestamp::new(second, nanosecond).ok()
    }

    /// A number as JSON writes it, that is not negative.
    fn int(&mut self) -> Option<i32> {
        self.digits().and_then(|number| number.try_into().ok())
    }

    /// A number without sign and leading zero, of at most eighteen digits.
    fn digits(&mut self) -> Option<i64> {
        let mut number = 0_i64;
        let mut length = 0;
        while let Some(digit) =
            self.rest.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            // Nineteen digits are refused below, and cannot overflow before.
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            length += 1;
        }
        let leads = self.rest.first() == Some(&b'0') && length > 1;
        ((1..=18).contains(&length) && !leads).then_some(())?;
        self.rest = &self.rest[length..];
        Some(number)
    }

    /// A text that may be null; both that and an empty one mean that there is none.
    fn value(&mut self) -> Option<Option<Box<str>>> {
        if self.lit(b"null").is_some() || self.lit(br#""""#).is_some() {
            return Some(None);
        }
        self.lit(b"\"")?;
        let text = self.run()?;
        if self.lit(b"\"").is_some() {
            return Some(Some(text.into()));
        }
        self.unescaped.clear();
        self.unescaped.push_str(text);
        while self.lit(b"\"").is_none() {
            let character = self.escape()?;
            self.unescaped.push(character);
            let text = self.run()?;
            self.unescaped.push_str(text);
        }
        Some(Some(self.unescaped.as_str().into()))
    }

    /// A character that is written as an escape, other than one of two halves.
    fn escape(&mut self) -> Option<char> {
        let (&[b'\\', letter], rest) = self.rest.split_first_chunk()? else { return None };
        self.rest = rest;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (digits, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                let add = |code, digit: &u8| Some(code * 16 + char::from(*digit).to_digit(16)?);
                char::from_u32(digits.iter().try_fold(0, add)?)?
            }
            _ => return None,
        })
    }

    /// A string without escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.lit(b"\"")?;
        let text = self.run()?;
        self.lit(b"\"")?;
        Some(text)
    }

    /// The part of a string up to its end or to an escape.
    fn run(&mut self) -> Option<&'a str> {
        let text = self.text_from(self.rest.len())?.get(..plain_length(self.rest))?;
        self.rest = &self.rest[text.len()..];
        Some(text)
    }

    /// Exactly this.
    fn lit<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        let (first, rest) = self.rest.split_first_chunk()?;
        (first == text).then(|| self.rest = rest)
    }

    /// The page's text from where so many bytes remained.
    fn text_from(&self, remaining: usize) -> Option<&'a str> {
        self.text.get(self.text.len() - remaining..)
    }
}

/// How many bytes stand before the first quote, backslash or control character.
fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    // The high bit of every byte that is below the limit; above the lowest such byte others may be set wrongly.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & (ONES * 0x80);
    let (words, rest) = text.as_chunks();
    for (n, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let found = is(b'"') | is(b'\\') | below(word, 0x20);
        if found != 0 {
            return n * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    text.len() - rest.len() + rest.iter().position(ends).unwrap_or(rest.len())
}

/// The second at which the day begins that a quote and a date name.
fn begin_of(text: &[u8; 11]) -> Option<i64> {
    let &[b'"', y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = number(&[y1, y2, y3, y4])?.try_into().ok()?;
    let (month, day) = (number(&[m1, m2])?.try_into().ok()?, number(&[d1, d2])?.try_into().ok()?);
    let day = civil::Date::new(year, month, day).ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The number that a few digits write.
fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, add_digit)
}

fn add_digit(number: i32, digit: &u8) -> Option<i32> {
    digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0'))
}

#[cfg(test)]
mod tests;
