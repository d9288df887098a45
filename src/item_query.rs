//! Which items of a list to ask for, which of their fields, and in what form.

mod options;

use std::num::NonZeroU32;

use uuid::Uuid;

use self::options::Options;
use crate::{
    caml::{Contains, Query, ViewFields},
    query::{QueryError, check_scope},
    site::{ListRef, Scope},
    token::ChangeToken,
    xml::text::is_char,
};

/// A query for GetListItemChangesSinceToken (`SP.ChangeLogItemQuery`): what the items of a list look like now, or what
/// changed since a token.
///
/// Every option is always sent, in the form a copy of a list needs: times in UTC, folders and everything below them,
/// rights, and no character that XML forbids. Servers flip the defaults of all options as soon as one is named
/// (MS-LISTSWS, GetListItemChangesSinceToken), so that leaving one out would change others.
///
/// ```
/// use sharepoint_changes::{Feed, ItemQuery, ListRef, Site, caml::ViewFields};
///
/// let site = Site::new("https://fabrikam.sharepoint.com/sites/ops")?;
/// let query = ItemQuery::new(ListRef::Title("Q1 Bids".into()))
///     .view_fields(ViewFields::new(["Title", "Bid_x0020_Amount"])?)
///     .row_limit(200.try_into()?);
/// let request = query.request(&site)?;
/// assert!(request.uri().path().ends_with("/GetListItemChangesSinceToken"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemQuery {
    /// Always a list.
    scope: Scope,
    dialect: Dialect,
    view: Option<Uuid>,
    query: Option<Query>,
    view_fields: Option<ViewFields>,
    row_limit: Option<NonZeroU32>,
    change_token: Option<ChangeToken>,
    contains: Option<Contains>,
    options: Options,
}

/// In which of its two forms the call is made. The answers tell the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// The method of the list over REST, which every server from 2013 on has.
    #[default]
    Rest,
    /// The operation of `_vti_bin/Lists.asmx`, which takes a list by id or by title only.
    Soap,
}

/// Which files and folders are looked at (`ViewAttributes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ViewScope {
    /// What lies directly in the root folder, or in the folder of the query.
    Default,
    /// All files; MS-LISTSWS says "one level deep", CAML's own documentation "at any depth". Better avoided.
    Recursive,
    /// All files and folders at any depth.
    #[default]
    RecursiveAll,
    /// The files that lie directly in the folder.
    FilesOnly,
}

impl ViewScope {
    fn name(self) -> &'static str {
        match self {
            ViewScope::Default => "",
            ViewScope::Recursive => "Recursive",
            ViewScope::RecursiveAll => "RecursiveAll",
            ViewScope::FilesOnly => "FilesOnly",
        }
    }
}

/// What the server is to make quick (`OptimizeFor`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OptimizeFor {
    /// Finding items by id.
    #[default]
    ItemIds,
    /// Finding items by folder.
    FolderUrls,
}

impl ItemQuery {
    /// Asks for all items of a list as they are now, with the fields of its default view.
    pub fn new(list: ListRef) -> Self {
        ItemQuery {
            scope: Scope::List(list),
            dialect: Dialect::Rest,
            view: None,
            query: None,
            view_fields: None,
            row_limit: None,
            change_token: None,
            contains: None,
            options: Options::default(),
        }
    }

    /// Sets in which form the call is made; [`Dialect::Rest`] at first.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Names the view whose fields, filter and order count (`ViewName`). Servers ignore it where fields are named.
    pub fn view(mut self, view: Uuid) -> Self {
        self.view = Some(view);
        self
    }

    /// Filters and orders added and changed items (`Query`). What was deleted is told whether it passes the filter or
    /// not; what passes it no longer is not told.
    pub fn query(mut self, query: Query) -> Self {
        self.query = Some(query);
        self
    }

    /// Names the fields to answer with (`ViewFields`); without it, those of the view. Servers ignore names they do not
    /// know, and answer with some more that were not named.
    pub fn view_fields(mut self, fields: ViewFields) -> Self {
        self.view_fields = Some(fields);
        self
    }

    /// Sets the most rows a page may have (`RowLimit`); what is told without a row does not count. With a token
    /// servers answer with 40 rows at most, whatever the limit (MS-LISTSWS; whether online still is not known).
    pub fn row_limit(mut self, rows: NonZeroU32) -> Self {
        self.row_limit = Some(rows);
        self
    }

    /// Asks for what changed since this token (`ChangeToken`).
    pub fn change_token(mut self, token: ChangeToken) -> Self {
        self.change_token = Some(token);
        self
    }

