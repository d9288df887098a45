//! Folders that changed: whatever happened to one, what lies below it is listed once and compared.
//!
//! A folder's row is read, then what lies below its path, then its row again. Only if path and UniqueId are the same
//! does the listing tell what is gone: a folder that moved meanwhile would take the rows of its old place along.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    outcome::{Basis, ItemChange, Known, Mark, Notice},
    sync::{Part, Said, Step, Sync, notices},
};
use crate::{
    checkpoint::{Ids, ItemState, Listing, PendingFolder},
    item::Rowset,
    session::{course::Trouble, outcome::ResyncReason},
};

/// What this run knows of the pending folders.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// Where the folders are, by their rows.
    places: BTreeMap<i32, Place>,
    /// The most folders a call asks for.
    most: usize,
    /// The folders of the call whose next page is asked for, and where that page begins.
    batch: Vec<i32>,
    pub(super) place: Option<String>,
    /// The highest id of the listing's rows so far.
    passed: i32,
    /// Folders that stand in the listing under way: they are listed with it.
    covered: Ids,
    /// The last page of a listing, until the folder's row was read again.
    held: Option<Held>,
    /// How many listings of each folder ended in another place than they began.
    tries: BTreeMap<i32, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: String,
    unique_id: Option<Uuid>,
}

#[derive(Debug, Clone)]
struct Held {
    changes: Vec<ItemChange>,
    notices: Vec<Notice>,
}

impl Default for Folders {
    fn default() -> Self {
        Folders {
            places: BTreeMap::new(),
            most: MOST_ROWS,
            batch: Vec::new(),
            place: None,
            passed: 0,
            covered: Ids::default(),
            held: None,
            tries: BTreeMap::new(),
        }
    }
}

impl Folders {
    /// Has a folder listed. One whose listing is under way begins anew: it changed since.
    pub(super) fn add(items: &mut ItemState, id: i32) {
        items.folders.retain(|folder| folder.id != id);
        items.folders.push(PendingFolder { id, listing: None });
    }

    /// Has every folder placed anew.
    pub(super) fn forget_places(&mut self) {
        if !self.places.is_empty() {
            *self = Folders { tries: std::mem::take(&mut self.tries), ..Folders::default() };
        }
    }

    pub(super) fn step(&self, items: &ItemState) -> Step {
        match items.folders.first() {
            None => Step::End,
            Some(_) if self.place.is_some() => Step::FolderRows,
            Some(folder) if !self.places.contains_key(&folder.id) => Step::FolderRows,
            Some(_) if self.held.is_some() => Step::FolderCheck,
            Some(_) => Step::FolderPage,
        }
    }
}

impl Sync {
    /// The folders whose rows are asked for.
    pub(super) fn folders_to_place(&self) -> Vec<i32> {
        if self.folders.place.is_some() {
            return self.folders.batch.clone();
        }
        let folders = self.items().folders.iter().map(|folder| folder.id);
        folders.filter(|id| !self.folders.places.contains_key(id)).take(self.folders.most).collect()
    }

    /// The folder that is being listed: its id, and its listing so far.
    pub(super) fn listed(&self) -> Option<(i32, &Listing)> {
        let folder = self.items().folders.first()?;
        Some((folder.id, folder.listing.as_ref()?))
    }

