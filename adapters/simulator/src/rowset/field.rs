//! The fields of a list: what every list has, and its own columns.

use uuid::{Uuid, uuid};

use crate::world::{Column, ColumnKind, List, Template};

/// A field, by what it is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    /// One that every list has.
    Standard(&'static Standard),
    /// A column of the list.
    Column(&'a Column),
}

/// A field that every list, or every library, has.
#[derive(Debug)]
pub(crate) struct Standard {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The type in the list's definition.
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) holds: Holds,
}

/// What a standard field tells of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Id,
    ContentTypeId,
    ContentType,
    Modified,
    Created,
    Author,
    Editor,
    HiddenVersion,
    UiVersion,
    UiVersionString,
    Attachments,
    ModerationStatus,
    Level,
    UniqueId,
    ParentUniqueId,
    Guid,
    FileRef,
    FileDirRef,
    FileLeafRef,
    ObjectType,
    ScopeId,
    PermMask,
    CreatedDate,
    LastModified,
    ProgId,
    MetaInfo,
    FileType,
    FileSize,
    Order,
    ItemChildCount,
    FolderChildCount,
    EncodedAbsUrl,
    DocIcon,
}

const fn standard(
    name: &'static str,
    title: &'static str,
    kind: &'static str,
    id: Uuid,
    holds: Holds,
) -> Standard {
    Standard { name, title, kind, id, holds }
}

/// The standard fields with the ids they have everywhere.
pub(crate) static STANDARD: &[Standard] = &[
    standard("ID", "ID", "Counter", uuid!("1d22ea11-1e32-424e-89ab-9fedbadb6ce1"), Holds::Id),
    standard(
        "ContentTypeId",
        "Content Type ID",
        "ContentTypeId",
        uuid!("03e45e84-1992-4d42-9116-26f756012634"),
        Holds::ContentTypeId,
    ),
    standard(
        "ContentType",
        "Content Type",
        "Computed",
        uuid!("c042a256-787d-4a6f-8a8a-cf6ab767f12d"),
        Holds::ContentType,
    ),
    standard(
        "Modified",
        "Modified",
        "DateTime",
        uuid!("28cf69c5-fa48-462a-b5cd-27b6f9d2bd5f"),
        Holds::Modified,
    ),
    standard("Created", "Created", "DateTime", uuid!("8c06beca-0777-48f7-91c7-6da68bc07b69"), Holds::Created),
    standard("Author", "Created By", "User", uuid!("1df5e554-ec7e-46a6-901d-d85a3881cb18"), Holds::Author),
    standard("Editor", "Modified By", "User", uuid!("d31655d1-1d5b-4511-95a1-7a09e9b75bf2"), Holds::Editor),
    standard(
        "owshiddenversion",
        "owshiddenversion",
        "Integer",
        uuid!("d4e44a66-ee3a-4d02-88c9-4ec5ff3f4cd5"),
        Holds::HiddenVersion,
    ),
    standard(
        "_UIVersion",
        "UI Version",
        "Integer",
        uuid!("7841bf41-43d0-4434-9f50-a673baef7631"),
        Holds::UiVersion,
    ),
    standard(
        "_UIVersionString",
        "Version",
        "Text",
        uuid!("dce8262a-3ae9-45aa-aab4-83bd75fb738a"),
        Holds::UiVersionString,
    ),
    standard(
        "Attachments",
        "Attachments",
        "Attachments",
        uuid!("67df98f4-9dec-48ff-a553-29bece9c5bf4"),
        Holds::Attachments,
    ),
    standard(
        "_ModerationStatus",
        "Approval Status",
        "ModStat",
        uuid!("fdc3b2ed-5bf2-4835-a4bc-b885f3396a61"),
        Holds::ModerationStatus,
    ),
    standard("_Level", "Level", "Integer", uuid!("43bdd51b-3c5b-4e78-90a8-fb2087f71e70"), Holds::Level),
    standard(
        "UniqueId",
        "Unique Id",
        "Lookup",
        uuid!("4b7403de-8d94-43e8-9f0f-137a3e298126"),
        Holds::UniqueId,
    ),
    standard(
        "ParentUniqueId",
        "Parent Unique Id",
        "Lookup",
        uuid!("3cd805ac-4d42-4c31-9f0b-6c2b1e9d5a37"),
        Holds::ParentUniqueId,
    ),
    standard("GUID", "GUID", "Guid", uuid!("ae069f25-3ac2-4256-b9c3-15dbc15da0e0"), Holds::Guid),
    standard("FileRef", "URL Path", "Lookup", uuid!("94f89715-e097-4e8b-ba79-ea02aa8b7adb"), Holds::FileRef),
    standard(
        "FileDirRef",
        "Path",
        "Lookup",
        uuid!("56605df6-8fa1-47e4-a04c-5b384d59609f"),
        Holds::FileDirRef,
    ),
    standard(
        "FileLeafRef",
        "Name",
        "File",
        uuid!("8553196d-ec8d-4564-9861-3dbe931050c8"),
        Holds::FileLeafRef,
    ),
    standard(
        "FSObjType",
        "Item Type",
        "Lookup",
        uuid!("30bb605f-5bae-48fe-b4e3-1f81d9772af9"),
        Holds::ObjectType,
    ),
    standard("ScopeId", "ScopeId", "Lookup", uuid!("dddd2420-b270-4735-93b5-92b713d0944d"), Holds::ScopeId),
    standard(
        "PermMask",
        "Effective Permissions Mask",
        "Computed",
        uuid!("ba3c27ee-4791-4867-8821-ff99000bac98"),
        Holds::PermMask,
    ),
    standard(
        "Created_x0020_Date",
        "Created",
        "Lookup",
        uuid!("998b5cff-4a35-47a7-92f3-3914aa6aa4a2"),
        Holds::CreatedDate,
    ),
    standard(
        "Last_x0020_Modified",
        "Modified",
        "Lookup",
        uuid!("173f76c8-aebd-446a-9bc9-769a2bd2c18f"),
        Holds::LastModified,
    ),
    standard("ProgId", "ProgId", "Lookup", uuid!("c5c4b81c-f1d9-4b43-a6a2-090df32ebb68"), Holds::ProgId),
    standard(
        "MetaInfo",
        "Property Bag",
        "Lookup",
        uuid!("687c7f94-686a-42d3-9b67-2782eac4b4f8"),
        Holds::MetaInfo,
    ),
    standard(
        "File_x0020_Type",
        "File Type",
        "Text",
        uuid!("39360f11-34cf-4356-9945-25c44e68dade"),
        Holds::FileType,
    ),
    standard(
        "File_x0020_Size",
        "File Size",
        "Lookup",
        uuid!("8fca95c0-9b7d-456f-8dae-b41ee2728b85"),
        Holds::FileSize,
    ),
    standard("Order", "Order", "Number", uuid!("ca4addac-796f-4b23-b093-d2a3f65c0774"), Holds::Order),
    standard(
        "ItemChildCount",
        "Item Child Count",
        "Lookup",
        uuid!("b824e17e-a1b3-426e-aecf-f0184d900485"),
        Holds::ItemChildCount,
    ),
    standard(
        "FolderChildCount",
        "Folder Child Count",
        "Lookup",
        uuid!("960ff01f-2b6d-4f1b-9c3f-e19ad8927341"),
        Holds::FolderChildCount,
    ),
    standard(
        "EncodedAbsUrl",
        "Encoded Absolute URL",
        "Computed",
        uuid!("7177cfc7-f399-4d4d-905d-37dd51bc90bf"),
        Holds::EncodedAbsUrl,
    ),
    standard("DocIcon", "Type", "Computed", uuid!("081c6e4c-5c14-4f20-b23e-1a71ceb6a67c"), Holds::DocIcon),
];

