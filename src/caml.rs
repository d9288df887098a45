//! CAML: the filters, orders and lists of fields that a query of the list feed carries as XML text.
//!
//! The common operators are built from typed parts, which cannot give wrong XML; anything else is taken as text, by
//! `parse()`, and checked to be well-formed then. [`Query`], [`Where`], [`ViewFields`] and [`Contains`] are such texts.
//!
//! ```
//! use sharepoint_changes::caml::{Condition, FieldRef, Literal, Order, Query};
//!
//! let title = FieldRef::new("Title")?;
//! let filter = title.begins_with(&Literal::text("R&D")?).and(FieldRef::id().gt(&Literal::counter(15)));
//! let query = Query::new(Some(filter.into()), [Order::ascending(FieldRef::id())]);
//! assert_eq!(
//!     query.as_str(),
//!     "<Query><Where><And><BeginsWith><FieldRef Name=\"Title\"/><Value Type=\"Text\">R&amp;D</Value></BeginsWith>\
//!      <Gt><FieldRef Name=\"ID\"/><Value Type=\"Counter\">15</Value></Gt></And></Where>\
//!      <OrderBy><FieldRef Name=\"ID\" Ascending=\"TRUE\"/></OrderBy></Query>"
//! );
//! let same: Query = query.as_str().parse()?;
//! # assert_eq!(same, query);
//! # Ok::<(), sharepoint_changes::caml::CamlError>(())
//! ```

mod condition;
mod literal;
mod text;

use std::{fmt, str::FromStr};

use self::text::Checked;
pub use self::{
    condition::Condition,
    literal::Literal,
    text::{CamlError, MAX_CAML_BYTES, MAX_CAML_DEPTH},
};

/// A field in a condition, an order or a list of fields, by its internal name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRef {
    /// Escaped.
    name: Box<str>,
    by_lookup_id: bool,
}

impl FieldRef {
    /// Names a field by its internal name (`Bid_x0020_Amount`, not the title people see).
    ///
    /// # Errors
    /// [`CamlError`] for an empty name, and for one that XML cannot carry.
    pub fn new(name: &str) -> Result<Self, CamlError> {
        if name.is_empty() {
            return Err(CamlError::Empty { what: "the name of a field" });
        }
        Ok(FieldRef { name: text::escaped(name)?.into(), by_lookup_id: false })
    }

    /// The field `ID`.
    pub fn id() -> Self {
        FieldRef { name: "ID".into(), by_lookup_id: false }
    }

    /// Compares a lookup or a person by its id instead of the text it shows (`LookupId`).
    pub fn by_lookup_id(mut self) -> Self {
        self.by_lookup_id = true;
        self
    }

    fn write(&self, xml: &mut String, attributes: &str) {
        let by_lookup_id = if self.by_lookup_id { " LookupId=\"TRUE\"" } else { "" };
        xml.push_str(&format!("<FieldRef Name=\"{}\"{by_lookup_id}{attributes}/>", self.name));
    }
}

/// A field to order by, and its direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    field: FieldRef,
    ascending: bool,
}

impl Order {
    /// Smallest first.
    pub fn ascending(field: FieldRef) -> Self {
        Order { field, ascending: true }
    }

    /// Largest first.
    pub fn descending(field: FieldRef) -> Self {
        Order { field, ascending: false }
    }
}

/// Defines a CAML text with its root element.
macro_rules! caml {
    ($(#[$about:meta])* $name:ident $root:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(Checked);

        impl $name {
            /// The XML.
            pub fn as_str(&self) -> &str {
                &self.0.xml
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0.xml)
            }
        }

        impl FromStr for $name {
            type Err = CamlError;

            /// Takes a text of one's own.
            ///
            /// # Errors
            /// [`CamlError`] says where the text is no well-formed XML, or that its root is another element.
            fn from_str(text: &str) -> Result<Self, CamlError> {
                text::check(text, $root).map($name)
            }
        }
    };
}

caml! {
    /// A filter and an order (`<Query><Where>…</Where><OrderBy>…</OrderBy></Query>`).
    Query "Query"
}

caml! {
    /// A filter (`<Where>…</Where>`).
    Where "Where"
}

caml! {
    /// The fields to answer with (`<ViewFields><FieldRef Name="Title"/>…</ViewFields>`).
    ViewFields "ViewFields"
}

caml! {
    /// A text that a field must contain (`<Contains><FieldRef …/><Value …>…</Value></Contains>`).
    Contains "Contains"
}

impl Query {
    /// Filters, if there is a filter, and orders by these fields, the first deciding.
    pub fn new(filter: Option<Where>, order: impl IntoIterator<Item = Order>) -> Self {
        let mut xml = String::from("<Query>");
        if let Some(filter) = filter {
            xml.push_str(filter.as_str());
        }
        let mut order = order.into_iter().peekable();
        if order.peek().is_some() {
            xml.push_str("<OrderBy>");
            for Order { field, ascending } in order {
                let direction = if ascending { "TRUE" } else { "FALSE" };
                field.write(&mut xml, &format!(" Ascending=\"{direction}\""));
            }
            xml.push_str("</OrderBy>");
        }
        xml.push_str("</Query>");
        Query(Checked::built(xml))
    }
}

impl From<Condition> for Where {
    fn from(condition: Condition) -> Self {
        Where(Checked::built(format!("<Where>{}</Where>", condition.xml())))
    }
}

impl From<Where> for Query {
    fn from(filter: Where) -> Self {
        Query::new(Some(filter), [])
    }
}

impl ViewFields {
    /// Names the fields by their internal names. An empty list is refused: servers take it for all fields or for those
    /// of the view (MS-LISTSWS says both).
    ///
    /// # Errors
    /// [`CamlError`] for no name at all, an empty one, and one that XML cannot carry.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, CamlError> {
        let mut checked = Checked::built("<ViewFields>".to_owned());
        for name in names {
            FieldRef::new(name.as_ref())?.write(&mut checked.xml, "");
            checked.fields.push(name.as_ref().into());
        }
        if checked.fields.is_empty() {
            return Err(CamlError::Empty { what: "a list of fields" });
        }
        checked.xml.push_str("</ViewFields>");
        Ok(ViewFields(checked))
    }

    /// Asks for the item's property bag, one column a property (`Properties="TRUE"` and `MetaInfo`); read it with
    /// [`Row::property`](crate::Row::property).
    pub fn with_properties(mut self) -> Self {
        let checked = &mut self.0;
        let (attributes, content) = checked.root_without(text::PROPERTIES);
        let named = checked.fields.iter().any(|name| &**name == "MetaInfo");
        let bag = if named { "" } else { "<FieldRef Name=\"MetaInfo\"/>" };
        let xml =
            format!("<ViewFields {}=\"TRUE\"{attributes}>{content}{bag}</ViewFields>", text::PROPERTIES);
        (checked.xml, checked.properties) = (xml, true);
        if !named {
            checked.fields.push("MetaInfo".into());
        }
        self
    }

    /// Whether the property bag is asked for.
    pub(crate) fn asks_for_properties(&self) -> bool {
        self.0.properties
    }

    /// The internal names of the fields, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.fields.iter().map(|name| &**name)
    }
}

impl Contains {
    /// Asks for items whose field contains a text, or begins with it: the protocol leaves that to the field's type.
    pub fn new(field: &FieldRef, text: &Literal) -> Self {
        Contains(Checked::built(field.contains(text).xml().to_owned()))
    }
}

#[cfg(test)]
mod tests;
