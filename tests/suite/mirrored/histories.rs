//! Histories that lose items without a rule, each named after what it would lose.

use std::num::NonZeroU32;

use sharepoint_changes::{Action, Host, Machine, Notice, Reload, SendError};
use simulator::world::{ColumnKind, ListRef as List, Template, Value};

use super::*;

/// A library, its copy, and a server between them.
struct Library {
    host: SimulatedHost,
    list: List,
    copy: Copy,
    query: ItemQuery,
    settings: Settings,
    notices: Vec<Notice>,
    /// The bases of the pages of the last run.
    bases: Vec<Basis>,
    /// Requests for rows in the last run.
    asked: usize,
}

/// What is done to the world before the n-th request for rows of a run, counted from 0.
type Meanwhile<'a> = &'a mut dyn FnMut(usize, &mut World);

impl Library {
    fn new() -> Library {
        Library::with(|_, _| {})
    }

    /// A library filled before the server opens.
    fn with(fill: impl FnOnce(&mut World, List)) -> Library {
        let mut world = World::new(simulator::world::Settings::default());
        let site = world.add_site("/sites/ops", "Operations").unwrap();
        let web = world.site(site).root;
        let list = world.add_list(web, "Documents", Template::Library).unwrap();
        fill(&mut world, list);
        Library {
            host: SimulatedHost::new(Server::new(world)),
            list,
            copy: Copy::default(),
            query: query("Documents").row_limit(NonZeroU32::new(2).unwrap()),
            settings: Settings::default(),
            notices: Vec::new(),
            bases: Vec::new(),
            asked: 0,
        }
    }

    fn act<T>(&mut self, deed: impl FnOnce(&mut World, List) -> T) -> T {
        self.host.pass(Duration::from_secs(60));
        let list = self.list;
        let done = deed(self.host.server_mut().world_mut(), list);
        self.host.pass(Duration::from_secs(60));
        done
    }

    /// One session, driven by hand; stops before the commit with this number, counted from 0.
    fn run(&mut self, kill_at: Option<usize>, meanwhile: Meanwhile<'_>) -> Result<Option<Done>, Error> {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let start = self.copy.kept().cloned().map_or(Start::Beginning, Start::Checkpoint);
        let mut session = Session::new(site, self.query.clone(), start, self.settings.clone()).unwrap();
        (self.bases, self.asked) = (Vec::new(), 0);
        for _ in 0..10_000 {
            match session.poll(self.host.now())? {
                Action::Send(request) => {
                    if request.uri().path().contains("SinceToken") {
                        meanwhile(self.asked, self.host.server_mut().world_mut());
                        self.asked += 1;
                    }
                    match self.host.send(request) {
                        Ok(answer) => session.receive(answer),
                        Err(SendError::Lost(_) | SendError::Fatal(_)) => session.fail(),
                    }
                }
                Action::Wait(wait) => {
                    let _ = self.host.wait(&wait);
                }
                Action::Page(page) => {
                    if kill_at == Some(self.bases.len()) {
                        return Ok(None);
                    }
                    self.bases.push(page.basis.clone());
                    self.notices.extend(page.notices.iter().cloned());
                    if commit(&mut self.copy, page) == Err(Again) {
                        return Ok(None);
                    }
                }
                Action::Done(done) => {
                    if let Done::UpToDate { checkpoint, .. } = &done {
                        self.copy.keep(checkpoint.clone());
                    }
                    return Ok(Some(done));
                }
            }
        }
        panic!("a run without an end");
    }

    /// Runs until the copy is up to date, and compares it with the list.
    fn sync(&mut self) {
        for _ in 0..10 {
            if self.run(None, &mut |_, _| {}).unwrap().is_some() {
                return self.compare();
            }
        }
        panic!("no end");
    }

    fn compare(&self) {
        let world = self.host.server().world();
        compare(&self.copy, world, self.list).unwrap();
    }

    fn has_load(&self) -> bool {
        self.bases.iter().any(|basis| matches!(basis, Basis::Snapshot { .. }))
    }
}

fn upload(world: &mut World, list: List, folder: i32, name: &str) -> i32 {
    world.upload(list, folder, name, 1_000).unwrap()
}

