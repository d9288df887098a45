//! Which rows a question selects.

use uuid::Uuid;

use crate::dialect::{ByTime, Dialect, DirtyFlag, ListContentTypeFlag, Moves, ScopeFlag};
use crate::event::{Event, Object};
use crate::log::{Log, Row};
use crate::ticks::Ticks;
use crate::token::{Place, TokenScope};
use crate::world::{ListRef, SiteRef, WebRef};

/// The object whose changes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A site collection, all its webs included.
    Site(SiteRef),
    /// A web.
    Web(WebRef),
    /// A list.
    List(ListRef),
    /// A folder of a list by its UniqueId, the root folder's included.
    Folder(ListRef, Uuid),
    /// An item.
    Item(ListRef, i32),
}

impl Scope {
    /// The scope that its tokens name.
    pub fn token_scope(self) -> TokenScope {
        match self {
            Self::Site(_) => TokenScope::Site,
            Self::Web(_) => TokenScope::Web,
            Self::List(_) | Self::Folder(..) | Self::Item(..) => TokenScope::List,
        }
    }
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $($flag:ident = $bit:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub u32);

        #[allow(missing_docs, non_upper_case_globals, reason = "the names are SP.ChangeQuery's own")]
        impl $name {
            $(pub const $flag: Self = Self(1 << $bit);)*

            /// All of them.
            pub const ALL: Self = Self($(1 << $bit)|*);

            /// The flag of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($flag) => Some(Self::$flag),)*
                    _ => None,
                }
            }

            /// Whether any of `other` is among these.
            pub fn any(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl std::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }
    };
}

flags! {
    /// The object flags of SP.ChangeQuery.
    Objects {
        Item = 0, List = 1, Web = 2, Site = 3, File = 4, Folder = 5, Field = 6, ContentType = 7, View = 8,
        User = 9, Group = 10, Alert = 11, SecurityPolicy = 12, AppConsentPrincipal = 13,
    }
}

flags! {
    /// The action flags of SP.ChangeQuery.
    Actions {
        Add = 0, Update = 1, DeleteObject = 2, Rename = 3, Move = 4, Restore = 5, RoleDefinitionAdd = 6,
        RoleDefinitionDelete = 7, RoleDefinitionUpdate = 8, RoleAssignmentAdd = 9, RoleAssignmentDelete = 10,
        GroupMembershipAdd = 11, GroupMembershipDelete = 12, SystemUpdate = 13, Navigation = 14, Activity = 15,
    }
}

/// A ChangeQuery, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Rows about these objects.
    pub objects: Objects,
    /// Rows of these events.
    pub actions: Actions,
    /// Exclusive; none for the beginning of the log.
    pub start: Option<Place>,
    /// Inclusive; none for its end.
    pub end: Option<Place>,
    /// Most rows.
    pub limit: usize,
    /// Rows to pass over first.
    pub skip: usize,
    /// Newest first.
    pub latest_first: bool,
    /// At folder scope, what is below sub-folders too.
    pub recursive: bool,
    /// Without rows of items that the caller may not see.
    pub trim: bool,
}

impl Default for Query {
    /// Everything, from the beginning, without a limit.
    fn default() -> Self {
        Self {
            objects: Objects::ALL,
            actions: Actions::ALL,
            start: None,
            end: None,
            limit: usize::MAX,
            skip: 0,
            latest_first: false,
            recursive: true,
            trim: false,
        }
    }
}

/// How a query's flags are understood by this dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    objects: Objects,
    /// One bit for each event.
    events: u32,
    wide: Option<Moves>,
}

impl Filter {
    pub(crate) fn new(scope: Scope, query: &Query, dialect: &Dialect) -> Self {
        let wide = matches!(scope, Scope::Site(_) | Scope::Web(_)).then_some(dialect.move_wide);
        let events = (0..32).filter(|code| query.actions.any(admitting(*code, dialect)));
        Self { objects: query.objects, events: events.map(|code| 1 << code).sum(), wide }
    }

    pub(crate) fn takes(&self, row: &Row, log: &Log) -> bool {
        if self.events & (1 << row.event.code()) == 0 || !self.objects.any(object_flag(&row.object)) {
            return false;
        }
        match (self.wide, row.event) {
            (Some(Moves::Into), Event::MoveAway) => log.moved_to(row.number).is_none(),
            // The arrival's own row stands right after the departure's.
            (Some(Moves::Away), Event::MoveInto) => log.moved_to(row.number - 1).is_none(),
            _ => true,
        }
    }
}

