//! Runs that end as a process does: before a request is sent, inside a transaction, or right after its commit.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    time::Duration,
};

use rusqlite::Connection;
use sharepoint_changes::{Error, ItemQuery};
use sharepoint_changes_sqlite::{Mirror, MirrorError, Report, SyncError};
use sharepoint_simulator::{NoAnswer, SimulatedHost};

use crate::office::{Mortal, site, willing};

/// Where a run dies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Death {
    /// After this many requests.
    BeforeSend(u64),
    /// Inside a transaction that has written everything, after this many others were committed.
    BeforeCommit(u64),
    /// After this page was committed and before anything else is done.
    AfterCommit(u64),
}

/// Runs until one comes to its end; each dies the next of these deaths, the last ones none. Every run opens the file
/// anew.
pub(crate) fn sync_through_deaths(
    host: &mut SimulatedHost,
    path: &Path,
    query: &ItemQuery,
    deaths: &mut impl Iterator<Item = Death>,
) -> Result<Report, String> {
    for _ in 0..80 {
        let death = deaths.next();
        doom(path, death);
        match live(host, path, query, death) {
            None | Some(Err(SyncError::Transport(_))) => {}
            Some(Ok(report)) => return Ok(report),
            Some(Err(SyncError::Session(Error::Exhausted(exhausted)))) => {
                host.pass(exhausted.wait + Duration::from_secs(60));
            }
            Some(Err(SyncError::Session(Error::Unsettled { .. }) | SyncError::ReloadHeld { .. })) => {
                host.pass(Duration::from_secs(60));
            }
            Some(Err(SyncError::Mirror(MirrorError::TooManyRemoved(held)))) => return Err(held.to_string()),
            Some(Err(SyncError::Mirror(MirrorError::Database(error)))) if error.to_string() == DIED => {}
            Some(Err(error)) => return Err(format!("{error:?}")),
        }
    }
    Err("no end".to_owned())
}

/// One run; `None` where it died after a commit.
fn live(
    host: &mut SimulatedHost,
    path: &Path,
    query: &ItemQuery,
    death: Option<Death>,
) -> Option<Result<Report, SyncError<NoAnswer>>> {
    let left = if let Some(Death::BeforeSend(requests)) = death { requests } else { u64::MAX };
    let mut mortal = Mortal { host, left };
    // What is on the stack goes as it would with the process, the open file among it.
    catch_unwind(AssertUnwindSafe(|| {
        let mut mirror = Mirror::open(path)?;
        mirror.sync(&mut mortal, &site(), query, &willing(), |progress| {
            if matches!(death, Some(Death::AfterCommit(pages)) if pages < progress.pages) {
                resume_unwind(Box::new(DIED));
            }
        })
    }))
    .ok()
}

/// Makes the file such that the transaction fails after whose beginning so many were committed; the last thing each
/// one writes is where the copy stands.
fn doom(path: &Path, death: Option<Death>) {
    drop(Mirror::open(path).unwrap());
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE IF EXISTS _doom; DROP TRIGGER IF EXISTS _dies; DROP TRIGGER IF EXISTS _lives",
        )
        .unwrap();
    let Some(Death::BeforeCommit(commits)) = death else { return };
    connection
        .execute_batch(&format!(
            "CREATE TABLE _doom (left INTEGER);
             INSERT INTO _doom VALUES ({commits});
             CREATE TRIGGER _dies BEFORE UPDATE ON _mirror WHEN (SELECT left FROM _doom) = 0
             BEGIN SELECT RAISE(ABORT, '{DIED}'); END;
             CREATE TRIGGER _lives AFTER UPDATE ON _mirror BEGIN UPDATE _doom SET left = left - 1; END;"
        ))
        .unwrap();
}

const DIED: &str = "the process died";
