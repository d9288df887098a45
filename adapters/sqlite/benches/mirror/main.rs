//! How fast a list becomes a SQLite table, beside the rate at which the same rows are inserted with rusqlite alone.
//!
//! `cargo bench -p sharepoint-changes-sqlite --bench mirror` copies 200,000 items of 20 columns from a server in a
//! process of its own, in pages of the default size, and prints the ratios as rows of a table. `-- --items N --rounds N`
//! asks for other numbers. Without the `--bench` that `cargo bench` hands over, as in `cargo test --benches`, it is one
//! round of few items. Nothing timed fails anything.
//!
//! What is compared:
//! - "mirror": `Mirror::sync_driven` over `sharepoint-changes-ureq`, as the command `mirror` runs it, from the first
//!   request to the last commit.
//! - "commit": `Mirror::commit` of pages that were read before.
//! - the reference: the rows such a copy holds at its end, as typed values in memory, inserted one by one with a
//!   prepared statement into the same table with the same columns and indexes, under the same pragmas, one transaction
//!   for each page. Both files hold the same rows afterwards, which is checked.
//!
//! The sides take turns, and the median of the ratios counts.

#![allow(clippy::print_stdout, reason = "it measures, and tells what")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

mod list;
mod reference;
mod served;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sharepoint_changes::{ItemPage, ItemQuery, ListRef, Session, Settings, Site, Start, drive};
use sharepoint_changes_sqlite::{Mirror, SyncSettings};
use sharepoint_changes_ureq::{Credential, Transport, drive_ahead};

use self::{reference::Prepared, served::Served};

fn main() {
    if let Some(items) = served::asked_to_serve() {
        return served::serve(items);
    }
    let timed = std::env::args().any(|argument| argument == "--bench");
    let items = number("--items").unwrap_or(if timed { 200_000 } else { 4_000 });
    let rounds = number("--rounds").unwrap_or(if timed { 7 } else { 1 });
    let served = Served::start(items);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);

    // The first round of each side is not counted: it fills the server's pages, and makes what the others need.
    let first = file("first.sqlite");
    mirror(&served, &first, items);
    let prepared = Prepared::read(&first, list::ROWS_A_PAGE);
    let pages = pages(&served);
    commit(&pages, &file("second.sqlite"));
    prepared.insert(&file("third.sqlite"));
    prepared.check(&file("third.sqlite"), &first);

    let (mut mirrors, mut commits) = (Vec::new(), Vec::new());
    for n in 0..rounds {
        let copied = mirror(&served, &file(&format!("mirror{n}.sqlite")), items);
        let inserted = prepared.insert(&file(&format!("reference{n}.sqlite")));
        let committed = commit(&pages, &file(&format!("commit{n}.sqlite")));
        mirrors.push((copied, inserted));
        commits.push((committed, inserted));
        forget(folder.path());
    }
    println!("| what | this | reference | ratio | goal |");
    println!("|---|---|---|---:|---:|");
    let list = format!("{items} items of {} columns", list::COLUMNS);
    row(&format!("mirror into SQLite, {list}"), "sync over HTTP", items, &mirrors, "≥ 0.5");
    row(&format!("commit into SQLite, {list}"), "commit of pages in memory", items, &commits, "");
}

/// One row of the table: what an item costs both sides, and the median of their ratios.
fn row(what: &str, this: &str, items: u64, rounds: &[(Duration, Duration)], goal: &str) {
    let each = |time: &Duration| time.as_nanos() as f64 / items as f64;
    let ours = median(rounds.iter().map(|(ours, _)| each(ours)));
    let theirs = median(rounds.iter().map(|(_, theirs)| each(theirs)));
    let ratio = median(rounds.iter().map(|(ours, theirs)| theirs.as_secs_f64() / ours.as_secs_f64()));
    println!(
        "| {what} | {this}: {ours:.0} ns a row | rusqlite alone: {theirs:.0} ns a row | {ratio:.2} | {goal} |"
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The number behind an argument.
fn number(argument: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|given| given != argument);
    arguments.nth(1).map(|number| number.parse().unwrap())
}

/// The whole way: every request, every page, every commit.
fn mirror(served: &Served, file: &Path, items: u64) -> Duration {
    let begin = Instant::now();
    let mut mirror = Mirror::open(file).unwrap();
    let (site, settings) = (site(served), SyncSettings::default());
    let report = mirror
        .sync_driven(
            &mut transport(served),
            &site,
            &query(),
            &settings,
            |_| {},
            |session, host, commit| drive_ahead(session, host, commit),
        )
        .unwrap();
    let took = begin.elapsed();
    assert_eq!((report.rows, report.loads), (items, 1));
    took
}

/// The pages of the same load, read and kept.
fn pages(served: &Served) -> Vec<ItemPage> {
    let mut session = Session::new(site(served), query(), Start::Beginning, Settings::default()).unwrap();
    let mut pages = Vec::new();
    drive(&mut session, &mut transport(served), |page| {
        pages.push(page);
        Ok::<(), std::convert::Infallible>(())
    })
    .unwrap();
    pages
}

fn commit(pages: &[ItemPage], file: &Path) -> Duration {
    let begin = Instant::now();
    let mut mirror = Mirror::open(file).unwrap();
    for page in pages {
        mirror.commit(page, page.checkpoint.moment()).unwrap();
    }
    begin.elapsed()
}

fn transport(served: &Served) -> Transport {
    Transport::new(&served.address(), |_| Ok(Credential::None)).unwrap().accept_gzip(false)
}

fn site(served: &Served) -> Site {
    Site::new(&format!("{}/sites/ops", served.address())).unwrap()
}

fn query() -> ItemQuery {
    ItemQuery::new(ListRef::Title(list::TITLE.to_owned()))
}

/// Removes the files of a round.
fn forget(folder: &Path) {
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let kept = ["first.", "second.", "third."];
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !kept.iter().any(|kept| name.starts_with(kept)) {
            std::fs::remove_file(file).unwrap();
        }
    }
}
