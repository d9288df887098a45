//! What the list feed tells: a page of rows as they are now, what happened to items that have no row, and the list
//! with its fields.
//!
//! A [`Rowset`] is one answer of GetListItemChangesSinceToken. Its texts stay where they came, in one piece; a
//! [`Row`] is a handle into it. A cell is read as text by the column's internal name, or as a [`Value`] by the
//! [`Field`] that the list's [`Schema`] has for it.
//!
//! ```
//! use sharepoint_changes::{Feed, ItemQuery, ListRef, item::Value};
//!
//! # let answer = http::Response::new(r##"<?xml version="1.0" encoding="utf-8"?>
//! # <GetListItemChangesSinceTokenResult><listitems MinTimeBetweenSyncs='0' xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>
//! # <Changes LastChangeToken="1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511">
//! # <List ID="{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66}" Title="Q1 Bids"><Fields>
//! # <Field ID="{2b61c9a8-7d0e-4f53-9c44-18e0aa35d7f1}" Type="Currency" Name="Bid_x0020_Amount" DisplayName="Bid Amount"/>
//! # </Fields></List></Changes>
//! # <rs:data ItemCount="1"><z:row ows_ID='15' ows_Title='Bridge &amp; ramp' ows_Bid_x0020_Amount='12500.5000000000' /></rs:data>
//! # </listitems></GetListItemChangesSinceTokenResult>"##);
//! # use sharepoint_changes::http;
//! let query = ItemQuery::new(ListRef::Title("Q1 Bids".into()));
//! let page = query.read(&answer)?;
//! let schema = page.list.as_ref().ok_or("no list in the answer")?.schema();
//! let amount = schema.field("Bid_x0020_Amount").ok_or("no such field")?;
//! for row in &page.rows {
//!     assert_eq!((row.id(), row.get("Title")), (15, Some("Bridge & ramp")));
//!     assert_eq!(row.value(amount), Some(Value::Number(12500.5)));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod arena;
mod kind;
mod list;
mod row;
mod schema;
mod value;

use uuid::Uuid;

pub(crate) use self::value::{guid, object_type, own, perm_mask, rights};
pub use self::{
    kind::FieldKind,
    list::{FieldDefinition, ListDefinition},
    row::{Column, Row, Rows, RowsIter},
    schema::{Field, LookupTarget, Schema, SchemaChange, SchemaDigest, SchemaDigestError},
    value::{Attachment, Attachments, Link, Lookup, ObjectType, Person, Property, Term, Value},
};
use crate::token::ChangeToken;

/// One answer of GetListItemChangesSinceToken.
///
/// It was complete: cut, contradictory or unfinished answers are errors and never a page. Apply
/// [`events`](Rowset::events) first, in their order, then [`rows`](Rowset::rows): an id that stands in both was
/// deleted and came back.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rowset {
    /// `LastChangeToken`, where the next increment starts; of a full load only that of its first page counts.
    /// `None` only where [`Event::discards_everything`] is true of an event, and the token is of no use.
    pub token: Option<ChangeToken>,
    /// `MoreChanges`: the server holds more changes after [`token`](Rowset::token). Never true without a token in
    /// the request.
    pub more_changes: bool,
    /// The list with its fields: in every answer to a request without a token, and after a change of the list's
    /// definition (MS-LISTSWS, GetListItemChangesSinceTokenResponse).
    pub list: Option<ListDefinition>,
    /// What happened to items (`Id`), in the order of the document.
    pub events: Vec<Event>,
    /// The items that were added or changed, as they are now.
    pub rows: Rows,
    /// `ListItemCollectionPositionNext`: where the next page of a load begins, for
    /// [`ItemQuery::paging`](crate::ItemQuery::paging); `None` on the last page.
    pub next_place: Option<Box<str>>,
    /// How many rows the server says this page has; never more than it has. `None` where it does not say.
    pub item_count: Option<u64>,
    /// `EffectivePermMask`: the caller's rights on the list, as a number or by their names. `None` where the server does
    /// not say; of a list of names that has unknown ones, the known, and the others are in
    /// [`unreadable`](Rowset::unreadable).
    pub effective_perm_mask: Option<u64>,
    /// What the server asks of a client that comes again and again.
    pub hints: SyncHints,
    /// Rows that could not be read. They are not in [`rows`](Rowset::rows), and whoever goes on without fetching
    /// them misses a change.
    pub broken: Vec<BrokenRow>,
    /// Characters that XML forbids; each was replaced by U+FFFD. The first
    /// [`MAX_ILLEGAL`] of them.
    pub illegal: Vec<IllegalCharacter>,
    /// How many such characters there were in all.
    pub illegal_count: u64,
    /// Values that are not what their names promise, and count as absent: a `UniqueId` that is no GUID, say. The first
    /// [`MAX_ILLEGAL`] of them.
    pub unreadable: Vec<UnreadableValue>,
    /// How many such values there were in all.
    pub unreadable_count: u64,
}