    /// Asks for items whose field contains a text (`Contains`). Servers ignore it where there is a
    /// [`query`](ItemQuery::query).
    pub fn contains(mut self, contains: Contains) -> Self {
        self.contains = Some(contains);
        self
    }

    /// Whether times come in UTC (`DateInUtc`); on at first. Off, they come in the site's own zone, without saying
    /// which.
    pub fn date_in_utc(mut self, yes: bool) -> Self {
        self.options.date_in_utc = yes;
        self
    }

    /// Asks for what lies in one folder, by its server-relative path (`Folder`).
    pub fn folder(mut self, path: impl Into<String>) -> Self {
        self.options.folder = Some(path.into());
        self
    }

    /// Begins where an earlier page ended, by its [`next_place`](crate::Rowset::next_place)
    /// (`Paging/@ListItemCollectionPositionNext`); the rest of the query must be that page's. Not together with a
    /// token.
    pub fn paging(mut self, place: impl Into<String>) -> Self {
        self.options.paging = Some(place.into());
        self
    }

    /// Whether required columns, and those that calculated ones are made of, come unasked
    /// (`IncludeMandatoryColumns`); on at first.
    pub fn include_mandatory_columns(mut self, yes: bool) -> Self {
        self.options.include_mandatory_columns = yes;
        self
    }

    /// Whether a row says which rights the caller has on its item, where they are not the list's
    /// (`IncludePermissions`); on at first.
    pub fn include_permissions(mut self, yes: bool) -> Self {
        self.options.include_permissions = yes;
        self
    }

    /// Whether attachments come as addresses instead of a count (`IncludeAttachmentUrls`); off at first.
    pub fn include_attachment_urls(mut self, yes: bool) -> Self {
        self.options.include_attachment_urls = yes;
        self
    }

    /// Whether the addresses of attachments come with ids and versions (`IncludeAttachmentVersion`); off at first.
    pub fn include_attachment_version(mut self, yes: bool) -> Self {
        self.options.include_attachment_version = yes;
        self
    }

    /// Whether people come with login name, mail address and more (`ExpandUserField`); off at first.
    pub fn expand_user_field(mut self, yes: bool) -> Self {
        self.options.expand_user_field = yes;
        self
    }

    /// Which files and folders are looked at (`ViewAttributes/@Scope`); [`ViewScope::RecursiveAll`] at first.
    pub fn view_scope(mut self, scope: ViewScope) -> Self {
        self.options.scope = scope;
        self
    }

    /// Whether the server leaves out characters that XML forbids (`RemoveInvalidXmlCharacters`); on at first. Off,
    /// they come, and are reported and replaced by the reader.
    pub fn remove_invalid_xml_characters(mut self, yes: bool) -> Self {
        self.options.remove_invalid_xml_characters = yes;
        self
    }

    /// What the server is to make quick (`OptimizeFor`); [`OptimizeFor::ItemIds`] at first.
    pub fn optimize_for(mut self, what: OptimizeFor) -> Self {
        self.options.optimize_for = what;
        self
    }

    /// Asks for the rows of these items as well, changed or not (`ExtraIds`). Only with a token.
    pub fn extra_ids(mut self, ids: impl IntoIterator<Item = i32>) -> Self {
        self.options.extra_ids = ids.into_iter().collect();
        self
    }

    /// Whether lookups are read in a quicker way (`OptimizeLookups`); off at first.
    pub fn optimize_lookups(mut self, yes: bool) -> Self {
        self.options.optimize_lookups = yes;
        self
    }

    /// Which meeting of a workspace is looked at (`MeetingInstanceID`); -1 at first, the current one.
    pub fn meeting_instance_id(mut self, id: i32) -> Self {
        self.options.meeting_instance_id = id;
        self
    }

    /// Whether recurring events come behind the others (`RecurrenceOrderBy`); off at first.
    pub fn recurrence_order_by(mut self, yes: bool) -> Self {
        self.options.recurrence_order_by = yes;
        self
    }

    /// In which version the pattern of a recurring event is written (`RecurrencePatternXMLVersion`); `v3` at first.
    pub fn recurrence_pattern_xml_version(mut self, version: impl Into<String>) -> Self {
        self.options.recurrence_pattern_xml_version = version.into();
        self
    }

    /// The list, as a scope.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The fields that were named; `None` where none were.
    pub fn fields(&self) -> Option<&ViewFields> {
        self.view_fields.as_ref()
    }

    pub(crate) fn rows(&self) -> Option<NonZeroU32> {
        self.row_limit
    }

    pub(crate) fn asked_dialect(&self) -> Dialect {
        self.dialect
    }

