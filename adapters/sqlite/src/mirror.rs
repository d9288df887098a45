//! The copy: one writer, pages in, a checkpoint out.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use sharepoint_changes::{Checkpoint, ItemPage, item::Schema};

use crate::{
    commit::{self, Batch, Committed, Context, Laid},
    error::MirrorError,
    file,
    guard::{self, Guard, Watch},
    layout::Layout,
    state::State,
    tree::{self, Among},
};

/// A list kept as a SQLite table, open for writing.
///
/// [`sync`](Mirror::sync) brings it to the end of the log. Whoever runs the session himself commits every page with
/// [`commit`](Mirror::commit) and the end of a run with [`finish`](Mirror::finish).
pub struct Mirror {
    pub(crate) writer: file::Writer,
    path: PathBuf,
    tombstones: bool,
    asked: Option<BTreeSet<String>>,
    laid: Option<Laid>,
    watch: Option<Watch>,
    /// A checkpoint that a page which follows none may replace: a full load was asked for.
    replaces: Option<String>,
    /// How many items the list has, as it last said in this run.
    item_count: Option<u64>,
    pub(crate) track: bool,
}

impl Mirror {
    /// Opens the copy in this file, or makes the file where there is none.
    ///
    /// A file beside it, with `.lock` behind its name, keeps a second writer out for as long as this value lives;
    /// readers need nothing but SQLite, and see the last page that was committed. When the value is dropped and no
    /// reader is connected, the copy is this one file, and the right to read it is all that a reader needs; as long
    /// as somebody writes, `-wal` and `-shm` stand beside it.
    ///
    /// # Errors
    /// [`MirrorError::Busy`] where another process has it open, [`MirrorError::NotAMirror`] and
    /// [`MirrorError::Version`] where the file is something else, which stays as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Mirror, MirrorError> {
        let path = path.as_ref().to_owned();
        Ok(Mirror {
            writer: file::write(&path)?,
            path,
            tombstones: false,
            asked: None,
            laid: None,
            watch: None,
            replaces: None,
            item_count: None,
            track: false,
        })
    }

    /// Keeps deleted rows in `_tombstones`, with the time, the last path and the reason; off at first.
    #[must_use]
    pub fn tombstones(mut self, keep: bool) -> Self {
        self.tombstones = keep;
        self
    }

    /// Gives columns to these fields only, by internal name: those the query names. Without it, to all that are
    /// stored.
    #[must_use]
    pub fn fields(mut self, names: Option<impl IntoIterator<Item = String>>) -> Self {
        self.asked = names.map(|names| names.into_iter().collect());
        self.laid = None;
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The checkpoint that is held, to begin the next session from; `None` before the first page.
    ///
    /// # Errors
    /// [`MirrorError`], where it cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, MirrorError> {
        self.state()?.checkpoint()
    }

    /// How many rows are held.
    ///
    /// # Errors
    /// [`MirrorError`], where the database fails.
    pub fn rows(&self) -> Result<u64, MirrorError> {
        guard::rows(self.connection(), self.state()?.table.as_deref())
    }

    /// The name of the list's table; `None` before the first page.
    ///
    /// # Errors
    /// [`MirrorError`], where the database fails.
    pub fn table(&self) -> Result<Option<String>, MirrorError> {
        Ok(self.state()?.table)
    }

    /// Begins a run: what [`Guard::allow`] lets it remove is counted from here. What went by absence before is kept in
    /// the copy and counts on.
    ///
    pub fn begin(&mut self, guard: Guard) {
        self.watch = Some(Watch::new(guard));
        (self.replaces, self.item_count) = (None, None);
    }

    /// Lets the next page replace the checkpoint that is held although it follows none: a full load from the
    /// beginning was asked for. Until that page is committed nothing changes.
    ///
    /// # Errors
    /// [`MirrorError`], where the database fails.
    pub fn begin_anew(&mut self) -> Result<(), MirrorError> {
        self.replaces = self.state()?.checkpoint;
        Ok(())
    }

    /// Commits a page with its checkpoint in one transaction; `at` is the server's time.
    ///
    /// # Errors
    /// [`MirrorError::Conflict`] where another checkpoint is held than the one the page follows, and
    /// [`MirrorError::TooManyRemoved`] where the guard refuses it. Whatever the error, nothing of the page is kept.
    pub fn commit(&mut self, page: &ItemPage, at: Timestamp) -> Result<Committed, MirrorError> {
        let mut name = String::new();
        self.commit_batch(&Batch::of(page, &mut name), at)
    }

    pub(crate) fn commit_batch(
        &mut self,
        batch: &Batch<'_>,
        at: Timestamp,
    ) -> Result<Committed, MirrorError> {
        let result =
            self.transact(at, |open, laid, watch, context| commit::apply(open, batch, laid, watch, context));
        match &result {
            Err(error) => self.note(error)?,
            Ok(_) => {
                self.replaces = None;
                self.item_count = batch.item_count.or(self.item_count);
            }
        }
        result
    }

    /// Commits the checkpoint of a run that came to the end of the log ([`Done::UpToDate`]), by the same rule as a
    /// page; `at` is the server's time.
    ///
    /// # Errors
    /// As for [`commit`](Mirror::commit).
    ///
    /// [`Done::UpToDate`]: sharepoint_changes::Done::UpToDate
    pub fn finish(
        &mut self,
        checkpoint: &Checkpoint,
        follows: Option<&str>,
        at: Timestamp,
    ) -> Result<(), MirrorError> {
        let item_count = self.item_count;
        self.move_on(checkpoint, follows, at, |open, state| {
            state.synced_at = Some(at);
            state.held_back = None;
            match item_count {
                Some(count) => guard::note_hidden(open, count, guard::rows(open, state.table.as_deref())?),
                None => Ok(()),
            }
        })
    }

    /// Commits the checkpoint that a new full load begins with ([`Done::Resync`]), by the same rule as a page; `at`
    /// is the server's time. Rows stay until the load's end shows which of them are gone.
    ///
    /// # Errors
    /// As for [`commit`](Mirror::commit). The guard refuses to begin the load of another list, because every row
    /// that is held would go.
    ///
    /// [`Done::Resync`]: sharepoint_changes::Done::Resync
    pub fn reload(
        &mut self,
        then: &Checkpoint,
        follows: Option<&str>,
        at: Timestamp,
    ) -> Result<(), MirrorError> {
        self.move_on(then, follows, at, |_, state| {
            state.reloaded_at = Some(at);
            Ok(())
        })
    }

    /// Makes these items pending: the next session asks for them before anything else.
    ///
    /// # Errors
    /// [`MirrorError`], where nothing is held yet, or the database fails.
    pub fn ask_for(&mut self, ids: impl IntoIterator<Item = i32>) -> Result<(), MirrorError> {
        let Some(held) = self.checkpoint()? else {
            return Err(MirrorError::Damaged("nothing was read yet".to_owned()));
        };
        let pending = held.with_pending(ids);
        self.pend(&pending, Some(held.as_str()), held.moment())
    }

    /// Commits the checkpoint of a run whose work goes on: with the next session, or once a load may begin.
    pub(crate) fn pend(
        &mut self,
        checkpoint: &Checkpoint,
        follows: Option<&str>,
        at: Timestamp,
    ) -> Result<(), MirrorError> {
        self.move_on(checkpoint, follows, at, |_, _| Ok(()))
    }

    /// Notes that a new load began.
    pub(crate) fn note_reload(&mut self, at: Timestamp) -> Result<(), MirrorError> {
        self.change_state(|state| state.reloaded_at = Some(at))
    }

    /// The rows whose folder is neither held nor the root.
    pub(crate) fn orphans(&mut self) -> Result<Vec<i32>, MirrorError> {
        let state = self.state()?;
        let Some(table) = state.table else { return Ok(Vec::new()) };
        let open = self.writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tree::resolve_all(&open, &table, state.root_path.as_deref(), Among::Held)?;
        let orphans = tree::orphans(&open, &table)?;
        open.commit()?;
        Ok(orphans)
    }

    fn change_state(&mut self, change: impl FnOnce(&mut State)) -> Result<(), MirrorError> {
        let open = self.writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut state = State::read(&open)?;
        change(&mut state);
        state.write(&open)?;
        Ok(open.commit()?)
    }

    fn move_on(
        &mut self,
        checkpoint: &Checkpoint,
        follows: Option<&str>,
        at: Timestamp,
        change: impl FnOnce(&Connection, &mut State) -> Result<(), MirrorError>,
    ) -> Result<(), MirrorError> {
        let result = self.transact(at, |open, _, watch, context| {
            let mut state = State::read(open)?;
            let anew = follows.is_none() && context.replaces.is_some();
            if state.checkpoint.as_deref() != if anew { context.replaces } else { follows } {
                return Err(MirrorError::Conflict);
            }
            commit::belong(open, &mut state, checkpoint, watch, context.at)?;
            state.checkpoint = Some(checkpoint.to_string());
            change(open, &mut state)?;
            state.write(open)
        });
        match &result {
            Err(error) => self.note(error)?,
            Ok(()) => self.replaces = None,
        }
        result
    }

    /// Runs something in a transaction: all of it holds, or nothing.
    fn transact<T>(
        &mut self,
        at: Timestamp,
        work: impl FnOnce(
            &rusqlite::Transaction<'_>,
            &mut Option<Laid>,
            &mut Watch,
            &Context<'_>,
        ) -> Result<T, MirrorError>,
    ) -> Result<T, MirrorError> {
        let mut watch = self.watch.clone().unwrap_or_else(|| Watch::new(Guard::default()));
        let mut laid = self.laid.clone();
        let context = Context {
            asked: self.asked.as_ref(),
            tombstones: self.tombstones,
            track: self.track,
            replaces: self.replaces.as_deref(),
            at,
        };
        let open = self.writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&open, &mut laid, &mut watch, &context)?;
        open.commit()?;
        (self.laid, self.watch) = (laid, Some(watch));
        Ok(done)
    }

    /// Notes what the guard refused, so that whoever asks for the state of the copy hears of it.
    fn note(&mut self, error: &MirrorError) -> Result<(), MirrorError> {
        let MirrorError::TooManyRemoved(held_back) = error else { return Ok(()) };
        self.change_state(|state| state.held_back = Some(held_back.clone()))
    }

    pub(crate) fn note_interval(&mut self, minutes: Option<u32>) -> Result<(), MirrorError> {
        // There is no other writer, so what is read here stays until it is written.
        if minutes.is_none() || self.state()?.min_minutes == minutes {
            return Ok(());
        }
        self.change_state(|state| state.min_minutes = minutes)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.writer.connection
    }

    pub(crate) fn state(&self) -> Result<State, MirrorError> {
        State::read(self.connection())
    }

    /// Where the values of these fields are kept; the table is brought to them first.
    pub(crate) fn lay_out(
        &mut self,
        schema: &Arc<Schema>,
        at: Timestamp,
    ) -> Result<Arc<Layout>, MirrorError> {
        self.transact(at, |open, laid, _, context| {
            let mut state = State::read(open)?;
            let layout = commit::laid_out(open, &mut state, schema, laid, context)?;
            state.write(open)?;
            Ok(layout)
        })
    }
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("path", &self.path).finish_non_exhaustive()
    }
}
