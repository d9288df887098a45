//! The list that is copied: its fields, and its rows as the server writes them.

use std::fmt::Write as _;

pub(crate) const TITLE: &str = "Bids";
/// Attributes of each row.
pub(crate) const COLUMNS: usize = 20;
/// What the client asks for where the query names no limit.
pub(crate) const ROWS_A_PAGE: u64 = 2_000;
/// Every so many items one is a folder. Of the items after it every other lies in it, the rest in any folder before.
const FOLDER_EVERY: u64 = 200;

const LIST: &str = "0ccca16b-e143-41e5-9a1a-38f34aa1b860";
const ROOT: &str = "0DF05429-B21C-443F-9AD6-AB581D21491A";

/// Internal name, type, and further attributes of the fields; each has a value in every row.
const FIELDS: [(&str, &str, &str); COLUMNS] = [
    ("ID", "Counter", ""),
    ("ContentTypeId", "ContentTypeId", ""),
    ("Title", "Text", ""),
    ("Modified", "DateTime", ""),
    ("Created", "DateTime", ""),
    ("Author", "User", " List=\"UserInfo\""),
    ("Editor", "User", " List=\"UserInfo\""),
    ("owshiddenversion", "Integer", ""),
    ("UniqueId", "Lookup", " List=\"Docs\""),
    ("ParentUniqueId", "Lookup", " List=\"Docs\""),
    ("FileRef", "Lookup", " List=\"Docs\""),
    ("FileDirRef", "Lookup", " List=\"Docs\""),
    ("FileLeafRef", "File", ""),
    ("FSObjType", "Lookup", " List=\"Docs\""),
    ("PermMask", "Computed", ""),
    ("Amount", "Currency", ""),
    ("Status", "Choice", ""),
    ("Due", "DateTime", ""),
    ("Won", "Boolean", ""),
    ("Remarks", "Note", ""),
];

/// The end of the log.
pub(crate) fn token() -> String {
    format!("1;3;{LIST};639081246722970000;825384369")
}

/// The answer to a call that asks for the list and one row of it.
pub(crate) fn definition(items: u64) -> Vec<u8> {
    let mut list = format!(
        "<List ID=\"{{{LIST}}}\" Title=\"{TITLE}\" Name=\"{{{LIST}}}\" BaseType=\"0\" ServerTemplate=\"100\" \
         ItemCount=\"{items}\" RootFolder=\"/sites/ops/Lists/{TITLE}\" WebFullUrl=\"/sites/ops\"><Fields>"
    );
    for (n, (name, kind, more)) in FIELDS.iter().enumerate() {
        let _ = write!(
            list,
            "<Field ID=\"{{00000000-0000-4000-8000-{n:012}}}\" Type=\"{kind}\" Name=\"{name}\" \
             DisplayName=\"{name}\" StaticName=\"{name}\"{more}/>"
        );
    }
    list.push_str("</Fields></List>");
    let mut rows = String::new();
    row(&mut rows, 1);
    answer(&list, 1, &rows, Some(1))
}

/// The page of the load that comes after an item.
pub(crate) fn page(after: u64, items: u64) -> Vec<u8> {
    let last = items.min(after + ROWS_A_PAGE);
    let mut rows = String::with_capacity(900 * 2_000);
    for id in after + 1..=last {
        row(&mut rows, id);
    }
    answer("", last - after, &rows, (last < items).then_some(last))
}

/// The answer to a call that asks for what changed.
pub(crate) fn nothing() -> Vec<u8> {
    answer("", 0, "", None)
}

fn answer(list: &str, count: u64, rows: &str, more: Option<u64>) -> Vec<u8> {
    let next = more.map(|id| format!(" ListItemCollectionPositionNext=\"Paged=TRUE&amp;p_ID={id}\""));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult><listitems \
         MinTimeBetweenSyncs='0' RecommendedTimeBetweenSyncs='180' EffectivePermMask='FullMask' \
         xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\n<Changes \
         LastChangeToken=\"{}\">{list}\n</Changes>\n<rs:data ItemCount=\"{count}\"{}>\n{rows}</rs:data>\
         </listitems></GetListItemChangesSinceTokenResult>",
        token(),
        next.unwrap_or_default()
    )
    .into_bytes()
}

fn row(out: &mut String, id: u64) {
    let folders = (id - 1) / FOLDER_EVERY;
    let (is_folder, root) = ((id - 1).is_multiple_of(FOLDER_EVERY), format!("sites/ops/Lists/{TITLE}"));
    let folder = if id.is_multiple_of(2) { folders } else { mix(id, 7) % (folders + 1) } * FOLDER_EVERY + 1;
    let (dir, parent) = if is_folder {
        (root, format!("{{{ROOT}}}"))
    } else {
        (format!("{root}/Folder {folder}"), unique_id(folder))
    };
    let name = if is_folder { format!("Folder {id}") } else { format!("{id}_.000") };
    let (own, person) = (unique_id(id), id % 9 + 1);
    let (day, hour) = (id % 28 + 1, id % 24);
    let _ = writeln!(
        out,
        "<z:row ows_ID='{id}' ows_ContentTypeId='0x010022E977096CF046A3B0B154D3668E8FB2' ows_Title='Bid {id} for the \
         harbour' ows_Modified='2026-02-{day:02}T{hour:02}:56:06Z' ows_Created='2026-01-{day:02}T17:35:46Z' \
         ows_Author='{person};#Person Number {person}' ows_Editor='7;#Farid Haddad' ows_owshiddenversion='{}' \
         ows_UniqueId='{id};#{own}' ows_ParentUniqueId='{id};#{parent}' ows_FileRef='{id};#{dir}/{name}' \
         ows_FileDirRef='{id};#{dir}' ows_FileLeafRef='{id};#{name}' ows_FSObjType='{id};#{}' \
         ows_PermMask='0x7fffffffffffffff' ows_Amount='{}.490000000000' ows_Status='{}' \
         ows_Due='2026-03-{day:02}T00:00:00Z' ows_Won='{}' ows_Remarks='R&amp;D plan.&#10;Offer {id} of the year' />",
        id % 7 + 1,
        u8::from(is_folder),
        id * 37 % 100_000,
        ["Open", "Held", "Won", "Lost"][usize::try_from(id % 4).unwrap()],
        id % 2,
    );
}

/// An id that looks like any other: neighbours share nothing.
fn unique_id(id: u64) -> String {
    let (a, b) = (mix(id, 0x1234_5678_9abc_def0), mix(id, 0x0fed_cba9_8765_4321));
    format!(
        "{{{:08X}-{:04X}-4{:03X}-8{:03X}-{:012X}}}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

fn mix(id: u64, seed: u64) -> u64 {
    let once = (id ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    once.wrapping_mul(0xBF58_476D_1CE4_E5B9)
}
