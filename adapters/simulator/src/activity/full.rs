//! The full office: every type of column, and what a copy of a list finds hard.

use std::sync::Arc;

use uuid::Uuid;

use super::{Activity, Known, names};
use crate::world::{ColumnKind, FULL_MASK, Formula, ListRef, Settings, Template, Value, Verb, World};

impl Activity {
    /// The office with more in it: Documents has one column of every type, and so has the list Register. People do
    /// more, too: they swap the names of folders, save a folder from one that is thrown away, take things out of the
    /// bin at once, change, add and remove columns, narrow rights; and texts hold control characters now and then.
    ///
    /// Its history is not that of [`office`](Self::office) for the same seed.
    pub fn full_office(settings: Settings) -> (World, Self) {
        let (mut world, mut activity) = Self::office(settings);
        let furnished = activity.furnish_fully(&mut world);
        // A world of its own has room for every name.
        furnished.unwrap_or_else(|error| unreachable!("a new world takes the office: {error}"));
        (world, activity)
    }

    fn furnish_fully(&mut self, world: &mut World) -> Verb<()> {
        let (documents, bids) = (self.lists[0].list, self.lists[1].list);
        world.add_every_column(documents, bids)?;
        let web = world.list(documents).web;
        let register = world.add_register(web, "Register", Template::List, bids)?;
        self.lists.insert(1, Known { list: register, items: Vec::new(), folders: Vec::new() });
        self.full = vec![documents, register];
        self.next = world.now();
        Ok(())
    }

    /// A value for a column that the plain office leaves empty.
    pub(super) fn rich_value(&mut self, world: &World, kind: &ColumnKind) -> Option<Value> {
        if self.full.is_empty() {
            return None;
        }
        let term = |activity: &mut Self| {
            let id = activity.rng.i32(1..8);
            let label = names::WORDS[usize::try_from(id).unwrap_or_default()].to_owned();
            (id, label, Uuid::from_u128(0x7e_57_00 + u128::from(id.unsigned_abs())))
        };
        Some(match kind {
            ColumnKind::Integer => Value::Number(f64::from(self.rng.i32(-50..5_000))),
            ColumnKind::MultiChoice(choices) => {
                let chosen = choices.iter().filter(|_| self.rng.bool()).cloned().collect::<Vec<_>>();
                if chosen.is_empty() {
                    return None;
                }
                Value::Choices(chosen)
            }
            ColumnKind::Lookup { list, many, .. } => {
                let ids = self.some_ids(world, *list);
                match (many, ids.first()) {
                    (_, None) => return None,
                    (false, Some(id)) => Value::Lookup(*id),
                    (true, _) => Value::Lookups(ids),
                }
            }
            ColumnKind::User { many: true } => {
                let mut people: Vec<i32> = (0..self.rng.usize(1..4)).map(|_| self.pick_person()).collect();
                people.dedup();
                Value::Lookups(people)
            }
            ColumnKind::Url => Value::Url {
                url: format!("https://www.example.org/{}?a=1,2", self.rng.u32(1..900)),
                caption: self.title(),
            },
            ColumnKind::Taxonomy { many: false } => Value::Terms(vec![term(self)]),
            ColumnKind::Taxonomy { many: true } => Value::Terms(vec![term(self), term(self)]),
            ColumnKind::Image => Value::Text(format!("{{\"fileName\":\"{}.jpg\"}}", self.rng.u32(1..900))),
            ColumnKind::Location => Value::Text(format!("{{\"DisplayName\":\"{}\"}}", self.word())),
            _ => return None,
        })
    }

    /// One to three items of a list.
    fn some_ids(&mut self, world: &World, list: ListRef) -> Vec<i32> {
        let found = world.list(list);
        let last = found.items().next_back().map_or(0, |item| item.id);
        let mut ids = Vec::new();
        for _ in 0..self.rng.u32(1..4) {
            let from = self.rng.i32(0..=last);
            let id = found.items_from(from).next().map(|item| item.id);
            ids.extend(id.filter(|id| !ids.contains(id)));
        }
        ids
    }

    /// Lets a text hold what is hard to carry.
    pub(super) fn spoil(&mut self, value: Value) -> Value {
        if self.full.is_empty() {
            return value;
        }
        match (self.rng.u32(0..40), value) {
            (0, Value::Text(text)) => Value::Text(format!("{text}\u{b}")),
            (1, Value::Text(text)) => Value::Text(format!("\u{1}{text} \u{1f} & <b>;#\"'</b>\r\n\t.")),
            (_, value) => value,
        }
    }

    /// Something that only the full office does, if it is time for that.
    pub(super) fn full_deed(&mut self, world: &mut World) -> Option<Verb<()>> {
        if self.full.is_empty() || self.rng.u32(0..6) > 0 {
            return None;
        }
        Some(match self.rng.u32(0..400) {
            0..60 => self.swap_names(world),
            60..100 => self.save_from_the_bin(world),
            100..160 => self.bounce(world),
            160..180 => self.change_schema(world),
            180..230 => self.change_rights(world),
            230..300 => self.attach_or_detach(world),
            300..380 => self.empty_some(world),
            380..398 => self.touch(world),
            398 => self.narrow_list(world),
            _ => self.restore_list(world),
        })
    }

