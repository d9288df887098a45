//! Whether the copy is the list: the log is drained, the whole list read beside the copy, the log drained again. What
//! the second drain touched changed meanwhile and proves nothing; everything else must be equal.

use jiff::Timestamp;
use rusqlite::params;
use sharepoint_changes::{
    Basis, Done, DriveError, End, Host, ItemChange, ItemPage, ItemQuery, Notice, Reload, Session, Site,
    Start, drive, item::Row,
};

use crate::{
    cell::{Cell, Equality},
    cells::{DIR, MARK, PARENT, Reader},
    error::{MirrorError, SyncError},
    form::quoted,
    heard::{Heard, HeardPage, Listening},
    layout::{Layout, OWN},
    mirror::Mirror,
    state::State,
    sync::{Phase, Progress, Report, SyncSettings},
    tree::{self, Among},
};

/// What a comparison of the copy with the list found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Rows of the list that were read.
    pub read: u64,
    /// Items that changed while they were read, and were not compared.
    pub touched: u64,
    /// Where the copy differs from the list, by id.
    pub drift: Vec<Drift>,
    /// Whether some rows of the list could not be read, so that rows only the copy has prove nothing.
    pub partial: bool,
    /// What the two drains had to tell beside their changes: the first hundred of each.
    pub notices: Vec<Notice>,
}

/// An item the copy has otherwise than the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Drift {
    /// The list has it, the copy does not.
    Missing(i32),
    /// The copy has it, the list does not.
    Extra(i32),
    /// Both have it, with other values.
    Different(i32),
}

impl Drift {
    /// The item's id.
    pub fn id(self) -> i32 {
        match self {
            Drift::Missing(id) | Drift::Extra(id) | Drift::Different(id) => id,
        }
    }
}

impl Mirror {
    /// Compares the copy with the list, which may change meanwhile: values as they are kept, lookups by id. Two drains
    /// belong to it, so the copy is up to date afterwards.
    ///
    /// # Errors
    /// As for [`sync`](Mirror::sync). A list whose columns or rights change while it is read cannot be compared:
    /// [`SyncError::Unverified`].
    pub fn verify<H: Host>(
        &mut self,
        host: &mut H,
        site: &Site,
        query: &ItemQuery,
        settings: &SyncSettings,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Verified, SyncError<H::Error>> {
        let mut notices = self.sync(host, site, query, settings, &mut progress)?.notices;
        let gentle = SyncSettings { full: false, ..settings.clone() };
        self.forget_scratch()?;
        let end = self.read_beside(host, site, query, &gentle, &mut progress)?;
        self.track = true;
        let drained = self.sync(host, site, query, &gentle, &mut progress);
        self.track = false;
        notices.extend(drained?.notices);
        Ok(Verified { notices, ..self.compared(&end)? })
    }

    /// Asks for every item that was found to differ, and brings the copy to the end of the log.
    ///
    /// # Errors
    /// As for [`sync`](Mirror::sync).
    pub fn repair<H: Host>(
        &mut self,
        verified: &Verified,
        host: &mut H,
        site: &Site,
        query: &ItemQuery,
        settings: &SyncSettings,
        progress: impl FnMut(&Progress),
    ) -> Result<Report, SyncError<H::Error>> {
        let ids = verified.drift.iter().map(|drift| drift.id());
        if !verified.drift.is_empty() {
            self.ask_for(ids)?;
        }
        let gentle = SyncSettings { full: false, ..settings.clone() };
        self.sync(host, site, query, &gentle, progress)
    }

    /// Reads the whole list and notes which of its rows the copy has, and which otherwise.
    fn read_beside<H: Host>(
        &mut self,
        host: &mut H,
        site: &Site,
        query: &ItemQuery,
        settings: &SyncSettings,
        progress: &mut impl FnMut(&Progress),
    ) -> Result<End, SyncError<H::Error>> {
        let mut session_settings = settings.session.clone();
        session_settings.reload = Reload::Refused;
        let session = Session::new(site.clone(), query.clone(), Start::Beginning, session_settings);
        let mut session = Listening::new(session.map_err(SyncError::Start)?, Heard::default());
        let (mut pages, mut rows) = (0, 0);
        let done = drive(&mut session, host, |HeardPage { page, at }| {
            self.compare(&page, at)?;
            pages += 1;
            rows += page.changes.len() as u64;
            let total = page.item_count;
            progress(&Progress { phase: Phase::Comparing, pages, written: 0, rows, total });
            match page.basis {
                Basis::Snapshot { end: Some(end), .. } => Err(Stop::Read(end)),
                _ => Ok(()),
            }
        });
        match done {
            Err(DriveError::Commit(Stop::Read(end))) => Ok(end),
            Err(DriveError::Commit(Stop::Failed(error))) => Err(SyncError::Mirror(error)),
            Err(DriveError::Machine(error)) => Err(SyncError::Session(error)),
            Err(DriveError::Transport(error)) => Err(SyncError::Transport(error)),
            Err(DriveError::Stopped) => Err(SyncError::Stopped),
            Ok(Done::Resync { reason, .. }) => Err(SyncError::Unverified(Some(reason))),
            Ok(Done::UpToDate { .. }) => Err(SyncError::Unverified(None)),
        }
    }

    /// Notes for each row of a page how it stands beside the copy.
    fn compare(&mut self, page: &ItemPage, at: Timestamp) -> Result<(), MirrorError> {
        let layout = self.lay_out(&page.schema, at)?;
        let open = self.writer.connection.transaction()?;
        let mut state = State::read(&open)?;
        let mut note =
            open.prepare_cached("INSERT OR REPLACE INTO temp._seen (id, differs) VALUES (?1, ?2)")?;
        let mut reader = Reader::new(&layout, &page.schema);
        for change in &page.changes {
            if let ItemChange::Upserted(row) = change {
                let differs = differs(&open, row, &mut reader, &layout, &mut state)?;
                note.execute(params![row.id(), differs])?;
            }
        }
        drop(note);
        Ok(open.commit()?)
    }

    fn forget_scratch(&self) -> Result<(), MirrorError> {
        Ok(self.connection().execute_batch("DELETE FROM temp._seen; DELETE FROM temp._touched;")?)
    }

    /// What differs and was not touched meanwhile.
    fn compared(&mut self, end: &End) -> Result<Verified, MirrorError> {
        let state = self.state()?;
        let table = quoted(state.table()?);
        let open = self.writer.connection.transaction()?;
        let partial = match end {
            End::Keep => true,
            End::Sweep { spare } => {
                let mut spared =
                    open.prepare("INSERT OR IGNORE INTO temp._seen (id, differs) VALUES (?1, 0)")?;
                for id in spare {
                    spared.execute([id])?;
                }
                !spare.is_empty()
            }
        };
        let mut verified = Verified {
            read: count(&open, "SELECT count(*) FROM temp._seen")?,
            touched: count(&open, "SELECT count(*) FROM temp._touched")?,
            drift: Vec::new(),
            partial,
            notices: Vec::new(),
        };
        let extra = format!("SELECT {EXTRA}, id FROM {table} WHERE id NOT IN (SELECT id FROM temp._seen)");
        let sql = format!(
            "SELECT how, id FROM (SELECT differs AS how, id FROM temp._seen WHERE differs > 0
             {}) WHERE id NOT IN (SELECT id FROM temp._touched) ORDER BY id",
            if *end == End::Keep { String::new() } else { format!("UNION ALL {extra}") }
        );
        let mut statement = open.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(1)?;
            verified.drift.push(match row.get(0)? {
                MISSING => Drift::Missing(id),
                EXTRA => Drift::Extra(id),
                _ => Drift::Different(id),
            });
        }
        drop(rows);
        drop(statement);
        open.execute_batch("DELETE FROM temp._seen; DELETE FROM temp._touched;")?;
        open.commit()?;
        Ok(verified)
    }
}

