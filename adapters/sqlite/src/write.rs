//! A row of the list becomes a row of the table.

use std::collections::HashSet;

use rusqlite::{CachedStatement, Transaction};
use sharepoint_changes::item::{Row, Schema};

use crate::{
    cell::Cell,
    cells::{DIR, FOLDER, MARK, PARENT, Reader, Unread},
    error::MirrorError,
    layout::Layout,
    state::State,
    tree::{self, Told},
};

/// Writes rows of one page.
pub(crate) struct Writer<'w> {
    reader: Reader<'w>,
    upsert: CachedStatement<'w>,
    holds: CachedStatement<'w>,
    /// Folders that were found to be held, since anything was last told that may have removed one.
    holders: HashSet<String>,
    /// What rows told by paths.
    pub(crate) told: Told,
}

impl<'w> Writer<'w> {
    pub(crate) fn new(
        open: &'w Transaction<'w>,
        table: &str,
        layout: &'w Layout,
        schema: &'w Schema,
    ) -> Result<Self, MirrorError> {
        Ok(Writer {
            reader: Reader::new(layout, schema),
            upsert: open.prepare_cached(&layout.upsert)?,
            holds: tree::holds_folder(open, table)?,
            holders: HashSet::new(),
            told: Told::default(),
        })
    }

    /// Puts the row in the place of what is held of the item.
    pub(crate) fn put(&mut self, row: &'w Row, state: &mut State, mark: i64) -> Result<(), MirrorError> {
        let cells = self.reader.read(row, state);
        if let Cell::Text(parent) = &cells[PARENT] {
            if parent.starts_with('/') {
                if !self.told.paths.contains(&**parent) {
                    self.told.paths.insert(parent.clone().into_owned());
                }
            } else if !parent.is_empty() {
                let known = self.holders.contains(&**parent);
                if known || self.holds.exists([&**parent])? {
                    if !known {
                        self.holders.insert(parent.clone().into_owned());
                    }
                    cells[DIR] = Cell::Null;
                }
            }
        }
        if cells[FOLDER] == Cell::Integer(1) {
            self.told.folders.extend(row.file_ref().map(|path| format!("/{}", path.trim_matches('/'))));
            self.holders.clear();
        }
        cells[MARK] = Cell::Integer(mark);
        for (n, cell) in cells.iter().enumerate() {
            self.upsert.raw_bind_parameter(n + 1, cell.bound())?;
        }
        self.upsert.raw_execute()?;
        Ok(())
    }

    /// What was met among the rows that is not of its type.
    pub(crate) fn into_unread(self) -> Unread {
        self.reader.unread
    }

    /// Notices that rows were removed.
    pub(crate) fn removed(&mut self) {
        self.holders.clear();
    }
}
