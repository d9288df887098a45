//! Columns, content types and views.

use std::sync::Arc;

use uuid::Uuid;

use super::list::Template;
use super::{Column, ColumnKind, ListRef, Verb, View, WebRef, World, WorldError, internal_name};
use crate::event::{Event, Object};

/// A content type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentType {
    /// Its id: `0x01…`.
    pub id: Arc<str>,
    /// Its name.
    pub name: String,
}

impl ContentType {
    /// What a new list has: its item or document type, and folders.
    pub(super) fn standard(template: Template, id: Uuid) -> Vec<Self> {
        let (base, name) = match template {
            Template::List => ("0x01", "Item"),
            Template::Library => ("0x0101", "Document"),
        };
        let id = id.simple().to_string().to_uppercase();
        vec![
            Self { id: format!("{base}00{id}").into(), name: name.to_owned() },
            Self { id: format!("0x012000{id}").into(), name: "Folder".to_owned() },
        ]
    }
}

impl World {
    /// Adds a column to a list: Field 1, then List 2. Its internal name comes from the title.
    ///
    /// # Errors
    /// The list is gone, or the internal name is taken.
    pub fn add_column(&mut self, list: ListRef, title: &str, kind: ColumnKind) -> Verb<Arc<str>> {
        let name: Arc<str> = internal_name(title).into();
        if self.living(list)?.column(&name).is_some() {
            return Err(WorldError::Exists(title.to_owned()));
        }
        let id = self.guid();
        let column = Column { id, name: Arc::clone(&name), title: title.to_owned(), kind, required: false };
        self.list_mut(list).columns.push(column);
        if let Some(view) = self.list_mut(list).views.iter_mut().find(|view| view.default) {
            view.columns.push(Arc::clone(&name));
        }
        self.list_row(list, Event::Add, Object::Field(id), true);
        self.schema_changed(list);
        Ok(name)
    }

    /// Changes a column's kind, title or formula: Field 2, then List 2.
    ///
    /// # Errors
    /// The list or the column is gone.
    pub fn change_column(&mut self, list: ListRef, name: &str, change: impl FnOnce(&mut Column)) -> Verb<()> {
        self.living(list)?;
        let columns = &mut self.list_mut(list).columns;
        let column = columns.iter_mut().find(|column| &*column.name == name);
        let column = column.ok_or_else(|| WorldError::missing("column", name))?;
        // Ids and internal names never change.
        let (id, kept) = (column.id, Arc::clone(&column.name));
        change(column);
        (column.id, column.name) = (id, kept);
        self.list_row(list, Event::Update, Object::Field(id), true);
        self.schema_changed(list);
        Ok(())
    }

    /// Removes a column and all it held: Field 3, then List 2.
    ///
    /// # Errors
    /// The list or the column is gone, or the column is Title.
    pub fn delete_column(&mut self, list: ListRef, name: &str) -> Verb<()> {
        let column = self.living(list)?.column(name).ok_or_else(|| WorldError::missing("column", name))?;
        let id = column.id;
        if name == "Title" {
            return Err(WorldError::Refused("Title cannot be deleted".to_owned()));
        }
        let found = self.list_mut(list);
        found.columns.retain(|column| &*column.name != name);
        for view in &mut found.views {
            view.columns.retain(|column| &**column != name);
        }
        for item in found.items.values_mut() {
            item.clear(name);
        }
        self.list_row(list, Event::Delete, Object::Field(id), true);
        self.schema_changed(list);
        Ok(())
    }

    /// Puts a column on again that was taken off, under its id and name and without what it held: Field 1, then List 2.
    ///
    /// # Errors
    /// The list is gone, or the internal name is taken.
    pub fn put_column(&mut self, list: ListRef, column: Column) -> Verb<()> {
        if self.living(list)?.column(&column.name).is_some() {
            return Err(WorldError::Exists(column.title));
        }
        let id = column.id;
        self.list_mut(list).columns.push(column);
        self.list_row(list, Event::Add, Object::Field(id), true);
        self.schema_changed(list);
        Ok(())
    }

    /// Adds a site column: Field 1.
    pub fn add_site_column(&mut self, web: WebRef, title: &str, kind: ColumnKind) -> Uuid {
        let id = self.guid();
        let column =
            Column { id, name: internal_name(title).into(), title: title.to_owned(), kind, required: false };
        self.web_mut(web).columns.push(column);
        self.web_row(web, Event::Add, Object::Field(id), true);
        id
    }

