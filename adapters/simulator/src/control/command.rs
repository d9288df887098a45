//! The commands of the control path.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use uuid::Uuid;

/// One command. Lists are named by title, id or server-relative path; items by `id`, or by `path` below their list's
/// root folder; folders by such a path, empty for the root folder. Times are text such as `90s` or `2d`.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the commands are named by what they do")]
#[non_exhaustive]
pub enum Command {
    AddItem {
        list: String,
        #[serde(default)]
        folder: String,
        #[serde(default)]
        values: BTreeMap<String, Json>,
    },
    AddFolder {
        list: String,
        #[serde(default)]
        folder: String,
        name: String,
    },
    Upload {
        list: String,
        #[serde(default)]
        folder: String,
        name: String,
        #[serde(default)]
        size: u64,
    },
    Edit {
        list: String,
        #[serde(flatten)]
        item: Named,
        #[serde(default)]
        values: BTreeMap<String, Json>,
    },
    SystemUpdate {
        list: String,
        #[serde(flatten)]
        item: Named,
        #[serde(default)]
        values: BTreeMap<String, Json>,
    },
    Overwrite {
        list: String,
        #[serde(flatten)]
        item: Named,
        size: u64,
    },
    Rename {
        list: String,
        #[serde(flatten)]
        item: Named,
        name: String,
    },
    /// Into another folder, or into another list.
    Move {
        list: String,
        #[serde(flatten)]
        item: Named,
        to: Option<String>,
        #[serde(default)]
        folder: String,
    },
    CopyFolder {
        list: String,
        #[serde(flatten)]
        item: Named,
        #[serde(default)]
        folder: String,
        name: String,
    },
    Delete {
        list: String,
        #[serde(flatten)]
        item: Named,
    },
    /// Answers with the `place` that `restore` takes.
    Recycle {
        list: String,
        #[serde(flatten)]
        item: Named,
    },
    Restore {
        place: Uuid,
    },
    Share {
        list: String,
        #[serde(flatten)]
        item: Named,
        #[serde(default = "first_user")]
        user: i32,
    },
    InheritAgain {
        list: String,
        #[serde(flatten)]
        item: Named,
    },
    /// Whether the caller may see an item; without a row.
    Show {
        list: String,
        #[serde(flatten)]
        item: Named,
        visible: bool,
    },
    /// Whether reading an item's row fails; without a row.
    Poison {
        list: String,
        #[serde(flatten)]
        item: Named,
        poison: bool,
    },
    AddList {
        title: String,
        #[serde(default)]
        library: bool,
    },
    UpdateList {
        list: String,
    },
    RenameList {
        list: String,
        title: String,
    },
    DeleteList {
        list: String,
    },
    /// A deleted list, by its id.
    RestoreList {
        id: Uuid,
    },
    /// Rights of the caller on a list, as a hexadecimal mask.
    SetPermissions {
        list: String,
        mask: String,
    },
    /// Rights of the caller on an item and what inherits from it, as a hexadecimal mask; none for those on the folder it
    /// stands in. Without the lowest bit it is hidden.
    SetItemPermissions {
        list: String,
        #[serde(flatten)]
        item: Named,
        mask: Option<String>,
    },
    /// Many files or rows at once, in folders of so many; 0 for all at the top.
    Fill {
        list: String,
        count: u32,
        #[serde(default)]
        per_folder: u32,
    },
    /// One column of every type; lookups show titles of the other list.
    AddEveryColumn {
        list: String,
        shown: String,
    },
    /// The truth about a list's items with every field, as a perfect copy has it.
    Truth {
        list: String,
    },
    /// `kind` is text, note, number, currency, integer, boolean, datetime, user or url.
    AddColumn {
        list: String,
        title: String,
        kind: String,
    },
    DeleteColumn {
        list: String,
        name: String,
    },
    /// The truth about a list's items.
    Items {
        list: String,
    },
    /// The truth about the log: rows of a list, or of the whole site, after a number.
    Rows {
        list: Option<String>,
        #[serde(default)]
        after: i64,
    },
    /// A fault at the n-th request from now on (1 is the next) whose path holds `path`, so many times.
    Fault {
        fault: String,
        #[serde(default = "one")]
        nth: u64,
        #[serde(default = "one")]
        times: u64,
        #[serde(default)]
        path: String,
    },
    /// A fault by chance.
    Chance {
        fault: String,
        probability: f64,
    },
    ClearFaults,
    Lie {
        lie: String,
    },
    TellTheTruth,
    /// A switch of the dialect, `name=value`.
    Dialect {
        set: String,
    },
    /// A budget of units a minute; none for no throttler.
    Throttle {
        budget: Option<u32>,
    },
    /// One of both; none for anonymous callers.
    Auth {
        bearer: Option<String>,
        cookie: Option<String>,
    },
    /// Lets time pass.
    Advance {
        time: String,
    },
    Purge,
    /// Moves the first content database: its log begins anew at a number.
    MoveDatabase {
        number: i64,
    },
    /// Puts a copy of the site collection in its place: another id, and lists of the same ids.
    ReplaceByCopy,
    Describe,
}

/// An item by its id or its path.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "the two ways to name an item")]
pub struct Named {
    pub id: Option<i32>,
    pub path: Option<String>,
}

fn first_user() -> i32 {
    1
}

fn one() -> u64 {
    1
}
