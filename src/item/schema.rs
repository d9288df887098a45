//! The fields of a list as values of their own: what rows are read by, and how one state of them is told from another.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use jiff::tz::Offset;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use super::{
    kind::FieldKind,
    list::{FieldDefinition, ListDefinition},
    row::Column,
    value::{self, Value},
};

/// A list and its fields, for as long as they stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The list's id; `None` where the server told none that can be read.
    pub list_id: Option<Uuid>,
    /// The list's title.
    pub title: Option<Box<str>>,
    /// The server-relative path of the list's root folder.
    pub root_folder: Option<Box<str>>,
    /// The kind of list: 100 a plain one, 101 a document library.
    pub server_template: Option<i32>,
    fields: Vec<Field>,
    /// The numbers of the fields, by name.
    by_name: Vec<u16>,
}

impl Schema {
    pub(super) fn of(list: &ListDefinition) -> Self {
        let fields: Vec<Field> = list.fields().map(|field| Field::of(&field)).collect();
        let mut by_name: Vec<u16> = (0..=u16::MAX).take(fields.len()).collect();
        by_name.sort_by(|a, b| fields[usize::from(*a)].name().cmp(fields[usize::from(*b)].name()));
        Schema {
            list_id: list.id(),
            title: list.title().map(Into::into),
            root_folder: list.root_folder().map(Into::into),
            server_template: list.server_template(),
            fields,
            by_name,
        }
    }

    /// The fields, hidden ones and all, in the order of the list.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field with this internal name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let named = |number: &u16| self.fields[usize::from(*number)].name().cmp(name);
        let at = self.by_name.binary_search_by(named).ok()?;
        Some(&self.fields[usize::from(self.by_name[at])])
    }

    /// The same fields, their times without a zone read as this far ahead of UTC. Only for answers that were asked
    /// for with [`date_in_utc(false)`](crate::ItemQuery::date_in_utc); in any other, such a time is
    /// [`Value::Other`](super::Value::Other). One offset is wrong for half of the year where clocks are changed.
    pub fn with_local_times(mut self, ahead: Offset) -> Schema {
        for field in &mut self.fields {
            field.local_times = Some(ahead);
        }
        self
    }

    /// What the fields are, in short: two schemas with equal digests have the same fields of the same types, formulas
    /// and targets, in whatever order, under whatever titles.
    pub fn digest(&self) -> SchemaDigest {
        let digest = |field: &Field| {
            let (name, sum) = field.definition().digest();
            (name.into(), sum)
        };
        self.fields.iter().map(digest).collect()
    }
}

/// A field of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The field's id, which a field that was deleted and made again does not keep; `None` where the server told none
    /// that can be read.
    pub id: Option<Uuid>,
    /// The title people see.
    pub display_name: Box<str>,
    /// The name by which the field was first made; mostly the internal name.
    pub static_name: Option<Box<str>>,
    /// The type as the server names it, such as `Text` or `LookupMulti`; empty where it names none.
    pub type_name: Box<str>,
    /// Whether every item must have a value.
    pub required: bool,
    /// Whether people cannot change it.
    pub read_only: bool,
    /// Whether people do not see it.
    pub hidden: bool,
    /// Whether it may hold several values.
    pub multi: bool,
    /// Where a lookup looks; `None` for other fields.
    pub lookup: Option<LookupTarget>,
    /// The formula of a calculated field.
    pub formula: Option<Box<str>>,
    /// The type of a calculated field's result, such as `Number`.
    pub result_type: Option<Box<str>>,
    /// Who made the field: a namespace for SharePoint's own, the list's or web's id for people's.
    pub source_id: Option<Box<str>>,
    kind: FieldKind,
    column: Column,
    local_times: Option<Offset>,
}

/// Where a lookup looks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupTarget {
    /// The list: a GUID in braces, a path, or a word such as `Self` or `Docs`.
    pub list: Box<str>,
    /// The internal name of the field it shows.
    pub shown_field: Option<Box<str>>,
    /// The lookup whose target this one shows another field of: a GUID in braces; `None` for a lookup of its own.
    pub primary: Option<Box<str>>,
}

impl Field {
    fn of(field: &FieldDefinition) -> Self {
        let text = |name: &str| field.attribute(name).map(Into::into);
        let lookup =
            |list: Box<str>| LookupTarget { list, shown_field: text("ShowField"), primary: text("FieldRef") };
        Field {
            id: field.definition().id,
            display_name: text("DisplayName").unwrap_or_else(|| field.name().into()),
            static_name: text("StaticName"),
            type_name: field.type_name().into(),
            required: field.flag("Required"),
            read_only: field.flag("ReadOnly"),
            hidden: field.flag("Hidden"),
            multi: field.is_multi(),
            lookup: text("List").map(lookup),
            formula: field.element("Formula").map(Into::into),
            result_type: text("ResultType"),
            source_id: text("SourceID"),
            kind: field.kind(),
            column: Column::new(field.name()),
            local_times: None,
        }
    }

