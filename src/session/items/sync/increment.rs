//! The increment: what changed since a token, page by page up to the fence.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Again, Contradiction, Part, Said, Sync, notices};
use crate::{
    checkpoint::Position,
    item::{Event, EventKind, Rowset},
    session::{
        items::outcome::{Basis, ItemChange, Known},
        log::{self, Judgement},
        outcome::ResyncReason,
    },
};

impl Sync {
    /// Takes a page of the increment.
    pub(in crate::session::items) fn on_increment(
        &mut self,
        answer: &Rowset,
        time: Timestamp,
    ) -> Result<Said, Contradiction> {
        if let Some(reason) = answer.events.iter().find_map(resets) {
            return Ok(self.reload(reason));
        }
        if let Some(said) = self.aside(answer) {
            return Ok(said);
        }
        let last = answer.token.clone().ok_or("the increment has no LastChangeToken")?;
        self.check(&last)?;
        let start = self.increment_start().cloned().ok_or("an increment has a start")?;
        if last.number() < start.number() {
            return Ok(match log::behind(start.ticks(), last.ticks()) {
                Judgement::Resync(reason) => self.reload(reason),
                _ => self.lags(),
            });
        }
        if answer.more_changes && last.number() == start.number() {
            return Err(format!("more changes are said to follow {last}, but the token does not move"));
        }
        if answer.broken.iter().any(|broken| broken.id.is_none()) {
            self.name_changes();
            return Ok(Said::Nothing);
        }
        let notices = notices(answer);
        let more = answer.more_changes;
        self.more = more;
        let first = self.first.get_or_insert(start).clone();
        let names_from = self.items_mut().names_from.take().filter(|from| !self.is_too_old(from.time()));
        let items = self.items_mut();
        items.names_from = names_from.or(Some(first));
        items.names_due |= answer.events.iter().any(takes_along);
        let changes = self.apply(answer);
        self.again = self.again.take().filter(|_| more).map(|_| Again { token: last.clone(), moment: time });
        let forward = match &self.state.position {
            Position::Token(position) => position.number() <= last.number(),
            _ => true,
        };
        self.reached = !more || last.number() >= self.fence.number();
        if forward {
            self.state.position = Position::Token(last);
            self.state.moment = time;
        }
        if let Some(said) = self.too_many_folders() {
            return Ok(said);
        }
        if changes.is_empty() && notices.is_empty() {
            return Ok(Said::Nothing);
        }
        Ok(Said::Page(Part { basis: Basis::Delta, changes, notices }))
    }

    /// Turns an increment into changes: events first, in the order of the document, then rows. What was only pointed
    /// at becomes pending.
    fn apply(&mut self, answer: &Rowset) -> Vec<ItemChange> {
        let present: BTreeSet<i32> = answer.rows.iter().map(|row| row.id()).collect();
        present
            .iter()
            .chain(answer.events.iter().filter_map(|event| event.id.as_ref()))
            .for_each(|id| self.told.insert(*id));
        let back = |event: &&Event| event.kind == EventKind::Restored;
        let restored: BTreeSet<i32> =
            answer.events.iter().filter(back).filter_map(|event| event.id).collect();
        let items = self.items_mut();
        let mut changes = Vec::with_capacity(answer.events.len() + answer.rows.len());
        for event in &answer.events {
            let Some(id) = event.id else { continue };
            let (unique_id, has_row) = (event.unique_id, present.contains(&id));
            let gone = matches!(event.kind, EventKind::Deleted | EventKind::MovedAway { .. });
            // Gone and there all the same: only asking for it tells which came last. A restore with its row tells it
            // too; one without is no help, because not every server keeps the order of events.
            if gone == has_row || (gone && restored.contains(&id)) {
                items.pending.insert(id);
            } else if gone || event.kind == EventKind::Restored {
                items.pending.remove(id);
            }
            if gone {
                items.folders.retain(|folder| folder.id != id);
            }
            match event.kind {
                EventKind::Deleted => changes.push(ItemChange::Removed { id, unique_id, known: Known::Told }),
                EventKind::MovedAway { to_list, to_item } => {
                    changes.push(ItemChange::MovedAway { id, unique_id, to_list, to_item });
                }
                EventKind::Restored => changes.push(ItemChange::Restored { id }),
                EventKind::Renamed => changes.push(ItemChange::Renamed { id }),
                EventKind::SystemUpdated => changes.push(ItemChange::SystemUpdated { id }),
                EventKind::InvalidToken | EventKind::Unknown(_) => {}
            }
        }
        // Whatever is told of such an item, its row is there.
        answer.broken.iter().filter_map(|broken| broken.id).for_each(|id| items.pending.insert(id));
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

/// Whether an event may have taken other items along.
fn takes_along(event: &Event) -> bool {
    matches!(event.kind, EventKind::Deleted | EventKind::MovedAway { .. })
}
