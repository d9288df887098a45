//! Which changes to ask for: the objects, the kinds, the bounds and the size of a page.

mod error;
mod flags;
mod preset;

use std::num::NonZeroU32;

pub use self::{
    error::QueryError,
    flags::{Kinds, Objects},
    preset::Preset,
};
use crate::{
    site::{Generation, LONGEST, Scope},
    token::ChangeToken,
};

/// A query for GetChanges (`SP.ChangeQuery`): which rows of a scope's log to answer with.
///
/// A row comes if its object *and* its kind are asked for. Both sets are non-empty by construction, because a query
/// that names only one of them is answered with nothing and no error.
///
/// ```
/// use sharepoint_changes::{ChangeQuery, Kinds, Objects, Preset, Scope};
///
/// let query = ChangeQuery::new(Scope::Web, Objects::ITEM | Objects::LIST, Kinds::ADD | Kinds::DELETE);
/// let query = ChangeQuery::preset(Scope::Web, Preset::Files);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeQuery {
    scope: Scope,
    objects: Objects,
    kinds: Kinds,
    start: Option<ChangeToken>,
    end: Option<ChangeToken>,
    page_size: Option<NonZeroU32>,
    recursive_all: bool,
    latest_first: bool,
    require_security_trim: bool,
    ignore_start_token_not_found: bool,
    select: Vec<String>,
    keep_raw: bool,
}

impl ChangeQuery {
    /// Asks for the rows of these objects and these kinds.
    pub fn new(scope: Scope, objects: Objects, kinds: Kinds) -> Self {
        ChangeQuery {
            scope,
            objects,
            kinds,
            start: None,
            end: None,
            page_size: None,
            recursive_all: false,
            latest_first: false,
            require_security_trim: false,
            ignore_start_token_not_found: false,
            select: Vec::new(),
            keep_raw: false,
        }
    }

    /// Asks for what a purpose needs.
    pub fn preset(scope: Scope, preset: Preset) -> Self {
        ChangeQuery::new(scope, preset.objects(), preset.kinds())
    }

    /// Asks for other objects and kinds as well.
    pub fn also(mut self, objects: Objects, kinds: Kinds) -> Self {
        self.objects = self.objects | objects;
        self.kinds = self.kinds | kinds;
        self
    }

    /// Sets where to begin, exclusive (`ChangeTokenStart`); without it, at the beginning of the log that is kept.
    /// A session sets its own.
    ///
    /// That the start's own row is left out was observed; the MSDN text for `SPWeb.GetChanges` says otherwise.
    pub fn start(mut self, start: ChangeToken) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets where to end, inclusive (`ChangeTokenEnd`); without it, at the end of the log. An end before the start
    /// gives nothing. A session sets its own.
    pub fn end(mut self, end: ChangeToken) -> Self {
        self.end = Some(end);
        self
    }

    /// Sets the most rows a page may have: `FetchLimit`, or `$top` on servers that lack it. Servers take 1,000
    /// without it, and never more than 2,000 (MSDN ee581265).
    pub fn page_size(mut self, rows: NonZeroU32) -> Self {
        self.page_size = Some(rows);
        self
    }

    /// For a folder: changes below its sub-folders too (`RecursiveAll`); without it only those of its direct
    /// children. Off at first.
    pub fn recursive_all(mut self, yes: bool) -> Self {
        self.recursive_all = yes;
        self
    }

    /// Newest rows first (`LatestFirst`); for a single look, never to follow a log. Off at first.
    pub fn latest_first(mut self, yes: bool) -> Self {
        self.latest_first = yes;
        self
    }

    /// Leaves out rows the caller may not see (`RequireSecurityTrim`). Pages become short or empty before the end.
    /// Off at first.
    pub fn require_security_trim(mut self, yes: bool) -> Self {
        self.require_security_trim = yes;
        self
    }

    /// Asks the server to keep silent about a start that is no longer in the log
    /// (`IgnoreStartTokenNotFoundError`): what is gone is then skipped without notice. Off at first.
    pub fn ignore_start_token_not_found(mut self, yes: bool) -> Self {
        self.ignore_start_token_not_found = yes;
        self
    }

