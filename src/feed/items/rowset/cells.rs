//! Attributes of one element after the other, as cells of one arena.

use std::borrow::Cow;

use quick_xml::events::attributes::Attributes;

use super::{MAX_ATTRIBUTES, MAX_NAMES, expected, finish::Unreadable};
use crate::{
    error::DecodeError,
    item::{
        IllegalCharacter, MAX_ILLEGAL,
        arena::{Cell, Head, RowHead, Source, Span},
    },
    xml::text::{BadText, Part, is_char, is_name, is_plain, unescape},
};

/// The cells of an answer, while it is read.
pub(super) struct Cells<'a> {
    pub(super) text: &'a str,
    pub(super) names: Vec<&'a str>,
    /// The numbers of the names, rising by name.
    sorted: Vec<u16>,
    /// The name that followed each name when it was last met: mostly the one that follows it again.
    following: Vec<u16>,
    /// The name that was met last.
    last: u16,
    /// The element in which each name was met last.
    met: Vec<u32>,
    pub(super) element: u32,
    pub(super) cells: Vec<Cell>,
    pub(super) extra: String,
    pub(super) illegal: Illegal,
    /// Properties that stand in a row more than once: the first one counts.
    pub(super) doubled: Unreadable,
}

/// How far the cells had come.
#[derive(Debug)]
pub(super) struct Mark {
    cells: usize,
    extra: usize,
    illegal: usize,
    illegal_count: u64,
}

/// Characters that XML forbids, as they are met.
#[derive(Debug, Default)]
pub(super) struct Illegal {
    pub(super) first: Vec<IllegalCharacter>,
    pub(super) count: u64,
}

/// Why the attributes of an element cannot be read.
#[derive(Debug)]
pub(super) enum Trouble {
    /// They are wrong in themselves.
    Flaw { reason: Box<str>, at: usize },
    /// They are more than are read.
    Limit { what: String, at: usize },
}

impl Trouble {
    /// The trouble as one of the whole answer.
    pub(super) fn of(self, element: &str) -> DecodeError {
        match self {
            Trouble::Flaw { reason, at } => expected(format!("an element {element} without {reason}"), at),
            Trouble::Limit { what, at } => expected(what, at),
        }
    }
}

