//! The list's table: what each of its columns holds, and what they are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sharepoint_changes::item::{Field, Schema};

use crate::form::{Form, Part, quoted};

/// Which column holds what of the list's fields, and the statements that follow from it.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The fields whose values have columns of their own, in the order of their columns.
    pub(crate) held: Vec<Held>,
    /// What is done with the texts of a row, by internal name.
    places: HashMap<Box<str>, Place>,
    /// The columns there are, [`OWN`] included.
    pub(crate) width: usize,
    /// Puts a row in the place of what is held: first the [`OWN`] columns, then those of the fields.
    pub(crate) upsert: String,
    /// The same columns of one row, by its id.
    pub(crate) select: String,
}

/// What is done with a text of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The columns of a field hold it, by its number in [`Layout::held`].
    Field(usize),
    /// The row's own columns are made of it, by its number in [`SYSTEM`].
    System(usize),
    /// It needs no place: another column tells it.
    Told,
    /// No column knows of it.
    None,
}

/// A field and its columns.
#[derive(Debug)]
pub(crate) struct Held {
    /// Where its columns begin, [`OWN`] included.
    pub(crate) first: usize,
    pub(crate) field: Field,
    pub(crate) form: Form,
    pub(crate) parts: Vec<Part>,
    pub(crate) columns: Vec<String>,
}

impl Layout {
    pub(crate) fn new(table: &str, schema: &Schema, beyond: &BTreeSet<&str>, mut held: Vec<Held>) -> Layout {
        let mut width = OWN.len();
        for held in &mut held {
            held.first = width;
            width += held.columns.len();
        }
        let of_fields = held.iter().flat_map(|held| held.columns.iter().map(String::as_str));
        let columns: Vec<String> = OWN.iter().map(|own| own.column).chain(of_fields).map(quoted).collect();
        let table = quoted(table);
        let names = columns.join(", ");
        let values: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
        let sets: Vec<String> =
            columns.iter().enumerate().skip(1).map(|(n, column)| set(n, column)).collect();
        let mine = schema.fields().iter().map(|field| field.name()).filter(|name| !beyond.contains(name));
        let own = OWN.iter().filter_map(|own| own.field);
        let told = mine.chain(own).chain(PATHS).map(|name| (name.into(), Place::Told));
        let system = SYSTEM.iter().enumerate().map(|(n, name)| ((*name).into(), Place::System(n)));
        let fields = held.iter().enumerate().map(|(n, held)| (held.field.name().into(), Place::Field(n)));
        Layout {
            places: told.chain(system).chain(fields).collect(),
            width,
            upsert: format!(
                "INSERT INTO {table} AS _held ({names}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {}",
                values.join(", "),
                sets.join(", ")
            ),
            select: format!("SELECT {names} FROM {table} WHERE id = ?1"),
            held,
        }
    }
}

impl Layout {
    /// What is done with the text of this name.
    pub(crate) fn place(&self, name: &str) -> Place {
        self.places.get(name).copied().unwrap_or(Place::None)
    }
}

fn set(n: usize, column: &str) -> String {
    match OWN.get(n).map(|own| own.column) {
        // Empty where the row does not say where it lies: it stays where it was.
        Some("sp_parent") => {
            format!("{column} = CASE excluded.{column} WHEN '' THEN {column} ELSE excluded.{column} END")
        }
        Some("sp_name" | "sp_folder" | "sp_version") => {
            format!("{column} = COALESCE(excluded.{column}, {column})")
        }
        _ => format!("{column} = excluded.{column}"),
    }
}

/// A column that every list's table has.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) column: &'static str,
    pub(crate) declared: &'static str,
    /// The field it holds, by internal name.
    pub(crate) field: Option<&'static str>,
}

/// The columns that every list's table has, in their order.
pub(crate) const OWN: [Own; 10] = [
    Own { column: "id", declared: "INTEGER PRIMARY KEY", field: Some("ID") },
    Own { column: "sp_unique_id", declared: "TEXT", field: Some("UniqueId") },
    Own { column: "sp_parent", declared: "TEXT", field: Some("ParentUniqueId") },
    Own { column: "sp_dir", declared: "TEXT", field: None },
    Own { column: "sp_name", declared: "TEXT", field: Some("FileLeafRef") },
    Own { column: "sp_folder", declared: "INTEGER", field: Some("FSObjType") },
    Own { column: "sp_version", declared: "INTEGER", field: Some("owshiddenversion") },
    Own { column: "sp_perm_mask", declared: "TEXT", field: Some("PermMask") },
    Own { column: "sp_raw", declared: "TEXT", field: None },
    Own { column: "sp_mark", declared: "INTEGER", field: None },
];

