//! SharePoint's change log as a feed a program can trust.

#![forbid(unsafe_code)]

pub mod batch;
mod change;
mod checkpoint;
pub mod digest;
mod error;
pub mod fault;
mod feed;
mod fence;
mod machine;
mod query;
mod retry;
mod session;
mod site;
mod token;
mod xml;

pub use http;
pub use jiff;
pub use uuid;

pub use change::{
    Change, ChangeKind, ChangedFile, ChangedFolder, ChangedItem, ChangedList, ChangedObject, ItemDetails,
    KindError, Members, SharedUser, UnknownKind,
};
pub use checkpoint::{Checkpoint, CheckpointError, Position};
pub use digest::Digest;
pub use error::{DecodeError, DriveError, Error, Exhausted};
pub use fault::{Fault, FaultClass};
pub use feed::Feed;
pub use fence::CurrentChangeToken;
pub use machine::{Action, Host, Machine, SendError, Wait, WaitReason, drive};
pub use query::{ChangeQuery, Kinds, Objects, Preset, QueryError};
pub use retry::Policy;
pub use session::{Done, Gap, Page, ResyncReason, Session, Settings, Start, StartError};
pub use site::{DigestMode, Generation, ListRef, Metadata, Scope, Site, SiteError};
pub use token::{ChangeToken, TokenError, TokenScope};
