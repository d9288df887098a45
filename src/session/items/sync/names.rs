//! GetChanges in a list's run: it names what the increment cannot tell.

use super::{Contradiction, Naming, Said, Sync};
use crate::{
    change::{Change, ChangeKind, ChangedObject},
    checkpoint::{Ids, Position},
    session::{log, outcome::ResyncReason},
};

impl Sync {
    /// Has GetChanges name what changed, because the increment cannot be answered.
    pub(in crate::session::items) fn name_changes(&mut self) {
        if let Some(cursor) = self.increment_start().cloned() {
            self.naming = Some(Naming { cursor, ids: Ids::default(), instead: true });
        }
    }

    /// Takes a page of GetChanges for the ids it names.
    ///
    /// A folder that goes takes along what lies in it, without a word. What lay elsewhere before and was moved into it
    /// in the same stretch of the log is then told of nowhere but here.
    pub(in crate::session::items) fn on_names(&mut self, changes: &[Change]) -> Result<Said, Contradiction> {
        let from = self.names_start().cloned().ok_or("GetChanges has a start")?;
        log::check(Some(&from), self.names_end(), changes)?;
        let naming =
            self.naming.get_or_insert_with(|| Naming { cursor: from, ids: Ids::default(), instead: false });
        for change in changes {
            match &change.object {
                ChangedObject::Item(item) => naming.ids.insert(item.item_id),
                ChangedObject::List(_) if change.kind == ChangeKind::Restore => {
                    return Ok(self.reload(ResyncReason::Restored));
                }
                _ => {}
            }
        }
        if let Some(last) = changes.last() {
            naming.cursor = last.token.clone();
            return Ok(Said::Nothing);
        }
        let Naming { ids, instead, .. } = self.naming.take().ok_or("GetChanges was asked for")?;
        if instead {
            (self.again, self.reached) = (None, true);
            self.state.position = Position::Token(self.fence.clone());
            self.state.moment = self.fence_time;
        }
        let told = std::mem::take(&mut self.told);
        let items = self.items_mut();
        items.names_due = false;
        ids.ids().filter(|id| instead || !told.contains(*id)).for_each(|id| items.pending.insert(id));
        Ok(Said::Nothing)
    }
}