    /// The members that are set, in the order SOAP demands, but the options: by their names in the REST type.
    pub(crate) fn members(&self) -> impl Iterator<Item = (Member, String)> {
        [
            (Member::ViewName, self.view.map(|view| format!("{{{view:X}}}"))),
            (Member::Query, self.query.as_ref().map(ToString::to_string)),
            (Member::ViewFields, self.view_fields.as_ref().map(ToString::to_string)),
            (Member::RowLimit, self.row_limit.map(|rows| rows.to_string())),
            (Member::QueryOptions, Some(self.options.xml())),
            (Member::ChangeToken, self.change_token.as_ref().map(ToString::to_string)),
            (Member::Contains, self.contains.as_ref().map(ToString::to_string)),
        ]
        .into_iter()
        .filter_map(|(member, value)| Some((member, value?)))
    }

    /// The same query of the list by another name.
    pub(crate) fn within(&self, scope: Scope) -> ItemQuery {
        ItemQuery { scope, ..self.clone() }
    }

    /// Whether a server can be asked this query at all.
    ///
    /// # Errors
    /// [`QueryError`] names what no request can hold.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        check_scope(&self.scope)?;
        let title = match (self.dialect, self.scope.list()) {
            (Dialect::Soap, Some(ListRef::Path(_))) => return Err(QueryError::PathInSoap),
            (Dialect::Soap, Some(ListRef::Title(title))) => Some(title.as_str()),
            _ => None,
        };
        let texts = [
            ("the title of the list", title),
            ("Folder", self.options.folder.as_deref()),
            ("ListItemCollectionPositionNext", self.options.paging.as_deref()),
            ("RecurrencePatternXMLVersion", Some(&self.options.recurrence_pattern_xml_version)),
        ];
        for (member, text) in texts {
            if text.is_some_and(|text| !text.chars().all(is_char)) {
                return Err(QueryError::NotXml { member });
            }
        }
        Ok(())
    }

    /// What a session cannot take, because the end of such a query cannot be proved.
    pub(crate) fn provable(&self) -> Result<(), QueryError> {
        let options = &self.options;
        let reasons: [(bool, &'static str, &'static str); 8] = [
            (
                self.query.is_some(),
                "Query",
                "an item that passes the filter no longer is never told to be gone",
            ),
            (
                self.contains.is_some(),
                "Contains",
                "an item that contains the text no longer is never told to be gone",
            ),
            (
                options.folder.is_some(),
                "Folder",
                "an item that is moved out of the folder is never told to be gone",
            ),
            (!options.extra_ids.is_empty(), "ExtraIds", "a row may then be there without a change"),
            (
                options.scope != ViewScope::RecursiveAll,
                "ViewAttributes",
                "what lies in folders is then left out without a sign",
            ),
            (self.view.is_some(), "ViewName", "the filter of the view would hide items"),
            (self.change_token.is_some(), "ChangeToken", "the session is given its start apart, as `Start`"),
            (options.paging.is_some(), "Paging", "the session turns its pages itself"),
        ];
        match reasons.into_iter().find(|(set, ..)| *set) {
            Some((_, member, reason)) => Err(QueryError::NotProvable { member, reason }),
            None => Ok(()),
        }
    }

    /// What a checkpoint is bound to: everything that decides which rows come and in what form, without the size of a
    /// page and what only places it; sorted. Without named fields it is `ViewFields=*`.
    pub(crate) fn fingerprint(&self) -> Vec<String> {
        let mut members: Vec<String> = match &self.view_fields {
            Some(fields) => fields.names().map(|name| format!("{NAMED_FIELD}{name}")).collect(),
            None => vec![EVERY_FIELD.to_owned()],
        };
        if self.view_fields.as_ref().is_some_and(ViewFields::asks_for_properties) {
            members.push("ViewFields/Properties=TRUE".to_owned());
        }
        members.extend(self.options.fingerprint());
        members.sort_unstable();
        members.dedup();
        members
    }
}

/// What a checkpoint is bound to that was made without named fields.
pub(crate) const EVERY_FIELD: &str = "ViewFields=*";
/// What stands before the name of each field where they are named.
pub(crate) const NAMED_FIELD: &str = "ViewFields=";

/// The members of the query by their names in the REST type; SOAP's begin with a small letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    ViewName,
    Query,
    ViewFields,
    RowLimit,
    QueryOptions,
    ChangeToken,
    Contains,
}

impl Member {
    /// The name in the REST type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Member::ViewName => "ViewName",
            Member::Query => "Query",
            Member::ViewFields => "ViewFields",
            Member::RowLimit => "RowLimit",
            Member::QueryOptions => "QueryOptions",
            Member::ChangeToken => "ChangeToken",
            Member::Contains => "Contains",
        }
    }
}

#[cfg(test)]
mod tests;
