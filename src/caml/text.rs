//! CAML as text: well-formed or refused.

use std::collections::BTreeSet;

use quick_xml::{
    Reader,
    events::{BytesStart, Event, attributes::Attribute},
    name::{NamespaceResolver, PrefixDeclaration, ResolveResult},
};

use crate::xml::text::{Part, escape, is_char, is_exact_name, unescape};

/// A text that was checked, or built so that it need not be.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) xml: String,
    /// The names of the fields below the root, in their order.
    pub(super) fields: Vec<Box<str>>,
    /// Whether the root says `Properties="TRUE"`.
    pub(super) properties: bool,
}

impl PartialEq for Checked {
    fn eq(&self, other: &Checked) -> bool {
        self.xml == other.xml
    }
}

impl Eq for Checked {}

impl Checked {
    pub(super) fn built(xml: String) -> Self {
        Checked { xml, fields: Vec::new(), properties: false }
    }

    /// What stands in the root's tag behind its name, one attribute left out, and what the root holds.
    pub(super) fn root_without(&self, left_out: &str) -> (String, &str) {
        let (mut attributes, mut begin, mut depth) = (String::new(), None, 0_u32);
        let mut reader = Reader::from_str(&self.xml);
        loop {
            let before = position(&reader);
            let event = reader.read_event().expect("the text was checked");
            if let (Event::Start(tag) | Event::Empty(tag), None) = (&event, begin) {
                begin = Some(position(&reader));
                for attribute in tag.attributes().flatten().filter(|other| other.key.into_inner() != left_out)
                {
                    let quote = if attribute.value.contains('"') { '\'' } else { '"' };
                    let (name, value) = (attribute.key.into_inner(), &attribute.value);
                    attributes.push_str(&format!(" {name}={quote}{value}{quote}"));
                }
            }
            match (event, begin) {
                (Event::Start(_), _) => depth += 1,
                (Event::End(_), Some(begin)) if depth == 1 => return (attributes, &self.xml[begin..before]),
                (Event::End(_), _) => depth -= 1,
                (Event::Empty(_), _) if depth == 0 => return (attributes, ""),
                _ => {}
            }
        }
    }
}

/// A CAML text, or a part of one, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CamlError {
    /// The text is no well-formed XML, or holds what no CAML does: a declaration, a document type.
    #[error("the text is no well-formed CAML: {what} at byte {at}")]
    NotWellFormed {
        /// What is wrong.
        what: String,
        /// Where, from 0.
        at: usize,
    },
    /// The root is another element.
    #[error("the text is a {found} instead of a {expected}")]
    Root {
        /// The element that was expected.
        expected: &'static str,
        /// The element that was found.
        found: String,
    },
    /// The text is longer than [`MAX_CAML_BYTES`].
    #[error("the text has more than {MAX_CAML_BYTES} bytes")]
    TooLong,
    /// Elements stand in one another more than [`MAX_CAML_DEPTH`] deep.
    #[error("the text nests more than {MAX_CAML_DEPTH} elements")]
    TooDeep,
    /// XML has no way to write this character.
    #[error("XML cannot carry the character U+{:04X}", *.0)]
    Character(u32),
    /// Something has to be named.
    #[error("{what} may not be empty")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// An infinite number, or none.
    #[error("the number is not finite")]
    Number,
}

/// Bytes a text of one's own may have.
pub const MAX_CAML_BYTES: usize = 1 << 20;
/// What `ViewFields` say that ask for the property bag, column by column.
pub(super) const PROPERTIES: &str = "Properties";
/// Elements that may stand in one another in a text of one's own. Servers refuse filters far less deep.
pub const MAX_CAML_DEPTH: usize = 256;

/// A text as it stands in an element or an attribute.
pub(super) fn escaped(text: &str) -> Result<String, CamlError> {
    match text.chars().find(|char| !is_char(*char)) {
        Some(char) => Err(CamlError::Character(u32::from(char))),
        None => Ok(escape(text).into_owned()),
    }
}

