//! The event line: one change as one JSON object on one line.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use sharepoint_changes::{
    Change, ChangeKind, ChangeToken, ChangedFile, ChangedFolder, ChangedItem, ChangedList, ChangedObject,
    SharedUser,
};
use uuid::Uuid;

/// The version of everything the command prints as JSON. A new member does not raise it.
pub(crate) const VERSION: u32 = 1;

/// A change as it is printed. The members up to `editor` are always there, `null` where the row says nothing; the
/// others only where the row fills them.
#[derive(Serialize)]
pub(crate) struct Event<'a> {
    v: u32,
    #[serde(rename = "type")]
    kind_of_line: &'static str,
    op: &'static str,
    kind: &'static str,
    change_type: i32,
    change_type_name: Option<&'static str>,
    #[serde(serialize_with = "text")]
    token: &'a ChangeToken,
    time: Timestamp,
    site: Uuid,
    web: Option<Uuid>,
    list: Option<Uuid>,
    item_id: Option<i32>,
    unique_id: Option<Uuid>,
    path: Option<&'a str>,
    editor: Option<&'a str>,
    #[serde(flatten)]
    more: More<'a>,
    /// What of the row cannot be read, as JSON text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unreadable: BTreeMap<&'a str, &'a str>,
    /// The row as the server wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a RawValue>,
}

/// What only some objects have, and servers fill only sometimes.
#[derive(Serialize, Default)]
#[serde(default)]
#[allow(clippy::struct_field_names)]
struct More<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    relative_time: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    editor_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    editor_login_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_by: Option<Person<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shared_with: Vec<Person<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_type: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_system_object_type: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hashtag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_recycle_bin_operation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_template: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    move_was_for_recycle: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    move_was_for_restore: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_template: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activate: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_consent_principal_id: Option<i32>,
    /// `SP.Change…`, of an object this version does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    type_name: Option<&'a str>,
}

#[derive(Serialize)]
struct Person<'a> {
    name: Option<&'a str>,
    email: Option<&'a str>,
}

impl<'a> Event<'a> {
    fn new(change: &'a Change, raw: Option<&'a RawValue>) -> Self {
        let mut event = Event {
            v: VERSION,
            kind_of_line: "change",
            op: op(change.kind),
            kind: change.object.name(),
            change_type: change.kind.code(),
            change_type_name: change.kind.name(),
            token: &change.token,
            time: change.time,
            site: change.site_id,
            web: None,
            list: None,
            item_id: None,
            unique_id: None,
            path: None,
            editor: None,
            more: More { relative_time: change.relative_time.as_deref(), ..More::default() },
            unreadable: change.unreadable.iter().map(|(name, json)| (&**name, &**json)).collect(),
            raw,
        };
        event.take(&change.object);
        event
    }

    fn take(&mut self, object: &'a ChangedObject) {
        match object {
            ChangedObject::Item(item) => self.item(item),
            ChangedObject::File(file) | ChangedObject::FileOrFolder(file) => self.file(file),
            ChangedObject::Folder(folder) => self.folder(folder),
            ChangedObject::List(list) => self.list(list),
            ChangedObject::Web { web_id } => self.web = Some(*web_id),
            ChangedObject::View { view_id, list_id, web_id } => {
                (self.web, self.list, self.more.view_id) = (Some(*web_id), Some(*list_id), Some(*view_id));
            }
            ChangedObject::Field { field_id, web_id } => {
                (self.web, self.more.field_id) = (*web_id, *field_id);
            }
            ChangedObject::ContentType { content_type_id, web_id } => {
                self.web = Some(*web_id);
                self.more.content_type_id = Some(content_type_id);
            }
            ChangedObject::User { user_id, activate } => {
                (self.more.user_id, self.more.activate) = (*user_id, *activate);
            }
            ChangedObject::Group { group_id } => self.more.group_id = *group_id,
            ChangedObject::Alert { alert_id, web_id } => {
                (self.web, self.more.alert_id) = (*web_id, *alert_id);
            }
            ChangedObject::AppConsentPrincipal { app_consent_principal_id } => {
                self.more.app_consent_principal_id = *app_consent_principal_id;
            }
            ChangedObject::Unknown { type_name } => self.more.type_name = type_name.as_deref(),
            // The site is in every line; what a later core knows more is in `raw`.
            _ => {}
        }
    }

