//! Reads a rowset: the answer of GetListItemChangesSinceToken, REST and SOAP alike.
//!
//! The text is gone through once with quick-xml's events. What an element is, is told by its namespace, its local name
//! and where it stands, never by its prefix. What is not known is passed over. A row that cannot be read is noted and
//! its neighbours are not harmed; anything else that cannot be read makes the whole answer unreadable, and so does an
//! answer that is cut, that has fewer rows than it says, or that lacks what only a complete one has.

mod cells;
mod fast;
mod finish;

use std::{borrow::Cow, fmt};

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
    feed::{self, Limits, limits::beyond},
    item::{BrokenRow, Rowset},
    xml::text::{Part, is_name, leading_name, unescape, with_second_half},
};

/// Reads an answer.
///
/// # Errors
/// Where the text is no complete rowset; one that ends too early, or with fewer rows than its `ItemCount`, is known as
/// [cut](DecodeError::is_cut).
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<Rowset, DecodeError> {
    read_with(body, Some(Fast::new()), limits)
}

/// Reads an answer by quick-xml alone: what [`read`] is held to.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_plainly(body: &[u8]) -> Result<Rowset, DecodeError> {
    read_with(body, None, &Limits::default())
}

fn read_with(body: &[u8], fast: Option<Fast>, limits: &Limits) -> Result<Rowset, DecodeError> {
    let text = feed::text_with(body, SUBSTITUTE)?;
    let replaced = matches!(text, Cow::Owned(_));
    // More byte order marks than one would be passed over by the reader and not counted in its positions.
    let text = text.trim_start_matches('\u{FEFF}').to_owned();
    let mut found = Reading::new(&text, fast, limits).run()?;
    if replaced {
        // Nothing has another place than in the body.
        let body = &body[body.len() - text.len()..];
        for character in &mut found.illegal {
            let came = usize::try_from(character.offset).ok().and_then(|at| body.get(at));
            if came.is_some_and(|byte| !byte.is_ascii()) && character.code == u32::from(SUBSTITUTE) {
                character.code = u32::from(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    finish::rowset(found, text)
}

/// Stands for a byte that is no UTF-8 until its text is read: one byte too, and none that XML allows, so that it is
/// replaced and told where it is a part of a text, and refused where it is a part of anything else.
const SUBSTITUTE: char = '\u{1A}';
/// Elements that may stand in one another; a field's own definition reaches 8.
pub(crate) const MAX_DEPTH: usize = 64;
/// Attributes an element may have; a row has one for each column with a value.
pub(crate) const MAX_ATTRIBUTES: usize = 4_096;
/// Names of attributes and elements an answer may use.
pub(crate) const MAX_NAMES: usize = 16_384;
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
    limits: &'a Limits,
    /// The text of the element that is open, where it is one that is kept.
    content: String,
    /// Where the last text that is no row ended.
    stray_end: Option<usize>,
    /// Where the reference ended that was read together with the one before.
    paired_end: Option<usize>,
    found: Found,
    /// How many bytes were looked at.
    #[cfg(test)]
    looked_at: std::cell::Cell<usize>,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str, fast: Option<Fast>, limits: &'a Limits) -> Self {
        Reading {
            text,
            reader: reader(text),
            base: 0,
            namespaces: NamespaceResolver::default(),
            open: Vec::new(),
            closed: false,
            cells: Cells::new(text),
            fast,
            limits,
            content: String::new(),
            stray_end: None,
            paired_end: None,
            found: Found::default(),
            #[cfg(test)]
            looked_at: std::cell::Cell::default(),
        }
    }

    fn run(mut self) -> Result<Found, DecodeError> {
        self.read()?;
        let mut found = self.found;
        found.names = self.cells.names();
        (found.cells, found.extra) = (self.cells.cells, self.cells.extra);
        (found.illegal, found.illegal_count) = (self.cells.illegal.first, self.cells.illegal.count);
        found.unreadable.join(self.cells.doubled);
        Ok(found)
    }

    fn read(&mut self) -> Result<(), DecodeError> {
        loop {
            self.usual_rows();
            let start = self.position();
            if self.passes_over_open_row(start)? {
                continue;
            }
            let event = self.reader.read_event();
            #[cfg(test)]
            self.looks_at(if event.is_ok() { self.position() } else { self.text.len() } - start);
            let event = match event {
                Ok(event) => event,
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
        Ok(())
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
        let most = self.limits.rows as u64;
        while self.found.row_count < most
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
            return self.passes_over_misnamed_row(start);
        }
        let parent = self.open.last().map(|open| open.place);
        self.namespaces.push(tag).map_err(|error| self.unreadable(error.into()))?;
        let place = self.place(parent, QName(name), start)?;
        match place {
            Place::Row => self.row(name, attributes, start)?,
            Place::ListItems | Place::Changes | Place::Id | Place::List | Place::Field | Place::Data => {
                let cells = self.cells.element(attributes).map_err(|trouble| trouble.of(name))?;
                self.found.keep(place, cells, &mut self.cells, self.limits, start)?;
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

    /// Reads a row whose tag is whole. One that cannot be read is noted.
    fn row(&mut self, name: &'a str, attributes: &'a str, start: usize) -> Result<(), DecodeError> {
        let index = self.next_index(start)?;
        match self.cells.row(attributes) {
            Ok(row) => self.found.rows.push(row),
            Err(Trouble::Flaw { reason, .. }) => {
                self.note_broken(index, start, cells::readable_id(attributes), reason)?;
            }
            Err(limit @ Trouble::Limit { .. }) => return Err(limit.of(name)),
        }
        Ok(())
    }

    /// A row whose tag is not closed, or with a quote that is never closed, takes its neighbours for a part of itself.
    /// Whether what begins here is such a row; it is noted, and reading goes on at the neighbour.
    ///
    /// No reader has to find that out by looking for an end as far as the answer goes: what is looked at here is what
    /// is passed over.
    fn passes_over_open_row(&mut self, start: usize) -> Result<bool, DecodeError> {
        let Some(Open { place: parent @ (Place::Data | Place::Row), .. }) = self.open.last() else {
            return Ok(false);
        };
        let name = self.text[start..].strip_prefix('<').map_or("", leading_name);
        let name = QName(name);
        if name.local_name().into_inner() != "row" {
            return Ok(false);
        }
        let behind = start + 1 + name.into_inner().len();
        let Some((next, quoted)) = self.next_before_end(name.into_inner(), behind) else { return Ok(false) };
        let own = &self.text[behind..next];
        // It may itself declare what its prefix stands for.
        if self.place(Some(*parent), name, start)? != Place::Row && !own.contains(Owner::ROWS) {
            return Ok(false);
        }
        let reason = if quoted { "a quote that is not closed" } else { "a tag that is not closed" };
        let index = self.next_index(start)?;
        self.note_broken(index, start, cells::readable_id(own), reason.into())?;
        self.begin_anew(next);
        Ok(true)
    }

    /// A row without a blank behind its name, whose tag is whole, is noted; reading goes on at the next one.
    fn passes_over_misnamed_row(&mut self, start: usize) -> Result<(), DecodeError> {
        let wrong = || expected("an element with a name", start);
        let Some(Open { place: parent @ (Place::Data | Place::Row), .. }) = self.open.last() else {
            return Err(wrong());
        };
        let name = leading_name(&self.text[start + 1..]);
        if self.place(Some(*parent), QName(name), start)? != Place::Row {
            return Err(wrong());
        }
        let behind = start + 1 + name.len();
        let next = self.next_row_or_end(name, behind).ok_or_else(wrong)?;
        let index = self.next_index(start)?;
        let id = cells::readable_id(&self.text[behind..next]);
        self.note_broken(index, start, id, "no blank behind its name".into())?;
        self.begin_anew(next);
        Ok(())
    }

    /// The place of a row that begins here among all rows, broken ones too.
    fn next_index(&mut self, start: usize) -> Result<u64, DecodeError> {
        let index = self.found.row_count;
        if index >= self.limits.rows as u64 {
            return Err(beyond(self.limits.rows, "rows", "rows", place(start)));
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
        let data = self.data_name()?;
        let found = self.text[from..].match_indices('<').map(|(at, _)| from + at);
        let next = found.into_iter().find(|at| begins_row_or_end(&self.text[*at..], row, data));
        #[cfg(test)]
        self.looks_at(next.unwrap_or(self.text.len()) - from);
        next
    }

    /// The same, where it comes before the end of the tag one is in; and whether in a quote.
    fn next_before_end(&self, row: &str, from: usize) -> Option<(usize, bool)> {
        let data = self.data_name()?;
        let mut quote = None;
        let rest = self.text.as_bytes()[from..].iter().enumerate();
        let mut marks = rest.filter(|(_, byte)| matches!(byte, b'<' | b'>' | b'\'' | b'"'));
        let end = marks.find_map(|(at, byte)| match (byte, quote) {
            (b'<', _) if begins_row_or_end(&self.text[from + at..], row, data) => Some((at, Some(quote))),
            (b'>', None) => Some((at, None)),
            (b'\'' | b'"', None) => {
                quote = Some(byte);
                None
            }
            (b'\'' | b'"', Some(open)) if open == byte => {
                quote = None;
                None
            }
            _ => None,
        });
        #[cfg(test)]
        self.looks_at(end.map_or(self.text.len() - from, |(at, _)| at));
        let (at, next) = end?;
        Some((from + at, next?.is_some()))
    }

    #[cfg(test)]
    fn looks_at(&self, bytes: usize) {
        self.looked_at.set(self.looked_at.get() + bytes);
    }

    /// The name of the element that holds the rows, as it was written.
    fn data_name(&self) -> Option<&'a str> {
        Some(self.open.iter().rev().find(|open| open.place == Place::Data)?.name)
    }

    fn begin_anew(&mut self, at: usize) {
        self.base = at;
        self.reader = reader(&self.text[at..]);
    }

    /// Text between tags, references and all.
    fn content(&mut self, raw: &str, start: usize) -> Result<(), DecodeError> {
        match self.open.last().map(|open| open.place) {
            Some(Place::Id | Place::Text) => {
                let end = start + raw.len();
                if self.paired_end == Some(end) {
                    return Ok(());
                }
                let whole = start + with_second_half(&self.text[start..], raw.len());
                self.paired_end = Some(whole).filter(|whole| *whole > end);
                let raw = &self.text[start..whole];
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
    /// The namespace of rows.
    const ROWS: &str = "#RowsetSchema";

    fn of(uri: &str) -> Owner {
        match uri {
            "http://schemas.microsoft.com/sharepoint/soap/" => Owner::Protocol,
            "http://schemas.xmlsoap.org/soap/envelope/" | "http://www.w3.org/2003/05/soap-envelope" => {
                Owner::Envelope
            }
            "urn:schemas-microsoft-com:rowset" => Owner::Rowset,
            Owner::ROWS => Owner::Schema,
            _ => Owner::Other,
        }
    }
}

const WRAPPERS: [&str; 4] =
    ["Envelope", "Body", "GetListItemChangesSinceTokenResponse", "GetListItemChangesSinceTokenResult"];

/// Whether a text begins with the tag of a row, or with the end tag of what holds them.
fn begins_row_or_end(text: &str, row: &str, data: &str) -> bool {
    let tag = &text[1..];
    let (name, rest) = match tag.strip_prefix('/') {
        Some(tag) => (data, tag.strip_prefix(data)),
        None => (row, tag.strip_prefix(row)),
    };
    let ends =
        |rest: &str| rest.starts_with(|char: char| char.is_ascii_whitespace() || matches!(char, '/' | '>'));
    !name.is_empty() && rest.is_some_and(ends)
}

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