/// The fields that tell who a row is and where it lies.
pub(crate) const SYSTEM: [&str; 7] =
    ["UniqueId", "ParentUniqueId", "FileRef", "FileDirRef", "FSObjType", "owshiddenversion", "PermMask"];

/// Fields that a row's place in the tree tells.
const PATHS: [&str; 2] = ["FileRef", "FileDirRef"];

/// Columns a table may have in all, those of fields that are gone included; SQLite takes 2,000. What comes beyond is kept
/// in `sp_raw`.
const MOST: usize = 1_900;

/// The fields of a list that get columns, and the names of those that find no place.
///
/// Columns get those that are stored, were asked for and are not told by another column. No column is ever dropped, so
/// those that there are already count, and a field costs what it does not have among them.
pub(crate) fn fields<'s>(
    schema: &'s Schema,
    asked: Option<&BTreeSet<String>>,
    before: &Before,
    mut columns: usize,
) -> (Vec<&'s Field>, BTreeSet<&'s str>) {
    let (mut kept, mut beyond) = (Vec::new(), BTreeSet::new());
    for field in schema.fields() {
        let own = OWN.iter().any(|own| own.field == Some(field.name())) || PATHS.contains(&field.name());
        let asked = asked.is_none_or(|asked| asked.contains(field.name()));
        if own || !asked || !field.is_stored() || field.name().is_empty() {
            continue;
        }
        let had = |part: &&Part| {
            let column = before.get(&(field.name().to_owned(), part.name.to_owned()));
            column.is_some_and(|column| column.declared == part.declared)
        };
        let parts = Form::of(field).parts(field);
        let new = parts.iter().filter(|part| !had(part)).count();
        if new > 0 && columns + new > MOST {
            beyond.insert(field.name());
        } else {
            columns += new;
            kept.push(field);
        }
    }
    (kept, beyond)
}

/// The names of a table's columns. SQLite does not tell `A` from `a`, SharePoint does.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    pub(crate) fn new(taken: impl IntoIterator<Item = String>) -> Names {
        let row_id = ROW_ID.iter().map(|name| (*name).to_owned());
        Names(taken.into_iter().map(|name| name.to_ascii_lowercase()).chain(row_id).collect())
    }

    /// Takes a name, or the first of `name_2`, `name_3`, … that is free.
    pub(crate) fn take(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut n = 1;
        while !self.0.insert(candidate.to_ascii_lowercase()) {
            n += 1;
            candidate = format!("{name}_{n}");
        }
        candidate
    }

    pub(crate) fn free(&mut self, name: &str) {
        self.0.remove(&name.to_ascii_lowercase());
    }
}

/// What SQLite calls the id of a row, unless a column has the name: a column of that name would take the id's place.
const ROW_ID: [&str; 3] = ["rowid", "oid", "_rowid_"];

/// What a field's part is called when its field is called `base`.
pub(crate) fn column_name(base: &str, part: &str) -> String {
    if part.is_empty() { base.to_owned() } else { format!("{base}_{part}") }
}

/// The name of a list's table: its title, with an underscore for whatever is neither letter nor digit, and none at
/// its beginning, where every table of this crate has one: those of the file, those of a connection, and those that
/// stand within a statement. So no title can be one of them.
pub(crate) fn table_name(title: Option<&str>) -> String {
    let plain: String = title
        .unwrap_or_default()
        .chars()
        .map(|char| if char.is_alphanumeric() { char } else { '_' })
        .collect();
    let name = plain.trim_matches('_');
    match name {
        "" => "items".to_owned(),
        _ if name.to_ascii_lowercase().starts_with("sqlite") => format!("list_{name}"),
        _ => name.to_owned(),
    }
}

/// Columns by field and part, as they were laid out before.
pub(crate) type Before = BTreeMap<(String, String), Column>;

/// A column as it was laid out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) declared: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_by_the_title_and_never_like_one_of_the_housekeeping() {
        for (title, name) in [
            ("Documents", "Documents"),
            ("Q1 Bids", "Q1_Bids"),
            ("_mirror", "mirror"),
            ("Größe & Maß", "Größe___Maß"),
            ("sqlite_master", "list_sqlite_master"),
            ("§", "items"),
        ] {
            assert_eq!(table_name(Some(title)), name);
        }
        assert_eq!(table_name(None), "items");
    }

    #[test]
    fn names_that_sqlite_takes_for_one_are_counted() {
        let mut names = Names::new(["id".to_owned()]);
        assert_eq!(names.take("ID"), "ID_2");
        assert_eq!(names.take("Amount"), "Amount");
        assert_eq!(names.take("amount"), "amount_2");
        assert_eq!(names.take("AMOUNT"), "AMOUNT_3");
        names.free("Amount");
        assert_eq!(names.take("amount"), "amount");
    }
}