#[test]
fn a_system_update_that_was_committed_and_not_fetched_does_not_stay_stale_for_ever() {
    let mut library = Library::new();
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    library.sync();
    library.act(|world, list| {
        world.system_update(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
    });
    // Killed after the page that only points at the item.
    assert!(library.run(Some(1), &mut |_, _| {}).unwrap().is_none());
    assert_eq!(library.copy.kept().unwrap().pending(), (1, 0));
    library.sync();
    assert_eq!(library.copy.kept().unwrap().pending(), (0, 0));
}

#[test]
fn a_folder_deleted_before_its_own_page_of_the_load_leaves_no_orphan() {
    // The child comes first: c has the lower id, and was moved into the folder.
    let mut folder = 0;
    let mut library = Library::with(|world, list| {
        let child = upload(world, list, 0, "c.txt");
        for n in 0..6 {
            upload(world, list, 0, &format!("{n}.txt"));
        }
        folder = world.add_folder(list, 0, "F").unwrap();
        world.move_within(list, child, folder).unwrap();
    });
    let list = library.list;
    // Deleted when the load has handed out c and not yet F.
    let ended = library.run(None, &mut |asked, world| {
        if asked == 3 {
            world.delete(list, folder).unwrap();
        }
    });
    assert!(ended.unwrap().is_none(), "the load's end names what is left of the folder");
    library.sync();
}

#[test]
fn two_folders_that_swap_their_names_in_one_window_keep_their_contents() {
    let mut library = Library::new();
    let (a, b) = library.act(|world, list| {
        let (a, b) = (world.add_folder(list, 0, "A").unwrap(), world.add_folder(list, 0, "B").unwrap());
        upload(world, list, a, "in a.txt");
        upload(world, list, b, "in b.txt");
        (a, b)
    });
    library.sync();
    library.act(|world, list| {
        world.rename(list, a, "T").unwrap();
        world.rename(list, b, "A").unwrap();
        world.rename(list, a, "B").unwrap();
    });
    library.sync();
}

#[test]
fn a_folder_that_moves_between_two_pages_of_the_load_takes_its_contents_along() {
    let (mut a, mut b) = (0, 0);
    let mut library = Library::with(|world, list| {
        (a, b) = (world.add_folder(list, 0, "A").unwrap(), world.add_folder(list, 0, "B").unwrap());
        for n in 0..8 {
            upload(world, list, a, &format!("{n}.txt"));
        }
    });
    let list = library.list;
    library
        .run(None, &mut |asked, world| {
            if asked == 3 {
                world.move_within(list, a, b).unwrap();
            }
        })
        .unwrap();
    library.sync();
}

#[test]
fn what_was_moved_out_of_a_folder_survives_the_folders_end() {
    let mut library = Library::new();
    let (a, s) = library.act(|world, list| {
        let a = world.add_folder(list, 0, "A").unwrap();
        let s = world.add_folder(list, a, "S").unwrap();
        upload(world, list, s, "kept.txt");
        upload(world, list, a, "gone.txt");
        (a, s)
    });
    library.sync();
    library.act(|world, list| {
        world.move_within(list, s, 0).unwrap();
        world.delete(list, a).unwrap();
    });
    library.sync();
    assert_eq!(library.copy.len(), 2);
}

#[test]
fn what_was_moved_into_a_folder_goes_with_the_folder_in_the_same_window() {
    let mut library = Library::new();
    let (folder, item) =
        library.act(|world, list| (world.add_folder(list, 0, "A").unwrap(), upload(world, list, 0, "x.txt")));
    library.sync();
    library.act(|world, list| {
        world.move_within(list, item, folder).unwrap();
        world.delete(list, folder).unwrap();
    });
    library.sync();
    assert!(library.copy.is_empty());
}

#[test]
fn a_folder_that_comes_back_brings_its_contents_without_a_word() {
    let mut library = Library::new();
    let folder = library.act(|world, list| {
        let folder = world.add_folder(list, 0, "A").unwrap();
        let below = world.add_folder(list, folder, "B").unwrap();
        upload(world, list, folder, "1.txt");
        upload(world, list, below, "2.txt");
        folder
    });
    library.sync();
    let place = library.act(|world, list| world.recycle(list, folder).unwrap());
    library.sync();
    assert!(library.copy.is_empty());
    library.act(|world, _| world.restore(place).unwrap());
    library.sync();
    assert_eq!(library.copy.len(), 4);
    // Gone and back within one window.
    let place = library.act(|world, list| world.recycle(list, folder).unwrap());
    library.act(|world, _| world.restore(place).unwrap());
    library.sync();
    assert_eq!(library.copy.len(), 4);
}

#[test]
fn a_listing_during_which_the_folder_moves_tells_nothing_and_begins_again() {
    let mut library = Library::new();
    let (a, b) = library.act(|world, list| {
        let (a, b) = (world.add_folder(list, 0, "A").unwrap(), world.add_folder(list, 0, "B").unwrap());
        for n in 0..6 {
            upload(world, list, a, &format!("{n}.txt"));
        }
        (a, b)
    });
    library.sync();
    library.act(|world, list| world.rename(list, a, "C").unwrap());
    let list = library.list;
    // Requests of the run: the list, the increment, the settling of the rename, the folder's row, its pages.
    library
        .run(None, &mut |asked, world| {
            if asked == 5 {
                world.move_within(list, a, b).unwrap();
            }
        })
        .unwrap();
    let listings: BTreeSet<_> = library
        .bases
        .iter()
        .filter_map(|basis| match basis {
            Basis::Subtree { listing, .. } => Some(listing.to_string()),
            _ => None,
        })
        .collect();
    assert!(listings.len() >= 2, "{listings:?}");
    library.sync();
}

#[test]
fn killed_between_the_last_page_of_a_load_and_its_sweep_nothing_is_kept_that_is_gone() {
    let mut library = Library::new();
    let ids = library
        .act(|world, list| (0..7).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect::<Vec<_>>());
    library.sync();
    library.act(|world, list| world.delete(list, ids[2]).unwrap());
    library.host.pass(Duration::from_secs(90 * 24 * 3600));
    library.act(|world, list| world.system_update(list, ids[3], &[]).unwrap());
    // The position has expired: a new load, killed before each of its pages in turn.
    for page in [0, 1, 2, 3] {
        library.run(Some(page), &mut |_, _| {}).unwrap();
    }
    library.sync();
    assert_eq!(library.copy.len(), 6);
}

#[test]
fn other_rights_are_a_new_load_that_removes_what_is_not_seen() {
    let mut library = Library::new();
    let ids = library
        .act(|world, list| (0..5).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect::<Vec<_>>());
    library.sync();
    library.act(|world, list| {
        world.show_to_caller(list, ids[1], false).unwrap();
        world.set_permissions(list, 0x1b_03c4_312e).unwrap();
        upload(world, list, 0, "later.txt");
    });
    library.sync();
    assert!(library.has_load());
    assert!(library.copy.row(ids[1]).is_none());
    assert!(library.notices.iter().any(|notice| matches!(notice, Notice::Hidden { visible: 5, total: 6 })));
}

#[test]
fn a_new_plain_column_is_a_delta_and_one_whose_type_changes_is_a_new_load() {
    let mut library = Library::new();
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    library.sync();
    let name = library.act(|world, list| world.add_column(list, "Amount", ColumnKind::Number).unwrap());
    library.act(|world, list| world.edit(list, id, &[(&name, Some(Value::Number(2.5)))]).unwrap());
    library.sync();
    assert!(!library.has_load());
    assert!(library.copy.row(id).unwrap().get(&name).is_some_and(|text| text.starts_with("2.5")));
    library.act(|world, list| {
        world.change_column(list, &name, |column| column.kind = ColumnKind::Text).unwrap();
    });
    library.act(|world, list| world.edit(list, id, &[(&name, Some(Value::Text("two".into())))]).unwrap());
    library.sync();
    assert!(library.has_load());
}

#[test]
fn a_load_that_may_not_begin_by_itself_is_left_to_the_caller() {
    let mut library = Library::new();
    library.settings.reload = Reload::Refused;
    let id = library.act(|world, list| upload(world, list, 0, "a.txt"));
    // A first load is no resync.
    library.sync();
    library.act(|world, list| world.set_permissions(list, 1).unwrap());
    library.act(|world, list| world.system_update(list, id, &[]).unwrap());
    let Some(Done::Resync { reason, then, .. }) = library.run(None, &mut |_, _| {}).unwrap() else {
        panic!()
    };
    assert_eq!(reason, ResyncReason::PermissionsChanged);
    library.copy.keep(then);
    library.sync();
    assert!(library.has_load());
}

#[test]
fn an_item_the_server_fails_on_is_found_named_and_passed_by_and_its_neighbours_come() {
    let mut ids = Vec::new();
    let mut library = Library::with(|world, list| {
        ids = (0..20).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect();
        world.poison(list, ids[11], true).unwrap();
    });
    library.query = library.query.clone().row_limit(NonZeroU32::new(8).unwrap());
    library.run(None, &mut |_, _| {}).unwrap();
    let named: Vec<_> = library
        .notices
        .iter()
        .filter(|n| matches!(n, Notice::Poison { id: Some(id), .. } if *id == ids[11]))
        .collect();
    assert_eq!(named.len(), 1, "{:?}", library.notices);
    assert_eq!(library.copy.len(), 19);
    assert!(library.copy.row(ids[11]).is_none());
}

#[test]
fn an_item_the_server_fails_on_in_an_increment_keeps_what_is_held_of_it() {
    let mut library = Library::new();
    let ids = library
        .act(|world, list| (0..12).map(|n| upload(world, list, 0, &format!("{n}.txt"))).collect::<Vec<_>>());
    library.sync();
    library.act(|world, list| {
        for id in [ids[2], ids[5], ids[8]] {
            world.edit(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
        }
        world.delete(list, ids[9]).unwrap();
        world.poison(list, ids[5], true).unwrap();
    });
    library.run(None, &mut |_, _| {}).unwrap();
    assert!(
        library.notices.iter().any(|n| matches!(n, Notice::Poison { id: Some(id), .. } if *id == ids[5]))
    );
    let title = |id: i32| library.copy.row(id).unwrap().get("Title").map(str::to_owned);
    assert_eq!((title(ids[2]).as_deref(), title(ids[8]).as_deref()), (Some("new"), Some("new")));
    assert!(library.copy.row(ids[5]).is_some() && library.copy.row(ids[9]).is_none());
}
