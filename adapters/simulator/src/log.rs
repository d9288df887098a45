//! The change log of one content database: rows that are only ever appended, found by index for each scope.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::event::{Event, Object};
use crate::ticks::Ticks;
use crate::token::Place;
use crate::world::{ListRef, SiteRef, WebRef};

/// A map whose hashing needs no randomness.
pub(crate) type Map<K, V> = rustc_hash::FxHashMap<K, V>;

/// One row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number: strictly ascending in the log, with gaps.
    pub number: i64,
    /// When it was logged, on SQL Server's grid; what tokens carry.
    pub ticks: Ticks,
    /// The object's own stamp; what the row's `Time` tells.
    pub time: Ticks,
    /// What happened.
    pub event: Event,
    /// The site collection.
    pub site: SiteRef,
    /// The web, for all that lives in one.
    pub web: Option<WebRef>,
    /// The list, for all that lives in one, its columns and files included.
    pub list: Option<ListRef>,
    /// To what it happened.
    pub object: Object,
    /// The id of the user who did it.
    pub editor: i32,
    /// The row before this one about the same item, plus one; zero for none.
    before: u32,
}

impl Row {
    /// Where in the log the row stands.
    pub fn place(&self) -> Place {
        Place { ticks: self.ticks, number: self.number }
    }
}

/// What is known of a row before it has a number.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) event: Event,
    pub(crate) site: SiteRef,
    pub(crate) web: Option<WebRef>,
    pub(crate) list: Option<ListRef>,
    pub(crate) object: Object,
    pub(crate) editor: i32,
    pub(crate) ticks: Ticks,
    pub(crate) time: Ticks,
    /// How far the shared counter moves.
    pub(crate) step: i64,
    /// UniqueIds of the folders it stands in, the nearest first; of a folder, its own before them.
    pub(crate) folders: &'a [Uuid],
    /// How many of `folders` it is, or stands directly in.
    pub(crate) near: usize,
    /// When it can first be read, where that is not at once.
    pub(crate) visible: Option<Ticks>,
    /// Where an item that moved away went.
    pub(crate) moved_to: Option<(ListRef, i32)>,
}

/// The rows of a folder.
#[derive(Clone, Debug, Default)]
struct FolderIndex {
    /// About the folder or what stands directly in it.
    near: Vec<u32>,
    /// About anything below it too.
    deep: Vec<u32>,
}

/// The change log of one content database.
#[derive(Clone, Debug)]
pub struct Log {
    rows: Vec<Row>,
    /// The first row that was not purged.
    first: usize,
    tail: Place,
    /// Where the counter stood before the first row.
    origin: Place,
    /// The newest row that the purge took.
    purged: Option<Place>,
    sites: Vec<Vec<u32>>,
    webs: Vec<Vec<u32>>,
    lists: Vec<Vec<u32>>,
    folders: Map<(ListRef, Uuid), FolderIndex>,
    items: Map<(ListRef, i32), u32>,
    late: BTreeMap<u32, Ticks>,
    moved: Map<i64, (ListRef, i32)>,
}

impl Log {
    /// An empty log whose counter stands at a place: others use the database too.
    pub(crate) fn new(tail: Place) -> Self {
        Self {
            rows: Vec::new(),
            first: 0,
            tail,
            origin: tail,
            purged: None,
            sites: Vec::new(),
            webs: Vec::new(),
            lists: Vec::new(),
            folders: Map::default(),
            items: Map::default(),
            late: BTreeMap::new(),
            moved: Map::default(),
        }
    }

    /// The rows that are still there, oldest first, those not yet visible included.
    pub fn rows(&self) -> &[Row] {
        &self.rows[self.first..]
    }

    /// Every row ever written since the log was last restarted or began, purged ones included.
    pub fn all_rows(&self) -> &[Row] {
        &self.rows
    }

    /// The newest row that was purged, if any was.
    pub fn purged(&self) -> Option<Place> {
        self.purged
    }

    /// The end of the log: the newest row written, visible or not.
    pub fn end(&self) -> Place {
        self.tail
    }

    /// The end of the log as it can be read at a moment: the newest visible row.
    pub fn visible_end(&self, now: Ticks) -> Place {
        if self.late.is_empty() {
            return self.tail;
        }
        let newest = (self.first..self.rows.len()).rev().find(|index| self.is_visible(*index, now));
        match newest {
            Some(index) => self.rows[index].place(),
            None => self.purged.unwrap_or(self.origin),
        }
    }

    /// Where an item went whose MoveAway has this number.
    pub fn moved_to(&self, number: i64) -> Option<(ListRef, i32)> {
        self.moved.get(&number).copied()
    }

    /// Whether a row can be read at a moment.
    pub fn is_visible(&self, index: usize, now: Ticks) -> bool {
        self.late.is_empty() || self.late.get(&position(index)).is_none_or(|from| *from <= now)
    }

