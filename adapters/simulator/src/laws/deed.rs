//! What happens in a story beside the office's work, because the story says so.

use fastrand::Rng;

use crate::activity::Activity;
use crate::switch::choices;
use crate::world::{ListRef, World};

choices! {
    /// Something that happens to the list that is followed.
    Deed {
        /// A folder goes from it to another list, with all that lies in it.
        FolderAway = "folder-away",
        /// A folder comes from another list.
        FolderHere = "folder-here",
        /// It is deleted.
        ListGone = "list-gone",
        /// It comes back.
        ListBack = "list-back",
        /// The server fails on an item.
        Poison = "poison",
        /// The server fails on none any more.
        Heal = "heal",
        /// An item, or a folder with all that lies in it, is hidden from the caller.
        Hide = "hide",
        /// What was hidden is shared with the caller again.
        Share = "share",
    }
}

impl Deed {
    /// What the table of habits calls it.
    pub(super) fn habit(self) -> &'static str {
        match self {
            Self::FolderAway => "a folder goes to another list",
            Self::FolderHere => "a folder comes from another list",
            Self::ListGone => "the list is deleted",
            Self::ListBack => "the list comes back",
            Self::Poison => "an item that the server fails on",
            Self::Heal => "such an item is healed",
            Self::Hide => "an item or a folder is hidden from the caller",
            Self::Share => "what was hidden is shared again",
        }
    }

    /// Does it; whether there was something to do.
    pub(super) fn perform(self, world: &mut World, office: &mut Activity, list: ListRef, seed: u64) -> bool {
        let mut rng = Rng::with_seed(seed);
        let done = match self {
            Self::FolderAway => office.move_folder(world, Some(list), None, &mut rng),
            Self::FolderHere => office.move_folder(world, None, Some(list), &mut rng),
            Self::ListGone => world.delete_list(list),
            Self::ListBack => world.restore_list(list),
            Self::Poison => {
                let files = world.list(list).items().filter(|item| !item.is_folder() && !item.poison);
                let Some(id) = one(files.map(|item| item.id), &mut rng) else { return false };
                world.poison(list, id, true)
            }
            Self::Heal => {
                let ill: Vec<i32> =
                    world.list(list).items().filter(|item| item.poison).map(|item| item.id).collect();
                return !ill.is_empty() && ill.into_iter().all(|id| world.poison(list, id, false).is_ok());
            }
            Self::Hide => {
                let Some(id) = one(hideable(world, list).into_iter(), &mut rng) else { return false };
                world.set_item_permissions(list, id, Some(0))
            }
            Self::Share => {
                let hidden = world.list(list).items().filter(|item| item.permissions == Some(0));
                let Some(id) = one(hidden.map(|item| item.id), &mut rng) else { return false };
                world.set_item_permissions(list, id, None)
            }
        };
        done.is_ok()
    }
}

/// What the caller sees and below which nothing has rights of its own: folders come twice as often.
fn hideable(world: &World, list: ListRef) -> Vec<i32> {
    let found = world.list(list);
    let has_own = |id: &i32| found.item(*id).is_some_and(|item| item.permissions.is_some());
    let plain = found.items().filter(|item| item.permissions.is_none() && world.sees(list, item));
    let plain: Vec<_> = plain.filter(|item| !world.below(list, item.id).iter().any(has_own)).collect();
    let folders = plain.iter().filter(|item| item.is_folder());
    folders.chain(&plain).map(|item| item.id).collect()
}

fn one(among: impl Iterator<Item = i32>, rng: &mut Rng) -> Option<i32> {
    let among: Vec<i32> = among.collect();
    (!among.is_empty()).then(|| among[rng.usize(..among.len())])
}
