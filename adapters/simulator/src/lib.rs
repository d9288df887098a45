//! An in-memory SharePoint change log, to test against without a tenant.

mod dialect;
mod event;
mod log;
mod query;
mod switch;
mod ticks;
mod token;
pub mod world;

pub use crate::dialect::*;
pub use crate::event::{Event, Object};
pub use crate::log::{Log, Row};
pub use crate::query::{Actions, Objects, Query, Scope};
pub use crate::ticks::Ticks;
pub use crate::token::{Malformed, Place, Token, TokenScope};
pub use crate::world::World;
