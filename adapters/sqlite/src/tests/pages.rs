//! A list of few words, its pages, and the copy they are applied to.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::FromSql;
use sharepoint_changes::{
    Checkpoint, End, Feed, ItemChange, ItemQuery, Known, ListRef, http,
    item::{Row, Schema},
    uuid::Uuid,
};

use crate::{
    Committed, Guard, Mirror, MirrorError,
    commit::{Batch, Part},
};

pub(crate) const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
pub(crate) const ROOT: &str = "/sites/ops/Shared Documents";
/// The fields of the list unless a test says otherwise: `Name:Type` or `Name:Type:attributes`.
pub(crate) const FIELDS: &[&str] = &["ID:Counter", "Title:Text", "Amount:Number"];

/// A copy in a file of its own, and the checkpoints it was given.
pub(crate) struct Copy {
    pub(crate) mirror: Mirror,
    pub(crate) schema: Arc<Schema>,
    pub(crate) list: String,
    pub(crate) counter: u64,
    /// Seconds that have passed beside those of the pages.
    pub(crate) second: i64,
    /// Items that stay to be asked for after a page.
    pub(crate) pending: Vec<i32>,
    /// A folder that stays to be listed after a page.
    pub(crate) pending_folder: Option<i32>,
    /// How many items the list says it has.
    pub(crate) item_count: Option<u64>,
    _folder: tempfile::TempDir,
}

/// The UniqueId that the item with this number has.
pub(crate) fn unique(id: i32) -> Uuid {
    Uuid::from_u128(0x41f0_a6d3_08c2_4b79_8e15_0000_0000_0000 + u128::from(id.unsigned_abs()))
}

/// The root folder's.
pub(crate) fn root() -> Uuid {
    unique(1_000_000)
}

/// A row: where it lies (0 for the root), what it is called, and other attributes as they come.
#[derive(Clone)]
pub(crate) struct Item {
    id: i32,
    unique: Uuid,
    dir: String,
    parent: Option<Uuid>,
    name: String,
    folder: bool,
    more: String,
}

/// An item in the root folder.
pub(crate) fn item(id: i32, name: &str) -> Item {
    Item {
        id,
        unique: unique(id),
        dir: ROOT.to_owned(),
        parent: Some(root()),
        name: name.to_owned(),
        folder: false,
        more: String::new(),
    }
}

/// A folder in the root folder.
pub(crate) fn folder(id: i32, name: &str) -> Item {
    Item { folder: true, ..item(id, name) }
}

impl Item {
    /// Lies in this folder, whose path below the root is `dir`.
    pub(crate) fn below(mut self, parent: i32, dir: &str) -> Item {
        (self.parent, self.dir) = (Some(unique(parent)), format!("{ROOT}/{dir}"));
        self
    }

    /// Lies in the root folder, which has another path by now.
    pub(crate) fn in_root_called(mut self, path: &str) -> Item {
        self.dir = path.to_owned();
        self
    }

    /// Has the UniqueId of the item with this number.
    pub(crate) fn once(mut self, id: i32) -> Item {
        self.unique = unique(id);
        self
    }

    /// Does not say its folder's UniqueId, as older servers do not.
    pub(crate) fn by_path(mut self) -> Item {
        self.parent = None;
        self
    }

    pub(crate) fn with(mut self, attributes: &str) -> Item {
        self.more = attributes.to_owned();
        self
    }

    fn xml(&self) -> String {
        let Item { id, unique, dir, parent, name, folder, more } = self;
        let dir = dir.trim_start_matches('/');
        let parent = parent.map_or(String::new(), |id| format!("ows_ParentUniqueId='{{{id}}}'"));
        format!(
            "<z:row ows_ID='{id}' ows_UniqueId='{id};#{{{unique}}}' {parent} ows_FSObjType='{id};#{}' \
             ows_FileRef='{id};#{dir}/{name}' ows_FileDirRef='{id};#{dir}' ows_owshiddenversion='1' {more}/>",
            u8::from(*folder),
        )
    }

    pub(crate) fn row(&self) -> Row {
        answer(&[], std::slice::from_ref(self)).rows.get(0).unwrap()
    }

    pub(crate) fn up(&self) -> ItemChange {
        ItemChange::Upserted(self.row())
    }
}

pub(crate) fn deleted(id: i32) -> ItemChange {
    ItemChange::Removed { id, unique_id: Some(unique(id)), known: Known::Told }
}

pub(crate) fn absent(id: i32) -> ItemChange {
    ItemChange::Removed { id, unique_id: None, known: Known::Absent }
}

fn answer(fields: &[&str], items: &[Item]) -> sharepoint_changes::Rowset {
    let field = |(n, field): (usize, &&str)| {
        let mut parts = field.splitn(3, ':');
        let (name, kind) = (parts.next().unwrap(), parts.next().unwrap());
        let more = parts.next().unwrap_or_default();
        format!(
            "<Field ID='{}' Name='{name}' Type='{kind}' DisplayName='{name}' {more}/>",
            Uuid::from_u128(n as u128 + 7)
        )
    };
    let fields: String = fields.iter().enumerate().map(field).collect();
    let rows: String = items.iter().map(Item::xml).collect();
    let body = format!(
        "<listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\
         <Changes LastChangeToken='1;3;{LIST};639082161304470000;1'>\
         <List ID='{{{LIST}}}' Title='Documents' RootFolder='{ROOT}'><Fields>{fields}</Fields></List></Changes>\
         <rs:data ItemCount='{}'>{rows}</rs:data></listitems>",
        items.len()
    );
    let query = ItemQuery::new(ListRef::Title("Documents".into()));
    query.read(&http::Response::new(body.as_str())).unwrap()
}

