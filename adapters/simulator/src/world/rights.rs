//! What the caller may do, and see.

use super::{Item, List, ListRef, Verb, World};
use crate::event::Event;

impl World {
    /// Rights of the caller on an item: its own where they differ, else the list's.
    pub fn rights(&self, list: ListRef, item: &Item) -> u64 {
        item.permissions.unwrap_or(self.list(list).permissions)
    }

    /// Rights of the caller on an item, as others grant or take them; none for those of the list: Item 11.
    ///
    /// # Errors
    /// The item is gone.
    pub fn set_item_permissions(&mut self, list: ListRef, id: i32, mask: Option<u64>) -> Verb<()> {
        self.existing(list, id)?;
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.permissions = mask;
        }
        self.item_row(list, id, Event::AssignmentAdd, true);
        Ok(())
    }

    /// Lets the caller see only some items of a list, without a row: what a narrowed permission does. The list's
    /// count of items stays what it is.
    ///
    /// # Errors
    /// The list is gone.
    pub fn show_only(&mut self, list: ListRef, seen: impl Fn(&Item) -> bool) -> Verb<()> {
        self.living(list)?;
        for item in self.list_mut(list).items.values_mut() {
            item.visible = seen(item);
        }
        Ok(())
    }
}

impl List {
    /// The items that stand directly in a folder (0 for the root folder), from an id on.
    pub fn children_from(&self, folder: i32, id: i32) -> impl Iterator<Item = &Item> {
        self.children.range((folder, id)..=(folder, i32::MAX)).filter_map(|(_, id)| self.items.get(id))
    }
}
