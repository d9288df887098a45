//! Rowset XML as the server writes it.

use std::fmt::Write as _;

use crate::dialect::{Controls, Dialect, Prefixes, Quotes};

/// Writes elements and attributes by the dialect.
#[derive(Debug)]
pub(crate) struct Pen {
    out: String,
    quotes: Quotes,
    references: bool,
    controls: Controls,
    /// Characters that XML cannot hold are left out.
    clean: bool,
}

impl Pen {
    pub(crate) fn new(dialect: &Dialect, clean: bool) -> Self {
        Self {
            out: String::with_capacity(8_192),
            quotes: dialect.rowset_quotes,
            references: dialect.rowset_references,
            controls: dialect.control_characters,
            clean,
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.out
    }

    /// How long it is so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back as much of the end.
    pub(crate) fn shorten(&mut self, by: usize) {
        self.out.truncate(self.out.len().saturating_sub(by));
    }

    /// Appends text as it is.
    pub(crate) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Appends an attribute of an element that real servers write with single quotes.
    pub(crate) fn single(&mut self, name: &str, value: &str) {
        self.attribute(name, value, if self.quotes == Quotes::Double { '"' } else { '\'' });
    }

    /// Appends an attribute of an element that real servers write with double quotes.
    pub(crate) fn double(&mut self, name: &str, value: &str) {
        self.attribute(name, value, if self.quotes == Quotes::Single { '\'' } else { '"' });
    }

    fn attribute(&mut self, name: &str, value: &str, quote: char) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push('=');
        self.out.push(quote);
        self.text(value);
        self.out.push(quote);
    }

    /// Appends text, escaped for an attribute too: a line break there would else become a blank.
    pub(crate) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '\r' => self.out.push_str("&#xD;"),
                '\n' => self.out.push_str("&#10;"),
                '\t' => self.out.push_str("&#9;"),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.illegal(c),
                c if self.references && !c.is_ascii() => self.reference(c),
                c => self.out.push(c),
            }
        }
    }

    fn illegal(&mut self, c: char) {
        match self.controls {
            _ if self.clean => {}
            Controls::Raw => self.out.push(c),
            Controls::Reference => self.reference(c),
        }
    }

    fn reference(&mut self, c: char) {
        let _ = write!(self.out, "&#x{:X};", u32::from(c));
    }
}

/// The prefixes of the rowset's data and rows.
pub(crate) fn prefixes(dialect: &Dialect) -> (&'static str, &'static str) {
    match dialect.rowset_prefixes {
        Prefixes::Usual => ("rs", "z"),
        Prefixes::Other => ("ns0", "row-1"),
    }
}

/// The namespaces of a rowset, as attributes.
pub(crate) fn namespaces(dialect: &Dialect) -> Vec<(String, &'static str)> {
    let (data, row) = prefixes(dialect);
    vec![
        ("xmlns:s".to_owned(), "uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882"),
        ("xmlns:dt".to_owned(), "uuid:C2F41010-65B3-11d1-A29F-00AA00C14882"),
        (format!("xmlns:{data}"), "urn:schemas-microsoft-com:rowset"),
        (format!("xmlns:{row}"), "#RowsetSchema"),
    ]
}

/// What a value is on the wire once it was read back: without what XML cannot hold.
pub(crate) fn cleaned(mut text: String) -> String {
    // Only control characters and U+FFFE, U+FFFF go; hardly any text has one.
    if text.bytes().any(|byte| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF) {
        text.retain(|c| {
            !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dialect: &Dialect, clean: bool, text: &str) -> String {
        let mut pen = Pen::new(dialect, clean);
        pen.text(text);
        pen.into_text()
    }

    #[test]
    fn line_breaks_survive_attributes_and_markup_is_escaped() {
        let text = "Bridge & ramp\r\n<b>\"it's\"</b>\ttab";
        let mut pen = Pen::new(&Dialect::default(), false);
        pen.raw("<a");
        pen.single("x", text);
        pen.double("y", text);
        pen.raw("/>");
        let whole = pen.into_text();
        assert!(whole.contains("&#xD;&#10;"));
        let read = roxmltree::Document::parse(&whole).unwrap();
        assert_eq!(read.root_element().attribute("x"), Some(text));
        assert_eq!(read.root_element().attribute("y"), Some(text));
    }

    #[test]
    fn control_characters_are_ill_formed_unless_they_are_asked_away() {
        let mut dialect = Dialect::default();
        assert_eq!(written(&dialect, false, "a\u{1}b"), "a\u{1}b");
        assert_eq!(written(&dialect, true, "a\u{1}b"), "ab");
        dialect.control_characters = Controls::Reference;
        assert_eq!(written(&dialect, false, "a\u{1}b"), "a&#x1;b");
        assert_eq!(cleaned("a\u{1}\tb\n\u{ffff}é".to_owned()), "a\tb\né");
    }

    #[test]
    fn letters_beyond_ascii_can_be_references() {
        let dialect = Dialect { rowset_references: true, ..Dialect::default() };
        assert_eq!(written(&dialect, false, "Größe"), "Gr&#xF6;&#xDF;e");
    }
}
