//! Makes the list's table what the list's fields ask for: new columns, columns of another type, columns of fields that
//! are gone.
//!
//! No column is ever dropped. One whose field is gone, or has another type now, keeps its values under the name
//! `…_removed`: a column deleted by mistake cannot be brought back from SharePoint's own recycle bin.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use sharepoint_changes::item::{Field, Schema};

use crate::{
    cell::Equality,
    error::MirrorError,
    form::{Form, quoted},
    layout::{self, Before, Column, Held, Layout, Names, OWN, column_name},
    reread::{FORMS, Texts, is_earlier, reread},
    state::State,
    tree,
};

/// Brings the table to the fields of the list, and says where its values are kept.
pub(crate) fn lay_out(
    open: &Transaction<'_>,
    state: &mut State,
    schema: &Schema,
    asked: Option<&BTreeSet<String>>,
    at: Timestamp,
) -> Result<Layout, MirrorError> {
    let table = match &state.table {
        Some(table) => {
            tree::renew_view(open, table)?;
            table.clone()
        }
        None => create(open, state, schema)?,
    };
    let beside = is_earlier(open)?;
    let mut table = Table { open, name: table, names: Names::default(), texts: Vec::new(), changed: false };
    let columns = table.columns()?;
    let mut before = before(open)?;
    let (fields, beyond) = layout::fields(schema, asked, &before, columns.len());
    table.names = Names::new(columns);
    // Fields that are gone first, so that one that comes in their place can have the name.
    let gone: Vec<_> =
        before.keys().filter(|(name, _)| !fields.iter().any(|field| field.name() == name)).cloned().collect();
    for key in gone {
        let column = before.remove(&key);
        column.map_or(Ok(()), |column| table.retire(&column, at).map(|_| ()))?;
    }
    let mut held = Vec::with_capacity(fields.len());
    for field in fields {
        let placed = table.place(field, held.len(), &mut before, at)?;
        held.push(placed);
    }
    for column in before.into_values() {
        table.retire(&column, at)?;
    }
    if table.changed {
        state.schema_version += 1;
    }
    if beside || !table.texts.is_empty() {
        reread(open, &table.name, &held, &table.texts, beside)?;
        open.execute("UPDATE _mirror SET forms = ?1", [FORMS])?;
    }
    Ok(Layout::new(&table.name, schema, &beyond, held))
}

/// Makes the table with the columns every list has, its indexes, and the view of its paths.
fn create(open: &Transaction<'_>, state: &mut State, schema: &Schema) -> Result<String, MirrorError> {
    let name = layout::table_name(schema.title.as_deref());
    let columns: Vec<String> = OWN.iter().map(|own| format!("{} {}", own.column, own.declared)).collect();
    open.execute_batch(&format!("CREATE TABLE {} ({})", quoted(&name), columns.join(", ")))?;
    open.execute_batch(&tree::made_with(&name))?;
    for own in &OWN {
        let Some(field) = own.field.and_then(|name| schema.field(name)) else { continue };
        let row = Row { field, part: "", column: own.column, declared: own.declared, own: Equality::Exact };
        row.write(open)?;
    }
    open.execute("UPDATE _mirror SET forms = ?1", [FORMS])?;
    state.table = Some(name.clone());
    Ok(name)
}

/// The columns of fields that are still in the list, by field and part.
fn before(open: &Transaction<'_>) -> Result<Before, MirrorError> {
    let mut statement = open
        .prepare_cached("SELECT field, part, column_name, declared FROM _fields WHERE removed_at IS NULL")?;
    let rows = statement.query_map([], |row| {
        Ok(((row.get(0)?, row.get(1)?), Column { name: row.get(2)?, declared: row.get(3)? }))
    })?;
    let own = |column: &Column| OWN.iter().any(|own| own.column == column.name);
    let mut before = Before::new();
    for row in rows {
        let (key, column) = row?;
        if !own(&column) {
            before.insert(key, column);
        }
    }
    Ok(before)
}

/// The table while it is changed.
struct Table<'t> {
    open: &'t Transaction<'t>,
    name: String,
    names: Names,
    /// What has to be read again, because its column is to hold numbers now.
    texts: Vec<Texts>,
    changed: bool,
}

