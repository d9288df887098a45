//! Columns that changed and changed back: the fields are equal, and what the rows held of them is not.
//!
//! A column that is taken off and put on again has lost its values; one that was retyped and retyped back may hold
//! others. Nothing in the fields tells. The list's `Version` counts changes of the list, and where it moved,
//! GetChanges names changes of columns: more of them than the difference of the fields explains are a new load.

use super::{Said, Sync};
use crate::{
    change::{Change, ChangeKind, ChangedObject},
    item::{ListDefinition, SchemaChange},
    session::{course::Trouble, log, outcome::ResyncReason},
    token::ChangeToken,
};

/// The comparison under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// The list's version that is compared.
    version: i64,
    cursor: Option<ChangeToken>,
    /// What the difference of the fields explains.
    added: usize,
    removed: usize,
    /// Changes that GetChanges named so far.
    adds: usize,
    deletes: usize,
    updates: usize,
}

impl Sync {
    /// Notes the list's version and root folder, and whether its columns have to be compared by GetChanges.
    pub(super) fn compare_columns(&mut self, list: &ListDefinition, change: &SchemaChange) {
        let root = list.root_folder().map(str::to_owned);
        let fence = self.fence.clone();
        let items = self.items_mut();
        let moved = items.root.is_some() && root.is_some() && items.root != root;
        items.root = root.or(items.root.take());
        let (before, version) = (items.version, list.version());
        let (added, removed) = (change.added.len(), change.removed.len());
        if let (Some(before), Some(version)) = (before, version)
            && before != version
        {
            self.columns = Some(Columns { version, added, removed, ..Columns::default() });
        } else if version.is_some() {
            (items.version, items.version_as_of) = (version, Some(fence));
        }
        // Every path is another one then, though no row says so.
        self.fields_untold |= moved;
    }

    /// Where GetChanges is to be read from for changes of columns.
    pub(in crate::session::items) fn columns_start(&self) -> Option<&ChangeToken> {
        let cursor = self.columns.as_ref().and_then(|columns| columns.cursor.as_ref());
        let compared = self.items().version_as_of.as_ref().filter(|from| !self.is_too_old(from.time()));
        cursor.or(compared).or(self.increment_start())
    }

    /// Takes a page of GetChanges for changes of columns.
    pub(in crate::session::items) fn on_columns(&mut self, changes: &[Change]) -> Result<Said, Trouble> {
        log::check(self.columns_start(), self.names_end(), changes)?;
        let Some(columns) = &mut self.columns else { return Ok(Said::Nothing) };
        for change in changes.iter().filter(|change| matches!(change.object, ChangedObject::Field { .. })) {
            match change.kind {
                ChangeKind::Add | ChangeKind::Restore => columns.adds += 1,
                ChangeKind::Delete => columns.deletes += 1,
                _ => columns.updates += 1,
            }
        }
        if let Some(last) = changes.last() {
            columns.cursor = Some(last.token.clone());
            return Ok(Said::Nothing);
        }
        let Columns { version, added, removed, adds, deletes, updates, .. } = std::mem::take(columns);
        self.columns = None;
        let fence = self.fence.clone();
        let items = self.items_mut();
        (items.version, items.version_as_of) = (Some(version), Some(fence));
        // A column that was changed once and is the same is one whose title or description was changed.
        if adds > added || deletes > removed || updates > 1 {
            return Ok(self.reload(ResyncReason::SchemaChanged));
        }
        Ok(Said::Nothing)
    }
}
