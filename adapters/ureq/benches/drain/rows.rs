//! The rows of the table.

use std::{error::Error, rc::Rc, time::Duration};

use sharepoint_changes::Metadata;

use crate::{
    clients::{self, Manner, PLAIN},
    memory::Run,
    pages::{CHANGES_A_PAGE, ROWS_A_PAGE},
    rounds::{Case, Rounds, Side},
    server::Server,
    table::Table,
};

/// How much is done.
pub(crate) struct Extent {
    pub(crate) changes: u64,
    pub(crate) rounds: usize,
}

impl Extent {
    pub(crate) const WHOLE: Extent = Extent { changes: 1_000_000, rounds: 9 };
    pub(crate) const SMALL: Extent = Extent { changes: 2_000, rounds: 1 };

    fn once(&self) -> Rounds {
        Rounds { count: self.rounds, each: Duration::ZERO }
    }
}

type Outcome = Result<(), Box<dyn Error>>;

/// A row: its name, and what prints it.
type Row = (&'static str, fn(&str, &Rc<Server>, &Extent) -> Outcome);

const ROWS: [Row; 9] = [
    ("drain, pages of 1,000", rate),
    ("commits as long as a round trip, read ahead", ahead),
    ("memory of a drain", drain_memory),
    ("memory of a drain 10 times as long", long_drain_memory),
    ("memory of a full load, pages of 2,000", load_memory),
    ("memory of a full load 10 times as long", long_load_memory),
    ("requests of a drain of n pages", requests),
    ("bytes on the wire of a change, by metadata", leaner),
    ("bytes on the wire of a change, gzip", squeezed),
];

/// Prints the rows whose name holds one of the words, or all of them.
pub(crate) fn print(extent: &Extent, words: &[String], head: bool) -> Outcome {
    let server = Rc::new(Server::start()?);
    if head {
        Table::begin();
    }
    for (name, row) in ROWS {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            row(name, &server, extent)?;
        }
    }
    Ok(())
}

/// A row whose measure is no ratio of times.
fn line(name: &str, this: &str, reference: &str, ratio: &str, goal: &str) {
    println!("| {name} | {this} | {reference} | {ratio} | {goal} |");
}

fn rate(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    let total = extent.changes;
    let (site, theirs) = (server.site(total), server.site(total));
    let mut case = Case {
        name: format!("{name}: {total} changes, verbose, no gzip"),
        this: Side::new("`Session` driven by `drive` over `Transport`", move || {
            assert_eq!(clients::drain(&site, PLAIN), total);
        }),
        reference: Side::new("bare ureq loop, `serde_json::from_slice`, borrowing", move || {
            assert_eq!(clients::bare(&theirs), total);
        }),
        per: (usize::try_from(total)?, "change"),
        goal: 1.6,
    };
    Table.row(&case.compare(&extent.once()));
    Ok(())
}

fn ahead(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    let total = extent.changes.min(50_000);
    let site = server.slow_site(total, ROUND_TRIP);
    let theirs = site.clone();
    let mut case = Case {
        name: format!("{name}: {} ms each", ROUND_TRIP.as_millis()),
        this: Side::new("`drive_ahead`", move || {
            assert_eq!(clients::drain_slowly(&site, ROUND_TRIP, true), total);
        }),
        reference: Side::new("`drive`", move || {
            assert_eq!(clients::drain_slowly(&theirs, ROUND_TRIP, false), total);
        }),
        per: (usize::try_from(total / CHANGES_A_PAGE)?, "page"),
        goal: 1.0,
    };
    Table.row(&case.compare(&extent.once()));
    Ok(())
}

fn drain_memory(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    memory(name, "changes", Run::Drain, server, extent.changes)
}

fn long_drain_memory(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    memory(name, "changes", Run::Drain, server, 10 * extent.changes)
}

fn load_memory(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    memory(name, "rows of 20 columns", Run::Load, server, extent.changes)
}

fn long_load_memory(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    memory(name, "rows of 20 columns", Run::Load, server, 10 * extent.changes)
}

/// The median of a few processes, above the median of as many that do nothing.
fn memory(name: &str, of: &str, run: Run, server: &Server, total: u64) -> Outcome {
    let median = |run: Run, total: u64| -> Result<u64, Box<dyn Error>> {
        let site = server.site(total);
        let mut peaks = [run.peak(&site, total)?, run.peak(&site, total)?, run.peak(&site, total)?];
        peaks.sort_unstable();
        Ok(peaks[1])
    };
    let (this, nothing) = (median(run, total)?, median(Run::Nothing, 0)?);
    let mib = |kib: u64| format!("{:.1} MB", kib as f64 * 1024.0 / 1e6);
    line(
        &format!("{name}: {total} {of}"),
        &format!("{} above", mib(this.saturating_sub(nothing))),
        &format!("the same program doing nothing: {}", mib(nothing)),
        "",
        "≤ 12 MB",
    );
    Ok(())
}

fn requests(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    let sent = |work: &dyn Fn() -> u64| {
        server.traffic();
        work();
        server.traffic().requests
    };
    let total = extent.changes.min(100_000);
    let changes = sent(&|| clients::drain(&server.site(total), PLAIN));
    let rows = sent(&|| clients::load(&server.site(total)));
    let (pages, row_pages) = (total / CHANGES_A_PAGE, total.div_ceil(ROWS_A_PAGE));
    line(
        name,
        &format!("n + {}; a load of n pages n + {}", changes - pages, rows - row_pages),
        &format!("n = {pages}; {row_pages}"),
        "",
        "n + 2",
    );
    Ok(())
}

fn leaner(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    wire(name, server, extent, false)
}

fn squeezed(name: &str, server: &Rc<Server>, extent: &Extent) -> Outcome {
    wire(name, server, extent, true)
}

fn wire(name: &str, server: &Server, extent: &Extent, gzip: bool) -> Outcome {
    let total = extent.changes.min(100_000);
    let bytes = |metadata| {
        server.traffic();
        clients::drain(&server.site(total), Manner { metadata, gzip });
        server.traffic().bytes as f64 / total as f64
    };
    let (verbose, minimal, none) =
        (bytes(Metadata::Verbose), bytes(Metadata::Minimal), bytes(Metadata::None));
    line(
        name,
        &format!("minimal {minimal:.0}, none {none:.0}"),
        &format!("verbose {verbose:.0}"),
        &format!("{:.2}, {:.2}", verbose / minimal, verbose / none),
        "",
    );
    Ok(())
}

const ROUND_TRIP: Duration = Duration::from_millis(20);
