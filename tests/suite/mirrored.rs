//! Copies of simulated lists, kept by sessions over their items and judged by the world itself.

mod histories;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;
use sharepoint_changes::{
    Basis, Checkpoint, Dialect, Done, DriveError, End, Error, ItemChange, ItemPage, ItemQuery, ListRef, Mark,
    ResyncReason, Row, Session, Settings, Site, Start, drive,
    item::{Field, Schema},
    uuid::Uuid,
};
use sharepoint_simulator as simulator;
use simulator::{Activity, Fault, Server, SimulatedHost, World};

use crate::drive::far_ahead::drive_far_ahead;

/// A copy of a list in memory, kept as the documentation of [`ItemPage`] says and no cleverer.
#[derive(Clone, Default)]
struct Copy {
    rows: BTreeMap<i32, Held>,
    checkpoint: Option<Checkpoint>,
    schema: Option<Arc<Schema>>,
    loads: u32,
}

#[derive(Clone, Debug)]
struct Held {
    row: Row,
    mark: Option<Mark>,
}

impl Held {
    fn path(&self) -> String {
        self.row.file_ref().unwrap()
    }
}

/// Why a commit stops a run.
#[derive(Debug, PartialEq)]
enum Stop {
    Crash,
    /// The load that ended left work behind: go on from the copy.
    Again,
}

impl Copy {
    /// The held folder that a row lies in: by identity, or by path where the row does not say.
    fn parent(&self, row: &Row) -> Option<i32> {
        let by_id = |id: Uuid| self.rows.values().find(|held| held.row.unique_id() == Some(id));
        let by_path = || {
            let dir = row.file_dir_ref()?;
            self.rows.values().find(|held| held.row.is_folder() == Some(true) && held.path() == dir)
        };
        row.parent_unique_id().map_or_else(by_path, by_id).map(|held| held.row.id())
    }

    fn below(&self, folder: i32) -> BTreeSet<i32> {
        let mut below = BTreeSet::new();
        let mut grown = true;
        while grown {
            let is_below =
                |held: &Held| self.parent(&held.row).is_some_and(|id| id == folder || below.contains(&id));
            let found: BTreeSet<i32> =
                self.rows.values().filter(|held| is_below(held)).map(|held| held.row.id()).collect();
            grown = found.len() > below.len();
            below = found;
        }
        below
    }

    fn remove(&mut self, id: i32, unique_id: Option<Uuid>) {
        let mut gone = self.below(id);
        let claims = |held: &Held| unique_id.is_some() && held.row.parent_unique_id() == unique_id;
        let orphans: Vec<i32> =
            self.rows.values().filter(|held| claims(held)).map(|held| held.row.id()).collect();
        for orphan in orphans {
            gone.extend(self.below(orphan));
            gone.insert(orphan);
        }
        gone.insert(id);
        self.rows.retain(|id, _| !gone.contains(id));
    }

    /// Rows that lie in a folder which is not held.
    fn orphans(&self, root: &str) -> Vec<i32> {
        let lies_nowhere = |held: &&Held| {
            held.row.file_dir_ref().as_deref() != Some(root) && self.parent(&held.row).is_none()
        };
        self.rows.values().filter(lies_nowhere).map(|held| held.row.id()).collect()
    }

