//! Prints the speed of this crate as one table: `cargo bench --bench speed`.
//!
//! Each row runs a piece of work and a reference in turns, in one process, and prints the median of their ratios:
//! times differ from machine to machine and from minute to minute, ratios hardly. Words given as arguments pick the
//! rows whose name holds one of them, `cargo bench --bench speed -- verbose`; a whole name picks that row alone.
//!
//! `--rounds N` takes N rounds (151). `--decode N` does the work of the picked rows N times and prints nothing, for
//! tools that count instructions. `--list` prints the names. Without the `--bench` that `cargo bench` hands over, as
//! in `cargo test --benches`, each row runs for one round of one run. Nothing timed fails anything.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads a clock and its arguments"
)]
#![allow(clippy::print_stdout, reason = "a table is printed")]

mod bodies;
mod changes;
mod rounds;
mod rowset;
mod table;

use std::{env, process::ExitCode, time::Duration};

use crate::{
    rounds::{Case, Rounds},
    table::Table,
};

/// Every row of the table, in its order.
fn cases() -> Vec<Case> {
    [changes::cases(), rowset::cases()].into_iter().flatten().collect()
}

fn main() -> ExitCode {
    let asked = match Asked::from_args() {
        Ok(asked) => asked,
        Err(wrong) => {
            println!("{wrong} is no argument of this; see the top of benches/speed/main.rs");
            return ExitCode::FAILURE;
        }
    };
    keep_memory();
    let mut cases = cases();
    cases.retain(|case| asked.words.is_empty() || asked.words.iter().any(|word| case.name.contains(word)));
    if let [word] = &*asked.words
        && cases.iter().any(|case| case.name == *word)
    {
        cases.retain(|case| case.name == *word);
    }
    match asked.what {
        What::List => cases.iter().for_each(|case| println!("{}", case.name)),
        What::Repeat(times) => cases.iter_mut().for_each(|case| (0..times).for_each(|_| (case.this.run)())),
        What::Compare(rounds) => {
            let table = Table::begin();
            cases.iter_mut().for_each(|case| table.row(&case.compare(&rounds)));
        }
    }
    ExitCode::SUCCESS
}

/// Lets glibc's allocator keep what is freed, as it does in a process that has once freed a large piece: else a side
/// that frees many small ones is charged for getting the same pages from the system anew, run by run.
fn keep_memory() {
    drop(std::hint::black_box(vec![0_u8; 24 << 20]));
}

struct Asked {
    words: Vec<String>,
    what: What,
}

enum What {
    Compare(Rounds),
    Repeat(usize),
    List,
}

impl Asked {
    fn from_args() -> Result<Self, String> {
        let mut words = Vec::new();
        let mut what = What::Compare(Rounds { count: 1, each: Duration::ZERO });
        let mut args = env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut number = || args.next().and_then(|text| text.parse().ok()).ok_or(arg.clone());
            match arg.as_str() {
                "--bench" if matches!(what, What::Compare(Rounds { count: 1, .. })) => {
                    what = What::Compare(Rounds { count: 151, each: SHORT });
                }
                "--bench" | "--test" => {}
                "--rounds" => what = What::Compare(Rounds { count: number()?, each: SHORT }),
                "--decode" => what = What::Repeat(number()?),
                "--list" => what = What::List,
                word if !word.starts_with("--") => words.push(arg),
                _ => return Err(arg),
            }
        }
        Ok(Asked { words, what })
    }
}

/// So short that most turns of a busy machine's scheduler do not fall into one.
const SHORT: Duration = Duration::from_micros(500);