/// What comes in every row, asked for or not: "extra attributes come uninvited".
const UNINVITED: [Holds; 11] = [
    Holds::Id,
    Holds::ModerationStatus,
    Holds::Level,
    Holds::HiddenVersion,
    Holds::UniqueId,
    Holds::ObjectType,
    Holds::CreatedDate,
    Holds::Created,
    Holds::FileLeafRef,
    Holds::FileRef,
    Holds::MetaInfo,
];

impl Standard {
    /// Whether a list of that template has it.
    fn is_of(&self, template: Template) -> bool {
        match self.holds {
            Holds::Attachments | Holds::Order => template == Template::List,
            Holds::FileSize | Holds::DocIcon => template == Template::Library,
            _ => true,
        }
    }

    /// Whether it comes in every row.
    pub(crate) fn is_uninvited(&self) -> bool {
        UNINVITED.contains(&self.holds)
    }
}

impl<'a> Field<'a> {
    /// Every field of a list: the standard ones, then its columns.
    pub(crate) fn all(list: &'a List) -> impl Iterator<Item = Self> {
        let standard = STANDARD.iter().filter(|field| field.is_of(list.template)).map(Field::Standard);
        standard.chain(list.columns.iter().map(Field::Column))
    }

    /// A field by its internal name.
    pub(crate) fn named(list: &'a List, name: &str) -> Option<Self> {
        Self::all(list).find(|field| field.name() == name)
    }

    /// Its id.
    pub(crate) fn id(&self) -> Uuid {
        match self {
            Self::Standard(field) => field.id,
            Self::Column(column) => column.id,
        }
    }

    /// Its internal name.
    pub(crate) fn name(&self) -> &'a str {
        match self {
            Self::Standard(field) => field.name,
            Self::Column(column) => &column.name,
        }
    }

    /// Whether reading it costs a join: the lookups, people and terms that the list view lookup threshold counts.
    /// Lookups into the item's own document are free.
    pub(crate) fn is_join(&self) -> bool {
        match self {
            Self::Standard(field) => matches!(field.holds, Holds::Author | Holds::Editor),
            Self::Column(column) => matches!(
                column.kind,
                ColumnKind::Lookup { .. } | ColumnKind::User { .. } | ColumnKind::Taxonomy { .. }
            ),
        }
    }
}
