//! The second half of law 1(a): every difference between two worlds has a row of the object or of an ancestor.
//!
//! The worlds are those at the ends of two runs that came to the end of the log, one after the other; before the first
//! one there is nothing, or what there was when a run said `Now`, or when everything was read anew. What is judged is
//! what the story's [`Preset`] is *for*, by a table of its own, and not what the client's query asked: a query that
//! leaves out a kind of change which may be the only row of a difference is one that this law finds.
//!
//! A difference counts as told by a row of the log that was delivered and that
//! * is about the object, and says more than that somebody looked at it or may look at it; or
//! * is about a folder, list or web that it stands in, or stood in, and takes along what is there: Add, Delete, Rename,
//!   MoveAway, MoveInto, Restore. That a list's settings changed tells of none of its items.
//!
//! Rights are differences of their own, for the presets that are for them, and only a row about the object itself tells
//! of them, or of what it came in from another list or the bin.
//!
//! What cannot hold is not claimed. A row counts as if it were delivered that lies before the beginning (older than the
//! log was at the first run), or in a stretch that was told as a gap; that became visible late, where no overlap covers
//! it; and that of a move to or from another web, where the server keeps one row of a move between lists and it is the
//! other web's. A stretch is not judged before all its rows are visible, nor across [`Done::Resync`], after which the
//! program reads everything anew. At folder and item scope nothing is claimed: what a folder holds changes by rows of
//! what stands above it, which are rows of other scopes.
//!
//! [`Done::Resync`]: sharepoint_changes::Done::Resync
//! [`Preset`]: sharepoint_changes::Preset

use sharepoint_changes::Preset;

use super::census::{Census, Key, differ};
use crate::dialect::Moves;
use crate::event::Event;
use crate::log::{Log, Map, Row};
use crate::query::{Objects, Scope, object_flag};
use crate::world::World;

/// The worlds of a story, one end of a run after the other.
#[derive(Debug)]
pub(super) struct Worlds {
    scope: Scope,
    objects: Objects,
    rights: bool,
    /// The world that what was delivered up to now leads to; none before a first run began.
    before: Option<Census>,
}

/// What the rows of a stretch tell of one object.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    content: bool,
    rights: bool,
    /// What stands in it may be gone, come or elsewhere.
    tree: bool,
    /// It came from elsewhere with all that stands in it, and with the rights that this has.
    came: bool,
}

impl Worlds {
    /// None at a scope where nothing is claimed.
    pub(super) fn new(scope: Scope, preset: Preset) -> Option<Self> {
        if matches!(scope, Scope::Folder(..) | Scope::Item(..)) {
            return None;
        }
        let (objects, rights) = purpose(preset);
        Some(Self { scope, objects, rights, before: None })
    }

    /// From here on everything is to be told.
    pub(super) fn begin(&mut self, world: Census) {
        self.before = Some(world);
    }

    /// The world as it stands.
    pub(super) fn take(&self, world: &World) -> Census {
        Census::take(world, self.scope)
    }

    /// Judges what came since the world before, and takes this one in its place. `is_told` says of a row, by its
    /// index in the whole log, whether it was delivered or cannot be claimed. How many differences were told; else which
    /// were not.
    pub(super) fn judge(
        &mut self,
        after: Census,
        world: &World,
        is_told: impl Fn(usize, &Row) -> bool,
    ) -> Result<u64, Vec<String>> {
        let before = self.before.take().unwrap_or_default();
        let log = world.log_of(self.scope);
        let mut told: Map<Key, Told> = Map::default();
        for (index, row) in log.all_rows().iter().enumerate().take(after.written).skip(before.written) {
            if is_told(index, row) || self.is_elsewhere(world, log, index, row) {
                told.entry(Key::of(row)).or_default().add(row.event);
            }
        }
        let known = |key: &Key| told.get(key).copied().unwrap_or_default();
        let (mut differences, mut silent) = (0, Vec::new());
        let new = after.keys().filter(|key| before.get(key).is_none());
        for key in before.keys().chain(new).filter(|key| self.objects.any(object_flag(&key.object))) {
            let tree = || before.above(key).chain(after.above(key)).any(|above| known(above).tree);
            let rights = |census: &Census| census.get(key).map(|standing| standing.rights);
            if differ(&before, &after, key) {
                differences += 1;
                if !known(key).content && !tree() {
                    silent.push(format!("{key} is {}", change(&before, &after, key)));
                }
            }
            if let (true, Some(old), Some(new)) = (self.rights, rights(&before), rights(&after))
                && old != new
            {
                differences += 1;
                let came_along = || before.above(key).chain(after.above(key)).any(|above| known(above).came);
                if !known(key).rights && !came_along() {
                    silent.push(format!("{key} has other rights"));
                }
            }
        }
        self.before = Some(after);
        silent.sort();
        if silent.is_empty() { Ok(differences) } else { Err(silent) }
    }

    /// Whether a row in the scope of a web is that half of a move between lists which the server does not give, while
    /// the other half is another web's.
    fn is_elsewhere(&self, world: &World, log: &Log, index: usize, row: &Row) -> bool {
        let Scope::Web(web) = self.scope else { return false };
        let is_other = |row: &Row| !world.in_web(row, web);
        let partner = match (world.dialect.move_wide, row.event) {
            (Moves::Into, Event::MoveAway) if log.moved_to(row.number).is_some() => index.checked_add(1),
            (Moves::Away, Event::MoveInto) if log.moved_to(row.number - 1).is_some() => index.checked_sub(1),
            _ => None,
        };
        !is_other(row) && partner.and_then(|at| log.all_rows().get(at)).is_some_and(is_other)
    }
}

