//! What a run over a list's items knows once it has read the end of the log, and what follows from an answer.
//!
//! The next step is always read off from what is known, in one fixed order: a load comes before everything, items
//! that were only pointed at before the next page of the increment, folders once the increment has reached the end.
//! So a checkpoint taken anywhere says by itself what is left to do.

mod columns;
mod increment;
mod lag;
mod load;
mod names;
mod permissions;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    ask,
    folders::Folders,
    outcome::{Basis, ItemChange, Notice},
    settling::Settling,
};
use crate::{
    checkpoint::{Checkpoint, Ids, ItemState, Mark, Position, State},
    item::{ListDefinition, Row, Rowset, Schema},
    item_query::ItemQuery,
    session::{
        course::Trouble,
        log::{self, Judgement, older},
        outcome::ResyncReason,
        overlap, server_time,
        start::{Reload, Settings},
    },
    token::ChangeToken,
};

#[derive(Debug, Clone)]
pub(super) struct Sync {
    pub(super) state: State,
    pub(super) fence: ChangeToken,
    pub(super) fence_time: Timestamp,
    /// The server's time.
    clock: Timestamp,
    settings: Settings,
    /// The list as this run knows it; every request names its fields.
    pub(super) schema: Option<Arc<Schema>>,
    /// Whether the fields are others than those of the last page, or of the checkpoint.
    fields_untold: bool,
    /// How many items the list says it has.
    pub(super) item_count: Option<u64>,
    /// Where the increment begins, while it delivers an overlap again.
    again: Option<Again>,
    /// Whether that is an overlap which an earlier run began.
    resumed: bool,
    /// Whether the increment has come to the fence.
    reached: bool,
    /// New loads this run began by itself.
    reloads: u32,
    pub(super) settling: Settling,
    pub(super) folders: Folders,
    /// The ids that GetChanges names.
    naming: Option<Naming>,
    /// Changes of permissions that GetChanges names.
    permissions: Option<permissions::Reading>,
    /// Changes of columns that are compared with the difference of the fields.
    columns: Option<columns::Columns>,
    /// Items this run's increment told of, by a row or an event, each with the number of the change up to which the
    /// last such answer knew the list: what happened to it later is not told by that.
    told: BTreeMap<i32, i64>,
    /// Where this run's increment began, and whether the server holds more than it brought.
    first: Option<Again>,
    more: bool,
    /// Rows a page of this run asks for.
    rows: i32,
    /// The fields the caller named; `None` for all.
    named: Option<BTreeSet<String>>,
    /// Answers in a row that were not handed out because their fields are others than were asked for.
    unlike: u32,
    /// Answers in a row that ended before what they continue.
    behind: u32,
    /// The end of the log that the youngest answer by ids or by folder knew.
    answered: Option<ChangeToken>,
    /// Pages in a row without a row, though more were said to follow.
    empty_pages: u32,
}

/// Where an increment begins that does not begin at the position, or began, and when that was surely inside the log.
#[derive(Debug, Clone)]
struct Again {
    token: ChangeToken,
    moment: Timestamp,
}

/// Ids from GetChanges, and how far it was read.
#[derive(Debug, Clone)]
struct Naming {
    cursor: ChangeToken,
    /// When the cursor was surely inside the log.
    moment: Timestamp,
    ids: Ids,
    /// The highest number of a change by which one of the ids is named.
    as_of: i64,
    /// Whether it stands in for the increment, which the server cannot answer.
    instead: bool,
    /// Items whose last change so far is that they went.
    gone: Ids,
}

/// What to ask next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The list and its fields; the row that comes along is not handed out.
    Schema,
    /// The next page of the load.
    Load,
    /// Items that were only pointed at.
    Settle,
    /// The next page of the increment.
    Increment,
    /// Which items changed, from GetChanges.
    Names,
    /// Which columns changed, from GetChanges.
    Columns,
    /// On which items permissions changed, from GetChanges.
    Permissions,
    /// The rows of pending folders themselves.
    FolderRows,
    /// The next page of a folder's contents.
    FolderPage,
    /// The row of the folder that was listed, once more.
    FolderCheck,
    /// The position is too old to be sent.
    Expired,
    /// Nothing is left.
    End,
}

