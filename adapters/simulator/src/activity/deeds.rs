//! What people of an office do.

use std::time::Duration;

use super::{Activity, Known, borrowed};
use crate::world::{ColumnKind, ItemKind, Securable, Template, Value, Verb, WebRef, World};

impl Activity {
    /// One operation, drawn by how often offices do it.
    pub(super) fn operate(&mut self, world: &mut World) -> Verb<()> {
        if let Some(done) = self.full_deed(world) {
            return done;
        }
        match self.rng.u32(0..1_000) {
            0..250 => self.add(world),
            250..640 => self.edit(world),
            640..665 => self.system_update(world),
            665..710 => self.rename(world),
            710..750 => self.move_within(world),
            750..775 => self.move_to_list(world),
            775..845 => self.recycle(world),
            845..865 => self.restore(world),
            865..905 => self.add_folder(world),
            905..920 => self.recycle_folder(world),
            920..955 => self.share(world),
            955..965 => self.overwrite_all(world),
            965..975 => self.versions(world),
            _ => self.administer(world),
        }
    }

    fn add(&mut self, world: &mut World) -> Verb<()> {
        let at = self.pick_list();
        let (list, folder) = (self.lists[at].list, self.pick_folder(world, at));
        let id = if world.list(list).template == Template::Library {
            let name = self.name();
            let size = self.rng.u64(1_000..5_000_000);
            world.upload(list, folder, &name, size)?
        } else {
            let values = self.values(world, list);
            world.add_item(list, folder, &borrowed(&values))?
        };
        self.lists[at].items.push(id);
        Ok(())
    }

