//! The files attached to an item.

use uuid::Uuid;

use super::SEPARATOR;

/// The files attached to an item, as much as was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attachments<'a> {
    /// How many there are, or 1 where the server only says that there are some.
    Count(u32),
    /// The files, asked for with [`include_attachment_urls`](crate::ItemQuery::include_attachment_urls).
    Files(Vec<Attachment<'a>>),
}

/// A file attached to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attachment<'a> {
    /// Its address.
    pub url: &'a str,
    /// Its id and version; `None` unless asked for with
    /// [`include_attachment_version`](crate::ItemQuery::include_attachment_version).
    pub version: Option<(Uuid, i32)>,
}

impl<'a> Attachments<'a> {
    /// A number, or `;#url;#url;#`, with `{GUID},version` behind each address where that was asked for.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let Some(rest) = text.strip_prefix(SEPARATOR) else {
            return text.parse().ok().map(Attachments::Count);
        };
        let mut files: Vec<Attachment> = Vec::new();
        for part in rest.strip_suffix(SEPARATOR).unwrap_or(rest).split(SEPARATOR) {
            match (version(part), files.last_mut()) {
                (Some(version), Some(file)) if file.version.is_none() => file.version = Some(version),
                (None, _) if !part.is_empty() => files.push(Attachment { url: part, version: None }),
                _ => return None,
            }
        }
        Some(Attachments::Files(files))
    }
}

fn version(part: &str) -> Option<(Uuid, i32)> {
    let (id, version) = part.strip_prefix('{')?.split_once("},")?;
    Some((super::guid(id)?, version.parse().ok()?))
}