    fn item(&mut self, item: &'a ChangedItem) {
        self.web = Some(item.web_id);
        self.list = Some(item.list_id);
        self.item_id = Some(item.item_id);
        self.unique_id = item.unique_id;
        self.path = item.server_relative_url.as_deref();
        self.editor = item.editor.as_deref();
        self.more.editor_email = item.editor_email_hint.as_deref();
        let Some(details) = &item.details else { return };
        self.more = More {
            relative_time: self.more.relative_time,
            editor_email: self.more.editor_email,
            title: details.title.as_deref(),
            editor_login_name: details.editor_login_name.as_deref(),
            shared_by: details.shared_by_user.as_ref().map(person),
            shared_with: details.shared_with_users.iter().map(person).collect(),
            activity_type: details.activity_type,
            content_type_id: details.content_type_id.as_deref(),
            file_system_object_type: details.file_system_object_type,
            file_type: details.file_type.as_deref(),
            hashtag: details.hashtag.as_deref(),
            hidden: details.hidden,
            is_recycle_bin_operation: details.is_recycle_bin_operation,
            list_template: details.list_template,
            list_title: details.list_title.as_deref(),
            move_was_for_recycle: details.move_was_for_recycle,
            move_was_for_restore: details.move_was_for_restore,
            ..More::default()
        };
    }

    fn file(&mut self, file: &ChangedFile) {
        (self.web, self.unique_id) = (Some(file.web_id), Some(file.unique_id));
    }

    fn folder(&mut self, folder: &ChangedFolder) {
        (self.web, self.unique_id) = (Some(folder.web_id), Some(folder.unique_id));
        self.more.is_recycle_bin_operation = folder.is_recycle_bin_operation;
    }

    fn list(&mut self, list: &'a ChangedList) {
        (self.web, self.list) = (Some(list.web_id), Some(list.list_id));
        (self.path, self.editor) = (list.root_folder_url.as_deref(), list.editor.as_deref());
        self.more.title = list.title.as_deref();
        self.more.base_template = list.base_template;
        self.more.hidden = list.hidden;
        self.more.is_recycle_bin_operation = list.is_recycle_bin_operation;
    }
}

/// The change as JSON on one line, without a line break at its end.
///
/// # Errors
/// Where the row's own text is no JSON, which the reader of rows would have said.
pub(crate) fn line(change: &Change) -> serde_json::Result<String> {
    let raw = change.raw().map(one_line);
    let raw: Option<&RawValue> = raw.as_deref().map(serde_json::from_str).transpose()?;
    serde_json::to_string(&Event::new(change, raw))
}

/// What happened, as one word of the event line.
pub(crate) fn op(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::NoChange => "no_change",
        ChangeKind::Add => "add",
        ChangeKind::Update => "update",
        ChangeKind::Delete => "delete",
        ChangeKind::Rename => "rename",
        ChangeKind::MoveAway => "move_away",
        ChangeKind::MoveInto => "move_into",
        ChangeKind::Restore => "restore",
        ChangeKind::RoleDefinitionAdd => "role_definition_add",
        ChangeKind::RoleDefinitionDelete => "role_definition_delete",
        ChangeKind::RoleDefinitionUpdate => "role_definition_update",
        ChangeKind::RoleAssignmentAdd => "role_assignment_add",
        ChangeKind::RoleAssignmentDelete => "role_assignment_delete",
        ChangeKind::GroupMembershipAdd => "group_membership_add",
        ChangeKind::GroupMembershipDelete => "group_membership_delete",
        ChangeKind::SystemUpdate => "system_update",
        ChangeKind::Navigation => "navigation",
        ChangeKind::ScopeAdd => "scope_add",
        ChangeKind::ScopeDelete => "scope_delete",
        ChangeKind::ListContentTypeAdd => "list_content_type_add",
        ChangeKind::ListContentTypeDelete => "list_content_type_delete",
        ChangeKind::Dirty => "dirty",
        ChangeKind::Activity => "activity",
        _ => "unknown",
    }
}

