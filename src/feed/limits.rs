//! How much one answer may hold.

use crate::error::DecodeError;

/// How much one answer may hold, counted while it is read: what lies beyond is refused before it takes memory.
///
/// The defaults are far above what servers send. A session takes them from its
/// [`Settings`](crate::Settings::limits), a single call from [`Feed::read_within`](crate::Feed::read_within).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Rows of a page of GetChanges; 100,000. Servers send 2,000 at most.
    pub changes: usize,
    /// Rows of an answer of GetListItemChangesSinceToken, broken ones too; 1,000,000. A call without a RowLimit
    /// brings the whole list.
    pub rows: usize,
    /// What such an answer tells of items beside its rows (`Id`); 1,000,000. No RowLimit caps the removals.
    pub events: usize,
    /// Fields of a list; 8,192. No more than 65,535 are read, whatever is said here.
    pub fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { changes: 100_000, rows: 1_000_000, events: 1_000_000, fields: 8_192 }
    }
}

impl Limits {
    pub(crate) fn fields(&self) -> usize {
        self.fields.min(usize::from(u16::MAX))
    }
}

/// The error of an answer that holds more than `most` of something, which the member `name` of the limits bounds.
pub(crate) fn beyond(most: usize, what: &str, name: &'static str, place: impl Into<String>) -> DecodeError {
    let expected =
        format!("at most {most} {what} in one answer (ask for smaller pages, or raise Limits::{name})");
    DecodeError::new(expected, place).beyond(name)
}
