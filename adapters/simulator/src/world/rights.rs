//! What the caller may do, and see.

use super::{Item, List, ListRef, Verb, World};
use crate::event::Event;

impl World {
    /// Rights of the caller on an item: its own, else those of the nearest folder that has its own, else the list's.
    pub fn rights(&self, list: ListRef, item: &Item) -> u64 {
        self.own_rights(list, item).unwrap_or(self.list(list).permissions)
    }

    /// Whether the caller sees an item: its rights, where they are not the list's, hold that of viewing items, and it
    /// was not hidden without a word.
    pub fn sees(&self, list: ListRef, item: &Item) -> bool {
        item.visible && self.own_rights(list, item).is_none_or(|mask| mask & VIEW_LIST_ITEMS != 0)
    }

    fn own_rights(&self, list: ListRef, item: &Item) -> Option<u64> {
        let found = self.list(list);
        let mut at = item;
        loop {
            if at.permissions.is_some() || at.parent == 0 {
                return at.permissions;
            }
            at = found.item(at.parent)?;
        }
    }

    /// Rights of the caller on an item and what inherits from it, as others grant or take them; none for those of the
    /// folder it stands in: Item 17 where it had none of its own, 18 where it has none any more, else 11 where rights
    /// were granted and 12 where they were only taken.
    ///
    /// # Errors
    /// The item is gone.
    pub fn set_item_permissions(&mut self, list: ListRef, id: i32, mask: Option<u64>) -> Verb<()> {
        let before = self.existing(list, id)?.permissions;
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.permissions = mask;
        }
        let event = match (before, mask) {
            (_, None) => Event::ScopeDelete,
            (None, Some(_)) => Event::ScopeAdd,
            (Some(before), Some(mask)) if mask & !before != 0 => Event::AssignmentAdd,
            (Some(_), Some(_)) => Event::AssignmentDelete,
        };
        self.item_row(list, id, event, true);
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

/// The right without which an item is not shown (`ViewListItems`).
const VIEW_LIST_ITEMS: u64 = 1;
