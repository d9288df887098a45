//! A copy of a list that believes what the feed tells, and asks again where it only points, or where the log alone tells
//! of permissions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sharepoint_simulator::world::ListRef;
use sharepoint_simulator::{Event, Held, Object, Server};

use crate::item_types::every_field;
use crate::rowset::{BY_ID, Page, USUAL, answer, options_at, page};

/// Rows by id, as told, and where the next increment begins.
#[derive(Debug, Default)]
pub(crate) struct Copy {
    rows: BTreeMap<i32, BTreeMap<String, String>>,
    token: String,
    mask: String,
    /// Rows of the log that were read for permissions.
    read: usize,
    /// Loads it took.
    pub(crate) loads: u32,
    /// Changes of `Id` elements seen.
    pub(crate) seen: BTreeSet<String>,
    /// Answers that said more.
    pub(crate) more: u32,
}

impl Copy {
    /// Reads the list anew.
    fn load(&mut self, server: &mut Server, list: ListRef) {
        self.rows.clear();
        self.loads += 1;
        let (token, pages) = Self::read(server, list, BY_ID, USUAL);
        self.token = token;
        for page in pages {
            self.mask.clone_from(&page.listitems["EffectivePermMask"]);
            self.apply(page.rows);
        }
    }

    /// All pages of a question without a token, and the first one's token.
    fn read(server: &mut Server, list: ListRef, query: &str, options: &str) -> (String, Vec<Page>) {
        let fields = every_field(server.world(), list);
        let (mut pages, mut options) = (Vec::<Page>::new(), options.to_owned());
        loop {
            let members =
                json!({ "RowLimit": "100", "Query": query, "ViewFields": fields, "QueryOptions": options });
            let found = page(server, list, &members);
            let next = found.position.clone();
            pages.push(found);
            let Some(position) = next else { return (pages[0].token.clone(), pages) };
            let place = options_at(&position);
            let paging = place[place.find("<Paging").unwrap()..].to_owned();
            let kept = options.find("<Paging").unwrap_or(options.len() - "</QueryOptions>".len());
            options.replace_range(kept.., &paging);
        }
    }

    fn apply(&mut self, rows: Vec<BTreeMap<String, String>>) {
        for row in rows {
            self.rows.insert(row["ows_ID"].parse().unwrap(), row);
        }
    }

    /// Removes an item and what stands below it.
    fn remove(&mut self, id: i32) {
        let Some(gone) = self.rows.remove(&id) else { return };
        let unique = second(&gone["ows_UniqueId"]);
        let below: Vec<i32> = self
            .rows
            .iter()
            .filter(|(_, row)| second(&row["ows_ParentUniqueId"]) == unique)
            .map(|(id, _)| *id)
            .collect();
        for id in below {
            self.remove(id);
        }
    }

    /// Asks for items by id; who does not come is gone.
    fn fetch(&mut self, server: &mut Server, list: ListRef, ids: &BTreeSet<i32>) {
        for window in ids.iter().copied().collect::<Vec<_>>().chunks(100) {
            let values: String =
                window.iter().map(|id| format!("<Value Type=\"Counter\">{id}</Value>")).collect();
            let query = format!(
                "<Query><Where><In><FieldRef Name=\"ID\"/><Values>{values}</Values></In></Where>\
                 <OrderBy><FieldRef Name=\"ID\"/></OrderBy></Query>"
            );
            let (_, pages) = Self::read(server, list, &query, USUAL);
            let rows: Vec<_> = pages.into_iter().flat_map(|page| page.rows).collect();
            let come: BTreeSet<i32> = rows.iter().map(|row| row["ows_ID"].parse().unwrap()).collect();
            window.iter().filter(|id| !come.contains(id)).for_each(|id| self.remove(*id));
            self.apply(rows);
        }
    }

    /// Lists a folder's tree again.
    fn list(&mut self, server: &mut Server, list: ListRef, id: i32) {
        let Some(row) = self.rows.get(&id) else { return };
        let path = format!("/{}", second(&row["ows_FileRef"])).replace('&', "&amp;");
        let options = USUAL.replace("<ViewAttributes", &format!("<Folder>{path}</Folder><ViewAttributes"));
        let (_, pages) = Self::read(server, list, BY_ID, &options);
        let rows: Vec<_> = pages.into_iter().flat_map(|page| page.rows).collect();
        let seen: BTreeSet<i32> = rows.iter().map(|row| row["ows_ID"].parse().unwrap()).collect();
        let unique = second(&self.rows[&id]["ows_UniqueId"]).to_owned();
        self.apply(rows);
        let (mut waiting, mut below) = (vec![unique], Vec::new());
        while let Some(folder) = waiting.pop() {
            for (id, row) in &self.rows {
                if second(&row["ows_ParentUniqueId"]) == folder {
                    waiting.push(second(&row["ows_UniqueId"]).to_owned());
                    below.push(*id);
                }
            }
        }
        for id in below.into_iter().filter(|id| !seen.contains(id)) {
            self.remove(id);
        }
    }