impl Step {
    /// Whether it is asked of GetChanges.
    pub(super) fn is_of_the_log(self) -> bool {
        matches!(self, Step::Names | Step::Columns | Step::Permissions)
    }
}

/// What an answer amounts to.
#[derive(Debug)]
pub(super) enum Said {
    Nothing,
    Page(Part),
    /// The caller is to decide about a new load.
    Resync(ResyncReason),
    /// The list changes faster than it can be read.
    Unsettled(String),
}

/// What a page says, before it is bound to a checkpoint.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) basis: Basis,
    pub(super) changes: Vec<ItemChange>,
    pub(super) notices: Vec<Notice>,
}

impl Sync {
    pub(super) fn new(
        mut state: State,
        fence: ChangeToken,
        fence_time: Timestamp,
        settings: Settings,
        query: &ItemQuery,
    ) -> Self {
        state.items.get_or_insert_default();
        server_time::correct(&mut state, &fence, fence_time, fence_time);
        let again = begin_again(&mut state, fence_time, &settings);
        let resumed = state.again.is_some();
        permissions::begin(&mut state, again.as_ref());
        names::begin(&mut state, fence_time, &settings);
        let columns = columns::begin(&mut state, fence_time, &settings);
        Sync {
            state,
            fence,
            fence_time,
            clock: fence_time,
            settings,
            schema: None,
            fields_untold: false,
            item_count: None,
            again,
            resumed,
            reached: false,
            reloads: 0,
            settling: Settling::default(),
            folders: Folders::default(),
            naming: None,
            permissions: None,
            columns,
            told: BTreeMap::new(),
            first: None,
            more: false,
            rows: ask::rows_a_page(query),
            named: query.fields().map(|fields| fields.names().map(str::to_owned).collect()),
            unlike: 0,
            behind: 0,
            answered: None,
            empty_pages: 0,
        }
    }

    pub(super) fn fence_anew(&mut self, fence: ChangeToken, fence_time: Timestamp) {
        (self.fence, self.fence_time, self.clock) = (fence, fence_time, fence_time);
    }

    /// Takes the server's time, and the time at which the end of the log was read.
    pub(super) fn observe_time(&mut self, now: Timestamp, fence_time: Timestamp) {
        (self.clock, self.fence_time) = (now, fence_time);
        server_time::correct(&mut self.state, &self.fence, fence_time, now);
        for began in self.again.iter_mut().chain(&mut self.first) {
            began.moment = began.moment.min(now);
        }
        if let Some(naming) = &mut self.naming {
            naming.moment = naming.moment.min(now);
        }
    }

    pub(super) fn judge(&self) -> Judgement {
        let judgement = log::judge(&self.state, &self.fence, self.fence_time);
        let is_held = matches!(judgement, Judgement::Drain | Judgement::AtEnd);
        // Rows that were asked for by id or by folder may be younger than the position.
        if is_held && self.items().as_of > self.fence.number() {
            return log::behind_since(self.state.moment, self.fence_time);
        }
        judgement
    }

    /// The position is the end of the log: no increment can bring anything, unless an overlap is delivered again.
    pub(super) fn at_end(&mut self) {
        self.reached = self.again.is_none();
        // What has to be named yet is asked for from further back, whose age is told by no answer.
        if !self.items().names_due {
            self.state.moment = self.fence_time.max(self.state.moment);
        }
    }

    /// Whether nothing is left that was only pointed at.
    fn is_settled(&self) -> bool {
        let items = self.items();
        items.pending.is_empty()
            && items.folders.is_empty()
            && !items.names_due
            && self.columns.is_none()
            && !self.permissions_are_due()
    }

    pub(super) fn items(&self) -> &ItemState {
        self.state.items.as_deref().expect("made with the first value of this type")
    }

    pub(super) fn items_mut(&mut self) -> &mut ItemState {
        self.state.items.get_or_insert_default()
    }

