//! Webs: the root web of a site collection and those below it.

use uuid::Uuid;

use super::sharing::Grants;
use super::{ListRef, Note, SiteRef, Verb, WebRef, World, WorldError, last};
use crate::event::{Event, Object};
use crate::ticks::Ticks;
use crate::world::Column;
use crate::world::schema::ContentType;

/// A web.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Web {
    /// Its id.
    pub id: Uuid,
    /// Its site collection.
    pub site: SiteRef,
    /// The web above it; none for a root web.
    pub parent: Option<WebRef>,
    /// Its server-relative path without a slash at the end; empty at the host's root.
    pub path: String,
    /// Its title.
    pub title: String,
    /// The UniqueId of its root folder.
    pub root_folder: Uuid,
    /// Its lists, deleted ones included.
    pub lists: Vec<ListRef>,
    /// Its site columns.
    pub columns: Vec<Column>,
    /// Its content types.
    pub content_types: Vec<ContentType>,
    /// Its alerts.
    pub alerts: Vec<Uuid>,
    /// Its own permissions; none where it inherits.
    pub grants: Option<Grants>,
    /// When it was made.
    pub created: Ticks,
    /// Whether it was deleted.
    pub deleted: bool,
}

impl World {
    pub(super) fn free_path(&self, path: &str) -> Verb<()> {
        if self.web_paths.contains_key(&path.to_lowercase()) {
            return Err(WorldError::Exists(path.to_owned()));
        }
        Ok(())
    }

    /// Rows: Web 1, then Folder 1 for each folder it begins with.
    pub(super) fn make_web(
        &mut self,
        site: SiteRef,
        parent: Option<WebRef>,
        path: &str,
        title: &str,
    ) -> WebRef {
        let web = WebRef(last(self.webs.len() + 1));
        let (id, root_folder) = (self.guid(), self.guid());
        self.web_paths.insert(path.to_lowercase(), web);
        self.webs.push(Web {
            id,
            site,
            parent,
            path: path.to_owned(),
            title: title.to_owned(),
            root_folder,
            lists: Vec::new(),
            columns: Vec::new(),
            content_types: Vec::new(),
            alerts: Vec::new(),
            grants: parent.is_none().then(Grants::default),
            created: self.now(),
            deleted: false,
        });
        let created = self.web_row(web, Event::Add, Object::Web, false);
        self.webs[web.0 as usize].created = created;
        self.web_row(web, Event::Add, Object::Folder(root_folder), false);
        for _ in 0..2 {
            let folder = self.guid();
            self.web_row(web, Event::Add, Object::Folder(folder), false);
        }
        web
    }

    /// Makes a web below another: Web 1, Folder 1, Folder 1, …
    ///
    /// # Errors
    /// The path is taken.
    pub fn add_web(&mut self, parent: WebRef, leaf: &str, title: &str) -> Verb<WebRef> {
        let path = format!("{}/{leaf}", self.web(parent).path);
        self.free_path(&path)?;
        let site = self.web(parent).site;
        Ok(self.make_web(site, Some(parent), &path, title))
    }

    /// A web.
    pub fn web(&self, web: WebRef) -> &Web {
        &self.webs[web.0 as usize]
    }

    pub(super) fn web_mut(&mut self, web: WebRef) -> &mut Web {
        &mut self.webs[web.0 as usize]
    }

    /// The living web at a server-relative path, in whatever case.
    pub fn web_at(&self, path: &str) -> Option<WebRef> {
        let path = path.trim_end_matches('/').to_lowercase();
        self.web_paths.get(&path).copied()
    }

    /// Every web of a site collection, deleted ones included.
    pub fn webs(&self, site: SiteRef) -> impl Iterator<Item = WebRef> {
        (0_u32..).map(WebRef).zip(&self.webs).filter(move |(_, web)| web.site == site).map(|(web, _)| web)
    }

    /// Whether a web is another one or stands below it.
    pub fn is_within(&self, web: WebRef, ancestor: WebRef) -> bool {
        let mut at = Some(web);
        while let Some(web) = at {
            if web == ancestor {
                return true;
            }
            at = self.web(web).parent;
        }
        false
    }

    /// Changes a web's title: Web 2.
    pub fn update_web(&mut self, web: WebRef, title: &str) {
        title.clone_into(&mut self.web_mut(web).title);
        self.web_row(web, Event::Update, Object::Web, true);
    }

    /// Deletes a web with its lists and the webs below it: Web 3 each, deepest first.
    ///
    /// # Errors
    /// It is a root web, or gone.
    pub fn delete_web(&mut self, web: WebRef) -> Verb<()> {
        if self.web(web).parent.is_none() || self.web(web).deleted {
            return Err(WorldError::Refused("only a living sub-web can be deleted".to_owned()));
        }
        let below: Vec<WebRef> =
            self.webs(self.web(web).site).filter(|w| self.web(*w).parent == Some(web)).collect();
        for child in below {
            if !self.web(child).deleted {
                self.delete_web(child)?;
            }
        }
        let path = self.web(web).path.to_lowercase();
        self.web_paths.remove(&path);
        self.web_mut(web).deleted = true;
        for list in self.web(web).lists.clone() {
            self.list_mut(list).deleted = true;
        }
        self.web_row(web, Event::Delete, Object::Web, true);
        Ok(())
    }

    /// Changes a web's navigation: Web 16 for each node.
    pub fn navigate(&mut self, web: WebRef, nodes: u32) {
        for _ in 0..nodes {
            self.web_row(web, Event::Navigation, Object::Web, true);
        }
    }

    /// Sets an alert: Alert 1.
    pub fn add_alert(&mut self, web: WebRef) -> Uuid {
        let alert = self.guid();
        self.web_mut(web).alerts.push(alert);
        self.web_row(web, Event::Add, Object::Alert(alert), true);
        alert
    }

    /// Changes an alert: Alert 2.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn change_alert(&mut self, web: WebRef, alert: Uuid) -> Verb<()> {
        if !self.web(web).alerts.contains(&alert) {
            return Err(WorldError::missing("alert", alert));
        }
        self.web_row(web, Event::Update, Object::Alert(alert), true);
        Ok(())
    }

    /// Ends an alert: Alert 3.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn delete_alert(&mut self, web: WebRef, alert: Uuid) -> Verb<()> {
        if !self.web(web).alerts.contains(&alert) {
            return Err(WorldError::missing("alert", alert));
        }
        self.web_mut(web).alerts.retain(|kept| *kept != alert);
        self.web_row(web, Event::Delete, Object::Alert(alert), true);
        Ok(())
    }

    /// Writes a row about something of a web that stands in no list.
    pub(super) fn web_row(&mut self, web: WebRef, event: Event, object: Object, exact: bool) -> Ticks {
        let mut note = Note::new(event, self.web(web).site, object);
        note.web = Some(web);
        note.exact = exact;
        self.write(&note)
    }
}