    /// The internal name, by which rows and queries know the field.
    pub fn name(&self) -> &str {
        self.column.name()
    }

    /// How its values are written in rows.
    pub fn kind(&self) -> FieldKind {
        self.kind
    }

    /// Its handle in rows.
    pub fn column(&self) -> &Column {
        &self.column
    }

    /// Whether items hold a value of it. A computed field is made for views and holds none.
    pub fn is_stored(&self) -> bool {
        self.kind != FieldKind::Computed
    }

    /// Whether its values are made from others, so that a new field of this kind has values in items that did not
    /// change: a calculated field, or a lookup that shows another field of another lookup's target.
    pub fn is_derived(&self) -> bool {
        let projected = self.lookup.as_ref().is_some_and(|lookup| lookup.primary.is_some());
        let looks = matches!(self.kind, FieldKind::Lookup | FieldKind::LookupMulti);
        self.kind == FieldKind::Calculated || (looks && projected)
    }

    /// Whether it counts against the number of lookups a single call may ask for (8 on premises, 12 online: the list
    /// view lookup threshold): lookups, people and terms.
    pub fn is_joined(&self) -> bool {
        use FieldKind as K;
        matches!(self.kind, K::Lookup | K::LookupMulti | K::Person | K::PersonMulti | K::Term | K::TermMulti)
    }

    /// The value of a text that stands in its column, in the row of the item with this id; as
    /// [`Row::value`](super::Row::value) reads it. For going through [`Row::columns`](super::Row::columns) once
    /// instead of looking each field up.
    pub fn read<'t>(&self, text: &'t str, item: i32) -> Option<Value<'t>> {
        match self.kind {
            FieldKind::Calculated => {
                value::calculated(text, self.result_type.as_deref(), item, self.local_times)
            }
            kind => value::read(text, kind, item, self.local_times),
        }
    }

    fn definition(&self) -> Definition<'_> {
        let lookup = self.lookup.as_ref();
        Definition {
            id: self.id,
            name: self.name(),
            type_name: &self.type_name,
            multi: self.multi,
            formula: self.formula.as_deref(),
            result_type: self.result_type.as_deref(),
            lookup_list: lookup.map(|lookup| &*lookup.list),
            shown_field: lookup.and_then(|lookup| lookup.shown_field.as_deref()),
            primary: lookup.and_then(|lookup| lookup.primary.as_deref()),
        }
    }
}

/// What decides which values a field has.
pub(super) struct Definition<'a> {
    pub(super) id: Option<Uuid>,
    pub(super) name: &'a str,
    pub(super) type_name: &'a str,
    pub(super) multi: bool,
    pub(super) formula: Option<&'a str>,
    pub(super) result_type: Option<&'a str>,
    pub(super) lookup_list: Option<&'a str>,
    pub(super) shown_field: Option<&'a str>,
    pub(super) primary: Option<&'a str>,
}

impl<'a> Definition<'a> {
    /// The name, and a checksum of the rest.
    pub(super) fn digest(&self) -> (&'a str, u32) {
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.id.unwrap_or_default().as_bytes());
        sum.update(&[u8::from(self.multi)]);
        // Where there is no lookup, the other two mean something else.
        let (shown_field, primary) = match self.lookup_list {
            Some(_) => (self.shown_field, self.primary),
            None => (None, None),
        };
        let texts =
            [Some(self.type_name), self.formula, self.result_type, self.lookup_list, shown_field, primary];
        for text in texts {
            // The length first, so that no two lists of texts run together alike.
            sum.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
            sum.update(text.unwrap_or_default().as_bytes());
        }
        (self.name, sum.finalize())
    }
}

/// What the fields of a list are, in short: each name with a checksum of its id, type, formula and target.
///
/// As text it is one line, `Name=8 hex digits` separated by blanks, rising by name; it reads back with `parse()`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaDigest {
    /// Shared, because each checkpoint holds it.
    fields: Arc<BTreeMap<Box<str>, u32>>,
}

impl SchemaDigest {
    /// Whether it is the [digest](ListDefinition::digest) of this list: every page of a load carries its list, and none
    /// has to be made to learn that nothing is new.
    pub(crate) fn is_of(&self, list: &ListDefinition) -> bool {
        let fields: Vec<FieldDefinition> = list.fields().collect();
        let mut names: Vec<&str> = fields.iter().map(FieldDefinition::name).collect();
        names.sort_unstable();
        if !names.is_sorted_by(|name, next| name < next) {
            return *self == list.digest();
        }
        let as_told = |field: &FieldDefinition| {
            let (name, sum) = field.definition().digest();
            self.fields.get(name) == Some(&sum)
        };
        names.len() == self.fields.len() && fields.iter().all(as_told)
    }

    /// The internal names of the fields, rising.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(|name| &**name)
    }

    /// What is different from an older one.
    pub fn since(&self, older: &SchemaDigest) -> SchemaChange {
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for (name, sum) in &*self.fields {
            match older.fields.get(name) {
                None => added.push(name.clone()),
                Some(before) if before != sum => changed.push(name.clone()),
                Some(_) => {}
            }
        }
        let removed = older.fields.keys().filter(|name| !self.fields.contains_key(*name));
        SchemaChange { added, changed, removed: removed.cloned().collect() }
    }
}

