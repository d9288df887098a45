//! What the log holds for a query, kept up with the log: the oracle of GetChanges.

use std::collections::BTreeSet;
use std::ops::Range;

use super::setting::{self, Place};
use super::stage::LogEnd;
use crate::event::Object;
use crate::log::Row;
use crate::query::{Query, Scope};
use crate::world::{ListRef, SiteRef, World};

/// The log's rows that a query asks for, by their index in the whole log.
#[derive(Debug)]
pub(super) struct Truth {
    pub(super) scope: Scope,
    query: Query,
    site: SiteRef,
    /// Indexes of matching rows, rising.
    matching: Vec<usize>,
    seen: usize,
    /// The first row of the log as it counts now.
    epoch: usize,
    /// Rows that could not be read at once.
    late: BTreeSet<usize>,
}

impl Truth {
    /// `epoch` is the first row of the log as it counts now.
    pub(super) fn new(scope: Scope, query: Query, site: SiteRef, epoch: usize) -> Self {
        Self { scope, query, site, matching: Vec::new(), seen: 0, epoch, late: BTreeSet::new() }
    }

    /// Takes in what was written since.
    pub(super) fn catch_up(&mut self, world: &World) {
        let new = world.matching_since(self.scope, &self.query, self.seen);
        let log = world.log(self.site);
        self.late.extend(new.iter().filter(|index| log.visible_from(**index).is_some()));
        self.matching.extend(new);
        self.seen = self.written(world);
    }

    /// The log was moved: what comes now is counted anew.
    pub(super) fn restart(&mut self, world: &World) {
        self.catch_up(world);
        self.epoch = self.seen;
    }

    /// How many rows were ever written.
    pub(super) fn written(&self, world: &World) -> usize {
        world.log(self.site).all_rows().len()
    }

    /// The index after the last row up to a number, or where the log as it counts now begins.
    pub(super) fn index_after(&self, world: &World, number: i64) -> usize {
        self.epoch + world.log(self.site).all_rows()[self.epoch..].partition_point(|row| row.number <= number)
    }

    /// The row with this number, if it is one that matches and can be read.
    pub(super) fn row<'w>(&self, world: &'w World, number: i64) -> Option<(usize, &'w Row)> {
        let log = world.log(self.site);
        let index = self.index_after(world, number).checked_sub(1)?;
        let row = log.all_rows().get(index)?;
        let known = row.number == number && self.matching.binary_search(&index).is_ok();
        (known && log.is_visible(index, world.now())).then_some((index, row))
    }

    /// Matching rows between two indexes that could be read when the end of the log was.
    pub(super) fn demanded(&self, world: &World, rows: Range<usize>, end: &LogEnd) -> Vec<(usize, i64)> {
        let log = world.log(self.site);
        self.matching
            .iter()
            .filter(|index| rows.contains(index) && log.is_visible(**index, end.now))
            .map(|index| (*index, log.all_rows()[*index].number))
            .collect()
    }

    /// Rows that became visible later than they were written.
    pub(super) fn late(&self) -> &BTreeSet<usize> {
        &self.late
    }

    /// The first row that is still in the log.
    pub(super) fn first(&self, world: &World) -> usize {
        world.log(self.site).first()
    }
}

/// The simulator's name of a place.
pub(super) fn scope(world: &World, site: SiteRef, place: Place) -> Scope {
    match place {
        Place::Site => Scope::Site(site),
        Place::Web => Scope::Web(world.site(site).root),
        Place::List(list) => Scope::List(list_of(world, site, list)),
        Place::Folder(list) => {
            let list = list_of(world, site, list);
            let folder = world.list(list).items().find(|item| item.is_folder());
            folder.map_or(Scope::List(list), |folder| Scope::Folder(list, folder.unique_id))
        }
        Place::Item(list) => {
            let list = list_of(world, site, list);
            world.list(list).items().next().map_or(Scope::List(list), |item| Scope::Item(list, item.id))
        }
    }
}

/// The list of the office with this number.
pub(super) fn list_of(world: &World, site: SiteRef, number: usize) -> ListRef {
    let web = world.site(site).root;
    let title = setting::LISTS.get(number).copied().unwrap_or(setting::LISTS[0]);
    // The office furnishes itself with these, and nobody renames or deletes them for good.
    world.list_by_title(web, title).unwrap_or(ListRef(0))
}

/// What a row is about, in words.
pub(super) fn told(row: &Row) -> String {
    let about = match &row.object {
        Object::Item { id, .. } => format!("item {id}"),
        other => other.type_name().to_owned(),
    };
    format!("{:?} of {about}", row.event)
}