    /// Takes the rows of pending folders. One that does not come is gone; the others are listed in the order of
    /// their paths, so that one below another comes after it and is passed by.
    pub(super) fn on_folder_rows(&mut self, answer: &Rowset) -> Result<Said, Trouble> {
        if let Some(said) = self.aside(answer) {
            return Ok(said);
        }
        self.remember_answer(answer)?;
        let asked = self.folders_to_place();
        let mut notices = notices(answer);
        let unsure = answer.broken.iter().any(|broken| broken.id.is_none());
        let broken: Vec<i32> = answer.broken.iter().filter_map(|broken| broken.id).collect();
        let mut changes = Vec::new();
        for row in &answer.rows {
            let id = row.id();
            if !asked.contains(&id) {
                return Err(format!("the item {id} came, which was not asked for").into());
            }
            if let Some(path) = row.file_ref().filter(|_| row.is_folder() == Some(true)) {
                self.folders.places.insert(id, Place { path, unique_id: row.unique_id() });
            } else {
                notices.push(Notice::Poison {
                    id: Some(id),
                    what: "its row does not say where the folder is".to_owned(),
                });
                self.items_mut().folders.retain(|folder| folder.id != id);
            }
            changes.push(ItemChange::Upserted(row));
        }
        let is_missing = |id: &i32| {
            let is_pending = self.items().folders.iter().any(|folder| folder.id == *id);
            is_pending && !self.folders.places.contains_key(id)
        };
        if let Some(next) = answer.next_place.as_deref() {
            // The others may be on the pages after this one.
            if self.folders.place.as_deref() == Some(next) || answer.rows.len() + answer.broken.len() == 0 {
                return Err("more folders are said to follow a page that brings none of them".into());
            }
            self.items_mut().folders.retain(|folder| !broken.contains(&folder.id));
            (self.folders.batch, self.folders.place) = (asked, Some(next.to_owned()));
            return Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }));
        }
        let missing: Vec<i32> = asked.iter().copied().filter(is_missing).collect();
        (self.folders.batch, self.folders.place) = (Vec::new(), None);
        if unsure && !missing.is_empty() && asked.len() > 1 {
            // The row that cannot be told from others may be any of those: ask for fewer, down to one.
            self.folders.most = asked.len() / 2;
            return Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }));
        }
        for id in missing {
            self.items_mut().folders.retain(|folder| folder.id != id);
            if !unsure && !broken.contains(&id) {
                changes.push(ItemChange::Removed { id, unique_id: None, known: Known::Absent });
            }
        }
        self.folders.most = MOST_ROWS;
        self.begin_listing();
        Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }))
    }

    /// Puts the folder nearest to the root first and names its listing, unless one of the same place is under way.
    fn begin_listing(&mut self) {
        let places = self.folders.places.clone();
        if self.items().folders.iter().any(|folder| !places.contains_key(&folder.id)) {
            return;
        }
        (self.folders.covered, self.folders.passed) = (Ids::default(), 0);
        let items = self.items_mut();
        items.folders.sort_by_key(|folder| (places[&folder.id].path.len(), folder.id));
        let Some(folder) = items.folders.first_mut() else { return };
        let Place { path, unique_id } = places[&folder.id].clone();
        let same = |listing: &Listing| listing.path == path && listing.unique_id == unique_id;
        if !folder.listing.as_ref().is_some_and(same) {
            items.listings += 1;
            folder.listing = Some(Listing { counter: items.listings, path, unique_id, place: None });
        }
    }

    /// Takes a page of what lies below the folder.
    pub(super) fn on_folder_page(&mut self, answer: &Rowset) -> Result<Said, Trouble> {
        if let Some(said) = self.aside(answer) {
            return Ok(said);
        }
        self.remember_answer(answer)?;
        if !answer.broken.is_empty() {
            // The end of a listing removes what was not seen; a load can spare what cannot be read.
            return Ok(self.reload(ResyncReason::Unreadable));
        }
        let notices = notices(answer);
        let next = answer.next_place.as_deref().map(str::to_owned);
        let mut changes = Vec::new();
        for row in &answer.rows {
            if row.is_folder() == Some(true) {
                self.folders.covered.insert(row.id());
            }
            changes.push(ItemChange::Upserted(row));
        }
        let passed = answer.rows.iter().map(|row| row.id()).fold(self.folders.passed, i32::max);
        let passes_empty = self.passes_empty(answer);
        let comes_forward = passed > self.folders.passed || passes_empty;
        let listing = self.items_mut().folders.first_mut().and_then(|folder| folder.listing.as_mut());
        let Some(listing) = listing else { return Ok(self.folder_moved()) };
        if next.is_none() {
            self.folders.held = Some(Held { changes, notices });
            return Ok(Said::Nothing);
        }
        if next == listing.place {
            return Err("the next page of the folder begins where this one did".into());
        }
        if !comes_forward {
            return Err(format!(
                "more rows are said to follow a page of the folder with no id above {passed}"
            )
            .into());
        }
        listing.place = next;
        self.folders.passed = passed;
        Ok(Said::Page(self.folder_page(changes, notices, false)))
    }

    fn folder_page(&self, changes: Vec<ItemChange>, notices: Vec<Notice>, last: bool) -> Part {
        let (folder, counter) = self.listed().map_or((0, 0), |(id, listing)| (id, listing.counter));
        let listing = Mark(format!("listing {counter} of {folder}"));
        Part { basis: Basis::Subtree { folder, listing, last }, changes, notices }
    }

    /// Takes the folder's row once more. The same place: the last page tells what is gone. Another: begin again.
    pub(super) fn on_folder_check(&mut self, answer: &Rowset) -> Result<Said, Trouble> {
        self.remember_answer(answer)?;
        let Some((id, listing)) = self.listed() else { return Ok(Said::Nothing) };
        let place = answer
            .rows
            .iter()
            .find(|row| row.id() == id)
            .and_then(|row| Some((row.file_ref()?, row.unique_id())));
        let same =
            place.is_some_and(|(path, unique_id)| path == listing.path && unique_id == listing.unique_id);
        if !same && answer.rows.is_empty() && answer.next_place.is_some() {
            return Err("the row of a folder is said to follow a page without rows".into());
        }
        if !same {
            return Ok(self.folder_moved());
        }
        let Some(held) = self.folders.held.take() else { return Ok(Said::Nothing) };
        let part = self.folder_page(held.changes, held.notices, true);
        let covered = std::mem::take(&mut self.folders.covered);
        self.items_mut().folders.retain(|folder| folder.id != id && !covered.contains(folder.id));
        self.folders.places.retain(|folder, _| *folder != id && !covered.contains(*folder));
        self.folders.tries.remove(&id);
        self.begin_listing();
        Ok(Said::Page(part))
    }

    /// The folder is not where it was when its listing began.
    pub(super) fn folder_moved(&mut self) -> Said {
        let Some(id) = self.items().folders.first().map(|folder| folder.id) else { return Said::Nothing };
        let of_this = self.folders.tries.entry(id).or_default();
        *of_this += 1;
        if *of_this >= MOST_TRIES {
            return Said::Unsettled(format!("the folder {id} moved during each of {MOST_TRIES} listings"));
        }
        self.folders.forget_places();
        for folder in &mut self.items_mut().folders {
            folder.listing = None;
        }
        Said::Nothing
    }

    /// Asks for fewer folders at once, because the server fails on these; a single one it fails on is passed by.
    pub(super) fn halve_folder_rows(&mut self, what: &str) -> Said {
        (self.folders.batch, self.folders.place) = (Vec::new(), None);
        let asked = self.folders_to_place();
        self.folders.most = (asked.len() / 2).max(1);
        match asked[..] {
            [id] => {
                self.items_mut().folders.retain(|folder| folder.id != id);
                self.begin_listing();
                let notices = vec![Notice::Poison { id: Some(id), what: what.to_owned() }];
                Said::Page(Part { basis: Basis::Delta, changes: Vec::new(), notices })
            }
            _ => Said::Nothing,
        }
    }
}

/// Folders whose rows are asked for in a single call.
const MOST_ROWS: usize = 100;
/// Listings of one folder a run begins before it leaves it to the next.
const MOST_TRIES: u32 = 3;
