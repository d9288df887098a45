//! Which items of a list a call is about, in which order, and where a page of them ends.

use std::cmp::Ordering;

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::Asked;
use super::caml::{self, Ids, Key, Test};
use super::field::{Field, Holds};
use super::operand::Operand;
use super::options::{Options, ViewScope};
use crate::dialect::MissingFolder;
use crate::problem::Problem;
use crate::world::{Item, List, ListRef, View, World};

/// The items of a list that a call is about.
#[derive(Clone, Debug)]
pub(crate) struct Selection<'a> {
    world: &'a World,
    list: ListRef,
    test: Option<Test<'a>>,
    /// Without keys the order is that of ids.
    order: Vec<Key<'a>>,
    /// The folder to look in; 0 for the root folder.
    folder: i32,
    scope: ViewScope,
}

/// Where a page begins: behind an item, told by its keys and its id.
#[derive(Clone, Debug, PartialEq)]
struct Position {
    keys: Vec<Option<Operand>>,
    id: i32,
}

/// A page of items, and the place where the next one begins.
pub(crate) type Page<'a> = (Vec<&'a Item>, Option<String>);

impl<'a> Selection<'a> {
    /// Query decides; without it Contains; without both the view's own filter leaks in, by the dialect.
    pub(crate) fn new(
        world: &'a World,
        list: ListRef,
        asked: &Asked,
        options: &Options,
        view: Option<&View>,
    ) -> Result<Self, Problem> {
        let found = world.list(list);
        let mut selection =
            Self { world, list, test: None, order: Vec::new(), folder: 0, scope: options.scope };
        if let Some(query) = &asked.query {
            selection.read(query, found)?;
        } else if let Some(contains) = &asked.contains {
            selection.test = Some(Test::contains(contains, found, world)?);
        } else if let Some(filter) =
            view.filter(|_| world.dialect.view_leaks).and_then(|view| view.filter.as_ref())
        {
            selection.read(&super::Element::parameter(filter, "Query")?, found)?;
        }
        if let Some(folder) = &options.folder {
            selection.folder = match folder_at(world, list, folder) {
                Err(_) if world.dialect.missing_folder == MissingFolder::Empty => NOWHERE,
                found => found?,
            };
        }
        Ok(selection)
    }

    fn read(&mut self, query: &super::Element, list: &'a List) -> Result<(), Problem> {
        if let Some(clause) = query.child("Where") {
            self.test = Test::read(clause, list, self.world)?;
        }
        if let Some(clause) = query.child("OrderBy") {
            self.order = caml::order(clause, list)?;
        }
        // Ids are the order that everything has without one.
        if let [key] = self.order.as_slice()
            && is_id(key)
            && !key.descending
        {
            self.order.clear();
        }
        Ok(())
    }

    /// Whether items are asked for by what they hold, or by their ids: what is found by an index is not looked for piece
    /// by piece.
    pub(crate) fn has_test(&self) -> bool {
        self.test.is_some()
    }

    /// Whether the folder that is asked for is not there.
    pub(crate) fn is_nowhere(&self) -> bool {
        self.folder == NOWHERE
    }

