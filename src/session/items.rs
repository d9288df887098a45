//! What a run makes of the answers of the list feed.
//!
//! [`sync`] knows where the copy stands and what is next, with [`settling`] and [`folders`] for what was only pointed
//! at; this file joins it to the loop, and doubts the server where a single item may be what it fails on.

mod ask;
mod folders;
mod outcome;
mod settling;
mod sync;

use jiff::Timestamp;

pub use self::outcome::{Basis, End, ItemChange, ItemPage, Known, Mark, Notice};
use self::sync::{Said, Step, Sync};
use super::{
    course::{Ask, Asker, Binding, Course, Followed, Outcome, Reaction, Trouble},
    log::Judgement,
    outcome::ResyncReason,
    start::{Settings, Start},
};
use crate::{
    checkpoint::{Checkpoint, FeedName, Position, State},
    error::{DecodeError, Error},
    fault::{Fault, FaultClass},
    feed::{Feed, Limits, changes, items},
    item_query::ItemQuery,
    query::QueryError,
    site::{Scope, Site},
    token::ChangeToken,
};

impl Followed for ItemQuery {
    type Course = Items;
    const FEED: FeedName = FeedName::Items;
    const BEGINS_AT_TIMES: bool = false;

    fn scope(&self) -> Scope {
        ItemQuery::scope(self).clone()
    }

    fn followable(&self, _: &Site) -> Result<(), QueryError> {
        self.provable()?;
        self.check()
    }

    fn members(&self, _: &Site) -> Vec<String> {
        self.fingerprint()
    }
}

/// A copy of a list being kept exact.
#[derive(Debug)]
pub struct Items {
    sync: Sync,
    doubt: Doubt,
    limits: Limits,
}

/// What was asked.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    /// Rows, for a step of the work.
    Step(Step),
    /// A single row, to learn whether the server answers at all.
    Probe,
}

/// Failures of one request that may have an item as their cause.
#[derive(Debug, Default)]
struct Doubt {
    failures: u32,
    /// What happened, once there were enough failures to ask for a single row.
    probing: Option<String>,
}

impl Course for Items {
    type Query = ItemQuery;
    type Page = ItemPage;
    type Step = Asked;

    fn begin(
        start: &Start,
        binding: Binding,
        fence: ChangeToken,
        fence_time: Timestamp,
        query: &ItemQuery,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let (position, moment) = match start {
            Start::Token(token) => (Position::Token(token.clone()), token.time()),
            Start::Now => (Position::Token(fence.clone()), fence_time),
            _ => (Position::Load, fence_time),
        };
        let state = match start {
            // A narrower query reads fewer fields: from here on only it is bound.
            Start::Checkpoint(checkpoint) => {
                State { query: binding.members, site: binding.site, ..checkpoint.state().clone() }
            }
            _ => State {
                feed: FeedName::Items,
                host: binding.host,
                scope: binding.scope,
                site: binding.site,
                query: binding.members,
                position,
                moment,
                from_beginning: false,
                candidate: None,
                earlier: Vec::new(),
                completed: None,
                again: None,
                items: None,
            },
        };
        let sync = Sync::new(state, fence, fence_time, settings.clone(), query);
        Ok(Items { sync, doubt: Doubt::default(), limits: settings.limits })
    }

    fn fence_anew(&mut self, fence: ChangeToken, fence_time: Timestamp) {
        self.sync.fence_anew(fence, fence_time);
    }

    fn judge(&self) -> Judgement {
        self.sync.judge()
    }

    fn judged(&mut self, judgement: Judgement) -> Outcome<ItemPage> {
        match judgement {
            Judgement::Drain => Outcome::Nothing,
            Judgement::AtEnd => {
                self.sync.at_end();
                Outcome::Nothing
            }
            Judgement::Lags => {
                let what = "the log's end lies before the position".to_owned();
                Outcome::Failed(Error::Behind { what })
            }
            Judgement::Resync(reason) => {
                let said = self.sync.reload(reason);
                self.outcome(said)
            }
        }
    }

    fn observe_time(&mut self, now: Timestamp, fence_time: Timestamp) {
        self.sync.observe_time(now, fence_time);
    }

