//! Checkpoints: how far a reader has come, as one line of text that the caller keeps.

mod items;

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use self::items::{
    ColumnsRead, Expected, Ids, ItemState, Listing, Load, Named, PendingFolder, Permissions,
};
use crate::{
    item_query::{EVERY_FIELD, NAMED_FIELD},
    site::Scope,
    token::{ChangeToken, TokenScope, time_of},
};

/// How far a reader has come: everything a new session needs to go on, as one line of text.
///
/// The text holds a version, what it is bound to (feed, host, scope, site collection, query), the position, and a
/// checksum. `to_string()` gives the exact text it was read from or handed out as; keep it, commit it together with
/// the work it stands for, and read it back with `parse()`. Nothing in it is secret.
///
/// ```
/// use sharepoint_changes::Checkpoint;
///
/// # let text = DOC_TEXT;
/// # const DOC_TEXT: &str = r#"sharepoint-changes-checkpoint/1 {"feed":"changes","host":"fabrikam.sharepoint.com","scope":{"kind":"list","id":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66"},"query":["Add","Item"],"position":{"token":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511"},"moment":"2026-03-04T10:15:30Z"} d6a84c80"#;
/// let checkpoint: Checkpoint = text.parse()?;
/// assert_eq!(checkpoint.to_string(), text);
/// assert_eq!(checkpoint.token().map(|token| token.number()), Some(912_004_511));
/// # Ok::<(), sharepoint_changes::CheckpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    state: Box<State>,
    text: String,
}

/// Where a checkpoint stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Position {
    /// After the change, or at the end of the log, that this token of the server's names.
    Token(#[serde(with = "text")] ChangeToken),
    /// Before everything the log still holds.
    Beginning,
    /// At a time that no row and no end of the log has replaced so far, in .NET ticks.
    Since(i64),
    /// Inside a full load of the list feed, whose own place is kept beside it.
    Load,
}

impl Checkpoint {
    pub(crate) fn new(state: State) -> Self {
        let json = serde_json::to_string(&state).expect("plain values with text keys");
        let text = format!("{PREFIX}{VERSION} {json} {:08x}", crc32fast::hash(json.as_bytes()));
        Checkpoint { state: Box::new(state), text }
    }

    /// The exact text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stands in the log.
    pub fn position(&self) -> &Position {
        &self.state.position
    }

    /// The token it stands at; `None` where it is no token, because no row was read yet.
    pub fn token(&self) -> Option<&ChangeToken> {
        match &self.state.position {
            Position::Token(token) => Some(token),
            _ => None,
        }
    }

    /// When, in the server's time, the position was last known to lie inside the log. The server keeps it for its
    /// retention from then on: 60 days online.
    pub fn moment(&self) -> Timestamp {
        self.state.moment
    }

    /// The id of the site, web or list whose log this is a position in.
    pub fn scope_id(&self) -> Uuid {
        self.state.scope.id
    }

    /// The id of the site collection that the web or the list lies in: a copied site has lists of the same ids. `None`
    /// where the server would not tell it so far, in checkpoints of earlier versions, and for a site collection itself,
    /// whose id [`scope_id`](Self::scope_id) is.
    pub fn site_id(&self) -> Option<Uuid> {
        self.state.site
    }

    /// What kind of log this is a position in.
    pub fn scope(&self) -> TokenScope {
        self.state.scope.kind.token_scope()
    }

    /// Whether the reader is still on its way up from the beginning of the log, where parts may be missing.
    pub fn from_beginning(&self) -> bool {
        self.state.from_beginning
    }

    /// The same checkpoint with these items to be asked for before anything else is read: what a store finds missing
    /// at the end of a full load, such as rows whose folder is not held, or what lay below a folder that did not come.
    /// Commit it in place of the one that was handed out, and go on with a new session from it.
    ///
    /// Without an item nothing changes. A checkpoint of changes has no such work and stays as it is.
    pub fn with_pending(&self, ids: impl IntoIterator<Item = i32>) -> Checkpoint {
        let mut state = (*self.state).clone();
        if let Some(items) = &mut state.items {
            ids.into_iter().for_each(|id| items.pending.insert(id));
        }
        Checkpoint::new(state)
    }

