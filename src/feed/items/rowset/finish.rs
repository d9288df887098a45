//! What was found in an answer, and whether it is complete.

use std::sync::Arc;

use super::{Place, cells::Cells, expected, place as byte};
use crate::{
    error::DecodeError,
    feed::{Limits, limits::beyond},
    item::{
        BrokenRow, Event, EventKind, IllegalCharacter, ListDefinition, MAX_ILLEGAL, Rows, Rowset, SyncHints,
        UnreadableValue,
        arena::{Arena, Cell, Head, RowHead, Span},
        guid, object_type, own, perm_mask, rights,
    },
    token::ChangeToken,
};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) names: Vec<Span>,
    pub(super) cells: Vec<Cell>,
    pub(super) extra: String,
    pub(super) illegal: Vec<IllegalCharacter>,
    pub(super) illegal_count: u64,
    pub(super) rows: Vec<RowHead>,
    pub(super) broken: Vec<BrokenRow>,
    /// Rows so far, broken ones too.
    pub(super) row_count: u64,
    pub(super) settings: Vec<Cell>,
    hints: Option<SyncHints>,
    effective_perm_mask: Option<u64>,
    pub(super) unreadable: Unreadable,
    changes: Option<Changes>,
    events: Vec<Event>,
    list: Option<Head>,
    fields: Vec<Head>,
    /// Whether the field that is open was passed by, because it has no name.
    nameless: bool,
    data: Option<Data>,
}

/// Values that are not what their names promise, as they are met.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    first: Vec<UnreadableValue>,
    count: u64,
}

impl Unreadable {
    pub(super) fn note(&mut self, item: Option<i32>, attribute: &str, text: &str) {
        self.count += 1;
        if self.first.len() < MAX_ILLEGAL {
            self.first.push(UnreadableValue::new(item, attribute, text));
        }
    }

    /// Takes what was noted elsewhere.
    pub(super) fn join(&mut self, other: Unreadable) {
        self.count += other.count;
        let room = MAX_ILLEGAL.saturating_sub(self.first.len());
        self.first.extend(other.first.into_iter().take(room));
    }

    /// What an attribute of the answer itself says; an empty one says nothing.
    fn read<T>(
        &mut self,
        attribute: &str,
        text: Option<&str>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.is_empty())?;
        let value = read(text);
        if value.is_none() {
            self.note(None, attribute, text);
        }
        value
    }

    fn number<T: std::str::FromStr>(&mut self, attribute: &str, text: Option<&str>) -> Option<T> {
        self.read(attribute, text, |text| text.trim().parse().ok())
    }

    /// Notes what rows say of themselves that cannot be read: it would count as not said, without a word.
    fn look_through(&mut self, arena: &Arena) {
        let known = |name: &str| {
            let numbers = 0..u16::try_from(arena.names.len()).unwrap_or(u16::MAX);
            numbers.into_iter().find(|number| arena.name(*number) == name)
        };
        for (name, is_readable) in OWN {
            let Some(number) = known(name) else { continue };
            let mut place = 0;
            for row in &arena.rows {
                let cells = arena.cells(row.cells);
                // Mostly it stands where it stood in the row before.
                if cells.get(place).is_none_or(|cell| cell.name != number) {
                    let Some(found) = cells.iter().position(|cell| cell.name == number) else { continue };
                    place = found;
                }
                let text = arena.text(cells[place]);
                if !text.is_empty() && !is_readable(text, row.id) {
                    self.note(Some(row.id), name, text);
                }
            }
        }
    }
}

