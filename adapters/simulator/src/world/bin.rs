//! The recycle bin: delete, recycle, restore.

use uuid::Uuid;

use super::{Item, ListRef, Verb, World, WorldError};
use crate::dialect::Tree;
use crate::event::Event;
use crate::ticks::Ticks;

/// What was put into the recycle bin in one go.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recycled {
    /// The list it was in.
    pub list: ListRef,
    /// The item first, then what stood below it, parents before their children.
    pub items: Vec<Item>,
    /// When.
    pub at: Ticks,
    /// By whom.
    pub by: i32,
}

impl World {
    /// Deletes an item for good: Item 3; of a folder with content one row, by the dialect one for each.
    ///
    /// # Errors
    /// The item is gone.
    pub fn delete(&mut self, list: ListRef, id: i32) -> Verb<()> {
        self.remove(list, id).map(|_| ())
    }

    /// Puts an item into the recycle bin: Item 3, as for deletion. Gives back what [`restore`](Self::restore) takes.
    ///
    /// # Errors
    /// The item is gone.
    pub fn recycle(&mut self, list: ListRef, id: i32) -> Verb<Uuid> {
        let items = self.remove(list, id)?;
        let place = self.guid();
        let recycled = Recycled { list, items, at: self.now(), by: self.editor() };
        self.bin.insert(place, recycled);
        Ok(place)
    }

    fn remove(&mut self, list: ListRef, id: i32) -> Verb<Vec<Item>> {
        let item = self.existing(list, id)?;
        let (unique_id, shape) = (item.unique_id, (item.parent, item.is_folder()));
        let below = self.below(list, id);
        if self.dialect.folder_delete == Tree::Each {
            for child in below.iter().rev() {
                self.item_row(list, *child, Event::Delete, false);
            }
        }
        let mut gone: Vec<Item> = below.iter().rev().filter_map(|child| self.take(list, *child)).collect();
        gone.extend(self.take(list, id));
        gone.reverse();
        let stamp = self.item_note_at(list, (id, unique_id), shape, Event::Delete, |_| {});
        self.list_mut(list).item_deleted = stamp;
        Ok(gone)
    }

    /// Brings something back from the recycle bin, into the folder it was in, with its old ids: Item 7; of a
    /// folder with content one row, by the dialect one for each.
    ///
    /// # Errors
    /// It is not in the bin, its list or folder is gone, or its name is taken.
    pub fn restore(&mut self, place: Uuid) -> Verb<i32> {
        let recycled = self.bin.get(&place).ok_or_else(|| WorldError::missing("recycled item", place))?;
        let list = recycled.list;
        let first = recycled.items.first().ok_or_else(|| WorldError::missing("recycled item", place))?;
        let (id, folder, name) = (first.id, first.parent, first.name.clone());
        self.living(list)?;
        self.free_name(list, folder, &name)?;
        let items = self.bin.remove(&place).map(|recycled| recycled.items).unwrap_or_default();
        let ids: Vec<i32> = items.iter().map(|item| item.id).collect();
        for item in items {
            self.place(list, item);
        }
        self.item_row(list, id, Event::Restore, false);
        if self.dialect.folder_restore == Tree::Each {
            for child in &ids[1..] {
                self.item_row(list, *child, Event::Restore, false);
            }
        }
        Ok(id)
    }

    /// What lies in the recycle bin.
    pub fn bin(&self) -> impl Iterator<Item = (Uuid, &Recycled)> {
        self.bin.iter().map(|(place, recycled)| (*place, recycled))
    }

    /// Empties one place of the recycle bin, without a row.
    ///
    /// # Errors
    /// It is not in the bin.
    pub fn erase(&mut self, place: Uuid) -> Verb<()> {
        self.bin.remove(&place).map(|_| ()).ok_or_else(|| WorldError::missing("recycled item", place))
    }
}
