//! Rowsets: the rows that were asked for, by ids, by place or since a token; filled at will.

use sharepoint_changes::ChangeToken;

use super::{
    super::LIST,
    told::{Happened, Told},
};

/// The answer to a call with this body, with or without a token.
pub(super) fn write(last: &ChangeToken, asked: &str, since: bool, told: &Told) -> String {
    let named: Vec<i64> = numbers_behind(asked, "Counter").collect();
    let mut place = numbers_behind(asked, "p_ID").next().unwrap_or(0);
    let (mut events, mut rows) = (String::new(), String::new());
    for (n, happened) in told.happened.iter().enumerate() {
        place += 1 + i64::from(happened.id % 8);
        let id = match (named.get(n), since) {
            (Some(id), _) => *id,
            (None, true) => 1 + i64::from(happened.id % 32),
            (None, false) => place,
        };
        if let Some(event) = EVENTS.get(usize::from(happened.kind) % (2 * EVENTS.len())).filter(|_| since) {
            events.push_str(&format!(r#"<Id ChangeType="{event}">{id}</Id>"#));
        }
        let is_wanted = named.is_empty() || n < named.len();
        if is_wanted && happened.kind & 0x40 == 0 {
            rows.push_str(&row(id, happened));
        }
    }
    let list = told.columns.or((!since).then_some(0)).map(definition).unwrap_or_default();
    // What goes on is told by a token or by a place.
    let (more, next) = match (told.more && named.is_empty(), since) {
        (false, _) => ("", String::new()),
        (true, true) => (r#" MoreChanges="TRUE""#, String::new()),
        (true, false) => ("", format!(r#" ListItemCollectionPositionNext="Paged=TRUE&amp;p_ID={place}""#)),
    };
    format!(
        "<GetListItemChangesSinceTokenResult><listitems EffectivePermMask='FullMask' \
         xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\
         <Changes LastChangeToken=\"{last}\"{more}>{list}{events}</Changes>\
         <rs:data ItemCount=\"{}\"{next}>{rows}</rs:data></listitems></GetListItemChangesSinceTokenResult>",
        rows.matches("<z:row").count()
    )
}

fn row(id: i64, Happened { kind, folder, parent, .. }: &Happened) -> String {
    let (object, parent) = (u8::from(*folder), i64::from(parent % 32));
    format!(
        "<z:row ows_ID='{id}' ows_FSObjType='{id};#{object}' ows_UniqueId='{id};#{{{}}}' \
         ows_ParentUniqueId='{id};#{{{}}}' ows_FileRef='{id};#sites/ops/L/{parent}/{id}' \
         ows_FileDirRef='{id};#sites/ops/L/{parent}' ows_owshiddenversion='{kind}' \
         ows_PermMask='0x7fffffffffffffff' ows_Title='{kind}'/>",
        unique_id(id),
        unique_id(parent),
    )
}

/// The list, with so many columns of its own.
fn definition(columns: u8) -> String {
    let own = (0..columns % 3).map(|n| format!("Own{n}"));
    let field = |(n, name)| {
        format!(
            r#"<Field ID="{{2b61c9a8-7d0e-4f53-9c44-18e0aa35d{n:03}}}" Type="Text" Name="{name}" StaticName="{name}"/>"#
        )
    };
    let fields: String = NEEDED.into_iter().map(str::to_owned).chain(own).enumerate().map(field).collect();
    format!(
        r#"<List ID="{{{LIST}}}" Title="L" RootFolder="/sites/ops/L" ItemCount="9"><Fields>{fields}</Fields></List>"#
    )
}

fn unique_id(id: i64) -> String {
    format!("d27c4f90-1b6e-4e0a-93f5-6a8d{id:08}")
}

/// The numbers that stand next behind each place of a name in a body.
fn numbers_behind<'a>(body: &'a str, name: &'a str) -> impl Iterator<Item = i64> + 'a {
    body.match_indices(name).filter_map(|(at, _)| {
        let rest = body[at + name.len()..].trim_start_matches(|char: char| !char.is_ascii_digit());
        let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    })
}

const EVENTS: [&str; 7] =
    ["Delete", "MoveAway", "Restore", "InvalidToken", "SystemUpdate", "Rename", "Vanish"];

const NEEDED: [&str; 9] = [
    "ID",
    "UniqueId",
    "FSObjType",
    "FileRef",
    "FileDirRef",
    "ParentUniqueId",
    "owshiddenversion",
    "PermMask",
    "Title",
];
