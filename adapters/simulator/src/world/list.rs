//! Lists and libraries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::{Uuid, uuid};

use super::item::Item;
use super::sharing::Grants;
use super::{Column, ColumnKind, ListRef, Verb, WebRef, World, WorldError, last};
use crate::event::{Event, Object};
use crate::log::Map;
use crate::ticks::Ticks;
use crate::world::schema::ContentType;

/// What kind of list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// A custom list: 100.
    List,
    /// A document library: 101.
    Library,
}

impl Template {
    /// The wire's BaseTemplate and ServerTemplate.
    pub fn number(self) -> i64 {
        match self {
            Self::List => 100,
            Self::Library => 101,
        }
    }

    /// The wire's BaseType.
    pub fn base_type(self) -> i64 {
        match self {
            Self::List => 0,
            Self::Library => 1,
        }
    }
}

/// A file or folder that is no list item.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NonItem {
    /// Its UniqueId.
    pub unique_id: Uuid,
    /// Its path below the list's root folder.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
}

/// A view of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Internal names of the columns it shows.
    pub columns: Vec<Arc<str>>,
    /// Whether it is the default view; a list has one.
    pub default: bool,
    /// Its `<Where>…</Where>`, if it filters.
    pub filter: Option<String>,
    /// Rows of a page; none for no limit.
    pub row_limit: Option<u32>,
}

/// A list or library.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct List {
    /// Its id.
    pub id: Uuid,
    /// Its web.
    pub web: WebRef,
    /// Its title.
    pub title: String,
    /// Its path below the web: `Lists/Q1 Bids` or `Shared Documents`.
    pub leaf: String,
    /// Its kind.
    pub template: Template,
    /// The UniqueId of its root folder.
    pub root_folder: Uuid,
    /// Its form pages and their folder.
    pub forms: Vec<NonItem>,
    /// Its columns, hidden standard ones left out.
    pub columns: Vec<Column>,
    /// Its content types.
    pub content_types: Vec<ContentType>,
    /// Its views.
    pub views: Vec<View>,
    /// Its own permissions; none where it inherits.
    pub grants: Option<Grants>,
    /// Rights of the caller on it.
    pub permissions: u64,
    /// Counts every change of its definition.
    pub version: u32,
    /// Counts the changes of its schema alone.
    pub schema_version: u32,
    /// The log's number when the schema last changed.
    pub schema_changed: i64,
    /// When it was made.
    pub created: Ticks,
    /// When its definition last changed.
    pub modified: Ticks,
    /// When something in it was last deleted.
    pub item_deleted: Ticks,
    /// Whether items keep versions.
    pub versioning: bool,
    /// Versions an item keeps.
    pub versions_kept: usize,
    /// Whether it was deleted.
    pub deleted: bool,
    pub(super) items: BTreeMap<i32, Item>,
    pub(super) next_id: i32,
    /// Parent and id of every item.
    pub(super) children: BTreeSet<(i32, i32)>,
    /// Ids by parent and lower-case name.
    pub(super) names: Map<(i32, String), i32>,
    pub(super) unique_ids: Map<Uuid, i32>,
}

/// All rights, as the wire shows them.
pub(crate) const FULL_MASK: u64 = 0x7fff_ffff_ffff_ffff;

impl List {
    /// Its items by id, folders and files included.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.values()
    }

    /// Its items from an id on.
    pub fn items_from(&self, id: i32) -> impl Iterator<Item = &Item> {
        self.items.range(id..).map(|(_, item)| item)
    }

    /// How many items it holds, folders included.
    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    /// An item.
    pub fn item(&self, id: i32) -> Option<&Item> {
        self.items.get(&id)
    }

    /// The item of a UniqueId.
    pub fn item_by_unique_id(&self, id: Uuid) -> Option<&Item> {
        self.unique_ids.get(&id).and_then(|id| self.items.get(id))
    }

    /// The item of a name in a folder (0 for the root folder), in whatever case.
    pub fn item_named(&self, folder: i32, name: &str) -> Option<&Item> {
        self.names.get(&(folder, name.to_lowercase())).and_then(|id| self.items.get(id))
    }

    /// The items that stand directly in a folder; 0 for the root folder.
    pub fn children(&self, folder: i32) -> impl Iterator<Item = &Item> {
        self.children.range((folder, i32::MIN)..=(folder, i32::MAX)).filter_map(|(_, id)| self.items.get(id))
    }

    /// Whether an item ever had this id.
    #[cfg(feature = "laws")]
    pub(crate) fn ever_held(&self, id: i32) -> bool {
        (1..self.next_id).contains(&id)
    }

    /// A column by its internal name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    /// The default view.
    pub fn default_view(&self) -> Option<&View> {
        self.views.iter().find(|view| view.default)
    }
}

impl World {
    /// Makes a list or library: List 1, Folder 1, View 1, File 1 for each form page, then Web 16 twice.
    ///
    /// # Errors
    /// The title or the path is taken.
    pub fn add_list(&mut self, web: WebRef, title: &str, template: Template) -> Verb<ListRef> {
        let leaf = match (template, title) {
            // The library every team site begins with has kept the path of its old title.
            (Template::Library, "Documents") => "Shared Documents".to_owned(),
            (Template::Library, title) => title.to_owned(),
            (Template::List, title) => format!("Lists/{title}"),
        };
        self.add_list_at(web, title, &leaf, template)
    }

