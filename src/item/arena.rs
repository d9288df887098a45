//! The text of one answer, in one piece, and where its values stand in it.

/// An answer's text and the places of its cells: no text is copied but the values that had to be unescaped.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    /// The answer as it came.
    pub(crate) body: String,
    /// The values that are not their own raw text, one behind the other.
    pub(crate) extra: String,
    /// The names of attributes and elements, in the order they were first met; each stands in `body`.
    pub(crate) names: Vec<Span>,
    /// The cells of all heads.
    pub(crate) cells: Vec<Cell>,
    /// The rows.
    pub(crate) rows: Vec<RowHead>,
    /// The attributes of `List`.
    pub(crate) list: Head,
    /// The fields, in the order of the list.
    pub(crate) fields: Vec<Head>,
    /// The elements of `RegionalSettings` and `ServerSettings`.
    pub(crate) settings: Vec<Cell>,
}

/// A piece of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// A value and its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// The number of its name.
    pub(crate) name: u16,
    pub(crate) source: Source,
    /// Whether it stands in `extra` instead of the body.
    pub(crate) extra: bool,
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// What a cell was in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Attribute,
    /// The text of a child element.
    Element,
}

/// A range of cells.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Head {
    pub(crate) first: u32,
    pub(crate) end: u32,
}

/// The cells of a row, and the item's id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowHead {
    pub(crate) cells: Head,
    pub(crate) id: i32,
}

impl Arena {
    pub(crate) fn cells(&self, head: Head) -> &[Cell] {
        &self.cells[head.first as usize..head.end as usize]
    }

    pub(crate) fn name(&self, number: u16) -> &str {
        let Span { start, len } = self.names[usize::from(number)];
        &self.body[start as usize..][..len as usize]
    }

    pub(crate) fn name_len(&self, number: u16) -> usize {
        self.names[usize::from(number)].len as usize
    }

    pub(crate) fn text(&self, cell: Cell) -> &str {
        let text = if cell.extra { &self.extra } else { &self.body };
        &text[cell.start as usize..][..cell.len as usize]
    }

    /// The value of an attribute or child element among these cells.
    pub(crate) fn find(&self, cells: &[Cell], source: Source, name: &str) -> Option<&str> {
        let named = |cell: &&Cell| cell.source == source && self.name(cell.name) == name;
        cells.iter().find(named).map(|cell| self.text(*cell))
    }
}
