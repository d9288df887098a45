//! Entities and collections of them, in every dress of OData.

use std::borrow::Cow;

use uuid::Uuid;

use crate::atom;
use crate::format::Format;
use crate::json::{self, Style};
use crate::problem::Problem;
use crate::ticks::Ticks;
use crate::token::write_number;

/// A property's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Prop {
    Null,
    Bool(bool),
    Int32(i64),
    /// A string in verbose JSON, a number elsewhere.
    Int64(i64),
    Double(f64),
    Text(String),
    Guid(Uuid),
    Time(Ticks),
    Complex(&'static str, Vec<(&'static str, Prop)>),
    /// A collection of complex values of one type.
    Complexes(&'static str, Vec<Vec<(&'static str, Prop)>>),
    Texts(Vec<String>),
    Numbers(Vec<i64>),
}

/// An entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entity {
    /// Its type's name.
    pub(crate) kind: Cow<'static, str>,
    /// Its address below `_api/`.
    pub(crate) path: String,
    /// Its version, where it has one.
    pub(crate) etag: Option<String>,
    /// What it has.
    pub(crate) props: Vec<(Cow<'static, str>, Prop)>,
    /// Navigation properties, shown in verbose JSON and Atom where nothing was selected.
    pub(crate) links: &'static [&'static str],
}

/// What a writer needs to know beside the entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dress<'a> {
    pub(crate) format: Format,
    pub(crate) style: Style,
    /// `https://host/sites/ops/_api/`.
    pub(crate) service: &'a str,
    /// The world's time.
    pub(crate) now: Ticks,
}

impl Entity {
    /// A property's value, by its exact name.
    pub(crate) fn prop(&self, name: &str) -> Option<&Prop> {
        self.props.iter().find(|(found, _)| found == name).map(|(_, prop)| prop)
    }

    /// Leaves only what `$select` names. `*` is everything, unknown names are an error.
    pub(crate) fn select(mut self, select: Option<&str>) -> Result<Self, Problem> {
        let Some(select) = select else { return Ok(self) };
        let names: Vec<&str> = select.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        for name in &names {
            let first = name.split('/').next().unwrap_or_default();
            if *name != "*" && self.prop(first).is_none() && !self.links.contains(&first) {
                return Err(Problem::unknown_field(name));
            }
        }
        if !names.is_empty() && !names.contains(&"*") {
            let named = |found: &str| names.iter().any(|name| name.split('/').next() == Some(found));
            self.props.retain(|(found, _)| named(found));
            self.links = &[];
        }
        Ok(self)
    }

    /// Writes it as a whole answer.
    pub(crate) fn write(&self, dress: Dress<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(1_024);
        match dress.format {
            Format::Verbose => {
                out.extend_from_slice(b"{\"d\":");
                self.write_json(&mut out, dress, false);
                out.push(b'}');
            }
            Format::Minimal | Format::Bare => self.write_json(&mut out, dress, true),
            Format::Atom => atom::entry(&mut out, self, dress, true),
        }
        out
    }

    fn write_json(&self, out: &mut Vec<u8>, dress: Dress<'_>, top: bool) {
        let style = dress.style;
        out.push(b'{');
        let address = format!("{}{}", dress.service, self.path);
        let mut first = true;
        match dress.format {
            Format::Verbose => {
                first = false;
                out.extend_from_slice(b"\"__metadata\":{\"id\":");
                json::string(out, &address, style);
                out.extend_from_slice(b",\"uri\":");
                json::string(out, &address, style);
                if let Some(etag) = &self.etag {
                    out.extend_from_slice(b",\"etag\":");
                    json::string(out, etag, style);
                }
                out.extend_from_slice(b",\"type\":");
                json::string(out, &self.kind, style);
                out.push(b'}');
                for link in self.links {
                    out.extend_from_slice(format!(",\"{link}\":{{\"__deferred\":{{\"uri\":").as_bytes());
                    json::string(out, &format!("{address}/{link}"), style);
                    out.extend_from_slice(b"}}");
                }
            }
            Format::Minimal => {
                first = false;
                if top {
                    out.extend_from_slice(b"\"odata.metadata\":");
                    let set = collection_name(&self.kind);
                    json::string(out, &format!("{}$metadata#{set}/@Element", dress.service), style);
                    out.push(b',');
                }
                out.extend_from_slice(b"\"odata.type\":");
                json::string(out, &self.kind, style);
                out.extend_from_slice(b",\"odata.id\":");
                json::string(out, &address, style);
                if let Some(etag) = &self.etag {
                    out.extend_from_slice(b",\"odata.etag\":");
                    json::string(out, etag, style);
                }
                out.extend_from_slice(b",\"odata.editLink\":");
                json::string(out, &self.path, style);
            }
            Format::Bare | Format::Atom => {}
        }
        for (name, prop) in &self.props {
            if !first {
                out.push(b',');
            }
            first = false;
            json::string(out, name, style);
            out.push(b':');
            prop.write_json(out, dress);
        }
        out.push(b'}');
    }
}

