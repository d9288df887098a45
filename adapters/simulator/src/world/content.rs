//! What people do with items: add, upload, edit, delete.

use std::sync::Arc;

use uuid::Uuid;

use super::{Item, ItemKind, ListRef, Note, Template, Value, Verb, World, WorldError};
use crate::event::{Event, Object};
use crate::ticks::Ticks;

impl World {
    /// Adds a row to a list, in a folder (0 for the root folder): Item 1.
    ///
    /// # Errors
    /// The list, the folder or a column is gone, or the list is a library.
    pub fn add_item(&mut self, list: ListRef, folder: i32, values: &[(&str, Value)]) -> Verb<i32> {
        if self.living(list)?.template == Template::Library {
            return Err(WorldError::Refused("a library takes files, not rows".to_owned()));
        }
        let id = self.list(list).next_id;
        self.make(list, folder, ItemKind::Row, &format!("{id}_.000"), 0, values)
    }

    /// Makes a folder in a folder (0 for the root folder): Item 1.
    ///
    /// # Errors
    /// The list or the folder is gone, or the name is taken.
    pub fn add_folder(&mut self, list: ListRef, folder: i32, name: &str) -> Verb<i32> {
        self.make(list, folder, ItemKind::Folder, name, 0, &[("Title", Value::Text(name.to_owned()))])
    }

    /// Uploads a file into a folder (0 for the root folder): Item 1.
    ///
    /// # Errors
    /// The list or the folder is gone, the name is taken, or the list is no library.
    pub fn upload(&mut self, list: ListRef, folder: i32, name: &str, size: u64) -> Verb<i32> {
        self.add_file(list, folder, name, size, &[])
    }

    /// Uploads a file whose columns are filled at once, as a form does: Item 1.
    ///
    /// # Errors
    /// The list, the folder or a column is gone, the name is taken, or the list is no library.
    pub fn add_file(
        &mut self,
        list: ListRef,
        folder: i32,
        name: &str,
        size: u64,
        values: &[(&str, Value)],
    ) -> Verb<i32> {
        if self.living(list)?.template == Template::List {
            return Err(WorldError::Refused("a list takes rows, not files".to_owned()));
        }
        let id = self.make(list, folder, ItemKind::File, name, size, values)?;
        if self.dialect.upload_twice {
            self.save(list, id)?;
        }
        Ok(id)
    }

