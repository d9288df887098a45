//! The list's own definition as an answer carries it: handles into the answer's text.

use std::{fmt, sync::Arc};

use jiff::tz::Offset;
use uuid::Uuid;

use super::{
    arena::{Arena, Cell, Head, Source},
    kind::FieldKind,
    schema::{Definition, Schema, SchemaDigest},
    value,
};

/// The definition of the list (`List` of the answer), as the list was when the answer was made.
///
/// It is a handle into the answer's text; [`schema`](ListDefinition::schema) makes a value of its own from it.
#[derive(Clone)]
pub struct ListDefinition {
    arena: Arc<Arena>,
}

impl ListDefinition {
    pub(crate) fn new(arena: Arc<Arena>) -> Self {
        ListDefinition { arena }
    }

    /// An attribute, by its name on the wire, such as `EnableVersioning`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.arena.find(self.arena.cells(self.arena.list), Source::Attribute, name)
    }

    /// The text of an element of `RegionalSettings` or `ServerSettings`, such as `Locale` or `ServerVersion`.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.arena.find(&self.arena.settings, Source::Element, name)
    }

    /// The list's id; `None` where the answer has none that can be read.
    pub fn id(&self) -> Option<Uuid> {
        value::guid(self.attribute("ID")?)
    }

    /// The list's title.
    pub fn title(&self) -> Option<&str> {
        self.attribute("Title")
    }

    /// The server-relative path of the list's root folder.
    pub fn root_folder(&self) -> Option<&str> {
        self.attribute("RootFolder")
    }

    /// How often the definition was changed.
    pub fn version(&self) -> Option<i64> {
        self.attribute("Version")?.parse().ok()
    }

    /// How many items the list has, whether or not the caller may see them.
    pub fn item_count(&self) -> Option<u64> {
        self.attribute("ItemCount")?.parse().ok()
    }

    /// The kind of list: 100 a plain one, 101 a document library.
    pub fn server_template(&self) -> Option<i32> {
        self.attribute("ServerTemplate")?.parse().ok()
    }

    /// How far the site's clocks are ahead of UTC, without daylight saving (`TimeZone`, in minutes, its sign the other
    /// way round). Only for [`Schema::with_local_times`], and with its limits.
    pub fn utc_offset(&self) -> Option<Offset> {
        let minutes: i32 = self.setting("TimeZone")?.trim().parse().ok()?;
        Offset::from_seconds(minutes.checked_mul(-60)?).ok()
    }

    /// The fields, hidden ones and all, in the order of the list.
    pub fn fields(&self) -> impl Iterator<Item = FieldDefinition> + '_ {
        let field = |head: &Head| FieldDefinition { arena: Arc::clone(&self.arena), head: *head };
        self.arena.fields.iter().map(field)
    }

    /// What rows are read by, as a value of its own that keeps no answer in memory.
    pub fn schema(&self) -> Schema {
        Schema::of(self)
    }

    /// What the fields are, in short: the [digest](Schema::digest) of the schema.
    pub fn digest(&self) -> SchemaDigest {
        let digest = |field: FieldDefinition| {
            let (name, sum) = field.definition().digest();
            (name.into(), sum)
        };
        self.fields().map(digest).collect()
    }
}

impl fmt::Debug for ListDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes = Attributes { arena: &self.arena, cells: self.arena.cells(self.arena.list) };
        let settings = Attributes { arena: &self.arena, cells: &self.arena.settings };
        let fields: Vec<_> = self.fields().collect();
        f.debug_struct("ListDefinition")
            .field("attributes", &attributes)
            .field("settings", &settings)
            .field("fields", &fields)
            .finish()
    }
}

/// The definition of a field (`Field` of the list's definition).
#[derive(Clone)]
pub struct FieldDefinition {
    arena: Arc<Arena>,
    head: Head,
}

impl FieldDefinition {
    /// An attribute, by its name on the wire, such as `MaxLength`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.arena.find(self.cells(), Source::Attribute, name)
    }

    /// The text of a child element, such as `Formula` or `Default`; `None` where it has none of its own.
    pub fn element(&self, name: &str) -> Option<&str> {
        self.arena.find(self.cells(), Source::Element, name)
    }

    /// The internal name, by which rows and queries know the field.
    pub fn name(&self) -> &str {
        self.attribute("Name").unwrap_or_default()
    }

    /// The type as the server names it, such as `Text` or `LookupMulti`; empty where it names none.
    pub fn type_name(&self) -> &str {
        self.attribute("Type").unwrap_or_default()
    }

    /// How its values are written in rows.
    pub fn kind(&self) -> FieldKind {
        FieldKind::of(self.name(), self.type_name(), self.is_multi(), self.attribute("List"))
    }

    pub(super) fn is_multi(&self) -> bool {
        self.flag("Mult")
    }

    /// Whether an attribute says yes; one that is absent says no.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1")
    }

    pub(super) fn definition(&self) -> Definition<'_> {
        Definition {
            id: self.attribute("ID").and_then(value::guid),
            name: self.name(),
            type_name: self.type_name(),
            multi: self.is_multi(),
            formula: self.element("Formula"),
            result_type: self.attribute("ResultType"),
            lookup_list: self.attribute("List"),
            shown_field: self.attribute("ShowField"),
            primary: self.attribute("FieldRef"),
        }
    }

    fn cells(&self) -> &[Cell] {
        self.arena.cells(self.head)
    }
}

impl fmt::Debug for FieldDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Attributes { arena: &self.arena, cells: self.cells() }.fmt(f)
    }
}

struct Attributes<'a> {
    arena: &'a Arena,
    cells: &'a [Cell],
}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.cells.iter().map(|cell| (self.arena.name(cell.name), self.arena.text(*cell)));
        f.debug_map().entries(entries).finish()
    }
}
