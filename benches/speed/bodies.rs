//! Answers as servers write them, by plain formatting: no writer of the simulator has a hand in them, so that reader
//! and writer cannot agree by chance.

use std::fmt::Write as _;

/// How much metadata a page carries.
#[derive(Clone, Copy)]
pub(crate) enum Metadata {
    Verbose,
    Minimal,
    None,
}

/// Which rows a page of changes has.
#[derive(Clone, Copy)]
pub(crate) enum Rows {
    /// Items as they come at list scope: no name, no path.
    Items,
    /// The same, with editor, mail address and path in one of five.
    Filled,
    /// As they come at web scope: of eight rows five items, a file, a folder and a view.
    Mixed,
}

/// A page of GetChanges, compact and in the order of members that was recorded.
pub(crate) fn changes(metadata: Metadata, rows: Rows, count: u64) -> String {
    let mut page = String::from(match metadata {
        Metadata::Verbose => r#"{"d":{"results":["#,
        Metadata::Minimal => {
            r#"{"odata.metadata":"https://fabrikam.sharepoint.com/sites/ops/_api/$metadata#SP.ApiData.Changes1","value":["#
        }
        Metadata::None => r#"{"value":["#,
    });
    let mut random = Random(7);
    for n in 0..count {
        let comma = if n == 0 { "" } else { "," };
        let kind = match (rows, n % 8) {
            (Rows::Mixed, 3) => "File",
            (Rows::Mixed, 5) => "Folder",
            (Rows::Mixed, 6) => "View",
            _ => "Item",
        };
        let (own_id, unique_id) = (random.guid(), random.guid());
        let named = format!("SP.Change{kind}");
        let (head, token) = match metadata {
            Metadata::Verbose => (
                format!(
                    r#""__metadata":{{"id":"{API}/{named}{own_id}","uri":"{API}/{named}{own_id}","type":"{named}"}},"#
                ),
                r#""__metadata":{"type":"SP.ChangeToken"},"#,
            ),
            Metadata::Minimal => (
                format!(
                    r#""odata.type":"{named}","odata.id":"{API}/{named}{own_id}","odata.editLink":"{named}{own_id}","#
                ),
                "",
            ),
            Metadata::None => (String::new(), ""),
        };
        let number = 912_004_511 + 3 * n;
        let ticks = 639_082_161_304_470_000 + n * 700_030_000;
        let (minute, second) = (n / 60 % 60, n % 60);
        write!(
            page,
            r#"{comma}{{{head}"ChangeToken":{{{token}"StringValue":"1;3;{LIST};{ticks};{number}"}},"ChangeType":{kind_of_change},"SiteId":"{SITE}","Time":"2026-03-04T10:{minute:02}:{second:02}Z","#,
            kind_of_change = 1 + n % 3,
        )
        .expect("a text takes everything");
        let (editor, mail, path) = match rows {
            Rows::Filled if n % 5 == 0 => (
                format!("Ada Byron {}", n % 40),
                format!("\"ada{}@fabrikam.example\"", n % 40),
                format!("/sites/ops/Lists/Q1 Bids/{n}_.000"),
            ),
            _ => (String::new(), "null".to_owned(), String::new()),
        };
        let members = match kind {
            "Item" => format!(
                r#""Editor":"{editor}","EditorEmailHint":{mail},"ItemId":{item},"ListId":"{LIST}","ServerRelativeUrl":"{path}","SharedByUser":null,"SharedWithUsers":null,"UniqueId":"{unique_id}","WebId":"{WEB}""#,
                item = 17 + n % 900,
            ),
            "View" => format!(r#""ViewId":"{unique_id}","ListId":"{LIST}","WebId":"{WEB}""#),
            _ => format!(r#""UniqueId":"{unique_id}","WebId":"{WEB}""#),
        };
        page.push_str(&members);
        page.push('}');
    }
    page.push_str(if matches!(metadata, Metadata::Verbose) { "]}}" } else { "]}" });
    page
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn guid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
            a as u32,
            a >> 48,
            a >> 36 & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        )
    }
}

const API: &str = "https://fabrikam.sharepoint.com/sites/ops/_api";
const SITE: &str = "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10";
const WEB: &str = "a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3";
const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