    fn ask(&mut self, asker: &Asker<'_, ItemQuery>) -> Ask<Self> {
        let send = |query: &ItemQuery, asked| match query.request(asker.site) {
            Ok(request) => Ask::Send(request, asked),
            // The query was checked; what a row says of its folder may still be what no request can carry.
            Err(error) => {
                Ask::Say(Outcome::Failed(Error::Protocol { what: error.to_string(), request_id: None }))
            }
        };
        if self.doubt.probing.is_some() {
            return send(&ask::probe(asker.query, asker.scope), Asked::Probe);
        }
        let mut step = self.sync.step();
        if step == Step::End && self.sync.overlap_again() {
            step = self.sync.step();
        }
        match step {
            Step::End => Ask::Say(match self.sync.untold() {
                Some(part) => self.outcome(Said::Page(part)),
                None => {
                    self.sync.finish();
                    Outcome::UpToDate
                }
            }),
            Step::Expired if !asker.time_is_certain => Ask::Time,
            Step::Expired => {
                let said = self.sync.reload(ResyncReason::Expired);
                Ask::Say(self.outcome(said))
            }
            Step::Names => {
                let query = ask::names(asker.scope);
                let bounds = (self.sync.names_start(), Some(self.sync.names_end()));
                Ask::Send(changes::request(&query, asker.site, bounds), Asked::Step(Step::Names))
            }
            Step::Columns => {
                let query = ask::columns(asker.scope);
                let bounds = (self.sync.columns_start(), Some(self.sync.columns_end()));
                Ask::Send(changes::request(&query, asker.site, bounds), Asked::Step(Step::Columns))
            }
            Step::Permissions => {
                let query = ask::permissions(asker.scope);
                let bounds = (self.sync.permissions_start(), Some(self.sync.log_end()));
                Ask::Send(changes::request(&query, asker.site, bounds), Asked::Step(Step::Permissions))
            }
            step => send(&ask::rows(asker.query, asker.scope, &self.sync, step), Asked::Step(step)),
        }
    }

    fn take(
        &mut self,
        asked: Asked,
        body: &[u8],
        time: Option<Timestamp>,
    ) -> Result<Outcome<ItemPage>, Trouble> {
        let said = match asked {
            Asked::Step(Step::Names) => {
                let changes = changes::json::read(body, false, &self.limits, self.sync.names_start())?;
                self.sync.on_names(&changes)?
            }
            Asked::Step(Step::Columns) => {
                let changes = changes::json::read(body, false, &self.limits, self.sync.columns_start())?;
                self.sync.on_columns(&changes)?
            }
            Asked::Step(Step::Permissions) => {
                let start = self.sync.permissions_start();
                let changes = changes::json::read(body, false, &self.limits, start)?;
                self.sync.on_permissions(&changes)?
            }
            Asked::Step(step) => {
                let answer = items::rowset::read(body, &self.limits)?;
                let time = time.unwrap_or(self.sync.fence_time);
                self.doubt = Doubt::default();
                match step {
                    Step::Schema => self.sync.on_schema(&answer)?,
                    Step::Load => self.sync.on_load(&answer, time)?,
                    Step::Settle => self.sync.on_window(&answer)?,
                    Step::Increment => self.sync.on_increment(&answer, time)?,
                    Step::FolderRows => self.sync.on_folder_rows(&answer)?,
                    Step::FolderPage => self.sync.on_folder_page(&answer)?,
                    Step::FolderCheck => self.sync.on_folder_check(&answer)?,
                    Step::Names | Step::Columns | Step::Permissions | Step::Expired | Step::End => {
                        Said::Nothing
                    }
                }
            }
            Asked::Probe => {
                let answer = items::rowset::read(body, &self.limits)?;
                let what = std::mem::take(&mut self.doubt).probing.unwrap_or_default();
                let Some(token) = answer.token else { return Ok(Outcome::Nothing) };
                self.sync.check(&token)?;
                self.halve(&token, time.unwrap_or(token.time()), &what)
            }
        };
        Ok(self.outcome(said))
    }

