//! GetChanges in a list's run: it names what the increment cannot tell.

use jiff::Timestamp;

use super::{Naming, Said, Sync};
use crate::{
    change::{Change, ChangeKind, ChangedObject},
    checkpoint::{Ids, Named, Position, State},
    session::{
        course::Trouble,
        log::{self, older},
        outcome::ResyncReason,
        start::Settings,
    },
    token::ChangeToken,
};

/// Has a run name once more what GetChanges named in the place of an increment, once the end of the log has settled.
pub(super) fn begin(state: &mut State, now: Timestamp, settings: &Settings) {
    let Some(items) = state.items.as_deref_mut() else { return };
    let Some(named) = items.named.take_if(|named| older(now, named.time, settings.settle)) else { return };
    if items.names_from.as_ref().is_none_or(|from| named.from.number() < from.number()) {
        (items.names_from, items.names_moment) = (Some(named.from), Some(named.moment));
    }
    items.names_due = true;
}

impl Naming {
    fn new(cursor: ChangeToken, moment: Timestamp, instead: bool) -> Self {
        Naming { cursor, moment, ids: Ids::default(), as_of: 0, instead, gone: Ids::default() }
    }
}

impl Sync {
    /// Has GetChanges name what changed, because the increment cannot be answered.
    pub(in crate::session::items) fn name_changes(&mut self) {
        if let Some(cursor) = self.increment_start().cloned() {
            let moment = self.increment_moment();
            let (named, time) = (self.items_mut().named.take(), self.fence_time);
            // What is to be named once more is so from its first beginning.
            let named = named.unwrap_or(Named { from: cursor.clone(), moment, time });
            self.items_mut().named = Some(Named { time, ..named });
            self.naming = Some(Naming::new(cursor, moment, true));
        }
    }

    /// Where GetChanges is to end: what did not come by its id may have gone after the end of the log was read.
    pub(in crate::session::items) fn names_end(&self) -> &ChangeToken {
        let end = self.log_end();
        let answered = self.answered.as_ref().filter(|_| !self.items().restored.is_empty());
        answered.filter(|answered| answered.number() > end.number()).unwrap_or(end)
    }

    /// Takes a page of GetChanges for the ids it names.
    ///
    /// A folder that goes takes along what lies in it, without a word. What lay elsewhere before and was moved into it
    /// in the same stretch of the log is then told of nowhere but here. Something restored that did not come by its id
    /// went again, or is out of the caller's sight: then nobody names what came back with it.
    pub(in crate::session::items) fn on_names(&mut self, changes: &[Change]) -> Result<Said, Trouble> {
        let from = self.names_start().cloned().ok_or("GetChanges has a start")?;
        log::check(Some(&from), self.names_end(), changes)?;
        let moment = self.items().moment_of_names(&from);
        let naming = self.naming.get_or_insert_with(|| Naming::new(from, moment, false));
        for change in changes {
            match &change.object {
                ChangedObject::Item(item) => {
                    let number = change.token.number();
                    let gone = matches!(change.kind, ChangeKind::Delete | ChangeKind::MoveAway);
                    if gone {
                        naming.gone.insert(item.item_id);
                    } else {
                        naming.gone.remove(item.item_id);
                    }
                    let items = self.state.items.get_or_insert_default();
                    if let Some(expected) = items.expected.as_mut().filter(|it| gone && number > it.after) {
                        expected.gone.remove(item.item_id);
                    }
                    // What the increment told of an item covers no change after that answer's token.
                    let is_told = self.told.get(&item.item_id).is_some_and(|as_of| *as_of >= number);
                    if naming.instead || !is_told {
                        naming.ids.insert(item.item_id);
                        naming.as_of = naming.as_of.max(number);
                    }
                }
                // It may be any item, and what is not named here is told nowhere.
                ChangedObject::Unknown { type_name } if is_item(type_name.as_deref(), change) => {
                    return Ok(self.reload(ResyncReason::UnknownChange));
                }
                ChangedObject::List(_) if change.kind == ChangeKind::Restore => {
                    return Ok(self.reload(ResyncReason::Restored));
                }
                _ => {}
            }
        }
        if let Some(last) = changes.last() {
            naming.cursor = last.token.clone();
            naming.moment = last.token.time();
            return Ok(Said::Nothing);
        }
        let Naming { ids, instead, as_of, gone, .. } =
            self.naming.take().ok_or("GetChanges was asked for")?;
        if self.items().expected.as_ref().is_some_and(|expected| !expected.gone.is_empty()) && !instead {
            return Err(Trouble::Behind("GetChanges lacks a removal that the increment told of".to_owned()));
        }
        if instead {
            (self.again, self.reached) = (None, true);
            self.state.again = None;
            self.state.position = Position::Token(self.fence.clone());
            self.state.moment = self.fence_time;
        }
        gone.ids().for_each(|id| self.items_mut().restored.remove(id));
        if !self.items().restored.is_empty() {
            return Ok(self.reload(ResyncReason::RestoredHidden));
        }
        self.told.clear();
        self.know(as_of);
        let items = self.items_mut();
        (items.names_due, items.expected) = (false, None);
        ids.ids().for_each(|id| items.pending.insert(id));
        Ok(Said::Nothing)
    }
}

/// Whether something that cannot be told may be an item whose id cannot be read.
fn is_item(type_name: Option<&str>, change: &Change) -> bool {
    !change.unreadable.is_empty() && type_name.is_none_or(|name| name == "SP.ChangeItem")
}
