//! Rows: handles into the text of the answer they came in.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use uuid::Uuid;

use super::{
    arena::{Arena, Cell, RowHead, Source},
    schema::Field,
    value::{self, ObjectType, Value},
};

/// The rows of an answer, in their order. A clone is another handle to the same rows.
#[derive(Clone)]
pub struct Rows {
    arena: Arc<Arena>,
}

impl Rows {
    pub(crate) fn new(arena: Arc<Arena>) -> Self {
        Rows { arena }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.arena.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.arena.rows.is_empty()
    }

    /// The n-th row, from 0.
    pub fn get(&self, n: usize) -> Option<Row> {
        let head = *self.arena.rows.get(n)?;
        Some(Row { arena: Arc::clone(&self.arena), head })
    }

    /// The rows, one after the other.
    pub fn iter(&self) -> RowsIter<'_> {
        RowsIter { rows: self, next: 0 }
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Rows) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(row, other)| row == other)
    }
}

impl<'a> IntoIterator for &'a Rows {
    type Item = Row;
    type IntoIter = RowsIter<'a>;

    fn into_iter(self) -> RowsIter<'a> {
        self.iter()
    }
}

/// The rows of an answer, one after the other.
#[derive(Debug)]
pub struct RowsIter<'a> {
    rows: &'a Rows,
    next: usize,
}

impl Iterator for RowsIter<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let row = self.rows.get(self.next)?;
        self.next += 1;
        Some(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rows.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for RowsIter<'_> {}

/// An item as it is now.
///
/// A row is a handle into its answer's text, which lives as long as any of its rows. A column without a value is
/// absent: no cell is not an empty one, as long as the column was asked for.
#[derive(Clone)]
pub struct Row {
    arena: Arc<Arena>,
    head: RowHead,
}

impl Row {
    /// The item's id in its list (`ows_ID`); every row has one.
    pub fn id(&self) -> i32 {
        self.head.id
    }

    /// The text of a column, by its internal name (`Bid_x0020_Amount`, without `ows_`), as the server sent it;
    /// `None` where the item has no value, or the column was not asked for.
    pub fn get(&self, column: &str) -> Option<&str> {
        let len = PREFIX.len() + column.len();
        // Most names are told from it by their length.
        let named = |cell: &&Cell| {
            self.arena.name_len(cell.name) == len
                && self.arena.name(cell.name).strip_prefix(PREFIX) == Some(column)
        };
        let cell = self.cells().iter().find(named)?;
        Some(self.arena.text(*cell))
    }

    /// The text of a column, found by its handle; like [`get`](Row::get), and faster from row to row: in rows with the
    /// same columns it is looked for once.
    pub fn at(&self, column: &Column) -> Option<&str> {
        let number = column.number_in(&self.arena)?;
        let cell = column.cell_of(number, self.cells())?;
        Some(self.arena.text(*cell))
    }

    /// The value of a field, read by its type in the list; [`Value::Other`] where the text is not what the type
    /// promises, `None` as for [`get`](Row::get).
    pub fn value(&self, field: &Field) -> Option<Value<'_>> {
        field.read(self.at(field.column())?, self.id())
    }

    /// The columns that have a value, by internal name, in the order they came.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes().filter_map(|(name, text)| Some((name.strip_prefix(PREFIX)?, text)))
    }

    /// Every attribute of the row as it is named in the answer, `ows_` and all.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells().iter().map(|cell| (self.arena.name(cell.name), self.arena.text(*cell)))
    }

    /// A value of the item's property bag, where `MetaInfo` was asked for with
    /// [`ViewFields::with_properties`](crate::caml::ViewFields::with_properties) (`ows_MetaInfo_key`).
    pub fn property(&self, key: &str) -> Option<&str> {
        let mut columns = self.columns();
        columns.find_map(|(name, text)| (name.strip_prefix("MetaInfo_") == Some(key)).then_some(text))
    }

    /// The item's UniqueId; `None` where the row does not hold it.
    pub fn unique_id(&self) -> Option<Uuid> {
        self.own_guid("UniqueId")
    }

    /// The UniqueId of the folder the item lies in; `None` where the row does not hold it.
    pub fn parent_unique_id(&self) -> Option<Uuid> {
        self.own_guid("ParentUniqueId")
    }

    /// The server-relative path of the item, such as `/sites/ops/Lists/Q1 Bids/15_.000`; `None` where the row does
    /// not hold it. The wire leaves out the leading slash.
    pub fn file_ref(&self) -> Option<String> {
        value::path(self.get("FileRef")?, self.id())
    }

    /// The server-relative path of the folder the item lies in; `None` where the row does not hold it.
    pub fn file_dir_ref(&self) -> Option<String> {
        value::path(self.get("FileDirRef")?, self.id())
    }

    /// Whether the item is a folder (`FSObjType`); `None` where the row does not say.
    pub fn is_folder(&self) -> Option<bool> {
        Some(value::object_type(self.get("FSObjType")?, self.id())? == ObjectType::Folder)
    }

    /// How often the item was changed, versions or not (`owshiddenversion`); `None` where the row does not hold it.
    pub fn hidden_version(&self) -> Option<i64> {
        self.get("owshiddenversion")?.parse().ok()
    }

    /// The caller's rights on the item (`PermMask`); `None` where the row does not hold them: they are the list's
    /// then ([`Rowset::effective_perm_mask`](super::Rowset::effective_perm_mask)).
    pub fn perm_mask(&self) -> Option<u64> {
        value::perm_mask(self.get("PermMask")?)
    }

    fn own_guid(&self, column: &str) -> Option<Uuid> {
        value::guid(value::own(self.get(column)?, self.id()))
    }

    fn cells(&self) -> &[Cell] {
        self.arena.cells(self.head.cells)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.attributes()).finish()
    }
}