    /// Whether a full load of a list is under way, or about to begin.
    pub fn is_loading(&self) -> bool {
        self.state.position == Position::Load
    }

    /// Work of the list feed that was only pointed at: items to ask for, and folders to list.
    pub fn pending(&self) -> (u64, u64) {
        let items = self.state.items.as_deref();
        items.map_or((0, 0), |items| (items.pending.count(), items.folders.len() as u64))
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Whether this checkpoint belongs to this feed, host, scope and query; a query may ask for less than before.
    pub(crate) fn fits(
        &self,
        feed: FeedName,
        host: &str,
        scope: &Scope,
        members: &[String],
    ) -> Result<(), CheckpointError> {
        let other = |what, is: String, asked: String| Err(CheckpointError::Other { what, is, asked });
        let state = &self.state;
        if state.feed != feed {
            return other("feed", state.feed.to_string(), feed.to_string());
        }
        if state.host != host {
            return other("host", state.host.clone(), host.to_owned());
        }
        let asked = BoundScope::new(scope, scope.known_id().unwrap_or(state.scope.id));
        if asked != state.scope {
            return other("scope", state.scope.to_string(), asked.to_string());
        }
        // Whoever read every field of a list has read those that are named now.
        let every_field = state.query.iter().any(|member| member == EVERY_FIELD);
        let is_held = |member: &String| {
            state.query.contains(member) || (every_field && member.starts_with(NAMED_FIELD))
        };
        let wider: Vec<_> = members.iter().filter(|member| !is_held(member)).collect();
        if !wider.is_empty() {
            let members = wider.into_iter().cloned().collect();
            return Err(CheckpointError::Wider { members });
        }
        Ok(())
    }

    /// Whether what has this scope id in this site collection is what the checkpoint belongs to; the site collection
    /// that it is bound to from now on, where one is known. A scope with another id is another one, wherever it lies.
    pub(crate) fn fits_site(
        &self,
        scope: Uuid,
        asked: Option<Uuid>,
    ) -> Result<Option<Uuid>, CheckpointError> {
        let known = self.state.site.filter(|_| self.state.scope.id == scope);
        match (known, asked) {
            (Some(is), Some(asked)) if is != asked => Err(CheckpointError::Other {
                what: SITE_COLLECTION,
                is: is.to_string(),
                asked: asked.to_string(),
            }),
            (known, asked) => Ok(asked.or(known)),
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let text = text.trim_end_matches(['\r', '\n']);
        let versioned = text.strip_prefix(PREFIX).ok_or(CheckpointError::NotOne)?;
        let (version, rest) = versioned.split_once(' ').ok_or(CheckpointError::Damaged)?;
        if version != VERSION {
            return Err(CheckpointError::Version(version.chars().take(20).collect()));
        }
        let (json, checksum) = rest.rsplit_once(' ').ok_or(CheckpointError::Damaged)?;
        if checksum != format!("{:08x}", crc32fast::hash(json.as_bytes())) {
            return Err(CheckpointError::Damaged);
        }
        let state =
            serde_json::from_str(json).map_err(|error| CheckpointError::Unreadable(error.to_string()))?;
        Ok(Checkpoint { state, text: text.to_owned() })
    }
}

/// A checkpoint that cannot be read, or that belongs to something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The text is something else.
    #[error("the text is no checkpoint; one begins with {PREFIX:?}")]
    NotOne,
    /// Another version of this library wrote it.
    #[error("the checkpoint has version {0:?}, this library reads version {VERSION}")]
    Version(String),
    /// The text was cut or changed after it was written.
    #[error(
        "the checkpoint is damaged: its checksum does not agree with its text; restore it, or start anew"
    )]
    Damaged,
    /// The text is whole, but holds what this version does not know.
    #[error("the checkpoint holds what this version does not know ({0}); use the version that wrote it")]
    Unreadable(String),
    /// It belongs to another feed, host, scope or site collection.
    #[error("the checkpoint belongs to the {what} {is}, not to the {what} {asked}{}", copied(what))]
    Other {
        /// `feed`, `host`, `scope` or `site collection`.
        what: &'static str,
        /// What it belongs to.
        is: String,
        /// What was asked.
        asked: String,
    },
    /// The query asks for more than what this checkpoint has seen, so that the past of the rest would be missing.
    #[error("the query asks for more than the checkpoint's did ({}); start the wider query anew", members.join(", "))]
    Wider {
        /// The members that are new.
        members: Vec<String>,
    },
}