    fn commit(&mut self, page: ItemPage) -> Result<(), Stop> {
        assert_eq!(page.follows.as_deref(), self.checkpoint.as_ref().map(Checkpoint::as_str));
        let mark = match &page.basis {
            Basis::Delta => None,
            Basis::Snapshot { load, .. } => Some(load.clone()),
            Basis::Subtree { listing, .. } => Some(listing.clone()),
        };
        for change in page.changes {
            match change {
                ItemChange::Upserted(row) => {
                    let before = self.rows.remove(&row.id());
                    let mark = mark.clone().or(before.and_then(|held| held.mark));
                    self.rows.insert(row.id(), Held { row, mark });
                }
                ItemChange::Removed { id, unique_id, .. } => self.remove(id, unique_id),
                ItemChange::MovedAway { id, unique_id, .. } => self.remove(id, unique_id),
                _ => {}
            }
        }
        self.checkpoint = Some(page.checkpoint.clone());
        self.schema = Some(page.schema.clone());
        match page.basis {
            Basis::Snapshot { load, end: Some(end) } => {
                self.loads += 1;
                if let End::Sweep { spare } = end {
                    self.rows.retain(|id, held| held.mark.as_ref() == Some(&load) || spare.contains(id));
                }
                let orphans = self.orphans(page.schema.root_folder.as_deref().unwrap());
                if !orphans.is_empty() {
                    self.checkpoint = Some(page.checkpoint.with_pending(orphans));
                    return Err(Stop::Again);
                }
            }
            Basis::Subtree { folder, listing, last: true } => {
                for id in self.below(folder) {
                    if self.rows[&id].mark.as_ref() != Some(&listing) {
                        self.rows.remove(&id);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Each row by id: identity, path by the tree, version, and every stored value.
    fn told(&self, root: &str) -> BTreeMap<i32, Told> {
        let path = |held: &Held| {
            let mut names = Vec::new();
            let mut at = Some(held);
            while let Some(held) = at {
                names.push(held.path().rsplit('/').next().unwrap().to_owned());
                at = self.parent(&held.row).map(|id| &self.rows[&id]);
            }
            names.push(root.to_owned());
            names.reverse();
            names.join("/")
        };
        let values =
            |row: &Row| row.columns().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        self.rows
            .iter()
            .map(|(id, held)| {
                let version = held.row.hidden_version().unwrap();
                (
                    *id,
                    Told {
                        unique_id: held.row.unique_id().unwrap(),
                        path: path(held),
                        version,
                        values: values(&held.row),
                    },
                )
            })
            .collect()
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Told {
    unique_id: Uuid,
    path: String,
    version: i64,
    values: BTreeMap<String, String>,
}

/// Compares a copy with the list, as far as a copy can be held to it.
fn compare(copy: &Copy, world: &World, list: simulator::world::ListRef, root: &str) -> Result<(), String> {
    let truth = world.list_truth(list);
    let told = copy.told(root);
    let (is, should): (BTreeSet<i32>, BTreeSet<i32>) =
        (told.keys().copied().collect(), truth.iter().map(|item| item.id).collect());
    if is != should {
        let (lost, invented): (Vec<_>, Vec<_>) =
            (should.difference(&is).collect(), is.difference(&should).collect());
        return Err(format!("lost {lost:?}, invented {invented:?}"));
    }
    for item in truth {
        let held = &told[&item.id];
        if (held.unique_id, held.path.as_str(), held.version)
            != (item.unique_id, item.path.as_str(), item.version.into())
        {
            return Err(format!("item {}: {held:?} is not {item:?}", item.id));
        }
        for field in &item.fields {
            let value = held.values.get(&field.name).map(String::as_str);
            // What the server computes for a view is not part of the item.
            let stored = copy
                .schema
                .as_ref()
                .and_then(|schema| schema.field(&field.name))
                .is_some_and(Field::is_stored);
            if stored && field.held == simulator::Held::Whole && value != Some(field.text.as_str()) {
                return Err(format!("item {}: {} is {value:?}, not {:?}", item.id, field.name, field.text));
            }
        }
    }
    Ok(())
}

fn office(seed: u64, rows: u64) -> (World, Activity) {
    let settings = simulator::world::Settings { seed, ..Default::default() };
    let (mut world, mut activity) = Activity::office(settings);
    activity.play(&mut world, rows);
    (world, activity)
}

fn list_named(world: &World, title: &str) -> simulator::world::ListRef {
    world.all_lists().find(|list| world.list(*list).title == title).unwrap()
}

fn root_of(world: &World, list: simulator::world::ListRef) -> String {
    world.list_path(list)
}

/// Lets the office write this many rows more, in its own time.
fn go_on(host: &mut SimulatedHost, activity: &mut Activity, rows: usize) {
    let world = host.server_mut().world_mut();
    let (before, written) = (world.age(), world.log(activity.site()).all_rows().len());
    activity.play(world, (written + rows) as u64);
    let passed = world.age() - before;
    host.pass(passed);
}

fn query(title: &str) -> ItemQuery {
    ItemQuery::new(ListRef::Title(title.to_owned()))
}

/// Runs sessions until one comes to its end; `crash` says before which commits to stop.
fn sync(
    host: &mut SimulatedHost,
    query: &ItemQuery,
    copy: &mut Copy,
    crash: impl FnMut() -> bool,
) -> Result<(), String> {
    sync_with(host, (query, false), copy, crash)
}

/// The same, by the driver that reads a page ahead where that is asked for.
fn sync_with(
    host: &mut SimulatedHost,
    (query, ahead): (&ItemQuery, bool),
    copy: &mut Copy,
    mut crash: impl FnMut() -> bool,
) -> Result<(), String> {
    for _ in 0..60 {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let start = copy.checkpoint.clone().map_or(Start::Beginning, Start::Checkpoint);
        let mut session = Session::new(site, query.clone(), start, Settings::default()).unwrap();
        let commit = |page| if crash() { Err(Stop::Crash) } else { copy.commit(page) };
        let end = if ahead {
            drive_far_ahead(&mut session, host, commit)
        } else {
            drive(&mut session, host, commit)
        };
        match end {
            Ok(Done::UpToDate { checkpoint, follows }) => {
                if follows != copy.checkpoint.as_ref().map(Checkpoint::to_string) {
                    return Err("the end does not follow".to_owned());
                }
                copy.checkpoint = Some(checkpoint);
                return Ok(());
            }
            Ok(Done::Resync { reason, .. }) => return Err(format!("resync {reason:?}")),
            Err(DriveError::Commit(_)) => {}
            Err(DriveError::Machine(Error::Exhausted(exhausted))) => {
                host.pass(exhausted.wait + Duration::from_secs(60));
            }
            Err(DriveError::Machine(Error::Unsettled { .. })) => host.pass(Duration::from_secs(60)),
            Err(error) => return Err(format!("{error:?}")),
        }
    }
    Err("no end".to_owned())
}

#[test]
fn a_full_load_and_an_increment_make_an_exact_copy() {
    let (world, mut activity) = office(7, 400);
    let mut host = SimulatedHost::new(Server::new(world));
    for title in ["Documents", "Q1 Bids"] {
        let list = list_named(host.server().world(), title);
        let root = root_of(host.server().world(), list);
        let mut copy = Copy::default();
        for _ in 0..4 {
            sync(&mut host, &query(title).row_limit(25.try_into().unwrap()), &mut copy, || false).unwrap();
            compare(&copy, host.server().world(), list, &root).unwrap();
            go_on(&mut host, &mut activity, 80);
        }
        assert_eq!(copy.loads, 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_copy_equals_the_list_through_faults_and_crashes(
        seed in any::<u64>(),
        rows_at_first in 60_u64..300,
        page_size in 1_u32..40,
        title in prop::sample::select(vec!["Documents", "Q1 Bids", "Tasks", "Archive"]),
        soap in any::<bool>(),
        ahead in any::<bool>(),
        trouble in 0.0_f64..0.15,
        crashes in prop::collection::vec(0_u32..12, 0..5),
    ) {
        let (world, mut activity) = office(seed, rows_at_first);
        let list = list_named(&world, title);
        let root = root_of(&world, list);
        let mut server = Server::new(world);
        server.faults.seed(seed);
        for fault in Fault::passing() {
            server.faults.by_chance(trouble / 10.0, fault);
        }
        let mut host = SimulatedHost::new(server);
        let dialect = if soap { Dialect::Soap } else { Dialect::Rest };
        let query = query(title).row_limit(page_size.try_into().unwrap()).dialect(dialect);
        let mut copy = Copy::default();
        let (mut crashes, mut commits) = (crashes.into_iter(), 0);
        let mut next = crashes.next();
        for _ in 0..4 {
            let done = sync_with(&mut host, (&query, ahead), &mut copy, || {
                commits += 1;
                let now = next == Some(commits - 1);
                if now {
                    (commits, next) = (0, crashes.next());
                }
                now
            });
            prop_assert_eq!(done, Ok(()));
            let same = compare(&copy, host.server().world(), list, &root);
            prop_assert_eq!(same, Ok(()));
            go_on(&mut host, &mut activity, 60);
        }
        prop_assert_eq!(host.server().impolite(), 0);
    }
}

#[test]
fn a_load_that_is_refused_is_left_to_the_caller() {
    let (world, _) = office(9, 200);
    let mut host = SimulatedHost::new(Server::new(world));
    let mut copy = Copy::default();
    sync(&mut host, &query("Documents"), &mut copy, || false).unwrap();
    host.pass(Duration::from_secs(70 * 24 * 3600));
    let list = list_named(host.server().world(), "Documents");
    host.server_mut().world_mut().add_folder(list, 0, "Späteres").unwrap();
    let mut settings = Settings::default();
    settings.reload = sharepoint_changes::Reload::Refused;
    let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
    let start = Start::Checkpoint(copy.checkpoint.clone().unwrap());
    let mut session = Session::new(site, query("Documents"), start, settings).unwrap();
    let done = drive(&mut session, &mut host, |_| Ok::<_, ()>(())).unwrap();
    let Done::Resync { reason, then, .. } = done else { panic!("{done:?}") };
    assert_eq!(reason, ResyncReason::Expired);
    // What it leaves begins with a load.
    assert!(then.is_loading());
    copy.checkpoint = Some(then);
    let root = root_of(host.server().world(), list);
    sync(&mut host, &query("Documents"), &mut copy, || false).unwrap();
    compare(&copy, host.server().world(), list, &root).unwrap();
    assert_eq!(copy.loads, 2);
}
