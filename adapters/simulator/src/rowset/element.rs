//! XML that callers send: CAML, options, envelopes.

use http::StatusCode;

use crate::problem::Problem;

/// An element, its names without their namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// Its text, that of its children left out.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

/// How deep elements may nest; real servers have a limit too, which nothing records.
const DEEPEST: usize = 160;

impl Element {
    /// Reads a document.
    pub(crate) fn document(text: &str) -> Result<Self, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = roxmltree::Document::parse(text).map_err(|error| not_well_formed(&error))?;
        Self::of(document.root_element(), 0)
    }

    /// Reads a parameter that holds an element of a name. Its content alone is taken too: samples send a bare
    /// `<Paging …/>` as QueryOptions.
    pub(crate) fn parameter(text: &str, name: &str) -> Result<Self, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
        let body = match text.strip_prefix("<?xml") {
            Some(prolog) => prolog.split_once("?>").map_or(text, |(_, body)| body),
            None => text,
        };
        let mut wrapped = Self::document(&format!("<{name}>{body}</{name}>"))?;
        if wrapped.children.len() == 1 && wrapped.children[0].name == name {
            return Ok(wrapped.children.remove(0));
        }
        Ok(wrapped)
    }

    fn of(node: roxmltree::Node<'_, '_>, depth: usize) -> Result<Self, Problem> {
        if depth > DEEPEST {
            return Err(Problem::xml("The element nests too deep."));
        }
        let attributes =
            node.attributes().map(|found| (found.name().to_owned(), found.value().to_owned())).collect();
        let text = node.children().filter(|child| child.is_text()).filter_map(|child| child.text()).collect();
        let children = node.children().filter(roxmltree::Node::is_element);
        let children = children.map(|child| Self::of(child, depth + 1)).collect::<Result<_, _>>()?;
        Ok(Self { name: node.tag_name().name().to_owned(), attributes, text, children })
    }

    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The trimmed text of the first child of a name.
    pub(crate) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// An attribute's value.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether an attribute says TRUE.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn not_well_formed(error: &roxmltree::Error) -> Problem {
    Problem::xml(&error.to_string())
}

impl Problem {
    /// XML that cannot be read.
    pub(crate) fn xml(what: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, -1, "System.Xml.XmlException", what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_with_and_without_its_own_element() {
        let bare = Element::parameter("<Paging ListItemCollectionPositionNext='a&amp;b'/>", "QueryOptions");
        let whole = Element::parameter(
            "<?xml version=\"1.0\"?><QueryOptions><Paging ListItemCollectionPositionNext='a&amp;b'/></QueryOptions>",
            "QueryOptions",
        );
        assert_eq!(bare, whole);
        assert_eq!(
            bare.unwrap().child("Paging").unwrap().attribute("ListItemCollectionPositionNext"),
            Some("a&b")
        );
    }

    #[test]
    fn broken_xml_bombs_and_endless_nesting_are_refused() {
        let deep = format!("{}{}", "<And>".repeat(5_000), "</And>".repeat(5_000));
        let bomb = "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>";
        for text in ["<Query>", "a & b", deep.as_str(), bomb] {
            let problem = Element::parameter(text, "Query").unwrap_err();
            assert_eq!(
                (problem.status, problem.exception),
                (StatusCode::BAD_REQUEST, "System.Xml.XmlException")
            );
        }
    }
}
