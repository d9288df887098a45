//! A believable office: people who upload, edit, rename, move, delete, restore and share, over virtual days.

use std::time::Duration;

use crate::ticks::Ticks;
use crate::world::{
    ColumnKind, ItemKind, ListRef, Securable, Settings, SiteRef, Template, Value, Verb, WebRef, World,
};

mod names;

/// What an office begins with and how it goes on; the same seed is the same history for ever.
///
/// The history does not depend on how much of it is played: fewer changes are a prefix of more, with the same tokens.
#[derive(Clone, Debug)]
pub struct Activity {
    rng: fastrand::Rng,
    site: SiteRef,
    people: Vec<i32>,
    lists: Vec<Known>,
    bin: Vec<uuid::Uuid>,
    /// Rows written by it.
    written: u64,
    /// Names given so far, so that none is given twice.
    named: u64,
    /// When the next operation comes.
    next: Ticks,
    /// Time between two operations; none for that of a growing office.
    pace: Option<Duration>,
}

/// A list, and what lives in it as far as the office remembers.
#[derive(Clone, Debug)]
struct Known {
    list: ListRef,
    items: Vec<i32>,
    folders: Vec<i32>,
}

impl Activity {
    /// A world with an office in it: the site `/sites/ops` with the library Documents, three lists, another library,
    /// a sub-web and eight people. Settings give host, start and dialect, and their seed everything else.
    pub fn office(settings: Settings) -> (World, Self) {
        let mut rng = fastrand::Rng::with_seed(settings.seed ^ 0x6f66_6669_6365);
        let mut world = World::new(settings);
        let activity = Self::furnish(&mut world, &mut rng);
        // A world of its own has room for every name.
        let activity = activity.unwrap_or_else(|error| unreachable!("a new world takes the office: {error}"));
        (world, activity)
    }

    fn furnish(world: &mut World, rng: &mut fastrand::Rng) -> Verb<Self> {
        let site = world.add_site("/sites/ops", "Operations")?;
        let web = world.site(site).root;
        let people = names::PEOPLE.map(|(name, mail)| world.add_user(site, name, mail)).to_vec();
        let documents = world.add_list(web, "Documents", Template::Library)?;
        let bids = world.add_list(web, "Q1 Bids", Template::List)?;
        let tasks = world.add_list(web, "Tasks", Template::List)?;
        let archive = world.add_list(web, "Archive", Template::Library)?;
        let contacts = world.add_list(web, "Kontakte für Größeres", Template::List)?;
        columns(world, bids, contacts)?;
        world.add_column(tasks, "Status", ColumnKind::Choice(choices(&names::STATES)))?;
        world.add_column(tasks, "Due", ColumnKind::DateTime { day: true })?;
        world.add_column(documents, "Department", ColumnKind::Choice(choices(&names::DEPARTMENTS)))?;
        let below = world.add_web(web, "projects", "Projects")?;
        let plans = world.add_list(below, "Plans", Template::Library)?;
        let lists = [documents, bids, tasks, archive, contacts, plans];
        let lists = lists.map(|list| Known { list, items: Vec::new(), folders: Vec::new() }).to_vec();
        let next = world.now();
        let rng = rng.fork();
        Ok(Self { rng, site, people, lists, bin: Vec::new(), written: 0, named: 0, next, pace: None })
    }

    /// Lets operations come at this mean distance, day and night. Without it the office grows: a thousand changes
    /// take about four days, a million about five weeks, and nights are quiet.
    #[must_use]
    pub fn every(mut self, pace: Duration) -> Self {
        self.pace = Some(pace);
        self
    }

    /// The site collection of the office.
    pub fn site(&self) -> SiteRef {
        self.site
    }

    /// Plays until the office's log has had this many rows, those of its furnishing included. The operation that
    /// crosses the number is played to its end, so it may be passed by a few.
    pub fn play(&mut self, world: &mut World, rows: u64) {
        while Self::rows(world, self.site) < rows {
            self.step(world);
        }
    }

    /// Plays what happens until the world's time plus `time`, and lets that time pass.
    pub fn play_for(&mut self, world: &mut World, time: Duration) {
        let end = world.now().after(time);
        self.play_until(world, end);
        world.reach(end);
    }

    pub(crate) fn play_until(&mut self, world: &mut World, end: Ticks) {
        while self.next <= end {
            self.step(world);
        }
    }

    fn rows(world: &World, site: SiteRef) -> u64 {
        u64::try_from(world.log(site).all_rows().len()).unwrap_or(u64::MAX)
    }

    /// One operation and the pause after it. What cannot be done is passed over: somebody was faster.
    fn step(&mut self, world: &mut World) {
        world.reach(self.next);
        let person = self.pick_person();
        world.act_as(person);
        let before = Self::rows(world, self.site);
        let _passed_over = self.operate(world);
        self.written += Self::rows(world, self.site) - before;
        self.next = world.now().after(self.distance(world.now()));
    }

    /// The time to the next operation. Whole numbers alone, so that it is the same on every machine.
    fn distance(&mut self, now: Ticks) -> Duration {
        let spread = WAITS[self.rng.usize(0..WAITS.len())];
        if let Some(pace) = self.pace {
            return pace * spread / 100;
        }
        // The derivative of 0.2 days × n^(1/3): each row comes sooner than the one before.
        let root = thousandfold_cube_root(self.written + 20);
        let mean = Duration::from_micros(5_760_000_000_u64 * 1_000_000 / (root * root));
        let hour = now.0 / 36_000_000_000 % 24;
        let night = if (8..18).contains(&hour) { 1 } else { 4 };
        mean * night * spread / 100
    }

