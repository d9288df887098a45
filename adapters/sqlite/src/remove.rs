//! Rows leave the table: one by one with what lies below them, or by the many that were not seen.

use jiff::Timestamp;
use rusqlite::{Transaction, params, types::ValueRef};
use serde_json::{Map, Value as Json};
use sharepoint_changes::uuid::Uuid;

use crate::{error::MirrorError, form::quoted, guard::Watch, tree};

/// Why rows leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The server said that the item was deleted.
    Deleted,
    /// The server said that the item left the list.
    MovedAway { to_list: Option<Uuid>, to_item: Option<i32> },
    /// The item was asked for and did not come.
    Absent,
    /// The caller does not see the item any more.
    Hidden,
    /// The listing of a folder did not show it.
    Unlisted,
    /// A full load did not show it.
    Swept,
    /// A full load of the list that stands under the name now did not show it.
    Replaced,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Deleted => "deleted",
            Reason::MovedAway { .. } => "moved_away",
            Reason::Absent => "absent",
            Reason::Hidden => "hidden",
            Reason::Unlisted => "unlisted",
            Reason::Swept => "swept",
            Reason::Replaced => "replaced",
        }
    }

    /// Whether nobody said that the row is gone. Rows of a replaced list were counted when the list was.
    fn is_absence(self) -> bool {
        matches!(self, Reason::Absent | Reason::Hidden | Reason::Unlisted | Reason::Swept)
    }
}

/// Removes what stands in `gone`.
pub(crate) struct Remover<'r> {
    pub(crate) open: &'r Transaction<'r>,
    pub(crate) table: &'r str,
    pub(crate) tombstones: bool,
    pub(crate) track: bool,
    pub(crate) at: Timestamp,
}

impl Remover<'_> {
    /// Removes an item and everything below it; returns how many rows went.
    pub(crate) fn with_tree(
        &self,
        id: i32,
        unique_id: Option<Uuid>,
        reason: Reason,
        watch: &mut Watch,
    ) -> Result<u64, MirrorError> {
        let told = unique_id.map(|id| id.to_string());
        tree::collect_with_tree(self.open, self.table, id, told.as_deref())?;
        self.touch(id)?;
        self.take(reason, watch)
    }

    /// Removes an item that did not come and everything below it; returns how many rows went, and adds the ids of those
    /// that went along: they may be seen all the same.
    pub(crate) fn not_brought(
        &self,
        id: i32,
        reason: Reason,
        along: &mut Vec<i32>,
        watch: &mut Watch,
    ) -> Result<u64, MirrorError> {
        tree::collect_with_tree(self.open, self.table, id, None)?;
        let mut others = self.open.prepare_cached("SELECT id FROM temp._gone WHERE id <> ?1 ORDER BY id")?;
        for other in others.query_map([id], |row| row.get(0))? {
            along.push(other?);
        }
        self.touch(id)?;
        self.take(reason, watch)
    }

    fn touch(&self, id: i32) -> Result<(), MirrorError> {
        if self.track {
            self.open
                .prepare_cached("INSERT OR IGNORE INTO temp._touched (id) VALUES (?1)")?
                .execute([id])?;
        }
        Ok(())
    }

    /// Removes what lies below a folder and was not seen since its listing was given this mark.
    pub(crate) fn unlisted(&self, folder: i32, mark: i64, watch: &mut Watch) -> Result<u64, MirrorError> {
        tree::collect_unlisted(self.open, self.table, folder, mark)?;
        self.take(Reason::Unlisted, watch)
    }

    /// Removes what was not seen since the load was given this mark.
    pub(crate) fn sweep(
        &self,
        mark: i64,
        spare: &[i32],
        reason: Reason,
        watch: &mut Watch,
    ) -> Result<u64, MirrorError> {
        let sql = format!(
            "INSERT INTO temp._gone (id) SELECT id FROM {} WHERE sp_mark < ?1 OR sp_mark IS NULL",
            quoted(self.table)
        );
        self.open.prepare_cached(&sql)?.execute([mark])?;
        let mut spared = self.open.prepare_cached("DELETE FROM temp._gone WHERE id = ?1")?;
        for id in spare {
            spared.execute([id])?;
        }
        self.take(reason, watch)
    }

    fn take(&self, reason: Reason, watch: &mut Watch) -> Result<u64, MirrorError> {
        let (open, table) = (self.open, quoted(self.table));
        let rows: i64 =
            open.prepare_cached("SELECT count(*) FROM temp._gone")?.query_row([], |row| row.get(0))?;
        if rows == 0 {
            return Ok(0);
        }
        if reason.is_absence() {
            watch.count(rows.unsigned_abs(), self.names(watch.wants_names())?);
            if reason == Reason::Hidden {
                watch.hidden(rows.unsigned_abs());
            }
        }
        if self.tombstones {
            self.bury(reason)?;
        }
        if self.track {
            open.prepare_cached("INSERT OR IGNORE INTO temp._touched (id) SELECT id FROM temp._gone")?
                .execute([])?;
        }
        open.prepare_cached(&format!("DELETE FROM {table} WHERE id IN (SELECT id FROM temp._gone)"))?
            .execute([])?;
        open.prepare_cached("DELETE FROM temp._gone")?.execute([])?;
        Ok(rows.unsigned_abs())
    }

    /// Paths of some of the rows in `gone`.
    fn names(&self, most: usize) -> Result<Vec<String>, MirrorError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = self.open.prepare_cached("SELECT id FROM temp._gone ORDER BY id LIMIT ?1")?;
        let ids: Vec<i64> = statement.query_map([most], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let name = |id| {
            let path = tree::path(self.open, self.table, id)?;
            Ok(path.unwrap_or_else(|| format!("item {id}")))
        };
        ids.into_iter().map(name).collect()
    }

    /// Keeps the rows in `gone` as they last were.
    fn bury(&self, reason: Reason) -> Result<(), MirrorError> {
        let (to_list, to_item) = match reason {
            Reason::MovedAway { to_list, to_item } => (to_list.map(|id| id.to_string()), to_item),
            _ => (None, None),
        };
        let rows = format!(
            "SELECT _gone.along, item.* FROM temp._gone JOIN {} AS item USING (id)",
            quoted(self.table)
        );
        let mut statement = self.open.prepare(&rows)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let along: Option<i64> = row.get(0)?;
            let id: i64 = row.get("id")?;
            let mut held = Map::new();
            for (n, name) in names.iter().enumerate().skip(1) {
                let value = match row.get_ref(n)? {
                    ValueRef::Integer(number) => Json::from(number),
                    ValueRef::Real(number) => Json::from(number),
                    ValueRef::Text(text) => Json::from(String::from_utf8_lossy(text)),
                    ValueRef::Null | ValueRef::Blob(_) => continue,
                };
                if name != "sp_mark" {
                    held.insert(name.clone(), value);
                }
            }
            self.open.prepare_cached(BURY)?.execute(params![
                id,
                row.get::<_, Option<String>>("sp_unique_id")?,
                tree::path(self.open, self.table, id)?,
                row.get::<_, Option<i64>>("sp_folder")?,
                self.at.to_string(),
                reason.name(),
                along,
                if along.is_none() { to_list.as_deref() } else { None },
                to_item.filter(|_| along.is_none()),
                Json::Object(held).to_string(),
            ])?;
        }
        Ok(())
    }
}

const BURY: &str = "INSERT INTO _tombstones
    (id, unique_id, path, folder, removed_at, reason, along_with, to_list, to_item, row)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
