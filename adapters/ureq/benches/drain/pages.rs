//! Pages that are made once and sent a thousand times: only their numbers are written anew.

use std::fmt::Write as _;

use crate::bodies::{self, Metadata, Rows};

/// The list that is followed.
pub(crate) const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
/// When every answer is written: inside the retention of everything that is sent.
pub(crate) const DATE: &str = "Tue, 24 Mar 2026 10:00:00 GMT";
pub(crate) const CHANGES_A_PAGE: u64 = 1_000;
pub(crate) const ROWS_A_PAGE: u64 = 2_000;

/// The token of the n-th change of the log, counted from 1; 0 is the log's beginning.
pub(crate) fn token(n: u64) -> String {
    format!("1;3;{LIST};{};{}", ticks(n), number(n))
}

/// Which change of the log a token's number belongs to.
pub(crate) fn change_of(number: u64) -> u64 {
    number - FIRST_NUMBER
}

fn number(n: u64) -> u64 {
    FIRST_NUMBER + n
}

fn ticks(n: u64) -> u64 {
    FIRST_TICKS + n * TICKS_BETWEEN
}

/// A page of GetChanges.
pub(crate) struct ChangePage {
    text: Vec<u8>,
    /// Where the ticks of each row's token begin; its number follows them.
    tokens: Vec<usize>,
}

impl ChangePage {
    pub(crate) fn new(metadata: Metadata) -> Self {
        let text = bodies::changes(metadata, Rows::Items, CHANGES_A_PAGE);
        let head = format!("\"1;3;{LIST};");
        let tokens: Vec<usize> = text.match_indices(&head).map(|(at, _)| at + head.len()).collect();
        assert_eq!(tokens.len() as u64, CHANGES_A_PAGE);
        ChangePage { text: text.into_bytes(), tokens }
    }

    /// The page of the changes behind the n-th.
    pub(crate) fn after(&mut self, n: u64) -> &[u8] {
        for (at, n) in self.tokens.iter().zip(n + 1..) {
            put(&mut self.text[*at..][..18], ticks(n));
            put(&mut self.text[at + 19..][..9], number(n));
        }
        &self.text
    }
}

/// The answer where no change is left.
pub(crate) fn no_changes(metadata: Metadata) -> &'static [u8] {
    match metadata {
        Metadata::Verbose => br#"{"d":{"results":[]}}"#,
        Metadata::Minimal | Metadata::None => br#"{"value":[]}"#,
    }
}

/// A page of a full load: rows of twenty columns.
pub(crate) struct RowPage {
    text: Vec<u8>,
    /// Where each row's id stands.
    ids: Vec<Vec<usize>>,
    /// What follows the rows.
    tail: usize,
}

impl RowPage {
    pub(crate) fn new() -> Self {
        let rows: Vec<String> = (0..ROWS_A_PAGE).map(row).collect();
        let mut text = String::new();
        let mut ids = Vec::new();
        for row in rows {
            ids.push(row.match_indices(ID).map(|(at, _)| text.len() + at).collect());
            text.push_str(&row);
        }
        let tail = text.len();
        RowPage { text: text.into_bytes(), ids, tail }
    }

    /// The whole answer: the rows behind the n-th of so many, and where the next page begins.
    pub(crate) fn after(&mut self, n: u64, total: u64, log_end: &str) -> Vec<u8> {
        let rows = ROWS_A_PAGE.min(total - n);
        for (places, n) in self.ids.iter().zip(n + 1..) {
            for at in places {
                put(&mut self.text[*at..][..ID.len()], item_id(n));
            }
        }
        let end = self.ids.get(rows as usize).map_or(self.tail, |places| places[0] - "<z:row ows_ID='".len());
        let next = match n + rows {
            last if last < total => {
                format!(" ListItemCollectionPositionNext=\"Paged=TRUE&amp;p_ID={}\"", item_id(last))
            }
            _ => String::new(),
        };
        let mut answer = head(log_end, &list(total));
        writeln!(answer, "<rs:data ItemCount=\"{rows}\"{next}>").expect("a text takes everything");
        let mut answer = answer.into_bytes();
        answer.extend_from_slice(&self.text[..end]);
        answer.extend_from_slice(TAIL.as_bytes());
        answer
    }
}

/// The list itself, with a single row of it.
pub(crate) fn first_row(total: u64, log_end: &str) -> String {
    let row = row(0).replace(ID, &item_id(1).to_string());
    format!("{}<rs:data ItemCount=\"1\">\n{row}{TAIL}", head(log_end, &list(total)))
}

/// The answer where nothing changed since.
pub(crate) fn no_rows(log_end: &str) -> String {
    format!("{}<rs:data ItemCount=\"0\">\n{TAIL}", head(log_end, ""))
}

