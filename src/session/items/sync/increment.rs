//! The increment: what changed since a token, page by page up to the fence.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Again, Part, Said, Sync, notices};
use crate::{
    checkpoint::{Expected, Ids, Mark, Position},
    item::{Event, EventKind, Rowset},
    session::{
        course::Trouble,
        items::outcome::{Basis, ItemChange, Known},
        outcome::ResyncReason,
        overlap,
    },
    token::ChangeToken,
};

impl Sync {
    /// Takes a page of the increment.
    pub(in crate::session::items) fn on_increment(
        &mut self,
        answer: &Rowset,
        time: Timestamp,
    ) -> Result<Said, Trouble> {
        if let Some(reason) = answer.events.iter().find_map(resets) {
            return Ok(self.reload(reason));
        }
        if let Some(said) = self.aside(answer) {
            return Ok(said);
        }
        let last = answer.token.clone().ok_or("the increment has no LastChangeToken")?;
        self.check(&last)?;
        let start = self.increment_start().cloned().ok_or("an increment has a start")?;
        if self.is_too_old(self.increment_moment()) {
            // Its start grew too old while the answer was on the way: silence would prove nothing.
            return Ok(Said::Nothing);
        }
        if last.number() < start.number() {
            let what = format!("the increment from {start} ends before it, at {last}");
            return self.ended_before(&start, &last, what);
        }
        self.behind = 0;
        let at_end = !answer.more_changes && last.number() >= self.fence.number();
        if !answer.more_changes && !at_end && last.number() == start.number() {
            return Err(Trouble::Behind(format!(
                "nothing is said to follow {last}, and the log ends at {}",
                self.fence
            )));
        }
        if answer.more_changes && last.number() == start.number() {
            return Err(format!("more changes are said to follow {last}, but the token does not move").into());
        }
        if answer.broken.iter().any(|broken| broken.id.is_none()) {
            self.name_changes();
            return Ok(Said::Nothing);
        }
        let notices = notices(answer);
        let more = answer.more_changes;
        self.more = more;
        // A position inside a backlog is as old as its last change: the log forgets what follows it by its own age.
        let moment = if at_end { time } else { last.time().min(time) };
        self.names_begin(&start);
        let list = self.state.scope.id;
        let leaves = |event: &&Event| leaves(event, list);
        let gone = answer.events.iter().filter(leaves).filter_map(|event| event.id);
        let mut expected = Expected { gone: Ids::default(), after: start.number() };
        gone.for_each(|id| expected.gone.insert(id));
        if answer.events.iter().any(|event| leaves(&event)) {
            let items = self.items_mut();
            items.names_due = true;
            // A copy that has the last of them has those before.
            items.expected = Some(expected);
        }
        let changes = self.apply(answer, last.number());
        let within = self.again.is_some() && last.number() <= self.position_number();
        self.state.again = within.then(|| Mark::new(Position::Token(last.clone()), moment));
        let overlaps = more || last.number() < self.position_number();
        self.again = self.again.take().filter(|_| overlaps).map(|_| Again { token: last.clone(), moment });
        let forward = match &self.state.position {
            Position::Token(position) => position.number() <= last.number(),
            _ => true,
        };
        self.reached = last.number() >= self.fence.number();
        if forward {
            let stays = self.position_number() == last.number();
            self.state.moment = if stays { moment.max(self.state.moment) } else { moment };
            let written = last.time();
            self.state.position = Position::Token(last);
            if !self.resumed {
                overlap::passed(&mut self.state, written.min(time), &self.settings);
            }
        }
        if let Some(said) = self.too_many_folders() {
            return Ok(said);
        }
        if changes.is_empty() && notices.is_empty() {
            return Ok(Said::Nothing);
        }
        Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }))
    }

    /// Has GetChanges begin no later than this increment, should it be asked: at the increment before it, where that
    /// is still inside the log.
    fn names_begin(&mut self, start: &ChangeToken) {
        let moment = self.increment_moment();
        let first = self.first.get_or_insert(Again { token: start.clone(), moment }).clone();
        let items = self.items();
        let stays = items.names_from.as_ref().is_some_and(|from| {
            let is_inside = items.names_due || !self.is_too_old(items.moment_of_names(from));
            from.number() <= first.token.number() && is_inside
        });
        if !stays {
            let items = self.items_mut();
            (items.names_from, items.names_moment) = (Some(first.token), Some(first.moment));
        }
    }

    /// Turns an increment into changes: events first, in the order of the document, then rows. What was only pointed
    /// at becomes pending.
    fn apply(&mut self, answer: &Rowset, as_of: i64) -> Vec<ItemChange> {
        let present: BTreeSet<i32> = answer.rows.iter().map(|row| row.id()).collect();
        let named = answer.events.iter().filter_map(|event| event.id);
        self.told.extend(present.iter().copied().chain(named).map(|id| (id, as_of)));
        let back = |event: &&Event| event.kind == EventKind::Restored;
        let restored: BTreeSet<i32> =
            answer.events.iter().filter(back).filter_map(|event| event.id).collect();
        let list = self.state.scope.id;
        let items = self.items_mut();
        let mut changes = Vec::with_capacity(answer.events.len() + answer.rows.len());
        for event in &answer.events {
            let Some(id) = event.id else { continue };
            let (unique_id, has_row) = (event.unique_id, present.contains(&id));
            let gone = leaves(event, list);
            // Gone and there all the same: only asking for it tells which came last. A restore with its row tells it
            // too; one without is no help, because not every server keeps the order of events.
            if gone == has_row || (gone && restored.contains(&id)) {
                items.pending.insert(id);
            } else if gone || event.kind == EventKind::Restored {
                items.settle(id);
            }
            if event.kind == EventKind::Restored && !has_row {
                items.restored.insert(id);
            } else if gone && !restored.contains(&id) {
                items.restored.remove(id);
            }
            if gone {
                items.folders.retain(|folder| folder.id != id);
            }
            match event.kind {
                EventKind::Deleted => changes.push(ItemChange::Removed { id, unique_id, known: Known::Told }),
                EventKind::MovedAway { to_list, to_item } if gone => {
                    changes.push(ItemChange::MovedAway { id, unique_id, to_list, to_item });
                }
                EventKind::Restored => changes.push(ItemChange::Restored { id }),
                // Where it is now tells its row.
                EventKind::Renamed | EventKind::MovedAway { .. } => changes.push(ItemChange::Renamed { id }),
                EventKind::SystemUpdated => changes.push(ItemChange::SystemUpdated { id }),
                EventKind::InvalidToken | EventKind::Unknown(_) => {}
            }
        }
        // Whatever is told of such an item, its row is there.
        answer.broken.iter().filter_map(|broken| broken.id).for_each(|id| items.pending.insert(id));
        present.iter().for_each(|id| items.restored.remove(*id));
        for row in &answer.rows {
            self.note(&row);
            changes.push(ItemChange::Upserted(row));
        }
        changes
    }
}

/// Why an event makes everything uncertain that is held; `None` for the others.
fn resets(event: &Event) -> Option<ResyncReason> {
    event.discards_everything().then_some(match event.kind {
        EventKind::InvalidToken => ResyncReason::Expired,
        EventKind::Restored => ResyncReason::Restored,
        _ => ResyncReason::UnknownChange,
    })
}

/// Whether an item left the list by an event, which may have taken others along. One that moved away to this very list
/// is still there.
fn leaves(event: &Event, list: Uuid) -> bool {
    match event.kind {
        EventKind::Deleted => true,
        EventKind::MovedAway { to_list, to_item } => {
            to_list != Some(list) || to_item.is_some_and(|id| event.id != Some(id))
        }
        _ => false,
    }
}
