//! The stories of the laws with the mirror's own runs: its sessions, its wait before a new load, its tombstones.
//!
//! `LAWS_SEEDS` is how many stories are told (`LAWS_FIRST` is the first seed), `LAWS_STORY` one that is told alone.

use std::{cell::RefCell, collections::BTreeSet, fmt::Debug, path::PathBuf};

use rusqlite::Connection;
use sharepoint_changes::{Checkpoint, Host};
use sharepoint_changes_sqlite::{Guard, Mirror, SyncError, SyncSettings};
use sharepoint_simulator::{
    ItemTruth,
    laws::{Difference, Laws, StoreHandler, StoreRun, Synced},
};

use crate::judge::compare_without;

/// A file that each run opens anew.
struct File {
    folder: tempfile::TempDir,
    /// Ids that were held when the file was last judged.
    held: RefCell<BTreeSet<i32>>,
    /// Each run leaves the file with this changed.
    spoilt: Option<&'static str>,
}

impl File {
    fn new() -> Self {
        File { folder: tempfile::tempdir().unwrap(), held: RefCell::default(), spoilt: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("list.sqlite")
    }

    /// What is held is in no grave, and what was held and is not any more is in one.
    fn judge_tombstones(&self) -> Result<(), String> {
        let open = Connection::open(self.path()).unwrap();
        let table: String = open.query_row("SELECT table_name FROM _mirror", [], |row| row.get(0)).unwrap();
        let ids = |sql: &str| -> BTreeSet<i32> {
            let mut statement = open.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let held = ids(&format!("SELECT id FROM \"{table}\""));
        let buried = ids("SELECT id FROM _tombstones");
        let before = self.held.replace(held.clone());
        let risen: Vec<_> = held.intersection(&buried).collect();
        let unburied: Vec<_> = before.difference(&held).filter(|id| !buried.contains(id)).collect();
        if risen.is_empty() && unburied.is_empty() {
            return Ok(());
        }
        Err(format!("held and buried: {risen:?}; gone without a tombstone: {unburied:?}"))
    }
}

impl StoreHandler for File {
    fn sync<H: Host<Error: Debug>>(&mut self, host: &mut H, run: &StoreRun<'_>) -> Synced {
        let mut settings = SyncSettings::default();
        // What these stories are about is equality.
        settings.guard = Guard::default().allow(u64::MAX);
        settings.session = run.settings.clone();
        let mut mirror = Mirror::open(self.path()).unwrap().tombstones(true);
        let synced = mirror.sync(host, run.site, run.query, &settings, |_| {});
        if let Some(sql) = self.spoilt {
            // There may be no such table yet.
            let _ = Connection::open(self.path()).unwrap().execute_batch(sql);
        }
        match synced {
            Ok(_) => Synced::UpToDate(mirror.checkpoint().unwrap().unwrap()),
            Err(SyncError::ReloadHeld { .. }) => Synced::Held,
            Err(SyncError::Session(error)) => Synced::Failed(error),
            Err(SyncError::Transport(_) | SyncError::Unsettled(_)) => Synced::Ended,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn checkpoint(&self) -> Option<String> {
        let held = Mirror::open(self.path()).and_then(|mirror| mirror.checkpoint()).unwrap();
        held.as_ref().map(Checkpoint::to_string)
    }

    fn judge_without(&self, truth: &[ItemTruth], ids: &BTreeSet<i32>) -> Result<(), Difference> {
        compare_without(&self.path(), truth, ids)?;
        self.judge_tombstones().map_err(|other| Difference { other: Some(other), ..Difference::default() })
    }
}

/// Stories that every change is judged by.
const SEEDS: u64 = 60;

#[test]
fn the_table_is_the_list_after_every_run_of_its_own_that_says_it_is_up_to_date() {
    if let Ok(story) = std::env::var("LAWS_STORY") {
        let told = Laws::story(story.parse().unwrap()).stores(File::new);
        println!("{}", told.unwrap_or_else(|broken| panic!("{broken}")));
        return;
    }
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (first, many) = (number("LAWS_FIRST").unwrap_or(0), number("LAWS_SEEDS").unwrap_or(SEEDS));
    let told = Laws::seeds(first..first + many).tries(60).stores(File::new);
    let figures = told.unwrap_or_else(|broken| panic!("{broken}"));
    println!("{figures}");
    for (habit, stories) in &figures.habits {
        println!("| {habit} | {:.1} % |", *stories as f64 * 100.0 / figures.stories as f64);
    }
    assert!(figures.crashes >= many && figures.runs >= 4 * many, "{figures}");
}

/// What the harness would say of a store that lost a row, kept one too many, or forgot what is buried.
#[test]
fn a_file_that_is_not_the_list_after_a_run_of_its_own_is_caught() {
    for (spoilt, told) in [
        ("DELETE FROM Documents WHERE id = (SELECT max(id) FROM Documents)", "lost: ["),
        ("UPDATE Documents SET sp_version = sp_version + 1", "sp_version is"),
        ("DELETE FROM _tombstones", "gone without a tombstone"),
    ] {
        let story = "1 items act:60 run act:90 run".parse().unwrap();
        let broken = Laws::story(story).tries(0).stores(|| File { spoilt: Some(spoilt), ..File::new() });
        let broken = broken.unwrap_err().to_string();
        assert!(broken.contains(told), "{broken}");
    }
}