impl Rowset {
    /// Whether the page tells nothing at all: no row, no event, no definition, and nothing more to come.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.broken.is_empty()
            && self.events.is_empty()
            && self.list.is_none()
            && !self.more_changes
            && self.next_place.is_none()
    }
}

/// Something that happened to an item (`Id` of the answer).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The item's id in the list; `None` where the event is about the whole list, or about something that is no
    /// item, such as a view.
    pub id: Option<i32>,
    /// The item's UniqueId; newer servers tell it.
    pub unique_id: Option<Uuid>,
    /// The id a client once gave the item (`MetaInfo_vti_clientid`); `None` where none did.
    pub client_id: Option<Box<str>>,
}

impl Event {
    /// Whether nothing that is held of the list can be believed any more: the token was invalid or expired, the list
    /// was restored as a whole, or something happened that names no item and is not known.
    ///
    /// The protocol demands to discard the copy and to begin without a token (MS-LISTSWS, ChangeTypeEnum). A
    /// `SystemUpdate` without an id is about something that is no item, and never of this kind.
    pub fn discards_everything(&self) -> bool {
        match self.kind {
            EventKind::InvalidToken => true,
            EventKind::SystemUpdated => false,
            _ => self.id.is_none(),
        }
    }
}

/// What happened to an item (`ChangeType` of an `Id`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// `Delete`: recycled or erased; told even of items that the query would have hidden.
    Deleted,
    /// `MoveAway`: the item left the list.
    MovedAway {
        /// The list it went to; `None` where the server does not say.
        to_list: Option<Uuid>,
        /// Its id there; `None` where the server does not say.
        to_item: Option<i32>,
    },
    /// `Restore`: the item came back, and with a folder everything below it. Without an id, the whole list.
    Restored,
    /// `InvalidToken`: the token of the request is not or no longer known.
    InvalidToken,
    /// `SystemUpdate`: changed without a trace in who and when; its row does not come by itself.
    SystemUpdated,
    /// `Rename`: its name changed.
    Renamed,
    /// Something this version does not know; the text is the server's, empty where there was none.
    Unknown(Box<str>),
}

/// What the server asks of clients that come again and again (attributes of `listitems`); each is `None` where it is
/// absent or no number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SyncHints {
    /// `MinTimeBetweenSyncs`: minutes that must pass between two calls (MS-LISTSWS).
    pub min_minutes: Option<u32>,
    /// `RecommendedTimeBetweenSyncs`: minutes that should pass; the unit is not documented and taken to be the same.
    pub recommended_minutes: Option<u32>,
    /// `MaxBulkDocumentSyncSize`, in megabytes.
    pub max_bulk_megabytes: Option<u64>,
    /// `MaxRecommendedEmbeddedFileSize`; its unit is not documented.
    pub max_embedded_size: Option<u64>,
    /// `AlternateUrls`: addresses of the list's web by zone (intranet, default, extranet, internet, custom),
    /// separated by commas, with empty places; as it came.
    pub alternate_urls: Option<Box<str>>,
}

/// A row that cannot be read; its neighbours can.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokenRow {
    /// Its place among all rows of the answer, from 0.
    pub index: u64,
    /// Where it begins: the byte in the answer, from 0, after a byte order mark.
    pub offset: u64,
    /// The item's id; `None` where not even that can be read, or where the row gives two.
    pub id: Option<i32>,
    /// What is wrong with it.
    pub reason: Box<str>,
}

/// A value that is not what its name promises.
///
/// In an answer are looked at what a row says of itself (`UniqueId`, `ParentUniqueId`, `owshiddenversion`, `FSObjType`,
/// `PermMask`), where an item went (`Id`), and what the server says of itself. What people wrote into columns is
/// [`Value::Other`] where it is not of its field's type; whoever reads it may tell of it in the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableValue {
    /// The item whose row it stood in; `None` elsewhere.
    pub item: Option<i32>,
    /// The attribute it stood in, `ows_` and all.
    pub attribute: Box<str>,
    /// The value as it came, of at most 200 characters.
    pub text: Box<str>,
}

impl UnreadableValue {
    /// Tells of a value; of its text are kept 200 characters.
    pub fn new(item: Option<i32>, attribute: &str, text: &str) -> UnreadableValue {
        let text = text.chars().take(MAX_TEXT).collect::<String>().into();
        UnreadableValue { item, attribute: attribute.into(), text }
    }
}

/// Characters of a value that are told.
const MAX_TEXT: usize = 200;

/// A character that XML forbids, written raw or by its number, or a byte that is none at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IllegalCharacter {
    /// Its number; the highest of 32 bits for a reference to a larger one, that of U+FFFD for a byte that is no UTF-8.
    pub code: u32,
    /// Where it stood: the byte in the answer, from 0, after a byte order mark.
    pub offset: u64,
    /// The item whose row it stood in; `None` elsewhere, or in a broken row.
    pub item: Option<i32>,
    /// The attribute it stood in, `ows_` and all; `None` in the text of an element.
    pub attribute: Option<Box<str>>,
}

/// Illegal characters that are named one by one; the others are counted.
pub const MAX_ILLEGAL: usize = 100;