/// What a checkpoint holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    pub(crate) feed: FeedName,
    pub(crate) host: String,
    pub(crate) scope: BoundScope,
    /// The site collection that a web or a list lies in, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) site: Option<Uuid>,
    /// The query's members as sent to the server, sorted; without page size, metadata mode and bounds.
    pub(crate) query: Vec<String>,
    pub(crate) position: Position,
    /// When, in server time, the position was last known to lie inside the log.
    pub(crate) moment: Timestamp,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) from_beginning: bool,
    /// An end of the log that becomes the position once it has settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) candidate: Option<Candidate>,
    /// Earlier positions to begin a run at, oldest first; kept for an overlap only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<Mark>,
    /// The moment, in server time, as of which the log was read up to the position: when the last run came to its end,
    /// or the time of a row read since; kept for an overlap only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed: Option<Timestamp>,
    /// How far the overlap was delivered again by a run that ended within it: the next one goes on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) again: Option<Mark>,
    /// What only the list feed keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<Box<ItemState>>,
}

/// An end of the log and the server time it was read at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Candidate {
    #[serde(with = "text")]
    pub(crate) token: ChangeToken,
    pub(crate) time: Timestamp,
}

/// A position and the server time it was taken at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    pub(crate) at: Position,
    pub(crate) time: Timestamp,
    /// When the position was last known to lie inside the log, where its own ticks do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moment: Option<Timestamp>,
}

impl Mark {
    pub(crate) fn new(at: Position, time: Timestamp) -> Self {
        Mark { at, time, moment: None }
    }
}

/// Which endpoint is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedName {
    Changes,
    Items,
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FeedName::Changes => "of changes",
            FeedName::Items => "of items",
        })
    }
}

/// A scope by the ids that do not change when something is renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoundScope {
    pub(crate) kind: ScopeKind,
    /// The id in the scope's tokens: of the site, the web or the list.
    pub(crate) id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeKind {
    Site,
    Web,
    List,
    Folder,
    Item,
}

impl BoundScope {
    /// The scope with the id its tokens carry.
    pub(crate) fn new(scope: &Scope, id: Uuid) -> BoundScope {
        let (kind, folder, item) = match scope {
            Scope::Site => (ScopeKind::Site, None, None),
            Scope::Web => (ScopeKind::Web, None, None),
            Scope::List(_) => (ScopeKind::List, None, None),
            Scope::Folder { folder, .. } => (ScopeKind::Folder, Some(*folder), None),
            Scope::Item { id, .. } => (ScopeKind::Item, None, Some(*id)),
        };
        BoundScope { kind, id, folder, item }
    }
}

impl ScopeKind {
    pub(crate) fn token_scope(self) -> TokenScope {
        match self {
            ScopeKind::Site => TokenScope::Site,
            ScopeKind::Web => TokenScope::Web,
            ScopeKind::List | ScopeKind::Folder | ScopeKind::Item => TokenScope::List,
        }
    }
}

impl fmt::Display for BoundScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.token_scope(), self.id)?;
        if let Some(folder) = self.folder {
            write!(f, ", folder {folder}")?;
        }
        if let Some(item) = self.item {
            write!(f, ", item {item}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Token(token) => write!(f, "{token}"),
            Position::Beginning => f.write_str("the beginning of the log"),
            Position::Since(ticks) => write!(f, "{}", time_of(*ticks)),
            Position::Load => f.write_str("a full load"),
        }
    }
}

/// Tokens as their exact text.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::token::ChangeToken;

    pub(super) fn serialize<S: Serializer>(token: &ChangeToken, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(token)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ChangeToken, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What the same ids in another site collection mean.
fn copied(what: &str) -> &'static str {
    if what == SITE_COLLECTION {
        ", whose list or web has the same id because one is a copy of the other; go on where it belongs, or start anew \
         here"
    } else {
        ""
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

const SITE_COLLECTION: &str = "site collection";
const PREFIX: &str = "sharepoint-changes-checkpoint/";
const VERSION: &str = "1";
