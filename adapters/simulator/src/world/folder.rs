//! What changes places: rename, move, copy.

use super::{Item, ListRef, Verb, World, WorldError};
use crate::dialect::{Arrival, FolderRename, Moves, Tree};
use crate::event::Event;

impl World {
    /// Gives an item, file or folder another leaf name: Item 4; a folder by the dialect 5 and 6. What stands below
    /// a folder changes its path without a row.
    ///
    /// # Errors
    /// The item is gone, or the name is taken.
    pub fn rename(&mut self, list: ListRef, id: i32, name: &str) -> Verb<()> {
        let item = self.existing(list, id)?;
        let (parent, folder) = (item.parent, item.is_folder());
        // Another case of the same name is free.
        if !item.name.eq_ignore_ascii_case(name) {
            self.free_name(list, parent, name)?;
        }
        self.replace(list, id, parent, name);
        if folder && self.dialect.folder_rename == FolderRename::Move {
            self.write_move(list, id, parent, Moves::Both);
        } else {
            self.item_row(list, id, Event::Rename, false);
        }
        self.moved_stamp(list, id);
        Ok(())
    }

    /// Moves an item into another folder of its list (0 for the root folder): Item 5 and 6, by the dialect. What
    /// stands below a folder goes with it without a row.
    ///
    /// # Errors
    /// The item or the folder is gone, the name is taken there, or a folder would stand in itself.
    pub fn move_within(&mut self, list: ListRef, id: i32, folder: i32) -> Verb<()> {
        let item = self.existing(list, id)?;
        let (from, name) = (item.parent, item.name.clone());
        if self.stands_below(list, folder, id) {
            return Err(WorldError::Refused("a folder cannot stand in itself".to_owned()));
        }
        if from == folder {
            return Err(WorldError::Refused("it stands there already".to_owned()));
        }
        self.free_name(list, folder, &name)?;
        self.replace(list, id, folder, &name);
        self.write_move(list, id, from, self.dialect.move_within);
        self.moved_stamp(list, id);
        Ok(())
    }

    /// Moves an item into a folder of another list (0 for the root folder): Item 5 here and Item 6 there, by the
    /// dialect 1. It gets a new id and keeps its UniqueId. A folder takes all below it along without rows.
    ///
    /// # Errors
    /// The item, a list or the folder is gone, the name is taken there, or rows would go among files.
    pub fn move_to_list(&mut self, list: ListRef, id: i32, to: ListRef, folder: i32) -> Verb<i32> {
        let item = self.existing(list, id)?.clone();
        if list == to || self.living(to)?.template != self.list(list).template {
            return Err(WorldError::Refused("items move between lists of one kind".to_owned()));
        }
        if self.web(self.list(list).web).site != self.web(self.list(to).web).site {
            // Between site collections things are copied and deleted.
            return Err(WorldError::Refused("items move within their site collection".to_owned()));
        }
        let new_id = self.list(to).next_id;
        let name = arrived_name(&item, new_id);
        self.free_name(to, folder, &name)?;
        let below = self.below(list, id);
        let old_parent = item.parent;
        let moved = self.carry(list, id, to, folder, name);
        let mut ids = std::collections::BTreeMap::from([(id, moved)]);
        for child in below {
            let Some(found) = self.list(list).items.get(&child) else { continue };
            let parent = ids.get(&found.parent).copied().unwrap_or(moved);
            let name = arrived_name(found, self.list(to).next_id);
            ids.insert(child, self.carry(list, child, to, parent, name));
        }
        let shape = (old_parent, item.is_folder());
        self.item_note_at(list, (id, item.unique_id), shape, Event::MoveAway, |note| {
            note.moved_to = Some((to, moved));
        });
        let arrival = match self.dialect.arrival {
            Arrival::Into => Event::MoveInto,
            Arrival::Add => Event::Add,
        };
        self.item_note(to, moved, arrival, |note| note.joined = true);
        self.moved_stamp(to, moved);
        Ok(moved)
    }

