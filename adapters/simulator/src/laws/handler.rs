//! What a program does with the pages of a session: the part that is under test.

use std::collections::BTreeSet;

use sharepoint_changes::{ChangeQuery, ChangeToken, Done, ItemPage, Page};
use uuid::Uuid;

use super::crash::{Crash, Crashed};
use crate::rowset::ItemTruth;

/// Does the work of GetChanges' rows and keeps the checkpoint.
///
/// What its methods read is what is durable: when the process dies the value goes on as it is, after
/// [`restart`](Self::restart).
pub trait ChangesHandler {
    /// What the program asks for, where that is not what the story draws: the query of a
    /// [`Preset`](sharepoint_changes::Preset), whose purpose it is judged by.
    fn query(&self, drawn: ChangeQuery) -> ChangeQuery {
        drawn
    }

    /// Does the work of a page and keeps its checkpoint. Ask [`Crash::point`] between every two durable effects.
    ///
    /// # Errors
    /// [`Crashed`], from a point.
    fn commit(&mut self, page: Page, crash: &mut Crash) -> Result<(), Crashed>;

    /// Keeps the checkpoint that a run ended with. After [`Done::Resync`] the program reads everything anew first;
    /// that it does so is believed.
    ///
    /// # Errors
    /// [`Crashed`], from a point.
    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<(), Crashed>;

    /// The text of the checkpoint that is kept; none before the first.
    fn checkpoint(&self) -> Option<String>;

    /// The tokens of the rows whose work was done, in that order, repeated ones repeated.
    fn delivered(&self) -> Vec<ChangeToken>;

    /// The process begins anew: what was only in memory is gone.
    fn restart(&mut self) {}
}

/// Keeps a copy of a list, and the checkpoint.
///
/// What its methods read is what is durable: when the process dies the value goes on as it is, after
/// [`restart`](Self::restart).
pub trait ItemsHandler {
    /// Applies a page and keeps its checkpoint. Ask [`Crash::point`] between every two durable effects.
    ///
    /// # Errors
    /// [`Crashed`], from a point.
    fn commit(&mut self, page: ItemPage, crash: &mut Crash) -> Result<Next, Crashed>;

    /// Keeps the checkpoint that a run ended with, or that with work of its own, of which it says so.
    ///
    /// # Errors
    /// [`Crashed`], from a point.
    fn end(&mut self, done: &Done, crash: &mut Crash) -> Result<Next, Crashed>;

    /// The text of the checkpoint that is kept; none before the first.
    fn checkpoint(&self) -> Option<String>;

    /// The copy, in any order. A store that is compared by its own [`judge`](Self::judge) needs none: what is left out
    /// here is lost to the one there is.
    fn holds(&self) -> Vec<HeldItem> {
        Vec::new()
    }

    /// The process begins anew: what was only in memory is gone.
    fn restart(&mut self) {}

    /// Compares the copy with what the list truly holds, by id: the default holds [`holds`](Self::holds) to it.
    ///
    /// # Errors
    /// What is different.
    fn judge(&self, truth: &[ItemTruth]) -> Result<(), Difference> {
        super::copy::compare(&self.holds(), truth)
    }

    /// The same, but for some ids of which nothing is to be said.
    ///
    /// # Errors
    /// What is different.
    fn judge_without(&self, truth: &[ItemTruth], ids: &BTreeSet<i32>) -> Result<(), Difference> {
        if ids.is_empty() {
            return self.judge(truth);
        }
        let held: Vec<HeldItem> = self.holds().into_iter().filter(|item| !ids.contains(&item.id)).collect();
        let truth: Vec<ItemTruth> = truth.iter().filter(|item| !ids.contains(&item.id)).cloned().collect();
        super::copy::compare(&held, &truth)
    }
}

/// How a program goes on after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The session goes on.
    GoOn,
    /// A new session begins from the checkpoint that is kept: it was given work of its own
    /// (`Checkpoint::with_pending`).
    Anew,
}

/// An item as a copy has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldItem {
    /// Its id in the list.
    pub id: i32,
    /// Its UniqueId; none where the copy does not keep it.
    pub unique_id: Option<Uuid>,
    /// Its server-relative path; none where the copy does not keep it.
    pub path: Option<String>,
    /// Its `owshiddenversion`; none where the copy does not keep it.
    pub version: Option<i64>,
    /// Stored fields by internal name, as the rowset wrote them, none for an empty one; fields that are left out are
    /// not compared.
    pub values: Vec<(String, Option<String>)>,
}

/// How a copy differs from its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Ids that the list has and the copy has not.
    pub lost: Vec<i32>,
    /// Ids that the copy has and the list has not.
    pub invented: Vec<i32>,
    /// What else is different, in words.
    pub other: Option<String>,
}

impl Difference {
    /// How many items are known to differ.
    pub(super) fn count(&self) -> u64 {
        (self.lost.len() + self.invented.len() + usize::from(self.other.is_some())) as u64
    }
}
