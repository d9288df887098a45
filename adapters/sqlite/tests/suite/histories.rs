//! Random histories: the file equals the list after every drain, however the runs ended on the way.

use std::num::NonZeroU32;

use fastrand::Rng;
use sharepoint_changes::Dialect;
use sharepoint_simulator::Fault;

use crate::{
    deaths::{Death, sync_through_deaths},
    judge::judge,
    office::{go_on, list_named, office, query, sync},
};

#[test]
fn a_full_load_and_increments_make_an_exact_copy() {
    let folder = tempfile::tempdir().unwrap();
    let (mut host, mut activity) = office(7, 500);
    for title in ["Documents", "Q1 Bids"] {
        let path = folder.path().join(title);
        let list = list_named(host.server().world(), title);
        let mut loads = 0;
        for _ in 0..4 {
            let report = sync(&mut host, &path, &query(title)).unwrap();
            loads += report.loads;
            judge(&path, host.server().world(), list).unwrap();
            go_on(&mut host, &mut activity, 80);
        }
        assert_eq!(loads, 1);
    }
}

/// Plays one history whose runs die as `death` makes of a number; the message says how to play it again.
fn play(seed: u64, death: impl Fn(u64) -> Death) -> Result<(), String> {
    let mut rng = Rng::with_seed(seed);
    let (mut host, mut activity) = office(rng.u64(..), rng.u64(60..300));
    let title = ["Documents", "Q1 Bids", "Tasks", "Archive"][rng.usize(..4)];
    let rows = NonZeroU32::new(rng.u32(1..40)).unwrap();
    let dialect = if rng.bool() { Dialect::Rest } else { Dialect::Soap };
    let query = query(title).row_limit(rows).dialect(dialect);
    let switches: Vec<&str> = SWITCHES.iter().copied().filter(|_| rng.u8(..4) == 0).collect();
    for switch in &switches {
        host.server_mut().world_mut().dialect.set(switch).unwrap();
    }
    let trouble = rng.f64() * 0.015;
    let faults = &mut host.server_mut().faults;
    faults.seed(rng.u64(..));
    for fault in Fault::passing() {
        faults.by_chance(trouble, fault);
    }
    let list = list_named(host.server().world(), title);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    for run in 0..4 {
        let deaths = rng.usize(..5);
        let mut deaths = (0..deaths).map(|_| death(rng.u64(..14))).collect::<Vec<_>>().into_iter();
        let told = |what: String| {
            format!("seed {seed}, {title}, {rows} rows a page, {dialect:?}, {switches:?}, run {run}: {what}")
        };
        sync_through_deaths(&mut host, &path, &query, &mut deaths).map_err(told)?;
        judge(&path, host.server().world(), list).map_err(told)?;
        go_on(&mut host, &mut activity, 60);
    }
    match host.server().impolite() {
        0 => Ok(()),
        n => Err(format!("seed {seed}: {n} requests came too early")),
    }
}

/// What servers may do otherwise than most.
const SWITCHES: [&str; 22] = [
    "since_cap=0",
    "since_cap=3",
    "since_scan=5",
    "restored=id",
    "restored=row",
    "system_updated=sometimes",
    "renamed=both",
    "moves_within_as_ids=true",
    "id_order=grouped",
    "id_order=restores-first",
    "stray_ids=true",
    "unique_ids=false",
    "schema_rows=all",
    "position_at_end=true",
    "empty_values=true",
    "folder_delete=each",
    "folder_copy=each",
    "folder_restore=each",
    "folder_rename=move",
    "move_within=away",
    "arrival=add",
    "rowset_prefixes=other",
];

/// Plays the histories of many seeds; `MIRROR_SEED` and `MIRROR_SEEDS` say which.
fn play_many(death: impl Fn(u64) -> Death) {
    let first: u64 = std::env::var("MIRROR_SEED").ok().map_or(0, |seed| seed.parse().unwrap());
    let many: u64 = std::env::var("MIRROR_SEEDS").ok().map_or(40, |many| many.parse().unwrap());
    let failed: Vec<String> = (first..first + many).filter_map(|seed| play(seed, &death).err()).collect();
    assert!(failed.is_empty(), "{} of {many}:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_copy_equals_the_list_through_faults_and_deaths() {
    play_many(Death::BeforeSend);
}

/// Half of the deaths come inside a transaction, half right after one was committed.
#[test]
fn the_copy_equals_the_list_through_faults_and_deaths_at_a_commit() {
    play_many(
        |number| {
            if number % 2 == 0 { Death::BeforeCommit(number / 2) } else { Death::AfterCommit(number / 2) }
        },
    );
}