fn count(open: &rusqlite::Connection, sql: &str) -> Result<u64, MirrorError> {
    Ok(open.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// How a row of the list stands beside what is held of it.
fn differs<'p>(
    open: &rusqlite::Connection,
    row: &'p Row,
    reader: &mut Reader<'p>,
    layout: &Layout,
    state: &mut State,
) -> Result<i64, MirrorError> {
    let cells = reader.read(row, state);
    if let (Cell::Text(path), Some(root)) = (&cells[PARENT], &state.root_path)
        && path.starts_with('/')
        && let Some(folder) = tree::folder_at(open, state.table()?, root, path, Among::Held)?
    {
        cells[PARENT] = Cell::owned(folder);
    }
    let parts = layout.held.iter().flat_map(|held| &held.parts).map(|part| part.equality);
    let own_parts = (0..OWN.len()).map(|n| match n {
        // When a row was last seen and what its folder was called then are the copy's own notes.
        DIR | MARK => Equality::AsOfLastChange,
        _ => Equality::Exact,
    });
    let mut statement = open.prepare_cached(&layout.select)?;
    let mut held = statement.query([row.id()])?;
    let Some(held) = held.next()? else { return Ok(MISSING) };
    for (n, (cell, equality)) in cells.iter().zip(own_parts.chain(parts)).enumerate() {
        if !cell.is(held.get_ref(n)?, equality) {
            return Ok(DIFFERENT);
        }
    }
    Ok(EQUAL)
}

const EQUAL: i64 = 0;
const DIFFERENT: i64 = 1;
const MISSING: i64 = 2;
const EXTRA: i64 = 3;

/// Why the reading of the list ended.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("the list was read")]
    Read(End),
    #[error("the copy cannot be read")]
    Failed(#[from] MirrorError),
}
