//! Items of lists: rows of a list, and the files and folders of a library.

use std::sync::Arc;

use uuid::Uuid;

use super::sharing::Grants;
use super::{ListRef, Value, World};
use crate::ticks::Ticks;

/// Whether an item is a row, a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A row of a list.
    Row,
    /// A document.
    File,
    /// A folder, of a list or a library.
    Folder,
}

/// An item.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Item {
    /// Its id in the list; never used again.
    pub id: i32,
    /// Its UniqueId; it keeps it in every list of the site collection.
    pub unique_id: Uuid,
    /// What its `GUID` column holds: another id.
    pub guid: Uuid,
    /// Row, file or folder.
    pub kind: ItemKind,
    /// Its leaf name: `17_.000` for a row.
    pub name: String,
    /// The id of its folder; 0 for the root folder.
    pub parent: i32,
    /// When it was made.
    pub created: Ticks,
    /// When it last changed, a SystemUpdate apart.
    pub modified: Ticks,
    /// The user who made it.
    pub author: i32,
    /// The user who last changed it, a SystemUpdate apart.
    pub editor: i32,
    /// Counts every save: `owshiddenversion`.
    pub version: u32,
    /// The version people see; 1.0 is 512.
    pub ui_version: u32,
    /// The length of its content; 0 for what is no file.
    pub size: u64,
    /// Names of its attachments.
    pub attachments: Vec<String>,
    /// Its kept versions, oldest first, the present one left out.
    pub versions: Vec<Version>,
    /// Its own permissions; none where it inherits.
    pub grants: Option<Grants>,
    /// Rights of the caller on it, where they are not those on the folder it stands in, or its list.
    pub permissions: Option<u64>,
    /// Whether the caller may see it, as far as no row of the log tells it.
    pub visible: bool,
    /// Reading its row fails on the server.
    pub poison: bool,
    /// What its columns hold, ordered by internal name; empty ones are left out.
    pub(super) values: Vec<(Arc<str>, Value)>,
}

/// A kept version of an item.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Version {
    /// The version people see; 1.0 is 512.
    pub ui_version: u32,
    /// When it was saved.
    pub modified: Ticks,
    /// Who saved it.
    pub editor: i32,
    /// The length of its content.
    pub size: u64,
    pub(super) values: Vec<(Arc<str>, Value)>,
}

impl Item {
    /// What a column holds; none where it is empty. Calculated columns are the list's to make.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let at = self.values.binary_search_by(|(column, _)| (**column).cmp(name)).ok()?;
        Some(&self.values[at].1)
    }

    /// All that its columns hold, by internal name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(column, value)| (&**column, value))
    }

    /// Its title, empty where there is none.
    pub fn title(&self) -> &str {
        match self.value("Title") {
            Some(Value::Text(title)) => title,
            _ => "",
        }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.kind == ItemKind::Folder
    }

    pub(super) fn set(&mut self, name: &Arc<str>, value: Value) {
        match self.values.binary_search_by(|(column, _)| (**column).cmp(name)) {
            Ok(at) => self.values[at].1 = value,
            Err(at) => self.values.insert(at, (Arc::clone(name), value)),
        }
    }

    pub(super) fn clear(&mut self, name: &str) {
        self.values.retain(|(column, _)| &**column != name);
    }

    /// Keeps what it is now as a version, if it keeps any.
    pub(super) fn keep_version(&mut self, kept: usize) {
        let version = Version {
            ui_version: self.ui_version,
            modified: self.modified,
            editor: self.editor,
            size: self.size,
            values: self.values.clone(),
        };
        self.versions.push(version);
        let surplus = self.versions.len().saturating_sub(kept);
        self.versions.drain(..surplus);
    }
}

impl World {
    /// An item of a list that was not deleted.
    pub fn item(&self, list: ListRef, id: i32) -> Option<&Item> {
        let list = self.list(list);
        if list.deleted { None } else { list.item(id) }
    }

    /// What a column of an item holds, calculated ones too.
    pub fn value(&self, list: ListRef, item: &Item, name: &str) -> Option<Value> {
        match self.list(list).column(name).map(|column| &column.kind) {
            Some(super::ColumnKind::Calculated(formula)) => formula.result(|name| item.value(name)),
            _ => item.value(name).cloned(),
        }
    }

    /// The server-relative path of an item.
    pub fn item_path(&self, list: ListRef, item: &Item) -> String {
        format!("{}/{}", self.folder_path(list, item.parent), item.name)
    }

    /// The server-relative path of a folder; 0 for the root folder.
    pub fn folder_path(&self, list: ListRef, folder: i32) -> String {
        let mut names = Vec::new();
        let mut at = folder;
        while let Some(item) = self.list(list).items.get(&at) {
            names.push(item.name.as_str());
            at = item.parent;
        }
        let mut path = self.list_path(list);
        for name in names.iter().rev() {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    /// The living item of a list at a server-relative path, in whatever case.
    pub fn item_at(&self, list: ListRef, path: &str) -> Option<&Item> {
        let root = self.list_path(list).to_lowercase();
        let below = path.trim_end_matches('/').to_lowercase();
        let below = below.strip_prefix(&root)?.strip_prefix('/')?.to_owned();
        let mut found: Option<&Item> = None;
        for name in below.split('/') {
            found = Some(self.list(list).item_named(found.map_or(0, |folder| folder.id), name)?);
        }
        found
    }

    /// UniqueIds of the folders something stands in, the nearest first, the root folder last.
    pub(super) fn folders_above(&self, list: ListRef, folder: i32) -> Vec<Uuid> {
        let list = self.list(list);
        let mut found = Vec::with_capacity(4);
        let mut at = folder;
        while let Some(item) = list.items.get(&at) {
            found.push(item.unique_id);
            at = item.parent;
        }
        found.push(list.root_folder);
        found
    }

    /// Whether one item stands somewhere below another, or is it.
    pub(super) fn stands_below(&self, list: ListRef, id: i32, ancestor: i32) -> bool {
        let mut at = id;
        while let Some(item) = self.list(list).items.get(&at) {
            if at == ancestor {
                return true;
            }
            at = item.parent;
        }
        false
    }

    /// Ids of everything below a folder, parents before their children.
    pub fn below(&self, list: ListRef, folder: i32) -> Vec<i32> {
        let mut found: Vec<i32> = self.list(list).children(folder).map(|item| item.id).collect();
        let mut at = 0;
        while at < found.len() {
            let id = found[at];
            found.extend(self.list(list).children(id).map(|item| item.id));
            at += 1;
        }
        found
    }
}
