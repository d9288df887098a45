//! The types of columns, as far as they decide how a value is written in a row.

/// How the values of a field are written, told by its type and, for the fields SharePoint gives every list, its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Many lines of text, or HTML.
    Note,
    /// A number; 0.25 is 25 %.
    Number,
    /// An amount of money, without its currency.
    Currency,
    /// A whole number; ratings and likes are written with decimals all the same (`3.00000000000000`).
    Integer,
    /// The item's own number.
    Counter,
    /// Yes or no.
    Boolean,
    /// A point in time.
    DateTime,
    /// One of several texts.
    Choice,
    /// Some of several texts.
    MultiChoice,
    /// An item of another list, or of this one.
    Lookup,
    /// Several such items.
    LookupMulti,
    /// A user or a group.
    Person,
    /// Several users and groups.
    PersonMulti,
    /// An address with a caption, or a picture's.
    Link,
    /// The result of a formula.
    Calculated,
    /// Made for a view; not stored.
    Computed,
    /// A term of a term set.
    Term,
    /// Several terms.
    TermMulti,
    /// An image, a thumbnail or a location, which come as JSON text (inferred; never recorded).
    Json,
    /// A GUID.
    Guid,
    /// The id of a content type.
    ContentTypeId,
    /// The files attached to an item.
    Attachments,
    /// Whether the item is a file or a folder (`FSObjType`).
    ObjectType,
    /// A GUID of the item itself (`UniqueId`, `ParentUniqueId`, `ScopeId`).
    OwnGuid,
    /// A path of the item itself (`FileRef`, `FileDirRef`).
    OwnPath,
    /// A time of the item's file (`Created_x0020_Date`, `Last_x0020_Modified`).
    OwnDate,
    /// Another text of the item itself, such as its file's name.
    OwnText,
    /// A number of the item itself: its file's size, how many items a folder holds, how many comments it has
    /// (`File_x0020_Size`, `ItemChildCount`, `_CommentCount`).
    OwnNumber,
    /// Whether an item is approved: 0 approved, 1 rejected, 2 pending, 3 a draft, 4 scheduled. Some servers write the
    /// word behind the number (`0;#Approved`).
    ModerationStatus,
    /// The caller's rights on the item (`PermMask`).
    PermMask,
    /// The item's property bag (`MetaInfo`).
    Properties,
    /// A type this version does not know, or one that has no form of its own.
    Other,
}

impl FieldKind {
    /// The kind of a field, by its name, its `Type`, its `Mult` and the list it looks into.
    pub(crate) fn of(name: &str, type_name: &str, multi: bool, lookup_list: Option<&str>) -> FieldKind {
        if let Some((_, kind)) = SYSTEM.iter().find(|(system, _)| *system == name) {
            return *kind;
        }
        match type_name {
            "Text" => FieldKind::Text,
            "Note" | "HTML" => FieldKind::Note,
            "Number" | "AverageRating" => FieldKind::Number,
            "Currency" => FieldKind::Currency,
            "Integer" | "RatingCount" | "Likes" | "WorkflowStatus" | "WorkflowEventType" => {
                FieldKind::Integer
            }
            "ModStat" => FieldKind::ModerationStatus,
            "Counter" => FieldKind::Counter,
            "Boolean" | "AllDayEvent" | "Recurrence" | "CrossProjectLink" => FieldKind::Boolean,
            "DateTime" => FieldKind::DateTime,
            "Choice" | "OutcomeChoice" => FieldKind::Choice,
            "MultiChoice" => FieldKind::MultiChoice,
            // The list's own store, joined by the item's id. People may call columns of their own like its numbers.
            "Lookup" if matches!(lookup_list, None | Some("Docs")) && NUMBERS.contains(&name) => {
                FieldKind::OwnNumber
            }
            "Lookup" if lookup_list == Some("Docs") => FieldKind::OwnText,
            "File" => FieldKind::OwnText,
            "Lookup" | "LookupMulti" if multi || type_name == "LookupMulti" => FieldKind::LookupMulti,
            "Lookup" => FieldKind::Lookup,
            "User" | "UserMulti" if multi || type_name == "UserMulti" => FieldKind::PersonMulti,
            "User" => FieldKind::Person,
            "URL" => FieldKind::Link,
            "Calculated" => FieldKind::Calculated,
            "Computed" => FieldKind::Computed,
            "TaxonomyFieldType" | "TaxonomyFieldTypeMulti"
                if multi || type_name == "TaxonomyFieldTypeMulti" =>
            {
                FieldKind::TermMulti
            }
            "TaxonomyFieldType" => FieldKind::Term,
            "Image" | "Thumbnail" | "Location" | "Geolocation" => FieldKind::Json,
            "Guid" => FieldKind::Guid,
            "ContentTypeId" => FieldKind::ContentTypeId,
            "Attachments" => FieldKind::Attachments,
            _ => FieldKind::Other,
        }
    }
}

