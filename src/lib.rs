//! SharePoint's change log as a feed a program can trust.
//!
//! SharePoint keeps a log of what happens in a site: items added, files renamed, lists deleted, permissions given.
//! `GetChanges` reads it, online and on premises from 2013 on; `GetListItemChangesSinceToken` tells what the changed
//! items of a list look like now. This crate asks, reads the answers into typed values, and keeps the place, so that a
//! program can follow a site collection, a web, a list, a folder or a single item, or keep an exact copy of a list,
//! for years without losing a change and without being told "nothing is new" when that is not known.
//!
//! It performs no effect: no socket, file, clock, thread, random number or global. It makes [`http::Request`] values
//! and takes [`http::Response`] values; whatever can send the one and bring the other runs it, blocking or async.
//!
//! It is **not** a SharePoint client: it does not sign in, writes nothing, and stores nothing. Rows of the log are
//! pointers (ids, not contents), and come at least once; only the list feed brings contents.
//!
//! # Following a log
//!
//! A [`Session`] is one run: from where the last one ended to where the log ends now. It says what to do next, one
//! [`Action`] at a time, and is told what came of it.
//!
//! ```
//! use std::{thread, time::Instant};
//!
//! use sharepoint_changes::{
//!     Action, ChangeQuery, Checkpoint, Done, ListRef, Machine, Preset, Scope, Session, Settings, Site, Start,
//! };
//!
//! # let answers = [
//! #     r#"{"CurrentChangeToken":{"StringValue":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161690900000;912004655"}}"#,
//! #     r#"{"CurrentChangeToken":{"StringValue":"1;1;5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10;639082161690900000;912004655"}}"#,
//! #     r#"{"d":{"results":[{"__metadata":{"type":"SP.ChangeItem"},
//! #         "ChangeToken":{"StringValue":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161310130000;912004518"},
//! #         "ChangeType":1,"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-04T10:15:31Z","ItemId":17,
//! #         "ListId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","WebId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}]}}"#,
//! #     r#"{"d":{"results":[]}}"#,
//! # ];
//! # let mut answers = answers.into_iter();
//! # let mut send = |_: http::Request<Vec<u8>>| answers.next().map(http::Response::new).ok_or("offline");
//! # let mut kept: Option<String> = None;
//! # fn read_everything_anew() {}
//! let site = Site::new("https://fabrikam.sharepoint.com/sites/ops")?;
//! let query = ChangeQuery::preset(Scope::List(ListRef::Title("Q1 Bids".into())), Preset::Items);
//! let start = match &kept {
//!     Some(text) => Start::Checkpoint(text.parse()?),
//!     None => Start::Beginning,
//! };
//! let mut session = Session::new(site, query, start, Settings::default())?;
//! let clock = Instant::now();
//! let done = loop {
//!     match session.poll(clock.elapsed())? {
//!         Action::Send(request) => match send(request) {
//!             Ok(answer) => session.receive(answer),
//!             Err(_no_answer_came) => session.fail(),
//!         },
//!         Action::Wait(wait) => thread::sleep(wait.at_least),
//!         Action::Page(page) => {
//!             for change in &page.changes {
//!                 println!("{} {}", change.kind, change.object.name()); // Add item
//!             }
//! #           assert_eq!((page.changes.len(), page.changes[0].kind.name()), (1, Some("Add")));
//!             assert_eq!(kept, page.follows); // nobody else moved the place meanwhile
//!             kept = Some(page.checkpoint.to_string());
//!         }
//!         Action::Done(done) => break done,
//!     }
//! };
//! match done {
//!     Done::UpToDate { checkpoint, .. } => kept = Some(checkpoint.to_string()),
//!     Done::Resync { then, .. } => {
//!         read_everything_anew();
//!         kept = Some(then.to_string());
//!     }
//! }
//! # assert_eq!(kept.unwrap().parse::<Checkpoint>()?.token().unwrap().number(), 912_004_518);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`drive`] is this loop with a [`Host`] for the transport, the clock and the wait. To plug in another transport,
//! implement [`Host`] for it, or write the loop in the style of the program: in an async one, `send(request).await`
//! and a timer stand in the two arms, and nothing else differs. A transport hands back every answer whole and as it
//! came (any status, all headers, no redirect followed), adds the credential, and limits the size of a body.
//!
//! # Keeping a copy of a list
//!
//! The same [`Session`] with an [`ItemQuery`] keeps a list's items: a full load first, then what changed. Each
//! [`ItemPage`] says what it is a part of ([`Basis`]) and brings [`ItemChange`]s to be applied in order; what the
//! server only points at is kept inside the checkpoint until it was fetched, so that a run can be killed anywhere.
//! The store's part is small: rows and checkpoint in one transaction, rows of a load or a listing marked with its
//! [`Mark`], the tree kept by identity ([`Row::parent_unique_id`]), and at the end of a load
//! [`Checkpoint::with_pending`] for rows whose folder is not held. A [`Row`] is read as text, or by the list's
//! [`Schema`](item::Schema) as typed [`Value`](item::Value)s.
//!
//! # How it fits together
//!
//! ```text
//!       site, query    start: a checkpoint, a token, a time, now, the beginning
//!            │           │
//!         ┌──▼───────────▼──────────────────────────┐
//! poll ──►│ Session                                 ├──► Page ──► your store: rows and checkpoint
//! (now)   │   position · phase · digest · rest      ├──► Wait ──► your clock
//!         │                                         ├──► Done ──► up to date, or read everything anew
//!         │   what next? made into a request ───────┼──► Send ──► your transport ──► SharePoint
//!         │   what came? read into plain values ◄───┼─── receive(answer), or fail() ◄──────┘
//!         └─────────────────────────────────────────┘
//! ```
//!
//! # What is promised
//!
//! - The end of the log is read first, and pages are read up to it until an explicitly empty one. An answer that
//!   proves nothing (an expired position met with silence, a sign-in page, half a body) ends in an [`Error`] or in
//!   [`Done::Resync`], never in [`Done::UpToDate`].
//! - No checkpoint passes a row that was not handed out. Commit a page's effects and its checkpoint together, and
//!   only where the store still holds [`Page::follows`]: then no crash and no second writer loses a change.
//! - [`Machine::poll`] says the same until [`receive`](Machine::receive) or [`fail`](Machine::fail), a page excepted,
//!   which is handed out once: polling on means that it is safe. Requests only read, so one may be sent twice.
//! - Age is counted in the server's time, rests in the caller's monotonic time. A server's wish to be left alone is
//!   never cut short; one that does not fit [`Settings::policy`] is an error that says how long it is.
//! - What is not known survives: kinds, types and members of rows that no version of this crate has heard of.
//! - One row never stops a feed: what of it cannot be read is told ([`Change::unreadable`],
//!   [`Rowset::unreadable`], [`Notice`]). Only what proves the end is strict: tokens, counts
//!   and places.
//!
//! # Limits
//!
//! What lies beyond a limit is refused, whole: nothing is cut down to fit.
//!
//! | limit | value | setting | beyond it |
//! |---|---|---|---|
//! | bytes of an answer | 512 MiB | the transport's own, lower one (`max_body` of `sharepoint-changes-ureq`, 64 MiB, decompressed) | [`Error::Decode`]; [`DriveError::Transport`] |
//! | bytes of a digest, of an error | 1 MiB | | [`DecodeError`]; the error is told by its status |
//! | XML: elements in one another | 64 | | [`Error::Decode`] |
//! | XML: attributes of an element, names in all | 4,096, 16,384 | | [`Error::Decode`] |
//! | JSON: values in one another, as far as they are read | 127 | | [`Error::Decode`]; a member of a row is kept as text ([`Change::unreadable`]); what is not known is passed over, or kept as text, at any depth |
//! | rows of a page | 100,000 of the log, 1,000,000 of a list | [`Settings::limits`], [`Feed::read_within`]; asked for by [`ChangeQuery::page_size`], [`ItemQuery::row_limit`] | [`Error::Decode`] |
//! | what a page tells of items beside its rows | 1,000,000 of a list | [`Settings::limits`], [`Feed::read_within`] | [`Error::Decode`] |
//! | rows of a page that cannot be read | 10,000 of a list | | [`Error::Decode`] |
//! | fields of a list | 8,192 | [`Settings::limits`], [`Feed::read_within`] | [`Error::Decode`] |
//! | parts of a `$batch` answer | 1,000 | | [`DecodeError`] |
//! | CAML text | 1 MiB, 256 deep | | [`CamlError`](caml::CamlError) |
//! | failures in a row | 8 | [`Policy::max_failures`] | [`Error::Exhausted`] |
//! | rest of a run | 15 minutes | [`Policy::max_rest`] | [`Error::Exhausted`], with the wait |
//! | requests of a run | 1,000,000 | [`Policy::max_requests`] | [`Error::TooManyRequests`] |
//!
//! Reading takes, beside the body, at most 16 bytes for each byte of a rowset and 32 for each of any other answer, for
//! bodies made to take the most. A cap of the body is thereby a cap of the memory.
//!
//! # Where things are
//!
//! - [`Site`], [`Scope`], [`ListRef`], [`Generation`]: the address, and what kind of server answers there.
//! - [`ChangeQuery`], [`Preset`], [`Objects`], [`Kinds`]: what to ask for. [`Change`], [`ChangedObject`],
//!   [`ChangeKind`]: what the log tells.
//! - [`Session`], [`Start`], [`Settings`], [`Page`], [`Done`]: a run. [`Machine`], [`Host`], [`drive`]: its loop.
//! - [`Coalescer`]: what a run of changes comes to, object by object, as [`NetEffect`]s.
//! - [`ChangeToken`]: a position in a log. [`Checkpoint`]: everything the next run needs, as one line of text.
//! - [`ItemQuery`], [`caml`]: which items and fields to ask for. [`Rowset`], [`Row`], [`item`]: what the list feed
//!   tells. [`ItemPage`], [`ItemChange`], [`Basis`], [`Notice`]: a run over a list's items.
//! - [`Feed`]: a single call without a session, with every query the protocol allows; [`CurrentChangeToken`] is
//!   another.
//! - [`fault`]: answers that are errors, and what to do about each class. [`digest`]: for sessions by cookie or NTLM.
//!   [`batch`]: the parts of a `$batch` answer.
//!
//! There are no features. `http`, `jiff` and `uuid` are re-exported, because their types are part of the interface.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod batch;
pub mod caml;
mod change;
mod checkpoint;
mod coalesce;
pub mod digest;
mod error;
pub mod fault;
mod feed;
mod fence;
pub mod item;
mod item_query;
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
pub use coalesce::{Cascade, Coalescer, Effect, NetEffect, Place};
pub use digest::Digest;
pub use error::{DecodeError, DriveError, Error, Exhausted};
pub use fault::{Fault, FaultClass};
pub use feed::{Feed, Limits};
pub use fence::CurrentChangeToken;
pub use item::{Row, Rowset};
pub use item_query::{Dialect, ItemQuery, OptimizeFor, ViewScope};
pub use machine::{Action, Host, Machine, SendError, Wait, WaitReason, drive};
pub use query::{ChangeQuery, Kinds, Objects, Preset, QueryError};
pub use retry::Policy;
pub use session::{
    Basis, Done, End, Followed, Gap, ItemChange, ItemPage, Known, Mark, Notice, Page, Reload, ResyncReason,
    Session, Settings, Start, StartError,
};
pub use site::{DigestMode, Generation, ListRef, Metadata, Scope, Site, SiteError};
pub use token::{ChangeToken, TokenError, TokenScope};

// What the fuzz targets run is run here too, and calls this crate by its name.
#[cfg(test)]
extern crate self as sharepoint_changes;

/// The plain readers, which the fast ones are held to: for the fuzz targets that compare them.
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod plain {
    pub fn rowset(body: &[u8]) -> Result<crate::Rowset, crate::DecodeError> {
        crate::feed::items::rowset::read_plainly(body)
    }
}
