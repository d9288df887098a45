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

/// A page of GetListItemChangesSinceToken: rows of an id and 19 columns, of which `filled` have a value; one title in
/// five is written with a reference. Quotes and line ends are those of servers.
pub(crate) fn rowset(filled: usize, count: u64) -> String {
    let mut page = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult>\
         <listitems MinTimeBetweenSyncs='0' RecommendedTimeBetweenSyncs='180' MaxBulkDocumentSyncSize='500' \
         EffectivePermMask='FullMask' xmlns:s='uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882' \
         xmlns:dt='uuid:C2F41010-65B3-11d1-A29F-00AA00C14882' xmlns:rs='urn:schemas-microsoft-com:rowset' \
         xmlns:z='#RowsetSchema'>\n<Changes LastChangeToken=\"1;3;{LIST};639082161304470000;912004511\"></Changes>\n\
         <rs:data ItemCount=\"{count}\">"
    );
    let mut random = Random(7);
    for id in 1..=count {
        let (own, parent) = (random.guid().to_uppercase(), random.guid().to_uppercase());
        let more = if id % 5 == 0 { " &amp; ramp" } else { "" };
        let columns = [
            ("Title", format!("Bridge, section {id}{more}")),
            ("Bid_x0020_Amount", format!("{}.5000000000000", 12_000 + id)),
            ("Due", format!("2026-03-{:02}T10:15:31Z", 1 + id % 28)),
            ("Author", format!("{};#Ana Ruiz", 7 + id % 5)),
            ("Editor", format!("{};#Jo Lindt", 12 + id % 40)),
            ("Created", "2026-01-15T08:02:11Z".to_owned()),
            ("Modified", format!("2026-03-04T10:{:02}:{:02}Z", id / 60 % 60, id % 60)),
            ("Status", ["Open", "Held", "Awarded"][id as usize % 3].to_owned()),
            ("Customers", format!("12;#Fabrikam;#{};#Contoso", 15 + id % 9)),
            ("Remarks", format!("to be seen again in week {}", 1 + id % 52)),
            ("_ModerationStatus", "0".to_owned()),
            ("ContentTypeId", "0x010021C7A4F3B2D14E4DA0B7".to_owned()),
            ("Attachments", "0".to_owned()),
            ("FSObjType", format!("{id};#0")),
            ("owshiddenversion", format!("{}", 1 + id % 9)),
            ("UniqueId", format!("{id};#{{{own}}}")),
            ("ParentUniqueId", format!("{id};#{{{parent}}}")),
            ("FileRef", format!("{id};#sites/ops/Lists/Q1 Bids/{id}_.000")),
            ("PermMask", "0x7fffffffffffffff".to_owned()),
        ];
        write!(page, "\n   <z:row ows_ID='{id}'").expect("a text takes everything");
        let mut left_out = columns.len() - filled;
        for (n, (name, value)) in columns.iter().enumerate() {
            // Each column is left out as often as every other.
            if random.next() % ((columns.len() - n) as u64) < left_out as u64 {
                left_out -= 1;
            } else {
                write!(page, " ows_{name}='{value}'").expect("a text takes everything");
            }
        }
        page.push_str(" />");
    }
    page + "\n</rs:data></listitems></GetListItemChangesSinceTokenResult>"
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
