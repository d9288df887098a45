//! Permissions of single items: who may see what changes without a word from the list feed.
//!
//! An item that is shared with the caller comes into sight, and one that is taken from the caller is gone, though nothing
//! of it changed. The log tells it of the item or folder it was done to: role assignments (11, 12), permissions of its
//! own and their end (17, 18). What the caller may see changes with the place, too: an item that is moved into a folder
//! whose contents are not shown goes without a word. So GetChanges is asked for both, and the items it names are asked
//! for by id: one that does not come is hidden, and a folder that does come is listed.

use jiff::Timestamp;

use super::{Again, Basis, Notice, Part, Said, Sync};
use crate::{
    change::{Change, ChangeKind, ChangedObject},
    checkpoint::{Candidate, Ids, Permissions, Position, State},
    session::{
        course::Trouble,
        log::{self, older},
    },
    token::ChangeToken,
};

/// The reading under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    cursor: Option<ChangeToken>,
    ids: Ids,
    /// The highest number of a change by which one of the ids is named, and of all changes that came.
    as_of: i64,
    seen: i64,
    /// Rows of groups and roles, which name no item.
    roles: u64,
}

/// Says where a run begins to read permissions: where the last one says; at the position, where none was read yet; and
/// with an overlap where the increment begins, unless what lies before it was not read.
pub(super) fn begin(state: &mut State, again: Option<&Again>) {
    let Position::Token(position) = &state.position else { return };
    let (position, moment) = (position.clone(), state.moment);
    let items = state.items.get_or_insert_default();
    let permissions = items.permissions.get_or_insert_with(|| Permissions::after(position, moment));
    let Some(again) = again else { return };
    *permissions = if permissions.end() >= again.token.number() {
        Permissions::after(again.token.clone(), again.moment)
    } else {
        Permissions::after(permissions.from.clone(), permissions.moment)
    };
}

impl Sync {
    /// Whether the log has to be read for permissions: it has moved since, or its end has settled, which the answer that
    /// was read up to there may not have known of.
    pub(super) fn permissions_are_due(&self) -> bool {
        let end = self.log_end().number();
        let Some(permissions) = self.items().permissions.as_ref().filter(|_| self.settings.role_assignments)
        else {
            return false;
        };
        let has_settled = |it: &Candidate| older(self.fence_time, it.time, self.settings.settle);
        permissions.end() < end
            || (permissions.from.number() < end && permissions.candidate.as_ref().is_some_and(has_settled))
    }

    /// Whether the log may have forgotten what has to be read.
    pub(super) fn permissions_are_too_old(&self) -> bool {
        self.permissions_are_due() && self.permissions_start().is_none()
    }

    /// Where GetChanges goes on to be read for permissions; `None` where the log may have forgotten that.
    pub(in crate::session::items) fn permissions_start(&self) -> Option<&ChangeToken> {
        let permissions = self.items().permissions.as_ref()?;
        let cursor = self.permissions.as_ref().and_then(|reading| reading.cursor.as_ref());
        let inside = |token, moment: Timestamp| (!self.is_too_old(moment)).then_some(token);
        // An end that has not settled is better than a new load.
        let candidate = || permissions.candidate.as_ref().and_then(|it| inside(&it.token, it.time));
        cursor.or_else(|| inside(&permissions.from, permissions.moment)).or_else(candidate)
    }

    /// Takes a page of GetChanges for permissions.
    pub(in crate::session::items) fn on_permissions(&mut self, changes: &[Change]) -> Result<Said, Trouble> {
        // It grew too old while the answer was on the way, by what this answer says of the time.
        let Some(from) = self.permissions_start().cloned() else { return Ok(Said::Nothing) };
        log::check(Some(&from), self.log_end(), changes)?;
        let known = self.items().permissions.as_ref().map_or(0, |permissions| permissions.seen);
        let reading = self.permissions.get_or_insert_default();
        for change in changes {
            let number = change.token.number();
            reading.seen = reading.seen.max(number);
            if number <= known {
                continue;
            }
            match &change.object {
                ChangedObject::Item(item) => {
                    // What came of an item by the increment was seen after the change.
                    let is_told = self.told.get(&item.item_id).is_some_and(|as_of| *as_of >= number);
                    if !is_told {
                        reading.ids.insert(item.item_id);
                        reading.as_of = reading.as_of.max(number);
                    }
                }
                object => reading.roles += u64::from(names_no_item(object, change.kind)),
            }
        }
        if let Some(last) = changes.last() {
            reading.cursor = Some(last.token.clone());
            return Ok(Said::Nothing);
        }
        let Reading { ids, as_of, seen, roles, .. } = self.permissions.take().unwrap_or_default();
        self.know(as_of);
        self.note_permissions(seen);
        let items = self.items_mut();
        for id in ids.ids() {
            items.pending.insert(id);
            items.maybe_hidden.insert(id);
        }
        if roles == 0 {
            return Ok(Said::Nothing);
        }
        let notices = vec![Notice::RolesChanged { count: roles }];
        Ok(Said::Page(Part { basis: Basis::Delta, changes: Vec::new(), notices }))
    }

    /// Notes that the log was read up to its end.
    fn note_permissions(&mut self, seen: i64) {
        let end = self.log_end().clone();
        let (now, settle) = (self.fence_time, self.settings.settle);
        let Some(permissions) = &mut self.items_mut().permissions else { return };
        permissions.seen = permissions.seen.max(seen);
        permissions.read = end.number();
        if let Some(Candidate { token, time }) =
            permissions.candidate.take_if(|candidate| older(now, candidate.time, settle))
        {
            (permissions.from, permissions.moment) = (token, time);
        }
        permissions.candidate.get_or_insert(Candidate { token: end, time: now });
    }

    /// Where the log did not move, what was read of it does not grow old.
    pub(super) fn confirm_permissions(&mut self) {
        let (fence, now) = (self.fence.number(), self.fence_time);
        let (settle, half) = (self.settings.settle, self.settings.retention / 2);
        let Some(permissions) = &mut self.items_mut().permissions else { return };
        if permissions.end() != fence {
            return;
        }
        let is_old = older(now, permissions.moment, half);
        let settled =
            |it: &mut Candidate| is_old && it.token.number() == fence && older(now, it.time, settle);
        if let Some(Candidate { token, .. }) = permissions.candidate.take_if(settled) {
            (permissions.from, permissions.moment) = (token, now);
        }
        if permissions.from.number() == fence {
            permissions.moment = permissions.moment.max(now);
        }
    }
}

/// Whether a row tells of permissions but not of an item: groups and roles, and folders and files that are no items.
fn names_no_item(object: &ChangedObject, kind: ChangeKind) -> bool {
    match kind {
        ChangeKind::RoleDefinitionAdd
        | ChangeKind::RoleDefinitionDelete
        | ChangeKind::RoleDefinitionUpdate
        | ChangeKind::GroupMembershipAdd
        | ChangeKind::GroupMembershipDelete => true,
        ChangeKind::RoleAssignmentAdd
        | ChangeKind::RoleAssignmentDelete
        | ChangeKind::ScopeAdd
        | ChangeKind::ScopeDelete => matches!(
            object,
            ChangedObject::File(_) | ChangedObject::Folder(_) | ChangedObject::FileOrFolder(_)
        ),
        _ => false,
    }
}