/// How one state of a list's fields differs from an older one; by internal name, rising.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SchemaChange {
    /// Fields the older one did not have.
    pub added: Vec<Box<str>>,
    /// Fields that were made anew, or have another type, formula, lookup target or shown field.
    pub changed: Vec<Box<str>>,
    /// Fields that are gone.
    pub removed: Vec<Box<str>>,
}

impl SchemaChange {
    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl FromIterator<(Box<str>, u32)> for SchemaDigest {
    fn from_iter<I: IntoIterator<Item = (Box<str>, u32)>>(fields: I) -> Self {
        SchemaDigest { fields: Arc::new(fields.into_iter().collect()) }
    }
}

impl fmt::Display for SchemaDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (name, sum)) in self.fields.iter().enumerate() {
            let blank = if n == 0 { "" } else { " " };
            write!(f, "{blank}{}={sum:08x}", utf8_percent_encode(name, IN_DIGEST))?;
        }
        Ok(())
    }
}

impl FromStr for SchemaDigest {
    type Err = SchemaDigestError;

    fn from_str(text: &str) -> Result<Self, SchemaDigestError> {
        let field = |part: &str| {
            let (name, sum) = part.split_once('=')?;
            let name = percent_decode_str(name).decode_utf8().ok()?;
            Some((name.into(), u32::from_str_radix(sum, 16).ok()?))
        };
        let fields: Option<SchemaDigest> = text.split(' ').filter(|_| !text.is_empty()).map(field).collect();
        fields.filter(|digest| digest.to_string() == text).ok_or(SchemaDigestError)
    }
}

/// A text that no [`SchemaDigest`] writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text is no digest of a schema")]
pub struct SchemaDigestError;

/// What an internal name, which is an XML name, does not hold anyway, and what would end it here.
const IN_DIGEST: &AsciiSet = &CONTROLS.add(b' ').add(b'=').add(b'%').add(b'"').add(b'\\');

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str) -> Definition<'_> {
        Definition {
            id: Some(Uuid::from_u128(1)),
            name,
            type_name: "Text",
            multi: false,
            formula: None,
            result_type: None,
            lookup_list: None,
            shown_field: None,
            primary: None,
        }
    }

    fn digest(fields: &[Definition<'_>]) -> SchemaDigest {
        fields.iter().map(Definition::digest).map(|(name, sum)| (name.into(), sum)).collect()
    }

    #[test]
    fn a_digest_is_a_line_of_text_that_reads_back() {
        let fields = ["Title", "Bid_x0020_Amount", "Größe", "odd name=\"%\"", "_Level"].map(definition);
        for digest in [SchemaDigest::default(), digest(&fields)] {
            let text = digest.to_string();
            assert_eq!(text.parse(), Ok(digest), "{text}");
        }
        for text in
            ["Title", "Title=", "Title=1", "Title=0000000g", "B=00000001 A=00000001", " ", "A=00000001 "]
        {
            assert_eq!(text.parse::<SchemaDigest>(), Err(SchemaDigestError), "{text}");
        }
    }

    #[test]
    fn order_does_not_matter_and_everything_that_decides_values_does() {
        let plain = digest(&[definition("A"), definition("B")]);
        assert_eq!(digest(&[definition("B"), definition("A")]), plain);
        let other = [
            Definition { id: Some(Uuid::from_u128(2)), ..definition("B") },
            Definition { id: None, ..definition("B") },
            Definition { type_name: "Note", ..definition("B") },
            Definition { multi: true, ..definition("B") },
            Definition { formula: Some("=A"), ..definition("B") },
            Definition { formula: Some(""), ..definition("B") },
            Definition { result_type: Some("=A"), ..definition("B") },
            Definition { lookup_list: Some("Self"), ..definition("B") },
            Definition { lookup_list: Some("Self"), shown_field: Some("Title"), ..definition("B") },
            Definition { lookup_list: Some("Self"), primary: Some("Title"), ..definition("B") },
        ]
        .map(|definition| definition.digest().1);
        for (n, sum) in other.iter().enumerate() {
            assert!(!other[..n].contains(sum) && plain.fields["B"] != *sum, "{n}");
        }
        let shown = Definition { shown_field: Some("Title"), ..definition("B") };
        assert_eq!(digest(&[definition("A"), shown]), plain);
    }

    #[test]
    fn a_difference_names_what_is_new_changed_and_gone() {
        let old = digest(&[definition("A"), definition("B"), definition("C")]);
        let new = digest(&[
            definition("A"),
            Definition { type_name: "Number", ..definition("B") },
            definition("D"),
        ]);
        let change = new.since(&old);
        assert_eq!(
            (&*change.added, &*change.changed, &*change.removed),
            (&["D".into()][..], &["B".into()][..], &["C".into()][..])
        );
        assert!(!change.is_empty() && old.since(&old).is_empty());
    }
}
