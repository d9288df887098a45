//! The full load: page by page by place, or in windows of ids where the server fails on a page.

use jiff::Timestamp;

use super::{Part, Said, Sync, notices};
use crate::{
    checkpoint::{Ids, Load, Permissions, Position},
    item::Rowset,
    session::{
        course::Trouble,
        items::outcome::{Basis, End, ItemChange, Mark, Notice},
        overlap,
    },
    token::ChangeToken,
};

impl Sync {
    /// Takes a page of the load. `first` is where the increment will start, if the load begins with this page.
    pub(in crate::session::items) fn on_load(
        &mut self,
        answer: &Rowset,
        time: Timestamp,
    ) -> Result<Said, Trouble> {
        if let Some(said) = self.aside(answer) {
            return Ok(said);
        }
        let mut notices = notices(answer);
        let last = answer.token.clone().ok_or("the page of a load has no LastChangeToken")?;
        self.check(&last)?;
        // A page from a copy that lags behind would show items as no increment corrects them.
        let begun = self.items().load.as_ref().map(|load| load.first.clone());
        if let Some(first) = begun.filter(|first| last.number() < first.number()) {
            let what = format!("the page ends at {last}, before the beginning of the load, {first}");
            return self.ended_before(&first, &last, what);
        }
        if self.begins_before_the_definition(&last) {
            let what = format!("the load begins at {last}, and the list was described at a later moment");
            return Err(Trouble::Behind(what));
        }
        self.behind = 0;
        self.know(last.number());
        // A token below the end of the log was its end at some earlier time.
        let moment = if last.number() >= self.fence.number() { time } else { last.time().min(time) };
        let passes_empty = self.passes_empty(answer);
        let load = self.load(&last, moment);
        for broken in &answer.broken {
            match broken.id {
                Some(id) => load.poison.insert(id),
                None => load.sweeps = false,
            }
        }
        load.rows += answer.rows.len() as u64;
        let broken = answer.broken.iter().filter_map(|broken| broken.id);
        let ids: Vec<i32> = answer.rows.iter().map(|row| row.id()).chain(broken).collect();
        let passed = load.passed;
        load.passed = ids.iter().copied().fold(load.passed, i32::max);
        // Ids ascend within a load: pages that do not come forward are a circle, or never end.
        if answer.next_place.is_some() && load.passed == passed && load.windows.is_empty() && !passes_empty {
            return Err(format!("more rows are said to follow a page with no id above {passed}").into());
        }
        let finished = match load.windows.first_window() {
            Some((first, last)) => {
                if ids.iter().any(|id| !(first..=last).contains(id)) {
                    return Err(format!("rows came that are not among the ids {first} to {last}").into());
                }
                match (answer.next_place.is_some(), ids.iter().max()) {
                    (true, None) => return Err("a page without rows says that more follow".into()),
                    (true, Some(highest)) if *highest < last => {
                        load.windows.replace_first(&[(highest + 1, last)]);
                    }
                    _ => load.windows.replace_first(&[]),
                }
                load.windows.is_empty()
            }
            None => {
                if answer.next_place.is_some() && answer.next_place.as_deref() == load.place.as_deref() {
                    return Err("the next page of the load begins where this one did".into());
                }
                load.place = answer.next_place.as_deref().map(str::to_owned);
                answer.next_place.is_none()
            }
        };
        let changes = answer.rows.iter().map(ItemChange::Upserted).collect();
        Ok(Said::Page(self.load_page(changes, &mut notices, finished)))
    }

    /// Whether a load would begin with an answer older than the list's definition: fields do not tell what it holds in
    /// columns that were taken off and put on again in between.
    fn begins_before_the_definition(&self, first: &ChangeToken) -> bool {
        let items = self.items();
        items.load.is_none() && first.number() < items.defined_as_of
    }

    /// The load under way, begun now if there is none.
    fn load(&mut self, first: &ChangeToken, moment: Timestamp) -> &mut Load {
        let items = self.items_mut();
        let loads = &mut items.loads;
        items.load.get_or_insert_with(|| {
            *loads += 1;
            Load {
                counter: *loads,
                first: first.clone(),
                moment,
                place: None,
                passed: 0,
                rows: 0,
                windows: Ids::default(),
                poison: Ids::default(),
                sweeps: true,
            }
        })
    }

    /// A page of the load under way; with the last one the position becomes the token the load began with.
    fn load_page(&mut self, changes: Vec<ItemChange>, notices: &mut Vec<Notice>, finished: bool) -> Part {
        let load = self.items().load.clone().expect("a page of a load belongs to one");
        let name = Mark(format!("load {} {}", load.counter, load.first));
        let end = finished.then(|| {
            if let Some(total) = self.item_count.filter(|total| *total > load.rows) {
                notices.push(Notice::Hidden { visible: load.rows, total });
            }
            self.state.position = Position::Token(load.first.clone());
            self.state.moment = load.moment;
            overlap::anchor(&mut self.state, &self.settings);
            self.items_mut().permissions = Some(Permissions::after(load.first.clone(), load.moment));
            self.items_mut().load = None;
            if load.sweeps { End::Sweep { spare: load.poison.ids().collect() } } else { End::Keep }
        });
        Part { basis: Basis::Snapshot { load: name, end }, changes, notices: std::mem::take(notices) }
    }

    /// Goes around what the server fails on in a load: reads windows of ids instead of places, and halves the one
    /// that fails, down to a single item. `probe` is a token the server gave while it could answer at all.
    pub(in crate::session::items) fn halve_load(
        &mut self,
        probe: &ChangeToken,
        time: Timestamp,
        what: &str,
    ) -> Said {
        if self.begins_before_the_definition(probe) {
            return Said::Nothing;
        }
        let rows = self.rows;
        let load = self.load(probe, time);
        let Some((first, last)) = load.windows.first_window() else {
            let first = load.passed.saturating_add(1);
            let middle = first.saturating_add(rows - 1);
            let rest = (middle < i32::MAX).then(|| (middle + 1, i32::MAX));
            load.windows = Ids::windows(std::iter::once((first, middle)).chain(rest));
            load.place = None;
            return Said::Nothing;
        };
        if first < last {
            let middle = (first + (last - first) / 2).min(first.saturating_add(rows - 1));
            load.windows.replace_first(&[(first, middle), (middle + 1, last)]);
            return Said::Nothing;
        }
        load.poison.insert(first);
        load.windows.replace_first(&[]);
        let finished = load.windows.is_empty();
        let mut notices = vec![Notice::Poison { id: Some(first), what: what.to_owned() }];
        Said::Page(self.load_page(Vec::new(), &mut notices, finished))
    }
}
