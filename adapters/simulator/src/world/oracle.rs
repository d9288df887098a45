//! What a right answer would be, told from the world itself and not by the way the server finds it.

use std::collections::BTreeSet;

use super::{ListRef, World};
use crate::event::Object;
use crate::log::{Log, Row};
use crate::query::{Filter, Query, Scope, Selection, after_start, within_end};
use crate::token::{Place, Token};

impl World {
    /// The log that holds a scope's rows.
    pub fn log_of(&self, scope: Scope) -> &Log {
        let site = match scope {
            Scope::Site(site) => site,
            Scope::Web(web) => self.web(web).site,
            Scope::List(list) | Scope::Folder(list, _) | Scope::Item(list, _) => {
                self.web(self.list(list).web).site
            }
        };
        self.log(site)
    }

    /// The token of a place in the log, as a scope's answers carry it.
    pub fn token(&self, scope: Scope, place: Place) -> Token {
        let id = match scope {
            Scope::Site(site) => self.site(site).id,
            Scope::Web(web) => self.web(web).id,
            Scope::List(list) | Scope::Folder(list, _) | Scope::Item(list, _) => self.list(list).id,
        };
        Token { scope: scope.token_scope(), id, place }
    }

    /// The scope's CurrentChangeToken.
    pub fn current_token(&self, scope: Scope) -> Token {
        self.token(scope, self.log_of(scope).visible_end(self.now()))
    }

    /// Every row a query should bring, in order, by looking at each row of the log: the oracle. It takes bounds,
    /// flags and scope from the query, and neither its limit nor its order; rows not yet visible are left out.
    pub fn matching(&self, scope: Scope, query: &Query) -> Vec<&Row> {
        let log = self.log_of(scope);
        let filter = Filter::new(scope, query, &self.dialect);
        let rows = log.all_rows().iter().enumerate().skip(log.first());
        // Where something stands may have changed since: what belongs to a folder was filed when it was written.
        let filed: BTreeSet<u32> = match scope {
            Scope::Folder(list, folder) => {
                log.of_folder(list, folder, query.recursive).iter().copied().collect()
            }
            _ => BTreeSet::new(),
        };
        rows.filter(|(index, row)| {
            self.concerns(scope, row, || u32::try_from(*index).is_ok_and(|index| filed.contains(&index)))
                && filter.takes(row, log)
                && query.start.is_none_or(|start| after_start(row, start, &self.dialect))
                && query.end.is_none_or(|end| within_end(row, end))
                && log.is_visible(*index, self.now())
                && (!query.trim || self.is_seen(row))
        })
        .map(|(_, row)| row)
        .collect()
    }

    /// The rows from an index of the whole log on that a query asks for, by index, those not yet visible included.
    /// Bounds are left out.
    #[cfg(feature = "laws")]
    pub(crate) fn matching_since(&self, scope: Scope, query: &Query, from: usize) -> Vec<usize> {
        let log = self.log_of(scope);
        let filter = Filter::new(scope, query, &self.dialect);
        let filed = match scope {
            Scope::Folder(list, folder) => log.of_folder(list, folder, query.recursive),
            _ => &[],
        };
        let is_filed = |index: usize| filed.iter().any(|filed| *filed as usize == index);
        let rows = log.all_rows().iter().enumerate().skip(from);
        rows.filter(|(index, row)| self.concerns(scope, row, || is_filed(*index)) && filter.takes(row, log))
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether a row belongs to a scope; `filed` tells whether it was filed under the scope's folder.
    fn concerns(&self, scope: Scope, row: &Row, filed: impl Fn() -> bool) -> bool {
        match scope {
            Scope::Site(site) => row.site == site,
            Scope::Web(web) => self.in_web(row, web),
            Scope::List(list) => row.list == Some(list),
            Scope::Item(list, id) => {
                row.list == Some(list) && matches!(row.object, Object::Item { id: found, .. } if found == id)
            }
            Scope::Folder(_, folder) => filed() && self.in_folder(row, folder),
        }
    }

    /// Whether a row is one of a web's by the dialect.
    pub(crate) fn in_web(&self, row: &Row, web: super::WebRef) -> bool {
        row.web.is_some_and(|found| found == web || (self.dialect.sub_webs && self.is_within(found, web)))
    }

    /// Whether a row filed under a folder is one of its changes: one about the folder itself, by the dialect.
    pub(crate) fn in_folder(&self, row: &Row, folder: uuid::Uuid) -> bool {
        let itself = match row.object {
            Object::Item { unique_id, .. } => unique_id == folder,
            _ => false,
        };
        !itself || self.dialect.folder_itself
    }

    /// Whether the caller may see the object of a row; what is gone hides nothing.
    pub(crate) fn is_seen(&self, row: &Row) -> bool {
        match (row.list, &row.object) {
            (Some(list), Object::Item { id, .. }) => {
                self.list(list).item(*id).is_none_or(|item| self.sees(list, item))
            }
            _ => true,
        }
    }

    /// One page as the server cuts it, by index: row indexes in the order asked.
    pub(crate) fn page(&self, scope: Scope, query: &Query) -> Vec<u32> {
        let log = self.log_of(scope);
        let found;
        let among = match scope {
            Scope::Site(site) => log.of_site(site),
            Scope::Web(web) if self.dialect.sub_webs => log.of_site(self.web(web).site),
            Scope::Web(web) => log.of_web(web),
            Scope::List(list) => log.of_list(list),
            Scope::Folder(list, folder) => log.of_folder(list, folder, query.recursive),
            Scope::Item(list, id) => {
                found = log.of_item(list, id);
                &found
            }
        };
        let selection = Selection { log, among, dialect: &self.dialect, now: self.now() };
        let filter = Filter::new(scope, query, &self.dialect);
        let belongs = |row: &Row| match scope {
            Scope::Web(web) => self.in_web(row, web),
            Scope::Folder(_, folder) => self.in_folder(row, folder),
            _ => true,
        };
        selection.page(&filter, query, belongs, |row| self.is_seen(row))
    }

    /// Every list that was not deleted, of all webs.
    pub fn all_lists(&self) -> impl Iterator<Item = ListRef> {
        (0_u32..).map(ListRef).zip(&self.lists).filter(|(_, list)| !list.deleted).map(|(list, _)| list)
    }
}
