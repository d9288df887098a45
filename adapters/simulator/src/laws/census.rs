//! What stands in a scope at a moment, and in which state: two of these are two worlds.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;
use uuid::Uuid;

use crate::event::Object;
use crate::log::{Map, Row};
use crate::query::Scope;
use crate::world::{Column, Item, ListRef, SiteRef, WebRef, World};

/// Everything of a scope that the log has rows about, by what those rows name.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    standing: Map<Key, Standing>,
    /// The columns of each list, by their names.
    columns: Map<(ListRef, u64), Uuid>,
    /// Rows that the log had been written.
    pub(super) written: usize,
}

/// What a row names. An item is itself wherever it stands: its UniqueId goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    web: Option<WebRef>,
    list: Option<ListRef>,
    pub(super) object: Object,
}

/// An object, in the state that it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// What it is, where it stands, and what it holds, its columns apart.
    content: u64,
    /// Each column that is not empty, by its name.
    values: Vec<(u64, u64)>,
    /// Who may do what with it; of a group, its members.
    pub(super) rights: u64,
    /// What it stands in.
    parent: Option<Key>,
}

impl Key {
    /// What a row is about.
    pub(super) fn of(row: &Row) -> Self {
        match row.object {
            Object::Item { unique_id, .. } => Self::item(unique_id),
            _ => Self { web: row.web, list: row.list, object: row.object.clone() },
        }
    }

    fn item(unique_id: Uuid) -> Self {
        Self { web: None, list: None, object: Object::Item { id: 0, unique_id } }
    }

    fn list(world: &World, list: ListRef) -> Self {
        Self { web: Some(world.list(list).web), list: Some(list), object: Object::List }
    }

    fn web(web: WebRef) -> Self {
        Self { web: Some(web), list: None, object: Object::Web }
    }

    fn within(&self, object: Object) -> Self {
        Self { object, ..self.clone() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.object {
            Object::Item { unique_id, .. } => write!(f, "item {unique_id}"),
            Object::List | Object::Web => {
                write!(f, "{} {:?}", self.object.type_name(), (self.web, self.list))
            }
            object => write!(f, "{object:?}"),
        }
    }
}

impl Census {
    /// What stands in a scope now. Folders and items are none: their rows tell of places that others have left.
    pub(super) fn take(world: &World, scope: Scope) -> Self {
        let mut census = Self { written: world.log_of(scope).all_rows().len(), ..Self::default() };
        match scope {
            Scope::Site(site) => census.add_site(world, site),
            Scope::Web(web) => {
                let site = world.web(web).site;
                let is_in = |other: &WebRef| world.dialect.sub_webs && world.is_within(*other, web);
                let webs = world.webs(site).filter(|other| *other == web || is_in(other));
                webs.for_each(|web| census.add_web(world, web));
            }
            Scope::List(list) => census.add_list(world, list),
            Scope::Folder(..) | Scope::Item(..) => {}
        }
        census
    }

    /// How something stands; none where there is no such thing.
    pub(super) fn get(&self, key: &Key) -> Option<&Standing> {
        self.standing.get(key)
    }

    /// Everything that stands.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.standing.keys()
    }

    /// What something stands in, the nearest first.
    pub(super) fn above(&self, key: &Key) -> impl Iterator<Item = &Key> {
        let parent = |key: &Key| self.standing.get(key).and_then(|standing| standing.parent.as_ref());
        std::iter::successors(parent(key), move |above| parent(above))
    }

    fn add(&mut self, key: Key, content: impl Hash, rights: impl Hash, parent: Option<&Key>) {
        let standing = Standing {
            content: digest(content),
            values: Vec::new(),
            rights: digest(rights),
            parent: parent.cloned(),
        };
        self.standing.insert(key, standing);
    }

    fn add_site(&mut self, world: &World, site: SiteRef) {
        world.webs(site).for_each(|web| self.add_web(world, web));
        let of_site = |object| Key { web: None, list: None, object };
        // The first user came with the site collection.
        for user in world.site(site).users.values().filter(|user| user.id > 1) {
            self.add(of_site(Object::User(user.id)), (&user.name, &user.mail), (), None);
        }
        for group in world.site(site).groups.values() {
            // Who is no user any more has left every group without a word.
            let members: Vec<_> =
                group.members.iter().filter(|id| world.site(site).users.contains_key(id)).collect();
            self.add(of_site(Object::Group(group.id)), &group.name, members, None);
        }
    }

    fn add_web(&mut self, world: &World, web: WebRef) {
        let found = world.web(web);
        if found.deleted {
            return;
        }
        let key = Key::web(web);
        let parent = found.parent.map(Key::web);
        self.add(key.clone(), (&found.title, &found.path), Shown(&found.grants), parent.as_ref());
        self.add(key.within(Object::Folder(found.root_folder)), (), (), Some(&key));
        self.add_columns(&found.columns, &key);
        for kind in &found.content_types {
            let object = Object::ContentType(Arc::clone(&kind.id));
            self.add(key.within(object), &kind.name, (), Some(&key));
        }
        for alert in &found.alerts {
            self.add(key.within(Object::Alert(*alert)), (), (), Some(&key));
        }
        found.lists.iter().for_each(|list| self.add_list(world, *list));
    }