impl Told {
    fn add(&mut self, event: Event) {
        use Event as E;
        self.came |= matches!(event, E::Add | E::MoveInto | E::Restore);
        self.tree |= matches!(event, E::Add | E::Delete | E::Rename | E::MoveAway | E::MoveInto | E::Restore);
        self.content |= self.tree
            || matches!(
                event,
                E::Update | E::SystemUpdate | E::Dirty | E::ListContentTypeAdd | E::ListContentTypeDelete
            );
        self.rights |= matches!(
            event,
            E::AssignmentAdd
                | E::AssignmentDelete
                | E::ScopeAdd
                | E::ScopeDelete
                | E::MemberAdd
                | E::MemberDelete
        );
    }
}

fn change(before: &Census, after: &Census, key: &Key) -> &'static str {
    match (before.get(key), after.get(key)) {
        (None, _) => "new",
        (_, None) => "gone",
        _ => "changed",
    }
}

/// The objects whose differences a preset is there to tell, and whether their rights are among them.
fn purpose(preset: Preset) -> (Objects, bool) {
    use Objects as O;
    let files = O::Item | O::List | O::File | O::Folder;
    match preset {
        Preset::Items => (O::Item | O::List, false),
        Preset::Files => (files, false),
        Preset::Permissions => (files | O::Web | O::User | O::Group, true),
        Preset::Schema => (O::Field | O::ContentType | O::View | O::List | O::Web, false),
        _ => (O::ALL, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{ListRef, Securable, Settings, Template, Value, Verb, WebRef};

    /// A web with a library that holds a folder with a file, and what happens to them; only rows that `is_told` takes
    /// are delivered.
    fn told(
        preset: Preset,
        deed: impl Fn(&mut World, WebRef, ListRef, i32, i32) -> Verb<()>,
        is_told: impl Fn(&Row) -> bool,
    ) -> Result<u64, Vec<String>> {
        let mut world = World::new(Settings::default());
        let site = world.add_site("/sites/ops", "Operations").unwrap();
        let web = world.site(site).root;
        let list = world.add_list(web, "Documents", Template::Library).unwrap();
        let folder = world.add_folder(list, 0, "F").unwrap();
        let file = world.upload(list, folder, "a.txt", 10).unwrap();
        world.dialect.move_wide = Moves::Into;
        let mut worlds = Worlds::new(Scope::Web(web), preset).unwrap();
        worlds.begin(worlds.take(&world));
        deed(&mut world, web, list, folder, file).unwrap();
        worlds.judge(worlds.take(&world), &world, |_, row| is_told(row))
    }

    #[test]
    fn a_folder_s_row_tells_of_what_goes_with_it_and_settings_of_the_list_tell_of_no_item() {
        let gone = |world: &mut World, _, list, folder, _| world.delete(list, folder);
        assert_eq!(told(Preset::Items, gone, |_| true), Ok(2));
        assert_eq!(told(Preset::Items, gone, |_| false).unwrap_err().len(), 2);
        let saved = |world: &mut World, _, list, _, file| {
            world.overwrite(list, file, 20)?;
            world.update_list(list)
        };
        assert_eq!(told(Preset::Items, saved, |_| true), Ok(2));
        let silent = told(Preset::Items, saved, |row| row.object == crate::event::Object::List).unwrap_err();
        assert!(silent.len() == 1 && silent[0].starts_with("item "), "{silent:?}");
        // What was and is again is no difference.
        let back = |world: &mut World, _, list, folder, _| {
            let place = world.recycle(list, folder)?;
            world.restore(place).map(|_| ())
        };
        assert_eq!(told(Preset::Items, back, |_| false), Ok(0));
    }

    #[test]
    fn rights_are_told_by_rows_of_their_own_to_those_who_are_after_them() {
        let shared = |world: &mut World, _, list, _, file| {
            world.comment(list, file)?;
            world.share(Securable::Item(list, file), 1, "Edit")
        };
        assert_eq!(told(Preset::Items, shared, |_| false), Ok(0));
        assert_eq!(told(Preset::Permissions, shared, |_| true), Ok(1));
        let seen = |row: &Row| row.event == Event::Activity;
        assert!(told(Preset::Permissions, shared, seen).unwrap_err()[0].ends_with("has other rights"));
    }

    #[test]
    fn what_goes_to_another_web_whose_row_alone_is_given_is_not_claimed() {
        let moved = |world: &mut World, web, list, folder, _| {
            let below = world.add_web(web, "below", "Below")?;
            let plans = world.add_list(below, "Plans", Template::Library)?;
            world.move_to_list(list, folder, plans, 0).map(|_| ())
        };
        assert_eq!(told(Preset::Items, moved, |_| false), Ok(2));
        let stays = |world: &mut World, web, list, folder, _| {
            let archive = world.add_list(web, "Archive", Template::Library)?;
            world.move_to_list(list, folder, archive, 0).map(|_| ())
        };
        assert_eq!(told(Preset::Items, stays, |_| false).unwrap_err().len(), 3);
        assert_eq!(told(Preset::Items, stays, |row| row.event != Event::MoveAway), Ok(3));
    }

    #[test]
    fn a_column_that_goes_takes_its_values_along_and_its_rows_tell_of_it() {
        let emptied = |world: &mut World, _, list, _, file| {
            world.add_column(list, "Remarks", crate::world::ColumnKind::Text)?;
            world.edit(list, file, &[("Remarks", Some(Value::Text("x".to_owned())))])
        };
        assert_eq!(told(Preset::Schema, emptied, |_| true), Ok(2));
        assert_eq!(told(Preset::Items, emptied, |row| row.event != Event::Update).unwrap_err().len(), 2);
    }
}