/// What a row says of itself, and whether it can be read.
type Own = (&'static str, fn(&str, i32) -> bool);
const OWN: [Own; 5] = [
    ("ows_UniqueId", |text, id| guid(own(text, id)).is_some()),
    ("ows_ParentUniqueId", |text, id| guid(own(text, id)).is_some()),
    ("ows_owshiddenversion", |text, _| text.parse::<i64>().is_ok()),
    ("ows_FSObjType", |text, id| object_type(text, id).is_some()),
    ("ows_PermMask", |text, _| perm_mask(text).is_some()),
];

/// The attributes of `Changes`.
#[derive(Debug)]
struct Changes {
    token: Option<ChangeToken>,
    more: bool,
}

/// The attributes of `rs:data`.
#[derive(Debug)]
struct Data {
    item_count: Option<u64>,
    next_place: Option<Box<str>>,
}

impl Found {
    /// Takes what the attributes of an element say.
    pub(super) fn keep(
        &mut self,
        place: Place,
        head: Head,
        cells: &mut Cells<'_>,
        limits: &Limits,
        start: usize,
    ) -> Result<(), DecodeError> {
        let once = |before: bool, name: &str| {
            if before { Err(expected(format!("one element {name}"), start)) } else { Ok(()) }
        };
        let text = |name| cells.find(head, name);
        match place {
            Place::ListItems => {
                once(self.hints.is_some(), "listitems")?;
                let told = &mut self.unreadable;
                let mask = "EffectivePermMask";
                if let Some(rights_told) = text(mask).filter(|text| !text.is_empty()) {
                    let (known, unknown) = rights(rights_told);
                    if known.is_none() || !unknown.is_empty() {
                        told.note(None, mask, &unknown.join(", "));
                    }
                    self.effective_perm_mask = known;
                }
                let [min, recommended, bulk, embedded] = HINTS;
                self.hints = Some(SyncHints {
                    min_minutes: told.number(min, text(min)),
                    recommended_minutes: told.number(recommended, text(recommended)),
                    max_bulk_megabytes: told.number(bulk, text(bulk)),
                    max_embedded_size: told.number(embedded, text(embedded)),
                    alternate_urls: text("AlternateUrls").map(Into::into),
                });
            }
            Place::Changes => {
                once(self.changes.is_some(), "Changes")?;
                let token = match text("LastChangeToken") {
                    None | Some("") => None,
                    Some(token) => Some(
                        token
                            .parse()
                            .map_err(|error| expected(format!("a LastChangeToken ({error})"), start))?,
                    ),
                };
                let more = match text("MoreChanges") {
                    None | Some("") => false,
                    Some(more) if more.eq_ignore_ascii_case("true") => true,
                    Some(more) if more.eq_ignore_ascii_case("false") => false,
                    Some(_) => return Err(expected("TRUE or FALSE in MoreChanges", start)),
                };
                self.changes = Some(Changes { token, more });
            }
            Place::Data => {
                once(self.data.is_some(), "rs:data")?;
                let item_count = match text("ItemCount") {
                    None | Some("") => None,
                    Some(count) => Some(count.parse().map_err(|_| expected("a number in ItemCount", start))?),
                };
                let next_place = text("ListItemCollectionPositionNext").filter(|place| !place.is_empty());
                // Sent back with another character in it, it would be another place.
                if next_place.is_some_and(|place| place.contains(char::REPLACEMENT_CHARACTER)) {
                    return Err(expected("a ListItemCollectionPositionNext of characters", start));
                }
                self.data = Some(Data { item_count, next_place: next_place.map(Into::into) });
            }
            Place::Id if self.events.len() >= limits.events => {
                return Err(beyond(limits.events, "elements Id", "events", byte(start)));
            }
            Place::Id => self.events.push(Event {
                kind: kind(&text, &mut self.unreadable),
                id: None,
                unique_id: self.unreadable.read("UniqueId", text("UniqueId"), guid),
                client_id: text("MetaInfo_vti_clientid").map(Into::into),
            }),
            Place::List => {
                once(self.list.is_some(), "List")?;
                self.list = Some(head);
                return Ok(());
            }
            Place::Field => {
                self.nameless = text("Name").is_none_or(str::is_empty);
                if self.nameless {
                    // No row and no request can name it.
                    self.unreadable.note(None, "Name", text("ID").unwrap_or_default());
                    cells.forget(head);
                    return Ok(());
                }
                if self.fields.len() >= limits.fields() {
                    return Err(beyond(limits.fields(), "fields", "fields", byte(start)));
                }
                self.fields.push(head);
                return Ok(());
            }
            _ => {}
        }
        cells.forget(head);
        Ok(())
    }

    /// Makes room for the rows that were announced, as far as the rest of the text can hold them.
    pub(super) fn expect_rows(&mut self, bytes_left: usize) {
        let announced = self.data.as_ref().and_then(|data| data.item_count).unwrap_or_default();
        let most = bytes_left / SHORTEST_ROW;
        self.rows.reserve(usize::try_from(announced).map_or(most, |rows| rows.min(most)));
    }

    /// The text of the event that was kept last: the item's id.
    pub(super) fn event_id(&mut self, text: &str) {
        if let Some(event) = self.events.last_mut() {
            event.id = text.trim().parse().ok().filter(|id| *id > 0);
        }
    }

    /// Adds a child's text to the field that was kept last, whose cells are the last ones.
    pub(super) fn extend_field(&mut self, cell: Cell, cells: &mut Cells<'_>) {
        if let Some(field) = self.fields.last_mut().filter(|_| !self.nameless) {
            cells.cells.push(cell);
            field.end += 1;
        }
    }
}

/// What happened, by the attributes of an `Id`.
fn kind<'a>(text: &impl Fn(&'static str) -> Option<&'a str>, told: &mut Unreadable) -> EventKind {
    match text("ChangeType").unwrap_or_default() {
        "Delete" => EventKind::Deleted,
        "MoveAway" => EventKind::MovedAway {
            to_list: told.read("AfterListId", text("AfterListId"), guid),
            to_item: told.number("AfterItemId", text("AfterItemId")),
        },
        "Restore" => EventKind::Restored,
        "InvalidToken" => EventKind::InvalidToken,
        "SystemUpdate" => EventKind::SystemUpdated,
        "Rename" => EventKind::Renamed,
        unknown => EventKind::Unknown(unknown.into()),
    }
}