/// A row's text without line breaks, which in JSON stand between tokens only.
fn one_line(raw: &str) -> Cow<'_, str> {
    if raw.contains(['\n', '\r']) { raw.replace(['\n', '\r'], "").into() } else { raw.into() }
}

fn person(user: &SharedUser) -> Person<'_> {
    Person { name: user.name.as_deref(), email: user.email.as_deref() }
}

fn text<S: serde::Serializer>(token: &&ChangeToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(token)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;
    use sharepoint_changes::{ChangeQuery, Feed, Preset, Scope};

    use super::*;

    fn changes(body: &str) -> Vec<Change> {
        let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(true);
        query.read(&http::Response::new(body)).expect("a page of changes")
    }

    const ROW: &str = r#"{
        "ChangeToken": {"StringValue": "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511"},
        "ChangeType": 2, "SiteId": "1c1e0a7e-94ac-4a4e-8f2b-6f0c3b9d1a01", "Time": "2026-03-04T10:15:30Z",
        "Editor": "", "EditorEmailHint": null, "ItemId": 76, "ListId": "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66",
        "ServerRelativeUrl": "", "SharedByUser": null, "SharedWithUsers": null,
        "UniqueId": "7a64f1d7-2e6b-4f05-9d3e-0d6a2c1b7e11", "WebId": "5d0c7f6e-1b2a-4c3d-8e9f-a0b1c2d3e4f5",
        "odata.type": "SP.ChangeItem", "Strange": "a\u000ab"
    }"#;

    #[test]
    fn an_event_is_one_line_with_stable_members_and_the_row_itself() {
        let changes = changes(&format!("{{\"value\":[{ROW}]}}"));
        let line = line(&changes[0]).expect("a line");
        assert!(!line.contains('\n'), "{line}");
        let event: Value = serde_json::from_str(&line).expect("JSON");
        let expected = [
            ("v", Value::from(1)),
            ("type", "change".into()),
            ("op", "update".into()),
            ("kind", "item".into()),
            ("change_type", 2.into()),
            ("change_type_name", "Update".into()),
            ("token", "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511".into()),
            ("time", "2026-03-04T10:15:30Z".into()),
            ("site", "1c1e0a7e-94ac-4a4e-8f2b-6f0c3b9d1a01".into()),
            ("web", "5d0c7f6e-1b2a-4c3d-8e9f-a0b1c2d3e4f5".into()),
            ("list", "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66".into()),
            ("item_id", 76.into()),
            ("unique_id", "7a64f1d7-2e6b-4f05-9d3e-0d6a2c1b7e11".into()),
            ("path", Value::Null),
            ("editor", Value::Null),
            ("raw", serde_json::from_str(ROW).expect("JSON")),
        ];
        let members = event.as_object().expect("an object");
        assert_eq!(members.len(), expected.len(), "{line}");
        for (name, value) in expected {
            assert_eq!(members[name], value, "{name}");
        }
    }

    #[test]
    fn every_known_kind_has_a_word_of_its_own_and_an_unknown_one_says_so() {
        let words: HashSet<_> = (0..=22).map(|code| op(ChangeKind::from_code(code))).collect();
        assert_eq!(words.len(), 23);
        assert!(!words.contains("unknown") && op(ChangeKind::from_code(23)) == "unknown");
    }
}