impl<'a> Cells<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Cells {
            text,
            names: Vec::with_capacity(USUAL_NAMES),
            sorted: Vec::with_capacity(USUAL_NAMES),
            following: Vec::with_capacity(USUAL_NAMES),
            last: 0,
            met: Vec::with_capacity(USUAL_NAMES),
            element: 0,
            // Cells are as dense as the shortest columns make them; the estimate is for ordinary ones.
            cells: Vec::with_capacity(text.len() / 32),
            extra: String::new(),
            illegal: Illegal::default(),
            doubled: Unreadable::default(),
        }
    }

    /// Reads the attributes of a row; nothing is left of one that cannot be read, but what it told of illegal
    /// characters.
    pub(super) fn row(&mut self, attributes: &'a str) -> Result<RowHead, Trouble> {
        let before = self.mark();
        let read = self.element(attributes).and_then(|_| {
            self.row_since(&before)
                .ok_or_else(|| Trouble::Flaw { reason: "no ows_ID".into(), at: self.offset(attributes) })
        });
        if read.is_err() {
            self.cells.truncate(before.cells);
            self.extra.truncate(before.extra);
        }
        read
    }

    pub(super) fn mark(&self) -> Mark {
        let illegal = (self.illegal.first.len(), self.illegal.count);
        Mark {
            cells: self.cells.len(),
            extra: self.extra.len(),
            illegal: illegal.0,
            illegal_count: illegal.1,
        }
    }

    /// Forgets everything that was read since, but names.
    pub(super) fn back_to(&mut self, mark: &Mark) {
        self.cells.truncate(mark.cells);
        self.extra.truncate(mark.extra);
        self.illegal.first.truncate(mark.illegal);
        self.illegal.count = mark.illegal_count;
    }

    /// The row of the cells that were read since; `None` where it has no id.
    pub(super) fn row_since(&mut self, mark: &Mark) -> Option<RowHead> {
        let head = Head { first: index(mark.cells), end: index(self.cells.len()) };
        let id = self.find(head, ID).and_then(id)?;
        for character in &mut self.illegal.first[mark.illegal..] {
            character.item = Some(id);
        }
        Some(RowHead { cells: head, id })
    }

    /// Reads the attributes of an element: what stands in its tag behind its name.
    pub(super) fn element(&mut self, attributes: &'a str) -> Result<Head, Trouble> {
        let first = self.cells.len();
        self.element += 1;
        let mut list = Attributes::new(attributes, 0);
        list.with_checks(false);
        for (n, attribute) in list.enumerate() {
            let attribute = attribute.map_err(|error| Trouble::Flaw {
                reason: error.to_string().into(),
                at: self.offset(attributes),
            })?;
            let Cow::Borrowed(raw) = attribute.value else {
                unreachable!("the attributes of a borrowed text are borrowed");
            };
            let key = attribute.key.into_inner();
            let at = self.offset(key);
            if n == MAX_ATTRIBUTES {
                return Err(Trouble::Limit { what: format!("at most {MAX_ATTRIBUTES} attributes"), at });
            }
            if !self.text.as_bytes()[at - 1].is_ascii_whitespace() {
                return Err(Trouble::Flaw { reason: "no blank between two attributes".into(), at });
            }
            let name = self.name(key)?;
            let is_first = self.is_first(name);
            if !is_first && key.starts_with(PROPERTY) {
                self.doubled.note(None, key, raw);
                continue;
            }
            if !is_first {
                return Err(Trouble::Flaw { reason: format!("the attribute {key} twice").into(), at });
            }
            if key != "xmlns" && !key.starts_with("xmlns:") {
                let cell = self.value(name, self.offset(raw), raw.len())?;
                self.cells.push(cell);
            }
        }
        Ok(Head { first: index(first), end: index(self.cells.len()) })
    }

    /// Whether an attribute of this name is the first one in its element.
    pub(super) fn is_first(&mut self, name: u16) -> bool {
        std::mem::replace(&mut self.met[usize::from(name)], self.element) != self.element
    }

    /// The value of an attribute, by where it stands in the text.
    pub(super) fn value(&mut self, name: u16, start: usize, len: usize) -> Result<Cell, Trouble> {
        let raw = &self.text[start..start + len];
        if is_plain(raw) {
            return Ok(plain(name, start, len));
        }
        let key = self.names[usize::from(name)];
        let before = self.extra.len();
        let illegal = &mut self.illegal;
        unescape(raw, Part::Attribute, &mut self.extra, |at, code| illegal.note(start + at, code, Some(key)))
            .map_err(|bad| {
                let (what, at) = match bad {
                    BadText::Markup(at) => ("a '<'", at),
                    BadText::Reference(at) => ("an '&' that begins no reference", at),
                };
                Trouble::Flaw { reason: format!("{what} in the value of {key}").into(), at: start + at }
            })?;
        let len = self.extra.len() - before;
        Ok(Cell { extra: true, ..plain(name, before, len) })
    }

    /// The text of an element as a cell, which is handed back.
    pub(super) fn text(&mut self, name: &'a str, text: &str) -> Result<Cell, Trouble> {
        let name = self.name(name)?;
        let start = index(self.extra.len());
        self.extra.push_str(text);
        Ok(Cell { name, source: Source::Element, extra: true, start, len: index(text.len()) })
    }

    /// Appends a text that holds no references, line ends as XML reads them.
    pub(super) fn verbatim(&mut self, raw: &str, start: usize, to: &mut String) {
        for (at, char) in raw.char_indices() {
            match char {
                '\r' if raw[at..].starts_with("\r\n") => {}
                '\r' => to.push('\n'),
                _ if is_char(char) => to.push(char),
                _ => {
                    self.illegal.note(start + at, u32::from(char), None);
                    to.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }

    /// The value of an attribute among these cells.
    pub(super) fn find(&self, head: Head, name: &str) -> Option<&str> {
        let cells = &self.cells[head.first as usize..head.end as usize];
        let cell = cells.iter().find(|cell| self.names[usize::from(cell.name)] == name)?;
        let text = if cell.extra { &self.extra } else { self.text };
        Some(&text[cell.start as usize..][..cell.len as usize])
    }

    /// Forgets the cells of the element that was read last.
    pub(super) fn forget(&mut self, head: Head) {
        self.cells.truncate(head.first as usize);
    }

    pub(super) fn names(&self) -> Vec<Span> {
        let span = |name: &&str| Span { start: index(self.offset(name)), len: index(name.len()) };
        self.names.iter().map(span).collect()
    }

    /// The number of a name; a new one is looked at once.
    fn name(&mut self, name: &'a str) -> Result<u16, Trouble> {
        let guess = self.following.get(usize::from(self.last)).copied();
        let number = match guess.filter(|guess| self.names[usize::from(*guess)] == name) {
            Some(number) => number,
            None => match self.search(name) {
                Ok(at) => self.sorted[at],
                Err(at) => self.new_name(name, at)?,
            },
        };
        self.following[usize::from(self.last)] = number;
        self.last = number;
        Ok(number)
    }

    /// The number of a name that was met before.
    pub(super) fn number(&self, name: &str) -> Option<u16> {
        Some(self.sorted[self.search(name).ok()?])
    }

    /// Where a name stands among the sorted ones, or would stand.
    fn search(&self, name: &str) -> Result<usize, usize> {
        self.sorted.binary_search_by(|number| self.names[usize::from(*number)].cmp(name))
    }

    fn new_name(&mut self, name: &'a str, sorted_at: usize) -> Result<u16, Trouble> {
        let at = self.offset(name);
        if !is_name(name) {
            return Err(Trouble::Flaw { reason: "a name that is none".into(), at });
        }
        if self.names.len() == MAX_NAMES {
            return Err(Trouble::Limit { what: format!("at most {MAX_NAMES} names"), at });
        }
        let number = u16::try_from(self.names.len()).expect("fewer names than 16 bits count");
        self.names.push(name);
        self.sorted.insert(sorted_at, number);
        self.following.push(0);
        self.met.push(0);
        Ok(number)
    }

    /// Where a piece of the text stands in it.
    fn offset(&self, piece: &str) -> usize {
        piece.as_ptr().addr() - self.text.as_ptr().addr()
    }
}

impl Illegal {
    pub(super) fn note(&mut self, at: usize, code: u32, attribute: Option<&str>) {
        self.count += 1;
        if self.first.len() < MAX_ILLEGAL {
            let attribute = attribute.map(Into::into);
            self.first.push(IllegalCharacter { code, offset: at as u64, item: None, attribute });
        }
    }
}

/// The cell of an attribute whose value is what stands in the text.
pub(super) fn plain(name: u16, start: usize, len: usize) -> Cell {
    Cell { name, source: Source::Attribute, extra: false, start: index(start), len: index(len) }
}

/// The id in the attributes of a row that cannot be read: the only one they give.
pub(super) fn readable_id(attributes: &str) -> Option<i32> {
    let mut list = Attributes::new(attributes, 0);
    list.with_checks(false);
    let mut ids = list.flatten().filter(|attribute| attribute.key.into_inner() == ID).map(|a| id(&a.value));
    let first = ids.next()??;
    ids.all(|other| other == Some(first)).then_some(first)
}

fn id(text: &str) -> Option<i32> {
    text.parse().ok().filter(|id| *id > 0)
}

/// A place or a length as it is kept; the size of an answer is bounded so that every one fits.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("an answer's size is bounded")
}

const ID: &str = "ows_ID";
/// What the names of properties of an item's bag begin with. Servers were seen to send one of them twice.
const PROPERTY: &str = "ows_MetaInfo_";
/// Names most answers do with.
const USUAL_NAMES: usize = 128;
