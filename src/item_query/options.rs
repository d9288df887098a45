//! `QueryOptions`: the complete set, as it is sent.

use super::{OptimizeFor, ViewScope};
use crate::xml::text::escape;

/// Every option of the call (MS-LISTSWS, CamlQueryOptions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(super) date_in_utc: bool,
    pub(super) folder: Option<String>,
    pub(super) paging: Option<String>,
    pub(super) include_mandatory_columns: bool,
    pub(super) include_permissions: bool,
    pub(super) include_attachment_urls: bool,
    pub(super) include_attachment_version: bool,
    pub(super) expand_user_field: bool,
    pub(super) scope: ViewScope,
    pub(super) remove_invalid_xml_characters: bool,
    pub(super) optimize_for: OptimizeFor,
    pub(super) extra_ids: Vec<i32>,
    pub(super) optimize_lookups: bool,
    pub(super) meeting_instance_id: i32,
    pub(super) recurrence_order_by: bool,
    pub(super) recurrence_pattern_xml_version: String,
}

impl Default for Options {
    /// What a copy of a list needs; where it does not matter, what servers take for an option that is not named.
    fn default() -> Self {
        Options {
            date_in_utc: true,
            folder: None,
            paging: None,
            include_mandatory_columns: true,
            include_permissions: true,
            include_attachment_urls: false,
            include_attachment_version: false,
            expand_user_field: false,
            scope: ViewScope::RecursiveAll,
            remove_invalid_xml_characters: true,
            optimize_for: OptimizeFor::ItemIds,
            extra_ids: Vec::new(),
            optimize_lookups: false,
            meeting_instance_id: -1,
            recurrence_order_by: false,
            recurrence_pattern_xml_version: "v3".to_owned(),
        }
    }
}

impl Options {
    /// The element as it is sent. What has no value of its own (a folder, a page, extra ids) is left out; the scope of
    /// a view without a name is the empty one, which stands for itself.
    pub(super) fn xml(&self) -> String {
        let mut xml = String::from("<QueryOptions>");
        for (name, value) in self.elements() {
            match value {
                Content::Text(text) => xml.push_str(&format!("<{name}>{}</{name}>", escape(&text))),
                Content::Attribute(attribute, text) => {
                    xml.push_str(&format!("<{name} {attribute}=\"{}\"/>", escape(&text)));
                }
            }
        }
        xml.push_str("</QueryOptions>");
        xml
    }

    /// The options that decide which rows come and in what form, with their values.
    pub(super) fn fingerprint(&self) -> impl Iterator<Item = String> {
        let bound = self.elements().into_iter().filter(|(name, _)| !UNBOUND.contains(name));
        bound.map(|(name, Content::Text(text) | Content::Attribute(_, text))| format!("{name}={text}"))
    }

    /// Every option that has a value, in the order of the documentation.
    fn elements(&self) -> Vec<(&'static str, Content)> {
        let flag = |yes: bool| Some(Content::Text(if yes { "TRUE" } else { "FALSE" }.to_owned()));
        let text = |text: &str| Some(Content::Text(text.to_owned()));
        let attribute = |name, text: &str| Some(Content::Attribute(name, text.to_owned()));
        let extra_ids: Vec<String> = self.extra_ids.iter().map(ToString::to_string).collect();
        let optimize_for = match self.optimize_for {
            OptimizeFor::ItemIds => "ItemIds",
            OptimizeFor::FolderUrls => "FolderUrls",
        };
        let position = |place: &String| attribute("ListItemCollectionPositionNext", place);
        let elements = [
            ("DateInUtc", flag(self.date_in_utc)),
            ("Folder", self.folder.as_deref().and_then(text)),
            ("Paging", self.paging.as_ref().and_then(position)),
            ("IncludeMandatoryColumns", flag(self.include_mandatory_columns)),
            ("IncludePermissions", flag(self.include_permissions)),
            ("IncludeAttachmentUrls", flag(self.include_attachment_urls)),
            ("IncludeAttachmentVersion", flag(self.include_attachment_version)),
            ("ExpandUserField", flag(self.expand_user_field)),
            ("ViewAttributes", attribute("Scope", self.scope.name())),
            ("RemoveInvalidXmlCharacters", flag(self.remove_invalid_xml_characters)),
            ("OptimizeFor", text(optimize_for)),
            ("ExtraIds", (!extra_ids.is_empty()).then(|| Content::Text(extra_ids.join(",")))),
            ("OptimizeLookups", flag(self.optimize_lookups)),
            ("MeetingInstanceID", text(&self.meeting_instance_id.to_string())),
            ("RecurrenceOrderBy", flag(self.recurrence_order_by)),
            ("RecurrencePatternXMLVersion", text(&self.recurrence_pattern_xml_version)),
        ];
        elements.into_iter().filter_map(|(name, content)| Some((name, content?))).collect()
    }
}

/// Where the value of an option stands.
enum Content {
    Text(String),
    Attribute(&'static str, String),
}

/// Options that place an answer or change how quick it is, and not what it says.
const UNBOUND: [&str; 5] = ["Folder", "Paging", "OptimizeFor", "ExtraIds", "OptimizeLookups"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_sent_whatever_is_set() {
        let names = |options: &Options| -> Vec<&'static str> {
            options.elements().into_iter().map(|(name, _)| name).collect()
        };
        let plain = names(&Options::default());
        assert_eq!(plain.len(), 13);
        let turned = Options {
            date_in_utc: false,
            include_mandatory_columns: false,
            include_permissions: false,
            scope: ViewScope::Default,
            remove_invalid_xml_characters: false,
            ..Options::default()
        };
        assert_eq!(names(&turned), plain);
        assert!(turned.xml().starts_with("<QueryOptions><DateInUtc>FALSE</DateInUtc>"));
        assert!(turned.xml().contains("<ViewAttributes Scope=\"\"/>"));
        let placed = Options {
            folder: Some("/a".into()),
            paging: Some("b".into()),
            extra_ids: vec![12, 15],
            ..Options::default()
        };
        assert_eq!(names(&placed).len(), 16);
    }

    #[test]
    fn a_place_is_escaped_once() {
        let options = Options {
            folder: Some("/sites/ops/R&D <1>".into()),
            paging: Some("Paged=TRUE&p_Title=\"a\"&p_ID=16".into()),
            ..Options::default()
        };
        let xml = options.xml();
        assert!(xml.contains("<Folder>/sites/ops/R&amp;D &lt;1&gt;</Folder>"), "{xml}");
        let paging =
            "<Paging ListItemCollectionPositionNext=\"Paged=TRUE&amp;p_Title=&quot;a&quot;&amp;p_ID=16\"/>";
        assert!(xml.contains(paging), "{xml}");
    }
}
