//! Net effects: what a replica makes of a run's rows, some of which it may have been told before.

use std::collections::BTreeSet;

use sharepoint_changes::{Action, ChangedObject, Coalescer, Done, Effect, Host, Machine, NetEffect};
use sharepoint_simulator::Moves;

use super::journal::Journal;

/// A reader that folds the rows of a run, and asks for the items that the net effects name.
struct Replica {
    journal: Journal,
    held: BTreeSet<i32>,
}

impl Replica {
    fn new() -> Replica {
        Replica { journal: Journal::new(), held: BTreeSet::new() }
    }

    /// A run to the end of the log; where it dies after its work was done, its checkpoint is lost.
    fn run(&mut self, dies: bool) {
        let mut session = self.journal.open().unwrap();
        let mut net = Coalescer::new();
        let host = &mut self.journal.host;
        let checkpoint = loop {
            match session.poll(host.now()).unwrap() {
                Action::Send(request) => session.receive(host.send(request).unwrap()),
                Action::Page(page) => net.extend(&page.changes),
                Action::Done(Done::UpToDate { checkpoint, .. }) => break checkpoint,
                other => panic!("neither rows nor their end: {other:?}"),
            }
        };
        net.finish().iter().for_each(|net| self.apply(net));
        if !dies {
            self.journal.kept = Some(checkpoint.to_string());
        }
    }

    fn apply(&mut self, net: &NetEffect) {
        let ChangedObject::Item(item) = &net.last.object else { return };
        let found = match net.effect {
            Effect::Delete => false,
            Effect::Fetch | Effect::Arrive { .. } | Effect::Leave { .. } => {
                self.journal.host.server().world().item(self.journal.list, item.item_id).is_some()
            }
            Effect::Permissions | Effect::Schema | Effect::Unknown => return,
        };
        if found {
            self.held.insert(item.item_id)
        } else {
            self.held.remove(&item.item_id)
        };
    }

    fn judge(&mut self) {
        let list = self.journal.list;
        let has: BTreeSet<i32> = self.journal.world().list(list).items().map(|item| item.id).collect();
        assert_eq!(self.held, has, "the replica is not the list");
    }
}

#[test]
fn an_item_that_came_and_went_is_deleted_because_the_replica_may_hold_it() {
    let mut replica = Replica::new();
    let (list, id) = (replica.journal.list, replica.journal.write());
    replica.run(true);
    assert!(replica.held.contains(&id));
    // The next run is told of its beginning once more, and of its end.
    replica.journal.world().delete(list, id).unwrap();
    replica.run(false);
    replica.judge();
}

#[test]
fn an_item_that_was_deleted_and_restored_is_asked_for() {
    let mut replica = Replica::new();
    let (list, id) = (replica.journal.list, replica.journal.write());
    replica.run(false);
    let place = replica.journal.world().recycle(list, id).unwrap();
    replica.journal.world().restore(place).unwrap();
    replica.run(false);
    replica.judge();
}

#[test]
fn an_item_that_went_from_where_it_was_is_asked_for_because_it_may_be_there_still() {
    let mut replica = Replica::new();
    let (list, id) = (replica.journal.list, replica.journal.write());
    replica.run(false);
    // The way back in is told by no row.
    let world = replica.journal.world();
    world.dialect.move_within = Moves::Away;
    let folder = world.add_folder(list, 0, "A").unwrap();
    world.move_within(list, id, folder).unwrap();
    replica.run(false);
    replica.judge();
}
