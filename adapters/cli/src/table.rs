//! Changes as a table for people.

use std::fmt;

use jiff::tz::TimeZone;
use sharepoint_changes::{Change, ChangedObject};
use uuid::Uuid;

use crate::{event::op, printable::Printable};

/// The head of the table.
pub(crate) const HEAD: &str = "TIME (UTC)           CHANGE              OBJECT        WHAT";

/// A change as one line of the table.
pub(crate) struct Line<'a>(pub(crate) &'a Change);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = self.0;
        let time = change.time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S");
        write!(f, "{time}  ")?;
        match op(change.kind) {
            "unknown" => write!(f, "{:<18}  ", format_args!("kind {}", change.kind.code()).to_string())?,
            op => write!(f, "{:<18}  ", op.replace('_', " "))?,
        }
        write!(f, "{:<12}  ", change.object.name().replace('_', " "))?;
        what(&change.object, f)
    }
}

fn what(object: &ChangedObject, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match object {
        ChangedObject::Item(item) => {
            match (&item.server_relative_url, item.details.as_ref().and_then(|it| it.title.as_deref())) {
                (Some(path), _) => write!(f, "{}", Printable(path))?,
                (None, Some(title)) => write!(f, "{}", Printable(title))?,
                (None, None) => write!(f, "{} of list {}", item.item_id, Short(item.list_id))?,
            }
            match &item.editor {
                Some(editor) => write!(f, " by {}", Printable(editor)),
                None => Ok(()),
            }
        }
        ChangedObject::File(file) | ChangedObject::FileOrFolder(file) => {
            write!(f, "{}", Short(file.unique_id))
        }
        ChangedObject::Folder(folder) => write!(f, "{}", Short(folder.unique_id)),
        ChangedObject::List(list) => match &list.title {
            Some(title) => write!(f, "{}", Printable(title)),
            None => write!(f, "{}", Short(list.list_id)),
        },
        ChangedObject::Web { web_id } => write!(f, "{}", Short(*web_id)),
        ChangedObject::View { view_id, list_id, .. } => {
            write!(f, "{} of list {}", Short(*view_id), Short(*list_id))
        }
        ChangedObject::Field { field_id: Some(id), .. } => write!(f, "{}", Short(*id)),
        ChangedObject::ContentType { content_type_id, .. } => write!(f, "{}", Printable(content_type_id)),
        ChangedObject::User { user_id: Some(id), .. } | ChangedObject::Group { group_id: Some(id) } => {
            write!(f, "{id}")
        }
        ChangedObject::Unknown { type_name: Some(name) } => write!(f, "{}", Printable(name)),
        _ => Ok(()),
    }
}

/// The first part of an id: enough to tell one from another on a screen. The whole id is in the JSON.
struct Short(Uuid);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0.as_fields().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_by_its_first_part() {
        let id: Uuid = "0e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66".parse().expect("an id");
        assert_eq!(Short(id).to_string(), "0e9b7d52");
    }
}
