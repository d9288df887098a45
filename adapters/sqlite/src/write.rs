//! A row of the list becomes a row of the table.

use rusqlite::{CachedStatement, Transaction, types::ToSqlOutput};
use sharepoint_changes::item::{Row, Schema, Value};

use crate::{
    error::MirrorError,
    form::Cell,
    layout::{Layout, OWN},
    state::State,
    tree,
};

/// Writes rows of one page.
pub(crate) struct Writer<'w> {
    open: &'w Transaction<'w>,
    table: &'w str,
    layout: &'w Layout,
    upsert: CachedStatement<'w>,
    /// The folder that was last found to be held.
    holder: Option<String>,
    /// Whether a row says by a path alone where it lies, or a folder came that such a row may mean.
    pub(crate) resolve: bool,
}

impl<'w> Writer<'w> {
    pub(crate) fn new(
        open: &'w Transaction<'w>,
        table: &'w str,
        layout: &'w Layout,
    ) -> Result<Self, MirrorError> {
        let upsert = open.prepare_cached(&layout.upsert)?;
        Ok(Writer { open, table, layout, upsert, holder: None, resolve: false })
    }

    /// Puts the row in the place of what is held of the item.
    pub(crate) fn put(
        &mut self,
        row: &Row,
        schema: &Schema,
        state: &mut State,
        mark: i64,
    ) -> Result<(), MirrorError> {
        let (mut own, fields) = cells(row, self.layout, schema, state);
        if let Cell::Text(parent) = &own[PARENT] {
            if parent.starts_with('/') {
                self.resolve = true;
            } else if !parent.is_empty() && self.is_held(parent)? {
                own[DIR] = Cell::Null;
            }
        }
        if own[FOLDER] == Cell::Integer(1) {
            self.resolve = true;
            self.holder = None;
        }
        own[MARK] = Cell::Integer(mark);
        for (n, cell) in own.iter().chain(&fields).enumerate() {
            let bound: ToSqlOutput<'_> = cell.bound();
            self.upsert.raw_bind_parameter(n + 1, bound)?;
        }
        self.upsert.raw_execute()?;
        Ok(())
    }

    fn is_held(&mut self, folder: &str) -> Result<bool, MirrorError> {
        if self.holder.as_deref() == Some(folder) {
            return Ok(true);
        }
        let held = tree::holds_folder(self.open, self.table, folder)?;
        if held {
            self.holder = Some(folder.to_owned());
        }
        Ok(held)
    }
}

/// The values of a row's columns: those every table has, and those of the fields. The mark is still missing, and
/// where the folder's path is told it is not yet known whether that is needed.
///
/// The root folder's UniqueId is learnt from the first row that lies in it.
pub(crate) fn cells<'r>(
    row: &'r Row,
    layout: &Layout,
    schema: &Schema,
    state: &mut State,
) -> ([Cell<'r>; OWN.len()], Vec<Cell<'r>>) {
    let mut fields = Vec::with_capacity(layout.held.len() * 2);
    let mut raw = serde_json::Map::new();
    for held in &layout.held {
        if !held.form.read(row, &held.field, held.parts.len(), &mut fields)
            && let Some(text) = row.at(held.field.column())
        {
            raw.insert(held.field.name().to_owned(), text.into());
        }
    }
    for (name, text) in row.columns() {
        if !layout.told.contains(name) {
            raw.insert(name.to_owned(), text.into());
        }
    }
    let (parent, dir) = parent(row, schema, state);
    let text = |text: Option<String>| text.map_or(Cell::Null, Cell::owned);
    let own = [
        Cell::Integer(i64::from(row.id())),
        Cell::owned(row.unique_id().map_or_else(|| format!("#{}", row.id()), |id| id.to_string())),
        parent,
        text(dir),
        text(name(row, schema)),
        row.is_folder().map_or(Cell::Null, |folder| Cell::Integer(i64::from(folder))),
        row.hidden_version().map_or(Cell::Null, Cell::Integer),
        text(row.perm_mask().map(|mask| format!("{mask:#x}"))),
        text((!raw.is_empty()).then(|| serde_json::Value::Object(raw).to_string())),
        Cell::Null,
    ];
    (own, fields)
}

/// In which folder the row lies, and the path it tells of that folder where it is not the root.
fn parent(row: &Row, schema: &Schema, state: &mut State) -> (Cell<'static>, Option<String>) {
    let dir = row.file_dir_ref();
    let claimed = row.parent_unique_id().map(|id| id.to_string());
    let is_root = match (&dir, schema.root_folder.as_deref()) {
        (Some(dir), Some(root)) => dir.trim_end_matches('/').eq_ignore_ascii_case(root.trim_end_matches('/')),
        _ => false,
    };
    if is_root {
        if claimed.is_some() {
            state.root_unique_id = claimed;
        }
        return (Cell::Null, None);
    }
    match (claimed, &dir) {
        (Some(claimed), _) if state.root_unique_id.as_ref() == Some(&claimed) => (Cell::Null, None),
        (Some(claimed), _) => (Cell::owned(claimed), dir),
        (None, Some(path)) => (Cell::owned(path.clone()), dir),
        (None, None) => (Cell::text(""), None),
    }
}

/// The item's name in its folder.
fn name(row: &Row, schema: &Schema) -> Option<String> {
    if let Some(path) = row.file_ref() {
        return path.rsplit('/').next().map(str::to_owned);
    }
    match row.value(schema.field("FileLeafRef")?)? {
        Value::Text(name) => Some(name.to_owned()),
        _ => None,
    }
}

/// Places in [`OWN`].
pub(crate) const PARENT: usize = 2;
pub(crate) const DIR: usize = 3;
pub(crate) const FOLDER: usize = 5;
pub(crate) const MARK: usize = 9;