    /// Names members to fill (`$select`), beside those every row must have. Whether servers fill the ones they
    /// leave out by default is not known.
    pub fn select<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>) -> Self {
        self.select = members.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps each row's own JSON text beside its values, see [`Change::raw`](crate::Change::raw). Off at first.
    pub fn keep_raw(mut self, yes: bool) -> Self {
        self.keep_raw = yes;
        self
    }

    /// Whose log is asked.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn bounds(&self) -> (Option<&ChangeToken>, Option<&ChangeToken>) {
        (self.start.as_ref(), self.end.as_ref())
    }

    pub(crate) fn rows(&self) -> Option<NonZeroU32> {
        self.page_size
    }

    pub(crate) fn selected(&self) -> &[String] {
        &self.select
    }

    pub(crate) fn keeps_raw(&self) -> bool {
        self.keep_raw
    }

    pub(crate) fn is_latest_first(&self) -> bool {
        self.latest_first
    }

    pub(crate) fn within(&self, scope: Scope) -> ChangeQuery {
        ChangeQuery { scope, ..self.clone() }
    }

    /// The flags as they go on the wire, in the order of the documentation: what the generation does not know of
    /// the objects and kinds is left out, because such a server logs none of them.
    pub(crate) fn flags(&self, server: Generation) -> impl Iterator<Item = &'static str> {
        let known = move |name: &&'static str| !server.refuses(name);
        let options = self.options().into_iter().filter_map(|(name, on)| on.then_some(name));
        self.objects.names().chain(self.kinds.names()).filter(known).chain(options)
    }

    /// Whether this server can be asked this query at all.
    ///
    /// # Errors
    /// [`QueryError`] names the member the server would refuse, or says that nothing is left to ask for.
    pub(crate) fn check(&self, server: Generation) -> Result<(), QueryError> {
        check_scope(&self.scope)?;
        if self.select.iter().map(|name| name.len() + 1).sum::<usize>() > LONGEST {
            return Err(QueryError::TooLong { what: "$select" });
        }
        for (member, on) in self.options() {
            if on && server.refuses(member) {
                return Err(QueryError::Unsupported { member, server });
            }
        }
        let any = |mut names: Box<dyn Iterator<Item = &'static str>>| names.any(|name| !server.refuses(name));
        if !any(Box::new(self.objects.names())) || !any(Box::new(self.kinds.names())) {
            return Err(QueryError::NothingLeft { server });
        }
        Ok(())
    }

    /// What a session cannot take, because the end of such a query cannot be proved.
    pub(crate) fn provable(&self) -> Result<(), QueryError> {
        let reasons: [(bool, &'static str, &'static str); 6] = [
            (
                self.latest_first,
                "LatestFirst",
                "rows that come newest first leave the older ones of the page unread",
            ),
            (
                self.require_security_trim,
                "RequireSecurityTrim",
                "a page whose rows are all trimmed is empty before the end",
            ),
            (
                self.ignore_start_token_not_found,
                "IgnoreStartTokenNotFoundError",
                "an expired start is then answered with silence",
            ),
            (!self.select.is_empty(), "$select", "a row may then come without what the session checks"),
            (
                self.end.is_some(),
                "ChangeTokenEnd",
                "the session sets its own end, read before the first page",
            ),
            (self.start.is_some(), "ChangeTokenStart", "the session is given its start apart, as `Start`"),
        ];
        match reasons.into_iter().find(|(set, ..)| *set) {
            Some((_, member, reason)) => Err(QueryError::NotProvable { member, reason }),
            None => Ok(()),
        }
    }

    fn options(&self) -> [(&'static str, bool); 4] {
        [
            ("RecursiveAll", self.recursive_all),
            ("LatestFirst", self.latest_first),
            ("RequireSecurityTrim", self.require_security_trim),
            ("IgnoreStartTokenNotFoundError", self.ignore_start_token_not_found),
        ]
    }
}

/// Whether a request can name this scope.
pub(crate) fn check_scope(scope: &Scope) -> Result<(), QueryError> {
    if scope.is_addressable() { Ok(()) } else { Err(QueryError::TooLong { what: "the name of the list" }) }
}

impl Generation {
    /// Whether a server of this generation answers 400 to a query that holds this member.
    ///
    /// The documentation of 2013 lacks all of these, and no recording tells which of them came with 2016 or 2019;
    /// so all of them are kept from every server on premises.
    pub(crate) fn refuses(self, member: &str) -> bool {
        const ONLINE_ONLY: [&str; 7] = [
            "Activity",
            "AppConsentPrincipal",
            FETCH_LIMIT,
            "IgnoreStartTokenNotFoundError",
            "LatestFirst",
            "RecursiveAll",
            "RequireSecurityTrim",
        ];
        self != Generation::Online && ONLINE_ONLY.contains(&member)
    }
}

