//! One page becomes one transaction: its rows, what is gone, and its checkpoint.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use sharepoint_changes::{
    Basis, Checkpoint, End, ItemChange, ItemPage, Known,
    item::{Schema, UnreadableValue},
};

use crate::{
    error::MirrorError,
    guard::{self, Left, Watch},
    layout::Layout,
    migrate,
    remove::{Reason, Remover},
    state::State,
    tree::{self, Among},
    write::Writer,
};

/// What came of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// Rows that were written.
    pub written: u64,
    /// Rows that were removed because the server said so, with everything below them.
    pub told: u64,
    /// Rows that were removed because they were not seen.
    pub absent: u64,
    /// Rows of the load or the listing so far; `None` for a page of single differences.
    pub seen: Option<u64>,
    /// Whether a full load ended with this page.
    pub loaded: bool,
    /// Items whose folder is not held at the end of a load, or that went along with a folder which did not come, and may
    /// be seen all the same. They were made pending in the checkpoint that was committed: go on with a new session from
    /// [`Mirror::checkpoint`](crate::Mirror::checkpoint), because no page of this one follows it.
    pub orphans: u64,
    /// Values that are not what the types of their fields promise. Their columns are NULL, and the rows hold them as they
    /// came in `sp_raw`.
    pub unread: u64,
    /// The first of them; its attribute is called as the rowset calls it, `ows_` and all.
    pub first_unread: Option<UnreadableValue>,
}

/// What a page says, whoever made it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'b> {
    pub(crate) part: Part<'b>,
    pub(crate) changes: &'b [ItemChange],
    pub(crate) checkpoint: &'b Checkpoint,
    pub(crate) follows: Option<&'b str>,
    pub(crate) schema: &'b Arc<Schema>,
    /// How many items the list has, as it last said.
    pub(crate) item_count: Option<u64>,
}

/// What a page is a part of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'b> {
    Delta,
    Snapshot { load: &'b str, end: Option<&'b End> },
    Subtree { folder: i32, listing: &'b str, last: bool },
}

impl<'b> Batch<'b> {
    /// What the page says; `name` has room for the name it carries.
    pub(crate) fn of(page: &'b ItemPage, name: &'b mut String) -> Batch<'b> {
        let part = match &page.basis {
            Basis::Delta => Part::Delta,
            Basis::Snapshot { load, end } => {
                *name = load.to_string();
                Part::Snapshot { load: name, end: end.as_ref() }
            }
            Basis::Subtree { folder, listing, last } => {
                *name = listing.to_string();
                Part::Subtree { folder: *folder, listing: name, last: *last }
            }
        };
        let follows = page.follows.as_deref();
        Batch {
            part,
            changes: &page.changes,
            checkpoint: &page.checkpoint,
            follows,
            schema: &page.schema,
            item_count: page.item_count,
        }
    }
}

/// The layout of the table for one state of the list's fields.
pub(crate) type Laid = (Arc<Schema>, Arc<Layout>);

/// What a commit needs beside the page.
pub(crate) struct Context<'c> {
    pub(crate) asked: Option<&'c BTreeSet<String>>,
    pub(crate) tombstones: bool,
    /// Whether ids that are touched are noted.
    pub(crate) track: bool,
    /// A checkpoint that a page which follows none may replace.
    pub(crate) replaces: Option<&'c str>,
    /// The server's time.
    pub(crate) at: Timestamp,
}