    /// Changes a site column: Field 2.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn change_site_column(&mut self, web: WebRef, id: Uuid, title: &str) -> Verb<()> {
        let column = self.web_mut(web).columns.iter_mut().find(|column| column.id == id);
        title.clone_into(&mut column.ok_or_else(|| WorldError::missing("column", id))?.title);
        self.web_row(web, Event::Update, Object::Field(id), true);
        Ok(())
    }

    /// Removes a site column: Field 3.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn delete_site_column(&mut self, web: WebRef, id: Uuid) -> Verb<()> {
        if !self.web(web).columns.iter().any(|column| column.id == id) {
            return Err(WorldError::missing("column", id));
        }
        self.web_mut(web).columns.retain(|column| column.id != id);
        self.web_row(web, Event::Delete, Object::Field(id), true);
        Ok(())
    }

    /// Makes a content type of a web: ContentType 1. Gives back its id.
    pub fn add_content_type(&mut self, web: WebRef, name: &str) -> Arc<str> {
        let tail = self.guid().simple().to_string().to_uppercase();
        let id: Arc<str> = format!("0x0100{tail}").into();
        self.web_mut(web).content_types.push(ContentType { id: Arc::clone(&id), name: name.to_owned() });
        self.web_row(web, Event::Add, Object::ContentType(Arc::clone(&id)), true);
        id
    }

    /// Changes a content type of a web: ContentType 2.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn change_content_type(&mut self, web: WebRef, id: &str, name: &str) -> Verb<()> {
        let found = self.web_mut(web).content_types.iter_mut().find(|found| &*found.id == id);
        let found = found.ok_or_else(|| WorldError::missing("content type", id))?;
        name.clone_into(&mut found.name);
        let id = Arc::clone(&found.id);
        self.web_row(web, Event::Update, Object::ContentType(id), true);
        Ok(())
    }

    /// Removes a content type of a web: ContentType 3.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn delete_content_type(&mut self, web: WebRef, id: &str) -> Verb<()> {
        let types = &mut self.web_mut(web).content_types;
        let at = types.iter().position(|found| &*found.id == id);
        let gone = types.remove(at.ok_or_else(|| WorldError::missing("content type", id))?);
        self.web_row(web, Event::Delete, Object::ContentType(gone.id), true);
        Ok(())
    }

    /// Adds a content type of the web to a list: List 19.
    ///
    /// # Errors
    /// The list is gone, or there is no such content type.
    pub fn add_list_content_type(&mut self, list: ListRef, id: &str) -> Verb<()> {
        let web = self.living(list)?.web;
        let found = self.web(web).content_types.iter().find(|found| &*found.id == id).cloned();
        let mut added = found.ok_or_else(|| WorldError::missing("content type", id))?;
        let tail = self.guid().simple().to_string().to_uppercase();
        added.id = format!("{id}00{tail}").into();
        self.list_mut(list).content_types.push(added);
        self.list_row(list, Event::ListContentTypeAdd, Object::List, true);
        Ok(())
    }

    /// Takes a content type from a list: List 20.
    ///
    /// # Errors
    /// The list is gone, or has no content type of that name.
    pub fn delete_list_content_type(&mut self, list: ListRef, name: &str) -> Verb<()> {
        self.living(list)?;
        let types = &mut self.list_mut(list).content_types;
        let at = types.iter().position(|found| found.name == name);
        types.remove(at.ok_or_else(|| WorldError::missing("content type", name))?);
        self.list_row(list, Event::ListContentTypeDelete, Object::List, true);
        Ok(())
    }

    /// Makes a view: View 1.
    ///
    /// # Errors
    /// The list is gone.
    pub fn add_view(&mut self, list: ListRef, title: &str) -> Verb<Uuid> {
        let columns = self.living(list)?.columns.iter().map(|column| Arc::clone(&column.name)).collect();
        let id = self.guid();
        let title = title.to_owned();
        let view = View { id, title, columns, default: false, filter: None, row_limit: None };
        self.list_mut(list).views.push(view);
        self.list_row(list, Event::Add, Object::View(id), true);
        Ok(id)
    }

    /// Changes a view: View 2.
    ///
    /// # Errors
    /// The list or the view is gone.
    pub fn change_view(&mut self, list: ListRef, id: Uuid, change: impl FnOnce(&mut View)) -> Verb<()> {
        self.living(list)?;
        let view = self.list_mut(list).views.iter_mut().find(|view| view.id == id);
        let view = view.ok_or_else(|| WorldError::missing("view", id))?;
        let default = view.default;
        change(view);
        (view.id, view.default) = (id, default);
        self.list_row(list, Event::Update, Object::View(id), true);
        Ok(())
    }

    /// Removes a view: View 3.
    ///
    /// # Errors
    /// The list or the view is gone, or it is the default view.
    pub fn delete_view(&mut self, list: ListRef, id: Uuid) -> Verb<()> {
        let view = self.living(list)?.views.iter().find(|view| view.id == id);
        if view.ok_or_else(|| WorldError::missing("view", id))?.default {
            return Err(WorldError::Refused("the default view cannot be deleted".to_owned()));
        }
        self.list_mut(list).views.retain(|view| view.id != id);
        self.list_row(list, Event::Delete, Object::View(id), true);
        Ok(())
    }
}