    pub(super) fn step(&self) -> Step {
        let too_old = |moment| self.is_too_old(moment);
        let items = self.items();
        if self.state.position == Position::Load {
            return match &items.load {
                Some(load) if too_old(load.moment) => Step::Expired,
                _ if self.schema.is_none() => Step::Schema,
                _ => Step::Load,
            };
        }
        let settled = items.pending.is_empty();
        if self.reached && self.is_settled() && self.knows_definition() {
            Step::End
        } else if !self.reached && too_old(self.state.moment)
            || self.again.as_ref().is_some_and(|again| too_old(again.moment))
            || self.names_are_too_old()
            || self.permissions_are_too_old()
        {
            Step::Expired
        } else if self.columns.is_some() {
            Step::Columns
        } else if self.schema.is_none() {
            Step::Schema
        } else if self.naming.is_some() {
            Step::Names
        } else if self.permissions.is_some() {
            Step::Permissions
        } else if !settled {
            Step::Settle
        } else if !self.reached {
            Step::Increment
        } else if self.permissions_are_due() {
            // While it is known what the increment told: that need not be asked for.
            Step::Permissions
        } else if items.names_due {
            Step::Names
        } else {
            self.folders.step(items)
        }
    }

    /// Whether the list's definition was read in this run, or is known as of the position: what became of it between
    /// the reading of it and the end of that run is told by no row.
    fn knows_definition(&self) -> bool {
        let items = self.items();
        self.schema.is_some() || items.schema.is_none() || items.defined_as_of >= self.position_number()
    }

    /// Whether something has to be named that the log may have forgotten.
    fn names_are_too_old(&self) -> bool {
        let items = self.items();
        let moment = match (&self.naming, &items.names_from) {
            (Some(naming), _) => naming.moment,
            (None, Some(from)) if items.names_due => items.moment_of_names(from),
            _ => return false,
        };
        self.is_too_old(moment)
    }

    fn is_too_old(&self, moment: Timestamp) -> bool {
        older(self.clock, moment, self.settings.retention)
    }

    /// Where the next page of the increment begins.
    pub(super) fn increment_start(&self) -> Option<&ChangeToken> {
        match (&self.again, &self.state.position) {
            (Some(again), _) => Some(&again.token),
            (None, Position::Token(token)) => Some(token),
            _ => None,
        }
    }

    /// When that was surely inside the log.
    fn increment_moment(&self) -> Timestamp {
        self.again.as_ref().map_or(self.state.moment, |again| again.moment)
    }

    /// Where GetChanges goes on to name what changed.
    pub(super) fn names_start(&self) -> Option<&ChangeToken> {
        self.naming.as_ref().map(|naming| &naming.cursor).or(self.items().names_from.as_ref())
    }

    /// Where GetChanges is to end: an increment may have come further than the fence, and told of what went there.
    pub(super) fn log_end(&self) -> &ChangeToken {
        match &self.state.position {
            Position::Token(token) if token.number() > self.fence.number() => token,
            _ => &self.fence,
        }
    }

    /// Begins a new load, as far as that is allowed.
    pub(super) fn reload(&mut self, reason: ResyncReason) -> Said {
        if self.settings.reload == Reload::Refused {
            return Said::Resync(reason);
        }
        if self.reloads > 0 {
            return Said::Unsettled(format!("a second new load is needed in one run ({})", reason.name()));
        }
        self.reloads += 1;
        self.begin_load();
        Said::Nothing
    }

