//! A believable office: people who upload, edit, rename, move, delete, restore and share, over virtual days.

use std::time::Duration;

use crate::ticks::Ticks;
use crate::world::{ColumnKind, ListRef, Settings, SiteRef, Template, Value, Verb, World};

mod deeds;
mod full;
mod names;
#[cfg(feature = "laws")]
mod rare;

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
    /// Lists with a column of every type; none in the plain office.
    full: Vec<ListRef>,
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
        let (bin, full) = (Vec::new(), Vec::new());
        Ok(Self { rng, site, people, lists, bin, written: 0, named: 0, next, pace: None, full })
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
                kind => match self.rich_value(world, kind) {
                    Some(value) => value,
                    None => continue,
                },
            };
            let value = self.spoil(value);
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
