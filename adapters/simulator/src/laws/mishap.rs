//! What is done to a list on purpose, because people of an office hardly ever do it at the moment at which it hurts.

use std::collections::BTreeSet;
use std::time::Duration;

use super::stage::{Stage, Theatre};
use crate::event::Object;
use crate::log::Row;
use crate::query::Scope;
use crate::world::{ColumnKind, ListRef, World};

impl<P: Theatre> Stage<P> {
    /// Some of the items that changed last are moved into a folder, which is thrown away: they go without a word.
    pub(super) fn swallow(&mut self) {
        self.work_on_list(|world, list| {
            let name = format!("swallowed {}", world.log_of(Scope::List(list)).all_rows().len());
            let Ok(folder) = world.add_folder(list, 0, &name) else { return };
            for id in changed(world, list).into_iter().step_by(3) {
                // The name may be taken there.
                let _stays = world.move_within(list, id, folder);
            }
            let _gone = world.delete(list, folder);
        });
    }

    /// Some of the items that changed last are hidden from the caller, or shown again.
    pub(super) fn hide(&mut self) {
        self.work_on_list(|world, list| {
            for id in changed(world, list).into_iter().take(3) {
                let is_hidden = world.item(list, id).is_some_and(|item| item.permissions == Some(0));
                let _gone = world.set_item_permissions(list, id, (!is_hidden).then_some(0));
            }
        });
    }

    /// A column is taken off and put on again: the fields are what they were, and its values are gone.
    pub(super) fn put_column_on_again(&mut self) {
        let mut done = false;
        self.work_on_list(|world, list| {
            let plain = |kind: &ColumnKind| matches!(kind, ColumnKind::Choice(_) | ColumnKind::Text);
            let column = world.list(list).columns.iter().skip(1).find(|column| plain(&column.kind)).cloned();
            let Some(column) = column else { return };
            done = world.delete_column(list, &column.name).is_ok() && world.put_column(list, column).is_ok();
        });
        self.columns_changed |= done;
    }

    /// Restores the world as it was this long ago, and people do again what they did since: other changes of the same
    /// numbers. Whether it is another world than now.
    pub(super) fn redo(&mut self, age: Duration) -> bool {
        let site = self.activity.site();
        let number = |world: &World| world.log(site).end().number;
        let end = self.theatre.with_server(|server| number(server.world()));
        if !self.restore(age) {
            return false;
        }
        let activity = &mut self.activity;
        let passed = self.theatre.with_server(|server| {
            let world = server.world_mut();
            let before = (world.clone(), activity.clone());
            while number(world) < end {
                let written = world.log(site).all_rows().len() as u64;
                activity.play(world, written + 1);
            }
            let passed = world.age().saturating_sub(before.0.age());
            if number(world) == end {
                return passed;
            }
            // A log that has come past the position cannot be told from the one that was.
            (*world, *activity) = before;
            Duration::ZERO
        });
        self.theatre.pass(passed);
        true
    }

    fn work_on_list(&mut self, work: impl FnOnce(&mut World, ListRef)) {
        let (list, activity, past) = (self.list, &self.activity, &mut self.past);
        self.theatre.with_server(|server| {
            let world = server.world_mut();
            if let Some(past) = past {
                past.keep(world, activity);
            }
            work(world, list);
        });
        self.went_on();
    }
}

/// The files and items of a list that changed last and are there, the last first.
fn changed(world: &World, list: ListRef) -> Vec<i32> {
    let id = |row: &Row| if let Object::Item { id, .. } = row.object { Some(id) } else { None };
    let rows = world.log_of(Scope::List(list)).all_rows().iter().rev();
    let mut seen = BTreeSet::new();
    rows.filter(|row| row.list == Some(list))
        .filter_map(id)
        .filter(|id| world.item(list, *id).is_some_and(|item| !item.is_folder()) && seen.insert(*id))
        .take(24)
        .collect()
}
