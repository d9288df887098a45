#![doc = include_str!("../README.md")]

mod activity;
mod address;
mod atom;
mod auth;
mod control;
mod dialect;
mod entity;
mod event;
mod fault;
mod format;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "http")]
mod http;
mod json;
#[cfg(feature = "laws")]
pub mod laws;
mod lie;
mod log;
mod pages;
mod politeness;
mod problem;
mod query;
mod rest;
mod rowset;
mod server;
mod soap;
mod stats;
mod switch;
mod throttle;
mod ticks;
mod token;
pub mod world;
mod xml;

pub use crate::activity::Activity;
pub use crate::auth::Auth;
pub use crate::control::Command;
pub use crate::dialect::*;
pub use crate::event::{Event, Object};
pub use crate::fault::{Fault, Faults, RetryAfter};
#[cfg(feature = "client")]
pub use crate::host::{NoAnswer, SimulatedHost};
#[cfg(feature = "http")]
pub use crate::http::Serving;
pub use crate::lie::{Lie, Lies};
pub use crate::log::{Log, Row};
pub use crate::query::{Actions, Objects, Query, Scope};
pub use crate::rowset::{FieldTruth, Held, ItemTruth};
pub use crate::server::{Delivery, Served, Server};
pub use crate::stats::Stats;
pub use crate::throttle::Throttle;
pub use crate::ticks::Ticks;
pub use crate::token::{Malformed, Place, Token, TokenScope};
pub use crate::world::World;
