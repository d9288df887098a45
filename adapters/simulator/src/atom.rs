//! Entities as Atom, which is what a request without an `Accept` gets.

use crate::entity::{Dress, Entity, Prop};
use crate::xml;

const NAMESPACES: &str = " xmlns=\"http://www.w3.org/2005/Atom\" \
    xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
    xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\" \
    xmlns:georss=\"http://www.georss.org/georss\" xmlns:gml=\"http://www.opengis.net/gml\"";
const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// Appends an entry; as a whole document with its prolog and namespaces, or as part of a feed.
pub(crate) fn entry(out: &mut Vec<u8>, entity: &Entity, dress: Dress<'_>, whole: bool) {
    if whole {
        out.extend_from_slice(PROLOG.as_bytes());
    }
    out.extend_from_slice(b"<entry");
    if whole {
        attribute(out, "xml:base", dress.service);
        out.extend_from_slice(NAMESPACES.as_bytes());
    }
    if let Some(etag) = &entity.etag {
        attribute(out, "m:etag", etag);
    }
    out.extend_from_slice(b">");
    element(out, "id", &format!("{}{}", dress.service, entity.path));
    out.extend_from_slice(b"<category");
    attribute(out, "term", &entity.kind);
    attribute(out, "scheme", "http://schemas.microsoft.com/ado/2007/08/dataservices/scheme");
    out.extend_from_slice(b" /><link rel=\"edit\"");
    attribute(out, "href", &entity.path);
    out.extend_from_slice(b" />");
    for link in entity.links {
        out.extend_from_slice(b"<link");
        attribute(
            out,
            "rel",
            &format!("http://schemas.microsoft.com/ado/2007/08/dataservices/related/{link}"),
        );
        attribute(out, "title", link);
        attribute(out, "href", &format!("{}/{link}", entity.path));
        out.extend_from_slice(b" />");
    }
    out.extend_from_slice(b"<title />");
    element(out, "updated", &dress.now.whole_second().iso());
    out.extend_from_slice(b"<author><name /></author><content type=\"application/xml\"><m:properties>");
    for (name, value) in &entity.props {
        property_element(out, name, value, "");
    }
    out.extend_from_slice(b"</m:properties></content></entry>");
}

/// Appends a feed as a whole document.
pub(crate) fn feed(out: &mut Vec<u8>, entities: &[Entity], next: Option<&str>, dress: Dress<'_>) {
    out.extend_from_slice(PROLOG.as_bytes());
    out.extend_from_slice(b"<feed");
    attribute(out, "xml:base", dress.service);
    out.extend_from_slice(NAMESPACES.as_bytes());
    out.extend_from_slice(b">");
    element(out, "id", dress.service);
    out.extend_from_slice(b"<title />");
    element(out, "updated", &dress.now.whole_second().iso());
    for entity in entities {
        entry(out, entity, dress, false);
    }
    if let Some(next) = next {
        out.extend_from_slice(b"<link rel=\"next\"");
        attribute(out, "href", next);
        out.extend_from_slice(b" />");
    }
    out.extend_from_slice(b"</feed>");
}

/// Appends a property as a whole document.
pub(crate) fn property(out: &mut Vec<u8>, name: &str, value: &Prop) {
    out.extend_from_slice(PROLOG.as_bytes());
    let namespaces = " xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
                      xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"";
    property_element(out, name, value, namespaces);
}

fn property_element(out: &mut Vec<u8>, name: &str, value: &Prop, more: &str) {
    let (kind, text) = match value {
        Prop::Null => (None, None),
        Prop::Bool(yes) => (Some("Edm.Boolean"), Some(yes.to_string())),
        Prop::Int32(number) => (Some("Edm.Int32"), Some(number.to_string())),
        Prop::Int64(number) => (Some("Edm.Int64"), Some(number.to_string())),
        Prop::Double(number) => (Some("Edm.Double"), Some(number.to_string())),
        Prop::Text(text) => (None, Some(text.clone())),
        Prop::Guid(id) => (Some("Edm.Guid"), Some(id.to_string())),
        Prop::Time(time) => (Some("Edm.DateTime"), Some(time.iso())),
        Prop::Complex(kind, props) => {
            open(out, name, Some(kind), more);
            for (name, prop) in props {
                property_element(out, name, prop, "");
            }
            close(out, name);
            return;
        }
        Prop::Complexes(kind, values) => {
            open(out, name, Some(&format!("Collection({kind})")), more);
            for props in values {
                open(out, "element", None, "");
                for (name, prop) in props {
                    property_element(out, name, prop, "");
                }
                close(out, "element");
            }
            close(out, name);
            return;
        }
        Prop::Texts(texts) => {
            open(out, name, Some("Collection(Edm.String)"), more);
            for text in texts {
                element(out, "d:element", text);
            }
            close(out, name);
            return;
        }
        Prop::Numbers(numbers) => {
            open(out, name, Some("Collection(Edm.Int32)"), more);
            for number in numbers {
                element(out, "d:element", &number.to_string());
            }
            close(out, name);
            return;
        }
    };
    match text {
        Some(text) => {
            open(out, name, kind, more);
            xml::text(out, &text);
            close(out, name);
        }
        None => out.extend_from_slice(format!("<d:{name}{more} m:null=\"true\" />").as_bytes()),
    }
}

fn open(out: &mut Vec<u8>, name: &str, kind: Option<&str>, more: &str) {
    out.extend_from_slice(format!("<d:{name}{more}").as_bytes());
    if let Some(kind) = kind {
        attribute(out, "m:type", kind);
    }
    out.push(b'>');
}

fn close(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(format!("</d:{name}>").as_bytes());
}

fn attribute(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(format!(" {name}=\"").as_bytes());
    xml::text(out, value);
    out.push(b'"');
}

fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    out.extend_from_slice(format!("<{name}>").as_bytes());
    xml::text(out, text);
    out.extend_from_slice(format!("</{name}>").as_bytes());
}
