//! The stories of the laws with the mirror at their end: office, habits, faults and deaths are the harness's, and the
//! table is compared with the list after every run that came to the end of the log.
//!
//! `LAWS_SEEDS` is how many stories are told (`LAWS_FIRST` is the first seed), `LAWS_STORY` one that is told alone.

use std::{cell::Cell, collections::BTreeSet, path::PathBuf};

use rusqlite::Connection;
use sharepoint_changes::{Done, ItemPage};
use sharepoint_changes_sqlite::{Guard, Mirror, MirrorError};
use sharepoint_simulator::{
    ItemTruth,
    laws::{Crash, Crashed, Difference, ItemsHandler, Laws, Next},
};

use crate::judge::{compare, compare_without};

/// A file, and the process that writes to it.
struct Kept<'d> {
    folder: tempfile::TempDir,
    mirror: Option<Mirror>,
    /// Deaths inside a transaction, of all files.
    deaths: &'d Cell<u64>,
    /// Each new process finds what the one before it did changed, by this statement.
    spoilt: Option<&'static str>,
}

impl<'d> Kept<'d> {
    fn new(deaths: &'d Cell<u64>) -> Self {
        Kept { folder: tempfile::tempdir().unwrap(), mirror: None, deaths, spoilt: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("list.sqlite")
    }

    fn mirror(&mut self) -> &mut Mirror {
        self.mirror.as_mut().expect("a process begins before it does anything")
    }

    /// Does something whose transaction the process dies in, when all but the checkpoint is written.
    fn die_in(&mut self, work: impl FnOnce(&mut Mirror) -> Result<(), MirrorError>) -> Crashed {
        let before = self.checkpoint();
        let path = self.path();
        let arm = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        arm(
            "CREATE TRIGGER _dies BEFORE UPDATE ON _mirror BEGIN SELECT RAISE(ABORT, 'the process died'); END",
        );
        let mut mirror = self.mirror.take().expect("a process begins before it dies");
        assert!(matches!(work(&mut mirror), Err(MirrorError::Database(_))));
        drop(mirror);
        arm("DROP TRIGGER _dies");
        assert_eq!(self.checkpoint(), before);
        self.deaths.set(self.deaths.get() + 1);
        Crashed
    }
}

impl ItemsHandler for Kept<'_> {
    fn commit(&mut self, page: ItemPage, crash: &mut Crash) -> Result<Next, Crashed> {
        let at = page.checkpoint.moment();
        crash.point()?;
        if crash.point().is_err() {
            return Err(self.die_in(|mirror| mirror.commit(&page, at).map(|_| ())));
        }
        let committed = self.mirror().commit(&page, at).unwrap();
        // A page that comes a second time, as from another writer, follows what is held no more.
        if self.checkpoint() != page.follows {
            assert!(matches!(self.mirror().commit(&page, at), Err(MirrorError::Conflict)));
        }
        Ok(if committed.orphans > 0 { Next::Anew } else { Next::GoOn })
    }

    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<Next, Crashed> {
        let finish = |mirror: &mut Mirror| match done {
            Done::UpToDate { checkpoint, follows, .. } => {
                mirror.finish(checkpoint, follows.as_deref(), checkpoint.moment())
            }
            Done::Resync { then, follows, .. } => mirror.reload(then, follows.as_deref(), then.moment()),
        };
        if crash.point().is_err() {
            return Err(self.die_in(finish));
        }
        finish(self.mirror()).unwrap();
        Ok(Next::GoOn)
    }

    fn checkpoint(&self) -> Option<String> {
        let held = match &self.mirror {
            Some(mirror) => mirror.checkpoint(),
            None => Mirror::open(self.path()).and_then(|mirror| mirror.checkpoint()),
        };
        held.unwrap().map(|checkpoint| checkpoint.to_string())
    }

    fn restart(&mut self) {
        self.mirror = None;
        if let Some(sql) = self.spoilt {
            // There may be no such table yet.
            let _ = Connection::open(self.path()).unwrap().execute_batch(sql);
        }
        let mut mirror = Mirror::open(self.path()).unwrap();
        // What these stories are about is equality.
        mirror.begin(Guard::default().allow(u64::MAX));
        self.mirror = Some(mirror);
    }

    fn judge(&self, truth: &[ItemTruth]) -> Result<(), Difference> {
        compare(&self.path(), truth)
    }

    fn judge_without(&self, truth: &[ItemTruth], ids: &BTreeSet<i32>) -> Result<(), Difference> {
        compare_without(&self.path(), truth, ids)
    }
}

/// Stories that every change is judged by.
const SEEDS: u64 = 60;

#[test]
fn the_table_is_the_list_after_every_story_however_its_processes_died() {
    let deaths = Cell::new(0);
    if let Ok(story) = std::env::var("LAWS_STORY") {
        let told = Laws::story(story.parse().unwrap()).items(|| Kept::new(&deaths));
        println!("{}", told.unwrap_or_else(|broken| panic!("{broken}")));
        return;
    }
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (first, many) = (number("LAWS_FIRST").unwrap_or(0), number("LAWS_SEEDS").unwrap_or(SEEDS));
    let told = Laws::seeds(first..first + many).tries(60).items(|| Kept::new(&deaths));
    let figures = told.unwrap_or_else(|broken| panic!("{broken}"));
    println!("{figures}| deaths inside a transaction | {} |", deaths.get());
    assert!(figures.crashes >= many && figures.pages > 3 * many, "{figures}");
    // A death falls on a request more often than on one of the few commits.
    assert!(deaths.get() >= many / 30, "{deaths:?}");
}

/// What the harness would say of a store that lost a row, kept one too many, or took one for another.
#[test]
fn a_table_that_is_not_the_list_is_caught() {
    for (spoilt, told) in [
        ("DELETE FROM Documents WHERE id = (SELECT max(id) FROM Documents)", "lost: ["),
        (
            "INSERT INTO Documents (id, sp_name, sp_mark) VALUES (999999, 'invented', 99)",
            "invented: [999999]",
        ),
        ("UPDATE Documents SET sp_version = sp_version + 1", "sp_version is"),
    ] {
        let story = "1 items act:60 run".parse().unwrap();
        let deaths = Cell::new(0);
        let kept = || Kept { spoilt: Some(spoilt), ..Kept::new(&deaths) };
        let broken = Laws::story(story).tries(0).items(kept).unwrap_err().to_string();
        assert!(broken.contains(told), "{broken}");
    }
}
