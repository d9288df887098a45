#![doc = include_str!("../README.md")]

mod ahead;
mod answer;
mod credential;
mod error;
mod origin;
mod rest;
mod transport;
mod trust;

pub use ahead::drive_ahead;
pub use credential::{Ask, Credential, CredentialError};
pub use error::{Cause, TransportError};
pub use transport::Transport;
pub use trust::Trust;
