//! What happens to lists as wholes: settings, deletion, restoring, rights.

use super::{ListRef, Note, Verb, World, WorldError};
use crate::event::{Event, Object};
use crate::ticks::Ticks;

impl World {
    /// Changes settings of a list: List 2.
    ///
    /// # Errors
    /// It is gone.
    pub fn update_list(&mut self, list: ListRef) -> Verb<()> {
        self.living(list)?;
        self.list_changed(list);
        Ok(())
    }

    /// Changes a list's title: List 2.
    ///
    /// # Errors
    /// It is gone, or the title is taken.
    pub fn rename_list(&mut self, list: ListRef, title: &str) -> Verb<()> {
        let web = self.living(list)?.web;
        if self.list_by_title(web, title).is_some_and(|found| found != list) {
            return Err(WorldError::Exists(title.to_owned()));
        }
        title.clone_into(&mut self.list_mut(list).title);
        self.list_changed(list);
        Ok(())
    }

    /// Deletes a list with its content; it can be restored: List 3.
    ///
    /// # Errors
    /// It is gone.
    pub fn delete_list(&mut self, list: ListRef) -> Verb<()> {
        self.living(list)?;
        self.list_mut(list).deleted = true;
        self.list_row(list, Event::Delete, Object::List, true);
        Ok(())
    }

    /// Brings a deleted list back with its content: List 7.
    ///
    /// # Errors
    /// It was not deleted, or its title or path is taken.
    pub fn restore_list(&mut self, list: ListRef) -> Verb<()> {
        let found = self.list(list);
        if !found.deleted || self.web(found.web).deleted {
            return Err(WorldError::missing("deleted list", &found.title));
        }
        let path = self.list_path(list);
        if self.list_by_title(found.web, &found.title).or(self.list_by_path(found.web, &path)).is_some() {
            return Err(WorldError::Exists(found.title.clone()));
        }
        self.list_mut(list).deleted = false;
        self.list_row(list, Event::Restore, Object::List, true);
        Ok(())
    }

    /// Rights of the caller on a list and all in it; their change is what EffectivePermMask tells.
    ///
    /// # Errors
    /// It is gone.
    pub fn set_permissions(&mut self, list: ListRef, mask: u64) -> Verb<()> {
        self.living(list)?;
        self.list_mut(list).permissions = mask;
        self.list_row(list, Event::AssignmentAdd, Object::List, true);
        Ok(())
    }

    /// Writes List 2 and counts the version.
    pub(super) fn list_changed(&mut self, list: ListRef) {
        let modified = self.list_row(list, Event::Update, Object::List, false);
        let found = self.list_mut(list);
        found.version += 1;
        found.modified = modified;
    }

    /// Writes List 2 after a change of the schema.
    pub(super) fn schema_changed(&mut self, list: ListRef) {
        self.list_changed(list);
        let number = self.log(self.web(self.list(list).web).site).end().number;
        let found = self.list_mut(list);
        found.schema_version += 1;
        found.schema_changed = number;
    }

    /// Writes a row about a list or something of it that is no item.
    pub(super) fn list_row(&mut self, list: ListRef, event: Event, object: Object, exact: bool) -> Ticks {
        let web = self.list(list).web;
        let mut note = Note::new(event, self.web(web).site, object);
        note.web = Some(web);
        note.list = Some(list);
        note.exact = exact;
        self.write(&note)
    }
}
