//! Permissions: sharing, breaking inheritance, inheriting again.

use std::collections::BTreeMap;

use super::{ListRef, Note, Verb, WebRef, World, WorldError};
use crate::event::{Event, Object};

/// Role names by principal's id.
pub type Grants = BTreeMap<i32, String>;

/// What can have permissions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Securable {
    /// A web.
    Web(WebRef),
    /// A list.
    List(ListRef),
    /// An item.
    Item(ListRef, i32),
}

impl World {
    /// Shares something with a user, as the sharing dialog does: what inherits gets its own permissions (11, then
    /// 17 at the same tick), then the role is granted (11).
    ///
    /// # Errors
    /// It is gone.
    pub fn share(&mut self, what: Securable, principal: i32, role: &str) -> Verb<()> {
        if self.grants(what)?.is_none() {
            *self.grants_mut(what) = Some(Grants::new());
            self.right_row(what, Event::AssignmentAdd, false);
            self.right_row(what, Event::ScopeAdd, true);
            self.pause();
        }
        self.grant(what, principal, role)
    }

    /// Gives something permissions of its own: 17.
    ///
    /// # Errors
    /// It is gone, or has them.
    pub fn break_inheritance(&mut self, what: Securable) -> Verb<()> {
        if self.grants(what)?.is_some() {
            return Err(WorldError::Refused("it has its own permissions".to_owned()));
        }
        *self.grants_mut(what) = Some(Grants::new());
        self.right_row(what, Event::ScopeAdd, false);
        Ok(())
    }

    /// Lets something inherit again: 18.
    ///
    /// # Errors
    /// It is gone, inherits, or is a root web.
    pub fn inherit_again(&mut self, what: Securable) -> Verb<()> {
        let root = matches!(what, Securable::Web(web) if self.web(web).parent.is_none());
        if self.grants(what)?.is_none() || root {
            return Err(WorldError::Refused("it has no permissions of its own to give up".to_owned()));
        }
        *self.grants_mut(what) = None;
        self.right_row(what, Event::ScopeDelete, false);
        Ok(())
    }

    /// Grants a role on something that has its own permissions: 11.
    ///
    /// # Errors
    /// It is gone, or inherits.
    pub fn grant(&mut self, what: Securable, principal: i32, role: &str) -> Verb<()> {
        if self.grants(what)?.is_none() {
            return Err(WorldError::Refused("it inherits its permissions".to_owned()));
        }
        if let Some(grants) = self.grants_mut(what) {
            grants.insert(principal, role.to_owned());
        }
        self.right_row(what, Event::AssignmentAdd, false);
        Ok(())
    }

    /// Takes a principal's roles on something that has its own permissions: 12.
    ///
    /// # Errors
    /// It is gone, inherits, or granted the principal nothing.
    pub fn revoke(&mut self, what: Securable, principal: i32) -> Verb<()> {
        let held = self.grants(what)?.is_some_and(|grants| grants.contains_key(&principal));
        if !held {
            return Err(WorldError::missing("grant of", principal));
        }
        if let Some(grants) = self.grants_mut(what) {
            grants.remove(&principal);
        }
        self.right_row(what, Event::AssignmentDelete, false);
        Ok(())
    }

    /// The own permissions of something; none where it inherits.
    ///
    /// # Errors
    /// It is gone.
    pub fn grants(&self, what: Securable) -> Verb<Option<&Grants>> {
        match what {
            Securable::Web(web) if self.web(web).deleted => {
                Err(WorldError::missing("web", &self.web(web).path))
            }
            Securable::Web(web) => Ok(self.web(web).grants.as_ref()),
            Securable::List(list) => Ok(self.living(list)?.grants.as_ref()),
            Securable::Item(list, id) => Ok(self.existing(list, id)?.grants.as_ref()),
        }
    }

    /// The place of the permissions of something that `grants` has found.
    fn grants_mut(&mut self, what: Securable) -> &mut Option<Grants> {
        match what {
            Securable::Web(web) => &mut self.web_mut(web).grants,
            Securable::List(list) => &mut self.list_mut(list).grants,
            Securable::Item(list, id) => {
                &mut self.list_mut(list).items.get_mut(&id).expect("checked by the caller").grants
            }
        }
    }

    fn right_row(&mut self, what: Securable, event: Event, joined: bool) {
        let (web, list, object) = match what {
            Securable::Web(web) => (web, None, Object::Web),
            Securable::List(list) => (self.list(list).web, Some(list), Object::List),
            Securable::Item(list, id) => {
                self.item_note(list, id, event, |note| {
                    note.exact = true;
                    note.joined = joined;
                });
                return;
            }
        };
        let mut note = Note::new(event, self.web(web).site, object).exact();
        if joined {
            note = note.joined();
        }
        note.web = Some(web);
        note.list = list;
        self.write(&note);
    }
}