    fn operate(&mut self, world: &mut World) -> Verb<()> {
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
    fn remember(&mut self, world: &mut World, place: uuid::Uuid) {
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

    fn pick_person(&mut self) -> i32 {
        self.people[self.rng.usize(0..self.people.len())]
    }

    /// A list: the first ones are busier.
    fn pick_list(&mut self) -> usize {
        let (first, second) = (self.rng.usize(0..self.lists.len()), self.rng.usize(0..self.lists.len()));
        first.min(second)
    }

    /// Something that is still there. What is gone is forgotten on the way.
    fn pick_item(&mut self, world: &World) -> Option<(usize, i32)> {
        self.pick(world, false)
    }

    fn pick_known_folder(&mut self, world: &World) -> Option<(usize, i32)> {
        self.pick(world, true)
    }

    fn pick(&mut self, world: &World, folder: bool) -> Option<(usize, i32)> {
        for _ in 0..20 {
            let at = self.pick_list();
            let known = &mut self.lists[at];
            let ids = if folder { &mut known.folders } else { &mut known.items };
            if ids.is_empty() {
                continue;
            }
            let place = self.rng.usize(0..ids.len());
            if world.item(known.list, ids[place]).is_some() {
                return Some((at, ids[place]));
            }
            ids.swap_remove(place);
        }
        None
    }

    /// A folder of a list to put something into; often the root folder.
    fn pick_folder(&mut self, world: &World, at: usize) -> i32 {
        let known = &self.lists[at];
        if known.folders.is_empty() || self.rng.u32(0..3) == 0 {
            return 0;
        }
        let id = known.folders[self.rng.usize(0..known.folders.len())];
        // Not too deep: paths have an end.
        let deep = world.item(known.list, id).is_none_or(|item| {
            world
                .item(known.list, item.parent)
                .is_some_and(|above| world.item(known.list, above.parent).is_some())
        });
        if deep { 0 } else { id }
    }

    fn word(&mut self) -> &'static str {
        names::WORDS[self.rng.usize(0..names::WORDS.len())]
    }

    fn title(&mut self) -> String {
        format!("{} {}", self.word(), self.word())
    }

    fn name(&mut self) -> String {
        self.named += 1;
        let ending = names::ENDINGS[self.rng.usize(0..names::ENDINGS.len())];
        format!("{} {}.{ending}", self.word(), self.named)
    }

    fn folder_name(&mut self) -> String {
        self.named += 1;
        format!("{} {}", self.word(), self.named)
    }

    /// Values for the columns of a list that are filled here.
    fn values(&mut self, world: &World, list: ListRef) -> Vec<(String, Value)> {
        let mut values = vec![("Title".to_owned(), Value::Text(self.title()))];
        for column in &world.list(list).columns[1..] {
            let value = match &column.kind {
                ColumnKind::Currency | ColumnKind::Number => {
                    Value::Number(f64::from(self.rng.u32(1..2_000_000)) / 100.0)
                }
                ColumnKind::Boolean => Value::Bool(self.rng.bool()),
                ColumnKind::Choice(choices) => Value::Text(choices[self.rng.usize(0..choices.len())].clone()),
                ColumnKind::DateTime { .. } => Value::Date(world.now().whole_second()),
                ColumnKind::User { many: false } => Value::Lookup(self.pick_person()),
                ColumnKind::Note { .. } => Value::Text(format!("{}.\n{}.", self.title(), self.title())),
                ColumnKind::Text => Value::Text(self.word().to_owned()),
                _ => continue,
            };
            // Not everything is always filled.
            if self.rng.u32(0..4) > 0 {
                values.push((column.name.to_string(), value));
            }
        }
        values
    }
}

/// Hundredths of the mean at the middles of sixteen equal shares of an exponential distribution: most come soon, a few
/// late.
const WAITS: [u32; 16] = [3, 10, 17, 25, 33, 42, 52, 63, 76, 90, 107, 127, 152, 186, 237, 347];

/// The cube root of a number, times a thousand, cut to a whole number.
fn thousandfold_cube_root(number: u64) -> u64 {
    let cube = u128::from(number) * 1_000_000_000;
    let (mut low, mut high) = (0_u64, 3_000_000_000_u64);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if u128::from(middle).pow(3) <= cube { low = middle } else { high = middle }
    }
    low
}

fn borrowed(values: &[(String, Value)]) -> Vec<(&str, Value)> {
    values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

fn choices(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The columns of Q1 Bids and its neighbour.
fn columns(world: &mut World, bids: ListRef, contacts: ListRef) -> Verb<()> {
    world.add_column(bids, "Bid Amount", ColumnKind::Currency)?;
    world.add_column(bids, "Status", ColumnKind::Choice(choices(&names::STATES)))?;
    world.add_column(bids, "Due", ColumnKind::DateTime { day: false })?;
    world.add_column(bids, "Owner", ColumnKind::User { many: false })?;
    world.add_column(bids, "Won", ColumnKind::Boolean)?;
    world.add_column(bids, "Remarks", ColumnKind::Note { rich: false })?;
    world.add_column(contacts, "Straße", ColumnKind::Text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_roots_are_cut_to_whole_numbers() {
        assert_eq!(thousandfold_cube_root(27), 3_000);
        assert_eq!(thousandfold_cube_root(28), 3_036);
        assert_eq!(thousandfold_cube_root(1_000_000_000_000), 10_000_000);
        assert_eq!(WAITS.iter().sum::<u32>().div_ceil(16), 98, "the shares average to about the mean");
    }
}
