//! Does a program that consumes SharePoint's changes keep the laws? Hand its commit to the simulator and see: the naive
//! one, which keeps the position before it does the work, loses rows; the one that does the work first does not.
//!
//! `cargo run --example keeps_the_laws`

#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use sharepoint_changes::{ChangeToken, Done, Page};
use sharepoint_simulator::laws::{ChangesHandler, Crash, Crashed, Laws};

/// A program that indexes what changed. What is in it stands for its database.
#[derive(Default)]
struct Indexer {
    naive: bool,
    indexed: Vec<ChangeToken>,
    checkpoint: Option<String>,
}

impl ChangesHandler for Indexer {
    fn commit(&mut self, page: Page, crash: &mut Crash) -> Result<(), Crashed> {
        if self.naive {
            self.checkpoint = Some(page.checkpoint.to_string());
        }
        for change in page.changes {
            crash.point()?; // Between any two effects the process may die.
            self.indexed.push(change.token);
        }
        crash.point()?;
        self.checkpoint = Some(page.checkpoint.to_string());
        Ok(())
    }

    fn end(&mut self, done: &Done, _: &mut Crash) -> Result<(), Crashed> {
        self.checkpoint = Some(done.checkpoint().to_string());
        Ok(())
    }

    fn checkpoint(&self) -> Option<String> {
        self.checkpoint.clone()
    }

    fn delivered(&self) -> Vec<ChangeToken> {
        self.indexed.clone()
    }
}

fn main() {
    let laws = Laws::seeds(0..300);
    match laws.changes(|| Indexer { naive: true, ..Indexer::default() }) {
        Ok(_) => println!("The naive indexer was not caught."),
        Err(broken) => println!("The naive indexer:\n{broken}\n"),
    }
    match laws.changes(Indexer::default) {
        Ok(figures) => println!("The right one kept the laws:\n{figures}"),
        Err(broken) => println!("The right one:\n{broken}"),
    }
}