    fn on_fault(&mut self, asked: Asked, fault: &Fault) -> Reaction<ItemPage> {
        let Asked::Step(step) = asked else {
            // Not even a single row comes: it is the server, not an item.
            self.doubt = Doubt::default();
            return Reaction::Usual;
        };
        let by_token = step == Step::Increment || step.is_of_the_log();
        let said = match fault.class() {
            // Told without a code, as over SOAP, anything may be wrong. If it is the token, naming the changes by it
            // says so in so many words.
            FaultClass::TokenMalformed if step == Step::Increment && is_bare(fault) => {
                return self.doubted(fault.to_string());
            }
            FaultClass::TokenExpired if by_token => self.sync.reload(ResyncReason::Expired),
            FaultClass::TokenOfAnotherObject | FaultClass::TokenMalformed if by_token => {
                self.sync.reload(ResyncReason::TokenRefused)
            }
            FaultClass::NotFound if step == Step::FolderPage => self.sync.folder_moved(),
            FaultClass::ListViewThreshold if step == Step::FolderPage => {
                self.sync.reload(ResyncReason::TooManyFolders)
            }
            FaultClass::ListViewThreshold => {
                let lookups = self.sync.lookups();
                return Reaction::Take(Outcome::Failed(Error::TooManyLookups {
                    lookups,
                    fault: fault.clone(),
                }));
            }
            _ if step.is_of_the_log() || !fault.status().is_server_error() => {
                return Reaction::Usual;
            }
            _ => return self.doubted(fault.to_string()),
        };
        self.doubt = Doubt::default();
        Reaction::Take(self.outcome(said))
    }

    fn on_unreadable(&mut self, asked: Asked, error: &DecodeError) -> Reaction<ItemPage> {
        match asked {
            Asked::Step(step) if step.is_of_the_log() => Reaction::Usual,
            Asked::Step(_) => self.doubted(error.to_string()),
            Asked::Probe => {
                self.doubt = Doubt::default();
                Reaction::Usual
            }
        }
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.sync.state.clone())
    }

    fn carries_token(asked: Asked) -> bool {
        matches!(asked, Asked::Step(step) if step == Step::Increment || step.is_of_the_log())
    }

    fn follow(page: &mut ItemPage, follows: Option<String>, notices: Vec<Notice>) -> String {
        page.follows = follows;
        page.notices.splice(0..0, notices);
        page.checkpoint.to_string()
    }
}

impl Items {
    /// Counts a failure that an item may be the cause of: after the third, and a rest, a single row tells.
    fn doubted(&mut self, what: String) -> Reaction<ItemPage> {
        self.doubt.failures += 1;
        if self.doubt.failures >= SUSPICIOUS {
            self.doubt.probing = Some(what);
        }
        Reaction::Again
    }

    /// Goes around an item the server fails on, now that it is known to answer otherwise.
    fn halve(&mut self, token: &ChangeToken, time: Timestamp, what: &str) -> Said {
        match self.sync.step() {
            Step::Load => self.sync.halve_load(token, time, what),
            Step::Settle => self.sync.halve_window(what),
            Step::FolderRows => self.sync.halve_folder_rows(what),
            Step::Increment => {
                self.sync.name_changes();
                Said::Nothing
            }
            // Its row, or the server for a while: placed anew, the folder is gone around if it is its row.
            Step::FolderCheck => self.sync.folder_moved(),
            Step::FolderPage => self.sync.reload(ResyncReason::Unreadable),
            Step::Schema | Step::Names | Step::Columns | Step::Permissions | Step::Expired | Step::End => {
                Said::Nothing
            }
        }
    }

    /// Binds what is said to a checkpoint.
    fn outcome(&mut self, said: Said) -> Outcome<ItemPage> {
        match said {
            Said::Nothing => Outcome::Nothing,
            Said::Page(part) => Outcome::Page(ItemPage {
                basis: part.basis,
                changes: part.changes,
                notices: part.notices,
                checkpoint: self.checkpoint(),
                follows: None,
                schema: self.sync.tell_fields(),
                item_count: self.sync.item_count,
            }),
            Said::Resync(reason) => Outcome::Resync(reason, self.sync.resync()),
            Said::Unsettled(what) => Outcome::Failed(Error::Unsettled { what }),
        }
    }
}

/// Whether a fault names neither a code nor an exception.
fn is_bare(fault: &Fault) -> bool {
    fault.code().is_none() && fault.exception().is_none()
}

/// Failures of the same request after which an item is suspected.
const SUSPICIOUS: u32 = 3;
