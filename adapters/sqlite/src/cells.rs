//! What the columns of a row of the table hold, read from a row of the list.

use std::{fmt::Write as _, ptr};

use sharepoint_changes::{
    Notice,
    item::{Field, ObjectType, Row, Schema, UnreadableValue, Value},
    uuid::Uuid,
};

use crate::{
    cell::Cell,
    commit::Committed,
    form::Kept,
    layout::{Layout, OWN, Place, SYSTEM},
    state::State,
};

/// Reads rows of one page.
///
/// Rows name their columns in the same order, so that a name is looked up once and then found where it was expected.
pub(crate) struct Reader<'p> {
    layout: &'p Layout,
    schema: &'p Schema,
    /// The list's fields of these names; `None` where it does not tell them.
    system: [Option<&'p Field>; SYSTEM.len()],
    /// Names in the order rows have them, and what is done with their texts.
    names: Vec<(&'p str, Place)>,
    cells: Vec<Cell<'p>>,
    /// Where the row before lies: neighbours often share their folder.
    before: Option<Lies<'p>>,
    /// Values that are not what their types promise.
    pub(crate) unread: Unread,
}

/// Values that are not what their types promise: how many, and the first of them.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    pub(crate) count: u64,
    pub(crate) first: Option<UnreadableValue>,
}

impl Unread {
    fn note(&mut self, item: i32, name: &str, text: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| UnreadableValue::new(Some(item), &format!("ows_{name}"), text));
    }

    pub(crate) fn add(&mut self, page: &Committed) {
        self.count += page.unread;
        self.first = self.first.take().or_else(|| page.first_unread.clone());
    }

    pub(crate) fn notice(self) -> Option<Notice> {
        let count = self.count;
        self.first.map(|first| Notice::Unreadable { count, first })
    }
}

/// Where a row lies: what it says, and what that comes to.
struct Lies<'p> {
    parent: &'p str,
    dir: &'p str,
    cells: (Cell<'static>, Option<String>),
}

impl<'p> Reader<'p> {
    pub(crate) fn new(layout: &'p Layout, schema: &'p Schema) -> Self {
        Reader {
            layout,
            schema,
            system: SYSTEM.map(|name| schema.field(name)),
            names: Vec::new(),
            cells: vec![Cell::Null; layout.width],
            before: None,
            unread: Unread::default(),
        }
    }

    /// The values of a row's columns: those every table has, then those of the fields. The mark is still missing, and
    /// where the folder's path is told it is not yet known whether that is needed.
    ///
    /// The root folder's UniqueId is learnt from the first row that lies in it.
    pub(crate) fn read(&mut self, row: &'p Row, state: &mut State) -> &mut [Cell<'p>] {
        self.cells[OWN.len()..].fill(Cell::Null);
        let mut raw = serde_json::Map::new();
        let mut texts = [None; SYSTEM.len()];
        let mut next = 0;
        for (name, text) in row.columns() {
            let at = self.find(name, next);
            next = at + 1;
            let kept = match self.names[at].1 {
                Place::System(number) => {
                    texts[number] = Some(text);
                    Kept::Whole
                }
                Place::Told => Kept::Whole,
                Place::None => Kept::InPart,
                Place::Field(number) => {
                    let held = &self.layout.held[number];
                    let cells = &mut self.cells[held.first..][..held.columns.len()];
                    held.form.read(text, row.id(), &held.field, cells)
                }
            };
            if kept != Kept::Whole {
                raw.insert(name.to_owned(), text.into());
            }
            if kept == Kept::Unread {
                self.unread.note(row.id(), name, text);
            }
        }
        let raw = (!raw.is_empty()).then(|| serde_json::Value::Object(raw).to_string());
        self.cells[RAW] = raw.map_or(Cell::Null, Cell::owned);
        let system = self.system;
        self.read_own(&System { row, fields: &system, texts }, state);
        &mut self.cells
    }

    fn read_own(&mut self, system: &System<'_, 'p>, state: &mut State) {
        let (parent, dir) = self.lies(system, state);
        let own = &mut self.cells[..OWN.len()];
        let id = system.row.id();
        own[ID] = Cell::Integer(i64::from(id));
        match system.unique_id() {
            Some(id) => own[UNIQUE_ID]
                .write(|text| text.write_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))),
            None => own[UNIQUE_ID].write(|text| write!(text, "#{id}")),
        }
        own[PARENT] = parent;
        own[DIR] = dir;
        own[NAME] = system.name(self.schema);
        own[FOLDER] = system.is_folder().map_or(Cell::Null, |folder| Cell::Integer(i64::from(folder)));
        own[VERSION] = system.hidden_version().map_or(Cell::Null, Cell::Integer);
        match system.perm_mask() {
            Some(mask) => own[PERM_MASK].write(|text| write!(text, "{mask:#x}")),
            None => own[PERM_MASK] = Cell::Null,
        }
        own[MARK] = Cell::Null;
    }

    /// In which folder the row lies, and the path it tells of that folder where it is not the root.
    fn lies(&mut self, system: &System<'_, 'p>, state: &mut State) -> (Cell<'p>, Cell<'p>) {
        let said = (system.own(PARENT_UNIQUE_ID), system.own(FILE_DIR_REF));
        if let ((Some(parent), Some(dir)), Some(before)) = (said, &self.before)
            && (before.parent, before.dir) == (parent, dir)
        {
            let (parent, dir) = before.cells.clone();
            return (parent, dir.map_or(Cell::Null, Cell::owned));
        }
        let cells = parent(system.parent_unique_id(), system.file_dir_ref(), self.schema, state);
        self.before = match said {
            (Some(parent), Some(dir)) => Some(Lies { parent, dir, cells: cells.clone() }),
            _ => None,
        };
        (cells.0, cells.1.map_or(Cell::Null, Cell::owned))
    }

    /// The place of a name among those that were met, where it is expected or wherever it is.
    fn find(&mut self, name: &'p str, expected: usize) -> usize {
        // All rows of an answer share the texts of their names. Columns without a value are left out.
        let ahead = self.names.iter().skip(expected).take(AHEAD);
        if let Some(further) = ahead.into_iter().position(|(known, _)| ptr::eq(*known, name)) {
            return expected + further;
        }
        self.names.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            let at = expected.min(self.names.len());
            self.names.insert(at, (name, self.layout.place(name)));
            at
        })
    }
}

