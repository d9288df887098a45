//! Reads values again that are held in another form than they would be now: texts of columns that are to hold numbers,
//! and what an earlier version could not read and kept beside.
//!
//! So that no column of numbers holds a text: one that is no number stands in `sp_raw` until its row is read again.

use rusqlite::{Connection, ToSql, Transaction, types::ValueRef};
use serde_json::{Map, Value as Json};

use crate::{
    cell::Cell,
    error::MirrorError,
    form::{Kept, quoted},
    layout::Held,
    mirror::Mirror,
};

/// Counts the changes of what a value is read as. A copy of an earlier number is read again once.
pub(crate) const FORMS: i64 = 2;

/// Whether values are held in the forms of an earlier number.
pub(crate) fn is_earlier(open: &Connection) -> Result<bool, MirrorError> {
    Ok(open.query_row("SELECT forms FROM _mirror", [], |row| row.get::<_, i64>(0))? < FORMS)
}

impl Mirror {
    /// Where values are held in earlier forms, asks for an item: with its page comes the list's definition, without which
    /// they cannot be read. Whoever has a load or an item ahead gets it anyway.
    pub(crate) fn ask_for_definition(&mut self) -> Result<(), MirrorError> {
        let state = self.state()?;
        let (Some(table), Some(held)) = (&state.table, state.checkpoint()?) else { return Ok(()) };
        if held.is_loading() || held.pending() != (0, 0) || !is_earlier(self.connection())? {
            return Ok(());
        }
        let last = format!("SELECT max(id) FROM {}", quoted(table));
        let id: Option<i32> = self.connection().query_row(&last, [], |row| row.get(0))?;
        id.map_or(Ok(()), |id| self.ask_for([id]))
    }
}

/// A column of texts whose field's values are kept in another column now.
#[derive(Debug)]
pub(crate) struct Texts {
    /// The field's number among those that have columns.
    pub(crate) held: usize,
    /// What the column is called by now.
    pub(crate) column: String,
}

/// Fills the columns of fields from the texts that were held of them, and, where `beside`, from what stands in
/// `sp_raw`.
pub(crate) fn reread(
    open: &Transaction<'_>,
    table: &str,
    held: &[Held],
    texts: &[Texts],
    beside: bool,
) -> Result<(), MirrorError> {
    let table = quoted(table);
    let mut after = i64::MIN;
    loop {
        let rows = rows(open, &table, texts, beside, after)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows {
            row.put(open, &table, held, texts, beside)?;
        }
    }
}

/// The texts of one row.
struct Row {
    id: i64,
    raw: Option<String>,
    /// Those of the columns, in their order.
    texts: Vec<Option<String>>,
}

/// Some rows that have anything to be read again, by id.
fn rows(
    open: &Transaction<'_>,
    table: &str,
    texts: &[Texts],
    beside: bool,
    after: i64,
) -> Result<Vec<Row>, MirrorError> {
    let columns: Vec<String> = texts.iter().map(|texts| quoted(&texts.column)).collect();
    let among = columns.iter().map(String::as_str).chain(beside.then_some("sp_raw"));
    let filled: Vec<String> = among.map(|column| format!("{column} IS NOT NULL")).collect();
    let all: String = columns.iter().map(|column| format!(", {column}")).collect();
    let sql = format!(
        "SELECT id, sp_raw{all} FROM {table} WHERE id > ?1 AND ({}) ORDER BY id LIMIT {AT_ONCE}",
        filled.join(" OR ")
    );
    let mut statement = open.prepare_cached(&sql)?;
    let rows = statement.query_map([after], |row| {
        let texts = (2..texts.len() + 2).map(|n| text(row.get_ref(n)?));
        Ok(Row { id: row.get(0)?, raw: row.get(1)?, texts: texts.collect::<Result<_, _>>()? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn text(value: ValueRef<'_>) -> Result<Option<String>, rusqlite::Error> {
    Ok(match value {
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    })
}

impl Row {
    fn put(
        &self,
        open: &Transaction<'_>,
        table: &str,
        held: &[Held],
        texts: &[Texts],
        beside: bool,
    ) -> Result<(), MirrorError> {
        let mut raw = self.beside();
        let before = raw.clone();
        if beside {
            for (name, value) in &before {
                let field = held.iter().find(|held| held.field.name() == name);
                if let (Some(field), Json::String(text)) = (field, value)
                    && self.read(open, table, field, text)? == Kept::Whole
                {
                    raw.remove(name);
                }
            }
        }
        for (texts, text) in texts.iter().zip(&self.texts) {
            let field = &held[texts.held];
            if let Some(text) = text
                && self.read(open, table, field, text)? != Kept::Whole
            {
                raw.insert(field.field.name().to_owned(), text.as_str().into());
            }
        }
        if raw != before {
            let raw = (!raw.is_empty()).then(|| Json::Object(raw).to_string());
            open.prepare_cached(&format!("UPDATE {table} SET sp_raw = ?1 WHERE id = ?2"))?
                .execute((raw, self.id))?;
        }
        Ok(())
    }

    /// Puts what a text comes to into the columns of its field, if they hold all of it.
    fn read(
        &self,
        open: &Transaction<'_>,
        table: &str,
        held: &Held,
        text: &str,
    ) -> Result<Kept, MirrorError> {
        let mut cells = vec![Cell::Null; held.columns.len()];
        let kept = held.form.read(text, i32::try_from(self.id).unwrap_or_default(), &held.field, &mut cells);
        if kept == Kept::Whole {
            let sets: Vec<String> =
                (1..).zip(&held.columns).map(|(n, column)| format!("{} = ?{n}", quoted(column))).collect();
            let id = cells.len() + 1;
            let sql = format!("UPDATE {table} SET {} WHERE id = ?{id}", sets.join(", "));
            let bound: Vec<_> = cells.iter().map(Cell::bound).collect();
            let values = bound.iter().map(|value| value as &dyn ToSql).chain([&self.id as &dyn ToSql]);
            open.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values))?;
        }
        Ok(kept)
    }

    /// What stands in `sp_raw`.
    fn beside(&self) -> Map<String, Json> {
        self.raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default()
    }
}

/// Rows that are held in memory at once.
const AT_ONCE: usize = 1_000;