    /// Two folders side by side swap their names: by a third name, as names cannot be shared.
    fn swap_names(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_known_folder(world) else { return Ok(()) };
        let list = self.lists[at].list;
        let Some(folder) = world.item(list, id) else { return Ok(()) };
        let (parent, name) = (folder.parent, folder.name.clone());
        let beside = world.list(list).children(parent).find(|other| other.is_folder() && other.id != id);
        let Some((other, other_name)) = beside.map(|other| (other.id, other.name.clone())) else {
            return Ok(());
        };
        let between = self.folder_name();
        world.rename(list, id, &between)?;
        world.rename(list, other, &name)?;
        world.rename(list, id, &other_name)
    }

    /// A folder is moved out of another one, which then goes into the bin.
    fn save_from_the_bin(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_known_folder(world) else { return Ok(()) };
        let list = self.lists[at].list;
        let saved = world.list(list).children(id).find(|child| child.is_folder()).map(|child| child.id);
        let Some(saved) = saved.filter(|_| world.below(list, id).len() <= 60) else { return Ok(()) };
        world.move_within(list, saved, 0)?;
        let place = world.recycle(list, id)?;
        self.remember(world, place);
        Ok(())
    }

    /// Something goes into the bin and comes back at once.
    fn bounce(&mut self, world: &mut World) -> Verb<()> {
        let folder = self.rng.bool();
        let picked = if folder { self.pick_known_folder(world) } else { self.pick_item(world) };
        let Some((at, id)) = picked else { return Ok(()) };
        let list = self.lists[at].list;
        if world.below(list, id).len() > 60 {
            return Ok(());
        }
        let place = world.recycle(list, id)?;
        world.restore(place).map(|_| ())
    }

    fn change_schema(&mut self, world: &mut World) -> Verb<()> {
        let list = self.full[self.rng.usize(0..self.full.len())];
        let columns = &world.list(list).columns;
        let added: Vec<Arc<str>> = columns
            .iter()
            .filter(|column| column.title.contains("Extra"))
            .map(|column| Arc::clone(&column.name))
            .collect();
        let picked = (!added.is_empty()).then(|| Arc::clone(&added[self.rng.usize(0..added.len())]));
        match (self.rng.u32(0..5), picked) {
            (0, Some(name)) => world.delete_column(list, &name),
            (1, Some(name)) => {
                let kind = if self.rng.bool() { ColumnKind::Text } else { ColumnKind::Note { rich: false } };
                world.change_column(list, &name, |column| column.kind = kind)
            }
            (2, _) => {
                let title = self.title();
                world.change_column(list, "Remarks", |column| column.title = title)
            }
            (3, _) => {
                let source = if self.rng.bool() { "Bid_x0020_Amount" } else { "Ratio" };
                let formula = Formula::Double(source.into());
                world.change_column(list, "Twice", |column| column.kind = ColumnKind::Calculated(formula))
            }
            _ if added.len() < 12 => {
                self.named += 1;
                let title = format!("Extra {}", self.named);
                let kinds = [
                    ColumnKind::Text,
                    ColumnKind::Number,
                    ColumnKind::Boolean,
                    ColumnKind::DateTime { day: false },
                ];
                let kind = kinds[self.rng.usize(0..kinds.len())].clone();
                world.add_column(list, &title, kind).map(|_| ())
            }
            _ => world.update_list(list),
        }
    }

    /// The caller's rights on one item change, so that it may come into sight or be hidden. Folders stay in sight: of one
    /// that is hidden nobody tells the caller where what it sees below it has gone.
    fn change_rights(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let list = self.lists[at].list;
        let is_folder = world.item(list, id).is_some_and(|item| item.is_folder());
        let mask = match self.rng.u8(..4) {
            0 if !is_folder => Some(0),
            0 | 1 => Some(0x1b0_3c43_12ef),
            _ => None,
        };
        world.set_item_permissions(list, id, mask)
    }

    /// The caller's rights on a whole list change.
    fn narrow_list(&mut self, world: &mut World) -> Verb<()> {
        let at = self.pick_list();
        let list = self.lists[at].list;
        let narrow = world.list(list).permissions == FULL_MASK;
        world.set_permissions(list, if narrow { 0x1b0_3c43_12ff } else { FULL_MASK })
    }

    /// A list goes into the bin and comes back whole.
    fn restore_list(&mut self, world: &mut World) -> Verb<()> {
        let at = self.pick_list();
        let list = self.lists[at].list;
        world.delete_list(list)?;
        world.restore_list(list)
    }

    fn attach_or_detach(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let list = self.lists[at].list;
        if world.list(list).template == Template::Library {
            return Ok(());
        }
        let first = world.item(list, id).and_then(|item| item.attachments.first().cloned());
        match first.filter(|_| self.rng.bool()) {
            Some(name) => world.detach(list, id, &name),
            None => {
                let name = self.name();
                world.attach(list, id, &name)
            }
        }
    }

    /// Some columns of an item are emptied or filled anew, by a save or by the system.
    fn empty_some(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        let list = self.lists[at].list;
        let filled = self.values(world, list);
        let changed: Vec<(&str, Option<Value>)> = filled
            .iter()
            .map(|(name, value)| (name.as_str(), (self.rng.u32(0..3) > 0).then(|| value.clone())))
            .collect();
        if self.rng.u32(0..4) == 0 {
            return world.system_update(list, id, &changed);
        }
        world.edit(list, id, &changed)
    }

    fn touch(&mut self, world: &mut World) -> Verb<()> {
        let Some((at, id)) = self.pick_item(world) else { return Ok(()) };
        world.touch(self.lists[at].list, id)
    }
}
