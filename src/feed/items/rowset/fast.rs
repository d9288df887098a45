//! Rows as servers write them, one behind the other, read without the steps of an XML reader.
//!
//! Its reason is speed: nearly all of an answer is `<z:row ows_A='…' ows_B='…' />`, over and over, with the same
//! columns in the same order. The plain reader looks at each row three times, for its end, for namespaces and for
//! attributes, and at each byte of a value once more. This one looks once: the columns that may come next are tried
//! by comparing their names where the text stands, and a value ends at the first quote.
//!
//! It knows nothing but that. A name not met before, a declaration of a namespace, a blank around `=`, a row with an
//! end tag, a `<` in a value, a column twice, no id: whatever it does not expect, it leaves the row to the plain
//! reader, as if it had never looked at it. So it words no error, and takes nothing the plain reader would not take
//! the same way. It never looks behind the next `<`, so no row is looked at more than once in vain.

use super::{
    MAX_ATTRIBUTES,
    cells::{self, Cells},
};
use crate::item::arena::{Cell, RowHead};

/// What is known of the rows of an answer: the columns in their order, as a ring. A column's place in it is the number
/// of its name plus one; at 0 the ring begins and ends.
#[derive(Debug)]
pub(super) struct Fast {
    ring: Vec<Place>,
}

/// A place in the ring; one that is not in it yet stands between itself and itself.
#[derive(Debug, Clone, Copy)]
struct Place {
    before: u16,
    after: u16,
}

impl Fast {
    pub(super) fn new() -> Self {
        Fast { ring: vec![Place { before: 0, after: 0 }] }
    }

    /// Reads a row, called `name` here, whose tag begins at `start`. Answers with it and where the tag behind it
    /// begins; `None`, with nothing of it kept, where the plain reader has to read it.
    pub(super) fn row(
        &mut self,
        cells: &mut Cells<'_>,
        name: &str,
        start: usize,
    ) -> Option<(RowHead, usize)> {
        let before = cells.mark();
        let row =
            self.attributes(cells, name, start).and_then(|next| Some((cells.row_since(&before)?, next)));
        if row.is_none() {
            cells.back_to(&before);
        }
        row
    }

    /// Reads the tag of a row. Answers with where the next one begins.
    fn attributes(&mut self, cells: &mut Cells<'_>, name: &str, start: usize) -> Option<usize> {
        let bytes = cells.text.as_bytes();
        let mut at = start + 1 + name.len();
        if bytes.get(start + 1..at) != Some(name.as_bytes()) {
            return None;
        }
        cells.element += 1;
        let mut place = 0;
        for _ in 0..=MAX_ATTRIBUTES {
            let behind = at + blanks(&bytes[at..]);
            let is_apart = behind > at;
            at = behind;
            if bytes[at..].starts_with(b"/>") {
                at += "/>".len();
                at += blanks(&bytes[at..]);
                // Text behind a row is for the plain reader, which is to begin at a tag.
                return (bytes.get(at) == Some(&b'<')).then_some(at);
            }
            if !is_apart {
                return None;
            }
            place = self.column(cells, at, place)?;
            let number = place - 1;
            if !cells.is_first(number) {
                return None;
            }
            let start = at + cells.names[usize::from(number)].len() + 1;
            let (cell, len) = value(cells, number, start)?;
            cells.cells.push(cell);
            at = start + len;
        }
        None
    }

    /// The place of the column named at `at`, in a row where the column before it has the place `before`.
    fn column(&mut self, cells: &Cells<'_>, at: usize, before: u16) -> Option<u16> {
        let rest = &cells.text.as_bytes()[at..];
        let mut place = before;
        for _ in 0..GUESSES {
            place = self.ring[usize::from(place)].after;
            let Some(number) = place.checked_sub(1) else { break };
            let name = cells.names[usize::from(number)].as_bytes();
            if rest.get(name.len()) == Some(&b'=') && begins(rest, name) {
                return Some(place);
            }
        }
        self.known(cells, at, before)
    }