/// How many rows lie before the page that begins behind this id.
pub(crate) fn row_of(item_id: u64) -> u64 {
    item_id - FIRST_ITEM
}

fn item_id(n: u64) -> u64 {
    FIRST_ITEM + n
}

fn head(log_end: &str, list: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult>\
         <listitems MinTimeBetweenSyncs='0' RecommendedTimeBetweenSyncs='180' MaxBulkDocumentSyncSize='500' \
         EffectivePermMask='FullMask' xmlns:s='uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882' \
         xmlns:dt='uuid:C2F41010-65B3-11d1-A29F-00AA00C14882' xmlns:rs='urn:schemas-microsoft-com:rowset' \
         xmlns:z='#RowsetSchema'>\n<Changes LastChangeToken=\"{log_end}\">{list}</Changes>\n"
    )
}

fn list(total: u64) -> String {
    let fields: String = FIELDS
        .iter()
        .map(|(name, kind)| {
            format!(
                "<Field Type=\"{kind}\" Name=\"{name}\" DisplayName=\"{name}\" SourceID=\"{{{LIST}}}\" \
                 StaticName=\"{name}\"/>\n"
            )
        })
        .collect();
    format!(
        "<List ID=\"{{{LIST}}}\" Title=\"Q1 Bids\" BaseType=\"0\" ServerTemplate=\"100\" Version=\"7\" \
         ItemCount=\"{total}\" WebFullUrl=\"/sites/ops\" RootFolder=\"/sites/ops/Lists/Q1 Bids\">\n\
         <Fields>\n{fields}</Fields></List>"
    )
}

/// The n-th row of a page; its id stands as [`ID`], and first.
fn row(n: u64) -> String {
    let (day, minute) = (1 + n % 28, n % 60);
    format!(
        "<z:row ows_ID='{ID}' ows_Title='Bridge &amp; ramp, lot {n}' ows_Status='Open' \
         ows_Bid_x0020_Amount='{n}.500000000000' ows_Due='2026-05-{day:02}T00:00:00Z' ows_Won='0' \
         ows_Customer='{customer};#Contoso {customer}' ows_Notes='Asked for a second drawing on day {day}.' \
         ows_Author='{person};#Ada Byron {person}' ows_Editor='{person};#Ada Byron {person}' \
         ows_Created='2026-01-{day:02}T08:{minute:02}:11Z' ows_Modified='2026-03-{day:02}T10:{minute:02}:30Z' \
         ows_owshiddenversion='3' ows_FSObjType='{ID};#0' \
         ows_UniqueId='{ID};#{{41F0A6D3-08C2-4B79-8E15-7A2D{ID}}}' \
         ows_ParentUniqueId='{ID};#{{9D2E6F10-3B4C-4D5E-8F60-718293A4B5C6}}' \
         ows_FileRef='{ID};#sites/ops/Lists/Q1 Bids/{ID}_.000' ows_FileDirRef='{ID};#sites/ops/Lists/Q1 Bids' \
         ows_PermMask='0x7fffffffffffffff' ows_ContentTypeId='0x0100A1B2C3D4E5F60718293A4B5C6D7E8F90' />\n",
        customer = 100 + n % 17,
        person = 10 + n % 40,
    )
}

/// Writes a number over digits of the same width.
fn put(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// As wide as every id.
const ID: &str = "########";
const TAIL: &str = "</rs:data></listitems></GetListItemChangesSinceTokenResult>";
const FIRST_ITEM: u64 = 10_000_000;
const FIRST_NUMBER: u64 = 100_000_000;
const FIRST_TICKS: u64 = 639_082_161_304_470_000;
/// A tenth of a second.
const TICKS_BETWEEN: u64 = 1_000_000;
const FIELDS: [(&str, &str); 20] = [
    ("ID", "Counter"),
    ("Title", "Text"),
    ("Status", "Choice"),
    ("Bid_x0020_Amount", "Currency"),
    ("Due", "DateTime"),
    ("Won", "Boolean"),
    ("Customer", "Lookup"),
    ("Notes", "Note"),
    ("Author", "User"),
    ("Editor", "User"),
    ("Created", "DateTime"),
    ("Modified", "DateTime"),
    ("owshiddenversion", "Integer"),
    ("FSObjType", "Lookup"),
    ("UniqueId", "Lookup"),
    ("ParentUniqueId", "Lookup"),
    ("FileRef", "Lookup"),
    ("FileDirRef", "Lookup"),
    ("PermMask", "Computed"),
    ("ContentTypeId", "ContentTypeId"),
];
