//! Items that were only pointed at: asked for by id, a window at a time.

use std::collections::BTreeSet;

use super::{
    outcome::{Basis, ItemChange, Known, Notice},
    sync::{Part, Said, Sync, notices},
};
use crate::{item::Rowset, session::course::Trouble};

/// The window that is being asked for.
#[derive(Debug, Clone)]
pub(super) struct Settling {
    /// The most ids a window may have: fewer, where the server fails on more.
    most: usize,
    /// Ids of the window that came so far, over its pages.
    seen: BTreeSet<i32>,
    /// Where its next page begins.
    pub(super) place: Option<String>,
    /// Whether a row came that could not be told from any other, so that absence proves nothing.
    unsure: bool,
}

impl Default for Settling {
    fn default() -> Self {
        Settling { most: WINDOW, seen: BTreeSet::new(), place: None, unsure: false }
    }
}

impl Sync {
    /// The ids to be asked for next.
    pub(super) fn window(&self) -> Vec<i32> {
        self.items().pending.lowest(self.settling.most)
    }

    /// Takes a page of the window: a row is the item as it is, and what a complete answer does not bring is gone.
    /// The answer's LastChangeToken is no position: other changes lie before it.
    pub(super) fn on_window(&mut self, answer: &Rowset) -> Result<Said, Trouble> {
        if let Some(said) = self.aside(answer) {
            return Ok(said);
        }
        self.remember_answer(answer)?;
        let window = self.window();
        let mut notices = notices(answer);
        let seen = self.settling.seen.len();
        let next = answer.next_place.as_deref().map(str::to_owned);
        if next.is_some() && next == self.settling.place {
            return Err("the next page of the items asked for begins where this one did".into());
        }
        for broken in &answer.broken {
            match broken.id {
                Some(id) => {
                    self.settling.seen.insert(id);
                }
                None => self.settling.unsure = true,
            }
        }
        let mut changes = Vec::new();
        for row in &answer.rows {
            if !window.contains(&row.id()) {
                return Err(format!("the item {} came, which was not asked for", row.id()).into());
            }
            self.settling.seen.insert(row.id());
            self.note(&row);
            changes.push(ItemChange::Upserted(row));
        }
        if next.is_some() && self.settling.seen.len() == seen {
            return Err(
                "more of the items asked for are said to follow a page that brings none of them".into()
            );
        }
        if next.is_some() {
            self.settling.place = next;
        } else {
            let settled = std::mem::take(&mut self.settling);
            let missing = window.iter().filter(|id| !settled.seen.contains(id)).count();
            if settled.unsure && missing > 0 && window.len() > 1 {
                // The row that cannot be told from others may be any of those: ask for fewer, down to one.
                self.settling.most = window.len() / 2;
                return Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }));
            }
            for id in window {
                let items = self.items_mut();
                let maybe_hidden = items.settle(id);
                if settled.seen.contains(&id) {
                    items.restored.remove(id);
                    continue;
                }
                // Whether it was deleted again is told by GetChanges.
                items.names_due |= items.restored.contains(id);
                if settled.unsure {
                    notices.push(Notice::Poison { id: Some(id), what: "its row cannot be read".to_owned() });
                } else {
                    self.items_mut().folders.retain(|folder| folder.id != id);
                    let known = if maybe_hidden { Known::Hidden } else { Known::Absent };
                    changes.push(ItemChange::Removed { id, unique_id: None, known });
                }
            }
        }
        if let Some(said) = self.too_many_folders() {
            return Ok(said);
        }
        Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }))
    }

    /// Asks for fewer at once, because the server fails on this window; a single item it fails on is passed by.
    pub(super) fn halve_window(&mut self, what: &str) -> Said {
        let window = self.window();
        self.settling = Settling { most: (window.len() / 2).max(1), ..Settling::default() };
        match window[..] {
            [id] => {
                self.items_mut().settle(id);
                self.settling = Settling::default();
                let notices = vec![Notice::Poison { id: Some(id), what: what.to_owned() }];
                Said::Page(Part { basis: Basis::Delta, changes: Vec::new(), notices })
            }
            _ => Said::Nothing,
        }
    }
}

/// Ids a single call may name.
const WINDOW: usize = 100;