/// The action flags that admit an event; none for a code without one.
fn admitting(code: u8, dialect: &Dialect) -> Actions {
    match code {
        1 => Actions::Add,
        2 => Actions::Update,
        3 => Actions::DeleteObject,
        4 => Actions::Rename,
        5 | 6 => Actions::Move,
        7 => Actions::Restore,
        8 => Actions::RoleDefinitionAdd,
        9 => Actions::RoleDefinitionDelete,
        10 => Actions::RoleDefinitionUpdate,
        11 => Actions::RoleAssignmentAdd,
        12 => Actions::RoleAssignmentDelete,
        13 => Actions::GroupMembershipAdd,
        14 => Actions::GroupMembershipDelete,
        15 => Actions::SystemUpdate,
        16 => Actions::Navigation,
        17 | 18 if dialect.scope_flag == ScopeFlag::Any => Actions::ALL,
        17 => Actions::RoleAssignmentAdd,
        18 => Actions::RoleAssignmentDelete,
        19 | 20 if dialect.list_content_type_flag == ListContentTypeFlag::Update => Actions::Update,
        19 => Actions::Add,
        20 => Actions::DeleteObject,
        21 if dialect.dirty_flag == DirtyFlag::SystemUpdate => Actions::SystemUpdate,
        21 => Actions::Update,
        22 => Actions::Activity,
        _ => Actions(0),
    }
}

pub(crate) fn object_flag(object: &Object) -> Objects {
    match object {
        Object::Item { .. } => Objects::Item,
        Object::List => Objects::List,
        Object::Web => Objects::Web,
        Object::Site => Objects::Site,
        Object::File(_) => Objects::File,
        Object::Folder(_) => Objects::Folder,
        Object::Field(_) => Objects::Field,
        Object::ContentType(_) => Objects::ContentType,
        Object::View(_) => Objects::View,
        Object::User(_) => Objects::User,
        Object::Group(_) => Objects::Group,
        Object::Alert(_) => Objects::Alert,
        Object::AppConsentPrincipal(_) => Objects::AppConsentPrincipal,
        Object::SecurityPolicy => Objects::SecurityPolicy,
    }
}

/// Whether a row stands after a start bound.
pub(crate) fn after_start(row: &Row, start: Place, dialect: &Dialect) -> bool {
    if start.number >= 0 {
        row.number > start.number
    } else {
        row.ticks > start.ticks || (dialect.by_time == ByTime::From && row.ticks == start.ticks)
    }
}

/// Whether a row stands at or before an end bound.
pub(crate) fn within_end(row: &Row, end: Place) -> bool {
    if end.number >= 0 { row.number <= end.number } else { row.ticks <= end.ticks }
}

/// What a page is cut from: rows by index, and the two tests that only the world can make.
pub(crate) struct Selection<'a> {
    pub(crate) log: &'a Log,
    /// Indexes of rows, ascending.
    pub(crate) among: &'a [u32],
    pub(crate) dialect: &'a Dialect,
    pub(crate) now: Ticks,
}

impl Selection<'_> {
    /// The rows of one page, in the order asked. `belongs` tells whether a row is in the scope where `among` is
    /// wider than it; `seen` whether the caller may see its object.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        query: &Query,
        belongs: impl Fn(&Row) -> bool,
        seen: impl Fn(&Row) -> bool,
    ) -> Vec<u32> {
        let from = query.start.map_or(0, |start| {
            self.among.partition_point(|index| !after_start(self.log.row(*index), start, self.dialect))
        });
        let to = query.end.map_or(self.among.len(), |end| {
            self.among.partition_point(|index| within_end(self.log.row(*index), end))
        });
        let Some(range) = self.among.get(from..to) else { return Vec::new() };
        let wanted = |index: &&u32| {
            let row = self.log.row(**index);
            filter.takes(row, self.log) && belongs(row) && self.log.is_visible(**index as usize, self.now)
        };
        let trimmed = |index: &&u32| !query.trim || seen(self.log.row(**index));
        let newest_first = query.latest_first && self.dialect.latest_first;
        let rows: Box<dyn Iterator<Item = &u32>> =
            if newest_first { Box::new(range.iter().rev()) } else { Box::new(range.iter()) };
        let rows = rows.filter(wanted);
        if self.dialect.trim == crate::dialect::Trim::After {
            rows.skip(query.skip).take(query.limit).filter(trimmed).copied().collect()
        } else {
            rows.filter(trimmed).skip(query.skip).take(query.limit).copied().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_admitted_by_a_flag_and_no_flag_admits_no_change() {
        let dialect = Dialect::default();
        for code in 1..=22 {
            assert!(Actions::ALL.any(admitting(code, &dialect)), "{code}");
        }
        assert_eq!(admitting(0, &dialect), Actions(0));
    }

    #[test]
    fn flags_are_found_by_the_wire_s_names() {
        assert_eq!(Objects::named("AppConsentPrincipal"), Some(Objects::AppConsentPrincipal));
        assert_eq!(Actions::named("DeleteObject"), Some(Actions::DeleteObject));
        assert_eq!(Actions::named("Delete"), None);
    }
}
