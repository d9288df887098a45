//! The worst day: how many rows a run may remove only because it did not see them.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::{
    error::{HeldBack, MirrorError},
    form::quoted,
};

/// How many rows a run may remove by absence: rows that a load or a listing did not show, items that were asked for
/// and did not come, a list that another one replaced. What the server says was deleted is not counted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Guard {
    /// The part of the rows held when the run began; 0.1.
    pub part: f64,
    /// Rows that may go however few are held; 100.
    pub rows: u64,
    /// Rows that may go in this one run, said by somebody who looked; `None` at first.
    pub allowed: Option<u64>,
}

impl Default for Guard {
    fn default() -> Self {
        Guard { part: 0.1, rows: 100, allowed: None }
    }
}

impl Guard {
    /// Lets a run remove this part of the rows, from 0 to 1.
    #[must_use]
    pub fn part(mut self, part: f64) -> Self {
        self.part = part.clamp(0.0, 1.0);
        self
    }

    /// Lets a run remove this many rows, however few are held.
    #[must_use]
    pub fn rows(mut self, rows: u64) -> Self {
        self.rows = rows;
        self
    }

    /// Lets this one run remove up to so many rows.
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
        part.max(self.rows).max(self.allowed.unwrap_or(0))
    }
}

/// What one run removed by absence so far.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    guard: Guard,
    /// Rows held when the run began.
    held: u64,
    absent: u64,
    names: Vec<String>,
}

impl Watch {
    pub(crate) fn new(guard: Guard, held: u64) -> Self {
        Watch { guard, held, absent: 0, names: Vec::new() }
    }

    /// Counts rows that go by absence.
    pub(crate) fn count(&mut self, rows: u64, names: impl IntoIterator<Item = String>) {
        self.absent += rows;
        let room = NAMES.saturating_sub(self.names.len());
        self.names.extend(names.into_iter().take(room));
    }

    /// Whether there is room for more names.
    pub(crate) fn wants_names(&self) -> usize {
        NAMES.saturating_sub(self.names.len())
    }

    /// Refuses, where too many went.
    pub(crate) fn judge(&self, at: Timestamp) -> Result<(), MirrorError> {
        let limit = self.guard.limit(self.held);
        if self.absent <= limit {
            return Ok(());
        }
        let names = self.names.clone();
        Err(MirrorError::TooManyRemoved(HeldBack { rows: self.absent, limit, held: self.held, names, at }))
    }
}

/// How many rows are held.
pub(crate) fn rows(open: &Connection, table: Option<&str>) -> Result<u64, MirrorError> {
    let Some(table) = table else { return Ok(0) };
    let sql = format!("SELECT count(*) FROM {}", quoted(table));
    let rows: i64 = open.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(rows.unsigned_abs())
}

/// Names that a refusal tells.
const NAMES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_and_at_least_a_hundred_rows_may_go_and_more_where_somebody_said_so() {
        let guard = Guard::default();
        assert_eq!(
            [0, 50, 1_000, 2_000, 200_000].map(|held| guard.limit(held)),
            [100, 100, 100, 200, 20_000]
        );
        assert_eq!(guard.clone().allow(5_000).limit(10), 5_000);
        assert_eq!(guard.clone().allow(5).limit(2_000), 200);
        assert_eq!(guard.rows(0).part(0.5).limit(10), 5);
    }

    #[test]
    fn what_went_is_summed_over_the_run() {
        let mut watch = Watch::new(Guard::default(), 500);
        watch.count(60, ["a".to_owned()]);
        watch.judge(Timestamp::UNIX_EPOCH).unwrap();
        watch.count(41, (0..20).map(|n| n.to_string()));
        let Err(MirrorError::TooManyRemoved(held)) = watch.judge(Timestamp::UNIX_EPOCH) else {
            panic!("101 of 500 rows are more than 100");
        };
        assert_eq!((held.rows, held.limit, held.held, held.names.len()), (101, 100, 500, NAMES));
        assert!(held.to_string().starts_with("101 of 500 rows"), "{held}");
    }
}