/// The member that bounds a page, where the server knows it.
pub(crate) const FETCH_LIMIT: &str = "FetchLimit";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::ListRef;

    fn flags(query: &ChangeQuery, server: Generation) -> Vec<&'static str> {
        query.flags(server).collect()
    }

    #[test]
    fn default_valued_members_are_never_sent() {
        let query = ChangeQuery::new(Scope::Site, Objects::ITEM, Kinds::DELETE).recursive_all(false);
        assert_eq!(flags(&query, Generation::Online), ["Item", "DeleteObject"]);
        assert_eq!(
            flags(&query.recursive_all(true), Generation::Online),
            ["Item", "DeleteObject", "RecursiveAll"]
        );
    }

    #[test]
    fn every_preset_carries_every_way_an_object_can_change() {
        let all = Kinds::ADD
            | Kinds::UPDATE
            | Kinds::SYSTEM_UPDATE
            | Kinds::RENAME
            | Kinds::MOVE
            | Kinds::RESTORE
            | Kinds::DELETE;
        for preset in [Preset::Items, Preset::Files, Preset::Permissions, Preset::Schema, Preset::Everything]
        {
            assert!(preset.kinds().contains(all), "{preset:?}");
            assert!(preset.objects().contains(Objects::LIST), "{preset:?}");
        }
        assert!(Preset::Files.objects().contains(Objects::ITEM | Objects::FILE | Objects::FOLDER));
        assert!(Preset::Permissions.kinds().contains(Kinds::ROLES));
        assert_eq!(Objects::EVERYTHING.names().count(), 14);
        assert_eq!(Kinds::EVERYTHING.names().count(), 16);
    }

    #[test]
    fn what_a_generation_refuses_is_left_out_or_refused_by_name() {
        let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
        for server in [Generation::Server2013, Generation::Server2016, Generation::Server2019] {
            let sent = flags(&query, server);
            assert!(!sent.contains(&"Activity") && !sent.contains(&"AppConsentPrincipal"));
            assert!(query.check(server).is_ok());
            let error = query.clone().latest_first(true).check(server).unwrap_err();
            assert_eq!(error, QueryError::Unsupported { member: "LatestFirst", server });
            let consents = ChangeQuery::new(Scope::Site, Objects::APP_CONSENT_PRINCIPAL, Kinds::ADD);
            assert_eq!(consents.check(server), Err(QueryError::NothingLeft { server }));
        }
        assert!(query.latest_first(true).check(Generation::Online).is_ok());
    }

    #[test]
    fn what_no_address_can_hold_is_refused_by_name() {
        let list = |length| Scope::List(ListRef::Title("x".repeat(length)));
        let query = |scope| ChangeQuery::preset(scope, Preset::Items).check(Generation::Online);
        assert_eq!(query(list(LONGEST)), Ok(()));
        assert_eq!(query(list(LONGEST + 1)), Err(QueryError::TooLong { what: "the name of the list" }));
        let select = |count| {
            let names = vec!["Ti"; count];
            ChangeQuery::preset(Scope::Web, Preset::Items).select(names).check(Generation::Online)
        };
        assert_eq!(select(LONGEST / 3), Ok(()));
        assert_eq!(select(LONGEST / 3 + 1), Err(QueryError::TooLong { what: "$select" }));
    }

    #[test]
    fn a_session_refuses_each_unprovable_member_by_name() {
        let query = ChangeQuery::preset(Scope::Web, Preset::Items);
        assert_eq!(query.provable(), Ok(()));
        let token: ChangeToken =
            "1;2;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511".parse().unwrap();
        for (query, name) in [
            (query.clone().latest_first(true), "LatestFirst"),
            (query.clone().require_security_trim(true), "RequireSecurityTrim"),
            (query.clone().ignore_start_token_not_found(true), "IgnoreStartTokenNotFoundError"),
            (query.clone().select(["Editor"]), "$select"),
            (query.clone().end(token.clone()), "ChangeTokenEnd"),
            (query.clone().start(token), "ChangeTokenStart"),
        ] {
            match query.provable() {
                Err(QueryError::NotProvable { member, .. }) => assert_eq!(member, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}
