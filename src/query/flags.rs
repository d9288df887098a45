//! Objects and kinds: the two sets of flags of a change query.

use std::{fmt, ops::BitOr};

/// Defines a non-empty set of wire flags: constants and their union, and no way to an empty one.
macro_rules! flags {
    ($(#[$about:meta])* $set:ident: $(#[$first_doc:meta])* $first:ident $first_name:literal,
     $($(#[$doc:meta])* $flag:ident $name:literal,)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $set(u32);

        impl $set {
            $(#[$first_doc])*
            pub const $first: $set = $set(1);
            flags!(@next $set, 1, $($(#[$doc])* $flag,)*);

            const NAMES: &'static [&'static str] = &[$first_name, $($name,)*];
            /// All of them.
            pub const EVERYTHING: $set = $set((1 << Self::NAMES.len()) - 1);

            /// Whether all of `other` are among these.
            pub fn contains(self, other: $set) -> bool {
                self.0 & other.0 == other.0
            }

            pub(crate) fn names(self) -> impl Iterator<Item = &'static str> + 'static {
                let set = self.0;
                Self::NAMES.iter().enumerate().filter(move |(bit, _)| set >> bit & 1 == 1).map(|(_, name)| *name)
            }
        }

        impl BitOr for $set {
            type Output = $set;
            fn bitor(self, other: $set) -> $set {
                $set(self.0 | other.0)
            }
        }

        impl fmt::Debug for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(", stringify!($set))?;
                for (n, name) in self.names().enumerate() {
                    write!(f, "{}{name}", if n == 0 { "" } else { " | " })?;
                }
                f.write_str(")")
            }
        }
    };
    (@next $set:ident, $before:expr, ) => {};
    (@next $set:ident, $before:expr, $(#[$doc:meta])* $flag:ident, $($rest:tt)*) => {
        $(#[$doc])*
        pub const $flag: $set = $set(($before) << 1);
        flags!(@next $set, ($before) << 1, $($rest)*);
    };
}

flags! {
    /// Objects whose changes are asked for; never empty. Unite them with `|`.
    Objects:
    /// List items, among them the documents of libraries (`SP.ChangeItem`).
    ITEM "Item",
    /// Lists and libraries themselves (`SP.ChangeList`).
    LIST "List",
    /// Webs (`SP.ChangeWeb`).
    WEB "Web",
    /// The site collection (`SP.ChangeSite`).
    SITE "Site",
    /// Files that are no list items, such as form pages (`SP.ChangeFile`).
    FILE "File",
    /// Folders that are no list items, such as a list's root folder (`SP.ChangeFolder`).
    FOLDER "Folder",
    /// Columns of sites and lists (`SP.ChangeField`).
    FIELD "Field",
    /// Content types (`SP.ChangeContentType`).
    CONTENT_TYPE "ContentType",
    /// Views (`SP.ChangeView`).
    VIEW "View",
    /// Users (`SP.ChangeUser`).
    USER "User",
    /// Groups (`SP.ChangeGroup`).
    GROUP "Group",
    /// Alerts (`SP.ChangeAlert`).
    ALERT "Alert",
    /// Security policies; their rows have no type of their own in the metadata.
    SECURITY_POLICY "SecurityPolicy",
    /// Consents given to apps (`SP.ChangeAppConsentPrincipal`); online only.
    APP_CONSENT_PRINCIPAL "AppConsentPrincipal",
}

flags! {
    /// Kinds of change that are asked for; never empty. Unite them with `|`.
    ///
    /// No flag is documented for unique permissions (17, 18), list content types (19, 20) and dirty objects (21);
    /// the first two were seen in answers to queries that asked for everything.
    Kinds:
    /// Made (1).
    ADD "Add",
    /// Changed (2).
    UPDATE "Update",
    /// Changed without touching who and when (15).
    SYSTEM_UPDATE "SystemUpdate",
    /// Recycled or deleted (3).
    DELETE "DeleteObject",
    /// Renamed (4).
    RENAME "Rename",
    /// Moved away or into (5, 6).
    MOVE "Move",
    /// Restored from the recycle bin or a backup (7).
    RESTORE "Restore",
    /// A role definition was made (8).
    ROLE_DEFINITION_ADD "RoleDefinitionAdd",
    /// A role definition was deleted (9).
    ROLE_DEFINITION_DELETE "RoleDefinitionDelete",
    /// A role definition was changed (10).
    ROLE_DEFINITION_UPDATE "RoleDefinitionUpdate",
    /// A role was given (11).
    ROLE_ASSIGNMENT_ADD "RoleAssignmentAdd",
    /// A role was taken away (12).
    ROLE_ASSIGNMENT_DELETE "RoleAssignmentDelete",
    /// Somebody became a member of a group (13).
    GROUP_MEMBERSHIP_ADD "GroupMembershipAdd",
    /// Somebody left a group (14).
    GROUP_MEMBERSHIP_DELETE "GroupMembershipDelete",
    /// The navigation of a web changed (16).
    NAVIGATION "Navigation",
    /// A social activity (22); online only.
    ACTIVITY "Activity",
}

impl Kinds {
    /// Everything about role definitions, role assignments and group members.
    pub const ROLES: Kinds = Kinds(
        Kinds::ROLE_DEFINITION_ADD.0
            | Kinds::ROLE_DEFINITION_DELETE.0
            | Kinds::ROLE_DEFINITION_UPDATE.0
            | Kinds::ROLE_ASSIGNMENT_ADD.0
            | Kinds::ROLE_ASSIGNMENT_DELETE.0
            | Kinds::GROUP_MEMBERSHIP_ADD.0
            | Kinds::GROUP_MEMBERSHIP_DELETE.0,
    );
}