    fn found(&self) -> &'a List {
        self.world.list(self.list)
    }

    /// Whether an item is among them.
    pub(crate) fn takes(&self, item: &Item) -> bool {
        self.world.sees(self.list, item)
            && self.is_in_place(item)
            && self.test.as_ref().is_none_or(|test| test.takes(self.world, self.list, item))
    }

    fn is_in_place(&self, item: &Item) -> bool {
        match self.scope {
            ViewScope::Folder => item.parent == self.folder,
            ViewScope::FilesOnly => item.parent == self.folder && !item.is_folder(),
            ViewScope::Recursive => !item.is_folder() && self.is_below(item),
            ViewScope::RecursiveAll => self.is_below(item),
        }
    }

    fn is_below(&self, item: &Item) -> bool {
        let mut at = item.parent;
        while at != self.folder {
            match self.found().item(at) {
                Some(folder) => at = folder.parent,
                None => return false,
            }
        }
        true
    }

    /// Whether the whole list is looked through, not one folder's tree.
    fn is_whole(&self) -> bool {
        self.folder == 0 && matches!(self.scope, ViewScope::Recursive | ViewScope::RecursiveAll)
    }

    /// The list view threshold: a filter or order that no index answers, over too many items, and a folder with too
    /// much in it, are refused. Reading by id is not [protocol 7.2, 10].
    pub(crate) fn check_threshold(&self) -> Result<(), Problem> {
        let dialect = &self.world.dialect;
        let scans = self.test.as_ref().is_some_and(|test| !test.is_by_id())
            || self.order.iter().any(|key| !is_id(key));
        let exceeds = |limit: u32| {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            limit > 0 && self.has_more_than(limit)
        };
        let folder = self.folder != 0 && !matches!(self.test.as_ref().map(Test::ids), Some(Ids::These(_)));
        if (scans && exceeds(dialect.view_threshold)) || (folder && exceeds(dialect.folder_threshold)) {
            return Err(Problem::view_threshold());
        }
        Ok(())
    }

    fn has_more_than(&self, limit: usize) -> bool {
        let found = self.found();
        if self.is_whole() {
            return found.item_count() > limit;
        }
        if matches!(self.scope, ViewScope::Folder | ViewScope::FilesOnly) {
            return found.children(self.folder).take(limit + 1).count() > limit;
        }
        let mut waiting = vec![self.folder];
        let mut count = 0;
        while let Some(folder) = waiting.pop() {
            for child in found.children(folder) {
                count += 1;
                if count > limit {
                    return true;
                }
                if child.is_folder() {
                    waiting.push(child.id);
                }
            }
        }
        false
    }

    /// Whether items are asked for by their ids.
    pub(crate) fn is_by_ids(&self) -> bool {
        self.test.as_ref().is_some_and(|test| matches!(test.ids(), Ids::These(_)))
    }

    /// A page of at most so many items behind a place.
    pub(crate) fn page(&self, position: Option<&str>, limit: usize) -> Result<Page<'a>, Problem> {
        let position = position.map(|text| self.position(text)).transpose()?;
        let mut page: Vec<&Item> = if self.order.is_empty() {
            let after = position.map_or(i32::MIN, |position| position.id.saturating_add(1));
            self.candidates(after).filter(|item| self.takes(item)).take(limit.saturating_add(1)).collect()
        } else {
            let mut found: Vec<&Item> = self.candidates(i32::MIN).filter(|item| self.takes(item)).collect();
            self.sort(&mut found);
            if let Some(position) = &position {
                found.retain(|item| self.compare(&self.place_of(item), position).is_gt());
            }
            found.truncate(limit.saturating_add(1));
            found
        };
        let more = page.len() > limit;
        page.truncate(limit);
        let full = page.len() == limit && self.world.dialect.position_at_end;
        let next = page.last().filter(|_| more || full).map(|last| self.show(last));
        Ok((page, next))
    }

    /// The place right before the first of some rows, where ids are missing between it and the place the page begins
    /// at. The order has to be that of ids.
    pub(crate) fn place_before(&self, rows: &[&Item], position: Option<&str>) -> Option<String> {
        let first = rows.first().filter(|_| self.order.is_empty())?.id;
        let begin = position.map_or(Ok(0), |text| self.position(text).map(|place| place.id)).ok()?;
        (first > begin + 1).then(|| format!("Paged=TRUE&p_ID={}", first - 1))
    }

    /// Items by ascending id, from an id on, among which all of the page are.
    fn candidates(&self, from: i32) -> Box<dyn Iterator<Item = &'a Item> + '_> {
        let found = self.found();
        let ids = self.test.as_ref().map_or(Ids::Between(i32::MIN, i32::MAX), Test::ids);
        match ids {
            Ids::These(ids) => {
                Box::new(ids.into_iter().filter(move |id| *id >= from).filter_map(|id| found.item(id)))
            }
            Ids::Between(first, last) => {
                let first = first.max(from);
                if self.is_whole() {
                    return Box::new(found.items_from(first).take_while(move |item| item.id <= last));
                }
                if matches!(self.scope, ViewScope::Folder | ViewScope::FilesOnly) {
                    return Box::new(found.children_from(self.folder, first));
                }
                let mut below = self.world.below(self.list, self.folder);
                below.sort_unstable();
                Box::new(below.into_iter().filter(move |id| *id >= first).filter_map(|id| found.item(id)))
            }
        }
    }

    /// Brings items into the order asked for.
    pub(crate) fn sort(&self, items: &mut [&Item]) {
        if self.order.is_empty() {
            items.sort_unstable_by_key(|item| item.id);
            return;
        }
        items.sort_by_cached_key(|item| Sorted { selection: self, position: self.place_of(item) });
    }

    fn place_of(&self, item: &Item) -> Position {
        let keys = self.order.iter();
        let keys = keys.map(|key| key.side.operands(self.world, self.list, item).into_iter().next());
        Position { keys: keys.collect(), id: item.id }
    }

    fn compare(&self, left: &Position, right: &Position) -> Ordering {
        for (key, (left, right)) in self.order.iter().zip(left.keys.iter().zip(&right.keys)) {
            // What is empty comes first.
            let order = match (left, right) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (Some(left), Some(right)) => left.order(right),
            };
            if order.is_ne() {
                return if key.descending { order.reverse() } else { order };
            }
        }
        left.id.cmp(&right.id)
    }

    /// A place as the wire carries it: opaque to the caller.
    fn show(&self, item: &Item) -> String {
        let mut text = "Paged=TRUE".to_owned();
        for (key, operand) in self.order.iter().zip(self.place_of(item).keys) {
            let name = key.side.field.name();
            let value = operand.map(|operand| operand.show()).unwrap_or_default();
            if !is_id(key) {
                text.push_str(&format!("&p_{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)));
            }
        }
        text.push_str(&format!("&p_ID={}", item.id));
        text
    }

    fn position(&self, text: &str) -> Result<Position, Problem> {
        let wrong = || {
            let text = "The value of ListItemCollectionPositionNext is not a place in this list.";
            Problem::new(StatusCode::BAD_REQUEST, -2_147_024_809, "System.ArgumentException", text)
        };
        let named = |name: &str| {
            let mut parts = text.split('&').filter_map(|part| part.strip_prefix("p_")?.split_once('='));
            parts.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let id: i32 = named("ID").and_then(|id| id.parse().ok()).ok_or_else(wrong)?;
        let mut keys = Vec::new();
        for key in &self.order {
            if is_id(key) {
                keys.push(Some(Operand::Number(f64::from(id))));
                continue;
            }
            let value = named(key.side.field.name()).ok_or_else(wrong)?;
            let value = percent_decode_str(value).decode_utf8().map_err(|_| wrong())?;
            keys.push(if value.is_empty() { None } else { Operand::read(key.side.class(), &value) });
        }
        Ok(Position { keys, id })
    }
}

/// The id of a folder that is not there, and in which nothing is.
const NOWHERE: i32 = i32::MIN;

/// A position that can be sorted by.
struct Sorted<'s, 'a> {
    selection: &'s Selection<'a>,
    position: Position,
}

impl PartialEq for Sorted<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sorted<'_, '_> {}

impl PartialOrd for Sorted<'_, '_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sorted<'_, '_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.selection.compare(&self.position, &other.position)
    }
}

