//! The log's own laws: protocol appendix A, 1 to 4, 6, 9 and 17.

use std::time::Duration;

use sharepoint_simulator::world::{Template, Value};
use sharepoint_simulator::{Event, Object, Query, Scope};

use crate::verbs::office;

#[test]
fn a1_numbers_ascend_strictly_with_gaps_and_ticks_lie_on_the_grid() {
    let mut office = office();
    for n in 0..500 {
        office.world.advance(Duration::from_millis(n * 7 % 50));
        office.world.add_item(office.bids, 0, &[]).unwrap();
    }
    let rows = office.world.log(office.site).rows();
    assert!(rows.windows(2).all(|pair| pair[0].number < pair[1].number && pair[0].ticks <= pair[1].ticks));
    assert!(rows.windows(2).any(|pair| pair[1].number - pair[0].number > 1), "gaps");
    assert!(rows.windows(2).any(|pair| pair[0].ticks == pair[1].ticks), "equal ticks");
    assert!(
        rows.iter().all(|row| matches!(row.ticks.0 / 10_000 % 10, 0 | 3 | 7) && row.ticks.0 % 10_000 == 0)
    );
}

#[test]
fn a2_a4_the_current_token_of_every_scope_has_the_tail_of_the_database() {
    let mut office = office();
    let list = office.world.current_token(Scope::List(office.bids));
    office.world.upload(office.documents, 0, "a.docx", 1).unwrap();
    let after = office.world.current_token(Scope::List(office.bids));
    assert_ne!(list, after, "another list's change moves it");
    let web = office.world.current_token(Scope::Web(office.web));
    let site = office.world.current_token(Scope::Site(office.site));
    assert_eq!((web.place, site.place), (after.place, after.place));
    assert!(site.to_string().starts_with("1;1;") && web.to_string().starts_with("1;2;"));
    assert!(after.to_string().starts_with("1;3;"));
}

#[test]
fn a3_start_is_exclusive_and_end_inclusive() {
    let mut office = office();
    for _ in 0..10 {
        office.world.add_item(office.bids, 0, &[]).unwrap();
    }
    let items = Query { objects: sharepoint_simulator::Objects::Item, ..Query::default() };
    let all: Vec<_> =
        office.world.matching(Scope::List(office.bids), &items).iter().map(|row| row.place()).collect();
    assert_eq!(all.len(), 10);
    let bound = Query { start: Some(all[0]), end: Some(all[9]), ..items.clone() };
    let nine: Vec<_> =
        office.world.matching(Scope::List(office.bids), &bound).iter().map(|row| row.place()).collect();
    assert_eq!(nine, all[1..]);
    let backwards = Query { start: Some(all[5]), end: Some(all[2]), ..items };
    assert!(office.world.matching(Scope::List(office.bids), &backwards).is_empty());
}

#[test]
fn a6_times_are_whole_seconds_near_the_tick_for_objects_and_the_tick_for_the_rest() {
    let mut office = office();
    for n in 0..300 {
        office.world.advance(Duration::from_millis(137 * n));
        office.world.add_item(office.bids, 0, &[]).unwrap();
    }
    office.world.update_site(office.site);
    for row in office.world.log(office.site).rows() {
        let off = row.time.0 - row.ticks.0;
        match (&row.object, row.event) {
            (Object::Item { .. } | Object::File(_) | Object::Folder(_) | Object::List, _)
            | (Object::Web, Event::Add) => {
                assert_eq!(row.time.0 % 10_000_000, 0);
                assert!((-4_700_000..=7_000_000).contains(&off), "{off}");
            }
            _ => assert_eq!(off, 0),
        }
    }
}

#[test]
fn a9_the_purge_is_lazy_and_takes_rows_older_than_the_retention() {
    let mut office = office();
    let day = Duration::from_secs(86_400);
    for _ in 0..70 {
        office.world.advance(day);
        office.world.add_item(office.bids, 0, &[]).unwrap();
    }
    let log = office.world.log(office.site);
    let oldest = office.world.now().since(log.rows()[0].ticks);
    assert!(oldest > day * 59 && oldest <= day * 68, "{oldest:?}");
    assert!(log.purged().is_some());
    assert!(log.all_rows().len() > log.rows().len());
}

#[test]
fn a17_a_database_move_sets_the_counter_back() {
    let mut office = office();
    let before = office.world.log(office.site).end();
    let database = office.world.site(office.site).database;
    office.world.move_database(database, 1_000, Duration::ZERO);
    office.world.add_item(office.bids, 0, &[]).unwrap();
    let after = office.world.log(office.site).end();
    assert!(after.number < before.number);
    assert_eq!(office.world.log(office.site).rows().len(), 1);
}

#[test]
fn late_rows_are_hidden_while_later_ones_are_seen_and_come_in_the_end() {
    let mut office = office();
    office.world.dialect.set("late=60s").unwrap();
    office.world.dialect.set("late-share=50").unwrap();
    let start = office.world.current_token(Scope::List(office.bids)).place;
    for _ in 0..40 {
        office.world.add_item(office.bids, 0, &[]).unwrap();
    }
    let query = Query { start: Some(start), ..Query::default() };
    let seen = office.world.matching(Scope::List(office.bids), &query).len();
    assert!(seen > 0 && seen < 40, "{seen}");
    let fence = office.world.current_token(Scope::List(office.bids)).place;
    let hidden = office.world.log(office.site).rows().iter().filter(|row| row.number < fence.number).count();
    assert!(hidden > 0, "the fence passes hidden rows");
    office.world.advance(Duration::from_secs(61));
    assert_eq!(office.world.matching(Scope::List(office.bids), &query).len(), 40);
}

#[test]
fn one_seed_and_one_history_make_one_world() {
    let play = || {
        let mut office = office();
        let id = office.world.add_item(office.bids, 0, &[("Title", Value::Text("x".into()))]).unwrap();
        office.world.edit(office.bids, id, &[]).unwrap();
        office.world.add_list(office.web, "More", Template::Library).unwrap();
        office.world.log(office.site).all_rows().to_vec()
    };
    assert_eq!(play(), play());
}
