//! Scripted sessions: answers written by hand, actions compared whole. Each test is named after the sentence it
//! proves.

mod age;
mod ahead;
mod binding;
mod contract;
mod conversation;
mod fence;
mod items;
mod limits;
mod overlap;
mod resync;
pub(crate) mod script;
mod unreadable;
mod whose;