    fn edit(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return self.add(world) };
        let list = self.lists[at].list;
        if world.list(list).template == Template::Library && self.rng.u32(0..3) > 0 {
            let size = self.rng.u64(1_000..5_000_000);
            return world.overwrite(list, id, size);
        }
        let values = self.values(world, list);
        let changed: Vec<(&str, Option<Value>)> =
            values.iter().take(2).map(|(name, value)| (name.as_str(), Some(value.clone()))).collect();
        world.edit(list, id, &changed)
    }

    fn system_update(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let title = self.title();
        world.system_update(self.lists[at].list, id, &[("Title", Some(Value::Text(title)))])
    }

    fn rename(&mut self, world: &mut World) -> Verb<()> {
        if self.rng.u32(0..4) == 0 {
            let Some((at, id)) = self.pick_known_folder(world) else { return Ok(()) };
            let name = self.folder_name();
            return world.rename(self.lists[at].list, id, &name);
        }
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let name = self.name();
        world.rename(self.lists[at].list, id, &name)
    }

    fn move_within(&mut self, world: &mut World) -> Verb<()> {
        let folder_moves = self.rng.u32(0..4) == 0;
        let picked = if folder_moves { self.pick_known_folder(world) } else { self.pick_item(world) };
        let Some((at, id)) = picked else { return Ok(()) };
        let target = self.pick_folder(world, at);
        world.move_within(self.lists[at].list, id, target)
    }

    fn move_to_list(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let to = self.pick_list();
        let folder = self.pick_folder(world, to);
        let moved = world.move_to_list(self.lists[at].list, id, self.lists[to].list, folder)?;
        self.lists[to].items.push(moved);
        Ok(())
    }

    fn recycle(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        if self.rng.bool() {
            return world.delete(self.lists[at].list, id);
        }
        let place = world.recycle(self.lists[at].list, id)?;
        self.remember(world, place);
        Ok(())
    }

    fn recycle_folder(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_known_folder(world) else { return Ok(()) };
        let list = self.lists[at].list;
        // Nobody throws half the office away.
        if world.below(list, id).len() > 60 {
            return Ok(());
        }
        let place = world.recycle(list, id)?;
        self.remember(world, place);
        Ok(())
    }

    /// Keeps what can be restored, and empties the bin's oldest place when there is too much.
    pub(super) fn remember(&mut self, world: &mut World, place: uuid::Uuid) {
        self.bin.push(place);
        if self.bin.len() > 40 {
            let oldest = self.bin.remove(0);
            let _already_gone = world.erase(oldest);
        }
    }

    fn restore(&mut self, world: &mut World) -> Verb<()> {
        let Some(place) = self.bin.pop() else { return Ok(()) };
        let recycled = world.bin().find(|(found, _)| *found == place);
        let Some((_, recycled)) = recycled else { return Ok(()) };
        let (list, ids) =
            (recycled.list, recycled.items.iter().map(|item| (item.id, item.kind)).collect::<Vec<_>>());
        world.restore(place)?;
        if let Some(known) = self.lists.iter_mut().find(|known| known.list == list) {
            for (id, kind) in ids {
                let remembered = if kind == ItemKind::Folder { &mut known.folders } else { &mut known.items };
                remembered.push(id);
            }
        }
        Ok(())
    }

    fn add_folder(&mut self, world: &mut World) -> Verb<()> {
        let at = self.pick_list();
        let parent = self.pick_folder(world, at);
        let name = self.folder_name();
        let list = self.lists[at].list;
        if self.rng.u32(0..8) == 0
            && let Some((from, id)) = self.pick_known_folder(world)
            && world.below(self.lists[from].list, id).len() < 40
        {
            let list = self.lists[from].list;
            let copy = world.copy_folder(list, id, 0, &name)?;
            let below = world.below(list, copy);
            let known = &mut self.lists[from];
            known.folders.push(copy);
            for id in below {
                let folder = world.item(list, id).is_some_and(crate::world::Item::is_folder);
                let remembered = if folder { &mut known.folders } else { &mut known.items };
                remembered.push(id);
            }
            return Ok(());
        }
        let id = world.add_folder(list, parent, &name)?;
        self.lists[at].folders.push(id);
        Ok(())
    }

    fn share(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let what = Securable::Item(self.lists[at].list, id);
        let person = self.pick_person();
        if world.grants(what)?.is_some() && self.rng.bool() {
            return world.inherit_again(what);
        }
        world.share(what, person, "Edit")
    }

    /// A few saves in quick succession, as an editor's autosave makes them.
    fn overwrite_all(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        for _ in 0..self.rng.u32(2..6) {
            world.edit(self.lists[at].list, id, &[])?;
            world.advance(Duration::from_millis(self.rng.u64(70..100)));
        }
        Ok(())
    }

    fn versions(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let list = self.lists[at].list;
        if world.list(list).template == Template::Library {
            return world.restore_version(list, id);
        }
        let name = format!("note {}.txt", self.named);
        self.named += 1;
        world.attach(list, id, &name)
    }

    /// What happens now and then: people, columns, views, lists, webs.
    fn administer(&mut self, world: &mut World) -> Verb<()> {
        let at = self.pick_list();
        let list = self.lists[at].list;
        let web = world.list(list).web;
        match self.rng.u32(0..20) {
            0 if world.list(list).columns.len() < 30 => {
                let title = format!("{} {}", self.word(), self.named);
                self.named += 1;
                world.add_column(list, &title, ColumnKind::Text).map(|_| ())
            }
            1..4 => world.update_list(list),
            4 => self.add_list(world, web),
            5..7 => {
                let name = self.title();
                let view = world.add_view(list, &name)?;
                world.change_view(list, view, |view| view.row_limit = Some(100))?;
                if world.list(list).views.len() > 6 { world.delete_view(list, view) } else { Ok(()) }
            }
            7 => self.change_people(world),
            8 => {
                let name = self.title();
                let id = world.add_content_type(web, &name);
                world.change_content_type(web, &id, "Revised")?;
                world.delete_content_type(web, &id)
            }
            9 => {
                let alert = world.add_alert(web);
                world.delete_alert(web, alert)
            }
            10 => {
                world.navigate(web, 1);
                Ok(())
            }
            11 => {
                let title = self.title();
                let id = world.add_site_column(web, &title, ColumnKind::Number);
                world.delete_site_column(web, id)
            }
            _ => {
                let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
                world.comment(self.lists[at].list, id)
            }
        }
    }

    fn add_list(&mut self, world: &mut World, web: WebRef) -> Verb<()> {
        if self.lists.len() >= 24 {
            return world.update_list(self.lists[0].list);
        }
        let title = format!("{} {}", self.word(), self.named);
        self.named += 1;
        let template = if self.rng.bool() { Template::Library } else { Template::List };
        let list = world.add_list(web, &title, template)?;
        self.lists.push(Known { list, items: Vec::new(), folders: Vec::new() });
        Ok(())
    }

    fn change_people(&mut self, world: &mut World) -> Verb<()> {
        let name = format!("{} {}", self.word(), self.named);
        self.named += 1;
        let group = world.add_group(self.site, &name);
        for _ in 0..2 {
            let person = self.pick_person();
            // The same person twice is refused, and no harm.
            let _ = world.add_member(self.site, group, person);
        }
        if world.site(self.site).groups.len() > 12 {
            world.delete_group(self.site, group)?;
        }
        Ok(())
    }
}
