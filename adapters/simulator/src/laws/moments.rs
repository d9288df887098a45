//! What a list was since a run read the end of its log: a copy that is up to date then has each item as it was at one of
//! these moments, wherever people went on working.

use std::collections::{BTreeMap, BTreeSet};

use crate::rowset::ItemTruth;

/// What a list held, the oldest moment first.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments(Vec<Vec<ItemTruth>>);

/// What of a list no copy can be held to.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsettled {
    /// Items that changed.
    pub(super) changed: BTreeSet<i32>,
    /// Those that were there at one moment and not at another, or elsewhere: who looked first where they came to and
    /// then where they came from has seen them nowhere, until the log tells of the move.
    pub(super) fleeting: BTreeSet<i32>,
}

impl Moments {
    /// Begins at the end of the log that was just read.
    pub(super) fn begin(&mut self, moments: Vec<Vec<ItemTruth>>) {
        self.0 = moments;
    }

    /// The list has become something else, if it is watched.
    pub(super) fn add(&mut self, moment: impl FnOnce() -> Vec<ItemTruth>) {
        if !self.0.is_empty() {
            self.0.push(moment());
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What was otherwise at one of the moments than it is now.
    pub(super) fn unsettled(&self, now: &[ItemTruth]) -> Unsettled {
        let now: BTreeMap<i32, &ItemTruth> = now.iter().map(|item| (item.id, item)).collect();
        let mut unsettled = Unsettled::default();
        for moment in &self.0 {
            let then: BTreeMap<i32, &ItemTruth> = moment.iter().map(|item| (item.id, item)).collect();
            for id in now.keys().chain(then.keys()) {
                match (now.get(id), then.get(id)) {
                    (Some(now), Some(then)) if now == then => continue,
                    (Some(now), Some(then)) if now.path == then.path => {}
                    _ => drop(unsettled.fleeting.insert(*id)),
                }
                unsettled.changed.insert(*id);
            }
        }
        unsettled
    }
}