    /// Forgets what a new load will tell anew.
    fn begin_load(&mut self) {
        let (fence_id, moment) = (self.fence.id(), self.fence_time);
        self.state.scope.id = fence_id;
        self.state.position = Position::Load;
        self.state.moment = moment;
        self.state.earlier.clear();
        self.state.completed = None;
        self.state.again = None;
        // What changed beside the reason of this load is no reason for another.
        let known = self.schema.as_ref().map(|schema| schema.digest());
        let items = self.items_mut();
        (items.perm_mask, items.schema) = (None, known);
        (items.version, items.version_as_of, items.columns_read) = (None, None, None);
        items.load = None;
        (items.pending, items.maybe_hidden, items.permissions) = (Ids::default(), Ids::default(), None);
        (items.names_from, items.names_moment, items.names_due) = (None, None, false);
        (items.named, items.restored) = (None, Ids::default());
        (items.expected, items.as_of, items.defined_as_of) = (None, 0, 0);
        items.folders.clear();
        (self.again, self.naming, self.permissions) = (None, None, None);
        (self.columns, self.reached) = (None, false);
        self.resumed = false;
        (self.told, self.first, self.more) = (BTreeMap::new(), None, false);
        self.settling = Settling::default();
        self.folders = Folders::default();
    }

    /// The checkpoint of a caller who decides about the load: it begins with one.
    pub(super) fn resync(&self) -> Checkpoint {
        let mut anew = self.clone();
        anew.begin_load();
        Checkpoint::new(anew.state)
    }

    /// What no page has told when everything else is done: fields that are others now, though no row came with them. Who
    /// holds a copy would otherwise keep the values of a column that is gone.
    pub(super) fn untold(&self) -> Option<Part> {
        let part = || Part { basis: Basis::Delta, changes: Vec::new(), notices: Vec::new() };
        self.fields_untold.then(part)
    }

    /// Binds a part to the fields it is read by, which are told with it.
    pub(super) fn tell_fields(&mut self) -> Arc<Schema> {
        self.fields_untold = false;
        self.schema.clone().expect("the list is read before its rows")
    }

    /// Reads the overlap once more and from its start, where this run only went on with what an earlier one had begun:
    /// what became visible meanwhile in the earlier one's part was told by neither. `false` where there is nothing to
    /// read again.
    pub(super) fn overlap_again(&mut self) -> bool {
        if !std::mem::take(&mut self.resumed) {
            return false;
        }
        self.state.again = None;
        let again = begin_again(&mut self.state, self.fence_time, &self.settings);
        self.again = again.filter(|again| again.token.number() < self.position_number());
        if self.again.is_some() {
            (self.reached, self.first) = (false, None);
        }
        !self.reached
    }

    /// Ends the run: everything up to the fence was handed out, and nothing is pending.
    pub(super) fn finish(&mut self) {
        if let Some(first) = self.first.take().filter(|_| !self.more) {
            let items = self.items_mut();
            (items.names_from, items.names_moment) = (Some(first.token), Some(first.moment));
        }
        self.confirm_permissions();
        overlap::remember(&mut self.state, self.fence_time, &self.settings);
    }

    /// The fields that make a request heavy: lookups, people and terms.
    pub(super) fn lookups(&self) -> Vec<String> {
        let fields = self.schema.as_ref().map_or(&[][..], |schema| schema.fields());
        fields.iter().filter(|field| field.is_joined()).map(|field| field.name().to_owned()).collect()
    }

    /// Takes the list and its fields. The row that comes along is not handed out: it was not asked for whole.
    pub(super) fn on_schema(&mut self, answer: &Rowset) -> Result<Said, Trouble> {
        if answer.list.is_none() {
            return Err("an answer to a request without a token lacks the List element".into());
        }
        self.knows_what_is_held(answer)?;
        Ok(self.aside(answer).unwrap_or(Said::Nothing))
    }

    /// What every answer may tell beside its rows: other rights, other fields. `None` where its rows can be used.
    pub(super) fn aside(&mut self, answer: &Rowset) -> Option<Said> {
        if let Some(mask) = answer.effective_perm_mask {
            let before = self.items_mut().perm_mask.replace(mask);
            if before.is_some_and(|before| before != mask) {
                return Some(self.reload(ResyncReason::PermissionsChanged));
            }
        }
        let said = answer.list.as_ref().and_then(|list| self.take_list(list, answer.token.as_ref()));
        self.unlike = if said.is_some() { self.unlike + 1 } else { 0 };
        if self.unlike > MOST_UNLIKE {
            return Some(Said::Unsettled("each answer tells of other fields than the one before".to_owned()));
        }
        said
    }