/// What the server asks of a client, in numbers.
const HINTS: [&str; 4] = [
    "MinTimeBetweenSyncs",
    "RecommendedTimeBetweenSyncs",
    "MaxBulkDocumentSyncSize",
    "MaxRecommendedEmbeddedFileSize",
];

/// Bytes of a row with nothing but an id.
const SHORTEST_ROW: usize = "<row ows_ID='1'/>".len();

/// The answer, if it is complete.
pub(super) fn rowset(found: Found, body: String) -> Result<Rowset, DecodeError> {
    let hints = found.hints.ok_or_else(|| DecodeError::new("an element listitems", ""))?;
    let changes = found.changes.ok_or_else(|| DecodeError::new("an element Changes in listitems", ""))?;
    let data = found.data.ok_or_else(|| DecodeError::new("an element rs:data in listitems", ""))?;
    if changes.token.is_none() && !found.events.iter().any(Event::discards_everything) {
        return Err(DecodeError::new("a LastChangeToken", "Changes"));
    }
    if let Some(count) = data.item_count.filter(|count| found.row_count < *count) {
        let what = format!("{count} rows, as ItemCount says, instead of {}", found.row_count);
        return Err(DecodeError::new(what, "rs:data").cut_off());
    }
    let has_list = found.list.is_some();
    let arena = Arc::new(Arena {
        body,
        extra: found.extra,
        names: found.names,
        cells: found.cells,
        rows: found.rows,
        list: found.list.unwrap_or_default(),
        fields: found.fields,
        settings: found.settings,
    });
    let mut unreadable = found.unreadable;
    unreadable.look_through(&arena);
    Ok(Rowset {
        token: changes.token,
        more_changes: changes.more,
        list: has_list.then(|| ListDefinition::new(Arc::clone(&arena))),
        events: found.events,
        rows: Rows::new(arena),
        next_place: data.next_place,
        item_count: data.item_count,
        effective_perm_mask: found.effective_perm_mask,
        hints,
        broken: found.broken,
        illegal: found.illegal,
        illegal_count: found.illegal_count,
        unreadable: unreadable.first,
        unreadable_count: unreadable.count,
    })
}
