//! The one row that says where the copy stands.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use sharepoint_changes::{Checkpoint, uuid::Uuid};

use crate::error::{HeldBack, HoldReason, MirrorError};

/// Where the copy stands, as its table `_mirror` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// The exact text.
    pub(crate) checkpoint: Option<String>,
    pub(crate) list_id: Option<Uuid>,
    pub(crate) list_title: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) root_path: Option<String>,
    pub(crate) root_unique_id: Option<String>,
    pub(crate) schema_version: i64,
    pub(crate) synced_at: Option<Timestamp>,
    pub(crate) loaded_at: Option<Timestamp>,
    pub(crate) reloaded_at: Option<Timestamp>,
    pub(crate) min_minutes: Option<u32>,
    /// The highest number given to a load or a listing.
    pub(crate) marks: i64,
    /// Whether the rows of another list are being replaced by the load under way, with leave.
    pub(crate) replaced: bool,
    pub(crate) held_back: Option<HeldBack>,
}

impl State {
    pub(crate) fn read(connection: &Connection) -> Result<State, MirrorError> {
        let mut statement = connection.prepare_cached(SELECT)?;
        let raw = statement.query_row([], |row| {
            Ok((
                State {
                    checkpoint: row.get(0)?,
                    list_title: row.get(2)?,
                    table: row.get(3)?,
                    root_path: row.get(4)?,
                    root_unique_id: row.get(5)?,
                    schema_version: row.get(6)?,
                    min_minutes: row.get(10)?,
                    marks: row.get(11)?,
                    replaced: row.get(12)?,
                    ..State::default()
                },
                [row.get(1)?, row.get(7)?, row.get(8)?, row.get(9)?, row.get::<_, Option<String>>(13)?],
            ))
        });
        let Some((state, [list_id, synced_at, loaded_at, reloaded_at, held_back])) = raw.optional()? else {
            return Err(MirrorError::Damaged("_mirror is empty".to_owned()));
        };
        Ok(State {
            list_id: parsed("list_id", list_id)?,
            synced_at: parsed("synced_at", synced_at)?,
            loaded_at: parsed("loaded_at", loaded_at)?,
            reloaded_at: parsed("reloaded_at", reloaded_at)?,
            held_back: held_back.as_deref().and_then(read_held_back),
            ..state
        })
    }

    pub(crate) fn write(&self, connection: &Connection) -> Result<(), MirrorError> {
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        connection.prepare_cached(UPDATE)?.execute(params![
            self.checkpoint,
            self.list_id.map(|id| id.to_string()),
            self.list_title,
            self.table,
            self.root_path,
            self.root_unique_id,
            self.schema_version,
            text(self.synced_at),
            text(self.loaded_at),
            text(self.reloaded_at),
            self.min_minutes,
            self.marks,
            self.replaced,
            self.held_back.as_ref().map(write_held_back),
        ])?;
        Ok(())
    }

    /// The checkpoint that is held; `None` before the first page.
    pub(crate) fn checkpoint(&self) -> Result<Option<Checkpoint>, MirrorError> {
        Ok(self.checkpoint.as_deref().map(str::parse).transpose()?)
    }

    /// The list's table.
    pub(crate) fn table(&self) -> Result<&str, MirrorError> {
        self.table.as_deref().ok_or_else(|| MirrorError::Damaged("the list has no table yet".to_owned()))
    }
}

fn parsed<T: FromStr>(column: &str, text: Option<String>) -> Result<Option<T>, MirrorError> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_| MirrorError::Damaged(format!("{column} is {text:?}")))
}

fn write_held_back(held: &HeldBack) -> String {
    let HeldBack { rows, earlier, limit, held, reason, pending_items, pending_folders, names, at } = held;
    let (item_count, since) = match reason {
        HoldReason::TooMany | HoldReason::Emptied => (None, None),
        HoldReason::StillListed { item_count } => (Some(item_count), None),
        HoldReason::HeldSince(since) => (None, Some(since.to_string())),
    };
    json!({
        "rows": rows,
        "earlier": earlier,
        "limit": limit,
        "held": held,
        "emptied": *reason == HoldReason::Emptied,
        "item_count": item_count,
        "since": since,
        "pending_items": pending_items,
        "pending_folders": pending_folders,
        "names": names,
        "at": at.to_string(),
    })
    .to_string()
}

/// Reads it; what version 1 did not write is as if nothing were known of it.
fn read_held_back(text: &str) -> Option<HeldBack> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let names = value["names"].as_array()?.iter();
    let number = |name: &str| value[name].as_u64();
    let reason = match (number("item_count"), value["since"].as_str()) {
        (Some(item_count), _) => HoldReason::StillListed { item_count },
        (None, Some(since)) => HoldReason::HeldSince(since.parse().ok()?),
        (None, None) if value["emptied"] == true => HoldReason::Emptied,
        (None, None) => HoldReason::TooMany,
    };
    Some(HeldBack {
        rows: number("rows")?,
        earlier: number("earlier").unwrap_or_default(),
        limit: number("limit")?,
        held: number("held")?,
        reason,
        pending_items: number("pending_items").unwrap_or_default(),
        pending_folders: number("pending_folders").unwrap_or_default(),
        names: names.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        at: value["at"].as_str()?.parse().ok()?,
    })
}

const SELECT: &str =
    "SELECT checkpoint, list_id, list_title, table_name, root_path, root_unique_id, schema_version,
    synced_at, loaded_at, reloaded_at, min_minutes, marks, replaced, held_back FROM _mirror WHERE only = 1";

const UPDATE: &str = "UPDATE _mirror SET checkpoint = ?1, list_id = ?2, list_title = ?3, table_name = ?4,
    root_path = ?5, root_unique_id = ?6, schema_version = ?7, synced_at = ?8, loaded_at = ?9, reloaded_at = ?10,
    min_minutes = ?11, marks = ?12, replaced = ?13, held_back = ?14 WHERE only = 1";
