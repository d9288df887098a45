//! The worst day: how many rows may go only because they were not seen.
//!
//! The limit belongs to the copy, not to a run: what went by absence is kept by the day, and a week of it is held
//! against the rows there were. Once a page was refused, every removal by absence is, until somebody allows it or a
//! run comes to the end of the log without one.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rusqlite::{Connection, Transaction};

use crate::{
    error::{HeldBack, HoldReason, MirrorError},
    form::quoted,
    state::State,
};

/// How many rows may be removed by absence within seven days of the server's time: rows that a load or a listing did
/// not show, items that were asked for and did not come, a list that another one replaced. What the server says was
/// deleted is not counted.
///
/// However many may go, a copy never becomes empty by absence, and rows that the list's own `ItemCount` still counts
/// are not taken for gone, unless it is [allowed](Guard::allow).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Guard {
    /// The part of the rows that were held seven days ago; 0.1.
    pub part: f64,
    /// Rows that may go however few are held; 10.
    pub rows: u64,
    /// Rows that may go in this one run, said by somebody who looked; `None` at first.
    pub allowed: Option<u64>,
}

impl Default for Guard {
    fn default() -> Self {
        Guard { part: 0.1, rows: 10, allowed: None }
    }
}

impl Guard {
    /// Lets this part of the rows go, from 0 to 1.
    #[must_use]
    pub fn part(mut self, part: f64) -> Self {
        self.part = part.clamp(0.0, 1.0);
        self
    }

    /// Lets this many rows go, however few are held.
    #[must_use]
    pub fn rows(mut self, rows: u64) -> Self {
        self.rows = rows;
        self
    }

    /// Lets this one run remove up to so many rows. What it removes so is not counted against later runs.
    #[must_use]
    pub fn allow(mut self, rows: u64) -> Self {
        self.allowed = Some(rows);
        self
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a part of a number of rows is one"
    )]
    fn limit(&self, held: u64) -> u64 {
        let part = (held as f64 * self.part) as u64;
        part.max(self.rows)
    }
}

/// What goes by absence during a run.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    guard: Guard,
    /// Rows of the run so far.
    absent: u64,
    /// Rows among them that are hidden: the log says that permissions changed.
    hidden: u64,
    /// Rows among them that were not judged yet.
    unjudged: u64,
    names: Vec<String>,
}

/// The copy as a page would leave it.
pub(crate) struct Left {
    /// Rows that stay.
    pub(crate) rows: u64,
    /// How many items the list says it has; `None` where that tells nothing of these rows.
    pub(crate) item_count: Option<u64>,
    /// Items and folders that are still to be asked for.
    pub(crate) pending: (u64, u64),
}

impl Watch {
    pub(crate) fn new(guard: Guard) -> Self {
        Watch { guard, absent: 0, hidden: 0, unjudged: 0, names: Vec::new() }
    }

    /// Counts rows that go by absence.
    pub(crate) fn count(&mut self, rows: u64, names: impl IntoIterator<Item = String>) {
        self.absent += rows;
        self.unjudged += rows;
        let room = NAMES.saturating_sub(self.names.len());
        self.names.extend(names.into_iter().take(room));
    }

    /// Says of rows that were counted that they are hidden, so that the list counts them still.
    pub(crate) fn hidden(&mut self, rows: u64) {
        self.hidden += rows;
    }

    /// Whether there are rows to be judged.
    pub(crate) fn counts(&self) -> bool {
        self.unjudged > 0
    }

    /// How many more names there is room for.
    pub(crate) fn wants_names(&self) -> usize {
        NAMES.saturating_sub(self.names.len())
    }

