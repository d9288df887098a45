//! Site collections.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::people::{Group, User};
use super::{DatabaseRef, Note, SiteRef, Verb, WebRef, World, last};
use crate::event::{Event, Object};

/// A site collection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Site {
    /// Its id.
    pub id: Uuid,
    /// The database that its log is in.
    pub database: DatabaseRef,
    /// Its root web.
    pub root: WebRef,
    /// Its users by id.
    pub users: BTreeMap<i32, User>,
    /// Its groups by id; users and groups share their ids.
    pub groups: BTreeMap<i32, Group>,
    /// Names of its role definitions.
    pub roles: Vec<String>,
    pub(super) next_principal: i32,
    pub(super) next_consent: i32,
}

impl World {
    /// Makes a site collection with its root web at a server-relative path (`/sites/ops`; empty for the host's
    /// root), in the first content database.
    ///
    /// # Errors
    /// The path is taken.
    pub fn add_site(&mut self, path: &str, title: &str) -> Verb<SiteRef> {
        self.add_site_in(DatabaseRef(0), path, title)
    }

    /// Makes a site collection in a content database.
    ///
    /// # Errors
    /// The path is taken.
    pub fn add_site_in(&mut self, database: DatabaseRef, path: &str, title: &str) -> Verb<SiteRef> {
        self.free_path(path)?;
        let id = self.guid();
        let site = SiteRef(last(self.sites.len() + 1));
        let root = WebRef(last(self.webs.len() + 1));
        let mut users = BTreeMap::new();
        users.insert(1, User::new(1, "System Account", "admin@fabrikam.example"));
        self.sites.push(Site {
            id,
            database,
            root,
            users,
            groups: BTreeMap::new(),
            roles: ["Full Control", "Edit", "Read"].map(str::to_owned).to_vec(),
            next_principal: 2,
            next_consent: 1,
        });
        self.make_web(site, None, path, title);
        Ok(site)
    }

    /// A site collection.
    pub fn site(&self, site: SiteRef) -> &Site {
        &self.sites[site.0 as usize]
    }

    pub(super) fn site_mut(&mut self, site: SiteRef) -> &mut Site {
        &mut self.sites[site.0 as usize]
    }

    /// Every site collection.
    pub fn sites(&self) -> impl Iterator<Item = SiteRef> + use<> {
        (0..self.sites.len()).map(|at| SiteRef(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// Puts a copy of a site collection in its place, as one does that makes a site of another's backup: it has another
    /// id, and its webs and lists keep theirs. Returns the new id.
    pub fn replace_by_copy(&mut self, site: SiteRef) -> Uuid {
        let id = self.guid();
        self.site_mut(site).id = id;
        id
    }

    /// Changes a setting of the site collection: Site 2.
    pub fn update_site(&mut self, site: SiteRef) {
        self.write(&Note::new(Event::Update, site, Object::Site).exact());
    }

    /// Grants something to an app: AppConsentPrincipal 1.
    pub fn consent(&mut self, site: SiteRef) -> i32 {
        let id = self.site(site).next_consent;
        self.site_mut(site).next_consent += 1;
        self.write(&Note::new(Event::Add, site, Object::AppConsentPrincipal(id)).exact());
        id
    }

    /// Changes the security policy that holds for the site collection: a bare change, 2.
    pub fn change_policy(&mut self, site: SiteRef) {
        self.write(&Note::new(Event::Update, site, Object::SecurityPolicy).exact());
    }
}
