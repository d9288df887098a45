//! Columns that changed and changed back: the fields are equal, and what the rows held of them is not.
//!
//! A column that is taken off and put on again has lost its values; one that was retyped and retyped back may hold
//! others. Nothing in the fields tells. The list's `Version` counts changes of the list, and where it moved,
//! GetChanges names changes of columns: more of them than the difference of the fields explains are a new load. They
//! are read once more when the end of the log has settled, for a copy that lags behind may have answered.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Said, Sync};
use crate::{
    change::{Change, ChangeKind, ChangedObject},
    checkpoint::{Candidate, ColumnsRead, State},
    item::{ListDefinition, SchemaChange},
    session::{
        course::Trouble,
        log::{self, older},
        outcome::ResyncReason,
        start::Settings,
    },
    token::ChangeToken,
};

/// The comparison under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// The list's version that is compared.
    version: i64,
    /// The end of the log that the answer with it knew.
    as_of: Option<ChangeToken>,
    /// Whether that end has settled.
    settled: bool,
    cursor: Option<ChangeToken>,
    /// What the difference of the fields explains.
    removed: usize,
    /// Changes that GetChanges named so far.
    deletes: usize,
    updates: usize,
    /// The highest number of a change that came.
    seen: i64,
}

/// The comparison that a run begins with: the last one, once the end of the log has settled. What the log may have
/// forgotten by then was read once, and that must do.
pub(super) fn begin(state: &mut State, now: Timestamp, settings: &Settings) -> Option<Columns> {
    let items = state.items.as_deref_mut()?;
    let ColumnsRead { end, removed, .. } = items.columns_read.clone()?;
    if !older(now, end.time, settings.settle) {
        return None;
    }
    if items.version_as_of.as_ref().is_none_or(|from| older(now, from.time(), settings.retention)) {
        (items.version_as_of, items.columns_read) = (Some(end.token), None);
        return None;
    }
    let version = items.version?;
    Some(Columns { version, removed, as_of: Some(end.token), settled: true, ..Columns::default() })
}

impl Sync {
    /// Takes the definition from an answer whose fields are those that are known. The list may have been renamed, or a
    /// column may have come and gone, since this run first read it. A definition that is older tells nothing.
    pub(super) fn compare_again(&mut self, list: &ListDefinition, as_of: Option<&ChangeToken>) {
        let items = self.items();
        let number = as_of.map_or(0, ChangeToken::number);
        if number < items.as_of.max(items.defined_as_of).max(self.position_number()) {
            return;
        }
        let compared = self.columns.as_ref().map(|columns| columns.version).or(items.version);
        let renamed = list.root_folder().is_some_and(|root| items.root.as_deref() != Some(root));
        self.items_mut().defined_as_of = number;
        if renamed || list.version() > compared {
            self.schema = Some(Arc::new(list.schema()));
            self.compare_columns(list, as_of, &SchemaChange::default());
        }
    }

    /// Notes the list's version and root folder, and whether its columns have to be compared by GetChanges.
    pub(super) fn compare_columns(
        &mut self,
        list: &ListDefinition,
        as_of: Option<&ChangeToken>,
        change: &SchemaChange,
    ) {
        let root = list.root_folder().map(str::to_owned);
        let as_of = as_of.unwrap_or(&self.fence).clone();
        let items = self.items_mut();
        let moved = items.root.is_some() && root.is_some() && items.root != root;
        items.root = root.or(items.root.take());
        let (before, version) = (items.version, list.version());
        if let (Some(before), Some(version)) = (before, version)
            && before != version
        {
            let read = items.columns_read.as_ref().map(|read| read.removed);
            let columns = self.columns.take().map(|columns| columns.removed);
            let removed = change.removed.len() + columns.or(read).unwrap_or_default();
            self.columns = Some(Columns { version, removed, as_of: Some(as_of), ..Columns::default() });
        } else if version.is_some() && items.columns_read.is_none() {
            (items.version, items.version_as_of) = (version, Some(as_of));
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

    /// Where GetChanges is to end for changes of columns: the answer that told the version may be younger than the end
    /// of the log that this run read.
    pub(in crate::session::items) fn columns_end(&self) -> &ChangeToken {
        let end = self.log_end();
        let as_of = self.columns.as_ref().and_then(|columns| columns.as_of.as_ref());
        as_of.filter(|as_of| as_of.number() > end.number()).unwrap_or(end)
    }

    /// Takes a page of GetChanges for changes of columns.
    pub(in crate::session::items) fn on_columns(&mut self, changes: &[Change]) -> Result<Said, Trouble> {
        log::check(self.columns_start(), self.columns_end(), changes)?;
        let Some(columns) = &mut self.columns else { return Ok(Said::Nothing) };
        let known = self.state.items.as_ref().and_then(|items| items.columns_read.as_ref());
        let known = known.map_or(0, |read| read.seen);
        for change in changes.iter().filter(|change| matches!(change.object, ChangedObject::Field { .. })) {
            let number = change.token.number();
            columns.seen = columns.seen.max(number);
            if number <= known {
                continue;
            }
            match change.kind {
                ChangeKind::Add | ChangeKind::Restore => {}
                ChangeKind::Delete => columns.deletes += 1,
                _ => columns.updates += 1,
            }
        }
        if let Some(last) = changes.last() {
            columns.cursor = Some(last.token.clone());
            return Ok(Said::Nothing);
        }
        let Columns { version, as_of, settled, removed, deletes, updates, seen, .. } =
            std::mem::take(columns);
        self.columns = None;
        let time = self.fence_time;
        let items = self.items_mut();
        items.version = Some(version);
        let end = as_of.map(|token| Candidate { token, time });
        match end {
            Some(Candidate { token, .. }) if settled => {
                (items.version_as_of, items.columns_read) = (Some(token), None);
            }
            end => {
                let removed = removed.saturating_sub(deletes);
                let seen = items.columns_read.as_ref().map_or(seen, |read| read.seen.max(seen));
                items.columns_read = end.map(|end| ColumnsRead { end, removed, seen });
            }
        }
        // A column that was changed once and is the same is one whose title or description was changed. One that came
        // changed no value: what was put on again was taken off first.
        if deletes > removed || updates > 1 {
            return Ok(self.reload(ResyncReason::SchemaChanged));
        }
        Ok(Said::Nothing)
    }
}