impl Prop {
    pub(crate) fn write_json(&self, out: &mut Vec<u8>, dress: Dress<'_>) {
        let style = dress.style;
        let verbose = dress.format == Format::Verbose;
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
            Self::Int32(number) => write_number(out, *number),
            Self::Int64(number) if verbose => {
                out.push(b'"');
                write_number(out, *number);
                out.push(b'"');
            }
            Self::Int64(number) => write_number(out, *number),
            Self::Double(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Text(text) => json::string(out, text, style),
            Self::Guid(id) => json::quoted_guid(out, *id, style),
            Self::Time(time) => json::quoted_time(out, *time, style),
            Self::Complex(kind, props) => complex(out, kind, props, dress),
            Self::Complexes(kind, values) => {
                list(out, verbose.then_some(*kind), values, |out, props| complex(out, kind, props, dress));
            }
            Self::Texts(texts) => {
                list(out, verbose.then_some("Edm.String"), texts, |out, text| json::string(out, text, style));
            }
            Self::Numbers(numbers) => {
                list(out, verbose.then_some("Edm.Int32"), numbers, |out, number| write_number(out, *number));
            }
        }
    }

    /// Writes it as a whole answer to a request for the property alone.
    pub(crate) fn write(&self, name: &str, dress: Dress<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        match dress.format {
            Format::Verbose => {
                out.extend_from_slice(b"{\"d\":{");
                json::string(&mut out, name, dress.style);
                out.push(b':');
                self.write_json(&mut out, dress);
                out.extend_from_slice(b"}}");
            }
            Format::Minimal | Format::Bare => match self {
                Self::Complex(..) => self.write_json(&mut out, dress),
                _ => {
                    out.extend_from_slice(b"{\"value\":");
                    self.write_json(&mut out, dress);
                    out.push(b'}');
                }
            },
            Format::Atom => atom::property(&mut out, name, self),
        }
        out
    }
}

/// Writes a collection as a whole answer; `next` is the address of its next page.
pub(crate) fn write_feed(entities: &[Entity], next: Option<&str>, kind: &str, dress: Dress<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + entities.len() * 512);
    let style = dress.style;
    match dress.format {
        Format::Atom => atom::feed(&mut out, entities, next, dress),
        Format::Verbose => {
            out.extend_from_slice(b"{\"d\":{\"results\":[");
            write_all(&mut out, entities, dress);
            out.push(b']');
            if let Some(next) = next {
                out.extend_from_slice(b",\"__next\":");
                json::string(&mut out, next, style);
            }
            out.extend_from_slice(b"}}");
        }
        Format::Minimal | Format::Bare => {
            out.push(b'{');
            if dress.format == Format::Minimal {
                out.extend_from_slice(b"\"odata.metadata\":");
                let metadata = format!("{}$metadata#{}", dress.service, collection_name(kind));
                json::string(&mut out, &metadata, style);
                out.push(b',');
            }
            if let Some(next) = next {
                out.extend_from_slice(b"\"odata.nextLink\":");
                json::string(&mut out, next, style);
                out.push(b',');
            }
            out.extend_from_slice(b"\"value\":[");
            write_all(&mut out, entities, dress);
            out.extend_from_slice(b"]}");
        }
    }
    out
}

fn write_all(out: &mut Vec<u8>, entities: &[Entity], dress: Dress<'_>) {
    for (at, entity) in entities.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        entity.write_json(out, dress, false);
    }
}

fn complex(out: &mut Vec<u8>, kind: &str, props: &[(&'static str, Prop)], dress: Dress<'_>) {
    let verbose = dress.format == Format::Verbose;
    out.push(b'{');
    if verbose {
        out.extend_from_slice(format!("\"__metadata\":{{\"type\":\"{kind}\"}}").as_bytes());
    }
    for (at, (name, prop)) in props.iter().enumerate() {
        if verbose || at > 0 {
            out.push(b',');
        }
        json::string(out, name, dress.style);
        out.push(b':');
        prop.write_json(out, dress);
    }
    out.push(b'}');
}

/// Writes a list of values; `kind` names their type in verbose JSON.
fn list<T>(out: &mut Vec<u8>, kind: Option<&str>, values: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    if let Some(kind) = kind {
        out.extend_from_slice(
            format!("{{\"__metadata\":{{\"type\":\"Collection({kind})\"}},\"results\":").as_bytes(),
        );
    }
    out.push(b'[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, value);
    }
    out.push(b']');
    if kind.is_some() {
        out.push(b'}');
    }
}

/// The name of a type's collection in `odata.metadata`.
fn collection_name(kind: &str) -> String {
    if kind.starts_with("SP.Change") {
        return "SP.ApiData.Changes".to_owned();
    }
    let plain = kind.strip_prefix("SP.").unwrap_or(kind).replace("Data.", "");
    format!("SP.ApiData.{plain}s")
}
