//! A change told back as the members of the row it was read from, so that nothing of a row can get lost unnoticed.

use std::collections::BTreeMap;

use serde_json::Value;
use sharepoint_changes::{Change, ChangedObject, SharedUser, jiff::Timestamp};

/// Member names and their values as plain text; what means "not filled" is left out.
pub(crate) type Members = BTreeMap<String, String>;

/// The members a change holds, under the names they have on the wire.
pub(crate) fn of_change(change: &Change) -> Members {
    let mut told = Told::default();
    told.add("ChangeToken", Some(change.token.to_string()));
    told.add("ChangeType", Some(change.kind.code()));
    told.add("SiteId", Some(change.site_id));
    told.add("Time", Some(change.time));
    told.add("RelativeTime", change.relative_time.as_deref());
    match &change.object {
        ChangedObject::Item(item) => {
            told.add("ItemId", Some(item.item_id));
            told.add("ListId", Some(item.list_id));
            told.add("WebId", Some(item.web_id));
            told.add("UniqueId", item.unique_id);
            told.add("Editor", item.editor.as_deref());
            told.add("EditorEmailHint", item.editor_email_hint.as_deref());
            told.add("ServerRelativeUrl", item.server_relative_url.as_deref());
            if let Some(details) = &item.details {
                told.add("ActivityType", details.activity_type);
                told.add("ContentTypeId", details.content_type_id.as_deref());
                told.add("EditorLoginName", details.editor_login_name.as_deref());
                told.add("FileSystemObjectType", details.file_system_object_type);
                told.add("FileType", details.file_type.as_deref());
                told.add("Hashtag", details.hashtag.as_deref());
                told.add("Hidden", details.hidden);
                told.add("IsRecycleBinOperation", details.is_recycle_bin_operation);
                told.add("ListTemplate", details.list_template);
                told.add("ListTitle", details.list_title.as_deref());
                told.add("MoveWasForRecycle", details.move_was_for_recycle);
                told.add("MoveWasForRestore", details.move_was_for_restore);
                told.add("SharedByUser", details.shared_by_user.as_ref().map(person));
                let with: Vec<_> = details.shared_with_users.iter().map(person).collect();
                told.add("SharedWithUsers", Some(with.join(", ")).filter(|with| !with.is_empty()));
                told.add("Title", details.title.as_deref());
            }
        }
        ChangedObject::File(file) | ChangedObject::FileOrFolder(file) => {
            told.add("UniqueId", Some(file.unique_id));
            told.add("WebId", Some(file.web_id));
        }
        ChangedObject::Folder(folder) => {
            told.add("UniqueId", Some(folder.unique_id));
            told.add("WebId", Some(folder.web_id));
            told.add("IsRecycleBinOperation", folder.is_recycle_bin_operation);
        }
        ChangedObject::List(list) => {
            told.add("ListId", Some(list.list_id));
            told.add("WebId", Some(list.web_id));
            told.add("BaseTemplate", list.base_template);
            told.add("Editor", list.editor.as_deref());
            told.add("Hidden", list.hidden);
            told.add("IsRecycleBinOperation", list.is_recycle_bin_operation);
            told.add("RootFolderUrl", list.root_folder_url.as_deref());
            told.add("Title", list.title.as_deref());
        }
        ChangedObject::Web { web_id } => told.add("WebId", Some(web_id)),
        ChangedObject::View { view_id, list_id, web_id } => {
            told.add("ViewId", Some(view_id));
            told.add("ListId", Some(list_id));
            told.add("WebId", Some(web_id));
        }
        ChangedObject::Field { field_id, web_id } => {
            told.add("FieldId", *field_id);
            told.add("WebId", *web_id);
        }
        ChangedObject::ContentType { content_type_id, web_id } => {
            told.add("ContentTypeId", Some(content_type_id));
            told.add("WebId", Some(web_id));
        }
        ChangedObject::User { user_id, activate } => {
            told.add("UserId", *user_id);
            told.add("Activate", *activate);
        }
        ChangedObject::Group { group_id } => told.add("GroupId", *group_id),
        ChangedObject::Alert { alert_id, web_id } => {
            told.add("AlertId", *alert_id);
            told.add("WebId", *web_id);
        }
        ChangedObject::AppConsentPrincipal { app_consent_principal_id } => {
            told.add("AppConsentPrincipalId", *app_consent_principal_id);
        }
        // Nothing of its own, or nothing known: the rest is in the undeclared members.
        _ => {}
    }
    for (name, json) in &change.undeclared {
        let value: Value = serde_json::from_str(json).expect("an undeclared member is JSON text");
        told.add(name, plain(&value));
    }
    told.0
}

/// The members of a row as it stands in the answer.
pub(crate) fn of_row(row: &Value) -> Members {
    let is_list = row["__metadata"]["type"] == "SP.ChangeList" || row["odata.type"] == "SP.ChangeList";
    let unfilled = is_list && row["BaseTemplate"] == 0 && row["Title"] == "";
    let mut told = Told::default();
    for (name, value) in row.as_object().expect("a row is an object") {
        let annotation = name == "__metadata" || name.starts_with("odata.") || name.contains("@odata.");
        // The link to a list's creator is no value; 0 and false of an unfilled list say nothing.
        let says_nothing = name == "Creator" || unfilled && ["BaseTemplate", "Hidden"].contains(&&**name);
        if name == "Time" {
            let time = value.as_str().expect("a time is text");
            told.add(name, Some(time.parse::<Timestamp>().expect("a time in UTC")));
        } else if !annotation && !says_nothing {
            told.add(name, plain(value));
        }
    }
    told.0
}

/// The rows of a page in any metadata mode.
pub(crate) fn rows(page: &[u8]) -> Vec<Value> {
    let page = page.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(page);
    let page: Value = serde_json::from_slice(page).expect("a page is JSON");
    let rows = page.get("value").or_else(|| page["d"].get("results"));
    rows.and_then(Value::as_array).expect("a page holds rows").clone()
}

#[derive(Default)]
struct Told(Members);

impl Told {
    fn add(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            let before = self.0.insert(name.to_owned(), value.to_string());
            assert_eq!(before, None, "{name} is told twice");
        }
    }
}

fn person(user: &SharedUser) -> String {
    format!("{} <{}>", user.name.as_deref().unwrap_or_default(), user.email.as_deref().unwrap_or_default())
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(values) => Some(values.iter().filter_map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => members.get("StringValue").or_else(|| members.get("results")).map_or_else(
            || {
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                Some(match (text("Name"), text("Email")) {
                    (Some(name), Some(email)) => format!("{name} <{email}>"),
                    _ => value.to_string(),
                })
            },
            plain,
        ),
        other => Some(other.to_string()),
    }
}