    fn make(
        &mut self,
        list: ListRef,
        folder: i32,
        kind: ItemKind,
        name: &str,
        size: u64,
        values: &[(&str, Value)],
    ) -> Verb<i32> {
        let values = self.checked(list, values)?;
        self.free_name(list, folder, name)?;
        let id = self.list(list).next_id;
        self.list_mut(list).next_id += 1;
        let item = Item {
            id,
            unique_id: self.guid(),
            guid: self.guid(),
            kind,
            name: name.to_owned(),
            parent: folder,
            created: self.now(),
            modified: self.now(),
            author: self.editor(),
            editor: self.editor(),
            version: 1,
            ui_version: 512,
            size,
            attachments: Vec::new(),
            versions: Vec::new(),
            grants: None,
            permissions: None,
            visible: true,
            poison: false,
            values,
        };
        self.place(list, item);
        let stamp = self.item_row(list, id, Event::Add, false);
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.created = stamp;
            item.modified = stamp;
        }
        Ok(id)
    }

    /// Edits an item: Item 2. A column given as none is emptied.
    ///
    /// # Errors
    /// The item or a column is gone.
    pub fn edit(&mut self, list: ListRef, id: i32, values: &[(&str, Option<Value>)]) -> Verb<()> {
        self.apply(list, id, values)?;
        self.save(list, id)
    }

    /// Saves new content of a file: Item 2.
    ///
    /// # Errors
    /// The file is gone.
    pub fn overwrite(&mut self, list: ListRef, id: i32, size: u64) -> Verb<()> {
        self.existing(list, id)?;
        let kept = self.keeps(list);
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            if let Some(kept) = kept {
                item.keep_version(kept);
            }
            item.size = size;
        }
        self.save(list, id)
    }

    /// Changes an item without its Modified, Editor and versions: Item 15.
    ///
    /// # Errors
    /// The item or a column is gone.
    pub fn system_update(&mut self, list: ListRef, id: i32, values: &[(&str, Option<Value>)]) -> Verb<()> {
        let versions = std::mem::replace(&mut self.list_mut(list).versioning, false);
        let applied = self.apply(list, id, values);
        self.list_mut(list).versioning = versions;
        applied?;
        self.item_row(list, id, Event::SystemUpdate, false);
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.version += 1;
        }
        Ok(())
    }

    /// Touches an item through another object's operation: Item 21.
    ///
    /// # Errors
    /// The item is gone.
    pub fn touch(&mut self, list: ListRef, id: i32) -> Verb<()> {
        self.existing(list, id)?;
        self.item_row(list, id, Event::Dirty, false);
        Ok(())
    }

    /// Comments on an item: Item 22.
    ///
    /// # Errors
    /// The item is gone.
    pub fn comment(&mut self, list: ListRef, id: i32) -> Verb<()> {
        self.existing(list, id)?;
        self.item_row(list, id, Event::Activity, false);
        Ok(())
    }

    /// Attaches a file to a row: Item 2.
    ///
    /// # Errors
    /// The item is gone, or the name is taken.
    pub fn attach(&mut self, list: ListRef, id: i32, name: &str) -> Verb<()> {
        if self.existing(list, id)?.attachments.iter().any(|taken| taken == name) {
            return Err(WorldError::Exists(name.to_owned()));
        }
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.attachments.push(name.to_owned());
        }
        self.save(list, id)
    }

    /// Removes an attachment: Item 2.
    ///
    /// # Errors
    /// The item or the attachment is gone.
    pub fn detach(&mut self, list: ListRef, id: i32, name: &str) -> Verb<()> {
        if !self.existing(list, id)?.attachments.iter().any(|found| found == name) {
            return Err(WorldError::missing("attachment", name));
        }
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.attachments.retain(|found| found != name);
        }
        self.save(list, id)
    }

    /// Brings the newest kept version back as the present one: Item 2, as any save.
    ///
    /// # Errors
    /// The item is gone, or keeps no version.
    pub fn restore_version(&mut self, list: ListRef, id: i32) -> Verb<()> {
        let version = self.existing(list, id)?.versions.last().cloned();
        let version = version.ok_or_else(|| WorldError::missing("version of item", id))?;
        let kept = self.keeps(list).unwrap_or(1);
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.keep_version(kept);
            item.values = version.values;
            item.size = version.size;
        }
        self.save(list, id)
    }

    /// Lets the caller see an item, or not, without a row: what a change of membership elsewhere does.
    ///
    /// # Errors
    /// The item is gone.
    pub fn show_to_caller(&mut self, list: ListRef, id: i32, visible: bool) -> Verb<()> {
        self.existing(list, id)?;
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.visible = visible;
        }
        Ok(())
    }

    /// Makes reading an item's row fail, or not, without a row.
    ///
    /// # Errors
    /// The item is gone.
    pub fn poison(&mut self, list: ListRef, id: i32, poison: bool) -> Verb<()> {
        self.existing(list, id)?;
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.poison = poison;
        }
        Ok(())
    }

    fn apply(&mut self, list: ListRef, id: i32, values: &[(&str, Option<Value>)]) -> Verb<()> {
        self.existing(list, id)?;
        let names: Vec<Arc<str>> =
            values.iter().map(|(name, _)| self.stored(list, name)).collect::<Verb<_>>()?;
        let kept = self.keeps(list);
        let Some(item) = self.list_mut(list).items.get_mut(&id) else { return Ok(()) };
        if let Some(kept) = kept {
            item.keep_version(kept);
        }
        for (name, (_, value)) in names.iter().zip(values) {
            match value {
                Some(value) => item.set(name, value.clone()),
                None => item.clear(name),
            }
        }
        Ok(())
    }

    /// Writes Item 2 and counts the versions.
    pub(super) fn save(&mut self, list: ListRef, id: i32) -> Verb<()> {
        self.existing(list, id)?;
        let stamp = self.item_row(list, id, Event::Update, false);
        let editor = self.editor();
        if let Some(item) = self.list_mut(list).items.get_mut(&id) {
            item.modified = stamp;
            item.editor = editor;
            item.version += 1;
            item.ui_version += 512;
        }
        Ok(())
    }

    /// How many versions the list keeps; none where it keeps none.
    fn keeps(&self, list: ListRef) -> Option<usize> {
        let list = self.list(list);
        (list.versioning && list.versions_kept > 0).then_some(list.versions_kept)
    }

    /// The internal name of a column that can be written.
    fn stored(&self, list: ListRef, name: &str) -> Verb<Arc<str>> {
        let column = self.list(list).column(name).ok_or_else(|| WorldError::missing("column", name))?;
        if matches!(column.kind, super::ColumnKind::Calculated(_)) {
            return Err(WorldError::Refused(format!("column {name} is calculated")));
        }
        Ok(Arc::clone(&column.name))
    }

    fn checked(&self, list: ListRef, values: &[(&str, Value)]) -> Verb<Vec<(Arc<str>, Value)>> {
        let mut checked = Vec::with_capacity(values.len());
        for (name, value) in values {
            checked.push((self.stored(list, name)?, value.clone()));
        }
        checked.sort_by(|a: &(Arc<str>, Value), b| a.0.cmp(&b.0));
        Ok(checked)
    }

    /// An item of a living list.
    pub(super) fn existing(&self, list: ListRef, id: i32) -> Verb<&Item> {
        self.living(list)?.item(id).ok_or_else(|| WorldError::missing("item", id))
    }

    /// That a folder is there and has nothing of that name.
    pub(super) fn free_name(&self, list: ListRef, folder: i32, name: &str) -> Verb<()> {
        if folder != 0 && !self.existing(list, folder)?.is_folder() {
            return Err(WorldError::missing("folder", folder));
        }
        if name.is_empty() || name.contains('/') {
            return Err(WorldError::Refused(format!("`{name}` is no name")));
        }
        if self.living(list)?.item_named(folder, name).is_some() {
            return Err(WorldError::Exists(name.to_owned()));
        }
        Ok(())
    }

    /// Puts an item into the list's indexes.
    pub(super) fn place(&mut self, list: ListRef, item: Item) {
        let list = self.list_mut(list);
        list.children.insert((item.parent, item.id));
        list.names.insert((item.parent, item.name.to_lowercase()), item.id);
        list.unique_ids.insert(item.unique_id, item.id);
        list.items.insert(item.id, item);
    }

    /// Takes an item out of the list's indexes.
    pub(super) fn take(&mut self, list: ListRef, id: i32) -> Option<Item> {
        let list = self.list_mut(list);
        let item = list.items.remove(&id)?;
        list.children.remove(&(item.parent, item.id));
        list.names.remove(&(item.parent, item.name.to_lowercase()));
        list.unique_ids.remove(&item.unique_id);
        Some(item)
    }

    /// Writes a row about an item that is there.
    pub(super) fn item_row(&mut self, list: ListRef, id: i32, event: Event, exact: bool) -> Ticks {
        self.item_note(list, id, event, |note| note.exact = exact)
    }

    /// Writes a row about an item that is there, changed as `shape` says.
    pub(super) fn item_note(
        &mut self,
        list: ListRef,
        id: i32,
        event: Event,
        shape: impl FnOnce(&mut Note<'_>),
    ) -> Ticks {
        let Some(item) = self.list(list).items.get(&id) else { return self.now() };
        let (unique_id, parent, folder) = (item.unique_id, item.parent, item.is_folder());
        self.item_note_at(list, (id, unique_id), (parent, folder), event, shape)
    }

    /// Writes a row about an item that stands, or stood, in a folder.
    pub(super) fn item_note_at(
        &mut self,
        list: ListRef,
        (id, unique_id): (i32, Uuid),
        (parent, folder): (i32, bool),
        event: Event,
        shape: impl FnOnce(&mut Note<'_>),
    ) -> Ticks {
        let mut folders = self.folders_above(list, parent);
        if folder {
            folders.insert(0, unique_id);
        }
        let web = self.list(list).web;
        let object = Object::Item { id, unique_id };
        let near = 1 + usize::from(folder);
        let mut note = Note::new(event, self.web(web).site, object).within(&folders, near);
        note.web = Some(web);
        note.list = Some(list);
        shape(&mut note);
        self.write(&note)
    }
}
