//! What the documents leave open about a real server, as switches.

use std::time::Duration;

mod choices;
mod feed;

pub use self::choices::*;
pub use self::feed::*;
use crate::switch::Switch;

macro_rules! dialect {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
        /// How this server differs from others: one switch for each thing the documents leave open.
        ///
        /// Every switch is a field, and can be set by text too: `dialect.set("expired=empty")`.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct Dialect {
            $($(#[$doc])* pub $name: $type,)*
        }

        impl Default for Dialect {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Dialect {
            /// Sets one switch from `name=value`; a name's `-` and `_` are the same.
            ///
            /// # Errors
            /// The name is not known, or the value not one of the switch's.
            pub fn set(&mut self, text: &str) -> Result<(), UnknownSwitch> {
                let (name, value) = text.split_once('=').unwrap_or((text, "yes"));
                let name = name.trim().replace('-', "_");
                let wrong = |allowed: String| UnknownSwitch { text: text.to_owned(), allowed };
                match name.as_str() {
                    $(stringify!($name) => {
                        self.$name = <$type as Switch>::read(value.trim())
                            .ok_or_else(|| wrong(<$type as Switch>::allowed()))?;
                    })*
                    _ => return Err(wrong(format!("one of {}", Self::NAMES.join(", ")))),
                }
                Ok(())
            }

            /// Every switch's name.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// Every switch as `name=value`, with what else it could be.
            pub fn describe(&self) -> Vec<(String, String)> {
                vec![$((
                    format!("{}={}", stringify!($name).replace('_', "-"), Switch::show(&self.$name)),
                    <$type as Switch>::allowed(),
                )),*]
            }
        }
    };
}

dialect! {
    /// Which product answers; decides refused members, verbose only, and thin rows.
    generation: Generation = Generation::Online,
    /// Members of SP.ChangeQuery that are refused beside those the generation refuses, with commas between.
    refuse: String = String::new(),
    /// Age above which the purge removes rows.
    retention: Duration = Duration::from_hours(60 * 24),
    /// How often the purge runs; rows live up to this much longer than the retention.
    purge_every: Duration = Duration::from_hours(7 * 24),
    /// Longest time after which a row becomes visible though later ones were before; zero for never.
    late: Duration = Duration::ZERO,
    /// Out of a hundred rows, how many become visible late, where `late` is not zero.
    late_share: u32 = 10,
    /// The rows of deleting a folder with content.
    folder_delete: Tree = Tree::One,
    /// The rows of copying a folder with content.
    folder_copy: Tree = Tree::One,
    /// The rows of restoring a folder with content.
    folder_restore: Tree = Tree::One,
    /// The rows of renaming a folder.
    folder_rename: FolderRename = FolderRename::Rename,
    /// The rows of moving something within its list.
    move_within: Moves = Moves::Both,
    /// The row of something that came from another list.
    arrival: Arrival = Arrival::Into,
    /// At site and web scope, the rows of a move between lists.
    move_wide: Moves = Moves::Both,
    /// An upload writes an Update after its Add, as when properties are saved apart.
    upload_twice: bool = false,
    /// Web scope holds the rows of its sub-webs too.
    sub_webs: bool = false,
    /// Folder scope holds the rows about the folder itself too.
    folder_itself: bool = false,
    /// The answer to a start token older than the log.
    expired: Expired = Expired::Error,
    /// The scopes at which `expired=empty` holds; elsewhere the error comes.
    expired_where: Where = Where::Everywhere,
    /// HTTP status of every error about a token.
    token_status: u16 = 400,
    /// Guids in tokens are taken in upper case and with braces.
    loose_tokens: bool = true,
    /// What a start made from a time says of rows at that very tick.
    by_time: ByTime = ByTime::After,
    /// Rows of a page when nothing is asked.
    page: u32 = 1_000,
    /// Most rows of a page.
    page_cap: u32 = 2_000,
    /// A page of GetChanges ends behind any of its rows, however many were asked for.
    short_pages: bool = false,
    /// What happens to a FetchLimit above `page_cap`.
    over_cap: OverCap = OverCap::Clamp,
    /// How FetchLimit may come in a light body.
    int64: Int64 = Int64::Any,
    /// `$orderby` on GetChanges is honoured.
    orderby: bool = true,
    /// `$skip` on GetChanges is honoured.
    skip: bool = true,
    /// `$select` on GetChanges fills members that are not in the default set.
    select_fills: bool = true,
    /// LatestFirst is honoured.
    latest_first: bool = true,
    /// The order of a row's members.
    member_order: MemberOrder = MemberOrder::Recorded,
    /// Members that no list of them knows, in every row.
    extra_members: bool = false,
    /// `odata.id` and `odata.editLink` in minimal metadata.
    minimal_links: bool = true,
    /// The action flag of ScopeAdd and ScopeDelete.
    scope_flag: ScopeFlag = ScopeFlag::Assignments,
    /// The action flag of ListContentTypeAdd and ListContentTypeDelete.
    list_content_type_flag: ListContentTypeFlag = ListContentTypeFlag::AddDelete,
    /// The action flag of Dirty.
    dirty_flag: DirtyFlag = DirtyFlag::Update,
    /// Where Editor, EditorEmailHint and ServerRelativeUrl of an item row are filled.
    editor_where: Where = Where::Item,
    /// SharedByUser and SharedWithUsers are filled on sharing rows at item scope.
    shared_users: bool = false,
    /// Guids are written in upper case, in bodies.
    upper_guids: bool = false,
    /// JSON bodies begin with a byte order mark.
    bom: bool = false,
    /// Non-ASCII characters are written as `\uXXXX`.
    ascii: bool = true,
    /// Times carry their `Z`.
    zulu: bool = true,
    /// The Content-Type of JSON is the plain `application/json; charset=utf-8`.
    plain_content_type: bool = false,
    /// When RequireSecurityTrim takes rows away.
    trim: Trim = Trim::Before,
    /// The language of texts for people.
    language: Language = Language::English,
    /// What is said of a list that was deleted.
    gone: Gone = Gone::Code,
    /// Cookie sessions need a digest for SOAP calls.
    soap_digest: bool = true,
    /// Most rows of a page of `items`.
    items_cap: u32 = 5_000,
    /// Most rows of a page of items that a list's feed was asked for by id; 0 for as many as RowLimit says.
    ids_cap: u32 = 0,
    /// Most rows of an answer to a token, of a list's feed; 0 for as many as RowLimit says.
    since_cap: u32 = 40,
    /// Most rows of the log that an answer to a token looks at; 0 for all. Small numbers make answers without rows.
    since_scan: u32 = 0,
    /// An answer to a token ends behind any row of the log, as often as not.
    since_anywhere: bool = false,
    /// An answer of a list's feed reads the log before the rows: what is written between the answer before it and this
    /// one may be in its rows, and behind its token.
    log_first: bool = false,
    /// Pages of a list's feed without a token are finer than asked: by ids and of a folder too.
    fine_pages: bool = false,
    /// Pages of a list's feed without a token hold nothing where ids are missing, and tell where the next one begins.
    empty_pages: bool = false,
    /// Answers of a list's feed bring a row or an `Id` twice, as often as not.
    repeats: bool = false,
    /// What a list's feed says of a folder that is not there.
    missing_folder: MissingFolder = MissingFolder::Error,
    /// Rows have their ParentUniqueId.
    parent_ids: bool = true,
    /// What a token older than the log brings from a list's feed.
    since_expired: SinceExpired = SinceExpired::InvalidToken,
    /// Without Query, RowLimit or ViewFields the default view's filter, limit or columns hold.
    view_leaks: bool = true,
    /// What a ViewFields without a field asks for.
    empty_view_fields: EmptyViewFields = EmptyViewFields::View,
    /// Rows hold fields that nobody asked for.
    uninvited: bool = true,
    /// Empty fields come as empty attributes.
    empty_values: bool = false,
    /// What an item that was restored stands as.
    restored: Restored = Restored::Both,
    /// What an item that the system changed stands as.
    system_updated: Pointed = Pointed::Id,
    /// What an item that was renamed stands as.
    renamed: Pointed = Pointed::Id,
    /// An item that went to another folder of its list stands as MoveAway to the same list too.
    moves_within_as_ids: bool = false,
    /// The order of `Id` elements.
    id_order: IdOrder = IdOrder::Log,
    /// Views, and files and folders that are no items, stand as SystemUpdate without an id.
    stray_ids: bool = false,
    /// `Id` elements have a UniqueId.
    unique_ids: bool = true,
    /// `Id` elements have a MetaInfo_vti_clientid.
    client_ids: bool = false,
    /// Changes of an item's permissions bring its row, if the caller sees it; else the list's feed is silent.
    permission_rows: bool = false,
    /// The rows of the first answer after a change of the schema.
    schema_rows: SchemaRows = SchemaRows::Changed,
    /// MoreChanges stands as FALSE where nothing is left.
    more_changes_false: bool = false,
    /// A last page that is full has a position all the same; an empty page follows.
    position_at_end: bool = false,
    /// Items above which a filter or order that no index answers is refused; 0 for never.
    view_threshold: u32 = 5_000,
    /// Items of a folder above which it cannot be listed; 0 for never.
    folder_threshold: u32 = 5_000,
    /// Lookups, people and terms above which a field list is refused: 8 on premises, 12 online; 0 for never.
    lookup_threshold: u32 = 12,
    /// What becomes of an answer that would hold a poisoned item's row.
    poison: PoisonKind = PoisonKind::Error,
    /// Semicolons in what a lookup shows are doubled.
    lookup_escape: bool = true,
    /// Minutes from the web's own time to UTC, as a list's definition tells them: -60 is an hour ahead of UTC.
    time_zone: i32 = -60,
    /// Minutes that a list's feed wants between two calls.
    min_time_between_syncs: u32 = 0,
    /// The Content-Type of a rowset that REST answers with.
    rowset_type: RowsetType = RowsetType::Application,
    /// Rowsets begin with a byte order mark.
    rowset_bom: bool = false,
    /// The quotes of a rowset's attributes.
    rowset_quotes: Quotes = Quotes::Mixed,
    /// The prefixes of a rowset's namespaces.
    rowset_prefixes: Prefixes = Prefixes::Usual,
    /// A rowset's namespaces are declared on its root or envelope.
    namespaces_above: bool = false,
    /// Letters beyond ASCII are character references in rowsets.
    rowset_references: bool = false,
    /// How characters that XML cannot hold come where nobody asked them away.
    control_characters: Controls = Controls::Raw,
    /// How all rights are told.
    full_mask: FullMask = FullMask::Name,
    /// Rowsets tell AlternateUrls.
    alternate_urls: bool = true,
}

/// A text that sets nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no switch of this server: expected {allowed}")]
pub struct UnknownSwitch {
    text: String,
    allowed: String,
}

impl Dialect {
    /// Whether SP.ChangeQuery of this server lacks a member. Documentation of 2013 lacks these seven, and an
    /// on-premises server refuses what it does not know.
    pub(crate) fn lacks(&self, member: &str) -> bool {
        const NEWER: [&str; 7] = [
            "Activity",
            "AppConsentPrincipal",
            "FetchLimit",
            "IgnoreStartTokenNotFoundError",
            "LatestFirst",
            "RecursiveAll",
            "RequireSecurityTrim",
        ];
        (self.generation != Generation::Online && NEWER.contains(&member))
            || self.refuse.split(',').any(|refused| refused.trim() == member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_can_be_set_from_the_text_that_describes_it() {
        let mut dialect = Dialect::default();
        for (text, _) in Dialect::default().describe() {
            dialect.set(&text).unwrap();
        }
        assert_eq!(dialect, Dialect::default());
        assert_eq!(dialect.describe().len(), Dialect::NAMES.len());
    }

    #[test]
    fn switches_change_what_they_name() {
        let mut dialect = Dialect::default();
        dialect.set("generation=2013").unwrap();
        dialect.set("folder-delete=each").unwrap();
        dialect.set("retention=145d").unwrap();
        dialect.set("bom").unwrap();
        assert_eq!(dialect.generation, Generation::Server2013);
        assert_eq!(dialect.folder_delete, Tree::Each);
        assert_eq!(dialect.retention, Duration::from_secs(145 * 86_400));
        assert!(dialect.bom);
    }

    #[test]
    fn unknown_names_and_values_are_refused_with_what_is_known() {
        let mut dialect = Dialect::default();
        assert!(dialect.set("colour=red").unwrap_err().to_string().contains("member_order"));
        assert!(dialect.set("expired=maybe").unwrap_err().to_string().contains("error, empty"));
    }
}
