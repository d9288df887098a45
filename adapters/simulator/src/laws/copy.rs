//! The simplest right handler of a list's items: a copy in memory, and how a copy is held to its list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sharepoint_changes::item::{Field, Schema};
use sharepoint_changes::{Basis, Checkpoint, Done, End, ItemChange, ItemPage, Known, Mark, Row};
use uuid::Uuid;

use super::crash::{Crash, Crashed};
use super::handler::{Difference, HeldItem, ItemsHandler, Next};
use crate::rowset::{Held as Holding, ItemTruth};

/// A copy of a list in memory, kept as the documentation of [`ItemPage`] says and no cleverer. Rows and checkpoint
/// change at once.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    rows: BTreeMap<i32, Held>,
    checkpoint: Option<Checkpoint>,
    schema: Option<Arc<Schema>>,
    loads: u32,
    /// Items in folders that it does not hold, which were asked for again and stayed so.
    asked: BTreeSet<i32>,
}

#[derive(Clone, Debug)]
struct Held {
    row: Row,
    mark: Option<Mark>,
}

impl Held {
    fn path(&self) -> String {
        self.row.file_ref().unwrap_or_default()
    }
}

impl Copy {
    /// The checkpoint that is kept.
    pub fn kept(&self) -> Option<&Checkpoint> {
        self.checkpoint.as_ref()
    }

    /// Keeps a checkpoint: that of a run's end.
    pub fn keep(&mut self, checkpoint: Checkpoint) {
        self.checkpoint = Some(checkpoint);
    }

    /// An item's row.
    pub fn row(&self, id: i32) -> Option<&Row> {
        self.rows.get(&id).map(|held| &held.row)
    }

    /// How many items it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds no item.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many full loads came to their end.
    pub fn loads(&self) -> u32 {
        self.loads
    }

    /// Applies a page and keeps its checkpoint.
    pub fn apply(&mut self, page: ItemPage) -> Next {
        let mark = match &page.basis {
            Basis::Delta => None,
            Basis::Snapshot { load, .. } => Some(load.clone()),
            Basis::Subtree { listing, .. } => Some(listing.clone()),
        };
        let mut along = Vec::new();
        for change in page.changes {
            match change {
                ItemChange::Upserted(row) => {
                    let before = self.rows.remove(&row.id());
                    let mark = mark.clone().or(before.and_then(|held| held.mark));
                    self.rows.insert(row.id(), Held { row, mark });
                }
                ItemChange::Removed { id, known: Known::Absent | Known::Hidden, .. } => {
                    along.extend(self.below(id));
                    self.remove(id, None);
                }
                ItemChange::Removed { id, unique_id, .. } | ItemChange::MovedAway { id, unique_id, .. } => {
                    self.remove(id, unique_id);
                }
                _ => {}
            }
        }
        self.schema = Some(Arc::clone(&page.schema));
        self.checkpoint = Some(page.checkpoint.clone());
        if !along.is_empty() {
            // Some of it may be seen all the same.
            self.checkpoint = Some(page.checkpoint.with_pending(along));
            return Next::Anew;
        }
        match page.basis {
            Basis::Snapshot { load, end: Some(end) } => {
                self.loads += 1;
                if let End::Sweep { spare } = end {
                    self.rows.retain(|id, held| held.mark.as_ref() == Some(&load) || spare.contains(id));
                }
                let orphans = self.orphans(page.schema.root_folder.as_deref().unwrap_or_default());
                if !orphans.is_empty() {
                    self.checkpoint = Some(page.checkpoint.with_pending(orphans));
                    return Next::Anew;
                }
            }
            Basis::Subtree { folder, listing, last: true } => {
                let below = self.below(folder);
                self.rows.retain(|id, held| !below.contains(id) || held.mark.as_ref() == Some(&listing));
            }
            _ => {}
        }
        Next::GoOn
    }

