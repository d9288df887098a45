//! The laws of a correct synchronization, as stories that a handler is put through.
//!
//! A [`Story`] is derived from a seed: a small office, a server with its habits, and what happens: people work, runs
//! begin, requests meet faults, the process dies between any two effects, time passes. The client of
//! `sharepoint-changes` runs in it, on a virtual clock, with *your* handler at its end: the code that does the work of a
//! page and keeps the checkpoint. What the handler delivered or holds is then compared with the world itself, never
//! with what the client said.
//!
//! Of GetChanges two things are demanded (law 1): the rows are the log's that were asked for, each in its turn; and every
//! difference between the worlds at the ends of two runs has a row among them, of the object itself or of a folder, list
//! or web that took it along. The second is claimed at list, web and site scope, for what the story's
//! [`Preset`](sharepoint_changes::Preset) is for; not for rows that were too old or told as a gap, for rows that became
//! visible late without an overlap, across a resync, nor for a move to or from another web where the server gives only
//! that web's row.
//!
//! ```
//! use sharepoint_changes::{ChangeToken, Done, Page};
//! use sharepoint_simulator::laws::{ChangesHandler, Crash, Crashed, Laws};
//!
//! /// Keeps the position before the work is done.
//! #[derive(Default)]
//! struct Hasty {
//!     checkpoint: Option<String>,
//!     done: Vec<ChangeToken>,
//! }
//!
//! impl ChangesHandler for Hasty {
//!     fn commit(&mut self, page: Page, crash: &mut Crash) -> Result<(), Crashed> {
//!         self.checkpoint = Some(page.checkpoint.to_string());
//!         for change in page.changes {
//!             crash.point()?; // Here the process may die.
//!             self.done.push(change.token);
//!         }
//!         Ok(())
//!     }
//!
//!     fn end(&mut self, done: &Done, _: &mut Crash) -> Result<(), Crashed> {
//!         self.checkpoint = Some(done.checkpoint().to_string());
//!         Ok(())
//!     }
//!
//!     fn checkpoint(&self) -> Option<String> {
//!         self.checkpoint.clone()
//!     }
//!
//!     fn delivered(&self) -> Vec<ChangeToken> {
//!         self.done.clone()
//!     }
//! }
//!
//! let broken = Laws::seeds(0..300).changes(Hasty::default).unwrap_err();
//! assert!(broken.to_string().contains("never came"), "{broken}");
//! ```

mod asked;
mod census;
mod changes;
mod conduct;
mod copy;
mod cost;
mod crash;
mod dates;
mod deed;
mod episode;
mod figures;
mod handler;
mod items;
mod ledger;
mod mishap;
mod moments;
mod past;
mod play;
mod scene;
mod setting;
mod setting_text;
mod shrink;
mod stage;
mod step;
mod store;
mod story;
mod trial;
mod truth;
mod worlds;

pub use self::copy::{Copy, compare};
pub use self::crash::{Crash, Crashed};
pub use self::deed::Deed;
pub use self::figures::Figures;
pub use self::handler::{ChangesHandler, Difference, HeldItem, ItemsHandler, Next};
pub use self::ledger::Ledger;
pub use self::play::{Fallen, play_changes, play_items};
pub use self::setting::{Begin, Feed, Place, Setting};
pub use self::stage::Theatre;
pub use self::step::Step;
pub use self::store::{StoreHandler, StoreRun, Synced};
pub use self::story::{Story, UnreadableStory};
pub use self::trial::{Broken, Laws};