/// Applies a page within a transaction. Nothing of it holds unless the transaction is committed.
pub(crate) fn apply(
    open: &Transaction<'_>,
    batch: &Batch<'_>,
    laid: &mut Option<Laid>,
    watch: &mut Watch,
    context: &Context<'_>,
) -> Result<Committed, MirrorError> {
    let mut state = State::read(open)?;
    let anew = batch.follows.is_none() && context.replaces.is_some();
    let expected = if anew { context.replaces } else { batch.follows };
    if state.checkpoint.as_deref() != expected {
        return Err(MirrorError::Conflict);
    }
    if anew {
        // Another chain of checkpoints may use names again.
        open.execute("DELETE FROM _marks", [])?;
    }
    belong(open, &mut state, batch.checkpoint, watch, context.at)?;
    let layout = laid_out(open, &mut state, batch.schema, laid, context)?;
    let table = state.table()?.to_owned();
    let number = number(open, &mut state, &batch.part, batch.changes.len())?;
    // Rows carry the highest number given so far, whatever brings them: it tells when they were last seen.
    let mark = state.marks;
    let since = number.map_or(mark, |(number, _)| number);
    let mut committed = Committed { seen: number.map(|(_, rows)| rows), ..Committed::default() };

    let remover =
        Remover { open, table: &table, tombstones: context.tombstones, track: context.track, at: context.at };
    let mut writer = Writer::new(open, &table, &layout, batch.schema)?;
    let mut buried = open.prepare_cached("SELECT 1 FROM _tombstones")?.exists([])?;
    let mut along = Vec::new();
    let touch = |id: i32| -> Result<(), MirrorError> {
        if context.track {
            open.prepare_cached("INSERT OR IGNORE INTO temp._touched (id) VALUES (?1)")?.execute([id])?;
        }
        Ok(())
    };
    for change in batch.changes {
        // What goes may come again in the same page.
        buried |= context.tombstones && !matches!(change, ItemChange::Upserted(_));
        match change {
            ItemChange::Upserted(row) => {
                writer.put(row, &mut state, mark)?;
                committed.written += 1;
                touch(row.id())?;
                if buried {
                    open.prepare_cached("DELETE FROM _tombstones WHERE id = ?1")?.execute([row.id()])?;
                }
            }
            ItemChange::Removed { id, unique_id, known: Known::Told } => {
                committed.told += remover.with_tree(*id, *unique_id, Reason::Deleted, watch)?;
                writer.removed();
            }
            ItemChange::Removed { id, known: known @ (Known::Absent | Known::Hidden), .. } => {
                let reason = if *known == Known::Hidden { Reason::Hidden } else { Reason::Absent };
                committed.absent += remover.not_brought(*id, reason, &mut along, watch)?;
                writer.removed();
            }
            ItemChange::MovedAway { id, unique_id, to_list, to_item } => {
                let reason = Reason::MovedAway { to_list: *to_list, to_item: *to_item };
                committed.told += remover.with_tree(*id, *unique_id, reason, watch)?;
                writer.removed();
            }
            ItemChange::Restored { id } | ItemChange::Renamed { id } | ItemChange::SystemUpdated { id } => {
                touch(*id)?;
            }
            // What this version does not know moves nothing; the checkpoint must not pass it.
            other => return Err(MirrorError::Damaged(format!("a change of an unknown kind: {other:?}"))),
        }
    }
    let told = std::mem::take(&mut writer.told);
    let unread = writer.into_unread();
    (committed.unread, committed.first_unread) = (unread.count, unread.first);
    let root = state.root_path.clone();
    let mut checkpoint = batch.checkpoint.to_string();
    if !along.is_empty() {
        committed.orphans = along.len() as u64;
        checkpoint = batch.checkpoint.with_pending(along).to_string();
    }
    match batch.part {
        // While a load or listings are ahead, folders stand under names and in places that are about to change: what
        // is told by a path waits for their end.
        Part::Delta if !batch.checkpoint.is_loading() && batch.checkpoint.pending().1 == 0 => {
            tree::resolve_told(open, &table, root.as_deref(), &told)?;
        }
        Part::Delta | Part::Snapshot { end: None, .. } | Part::Subtree { last: false, .. } => {}
        Part::Snapshot { end: Some(end), .. } => {
            if let End::Sweep { spare } = end {
                let reason = if state.replaced { Reason::Replaced } else { Reason::Swept };
                committed.absent += remover.sweep(since, spare, reason, watch)?;
            }
            state.replaced = false;
            state.loaded_at = Some(context.at);
            open.execute("DELETE FROM _marks", [])?;
            committed.loaded = true;
            tree::resolve_all(open, &table, root.as_deref(), Among::Held)?;
            let orphans = tree::orphans(open, &table)?;
            committed.orphans = orphans.len() as u64;
            if !orphans.is_empty() {
                checkpoint = batch.checkpoint.with_pending(orphans).to_string();
            }
        }
        Part::Subtree { folder, listing, last: true } => {
            if let Some(above) = tree::depth(open, &table, root.as_deref(), folder)? {
                let listed = Among::Listed { above, number: since };
                tree::resolve_all(open, &table, root.as_deref(), listed)?;
            }
            committed.absent += remover.unlisted(folder, since, watch)?;
            if batch.checkpoint.pending().1 == 0 {
                tree::resolve_all(open, &table, root.as_deref(), Among::Held)?;
            }
            open.prepare_cached("DELETE FROM _marks WHERE name = ?1")?.execute([listing])?;
        }
    }
    if watch.counts() {
        let rows = guard::rows(open, Some(&table))?;
        let left = Left { rows, item_count: batch.item_count, pending: batch.checkpoint.pending() };
        watch.judge(open, &mut state, &left, context.at)?;
    }
    state.checkpoint = Some(checkpoint);
    state.write(open)?;
    Ok(committed)
}