    /// The held folder that a row lies in: by identity, or by path where the row does not say.
    fn parent(&self, row: &Row) -> Option<i32> {
        let by_id = |id: Uuid| self.rows.values().find(|held| held.row.unique_id() == Some(id));
        let by_path = || {
            let dir = row.file_dir_ref()?;
            self.rows.values().find(|held| held.row.is_folder() == Some(true) && held.path() == dir)
        };
        row.parent_unique_id().map_or_else(by_path, by_id).map(|held| held.row.id())
    }

    fn below(&self, folder: i32) -> BTreeSet<i32> {
        let mut below = BTreeSet::new();
        let mut grown = true;
        while grown {
            let is_below =
                |held: &Held| self.parent(&held.row).is_some_and(|id| id == folder || below.contains(&id));
            let found: BTreeSet<i32> =
                self.rows.values().filter(|held| is_below(held)).map(|held| held.row.id()).collect();
            grown = found.len() > below.len();
            below = found;
        }
        below
    }

    fn remove(&mut self, id: i32, unique_id: Option<Uuid>) {
        let mut gone = self.below(id);
        let claims = |held: &&Held| unique_id.is_some() && held.row.parent_unique_id() == unique_id;
        for orphan in self.rows.values().filter(claims).map(|held| held.row.id()) {
            gone.extend(self.below(orphan));
            gone.insert(orphan);
        }
        gone.insert(id);
        self.rows.retain(|id, _| !gone.contains(id));
    }

    /// Rows that lie in a folder which is not held.
    fn orphans(&self, root: &str) -> Vec<i32> {
        let lies_nowhere = |held: &&Held| {
            held.row.file_dir_ref().as_deref() != Some(root) && self.parent(&held.row).is_none()
        };
        self.rows.values().filter(lies_nowhere).map(|held| held.row.id()).collect()
    }

    /// Where an item stands, by the tree.
    fn path(&self, held: &Held) -> String {
        let (mut names, mut at) = (Vec::new(), held);
        // Deeper than the list is long is a circle.
        for _ in 0..=self.rows.len() {
            let path = at.path();
            let (folder, name) = path.rsplit_once('/').unwrap_or_default();
            names.push(name.to_owned());
            match self.parent(&at.row).and_then(|id| self.rows.get(&id)) {
                Some(parent) => at = parent,
                None => {
                    names.push(folder.to_owned());
                    break;
                }
            }
        }
        names.reverse();
        names.join("/")
    }
}

impl ItemsHandler for Copy {
    fn commit(&mut self, page: ItemPage, crash: &mut Crash) -> Result<Next, Crashed> {
        crash.point()?;
        Ok(self.apply(page))
    }

    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<Next, Crashed> {
        crash.point()?;
        let checkpoint = done.checkpoint();
        if matches!(done, Done::UpToDate { .. }) {
            let root = self.schema.as_ref().and_then(|schema| schema.root_folder.clone());
            let orphans = self.orphans(root.as_deref().unwrap_or_default());
            let new: Vec<i32> = orphans.iter().copied().filter(|id| !self.asked.contains(id)).collect();
            self.asked = orphans.into_iter().collect();
            if !new.is_empty() {
                self.keep(checkpoint.with_pending(new));
                return Ok(Next::Anew);
            }
        }
        self.keep(checkpoint.clone());
        Ok(Next::GoOn)
    }

    fn checkpoint(&self) -> Option<String> {
        self.checkpoint.as_ref().map(Checkpoint::to_string)
    }

    fn holds(&self) -> Vec<HeldItem> {
        // What the server computes for a view is not part of the item.
        let fields: Vec<&Field> =
            self.schema.iter().flat_map(|schema| schema.fields()).filter(|field| field.is_stored()).collect();
        let item = |held: &Held| HeldItem {
            id: held.row.id(),
            unique_id: held.row.unique_id(),
            path: Some(self.path(held)),
            version: held.row.hidden_version(),
            values: fields
                .iter()
                .map(|field| (field.name().to_owned(), held.row.get(field.name()).map(str::to_owned)))
                .collect(),
        };
        self.rows.values().map(item).collect()
    }
}

