//! Users and groups of a site collection, and role definitions.

use std::collections::BTreeSet;

use super::{Note, SiteRef, Verb, WebRef, World, WorldError};
use crate::event::{Event, Object};

/// A user of a site collection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// Its id in the site collection.
    pub id: i32,
    /// Its display name.
    pub name: String,
    /// Its mail address.
    pub mail: String,
}

impl User {
    pub(super) fn new(id: i32, name: &str, mail: &str) -> Self {
        Self { id, name: name.to_owned(), mail: mail.to_owned() }
    }

    /// Its claims login name.
    pub fn login(&self) -> String {
        format!("i:0#.f|membership|{}", self.mail)
    }
}

/// A group of a site collection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// Its id in the site collection.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Ids of its members.
    pub members: BTreeSet<i32>,
}

impl World {
    /// Adds a user: User 1.
    pub fn add_user(&mut self, site: SiteRef, name: &str, mail: &str) -> i32 {
        let id = self.next_principal(site);
        self.site_mut(site).users.insert(id, User::new(id, name, mail));
        self.site_row(site, Event::Add, Object::User(id));
        id
    }

    /// Changes a user's name: User 2.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn rename_user(&mut self, site: SiteRef, id: i32, name: &str) -> Verb<()> {
        let user = self.site_mut(site).users.get_mut(&id).ok_or_else(|| WorldError::missing("user", id))?;
        name.clone_into(&mut user.name);
        self.site_row(site, Event::Update, Object::User(id));
        Ok(())
    }

    /// Removes a user: User 3.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn delete_user(&mut self, site: SiteRef, id: i32) -> Verb<()> {
        self.site_mut(site).users.remove(&id).ok_or_else(|| WorldError::missing("user", id))?;
        for group in self.site_mut(site).groups.values_mut() {
            group.members.remove(&id);
        }
        self.site_row(site, Event::Delete, Object::User(id));
        Ok(())
    }

    /// Makes a group: Group 1.
    pub fn add_group(&mut self, site: SiteRef, name: &str) -> i32 {
        let id = self.next_principal(site);
        let group = Group { id, name: name.to_owned(), members: BTreeSet::new() };
        self.site_mut(site).groups.insert(id, group);
        self.site_row(site, Event::Add, Object::Group(id));
        id
    }

    /// Changes a group's name: Group 2.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn rename_group(&mut self, site: SiteRef, id: i32, name: &str) -> Verb<()> {
        name.clone_into(&mut self.group_mut(site, id)?.name);
        self.site_row(site, Event::Update, Object::Group(id));
        Ok(())
    }

    /// Removes a group: Group 3.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn delete_group(&mut self, site: SiteRef, id: i32) -> Verb<()> {
        self.group_mut(site, id)?;
        self.site_mut(site).groups.remove(&id);
        self.site_row(site, Event::Delete, Object::Group(id));
        Ok(())
    }

    /// Puts a user into a group: Group 13.
    ///
    /// # Errors
    /// There is no such group, or the user is in it.
    pub fn add_member(&mut self, site: SiteRef, group: i32, user: i32) -> Verb<()> {
        if !self.group_mut(site, group)?.members.insert(user) {
            return Err(WorldError::Exists(format!("member {user}")));
        }
        self.site_row(site, Event::MemberAdd, Object::Group(group));
        Ok(())
    }

    /// Takes a user out of a group: Group 14.
    ///
    /// # Errors
    /// There is no such group, or the user is not in it.
    pub fn remove_member(&mut self, site: SiteRef, group: i32, user: i32) -> Verb<()> {
        if !self.group_mut(site, group)?.members.remove(&user) {
            return Err(WorldError::missing("member", user));
        }
        self.site_row(site, Event::MemberDelete, Object::Group(group));
        Ok(())
    }

    /// Makes a role definition: Web 8.
    pub fn add_role(&mut self, web: WebRef, name: &str) {
        let site = self.web(web).site;
        self.site_mut(site).roles.push(name.to_owned());
        self.web_row(web, Event::RoleAdd, Object::Web, true);
    }

    /// Removes a role definition: Web 9.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn delete_role(&mut self, web: WebRef, name: &str) -> Verb<()> {
        let site = self.web(web).site;
        let at = self.role(site, name)?;
        self.site_mut(site).roles.remove(at);
        self.web_row(web, Event::RoleDelete, Object::Web, true);
        Ok(())
    }

    /// Changes what a role definition allows: Web 10.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn change_role(&mut self, web: WebRef, name: &str) -> Verb<()> {
        self.role(self.web(web).site, name)?;
        self.web_row(web, Event::RoleUpdate, Object::Web, true);
        Ok(())
    }

    fn role(&self, site: SiteRef, name: &str) -> Verb<usize> {
        let found = self.site(site).roles.iter().position(|role| role == name);
        found.ok_or_else(|| WorldError::missing("role definition", name))
    }

    fn group_mut(&mut self, site: SiteRef, id: i32) -> Verb<&mut Group> {
        self.site_mut(site).groups.get_mut(&id).ok_or_else(|| WorldError::missing("group", id))
    }

    fn next_principal(&mut self, site: SiteRef) -> i32 {
        let site = self.site_mut(site);
        site.next_principal += 1;
        site.next_principal - 1
    }

    /// Writes a row about something of the site collection that stands in no web.
    fn site_row(&mut self, site: SiteRef, event: Event, object: Object) {
        self.write(&Note::new(event, site, object).exact());
    }
}
