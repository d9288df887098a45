//! Prints what a long catch-up and the first load of a big list cost, over a socket of this machine:
//! `cargo bench -p sharepoint-changes-ureq --bench drain`.
//!
//! The server is another process of the same program and hands out pages that were made before. Rates are compared in
//! turns, round by round, as `benches/speed` does; memory is that of a process of its own. Words given as arguments
//! pick the rows whose name holds one of them. `--changes N` (1,000,000) and `--rounds N` (9) say how long it takes;
//! `--no-head` leaves out the head of the table. Without the `--bench` that `cargo bench` hands over, everything is
//! done once and with little. Nothing timed fails anything.

#![allow(clippy::print_stdout, reason = "a table is printed")]

#[path = "../../../../benches/speed/bodies.rs"]
#[allow(dead_code, reason = "it makes more kinds of pages than are sent")]
mod bodies;
mod clients;
mod memory;
mod pages;
#[path = "../../../../benches/speed/rounds.rs"]
mod rounds;
mod rows;
mod server;
#[path = "../../../../benches/speed/table.rs"]
mod table;

use std::{env, error::Error};

use crate::{memory::Run, rows::Extent};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--serve"] => return Ok(server::serve()?),
        ["--run", name, site] => {
            return Ok(Run::named(name).ok_or("no such run")?.here(site)?);
        }
        _ => {}
    }
    let timed = args.iter().any(|arg| arg == "--bench");
    let mut extent = if timed { Extent::WHOLE } else { Extent::SMALL };
    let (mut words, mut head) = (Vec::new(), true);
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|text| text.parse().ok()).ok_or("a number is missing");
        match arg.as_str() {
            "--bench" | "--test" => {}
            "--changes" => extent.changes = number()?,
            "--rounds" => extent.rounds = number()? as usize,
            "--no-head" => head = false,
            word if !word.starts_with("--") => words.push(arg),
            _ => return Err(format!("{arg} is no argument of this; see the top of main.rs").into()),
        }
    }
    rows::print(&extent, &words, head)
}