/// Notes which list the checkpoint is of. Where it is another than before, every row that is held is about to go by
/// absence, even those whose ids the new list has as well; the guard judges them here, where it begins.
pub(crate) fn belong(
    open: &Transaction<'_>,
    state: &mut State,
    checkpoint: &Checkpoint,
    watch: &mut Watch,
    at: Timestamp,
) -> Result<(), MirrorError> {
    let list = checkpoint.scope_id();
    if state.list_id.is_some_and(|before| before != list) {
        let rows = guard::rows(open, state.table.as_deref())?;
        watch.count(rows, state.list_title.clone().map(|title| format!("all of {title}")));
        watch.judge(open, state, &Left { rows: 0, item_count: None, pending: (0, 0) }, at)?;
        state.replaced = rows > 0;
        state.root_unique_id = None;
        open.execute("DELETE FROM _marks", [])?;
    }
    state.list_id = Some(list);
    Ok(())
}

/// The layout for the page's schema, with the table brought to it.
pub(crate) fn laid_out(
    open: &Transaction<'_>,
    state: &mut State,
    schema: &Arc<Schema>,
    laid: &mut Option<Laid>,
    context: &Context<'_>,
) -> Result<Arc<Layout>, MirrorError> {
    if let Some((before, layout)) = laid
        && (Arc::ptr_eq(before, schema) || before == schema)
    {
        return Ok(Arc::clone(layout));
    }
    let layout = Arc::new(migrate::lay_out(open, state, schema, context.asked, context.at)?);
    state.list_title = schema.title.as_deref().map(str::to_owned).or_else(|| state.list_title.take());
    let root = schema.root_folder.as_deref().map(|root| format!("/{}", root.trim_matches('/')));
    state.root_path = root.or_else(|| state.root_path.take());
    *laid = Some((Arc::clone(schema), Arc::clone(&layout)));
    Ok(layout)
}

/// The number of the page's load or listing and the rows seen under it, this page's included; `None` for differences.
///
/// Numbers rise, so that they tell what was seen before what. A row that came as a difference since a listing began
/// carries its number or a higher one: it is not gone, though the listing had passed by its place.
fn number(
    open: &Transaction<'_>,
    state: &mut State,
    part: &Part<'_>,
    rows: usize,
) -> Result<Option<(i64, u64)>, MirrorError> {
    let (name, is_load) = match part {
        Part::Delta => return Ok(None),
        Part::Snapshot { load, .. } => (load, true),
        Part::Subtree { listing, .. } => (listing, false),
    };
    let known = open
        .prepare_cached("SELECT number, rows FROM _marks WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (number, before): (i64, i64) = match known {
        Some(known) => known,
        None => {
            if is_load {
                // A new load forgets every load and listing that was under way.
                open.execute("DELETE FROM _marks", [])?;
            }
            state.marks += 1;
            (state.marks, 0)
        }
    };
    let rows = before + i64::try_from(rows).unwrap_or(i64::MAX);
    open.prepare_cached("INSERT OR REPLACE INTO _marks (name, number, rows) VALUES (?1, ?2, ?3)")?
        .execute(params![name, number, rows])?;
    Ok(Some((number, rows.unsigned_abs())))
}