    /// The place of a column that was not to be expected at `at`. It is to be expected there from now on.
    #[cold]
    fn known(&mut self, cells: &Cells<'_>, at: usize, before: u16) -> Option<u16> {
        let rest = &cells.text[at..];
        let name = &rest[..rest.find(['=', '<'])?];
        // Where a namespace is declared, the row may be no row.
        if name.starts_with("xmlns") {
            return None;
        }
        let place = cells.number(name)? + 1;
        if place == before {
            return None;
        }
        for alone in (0..=u16::MAX).take(cells.names.len() + 1).skip(self.ring.len()) {
            self.ring.push(Place { before: alone, after: alone });
        }
        self.join(self.ring[usize::from(place)].before, self.ring[usize::from(place)].after);
        let after = self.ring[usize::from(before)].after;
        self.join(before, place);
        self.join(place, after);
        Some(place)
    }

    /// Lets one place follow the other.
    fn join(&mut self, before: u16, after: u16) {
        self.ring[usize::from(before)].after = after;
        self.ring[usize::from(after)].before = before;
    }
}

/// Reads the value of a column, whose quote stands at `start`. Answers with its cell and how long it is with both
/// quotes.
fn value(cells: &mut Cells<'_>, number: u16, start: usize) -> Option<(Cell, usize)> {
    let (&quote, raw) = cells.text.as_bytes()[start..].split_first()?;
    // The quote and the ampersand, told by one comparison: they differ in this bit alone.
    let bit = match quote {
        b'\'' => b'\'' ^ b'&',
        b'"' => b'"' ^ b'&',
        _ => return None,
    };
    let mut len = usual(raw, bit)?;
    let cell = if raw[len] == quote {
        cells::plain(number, start + 1, len)
    } else {
        len += raw[len..].iter().position(|byte| *byte == quote || *byte == b'<')?;
        if raw[len] == b'<' {
            return None;
        }
        cells.value(number, start + 1, len).ok()?
    };
    Some((cell, len + 2))
}

/// How far a value goes on without the quote or the ampersand, which differ in `bit`, and without all else that is
/// not text by itself: `<`, control characters, and what U+FFFE and U+FFFF begin with. Eight bytes at a time.
fn usual(raw: &[u8], bit: u8) -> Option<usize> {
    // The highest bit of each byte that is zero, or comes behind one that is.
    let zero = |eight: u64| eight.wrapping_sub(each(0x01)) & !eight & each(0x80);
    let (chunks, rest) = raw.as_chunks::<8>();
    for (n, chunk) in chunks.iter().enumerate() {
        let eight = u64::from_le_bytes(*chunk);
        let ends = zero((eight | each(bit)) ^ each(b'&' | bit))
            | zero(eight ^ each(b'<'))
            | zero(eight ^ each(0xEF))
            | (eight.wrapping_sub(each(0x20)) & !eight & each(0x80));
        if ends != 0 {
            return Some(8 * n + ends.trailing_zeros() as usize / 8);
        }
    }
    // A page does not end in a value.
    let ends = |byte: &u8| *byte | bit == b'&' | bit || matches!(byte, 0..0x20 | b'<' | 0xEF);
    Some(raw.len() - rest.len() + rest.iter().position(ends)?)
}

/// Eight times the same byte.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Whether a text begins with a name: eight bytes at a time, which is quicker for what is short than a call.
fn begins(text: &[u8], name: &[u8]) -> bool {
    let Some(text) = text.get(..name.len()) else { return false };
    let Some(end) = name.last_chunk::<8>() else { return text == name };
    let mut pairs = text.as_chunks::<8>().0.iter().zip(name.as_chunks::<8>().0);
    text.ends_with(end) && pairs.all(|(text, name)| text == name)
}

/// How many blanks a text begins with.
pub(super) fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// Columns that are tried before one is looked up: the next one, and those behind it where it has no value.
const GUESSES: usize = 4;

#[cfg(test)]
mod tests;
