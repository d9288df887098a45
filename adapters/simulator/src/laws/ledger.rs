//! The simplest right handler of GetChanges: the work of each row, then the checkpoint.

use sharepoint_changes::{ChangeToken, Done, Page};

use super::crash::{Crash, Crashed};
use super::handler::ChangesHandler;

/// A handler whose work is to write each row down; the checkpoint comes after the work.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    delivered: Vec<ChangeToken>,
    checkpoint: Option<String>,
}

impl ChangesHandler for Ledger {
    fn commit(&mut self, page: Page, crash: &mut Crash) -> Result<(), Crashed> {
        for change in page.changes {
            crash.point()?;
            self.delivered.push(change.token);
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
        self.delivered.clone()
    }
}