/// The fields whose values are written alike in every list, whatever type a server gives them. Most of them carry the
/// item's own id before the value, as lookups into the item's own store do.
const SYSTEM: [(&str, FieldKind); 14] = [
    ("ID", FieldKind::Counter),
    ("UniqueId", FieldKind::OwnGuid),
    ("ParentUniqueId", FieldKind::OwnGuid),
    ("ScopeId", FieldKind::OwnGuid),
    ("FSObjType", FieldKind::ObjectType),
    ("FileRef", FieldKind::OwnPath),
    ("FileDirRef", FieldKind::OwnPath),
    ("FileLeafRef", FieldKind::OwnText),
    ("Created_x0020_Date", FieldKind::OwnDate),
    ("Last_x0020_Modified", FieldKind::OwnDate),
    ("owshiddenversion", FieldKind::Integer),
    ("PermMask", FieldKind::PermMask),
    ("MetaInfo", FieldKind::Properties),
    ("ContentTypeId", FieldKind::ContentTypeId),
];

/// The whole numbers among what the list's own store tells of an item. The rest of it is text, or says by its name what
/// it is.
const NUMBERS: [&str; 19] = [
    "A2ODMountCount",
    "BSN",
    "CheckedOutUserId",
    "ContentVersion",
    "File_x0020_Size",
    "FolderChildCount",
    "IsCheckedoutToLocal",
    "ItemChildCount",
    "SMTotalFileCount",
    "SMTotalFileStreamSize",
    "SMTotalSize",
    "SortBehavior",
    "VirusStatus",
    "_CommentCount",
    "_CommentFlags",
    "_Dirty",
    "_LikeCount",
    "_ListSchemaVersion",
    "_Parsable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_name_then_type_then_target() {
        for (name, type_name, multi, list, kind) in [
            ("Title", "Text", false, None, FieldKind::Text),
            ("UniqueId", "Lookup", false, Some("Docs"), FieldKind::OwnGuid),
            ("UniqueId", "Guid", false, None, FieldKind::OwnGuid),
            ("ItemChildCount", "Lookup", false, Some("Docs"), FieldKind::OwnNumber),
            ("_LikeCount", "Lookup", false, None, FieldKind::OwnNumber),
            ("ProgId", "Lookup", false, Some("Docs"), FieldKind::OwnText),
            ("File_x0020_Size", "Text", false, None, FieldKind::Text),
            ("File_x0020_Size", "Integer", false, None, FieldKind::Integer),
            ("BSN", "Lookup", false, Some("{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66}"), FieldKind::Lookup),
            ("AverageRating", "AverageRating", false, None, FieldKind::Number),
            ("RatingCount", "RatingCount", false, None, FieldKind::Integer),
            ("LikesCount", "Likes", false, None, FieldKind::Integer),
            ("_ModerationStatus", "ModStat", false, None, FieldKind::ModerationStatus),
            ("Customer", "Lookup", false, Some("{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66}"), FieldKind::Lookup),
            ("Customer", "Lookup", true, Some("Self"), FieldKind::LookupMulti),
            ("Customer", "LookupMulti", false, None, FieldKind::LookupMulti),
            ("Editor", "User", false, Some("UserInfo"), FieldKind::Person),
            ("Team", "UserMulti", false, None, FieldKind::PersonMulti),
            ("Team", "User", true, None, FieldKind::PersonMulti),
            ("Topic", "TaxonomyFieldType", false, None, FieldKind::Term),
            ("Topics", "TaxonomyFieldTypeMulti", true, None, FieldKind::TermMulti),
            ("Photo", "Thumbnail", false, None, FieldKind::Json),
            ("New", "TypeOfTomorrow", false, None, FieldKind::Other),
        ] {
            assert_eq!(FieldKind::of(name, type_name, multi, list), kind, "{name} {type_name}");
        }
    }
}