fn is_id(key: &Key<'_>) -> bool {
    matches!(key.side.field, Field::Standard(field) if field.holds == Holds::Id)
}

/// The id of the folder at a server-relative path, with or without its first slash; 0 for the root folder.
fn folder_at(world: &World, list: ListRef, path: &str) -> Result<i32, Problem> {
    let path = path.strip_prefix(world.host()).unwrap_or(path);
    let path = format!("/{}", path.trim_matches('/'));
    if path.to_lowercase() == world.list_path(list).to_lowercase() {
        return Ok(0);
    }
    let folder = world.item_at(list, &path).filter(|item| world.sees(list, item) && item.is_folder());
    folder.map(|folder| folder.id).ok_or_else(Problem::missing_file)
}

impl Problem {
    /// The list view threshold. Seen as 500: a wrong question, not an outage.
    fn view_threshold() -> Self {
        Self::threshold("The attempted operation is prohibited because it exceeds the list view threshold.")
    }

    /// The list view lookup threshold.
    pub(crate) fn lookup_threshold() -> Self {
        Self::threshold(
            "The query cannot be completed because the number of lookup columns it contains exceeds the lookup \
             column threshold.",
        )
    }

    fn threshold(text: &str) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            -2_147_024_860,
            "Microsoft.SharePoint.SPQueryThrottledException",
            text,
        )
    }
}
