//! The oracle of a list's feed: what a perfect copy of a list holds.

use uuid::Uuid;

use super::Element;
use super::field::{Field, Holds};
use super::options::Options;
use super::pen::cleaned;
use super::value::Wire;
use crate::world::{ColumnKind, Item, ListRef, World};

/// An item as a perfect copy of its list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemTruth {
    /// Its id in the list.
    pub id: i32,
    /// Its UniqueId.
    pub unique_id: Uuid,
    /// Whether it is a folder.
    pub folder: bool,
    /// Its server-relative path, with the slash in front.
    pub path: String,
    /// The UniqueId of the folder it stands in: of the list's root folder at the top.
    pub parent: Uuid,
    /// Its `owshiddenversion`.
    pub version: u32,
    /// Rights of the caller on it.
    pub permissions: u64,
    /// Whether the caller sees it.
    pub visible: bool,
    /// Its fields that are not empty, standard ones first, then the list's columns.
    pub fields: Vec<FieldTruth>,
}

/// A field of an [`ItemTruth`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldTruth {
    /// Its internal name.
    pub name: String,
    /// The value as an attribute of its row holds it once XML is read, line breaks and all.
    pub text: String,
    /// How much of it a copy can be held to.
    pub held: Held,
}

/// How much of a value a copy of the list can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// All: it is the item's own stored value.
    Whole,
    /// The ids in it: what a lookup or person shows may change without a change of the item.
    Ids,
    /// Nothing: counts, labels and addresses that change without a change of the item.
    Nothing,
}

impl ItemTruth {
    /// A field's text; none where the field is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.text.as_str())
    }
}

impl World {
    /// Every item of a list that the caller sees, by id, with its values as a client gets them that asks for UTC and
    /// for people by id and name; control characters are left out.
    pub fn list_truth(&self, list: ListRef) -> Vec<ItemTruth> {
        self.list_truth_by(list, "<DateInUtc>TRUE</DateInUtc>")
    }

    /// The same by other QueryOptions, which say how values are written. What cannot be read counts as empty.
    pub fn list_truth_by(&self, list: ListRef, options: &str) -> Vec<ItemTruth> {
        let mut truth = Vec::new();
        self.each_truth(list, options, |item| truth.push(item));
        truth
    }

    /// The same one by one, for lists that are too long to hold twice.
    pub fn each_truth(&self, list: ListRef, options: &str, mut each: impl FnMut(ItemTruth)) {
        let element = Element::parameter(options, "QueryOptions").unwrap_or_default();
        let options = Options::supplied(&element);
        let wire = Wire::new(self, list, &options, self.host());
        let found = self.list(list);
        for item in found.items().filter(|item| self.sees(list, item) && !found.deleted) {
            each(self.truth(&wire, item));
        }
    }

    /// One item of it, seen or not.
    pub fn item_truth(&self, list: ListRef, id: i32) -> Option<ItemTruth> {
        let options = Options { utc: true, ..Options::supplied(&Element::default()) };
        self.item(list, id).map(|item| self.truth(&Wire::new(self, list, &options, self.host()), item))
    }

    fn truth(&self, wire: &Wire<'_>, item: &Item) -> ItemTruth {
        let found = self.list(wire.list);
        let fields = Field::all(found).filter_map(|field| {
            let text = cleaned(wire.text(&field, item)?);
            let name = field.name().to_owned();
            (!text.is_empty()).then_some(FieldTruth { name, text, held: held(&field) })
        });
        ItemTruth {
            id: item.id,
            unique_id: item.unique_id,
            folder: item.is_folder(),
            path: format!("/{}/{}", wire.folder(item.parent), item.name),
            parent: found.item(item.parent).map_or(found.root_folder, |folder| folder.unique_id),
            version: item.version,
            permissions: self.rights(wire.list, item),
            visible: self.sees(wire.list, item),
            fields: fields.collect(),
        }
    }
}

fn held(field: &Field<'_>) -> Held {
    match field {
        Field::Standard(field) => match field.holds {
            Holds::Author | Holds::Editor => Held::Ids,
            Holds::ScopeId
            | Holds::ItemChildCount
            | Holds::FolderChildCount
            | Holds::ContentType
            | Holds::MetaInfo
            | Holds::EncodedAbsUrl => Held::Nothing,
            _ => Held::Whole,
        },
        Field::Column(column) => match column.kind {
            ColumnKind::Lookup { .. } | ColumnKind::User { .. } => Held::Ids,
            _ => Held::Whole,
        },
    }
}