    /// Items of which the log tells that their permissions changed, or that they came to lie where others hold.
    fn permitted(&mut self, server: &Server, list: ListRef) -> BTreeSet<i32> {
        let world = server.world();
        let rows = world.log(world.web(world.list(list).web).site).all_rows();
        let new = rows[self.read.min(rows.len())..].iter().filter(|row| row.list == Some(list));
        self.read = rows.len();
        let id = |row: &sharepoint_simulator::Row| match (&row.object, row.event) {
            (
                Object::Item { id, .. },
                Event::AssignmentAdd
                | Event::AssignmentDelete
                | Event::ScopeAdd
                | Event::ScopeDelete
                | Event::MoveAway
                | Event::MoveInto,
            ) => Some(*id),
            _ => None,
        };
        new.filter_map(id).collect()
    }

    /// Brings the copy up to date.
    pub(crate) fn follow(&mut self, server: &mut Server, list: ListRef) {
        if self.token.is_empty() {
            self.load(server, list);
        }
        let mut folders = self.permitted(server, list);
        self.fetch(server, list, &folders);
        loop {
            let fields = every_field(server.world(), list);
            let members = json!({ "ChangeToken": self.token, "RowLimit": "100", "Query": BY_ID, "ViewFields": fields,
                "QueryOptions": USUAL });
            assert_eq!(answer(server, list, &members).status(), 200);
            let found = page(server, list, &members);
            self.seen.extend(found.ids.iter().map(|(change, _)| change.clone()));
            let anew = found.fields.is_some()
                || found.listitems["EffectivePermMask"] != self.mask
                || found
                    .ids
                    .iter()
                    .any(|(change, id)| change == "InvalidToken" || (change == "Restore" && id.is_empty()));
            if anew {
                self.load(server, list);
                folders.clear();
                continue;
            }
            let rows: BTreeSet<i32> = found.row_ids().into_iter().collect();
            let mut pointed = BTreeSet::new();
            for (change, text) in &found.ids {
                let Ok(id) = text.parse() else { continue };
                if matches!(change.as_str(), "Delete" | "MoveAway") {
                    self.remove(id);
                } else if !rows.contains(&id) {
                    pointed.insert(id);
                }
            }
            pointed.extend(
                found.ids.iter().filter_map(|(_, text)| text.parse().ok()).filter(|id| rows.contains(id)),
            );
            let named: BTreeSet<i32> = rows.iter().chain(&pointed).copied().collect();
            self.apply(found.rows);
            self.fetch(server, list, &pointed);
            folders.extend(named);
            self.token = found.token;
            self.more += u32::from(found.more.is_some());
            if found.more.is_none() {
                break;
            }
        }
        for id in folders {
            if self.rows.get(&id).is_some_and(|row| second(&row["ows_FSObjType"]) == "1") {
                self.list(server, list, id);
            }
        }
    }

    /// Holds it against the truth.
    pub(crate) fn check(&self, server: &Server, list: ListRef) {
        let truth = server.world().list_truth(list);
        let ids: Vec<i32> = truth.iter().map(|item| item.id).collect();
        assert_eq!(self.rows.keys().copied().collect::<Vec<_>>(), ids);
        for item in &truth {
            let row = &self.rows[&item.id];
            for field in &item.fields {
                let told = row.get(&format!("ows_{}", field.name)).map(String::as_str);
                match field.held {
                    Held::Whole => {
                        assert_eq!(told, Some(field.text.as_str()), "{} of {}", field.name, item.id);
                    }
                    Held::Ids => assert_eq!(told.map(ids_in), Some(ids_in(&field.text))),
                    Held::Nothing => {}
                }
            }
            let held = item.fields.iter().filter(|field| row.contains_key(&format!("ows_{}", field.name)));
            let held: BTreeSet<String> = held.map(|field| format!("ows_{}", field.name)).collect();
            let more: Vec<&String> = row.keys().filter(|name| !held.contains(*name)).collect();
            assert!(more.is_empty(), "{more:?} of {} should be empty", item.id);
        }
    }
}

/// What stands behind the id of a lookup.
fn second(text: &str) -> &str {
    text.split_once(";#").unwrap().1
}

/// Every other part of a list of lookups.
fn ids_in(text: &str) -> Vec<String> {
    text.split(";#").step_by(2).map(str::to_owned).collect()
}