    /// Copies a folder with all below it into a folder of the same list: Item 1 for the folder only, by the
    /// dialect one for each copy. Gives back the copy's id.
    ///
    /// # Errors
    /// The folder or the target is gone, or the name is taken there.
    pub fn copy_folder(&mut self, list: ListRef, id: i32, target: i32, name: &str) -> Verb<i32> {
        if !self.existing(list, id)?.is_folder() || self.stands_below(list, target, id) {
            return Err(WorldError::Refused("only a folder is copied, and not into itself".to_owned()));
        }
        self.free_name(list, target, name)?;
        let below = self.below(list, id);
        let copy = self.duplicate(list, id, target, name.to_owned());
        self.item_row(list, copy, Event::Add, false);
        let mut ids = std::collections::BTreeMap::from([(id, copy)]);
        for child in below {
            let Some(found) = self.list(list).items.get(&child) else { continue };
            let parent = ids.get(&found.parent).copied().unwrap_or(copy);
            let name = arrived_name(found, self.list(list).next_id);
            let made = self.duplicate(list, child, parent, name);
            ids.insert(child, made);
            if self.dialect.folder_copy == Tree::Each {
                self.item_row(list, made, Event::Add, false);
            }
        }
        Ok(copy)
    }

    /// Rows of something that went from one folder to another of its list. Folder scope sees the departure where
    /// it was and the arrival where it is.
    fn write_move(&mut self, list: ListRef, id: i32, from: i32, rows: Moves) {
        let Some(item) = self.list(list).items.get(&id) else { return };
        let (unique_id, folder) = (item.unique_id, item.is_folder());
        if rows != Moves::Into {
            self.item_note_at(list, (id, unique_id), (from, folder), Event::MoveAway, |_| {});
        }
        if rows != Moves::Away {
            self.item_note(list, id, Event::MoveInto, |note| note.joined = rows == Moves::Both);
        }
    }

    /// A rename or move is a save, though it leaves Modified as it was.
    fn moved_stamp(&mut self, list: ListRef, id: i32) {
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.version += 1;
        }
    }

    /// Puts an item elsewhere in its list.
    fn replace(&mut self, list: ListRef, id: i32, folder: i32, name: &str) {
        if let Some(mut item) = self.take(list, id) {
            item.parent = folder;
            name.clone_into(&mut item.name);
            self.place(list, item);
        }
    }

    /// Takes an item to another list under a new id; values without a column there are lost.
    fn carry(&mut self, list: ListRef, id: i32, to: ListRef, folder: i32, name: String) -> i32 {
        let new_id = self.list(to).next_id;
        if let Some(mut item) = self.take(list, id) {
            self.list_mut(to).next_id += 1;
            item.id = new_id;
            item.parent = folder;
            item.name = name;
            let columns = &self.lists[to.0 as usize].columns;
            item.values.retain(|(name, _)| columns.iter().any(|column| column.name == *name));
            self.place(to, item);
        }
        new_id
    }

    fn duplicate(&mut self, list: ListRef, id: i32, folder: i32, name: String) -> i32 {
        let new_id = self.list(list).next_id;
        let Some(mut copy) = self.list(list).items.get(&id).cloned() else { return new_id };
        self.list_mut(list).next_id += 1;
        copy.id = new_id;
        copy.unique_id = self.guid();
        copy.guid = self.guid();
        copy.parent = folder;
        copy.name = name;
        copy.version = 1;
        copy.ui_version = 512;
        copy.versions.clear();
        copy.grants = None;
        copy.created = self.now().whole_second();
        copy.author = self.editor();
        self.place(list, copy);
        new_id
    }
}

/// The leaf name under a new id: a row's name is made of it.
fn arrived_name(item: &Item, id: i32) -> String {
    if item.kind == super::ItemKind::Row { format!("{id}_.000") } else { item.name.clone() }
}
