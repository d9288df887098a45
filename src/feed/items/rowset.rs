//! Reads a rowset: the answer of GetListItemChangesSinceToken, REST and SOAP alike.
//!
//! The text is gone through once with quick-xml's events. What an element is, is told by its namespace, its local name
//! and where it stands, never by its prefix. What is not known is passed over. A row that cannot be read is noted and
//! its neighbours are not harmed; anything else that cannot be read makes the whole answer unreadable, and so does an
//! answer that is cut, that has fewer rows than it says, or that lacks what only a complete one has.

mod cells;
mod fast;
mod finish;

use std::fmt;

use quick_xml::{
    Error as XmlError, Reader,
    errors::{IllFormedError, SyntaxError},
    events::{BytesStart, Event as Xml},
    name::{Namespace, NamespaceResolver, QName, ResolveResult},
};

use self::{
    cells::{Cells, Trouble},
    fast::Fast,
    finish::Found,
};
use crate::{
    error::DecodeError,
    feed,
    item::{BrokenRow, Rowset},
    xml::text::{Part, is_name, leading_name, unescape},
};

/// Reads an answer.
///
/// # Errors
/// Where the text is no complete rowset; one that ends too early, or with fewer rows than its `ItemCount`, is known as
/// [cut](DecodeError::is_cut).
pub(crate) fn read(body: &[u8]) -> Result<Rowset, DecodeError> {
    read_with(body, Some(Fast::new()))
}

/// Reads an answer by quick-xml alone: what [`read`] is held to.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_plainly(body: &[u8]) -> Result<Rowset, DecodeError> {
    read_with(body, None)
}

fn read_with(body: &[u8], fast: Option<Fast>) -> Result<Rowset, DecodeError> {
    // More byte order marks than one would be passed over by the reader and not counted in its positions.
    let body = feed::text(body)?.trim_start_matches('\u{FEFF}').to_owned();
    let found = Reading::new(&body, fast).run()?;
    finish::rowset(found, body)
}

/// Elements that may stand in one another; a field's own definition reaches 8.
pub(crate) const MAX_DEPTH: usize = 64;
/// Attributes an element may have; a row has one for each column with a value.
pub(crate) const MAX_ATTRIBUTES: usize = 4_096;
/// Names of attributes and elements an answer may use.
pub(crate) const MAX_NAMES: usize = 16_384;
/// Fields a list may have.
pub(crate) const MAX_FIELDS: usize = 8_192;
/// Rows an answer may have; a call without RowLimit brings the whole list.
pub(crate) const MAX_ROWS: u64 = 1_000_000;
/// Rows of an answer that may be broken before it counts as unreadable as a whole.
pub(crate) const MAX_BROKEN: usize = 10_000;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What stands around the answer: the SOAP envelope, and the results named after the call.
    Wrapper,
    ListItems,
    Changes,
    Id,
    List,
    Fields,
    Field,
    /// `RegionalSettings` and `ServerSettings`.
    Settings,
    /// A child of a field or of settings, kept as a text.
    Text,
    Data,
    Row,
    Unknown,
}

/// An element that is open.
#[derive(Debug)]
struct Open<'a> {
    name: &'a str,
    place: Place,
}