    /// Compares the list's definition with what is known of it. Where fields differ, the rows that came along were
    /// asked for by the old ones, and are asked for again.
    fn take_list(&mut self, list: &ListDefinition, as_of: Option<&ChangeToken>) -> Option<Said> {
        self.item_count = list.item_count().or(self.item_count);
        let known = self.items().schema.clone();
        if self.schema.is_some() && known.as_ref().is_some_and(|known| known.is_of(list)) {
            self.compare_again(list, as_of);
            return None;
        }
        let items = self.items_mut();
        items.defined_as_of = items.defined_as_of.max(as_of.map_or(0, ChangeToken::number));
        let digest = list.digest();
        let schema = Arc::new(list.schema());
        let change = known.as_ref().map(|known| digest.since(known)).unwrap_or_default();
        let asked = |name: &str| self.named.as_ref().is_none_or(|named| named.contains(name));
        // A new column is empty in every row that did not change since; unless its values come from other columns.
        let derived = |name: &str| schema.field(name).is_some_and(|field| field.is_derived());
        let values_changed = change.changed.iter().any(|name| asked(name))
            || change.added.iter().any(|name| asked(name) && derived(name));
        self.fields_untold |= !change.is_empty();
        if self.state.position == Position::Load && self.items().load.is_none() {
            let items = self.items_mut();
            (items.version, items.version_as_of, items.columns_read) = (None, None, None);
        }
        self.compare_columns(list, as_of, &change);
        self.items_mut().schema = Some(digest);
        self.schema = Some(schema);
        Some(if values_changed { self.reload(ResyncReason::SchemaChanged) } else { Said::Nothing })
    }

    /// A token that becomes a position is one of this log, and no made-up one.
    pub(super) fn check(&self, last: &ChangeToken) -> Result<(), Trouble> {
        if last.same_log(&self.fence) && !last.is_synthetic() {
            return Ok(());
        }
        Err(format!("the LastChangeToken {last} is none of the log of {}", self.fence.id()).into())
    }

    /// A folder that changed, however, may hold other things than before. And a listing under way may have passed by
    /// the place where this item is now, so that its end would take the item for gone.
    pub(super) fn note(&mut self, row: &Row) {
        self.folders.forget_places();
        let items = self.items_mut();
        items.folders.iter_mut().for_each(|folder| folder.listing = None);
        if row.is_folder() == Some(true) {
            Folders::add(items, row.id());
        }
    }

    /// More folders than can be listed one by one are a new load.
    pub(super) fn too_many_folders(&mut self) -> Option<Said> {
        (self.items().folders.len() > MOST_FOLDERS).then(|| self.reload(ResyncReason::TooManyFolders))
    }
}

/// Where the increment begins that is to overlap the last one. It begins at a token, so where none is that near it
/// begins at the first that is kept.
fn begin_again(state: &mut State, now: Timestamp, settings: &Settings) -> Option<Again> {
    let begin = overlap::begin(state, now, settings)?;
    let token = |mark: &Mark, moment| match &mark.at {
        Position::Token(token) => Some(Again { token: token.clone(), moment }),
        _ => None,
    };
    let first = || state.earlier.first().and_then(|mark| token(mark, overlap::moment(mark)));
    token(&begin, begin.time).or_else(first)
}

/// What an answer has to tell beside its changes.
pub(super) fn notices(answer: &Rowset) -> Vec<Notice> {
    let broken = answer.broken.iter().map(|row| Notice::Poison { id: row.id, what: row.reason.to_string() });
    let replaced = answer
        .illegal
        .first()
        .map(|first| Notice::Replaced { count: answer.illegal_count, first: first.clone() });
    let unreadable = answer
        .unreadable
        .first()
        .map(|first| Notice::Unreadable { count: answer.unreadable_count, first: first.clone() });
    broken.chain(replaced).chain(unreadable).collect()
}

/// Pending folders beyond which a load costs less than their listings.
const MOST_FOLDERS: usize = 1000;
/// Answers in a row that may tell of other fields than the one before.
const MOST_UNLIKE: u32 = 3;
