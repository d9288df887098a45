//! The tree of folders, kept by identity: a row says in which folder it lies by that folder's UniqueId, and paths are
//! derived from names. A folder that is renamed or moved is one row that changes.
//!
//! `sp_parent` is NULL in the list's root folder, a UniqueId below it, and, where a server does not tell
//! ParentUniqueId and the folder is not held yet, the folder's path, which begins with a slash.

use std::collections::BTreeSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

use crate::{error::MirrorError, form::quoted};

/// What stands beside a list's table: indexes for what is asked of the tree, and the view of paths.
pub(crate) fn made_with(table: &str) -> String {
    let (quoted, view) = (quoted(table), view(table));
    format!(
        "CREATE INDEX _by_parent ON {quoted} (sp_parent) WHERE sp_parent IS NOT NULL;
         CREATE INDEX _folders ON {quoted} (sp_unique_id) WHERE sp_folder = 1;
         CREATE INDEX _folders_by_name ON {quoted} (sp_parent, sp_name) WHERE sp_folder = 1;
         {view};"
    )
}

/// Makes the view of paths again where an earlier version made it in another way.
pub(crate) fn renew_view(open: &Transaction<'_>, table: &str) -> Result<(), MirrorError> {
    let view = view(table);
    let made = "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = '_paths'";
    let before: Option<String> = open.query_row(made, [], |row| row.get(0)).optional()?;
    if before.as_deref() != Some(view.as_str()) {
        open.execute_batch(&format!("DROP VIEW IF EXISTS _paths; {view};"))?;
    }
    Ok(())
}

/// Only the first of the folders with one UniqueId holds what claims it: so every row has one place at most, and the
/// view ends whatever the server said.
fn view(table: &str) -> String {
    let table = quoted(table);
    let holds = format!(
        "CASE WHEN item.sp_folder = 1 AND NOT EXISTS (
                 SELECT 1 FROM {table} AS twin WHERE twin.sp_folder = 1
                 AND twin.sp_unique_id = item.sp_unique_id AND twin.id < item.id)
             THEN item.sp_unique_id END"
    );
    format!(
        "CREATE VIEW _paths (id, path) AS
         WITH RECURSIVE _placed (id, path, folder) AS (
             -- What lies in the root folder, and what lies in folders that the account may not see.
             SELECT item.id, COALESCE(item.sp_dir, _mirror.root_path, '') || '/' || item.sp_name, {holds}
             FROM {table} AS item, _mirror
             WHERE item.sp_parent IS NULL OR (item.sp_dir IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM {table} AS holder
                 WHERE holder.sp_folder = 1 AND holder.sp_unique_id = item.sp_parent))
             UNION ALL
             SELECT item.id, _placed.path || '/' || item.sp_name, {holds}
             FROM _placed JOIN {table} AS item ON item.sp_parent = _placed.folder
         )
         SELECT id, path FROM _placed"
    )
}

/// The path of one row; `None` where its folder is not held and its own row did not tell the folder's path.
pub(crate) fn path(open: &Connection, table: &str, id: i64) -> Result<Option<String>, MirrorError> {
    let table = quoted(table);
    let mut statement = open.prepare_cached(&format!(
        "SELECT sp_name, sp_parent, sp_dir, (SELECT holder.id FROM {table} AS holder
             WHERE holder.sp_folder = 1 AND holder.sp_unique_id = item.sp_parent)
         FROM {table} AS item WHERE id = ?1"
    ))?;
    let root = open.query_row("SELECT root_path FROM _mirror", [], |row| row.get::<_, Option<String>>(0))?;
    let (mut next, mut names) = (Some(id), Vec::new());
    let mut above = None;
    while let Some(id) = next.take() {
        let row = statement.query_row([id], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?, row.get(2)?, row.get(3)?))
        });
        let Some((name, parent, dir, holder)) = row.optional()? else { return Ok(None) };
        names.push(name.unwrap_or_default());
        above = match (parent, holder) {
            (None, _) => root.clone(),
            (Some(_), None) => dir,
            (Some(_), Some(_)) => None,
        };
        // Two folders may stand in each other for the length of a window of changes.
        next = holder.filter(|_| names.len() < DEEPEST);
    }
    names.reverse();
    Ok(above.map(|above: String| format!("{above}/{}", names.join("/"))))
}