/// A text under way through its reader.
struct Reading<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where in the text the reader began: behind a broken row it begins anew.
    base: usize,
    namespaces: NamespaceResolver,
    open: Vec<Open<'a>>,
    /// Whether the root was closed.
    closed: bool,
    cells: Cells<'a>,
    /// Reads rows as far as they are as usual; `None` where it is not to be trusted.
    fast: Option<Fast>,
    /// The text of the element that is open, where it is one that is kept.
    content: String,
    /// Where the last text that is no row ended.
    stray_end: Option<usize>,
    found: Found,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str, fast: Option<Fast>) -> Self {
        Reading {
            text,
            reader: reader(text),
            base: 0,
            namespaces: NamespaceResolver::default(),
            open: Vec::new(),
            closed: false,
            cells: Cells::new(text),
            fast,
            content: String::new(),
            stray_end: None,
            found: Found::default(),
        }
    }

    fn run(mut self) -> Result<Found, DecodeError> {
        loop {
            self.usual_rows();
            let start = self.position();
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(_) if self.passes_over_open_row(start, "a quote that is not closed")? => continue,
                Err(error) => return Err(self.unreadable(error)),
            };
            let raw = &self.text[start..self.position()];
            match event {
                Xml::Start(tag) => self.element(&tag, &raw[1..raw.len() - 1], start, true)?,
                Xml::Empty(tag) => self.element(&tag, &raw[1..raw.len() - 2], start, false)?,
                Xml::End(tag) => self.end(tag.name(), start)?,
                Xml::Text(_) | Xml::GeneralRef(_) => self.content(raw, start)?,
                Xml::CData(_) => {
                    let begin = "<![CDATA[".len();
                    self.verbatim(&raw[begin..raw.len() - "]]>".len()], start + begin);
                }
                Xml::DocType(_) => return Err(expected("no document type, which no answer has", start)),
                Xml::Decl(_) | Xml::PI(_) | Xml::Comment(_) => {}
                Xml::Eof => break,
            }
        }
        if !self.closed {
            let what =
                self.open.last().map_or("a rowset".to_owned(), |open| format!("the end of {}", open.name));
            return Err(expected(what, self.text.len()).cut_off());
        }
        let mut found = self.found;
        found.names = self.cells.names();
        (found.cells, found.extra) = (self.cells.cells, self.cells.extra);
        (found.illegal, found.illegal_count) = (self.cells.illegal.first, self.cells.illegal.count);
        Ok(found)
    }

    /// Reads the rows that come next, as far as they are written as usual.
    fn usual_rows(&mut self) {
        let Some(Open { place: parent @ Place::Data, .. }) = self.open.last() else { return };
        let from = self.position();
        let start = from + fast::blanks(&self.text.as_bytes()[from..]);
        let name = self.text[start..].strip_prefix('<').map_or("", leading_name);
        let is_row = matches!(self.place(Some(*parent), QName(name), start), Ok(Place::Row));
        let Some(fast) = self.fast.as_mut().filter(|_| is_row && self.open.len() < MAX_DEPTH) else { return };
        let mut at = start;
        while self.found.row_count < MAX_ROWS
            && let Some((row, next)) = fast.row(&mut self.cells, name, at)
        {
            self.found.rows.push(row);
            self.found.row_count += 1;
            at = next;
        }
        if at > start {
            self.begin_anew(at);
        }
    }

    fn position(&self) -> usize {
        // The reader is over a slice in memory, so its position fits.
        self.base + usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// A tag that opens an element; `content` is what stands between its angle brackets.
    fn element(
        &mut self,
        tag: &BytesStart<'_>,
        content: &'a str,
        start: usize,
        stays_open: bool,
    ) -> Result<(), DecodeError> {
        if self.closed {
            return Err(expected("the end of the answer", start));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(expected(format!("at most {MAX_DEPTH} elements in one another"), start));
        }
        let (name, attributes) = content.split_at(tag.name().into_inner().len());
        if !is_name(name) {
            let passed = self.passes_over_open_row(start, "no blank behind its name")?;
            return if passed { Ok(()) } else { Err(expected("an element with a name", start)) };
        }
        let parent = self.open.last().map(|open| open.place);
        self.namespaces.push(tag).map_err(|error| self.unreadable(error.into()))?;
        let place = self.place(parent, QName(name), start)?;
        let mut stays_open = stays_open;
        match place {
            Place::Row => stays_open &= self.row(name, attributes, start)?,
            Place::ListItems | Place::Changes | Place::Id | Place::List | Place::Field | Place::Data => {
                let cells = self.cells.element(attributes).map_err(|trouble| trouble.of(name))?;
                self.found.keep(place, cells, &mut self.cells, start)?;
                if place == Place::Data {
                    self.found.expect_rows(self.text.len() - start);
                }
            }
            Place::Wrapper | Place::Fields | Place::Settings | Place::Text | Place::Unknown => {}
        }
        self.content.clear();
        if stays_open {
            self.open.push(Open { name, place });
        } else {
            self.namespaces.pop();
            self.closes(name, place)?;
            self.closed = self.open.is_empty();
        }
        Ok(())
    }

    fn end(&mut self, name: QName<'_>, start: usize) -> Result<(), DecodeError> {
        let Some(open) = self.open.pop().filter(|open| open.name == name.into_inner()) else {
            return Err(expected("an end tag of what is open", start));
        };
        self.namespaces.pop();
        self.closes(open.name, open.place)?;
        self.content.clear();
        self.closed = self.open.is_empty();
        Ok(())
    }

    /// What an element comes to at its end: an event has its id, a text has its cell.
    fn closes(&mut self, name: &'a str, place: Place) -> Result<(), DecodeError> {
        match place {
            Place::Id => self.found.event_id(&self.content),
            Place::Text if !self.content.trim().is_empty() => {
                let local = QName(name).local_name().into_inner();
                let cell = self.cells.text(local, &self.content).map_err(|trouble| trouble.of(name))?;
                match self.open.last().map(|parent| parent.place) {
                    Some(Place::Field) => self.found.extend_field(cell, &mut self.cells),
                    _ => self.found.settings.push(cell),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What an element is, by what stands around it, its namespace and its local name.
    fn place(&self, parent: Option<Place>, name: QName<'_>, start: usize) -> Result<Place, DecodeError> {
        use Place as P;
        let local = name.local_name().into_inner();
        let owner = match self.namespaces.resolve_prefix(name.prefix(), true) {
            ResolveResult::Unbound => Owner::Protocol,
            ResolveResult::Bound(Namespace(uri)) => Owner::of(uri),
            ResolveResult::Unknown(_) => Owner::Other,
        };
        let place = match (parent, owner, local) {
            (None | Some(P::Wrapper), Owner::Protocol, "listitems") => P::ListItems,
            (None | Some(P::Wrapper), Owner::Protocol | Owner::Envelope, name)
                if WRAPPERS.contains(&name) =>
            {
                P::Wrapper
            }
            (None, ..) => {
                let what = "a rowset (GetListItemChangesSinceTokenResult, a SOAP envelope or listitems)";
                return Err(expected(what, start));
            }
            (Some(P::ListItems), Owner::Protocol, "Changes") => P::Changes,
            (Some(P::ListItems), Owner::Rowset, "data") => P::Data,
            // One in another is not known to come; if it does, it is a row all the same.
            (Some(P::Data | P::Row), Owner::Schema, "row") => P::Row,
            (Some(P::Changes), Owner::Protocol, "Id") => P::Id,
            (Some(P::Changes), Owner::Protocol, "List") => P::List,
            (Some(P::List), Owner::Protocol, "Fields") => P::Fields,
            (Some(P::List), Owner::Protocol, "RegionalSettings" | "ServerSettings") => P::Settings,
            (Some(P::Fields), Owner::Protocol, "Field") => P::Field,
            (Some(P::Field | P::Settings), Owner::Protocol, _) => P::Text,
            _ => P::Unknown,
        };
        Ok(place)
    }

    /// Reads a row; whether it is open afterwards. One that cannot be read is noted, and what it swallowed of its
    /// neighbours is read once more.
    fn row(&mut self, name: &'a str, attributes: &'a str, start: usize) -> Result<bool, DecodeError> {
        let index = self.next_index(start)?;
        let reason = match self.cells.row(attributes) {
            Ok(row) => {
                self.found.rows.push(row);
                return Ok(true);
            }
            Err(Trouble::Flaw { reason, .. }) => reason,
            Err(limit @ Trouble::Limit { .. }) => return Err(limit.of(name)),
        };
        let tag_end = self.position();
        let swallowed = self.next_row_or_end(name, start + 1).filter(|at| *at < tag_end);
        let behind = start + 1 + name.len();
        let own = &self.text[behind..swallowed.unwrap_or(behind + attributes.len())];
        self.note_broken(index, start, cells::readable_id(own), reason)?;
        if let Some(at) = swallowed {
            self.begin_anew(at);
            return Ok(false);
        }
        Ok(true)
    }

    /// A row with a quote that is never closed takes everything behind it for a value, and one without a blank behind
    /// its name takes the next one for a part of it. Whether what begins here is such a row; it is noted, and reading
    /// goes on at what follows it.
    fn passes_over_open_row(&mut self, start: usize, reason: &str) -> Result<bool, DecodeError> {
        let Some(Open { place: parent @ (Place::Data | Place::Row), .. }) = self.open.last() else {
            return Ok(false);
        };
        let name = self.text[start..].strip_prefix('<').map_or("", leading_name);
        if self.place(Some(*parent), QName(name), start)? != Place::Row {
            return Ok(false);
        }
        let Some(next) = self.next_row_or_end(name, start + 1) else { return Ok(false) };
        let own = &self.text[start + 1 + name.len()..next];
        let index = self.next_index(start)?;
        self.note_broken(index, start, cells::readable_id(own), reason.into())?;
        self.begin_anew(next);
        Ok(true)
    }

    /// The place of a row that begins here among all rows, broken ones too.
    fn next_index(&mut self, start: usize) -> Result<u64, DecodeError> {
        let index = self.found.row_count;
        if index == MAX_ROWS {
            return Err(expected(format!("at most {MAX_ROWS} rows"), start));
        }
        self.found.row_count += 1;
        Ok(index)
    }

    fn note_broken(
        &mut self,
        index: u64,
        start: usize,
        id: Option<i32>,
        reason: Box<str>,
    ) -> Result<(), DecodeError> {
        if self.found.broken.len() == MAX_BROKEN {
            return Err(expected(format!("at most {MAX_BROKEN} rows that cannot be read"), start));
        }
        self.found.broken.push(BrokenRow { index, offset: start as u64, id, reason });
        Ok(())
    }

    /// Where the next row, or the end of the rows, begins, by its name as it was written so far.
    fn next_row_or_end(&self, row: &str, from: usize) -> Option<usize> {
        let data = self.open.iter().rev().find(|open| open.place == Place::Data)?.name;
        self.text[from..].match_indices('<').map(|(at, _)| from + at).find(|at| {
            let tag = &self.text[at + 1..];
            let (name, rest) = match tag.strip_prefix('/') {
                Some(tag) => (data, tag.strip_prefix(data)),
                None => (row, tag.strip_prefix(row)),
            };
            !name.is_empty()
                && rest.is_some_and(|rest| {
                    rest.starts_with(|char: char| char.is_ascii_whitespace() || matches!(char, '/' | '>'))
                })
        })
    }

    fn begin_anew(&mut self, at: usize) {
        self.base = at;
        self.reader = reader(&self.text[at..]);
    }

    /// Text between tags, references and all.
    fn content(&mut self, raw: &str, start: usize) -> Result<(), DecodeError> {
        match self.open.last().map(|open| open.place) {
            Some(Place::Id | Place::Text) => {
                let illegal = &mut self.cells.illegal;
                unescape(raw, Part::Element, &mut self.content, |at, code| {
                    illegal.note(start + at, code, None);
                })
                .map_err(|_| expected("a text without a stray ampersand", start))
            }
            None if !raw.trim().is_empty() => Err(expected("no text around the answer", start)),
            Some(Place::Data) if !raw.trim().is_empty() => self.stray(start, start + raw.len()),
            _ => Ok(()),
        }
    }

    /// A text where a row should be: what is left of one.
    fn stray(&mut self, start: usize, end: usize) -> Result<(), DecodeError> {
        // A reference in it does not make two of it.
        if self.stray_end != Some(start) {
            let index = self.next_index(start)?;
            self.note_broken(index, start, None, "no tag, but a text where it should be".into())?;
        }
        self.stray_end = Some(end);
        Ok(())
    }

    /// Text that was written without references.
    fn verbatim(&mut self, raw: &str, start: usize) {
        if let Some(Place::Id | Place::Text) = self.open.last().map(|open| open.place) {
            self.cells.verbatim(raw, start, &mut self.content);
        }
    }

    fn unreadable(&self, error: XmlError) -> DecodeError {
        let place = self.base + usize::try_from(self.reader.error_position()).unwrap_or_default();
        let cut = match &error {
            XmlError::Syntax(SyntaxError::InvalidBangMarkup) => &self.text[place..] == "<!",
            XmlError::Syntax(_) => true,
            XmlError::IllFormed(IllFormedError::UnclosedReference) => self.position() == self.text.len(),
            _ => false,
        };
        let wrong = expected("well-formed XML", place).caused_by(error);
        if cut { wrong.cut_off() } else { wrong }
    }
}

/// Which specification an element's namespace belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// SharePoint's lists service; over REST, no namespace at all.
    Protocol,
    /// SOAP, 1.1 or 1.2.
    Envelope,
    /// The rowset's frame.
    Rowset,
    /// The rowset's rows.
    Schema,
    Other,
}

impl Owner {
    fn of(uri: &str) -> Owner {
        match uri {
            "http://schemas.microsoft.com/sharepoint/soap/" => Owner::Protocol,
            "http://schemas.xmlsoap.org/soap/envelope/" | "http://www.w3.org/2003/05/soap-envelope" => {
                Owner::Envelope
            }
            "urn:schemas-microsoft-com:rowset" => Owner::Rowset,
            "#RowsetSchema" => Owner::Schema,
            _ => Owner::Other,
        }
    }
}

const WRAPPERS: [&str; 4] =
    ["Envelope", "Body", "GetListItemChangesSinceTokenResponse", "GetListItemChangesSinceTokenResult"];

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    // Behind a broken row a reader begins in the middle; what is open is known here, and checked.
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    reader
}

fn expected(what: impl Into<String>, at: usize) -> DecodeError {
    DecodeError::new(what, place(at))
}

fn place(at: impl fmt::Display) -> String {
    format!("byte {at}")
}

#[cfg(test)]
mod tests;