    fn add_list(&mut self, world: &World, list: ListRef) {
        let found = world.list(list);
        if found.deleted {
            return;
        }
        let (key, web) = (Key::list(world, list), Key::web(found.web));
        let kinds: Vec<_> = found.content_types.iter().map(|kind| (&kind.id, &kind.name)).collect();
        let content = (&found.title, &found.leaf, found.version, kinds, Shown(&found.columns));
        self.add(key.clone(), content, (Shown(&found.grants), found.permissions), Some(&web));
        self.add(key.within(Object::Folder(found.root_folder)), (), (), Some(&key));
        for form in &found.forms {
            let id = form.unique_id;
            let object = if form.folder { Object::Folder(id) } else { Object::File(id) };
            self.add(key.within(object), &form.name, (), Some(&key));
        }
        for view in &found.views {
            // The default view shows new columns as they come; what it shows is told by them.
            let columns = (!view.default).then_some(&view.columns);
            let content = (&view.title, view.row_limit, &view.filter, columns);
            self.add(key.within(Object::View(view.id)), content, (), Some(&key));
        }
        self.add_columns(&found.columns, &key);
        let columns = found.columns.iter().map(|column| ((list, digest(&column.name)), column.id));
        self.columns.extend(columns);
        found.items().for_each(|item| self.add_item(world, list, item, &key));
    }

    fn add_columns(&mut self, columns: &[Column], parent: &Key) {
        for column in columns {
            let key = parent.within(Object::Field(column.id));
            self.add(key, (&column.name, &column.title, Shown(&column.kind)), (), Some(parent));
        }
    }

    fn add_item(&mut self, world: &World, list: ListRef, item: &Item, above: &Key) {
        let parent = world.list(list).item(item.parent).map(|folder| Key::item(folder.unique_id));
        let content = (
            (list, item.id, &item.name, item.kind, &parent),
            (item.version, item.ui_version, item.size, &item.attachments),
            (item.created, item.author, item.modified, item.editor),
        );
        let standing = Standing {
            content: digest(content),
            values: item.values().map(|(name, value)| (digest(name), digest(Shown(value)))).collect(),
            rights: digest((Shown(&item.grants), item.permissions)),
            parent: Some(parent.unwrap_or_else(|| above.clone())),
        };
        self.standing.insert(Key::item(item.unique_id), standing);
    }

    /// The column of a name in the list that something stands in.
    fn column(&self, key: &Key, name: u64) -> Option<Uuid> {
        let list = self.above(key).find_map(|above| above.list)?;
        self.columns.get(&(list, name)).copied()
    }
}

/// Whether something is otherwise in one world than in another, its rights apart.
///
/// What a column held that is gone went with the column: that is the column's difference, not the item's.
pub(super) fn differ(before: &Census, after: &Census, key: &Key) -> bool {
    let (Some(old), Some(new)) = (before.get(key), after.get(key)) else { return true };
    let lasts = |(name, _): &&(u64, u64)| before.column(key, *name) == after.column(key, *name);
    old.content != new.content
        || (old.values != new.values && !old.values.iter().filter(lasts).eq(new.values.iter().filter(lasts)))
}

/// Something as its `Debug` shows it, to be counted in a digest.
struct Shown<T>(T);

impl<T: fmt::Debug> Hash for Shown<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        struct Into<'h, H>(&'h mut H);
        impl<H: Hasher> Write for Into<'_, H> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.write(text.as_bytes());
                Ok(())
            }
        }
        // A digest takes whatever it is given.
        let _ = write!(Into(state), "{:?}", self.0);
    }
}

fn digest(value: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{ColumnKind, Settings, Template, Value};

    #[test]
    fn values_of_a_column_that_is_gone_are_no_difference_of_the_item() {
        let mut world = World::new(Settings::default());
        let site = world.add_site("/sites/ops", "Operations").unwrap();
        let web = world.site(site).root;
        let list = world.add_list(web, "Tasks", Template::List).unwrap();
        let name = world.add_column(list, "Remarks", ColumnKind::Text).unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        let id = world.add_item(list, 0, &[("Title", text("a")), ("Remarks", text("b"))]).unwrap();
        let key = Key::item(world.item(list, id).unwrap().unique_id);
        let before = Census::take(&world, Scope::List(list));
        assert_eq!(before.above(&key).count(), 2);
        world.delete_column(list, &name).unwrap();
        let without = Census::take(&world, Scope::List(list));
        assert!(!differ(&before, &without, &key));
        assert!(differ(&before, &without, &Key::list(&world, list)));
        world.add_column(list, "Remarks", ColumnKind::Text).unwrap();
        assert!(!differ(&before, &Census::take(&world, Scope::List(list)), &key));
        world.edit(list, id, &[("Title", Some(text("c")))]).unwrap();
        assert!(differ(&before, &Census::take(&world, Scope::List(list)), &key));
        let sites = Census::take(&world, Scope::Site(site));
        assert_eq!(sites.above(&key).count(), 2);
        assert!(sites.keys().count() > without.keys().count());
    }
}
