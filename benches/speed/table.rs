//! One line of Markdown for each measure.

use crate::rounds::{Compared, Measured};

pub(crate) struct Table;

impl Table {
    /// Prints the head.
    pub(crate) fn begin() -> Self {
        println!("| what | this | reference | ratio | goal |");
        println!("|---|---|---|---:|---:|");
        Table
    }

    /// Prints a row.
    pub(crate) fn row(&self, row: &Compared) {
        let side = |side: &Measured| format!("{}: {} a {}", side.name, time(side.nanoseconds), row.unit);
        let (this, reference) = (side(&row.this), side(&row.reference));
        println!("| {} | {this} | {reference} | {:.2} | {:.1} |", row.name, row.ratio, row.goal);
    }
}

/// A time with the unit in which it is short.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        few if few < 10_000.0 => format!("{few:.0} ns"),
        more if more < 10_000_000.0 => format!("{:.1} µs", more / 1e3),
        many => format!("{:.1} ms", many / 1e6),
    }
}