impl Table<'_> {
    fn columns(&self) -> Result<Vec<String>, MirrorError> {
        // Not by the function `pragma_table_info`: the list's table may be called so.
        let mut names = Vec::new();
        self.open.pragma(None, "table_info", &self.name, |row| {
            names.push(row.get("name")?);
            Ok(())
        })?;
        Ok(names)
    }

    /// Gives a field its columns, those it had wherever they still fit. It is the field of this number that has some.
    fn place(
        &mut self,
        field: &Field,
        number: usize,
        before: &mut Before,
        at: Timestamp,
    ) -> Result<Held, MirrorError> {
        let form = Form::of(field);
        let parts = form.parts(field);
        let had: Vec<Option<Column>> = parts
            .iter()
            .map(|part| before.remove(&(field.name().to_owned(), part.name.to_owned())))
            .collect();
        let mut base = had[0].as_ref().map(|column| column.name.clone());
        let mut columns = Vec::with_capacity(parts.len());
        for (part, had) in parts.iter().zip(had) {
            let declared = part.declared;
            let name = match had {
                Some(column) if column.declared == declared => column.name,
                had => {
                    // Until the row is read again, what was held is better than nothing; but no text among numbers.
                    let is_text = had.as_ref().is_some_and(|column| column.declared == "TEXT");
                    let old = had.map(|column| self.retire(&column, at)).transpose()?;
                    let base = base.get_or_insert_with(|| field.name().to_owned());
                    let name = self.names.take(&column_name(base, part.name));
                    self.add(&name, declared, old.as_deref().filter(|_| !is_text))?;
                    if let Some(column) = old.filter(|_| is_text) {
                        self.texts.push(Texts { held: number, column });
                    }
                    name
                }
            };
            if part.name.is_empty() {
                base = Some(name.clone());
            }
            Row { field, part: part.name, column: &name, declared, own: part.equality }.write(self.open)?;
            columns.push(name);
        }
        Ok(Held { first: 0, field: field.clone(), form, parts, columns })
    }

    fn add(&mut self, name: &str, declared: &str, values: Option<&str>) -> Result<(), MirrorError> {
        let (table, column) = (quoted(&self.name), quoted(name));
        self.open.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {declared}"))?;
        if let Some(old) = values {
            self.open.execute(&format!("UPDATE {table} SET {column} = {}", quoted(old)), [])?;
        }
        self.changed = true;
        Ok(())
    }

    /// Puts a column aside: its values stay under another name, which is returned.
    fn retire(&mut self, column: &Column, at: Timestamp) -> Result<String, MirrorError> {
        let aside = self.names.take(&format!("{}_removed", column.name));
        self.names.free(&column.name);
        let (table, from, to) = (quoted(&self.name), quoted(&column.name), quoted(&aside));
        self.open.execute_batch(&format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"))?;
        self.open.execute(
            "UPDATE _fields SET column_name = ?1, removed_at = ?2 WHERE column_name = ?3",
            params![aside, at.to_string(), column.name],
        )?;
        self.changed = true;
        Ok(aside)
    }
}

/// A column's row in `_fields`.
struct Row<'r> {
    field: &'r Field,
    part: &'r str,
    column: &'r str,
    declared: &'r str,
    own: Equality,
}

impl Row<'_> {
    fn write(&self, open: &Transaction<'_>) -> Result<(), MirrorError> {
        let field = self.field;
        open.prepare_cached(WRITE)?.execute(params![
            self.column,
            field.name(),
            self.part,
            self.declared,
            &*field.type_name,
            &*field.display_name,
            field.id.map(|id| id.to_string()),
            self.own == Equality::AsOfLastChange,
        ])?;
        Ok(())
    }
}

/// Names that are told apart by case alone are never two columns, so that the key is the column.
const WRITE: &str = "INSERT INTO _fields (column_name, field, part, declared, type, display_name, field_id,
    as_of_last_change) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (column_name) DO UPDATE SET type = excluded.type, display_name = excluded.display_name,
    field_id = excluded.field_id, as_of_last_change = excluded.as_of_last_change";
