//! `verify` finds what was changed behind the copy's back, and `repair` mends it.

use rusqlite::Connection;
use sharepoint_changes_sqlite::{Drift, Mirror};

use crate::{
    judge::judge,
    office::{go_on, list_named, office, query, site, sync, willing, world},
};

#[test]
fn what_differs_is_named_and_mended_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, mut activity) = office(3, 600);
    let list = list_named(host.server().world(), "Documents");
    sync(&mut host, &path, &query("Documents")).unwrap();

    let mut mirror = Mirror::open(&path).unwrap();
    let query = query("Documents");
    let sound = mirror.verify(&mut host, &site(), &query, &willing(), |_| {}).unwrap();
    assert_eq!((sound.drift.as_slice(), sound.partial), (&[][..], false));
    assert_eq!(sound.read, mirror.rows().unwrap());
    drop(mirror);

    let files: Vec<i32> = host
        .server()
        .world()
        .list_truth(list)
        .iter()
        .filter(|item| !item.folder)
        .map(|item| item.id)
        .collect();
    let (changed, lost, moved) = (files[0], files[1], files[2]);
    let behind = Connection::open(&path).unwrap();
    behind.execute("UPDATE Documents SET Title = 'forged' WHERE id = ?1", [changed]).unwrap();
    behind.execute("UPDATE Documents SET sp_name = 'elsewhere' WHERE id = ?1", [moved]).unwrap();
    behind.execute("DELETE FROM Documents WHERE id = ?1", [lost]).unwrap();
    behind
        .execute("INSERT INTO Documents (id, sp_name, sp_mark) VALUES (999999, 'invented', 1)", [])
        .unwrap();
    // What people and lookups show may be as of the last change, their ids may not.
    behind.execute("UPDATE Documents SET Editor = 'a former name'", []).unwrap();
    drop(behind);
    go_on(&mut host, &mut activity, 1);

    let mut mirror = Mirror::open(&path).unwrap();
    let found = mirror.verify(&mut host, &site(), &query, &willing(), |_| {}).unwrap();
    let mut expected =
        vec![Drift::Different(changed), Drift::Missing(lost), Drift::Different(moved), Drift::Extra(999_999)];
    expected.sort_by_key(|drift| drift.id());
    assert_eq!(found.drift, expected);
    mirror.repair(&found, &mut host, &site(), &query, &willing(), |_| {}).unwrap();
    drop(mirror);
    judge(&path, host.server().world(), list).unwrap();
}

#[test]
fn what_changes_while_the_list_is_read_is_no_drift() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(5, 900);
    let list = list_named(host.server().world(), "Documents");
    let query = query("Documents").row_limit(5.try_into().unwrap());
    sync(&mut host, &path, &query).unwrap();
    let ids: Vec<i32> = host.server().world().list_truth(list).iter().map(|item| item.id).collect();
    assert!(ids.len() > 20, "{}", ids.len());

    // From the last one on, so that what is changed while the list is read is read afterwards.
    let mut busy = Busy { host: &mut host, list, ids: ids.into_iter() };
    let mut mirror = Mirror::open(&path).unwrap();
    let found = mirror.verify(&mut busy, &site(), &query, &willing(), |_| {}).unwrap();
    assert_eq!(found.drift, []);
    assert!(found.touched > 0, "{found:?}");
}

#[test]
fn people_are_who_their_ids_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(7, 200);
    let query = query("Documents");
    sync(&mut host, &path, &query).unwrap();
    let behind = Connection::open(&path).unwrap();
    let id = behind.query_row("SELECT min(id) FROM Documents", [], |row| row.get(0)).unwrap();
    behind.execute("UPDATE Documents SET Editor_id = Editor_id + 1000 WHERE id = ?1", [id]).unwrap();
    drop(behind);
    let mut mirror = Mirror::open(&path).unwrap();
    let found = mirror.verify(&mut host, &site(), &query, &willing(), |_| {}).unwrap();
    assert_eq!(found.drift, [Drift::Different(id)]);
}

#[test]
fn how_many_items_a_folder_holds_is_as_of_the_folders_last_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let (mut host, _) = office(7, 200);
    let list = list_named(host.server().world(), "Documents");
    let holder = world(&mut host).add_folder(list, 0, "counted").unwrap();
    let query = query("Documents");
    sync(&mut host, &path, &query).unwrap();
    // No row tells of the folder.
    world(&mut host).upload(list, holder, "new.txt", 10).unwrap();
    let mut mirror = Mirror::open(&path).unwrap();
    let found = mirror.verify(&mut host, &site(), &query, &willing(), |_| {}).unwrap();
    assert_eq!(found.drift, []);
}

/// A host whose list changes after every answer, until each of these items did.
struct Busy<'h> {
    host: &'h mut sharepoint_simulator::SimulatedHost,
    list: sharepoint_simulator::world::ListRef,
    ids: std::vec::IntoIter<i32>,
}

impl sharepoint_changes::Host for Busy<'_> {
    type Error = sharepoint_simulator::NoAnswer;

    fn send(
        &mut self,
        request: sharepoint_changes::http::Request<Vec<u8>>,
    ) -> Result<
        sharepoint_changes::http::Response<Vec<u8>>,
        sharepoint_changes::SendError<sharepoint_simulator::NoAnswer>,
    > {
        let answer = self.host.send(request)?;
        if let Some(id) = self.ids.next_back() {
            let world = world(self.host);
            let name = format!("changed {id}.txt");
            match id % 3 {
                0 => world.delete(self.list, id).unwrap_or_default(),
                1 => world.rename(self.list, id, &name).unwrap_or_default(),
                _ => world.touch(self.list, id).unwrap_or_default(),
            }
        }
        Ok(answer)
    }

    fn now(&mut self) -> std::time::Duration {
        self.host.now()
    }

    fn wait(&mut self, wait: &sharepoint_changes::Wait) -> std::ops::ControlFlow<()> {
        self.host.wait(wait)
    }
}