impl PartialEq for Row {
    /// Whether both hold the same columns with the same texts, in any order.
    fn eq(&self, other: &Row) -> bool {
        let find = |name: &str| other.arena.find(other.cells(), Source::Attribute, name);
        self.cells().len() == other.cells().len()
            && self.attributes().all(|(name, text)| find(name) == Some(text))
    }
}

impl Eq for Row {}

/// A column of rows, by its internal name, that remembers where it was found last.
pub struct Column {
    /// The attribute's name, `ows_` and all.
    name: Box<str>,
    /// The number of the name in the answer that was looked at last: only a guess in another one.
    guess: AtomicU16,
    /// Where the column stood in the row that was looked at last: only a guess in another one.
    place: AtomicU16,
}

impl Column {
    /// Names a column by its internal name, without `ows_`.
    pub fn new(name: &str) -> Self {
        let (guess, place) = (AtomicU16::new(0), AtomicU16::new(0));
        Column { name: format!("{PREFIX}{name}").into(), guess, place }
    }

    /// The internal name.
    pub fn name(&self) -> &str {
        &self.name[PREFIX.len()..]
    }

    fn number_in(&self, arena: &Arena) -> Option<u16> {
        let guess = self.guess.load(Ordering::Relaxed);
        if usize::from(guess) < arena.names.len() && arena.name(guess) == &*self.name {
            return Some(guess);
        }
        let numbers = 0..u16::try_from(arena.names.len()).unwrap_or(u16::MAX);
        let number = numbers.into_iter().find(|number| arena.name(*number) == &*self.name)?;
        self.guess.store(number, Ordering::Relaxed);
        Some(number)
    }

    /// The cell with the name of this number.
    fn cell_of<'a>(&self, number: u16, cells: &'a [Cell]) -> Option<&'a Cell> {
        let guess = usize::from(self.place.load(Ordering::Relaxed));
        if let Some(cell) = cells.get(guess).filter(|cell| cell.name == number) {
            return Some(cell);
        }
        let place = cells.iter().position(|cell| cell.name == number)?;
        self.place.store(u16::try_from(place).unwrap_or_default(), Ordering::Relaxed);
        Some(&cells[place])
    }
}

impl Clone for Column {
    fn clone(&self) -> Self {
        let copy = |guess: &AtomicU16| AtomicU16::new(guess.load(Ordering::Relaxed));
        Column { name: self.name.clone(), guess: copy(&self.guess), place: copy(&self.place) }
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Column").field(&self.name()).finish()
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.name == other.name
    }
}

impl Eq for Column {}

/// What stands before an internal name in a row.
const PREFIX: &str = "ows_";