    /// Refuses the rows that were counted since the last call, or notes in the copy that they went.
    pub(crate) fn judge(
        &mut self,
        open: &Transaction<'_>,
        state: &mut State,
        left: &Left,
        at: Timestamp,
    ) -> Result<(), MirrorError> {
        let rows = std::mem::take(&mut self.unjudged);
        if rows == 0 {
            return Ok(());
        }
        if self.guard.allowed.is_some_and(|allowed| self.absent <= allowed) {
            open.execute("DELETE FROM _absences", [])?;
            state.held_back = None;
            return Ok(());
        }
        let earlier = within_window(open, at)?;
        let held = left.rows + rows + earlier;
        let limit = self.guard.limit(held);
        let Some(reason) = self.reason(state, left, rows + earlier > limit, hidden(open)?) else {
            return note(open, rows, at);
        };
        Err(MirrorError::TooManyRemoved(HeldBack {
            rows: self.absent,
            earlier,
            limit,
            held,
            reason,
            pending_items: left.pending.0,
            pending_folders: left.pending.1,
            names: self.names.clone(),
            at,
        }))
    }

    /// Why the rows may not go; `None` where they may.
    fn reason(&self, state: &State, left: &Left, too_many: bool, hidden: Option<u64>) -> Option<HoldReason> {
        if let (Some(item_count), Some(hidden)) = (left.item_count, hidden) {
            // Items that were added since, and not read yet, are more than the copy shows too.
            let more = item_count.saturating_sub(left.rows).saturating_sub(hidden + self.hidden);
            let unexplained = self.absent - self.hidden;
            if unexplained > self.guard.rows && more > unexplained / 2 {
                return Some(HoldReason::StillListed { item_count });
            }
        }
        if left.rows == 0 {
            Some(HoldReason::Emptied)
        } else if too_many {
            Some(HoldReason::TooMany)
        } else {
            state.held_back.as_ref().map(|held| HoldReason::HeldSince(held.since()))
        }
    }
}

/// Rows that went by absence within the window.
fn within_window(open: &Connection, at: Timestamp) -> Result<u64, MirrorError> {
    let sql = "SELECT coalesce(sum(rows), 0) FROM _absences WHERE day > ?1";
    let rows: i64 = open.prepare_cached(sql)?.query_row([last_day_before(at)], |row| row.get(0))?;
    Ok(rows.unsigned_abs())
}

/// Notes that rows went by absence, and forgets those that went before the window.
fn note(open: &Connection, rows: u64, at: Timestamp) -> Result<(), MirrorError> {
    open.prepare_cached("DELETE FROM _absences WHERE day <= ?1")?.execute([last_day_before(at)])?;
    let sql = "INSERT INTO _absences (day, rows) VALUES (?1, ?2)
        ON CONFLICT (day) DO UPDATE SET rows = rows + excluded.rows";
    open.prepare_cached(sql)?.execute((day(at), i64::try_from(rows).unwrap_or(i64::MAX)))?;
    Ok(())
}

/// The last day that lies before the window.
fn last_day_before(at: Timestamp) -> String {
    day(at.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN))
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// How many items the list had that the copy did not show, when a run last came to the end of the log; `None` where
/// the list did not say.
fn hidden(open: &Connection) -> Result<Option<u64>, MirrorError> {
    let sql = "SELECT hidden FROM _mirror WHERE only = 1";
    let hidden: Option<i64> = open.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(hidden.map(i64::unsigned_abs))
}

/// Notes how many items the list has that the copy does not show.
pub(crate) fn note_hidden(open: &Connection, item_count: u64, rows: u64) -> Result<(), MirrorError> {
    let hidden = i64::try_from(item_count.saturating_sub(rows)).unwrap_or(i64::MAX);
    open.prepare_cached("UPDATE _mirror SET hidden = ?1 WHERE only = 1")?.execute([hidden])?;
    Ok(())
}

/// How many rows are held.
pub(crate) fn rows(open: &Connection, table: Option<&str>) -> Result<u64, MirrorError> {
    let Some(table) = table else { return Ok(0) };
    let sql = format!("SELECT count(*) FROM {}", quoted(table));
    let rows: i64 = open.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(rows.unsigned_abs())
}

/// For how long rows that went are held against those that would go.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Names that a refusal tells.
const NAMES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_and_at_least_ten_rows_may_go() {
        let guard = Guard::default();
        let limits = [0, 50, 100, 1_000, 200_000].map(|held| guard.limit(held));
        assert_eq!(limits, [10, 10, 10, 100, 20_000]);
        assert_eq!(guard.rows(0).part(0.5).limit(10), 5);
    }
}
