//! What a purpose needs to ask for.

use super::{Kinds, Objects};

/// A purpose, and what to ask for to serve it.
///
/// Every preset asks for all of Add, Update, SystemUpdate, Rename, Move, Restore and Delete, because each of them
/// can be the only row that tells of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preset {
    /// List items and the documents of libraries; and lists, because a list restored whole is told by its own row.
    Items,
    /// What [`Items`](Preset::Items) asks for, and the files and folders that are no list items. A document of a
    /// library is an item.
    Files,
    /// Who may see what: role definitions and assignments, group members, and what carries permissions. Group
    /// membership is told at site scope.
    Permissions,
    /// Columns, content types, views and the lists and webs that hold them.
    Schema,
    /// Everything the log holds.
    Everything,
}

impl Preset {
    /// The objects to ask for.
    pub fn objects(self) -> Objects {
        use Objects as O;
        match self {
            Preset::Items => O::ITEM | O::LIST,
            Preset::Files => O::ITEM | O::LIST | O::FILE | O::FOLDER,
            Preset::Permissions => {
                O::ITEM
                    | O::FILE
                    | O::FOLDER
                    | O::LIST
                    | O::WEB
                    | O::SITE
                    | O::USER
                    | O::GROUP
                    | O::SECURITY_POLICY
            }
            Preset::Schema => O::FIELD | O::CONTENT_TYPE | O::VIEW | O::LIST | O::WEB,
            Preset::Everything => O::EVERYTHING,
        }
    }

    /// The kinds to ask for.
    pub fn kinds(self) -> Kinds {
        use Kinds as K;
        let every = K::ADD | K::UPDATE | K::SYSTEM_UPDATE | K::RENAME | K::MOVE | K::RESTORE | K::DELETE;
        match self {
            Preset::Items | Preset::Files | Preset::Schema => every,
            Preset::Permissions => every | K::ROLES,
            Preset::Everything => K::EVERYTHING,
        }
    }
}