    /// Makes a list or library whose path is not its title's.
    ///
    /// # Errors
    /// The title or the path is taken.
    pub fn add_list_at(&mut self, web: WebRef, title: &str, leaf: &str, template: Template) -> Verb<ListRef> {
        let taken = |list: &List| {
            !list.deleted && (list.title.eq_ignore_ascii_case(title) || list.leaf.eq_ignore_ascii_case(leaf))
        };
        if self.web(web).lists.iter().any(|list| taken(self.list(*list))) {
            return Err(WorldError::Exists(title.to_owned()));
        }
        let list = ListRef(last(self.lists.len() + 1));
        let made = self.blank_list(web, title, leaf, template);
        self.list_ids.insert(made.id, list);
        self.web_mut(web).lists.push(list);
        self.lists.push(made);
        self.write_birth(list);
        Ok(list)
    }

    fn blank_list(&mut self, web: WebRef, title: &str, leaf: &str, template: Template) -> List {
        let pages: &[&str] = match template {
            Template::List => &["AllItems.aspx", "NewForm.aspx", "DispForm.aspx", "EditForm.aspx"],
            Template::Library => {
                &["Forms", "Forms/AllItems.aspx", "Forms/DispForm.aspx", "Forms/EditForm.aspx"]
            }
        };
        let forms = pages
            .iter()
            .map(|name| NonItem {
                unique_id: self.guid(),
                name: (*name).to_owned(),
                folder: !name.contains('.'),
            })
            .collect();
        // The standard Title column has one id everywhere.
        let title_column = Column {
            id: uuid!("fa564e0f-0c70-4ab9-b863-0177e6ddd247"),
            name: "Title".into(),
            title: "Title".to_owned(),
            kind: ColumnKind::Text,
            required: template == Template::List,
        };
        let view = View {
            id: self.guid(),
            title: if template == Template::List { "All Items" } else { "All Documents" }.to_owned(),
            columns: vec!["Title".into()],
            default: true,
            filter: None,
            row_limit: Some(30),
        };
        List {
            id: self.guid(),
            web,
            title: title.to_owned(),
            leaf: leaf.to_owned(),
            template,
            root_folder: self.guid(),
            forms,
            columns: vec![title_column],
            content_types: ContentType::standard(template, self.guid()),
            views: vec![view],
            grants: None,
            permissions: FULL_MASK,
            version: 1,
            schema_version: 1,
            schema_changed: 0,
            created: self.now(),
            modified: self.now(),
            item_deleted: self.now(),
            versioning: template == Template::Library,
            versions_kept: 5,
            deleted: false,
            items: BTreeMap::new(),
            next_id: 1,
            children: BTreeSet::new(),
            names: Map::default(),
            unique_ids: Map::default(),
        }
    }

    fn write_birth(&mut self, list: ListRef) {
        let web = self.list(list).web;
        let created = self.list_row(list, Event::Add, Object::List, false);
        self.list_mut(list).created = created;
        self.list_mut(list).modified = created;
        self.list_mut(list).schema_changed = self.log(self.web(web).site).end().number;
        self.pause();
        let root = Object::Folder(self.list(list).root_folder);
        self.list_row(list, Event::Add, root, false);
        let view = Object::View(self.list(list).views[0].id);
        self.list_row(list, Event::Add, view, true);
        for form in self.list(list).forms.clone() {
            let object =
                if form.folder { Object::Folder(form.unique_id) } else { Object::File(form.unique_id) };
            self.list_row(list, Event::Add, object, false);
        }
        self.pause();
        self.navigate(web, 2);
    }

    /// A list.
    pub fn list(&self, list: ListRef) -> &List {
        &self.lists[list.0 as usize]
    }

    pub(super) fn list_mut(&mut self, list: ListRef) -> &mut List {
        &mut self.lists[list.0 as usize]
    }

    /// A list that was not deleted.
    pub(super) fn living(&self, list: ListRef) -> Verb<&List> {
        let found = self.list(list);
        if found.deleted {
            return Err(WorldError::missing("list", &found.title));
        }
        Ok(found)
    }

    /// The list of an id, deleted or not.
    pub fn list_by_id(&self, id: Uuid) -> Option<ListRef> {
        self.list_ids.get(&id).copied()
    }

    /// The living list of a title in a web, in whatever case.
    pub fn list_by_title(&self, web: WebRef, title: &str) -> Option<ListRef> {
        let title = title.to_lowercase();
        self.living_lists(web).find(|list| self.list(*list).title.to_lowercase() == title)
    }

    /// The living list of a web whose root folder has a server-relative path, in whatever case.
    pub fn list_by_path(&self, web: WebRef, path: &str) -> Option<ListRef> {
        let path = path.trim_end_matches('/').to_lowercase();
        self.living_lists(web).find(|list| self.list_path(*list).to_lowercase() == path)
    }

    /// The lists of a web that were not deleted.
    pub fn living_lists(&self, web: WebRef) -> impl Iterator<Item = ListRef> {
        self.web(web).lists.iter().copied().filter(|list| !self.list(*list).deleted)
    }

    /// The server-relative path of a list's root folder.
    pub fn list_path(&self, list: ListRef) -> String {
        let list = self.list(list);
        format!("{}/{}", self.web(list.web).path, list.leaf)
    }
}
