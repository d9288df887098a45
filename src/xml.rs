//! Small XML answers (errors, the form digest), read as their texts and matched by local name: servers differ in
//! prefixes. Pages of rows are not read here.

pub(crate) mod text;

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

/// Whether the first elements of a document have these local names, each in the one before. Others may stand before
/// all but the first and the last of them. No more is read than what decides; `None` where nothing does, because the
/// text ends or cannot be read before.
pub(crate) fn leads_to(text: &str, path: &[&str]) -> Option<bool> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut found) = (0, 0);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let opens = matches!(event, Event::Start(_));
                let last = found + 1 == path.len();
                if depth == found && tag.local_name().into_inner() == path[found] {
                    if last || !opens {
                        return Some(last);
                    }
                    found += 1;
                } else if found == 0 || depth == found && last {
                    return Some(false);
                }
                depth += usize::from(opens);
            }
            Event::End(_) if depth == found => return Some(false),
            Event::End(_) => depth -= 1,
            Event::Eof => return None,
            _ => {}
        }
    }
    None
}

/// The texts of a document, in document order, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    found: Vec<(String, String)>,
    /// The path of every start tag that was met, in document order.
    opened: Vec<String>,
    complete: bool,
}

impl Texts {
    /// Reads a document. Stops, without an error, where it is cut, broken or larger than the [`MAX_ELEMENTS`] and
    /// [`MAX_DEPTH`] that no answer of this kind reaches. Entities that a document declares are never expanded.
    pub(crate) fn read(text: &str) -> Texts {
        let mut reader = Reader::from_str(text);
        let mut texts = Texts::default();
        // The paths of the elements that are open, and the text of each so far.
        let mut open: Vec<(String, String)> = Vec::new();
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) => {
                    let path = path(&open, tag.local_name().into_inner());
                    if open.len() == MAX_DEPTH || texts.opened.len() == MAX_ELEMENTS {
                        return texts;
                    }
                    texts.opened.push(path.clone());
                    open.push((path, String::new()));
                }
                Event::Empty(tag) => {
                    if texts.opened.len() == MAX_ELEMENTS {
                        return texts;
                    }
                    texts.opened.push(path(&open, tag.local_name().into_inner()));
                }
                Event::End(_) => {
                    if let Some(closed) = open.pop() {
                        texts.found.push(closed);
                    }
                    texts.complete |= open.is_empty();
                }
                Event::Text(part) => append(&mut open, &part.xml10_content()),
                Event::CData(part) => append(&mut open, &part.xml10_content()),
                Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                    Ok(Some(char)) => append(&mut open, char.encode_utf8(&mut [0; 4])),
                    _ => append(&mut open, resolve_predefined_entity(&entity).unwrap_or_default()),
                },
                Event::Eof => return texts,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        texts
    }

    /// The path of the document's first element, or of its n-th; `None` beyond the last.
    pub(crate) fn opened(&self, nth: usize) -> Option<&str> {
        self.opened.get(nth).map(String::as_str)
    }

    /// Whether a tag with this path was opened.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.opened.iter().any(|opened| opened == path)
    }

    /// The trimmed text of the first closed element with this path (local names joined by `/`); `None` where there
    /// is none, or it is empty.
    pub(crate) fn at(&self, path: &str) -> Option<&str> {
        let (_, text) = self.found.iter().find(|(found, _)| found == path)?;
        Some(text.trim()).filter(|text| !text.is_empty())
    }

    /// Whether the document's root was closed.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }
}

fn path(open: &[(String, String)], name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME).collect();
    match open.last() {
        Some((parent, _)) => format!("{parent}/{name}"),
        None => name,
    }
}

fn append(open: &mut [(String, String)], part: &str) {
    if let Some((_, text)) = open.last_mut() {
        text.push_str(part);
    }
}

/// Elements that are read of one document.
const MAX_ELEMENTS: usize = 1_000;
/// Elements that may stand in one another.
const MAX_DEPTH: usize = 32;
/// Characters of a name that are kept; every name that is looked for is shorter.
const MAX_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_local_name_whatever_the_prefix() {
        for xml in ["<m:a xmlns:m='u'><m:b>x &amp; y&#33;</m:b></m:a>", "<a><b><![CDATA[x & y!]]></b></a>"] {
            let texts = Texts::read(xml);
            assert_eq!(texts.at("a/b"), Some("x & y!"), "{xml}");
            assert!(texts.is_complete() && texts.has("a/b") && texts.opened(0) == Some("a"));
            assert_eq!((texts.at("b"), texts.at("a")), (None, None));
        }
    }

    #[test]
    fn a_path_is_followed_no_further_than_it_decides() {
        let fault = ["Envelope", "Body", "Fault"];
        for xml in [
            "<?xml version='1.0'?><s:Envelope xmlns:s='u'><s:Header><a>x</a></s:Header><s:Body><s:Fault>",
            "<Envelope><Header/><Body><Fault/>",
            "<!-- a --><Envelope>\n<Body><Fault a='",
        ] {
            assert_eq!(leads_to(xml, &fault), (!xml.ends_with('\'')).then_some(true), "{xml}");
        }
        for xml in [
            "",
            "text",
            "<Fault/>",
            "<Body><Fault/></Body>",
            "<Envelope/><Envelope><Body><Fault/>",
            "<Envelope><Body/></Envelope><Fault/>",
            "<Envelope><Body></Body><Fault/>",
            "<Envelope><Header><Body><Fault/></Body></Header>",
            "<Envelope><Body><Result><Fault/></Result><Fault/>",
        ] {
            assert!(leads_to(xml, &fault) != Some(true), "{xml}");
        }
        assert_eq!(leads_to("<m:error><m:code>", &["error"]), Some(true));
        assert_eq!(leads_to("<a><error/></a>", &["error"]), Some(false));
        assert_eq!((leads_to("<!-- a -->", &["error"]), leads_to("<err", &["error"])), (None, None));
    }

    #[test]
    fn a_cut_document_keeps_what_came_and_says_that_it_is_cut() {
        let texts = Texts::read("<a><b>1</b><c>2");
        assert_eq!((texts.at("a/b"), texts.at("a/c"), texts.is_complete()), (Some("1"), None, false));
        assert!(!Texts::read("").is_complete());
    }

    #[test]
    fn depth_breadth_and_entity_bombs_end_at_a_limit() {
        assert!(!Texts::read(&"<a>".repeat(100_000)).is_complete());
        assert_eq!(Texts::read(&"<a>".repeat(100_000)).opened.len(), MAX_DEPTH);
        let broad = Texts::read(&format!("<r>{}</r>", "<a/>".repeat(100_000)));
        assert!(!broad.is_complete() && broad.opened.len() == MAX_ELEMENTS);
        let bomb = "<!DOCTYPE a [<!ENTITY l 'lollollol'>]><a><b>x&l;&l;</b></a>";
        assert_eq!(Texts::read(bomb).at("a/b"), Some("x"));
    }
}