/// Rows of one and the same answer.
pub(crate) fn together(items: &[Item]) -> Vec<ItemChange> {
    answer(&[], items).rows.iter().map(ItemChange::Upserted).collect()
}

pub(crate) fn schema(fields: &[&str]) -> Arc<Schema> {
    Arc::new(answer(fields, &[]).list.unwrap().schema())
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_619_330 + second).unwrap()
}

/// A checkpoint as the library writes them.
pub(crate) fn checkpoint(list: &str, number: u64) -> Checkpoint {
    checkpoint_with(list, number, "{}")
}

fn checkpoint_with(list: &str, number: u64, items: &str) -> Checkpoint {
    let json = format!(
        r#"{{"feed":"items","host":"fabrikam.sharepoint.com","scope":{{"kind":"list","id":"{list}"}},"query":["ViewFields=*"],"position":{{"token":"1;3;{list};639082161304470000;{number}"}},"moment":"2026-03-04T10:15:30Z","items":{items}}}"#
    );
    let text = format!("sharepoint-changes-checkpoint/1 {json} {:08x}", crc32fast::hash(json.as_bytes()));
    text.parse().unwrap()
}

impl Copy {
    pub(crate) fn new() -> Copy {
        Copy::with(|mirror| mirror)
    }

    pub(crate) fn with(setting: impl FnOnce(Mirror) -> Mirror) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let mirror = setting(Mirror::open(folder.path().join("list.sqlite")).unwrap());
        Copy {
            mirror,
            schema: schema(FIELDS),
            list: LIST.to_owned(),
            counter: 0,
            second: 0,
            pending: Vec::new(),
            pending_folder: None,
            item_count: None,
            _folder: folder,
        }
    }

    /// Commits a page that follows what is held.
    pub(crate) fn page(&mut self, part: Part<'_>, changes: &[ItemChange]) -> Result<Committed, MirrorError> {
        self.counter += 1;
        let follows = self.mirror.state().unwrap().checkpoint;
        let mut checkpoint = checkpoint(&self.list, self.counter);
        if let Some(folder) = self.pending_folder {
            let items = format!(r#"{{"folders":[{{"id":{folder}}}]}}"#);
            checkpoint = checkpoint_with(&self.list, self.counter, &items);
        }
        if !self.pending.is_empty() {
            checkpoint = checkpoint.with_pending(self.pending.iter().copied());
        }
        let batch = Batch {
            part,
            changes,
            checkpoint: &checkpoint,
            follows: follows.as_deref(),
            schema: &self.schema,
            item_count: self.item_count,
        };
        self.mirror.commit_batch(&batch, at(self.second + i64::try_from(self.counter).unwrap()))
    }

    pub(crate) fn delta(&mut self, changes: &[ItemChange]) -> Committed {
        self.page(Part::Delta, changes).unwrap()
    }

    pub(crate) fn load(&mut self, load: &str, end: Option<&End>, items: &[Item]) -> Committed {
        let changes: Vec<_> = items.iter().map(Item::up).collect();
        self.page(Part::Snapshot { load, end }, &changes).unwrap()
    }

    /// A whole load in one page.
    pub(crate) fn fill(&mut self, items: &[Item]) -> Committed {
        self.load("load 1", Some(&End::Sweep { spare: Vec::new() }), items)
    }

    pub(crate) fn listing(&mut self, folder: i32, listing: &str, last: bool, items: &[Item]) -> Committed {
        let changes: Vec<_> = items.iter().map(Item::up).collect();
        self.page(Part::Subtree { folder, listing, last }, &changes).unwrap()
    }

    /// The end of a run that came to the end of the log.
    pub(crate) fn finish(&mut self) {
        self.counter += 1;
        let follows = self.mirror.state().unwrap().checkpoint;
        let checkpoint = checkpoint(&self.list, self.counter);
        let at = at(self.second + i64::try_from(self.counter).unwrap());
        self.mirror.finish(&checkpoint, follows.as_deref(), at).unwrap();
    }

    /// A new run.
    pub(crate) fn run(&mut self, guard: Guard) {
        self.mirror.begin(guard);
    }

    pub(crate) fn all<T: FromSql>(&self, sql: &str) -> Vec<T> {
        let mut statement = self.mirror.connection().prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    pub(crate) fn one<T: FromSql>(&self, sql: &str) -> T {
        self.all(sql).pop().unwrap()
    }

    pub(crate) fn ids(&self) -> Vec<i32> {
        self.all("SELECT id FROM Documents ORDER BY id")
    }

    /// Paths below the root, by id.
    pub(crate) fn paths(&self) -> Vec<String> {
        let sql = format!("SELECT id || ' ' || replace(path, '{ROOT}/', '') FROM _paths ORDER BY id");
        self.all(&sql)
    }
}
