//! What the documents leave open about a real server, as switches.

use std::time::Duration;

mod choices;

pub use self::choices::*;
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
