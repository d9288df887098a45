//! What happens seldom, and only where somebody says so: the chance that the office draws from is left alone.

use fastrand::Rng;

use super::{Activity, Known};
use crate::world::{ListRef, Value, Verb, World};

impl Activity {
    /// A folder goes from one list to another of its kind, with all that lies in it; one that is filled for it where
    /// there is none. The office chooses the list that nobody named.
    pub(crate) fn move_folder(
        &mut self,
        world: &mut World,
        from: Option<ListRef>,
        to: Option<ListRef>,
        rng: &mut Rng,
    ) -> Verb<()> {
        let named = from.or(to).map_or(self.lists[0].list, |list| list);
        let kind = world.list(named).template;
        let others: Vec<ListRef> = self.lists.iter().map(|known| known.list).collect();
        let others: Vec<ListRef> = others
            .into_iter()
            .filter(|list| *list != named && world.list(*list).template == kind && !world.list(*list).deleted)
            .collect();
        let Some(other) = (!others.is_empty()).then(|| others[rng.usize(..others.len())]) else {
            return Ok(());
        };
        let (from, to) = if from.is_some() { (named, other) } else { (other, named) };
        let id = self.folder_to_move(world, from, rng)?;
        let targets: Vec<i32> =
            world.list(to).items().filter(|item| item.is_folder()).map(|item| item.id).collect();
        let target = if targets.is_empty() || rng.bool() { 0 } else { targets[rng.usize(..targets.len())] };
        let moved = world.move_to_list(from, id, to, target)?;
        self.meet(world, to, moved);
        Ok(())
    }

    /// A folder with something in it.
    fn folder_to_move(&mut self, world: &mut World, list: ListRef, rng: &mut Rng) -> Verb<i32> {
        let found = world.list(list);
        let is_fit = |id: i32| (1..=60).contains(&world.below(list, id).len());
        let fit = found.items().filter(|item| item.is_folder() && is_fit(item.id));
        let fit: Vec<i32> = fit.map(|item| item.id).collect();
        if !fit.is_empty() {
            return Ok(fit[rng.usize(..fit.len())]);
        }
        self.named += 1;
        let folder = world.add_folder(list, 0, &format!("Bundle {}", self.named))?;
        for n in 0..2 {
            if world.list(list).template == crate::world::Template::Library {
                world.upload(list, folder, &format!("bundled {}.{n}.txt", self.named), 100)?;
            } else {
                world.add_item(list, folder, &[("Title", Value::Text(format!("Bundled {n}")))])?;
            }
        }
        Ok(folder)
    }

    /// The office gets to know a folder and what lies in it.
    fn meet(&mut self, world: &World, list: ListRef, folder: i32) {
        let Some(known) = self.lists.iter_mut().find(|known| known.list == list) else { return };
        let Known { items, folders, .. } = known;
        for id in std::iter::once(folder).chain(world.below(list, folder)) {
            let is_folder = world.item(list, id).is_some_and(crate::world::Item::is_folder);
            if is_folder { folders.push(id) } else { items.push(id) }
        }
    }
}