/// How many names lead from the list's root folder to a folder; `None` where its path is not known.
pub(crate) fn depth(
    open: &Connection,
    table: &str,
    root: Option<&str>,
    folder: i32,
) -> Result<Option<usize>, MirrorError> {
    let path = path(open, table, i64::from(folder))?;
    let below = path.as_deref().zip(root).and_then(|(path, root)| path.strip_prefix(root));
    Ok(below.map(|below| below.split('/').skip(1).count()))
}

/// Fills `gone` with a row and everything below it: by the tree, and whatever claims one of these UniqueIds as its
/// folder, held or not. A UniqueId that another living folder has as well is left alone: it moved away and came back
/// under another id.
pub(crate) fn collect_with_tree(
    open: &Transaction<'_>,
    table: &str,
    id: i32,
    told: Option<&str>,
) -> Result<(), MirrorError> {
    let table = quoted(table);
    let sql = format!(
        "INSERT OR IGNORE INTO temp._gone (id, along)
         WITH RECURSIVE _seeds (unique_id) AS (
             SELECT unique_id FROM (
                 SELECT sp_unique_id AS unique_id FROM {table} WHERE id = ?1 AND sp_folder = 1
                 UNION SELECT ?2 WHERE ?2 IS NOT NULL)
             WHERE NOT EXISTS (SELECT 1 FROM {table} AS other
                 WHERE other.sp_folder = 1 AND other.sp_unique_id = unique_id AND other.id <> ?1)
         ), _below (id, unique_id) AS (
             SELECT item.id, CASE item.sp_folder WHEN 1 THEN item.sp_unique_id END
             FROM _seeds JOIN {table} AS item ON item.sp_parent = _seeds.unique_id
             UNION
             SELECT item.id, CASE item.sp_folder WHEN 1 THEN item.sp_unique_id END
             FROM _below JOIN {table} AS item ON item.sp_parent = _below.unique_id
         )
         SELECT id, NULL FROM {table} WHERE id = ?1
         UNION ALL SELECT id, ?1 FROM _below"
    );
    open.prepare_cached(&sql)?.execute(params![id, told])?;
    Ok(())
}

/// Fills `gone` with what lies below a folder and was not seen since this mark was given.
pub(crate) fn collect_unlisted(
    open: &Transaction<'_>,
    table: &str,
    folder: i32,
    mark: i64,
) -> Result<(), MirrorError> {
    let table = quoted(table);
    let sql = format!(
        "INSERT OR IGNORE INTO temp._gone (id, along)
         WITH RECURSIVE _below (id, unique_id, mark) AS (
             SELECT item.id, CASE item.sp_folder WHEN 1 THEN item.sp_unique_id END, item.sp_mark
             FROM {table} AS folder JOIN {table} AS item ON item.sp_parent = folder.sp_unique_id
             WHERE folder.id = ?1 AND folder.sp_folder = 1
             UNION
             SELECT item.id, CASE item.sp_folder WHEN 1 THEN item.sp_unique_id END, item.sp_mark
             FROM _below JOIN {table} AS item ON item.sp_parent = _below.unique_id
         )
         SELECT id, ?1 FROM _below WHERE mark < ?2 AND id <> ?1"
    );
    open.prepare_cached(&sql)?.execute(params![folder, mark])?;
    Ok(())
}

/// The rows whose folder is neither held nor the root.
pub(crate) fn orphans(open: &Connection, table: &str) -> Result<Vec<i32>, MirrorError> {
    let table = quoted(table);
    let mut statement = open.prepare_cached(&format!(
        "SELECT id FROM {table} AS item WHERE sp_parent IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM {table} AS holder WHERE holder.sp_folder = 1 AND holder.sp_unique_id = item.sp_parent)"
    ))?;
    let ids = statement.query_map([], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Asks whether a folder with the UniqueId `?1` is held.
pub(crate) fn holds_folder<'o>(
    open: &'o Connection,
    table: &str,
) -> Result<CachedStatement<'o>, MirrorError> {
    let table = quoted(table);
    let sql = format!("SELECT 1 FROM {table} WHERE sp_folder = 1 AND sp_unique_id = ?1");
    Ok(open.prepare_cached(&sql)?)
}

/// Which folders a path may mean.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Among {
    /// All that are held.
    Held,
    /// Beyond the first names, only those that a listing has shown: while one is under way, the others still have the
    /// names and places they had before it.
    Listed {
        /// How many names lead to the folder that is listed.
        above: usize,
        /// The number of the listing.
        number: i64,
    },
}