    /// When a row that becomes visible late does so; none for one that was visible at once, or was purged.
    #[cfg(feature = "laws")]
    pub(crate) fn visible_from(&self, index: usize) -> Option<Ticks> {
        self.late.get(&position(index)).copied()
    }

    /// Whether every row that is still there can be read at a moment.
    #[cfg(feature = "laws")]
    pub(crate) fn is_whole(&self, now: Ticks) -> bool {
        self.late.values().all(|from| *from <= now)
    }

    /// The index of the first row that was not purged, in [`all_rows`](Self::all_rows).
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    pub(crate) fn row(&self, index: u32) -> &Row {
        &self.rows[index as usize]
    }

    pub(crate) fn append(&mut self, entry: &Entry<'_>) -> Place {
        let index = position(self.rows.len());
        let place = Place {
            ticks: entry.ticks.max(self.tail.ticks),
            number: self.tail.number.saturating_add(entry.step),
        };
        let mut before = 0;
        if let (Some(list), Object::Item { id, .. }) = (entry.list, &entry.object) {
            before = self.items.insert((list, *id), index + 1).unwrap_or_default();
        }
        slot(&mut self.sites, entry.site.0).push(index);
        if let Some(web) = entry.web {
            slot(&mut self.webs, web.0).push(index);
        }
        if let Some(list) = entry.list {
            slot(&mut self.lists, list.0).push(index);
            for (depth, folder) in entry.folders.iter().enumerate() {
                let folder = self.folders.entry((list, *folder)).or_default();
                if depth < entry.near {
                    folder.near.push(index);
                }
                folder.deep.push(index);
            }
        }
        if let Some(from) = entry.visible {
            self.late.insert(index, from);
        }
        if let Some(target) = entry.moved_to {
            self.moved.insert(place.number, target);
        }
        self.rows.push(Row {
            number: place.number,
            ticks: place.ticks,
            time: entry.time,
            event: entry.event,
            site: entry.site,
            web: entry.web,
            list: entry.list,
            object: entry.object.clone(),
            editor: entry.editor,
            before,
        });
        self.tail = place;
        place
    }

    /// Forgets rows older than a moment.
    pub(crate) fn purge(&mut self, older_than: Ticks) {
        let keep = self.first + self.rows[self.first..].partition_point(|row| row.ticks < older_than);
        self.forget(keep);
    }

    /// Forgets every row and sets the counter elsewhere, as a move to another database does.
    pub(crate) fn restart(&mut self, tail: Place) {
        self.forget(self.rows.len());
        // What the new database never held is not older than its log: it is simply not known there.
        self.purged = None;
        self.tail = tail;
        self.origin = tail;
    }

    fn forget(&mut self, keep: usize) {
        if keep > self.first {
            self.purged = Some(self.rows[keep - 1].place());
            self.first = keep;
            self.late = self.late.split_off(&position(keep));
        }
    }

    /// The indexes of rows about a site collection.
    pub(crate) fn of_site(&self, site: SiteRef) -> &[u32] {
        self.retained(self.sites.get(site.0 as usize))
    }

    /// The indexes of rows about a web.
    pub(crate) fn of_web(&self, web: WebRef) -> &[u32] {
        self.retained(self.webs.get(web.0 as usize))
    }

    /// The indexes of rows about a list.
    pub(crate) fn of_list(&self, list: ListRef) -> &[u32] {
        self.retained(self.lists.get(list.0 as usize))
    }

    /// The indexes of rows about a folder and what stands in it, or below it.
    pub(crate) fn of_folder(&self, list: ListRef, folder: Uuid, deep: bool) -> &[u32] {
        let index = self.folders.get(&(list, folder));
        self.retained(index.map(|index| if deep { &index.deep } else { &index.near }))
    }

    /// The indexes of rows about an item, oldest first.
    pub(crate) fn of_item(&self, list: ListRef, id: i32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut next = self.items.get(&(list, id)).copied().unwrap_or_default();
        while next as usize > self.first {
            found.push(next - 1);
            next = self.rows[next as usize - 1].before;
        }
        found.reverse();
        found
    }

    fn retained<'a>(&self, index: Option<&'a Vec<u32>>) -> &'a [u32] {
        let index = index.map(Vec::as_slice).unwrap_or_default();
        &index[index.partition_point(|row| (*row as usize) < self.first)..]
    }
}

/// The index at a place, the places before it made.
fn slot(indexes: &mut Vec<Vec<u32>>, at: u32) -> &mut Vec<u32> {
    let at = at as usize;
    if indexes.len() <= at {
        indexes.resize_with(at + 1, Vec::new);
    }
    &mut indexes[at]
}

fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