/// Compares a copy with what its list truly holds, as far as a copy can be held to it.
///
/// # Errors
/// What is different.
pub fn compare(held: &[HeldItem], truth: &[ItemTruth]) -> Result<(), Difference> {
    let held: BTreeMap<i32, &HeldItem> = held.iter().map(|item| (item.id, item)).collect();
    let should: BTreeSet<i32> = truth.iter().map(|item| item.id).collect();
    let lost: Vec<i32> = should.iter().filter(|id| !held.contains_key(id)).copied().collect();
    let invented: Vec<i32> = held.keys().filter(|id| !should.contains(id)).copied().collect();
    if !lost.is_empty() || !invented.is_empty() {
        return Err(Difference { lost, invented, other: None });
    }
    match truth.iter().find_map(|item| held.get(&item.id).and_then(|held| other(held, item))) {
        Some(other) => Err(Difference { other: Some(other), ..Difference::default() }),
        None => Ok(()),
    }
}

/// What else than its presence is different about an item.
fn other(held: &HeldItem, item: &ItemTruth) -> Option<String> {
    let id = item.id;
    if let Some(is) = held.unique_id.filter(|is| *is != item.unique_id) {
        return Some(format!("item {id}: its UniqueId is {is}, not {}", item.unique_id));
    }
    if let Some(is) = held.path.as_ref().filter(|is| **is != item.path) {
        return Some(format!("item {id}: its path is {is:?}, not {:?}", item.path));
    }
    if let Some(is) = held.version.filter(|is| *is != i64::from(item.version)) {
        return Some(format!("item {id}: its version is {is}, not {}", item.version));
    }
    held.values.iter().find_map(|(name, is)| {
        let field = item.fields.iter().find(|field| field.name == *name);
        let should = field.map(|field| field.text.as_str()).unwrap_or_default();
        let judged = field.is_none_or(|field| field.held == Holding::Whole);
        (judged && is.as_deref().unwrap_or_default() != should)
            .then(|| format!("item {id}: {name} is {is:?}, not {should:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rowset::FieldTruth;

    fn item(id: i32, title: &str) -> ItemTruth {
        ItemTruth {
            id,
            unique_id: Uuid::from_u128(id.unsigned_abs().into()),
            folder: false,
            path: format!("/l/{id}"),
            parent: Uuid::nil(),
            version: 3,
            permissions: 0,
            visible: true,
            fields: vec![FieldTruth { name: "Title".into(), text: title.into(), held: Holding::Whole }],
        }
    }

    fn held(id: i32, title: Option<&str>) -> HeldItem {
        let values = vec![("Title".to_owned(), title.map(str::to_owned))];
        HeldItem { id, values, ..HeldItem::default() }
    }

    #[test]
    fn a_copy_is_held_to_ids_and_to_what_it_keeps_of_each_item() {
        let truth = [item(1, "a"), item(2, "b")];
        assert_eq!(compare(&[held(1, Some("a")), held(2, Some("b"))], &truth), Ok(()));
        let difference = compare(&[held(1, Some("a")), held(3, None)], &truth).unwrap_err();
        assert_eq!((difference.lost, difference.invented), (vec![2], vec![3]));
        for wrong in [
            HeldItem { unique_id: Some(Uuid::nil()), ..held(1, Some("a")) },
            HeldItem { path: Some("/l/9".into()), ..held(1, Some("a")) },
            HeldItem { version: Some(2), ..held(1, Some("a")) },
            held(1, None),
            held(1, Some("b")),
        ] {
            let difference = compare(&[wrong, held(2, Some("b"))], &truth).unwrap_err();
            assert!(difference.other.is_some_and(|other| other.starts_with("item 1")));
        }
    }
}