/// Turns paths into the UniqueIds of the folders that stand there, as far as they are held by now.
pub(crate) fn resolve_all(
    open: &Transaction<'_>,
    table: &str,
    root: Option<&str>,
    among: Among,
) -> Result<(), MirrorError> {
    let Some(root) = root else { return Ok(()) };
    let sql = format!(
        "SELECT DISTINCT sp_parent FROM {} WHERE sp_parent >= '/' AND sp_parent < '0'",
        quoted(table)
    );
    let paths = open.prepare_cached(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    resolve(open, table, root, &paths, among)
}

/// The same for what a page of differences told: rows that say by a path where they lie, and folders that such a row,
/// of this page or of one before, may mean. What it does not name costs nothing.
pub(crate) fn resolve_told(
    open: &Transaction<'_>,
    table: &str,
    root: Option<&str>,
    told: &Told,
) -> Result<(), MirrorError> {
    let Some(root) = root else { return Ok(()) };
    let mut paths = told.paths.clone();
    // What lies in a folder or below: after a slash comes `0`.
    let mut waiting = open.prepare_cached(&format!(
        "SELECT DISTINCT sp_parent FROM {} WHERE sp_parent = ?1 OR (sp_parent >= ?1 || '/' AND sp_parent < ?1 || '0')",
        quoted(table)
    ))?;
    for folder in &told.folders {
        for path in waiting.query_map([folder], |row| row.get(0))? {
            paths.insert(path?);
        }
    }
    resolve(open, table, root, &paths, Among::Held)
}

/// Paths that the rows of a page told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Those of the folders in which rows lie that do not name the folder's UniqueId.
    pub(crate) paths: BTreeSet<String>,
    /// Those of the folders among the rows.
    pub(crate) folders: BTreeSet<String>,
}

fn resolve(
    open: &Transaction<'_>,
    table: &str,
    root: &str,
    paths: &BTreeSet<String>,
    among: Among,
) -> Result<(), MirrorError> {
    let sql = format!("UPDATE {} SET sp_parent = ?1, sp_dir = NULL WHERE sp_parent = ?2", quoted(table));
    let mut update = open.prepare_cached(&sql)?;
    // From the root on, so that a folder is in its place before what lies in it is looked for.
    for path in paths {
        if let Some(folder) = folder_at(open, table, root, path, among)? {
            update.execute([&folder, path])?;
        }
    }
    Ok(())
}

/// The UniqueId of the folder at a path, found name by name from the root; below a folder that is not held, as the
/// account may not see it, by the path that the row of the next one told. Where two stand there, the one that was seen
/// last.
pub(crate) fn folder_at(
    open: &Connection,
    table: &str,
    root: &str,
    path: &str,
    among: Among,
) -> Result<Option<String>, MirrorError> {
    let Some(below) = path.strip_prefix(root).and_then(|below| below.strip_prefix('/')) else {
        return Ok(None);
    };
    let table = quoted(table);
    let mut step = open.prepare_cached(&format!(
        "SELECT sp_unique_id FROM {table} WHERE sp_parent IS ?1 AND sp_name = ?2 AND sp_folder = 1
             AND COALESCE(sp_mark, 0) >= ?3 ORDER BY sp_mark DESC LIMIT 1"
    ))?;
    let mut holder = Holder::Root;
    let mut end = root.len();
    for (n, name) in below.split('/').enumerate() {
        let since = match among {
            Among::Listed { above, number } if n >= above => number,
            _ => 0,
        };
        let parent = match &holder {
            Holder::Root => None,
            Holder::Held(unique_id) => Some(unique_id.as_str()),
            Holder::Path => Some(&path[..end]),
        };
        let next =
            step.query_row(params![parent, name, since], |row| row.get::<_, Option<String>>(0)).optional()?;
        holder = next.flatten().map_or(Holder::Path, Holder::Held);
        end += 1 + name.len();
    }
    Ok(match holder {
        Holder::Held(unique_id) => Some(unique_id),
        Holder::Root | Holder::Path => None,
    })
}

/// How a row names the folder it lies in.
enum Holder {
    Root,
    Held(String),
    /// It is not held, and nobody told its UniqueId.
    Path,
}

/// Folders above one another beyond which there is a circle; paths end at 400 characters (SharePoint Online's limit).
const DEEPEST: usize = 400;
