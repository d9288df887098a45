//! Handlers that are wrong, each in a way that programs are: every one is caught.

use std::collections::BTreeMap;

use sharepoint_changes::{Basis, ChangeToken, Done, End, ItemChange, ItemPage, Page};
use sharepoint_simulator::laws::{
    ChangesHandler, Copy, Crash, Crashed, HeldItem, ItemsHandler, Laws, Ledger, Next,
};

/// Seeds within which a wrong handler is caught.
const SEEDS: std::ops::Range<u64> = 0..300;

/// What a wrong handler of GetChanges does to a page before a right one gets it.
struct Spoilt<F>(Ledger, F);

impl<F: Fn(&mut Page)> ChangesHandler for Spoilt<F> {
    fn commit(&mut self, mut page: Page, crash: &mut Crash) -> Result<(), Crashed> {
        (self.1)(&mut page);
        self.0.commit(page, crash)
    }

    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<(), Crashed> {
        self.0.end(done, crash)
    }

    fn checkpoint(&self) -> Option<String> {
        self.0.checkpoint()
    }

    fn delivered(&self) -> Vec<ChangeToken> {
        self.0.delivered()
    }
}

fn caught(spoil: impl Fn(&mut Page) + Copyable) -> String {
    Laws::seeds(SEEDS).changes(|| Spoilt(Ledger::default(), spoil)).unwrap_err().to_string()
}

trait Copyable: std::marker::Copy {}
impl<T: std::marker::Copy> Copyable for T {}

#[test]
fn a_handler_that_drops_the_last_row_of_a_page_is_caught() {
    let told = caught(|page| drop(page.changes.pop()));
    assert!(told.starts_with("law 1 ") && told.contains("never came"), "{told}");
}

#[test]
fn a_handler_that_passes_rows_by_it_does_not_like_is_caught() {
    let told = caught(|page| page.changes.retain(|change| change.kind.code() != 3));
    assert!(told.starts_with("law 1 ") && told.contains("never came: row"), "{told}");
}

/// The checkpoint comes before the work.
#[derive(Default)]
struct Early {
    checkpoint: Option<String>,
    delivered: Vec<ChangeToken>,
}

impl ChangesHandler for Early {
    fn commit(&mut self, page: Page, crash: &mut Crash) -> Result<(), Crashed> {
        self.checkpoint = Some(page.checkpoint.to_string());
        for change in page.changes {
            crash.point()?;
            self.delivered.push(change.token);
        }
        Ok(())
    }

    fn end(&mut self, done: &Done, _: &mut Crash) -> Result<(), Crashed> {
        self.checkpoint = Some(done.checkpoint().to_string());
        Ok(())
    }

    fn checkpoint(&self) -> Option<String> {
        self.checkpoint.clone()
    }

    fn delivered(&self) -> Vec<ChangeToken> {
        self.delivered.clone()
    }
}

#[test]
fn a_handler_that_keeps_the_checkpoint_before_the_work_is_caught_by_a_short_story() {
    let broken = Laws::seeds(SEEDS).changes(Early::default).unwrap_err();
    assert!(broken.to_string().contains("never came"), "{broken}");
    assert!(broken.story.steps.len() <= 6, "{broken}");
    let again = Laws::story(broken.story.to_string().parse().unwrap()).changes(Early::default).unwrap_err();
    assert_eq!(again.fallen.law, broken.fallen.law);
}

/// What a wrong handler of items does to a page before a right one gets it.
struct SpoiltItems<F>(Copy, F);

impl<F: Fn(&mut ItemPage)> ItemsHandler for SpoiltItems<F> {
    fn commit(&mut self, mut page: ItemPage, crash: &mut Crash) -> Result<Next, Crashed> {
        (self.1)(&mut page);
        self.0.commit(page, crash)
    }

    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<(), Crashed> {
        self.0.end(done, crash)
    }

    fn checkpoint(&self) -> Option<String> {
        self.0.checkpoint()
    }

    fn holds(&self) -> Vec<HeldItem> {
        self.0.holds()
    }
}

fn caught_items(spoil: impl Fn(&mut ItemPage) + Copyable) -> String {
    Laws::seeds(SEEDS).items(|| SpoiltItems(Copy::default(), spoil)).unwrap_err().to_string()
}

#[test]
fn a_copy_that_drops_the_last_row_of_a_page_is_caught() {
    let told = caught_items(|page| drop(page.changes.pop()));
    assert!(told.starts_with("law 1 ") && told.contains("the copy is not the list"), "{told}");
}

#[test]
fn a_copy_that_ignores_deletes_is_caught() {
    let told = caught_items(|page| page.changes.retain(|it| !matches!(it, ItemChange::Removed { .. })));
    assert!(told.contains("invented"), "{told}");
}

#[test]
fn a_copy_that_is_never_swept_is_caught() {
    let told = caught_items(|page| {
        if let Basis::Snapshot { end: Some(end), .. } = &mut page.basis {
            *end = End::Keep;
        }
    });
    assert!(told.contains("invented"), "{told}");
}

/// Rows and removals by id, without a tree and without a sweep.
#[derive(Default)]
struct Flat {
    copy: Copy,
    rows: BTreeMap<i32, HeldItem>,
}

impl ItemsHandler for Flat {
    fn commit(&mut self, page: ItemPage, crash: &mut Crash) -> Result<Next, Crashed> {
        for change in &page.changes {
            match change {
                ItemChange::Upserted(row) => {
                    let path = row.file_ref();
                    self.rows.insert(row.id(), HeldItem { id: row.id(), path, ..HeldItem::default() });
                }
                ItemChange::Removed { id, .. } | ItemChange::MovedAway { id, .. } => {
                    self.rows.remove(id);
                }
                _ => {}
            }
        }
        self.copy.commit(page, crash)
    }

    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<(), Crashed> {
        self.copy.end(done, crash)
    }

    fn checkpoint(&self) -> Option<String> {
        self.copy.checkpoint()
    }

    fn holds(&self) -> Vec<HeldItem> {
        self.rows.values().cloned().collect()
    }
}

#[test]
fn a_copy_that_forgets_what_lies_below_a_folder_is_caught() {
    let broken = Laws::seeds(SEEDS).items(Flat::default).unwrap_err();
    assert_eq!(broken.fallen.law, 1, "{broken}");
}