/// Takes a text that is well-formed and has this root.
pub(super) fn check(text: &str, root: &'static str) -> Result<Checked, CamlError> {
    if text.len() > MAX_CAML_BYTES {
        return Err(CamlError::TooLong);
    }
    let mut open: Vec<String> = Vec::new();
    let mut checked = Checked::built(text.trim().to_owned());
    let mut namespaces = NamespaceResolver::default();
    let mut reader = Reader::from_str(&checked.xml);
    let mut closed = false;
    loop {
        let at = position(&reader);
        let wrong = |what: &str| CamlError::NotWellFormed { what: what.to_owned(), at };
        let event = reader.read_event().map_err(|error| wrong(&error.to_string()))?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                if closed {
                    return Err(wrong("a second root"));
                }
                if open.is_empty() && tag.name().into_inner() != root {
                    let found = tag.name().into_inner().chars().take(40).collect();
                    return Err(CamlError::Root { expected: root, found });
                }
                if open.is_empty() {
                    let asks = |attribute: &Attribute<'_>| {
                        attribute.key.into_inner() == PROPERTIES && &*attribute.value == "TRUE"
                    };
                    checked.properties = tag.attributes().flatten().any(|attribute| asks(&attribute));
                }
                if open.len() == MAX_CAML_DEPTH {
                    return Err(CamlError::TooDeep);
                }
                namespaces.push(tag).map_err(|error| wrong(&error.to_string()))?;
                let name = element(tag, &namespaces).map_err(|what| wrong(&what))?;
                if let Some(field) = name.filter(|_| open.len() == 1) {
                    checked.fields.push(field);
                }
                if matches!(event, Event::Start(_)) {
                    open.push(tag.name().into_inner().to_owned());
                } else {
                    namespaces.pop();
                    closed = open.is_empty();
                }
            }
            Event::End(_) => {
                // That it closes what is open was checked by the reader.
                open.pop();
                namespaces.pop();
                closed = open.is_empty();
            }
            Event::Text(part) => {
                let raw = part.as_ref();
                if open.is_empty() && !raw.trim().is_empty() {
                    return Err(wrong("a text beside the root"));
                }
                // XML 1.0, 2.4: in a text it would end a section that never began.
                if raw.contains("]]>") {
                    return Err(wrong("the end of a section"));
                }
                plain(raw).map_err(|what| wrong(&what))?;
            }
            Event::GeneralRef(name) => {
                plain(&format!("&{};", name.as_ref())).map_err(|what| wrong(&what))?;
                if open.is_empty() {
                    return Err(wrong("a text beside the root"));
                }
            }
            Event::CData(part) if open.is_empty() || !part.chars().all(is_char) => {
                return Err(wrong("a section that XML forbids"));
            }
            Event::Comment(part)
                if part.contains("--") || part.ends_with('-') || !part.chars().all(is_char) =>
            {
                return Err(wrong("a comment that XML forbids"));
            }
            Event::CData(_) | Event::Comment(_) => {}
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                return Err(wrong("a declaration, which a part of a request cannot have"));
            }
            Event::Eof if closed => break,
            Event::Eof => return Err(wrong("an end before the root's")),
        }
    }
    drop(reader);
    Ok(checked)
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or_default()
}

/// Looks at a tag; the field it names, if it is a `FieldRef`.
fn element(tag: &BytesStart<'_>, namespaces: &NamespaceResolver) -> Result<Option<Box<str>>, String> {
    let name = tag.name();
    if !is_exact_name(name.into_inner()) {
        return Err("an element without a name".to_owned());
    }
    if ["xml:", "xmlns:"].iter().any(|prefix| name.into_inner().starts_with(prefix)) {
        return Err("an element with a prefix that is for attributes".to_owned());
    }
    if let (ResolveResult::Unknown(prefix), _) = namespaces.resolve_element(name) {
        return Err(format!("the prefix {prefix:?}, which is not declared"));
    }
    let raw = tag.attributes_raw();
    // By what is written, and by what the prefix stands for.
    let (mut names, mut meanings) = (BTreeSet::new(), BTreeSet::new());
    let mut field = None;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = attribute.key;
        if !is_exact_name(key.into_inner()) {
            return Err("an attribute without a name".to_owned());
        }
        let at = key.into_inner().as_ptr().addr() - raw.as_ptr().addr();
        if at == 0 || !raw.as_bytes()[at - 1].is_ascii_whitespace() {
            return Err("no blank between two attributes".to_owned());
        }
        let twice = || format!("the attribute {:?} twice", key.into_inner());
        if !names.insert(key.into_inner()) {
            return Err(twice());
        }
        match (key.as_namespace_binding(), namespaces.resolve_attribute(key)) {
            (Some(PrefixDeclaration::Named(_)), _) if attribute.value.is_empty() => {
                return Err("a prefix that stands for nothing".to_owned());
            }
            (None, (ResolveResult::Unknown(prefix), _)) => {
                return Err(format!("the prefix {prefix:?}, which is not declared"));
            }
            (None, (ResolveResult::Bound(space), local)) if !meanings.insert((space, local)) => {
                return Err(twice());
            }
            _ => {}
        }
        let value = plain(&attribute.value)?;
        // Namespaces are compared as they are written, so they are written as they are.
        if key.as_namespace_binding().is_some() && (value != *attribute.value || RESERVED.contains(&&*value))
        {
            return Err("a namespace that cannot be declared so".to_owned());
        }
        if name.into_inner() == "FieldRef" && key.into_inner() == "Name" {
            field = Some(value.into());
        }
    }
    Ok(field)
}

/// The namespaces of `xml` and `xmlns`, which no other prefix may stand for.
const RESERVED: [&str; 2] = ["http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"];

/// The value of a raw text without anything that XML forbids.
fn plain(raw: &str) -> Result<String, String> {
    let (mut text, mut illegal) = (String::new(), None);
    unescape(raw, Part::Attribute, &mut text, |_, code| illegal = Some(code))
        .map_err(|_| "markup or a reference that no XML has".to_owned())?;
    match illegal {
        Some(code) => Err(format!("the character U+{code:04X}, which XML forbids")),
        None => Ok(text),
    }
}
