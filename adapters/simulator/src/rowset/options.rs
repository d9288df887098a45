//! QueryOptions, and the two regimes they are read by.

use super::element::Element;

/// Which items of a folder's tree are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ViewScope {
    /// What stands directly in the folder.
    #[default]
    Folder,
    /// Files and rows at any depth.
    Recursive,
    /// Files, rows and folders at any depth.
    RecursiveAll,
    /// Files and rows directly in the folder.
    FilesOnly,
}

/// QueryOptions, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Dates in ISO form and UTC; else with a blank, in the web's own zone.
    pub(crate) utc: bool,
    /// The server-relative path of a folder.
    pub(crate) folder: Option<String>,
    /// Where a page begins.
    pub(crate) position: Option<String>,
    /// Required columns, and those that calculated ones are made of, come without being asked for.
    pub(crate) mandatory: bool,
    /// A row tells its rights where they differ from the list's.
    pub(crate) permissions: bool,
    /// Attachments are told by address, not by number.
    pub(crate) attachment_urls: bool,
    /// Beside its address, an attachment's id and version.
    pub(crate) attachment_versions: bool,
    /// People come with login, mail and more.
    pub(crate) expand_users: bool,
    /// How deep to look.
    pub(crate) scope: ViewScope,
    /// Characters that XML cannot hold are left out.
    pub(crate) clean: bool,
    /// Ids of items whose rows are wanted in any case.
    pub(crate) extra: Vec<i32>,
}

impl Options {
    /// What holds where the parameter is left out [MS-LISTSWS R679].
    pub(crate) fn omitted() -> Self {
        Self {
            utc: true,
            folder: None,
            position: None,
            mandatory: true,
            permissions: true,
            attachment_urls: true,
            attachment_versions: true,
            expand_users: true,
            scope: ViewScope::RecursiveAll,
            clean: false,
            extra: Vec::new(),
        }
    }

    /// What a supplied parameter says: an option it does not name has its own default, mostly FALSE
    /// [MS-LISTSWS R2252, R1268, R1275, R1277, R1281, R1284]. Options of calendars and hints are taken and do
    /// nothing here, as for every list without recurring events.
    pub(crate) fn supplied(element: &Element) -> Self {
        let says = |name: &str, default: bool| match element.child_text(name) {
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            _ => default,
        };
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let scope = element.child("ViewAttributes").and_then(|view| view.attribute("Scope"));
        let position = element.child("Paging");
        let position = position.and_then(|paging| paging.attribute("ListItemCollectionPositionNext"));
        let extra = element.child_text("ExtraIds").unwrap_or_default();
        Self {
            utc: says("DateInUtc", false),
            folder: element.child_text("Folder").and_then(filled),
            position: position.and_then(filled),
            mandatory: says("IncludeMandatoryColumns", true),
            permissions: says("IncludePermissions", false),
            attachment_urls: says("IncludeAttachmentUrls", false),
            attachment_versions: says("IncludeAttachmentVersion", false),
            expand_users: says("ExpandUserField", false),
            scope: match scope {
                Some("RecursiveAll") => ViewScope::RecursiveAll,
                Some("Recursive") => ViewScope::Recursive,
                Some("FilesOnly") => ViewScope::FilesOnly,
                _ => ViewScope::Folder,
            },
            clean: says("RemoveInvalidXmlCharacters", false),
            extra: extra.split([',', ';']).filter_map(|id| id.trim().parse().ok()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supplied(text: &str) -> Options {
        Options::supplied(&Element::parameter(text, "QueryOptions").unwrap())
    }

    #[test]
    fn a12_omitted_options_are_the_true_regime_and_supplied_ones_the_false_regime() {
        let omitted = Options::omitted();
        assert!(omitted.utc && omitted.permissions && omitted.attachment_urls && omitted.expand_users);
        assert_eq!(omitted.scope, ViewScope::RecursiveAll);
        let bare = supplied("<QueryOptions><Paging ListItemCollectionPositionNext=\"x\"/></QueryOptions>");
        assert!(!bare.utc && !bare.permissions && !bare.attachment_urls && !bare.attachment_versions);
        assert!(!bare.expand_users && bare.mandatory);
        assert_eq!((bare.scope, bare.position.as_deref()), (ViewScope::Folder, Some("x")));
        assert_eq!(supplied("<QueryOptions/>").scope, ViewScope::Folder);
    }

    #[test]
    fn every_option_is_read() {
        let all = supplied(
            "<QueryOptions><DateInUtc>TRUE</DateInUtc><Folder>/a/b</Folder><ExtraIds>12,15</ExtraIds>\
             <IncludeMandatoryColumns>FALSE</IncludeMandatoryColumns><IncludePermissions>TRUE</IncludePermissions>\
             <IncludeAttachmentUrls>TRUE</IncludeAttachmentUrls><IncludeAttachmentVersion>true</IncludeAttachmentVersion>\
             <ExpandUserField>TRUE</ExpandUserField><ViewAttributes Scope=\"FilesOnly\"/>\
             <RemoveInvalidXmlCharacters>TRUE</RemoveInvalidXmlCharacters></QueryOptions>",
        );
        let expected = Options {
            folder: Some("/a/b".to_owned()),
            mandatory: false,
            scope: ViewScope::FilesOnly,
            clean: true,
            extra: vec![12, 15],
            ..Options::omitted()
        };
        assert_eq!(all, expected);
    }
}