/// How many columns without a value are passed over before a name is looked for everywhere.
const AHEAD: usize = 4;

/// What tells who a row is and where it lies: found while its columns were gone through, or asked of the row where the
/// list does not tell the field.
struct System<'s, 'p> {
    row: &'p Row,
    fields: &'s [Option<&'p Field>; SYSTEM.len()],
    texts: [Option<&'p str>; SYSTEM.len()],
}

impl<'p> System<'_, 'p> {
    /// The value of a field; `Err` where the row has to be asked.
    fn value(&self, number: usize) -> Result<Option<Value<'p>>, ()> {
        let field = self.fields[number].ok_or(())?;
        Ok(self.texts[number].and_then(|text| field.read(text, self.row.id())))
    }

    /// What stands behind the item's own id; `None` where that does not stand there.
    fn own(&self, number: usize) -> Option<&'p str> {
        let (id, text) = self.texts[number]?.split_once(";#")?;
        (id.parse() == Ok(self.row.id())).then_some(text)
    }

    fn guid(&self, number: usize, asked: fn(&Row) -> Option<Uuid>) -> Option<Uuid> {
        match self.value(number) {
            Ok(Some(Value::Guid(guid))) => Some(guid),
            Ok(_) => None,
            Err(()) => asked(self.row),
        }
    }

    fn unique_id(&self) -> Option<Uuid> {
        self.guid(UNIQUE_ID_TEXT, Row::unique_id)
    }

    fn parent_unique_id(&self) -> Option<Uuid> {
        self.guid(PARENT_UNIQUE_ID, Row::parent_unique_id)
    }

    fn file_dir_ref(&self) -> Option<String> {
        match self.value(FILE_DIR_REF) {
            Ok(Some(Value::Path(path))) => Some(path.into_owned()),
            Ok(_) => None,
            Err(()) => self.row.file_dir_ref(),
        }
    }

    fn is_folder(&self) -> Option<bool> {
        match self.value(OBJECT_TYPE) {
            Ok(Some(Value::ObjectType(kind))) => Some(kind == ObjectType::Folder),
            Ok(_) => None,
            Err(()) => self.row.is_folder(),
        }
    }

    fn hidden_version(&self) -> Option<i64> {
        match self.value(HIDDEN_VERSION) {
            Ok(Some(Value::Integer(version))) => Some(version),
            Ok(_) => None,
            Err(()) => self.row.hidden_version(),
        }
    }

    fn perm_mask(&self) -> Option<u64> {
        match self.value(PERM_MASK_TEXT) {
            Ok(Some(Value::PermMask(mask))) => Some(mask),
            Ok(_) => None,
            Err(()) => self.row.perm_mask(),
        }
    }

    /// The item's name in its folder.
    fn name(&self, schema: &Schema) -> Cell<'p> {
        // What stands before a path never has a slash.
        if let Some((_, name)) = self.texts[FILE_REF].and_then(|path| path.rsplit_once('/')) {
            return Cell::text(name);
        }
        if let Some(path) = self.row.file_ref() {
            return Cell::owned(path.trim_start_matches('/').to_owned());
        }
        match schema.field("FileLeafRef").and_then(|field| self.row.value(field)) {
            Some(Value::Text(name)) => Cell::text(name),
            _ => Cell::Null,
        }
    }
}

/// In which folder a row lies, and the path it tells of that folder where it is not the root.
fn parent(
    claimed: Option<Uuid>,
    dir: Option<String>,
    schema: &Schema,
    state: &mut State,
) -> (Cell<'static>, Option<String>) {
    let claimed = claimed.map(|id| id.to_string());
    let is_root = match (&dir, schema.root_folder.as_deref()) {
        (Some(dir), Some(root)) => dir.trim_end_matches('/').eq_ignore_ascii_case(root.trim_end_matches('/')),
        _ => false,
    };
    if is_root {
        if claimed.is_some() {
            state.root_unique_id = claimed;
        }
        return (Cell::Null, None);
    }
    match (claimed, &dir) {
        (Some(claimed), _) if state.root_unique_id.as_ref() == Some(&claimed) => (Cell::Null, None),
        (Some(claimed), _) => (Cell::owned(claimed), dir),
        (None, Some(path)) => (Cell::owned(path.clone()), dir),
        (None, None) => (Cell::text(""), None),
    }
}

/// Places in [`SYSTEM`].
const UNIQUE_ID_TEXT: usize = 0;
const PARENT_UNIQUE_ID: usize = 1;
const FILE_REF: usize = 2;
const FILE_DIR_REF: usize = 3;
const OBJECT_TYPE: usize = 4;
const HIDDEN_VERSION: usize = 5;
const PERM_MASK_TEXT: usize = 6;

/// Places in [`OWN`].
const ID: usize = 0;
const UNIQUE_ID: usize = 1;
pub(crate) const PARENT: usize = 2;
pub(crate) const DIR: usize = 3;
const NAME: usize = 4;
pub(crate) const FOLDER: usize = 5;
const VERSION: usize = 6;
const PERM_MASK: usize = 7;
const RAW: usize = 8;
pub(crate) const MARK: usize = 9;
