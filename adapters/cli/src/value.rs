//! Values of cells as JSON.

use serde_json::{Map, Value as Json, json};
use sharepoint_changes::item::{Attachments, Lookup, ObjectType, Person, Term, Value};

/// A value in the form the command prints it: what JSON has as itself, times and ids as text, lookups, people, terms
/// and links as objects, several of them as an array, rights as a hexadecimal text, the error of a formula as
/// `{"error": …}`. What the type does not explain is the text as it came.
pub(crate) fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Text(text) | Value::ContentTypeId(text) | Value::Other(text) => (*text).into(),
        Value::Number(number) => (*number).into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(yes) => (*yes).into(),
        Value::Date(time) => time.to_string().into(),
        Value::Choices(choices) => choices.as_slice().into(),
        Value::Lookup(one) => lookup(one),
        Value::Lookups(several) => several.iter().map(lookup).collect(),
        Value::Person(one) => person(one),
        Value::People(several) => several.iter().map(person).collect(),
        Value::Link(link) => json!({ "url": link.url, "caption": link.caption }),
        Value::Term(one) => term(one),
        Value::Terms(several) => several.iter().map(term).collect(),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| (*text).into()),
        Value::Guid(id) => id.to_string().into(),
        Value::Path(path) => (&**path).into(),
        Value::ObjectType(ObjectType::File) => "file".into(),
        Value::ObjectType(ObjectType::Folder) => "folder".into(),
        Value::ObjectType(ObjectType::Other(number)) => (*number).into(),
        Value::PermMask(mask) => format!("{mask:#x}").into(),
        Value::Attachments(Attachments::Count(count)) => (*count).into(),
        Value::Attachments(Attachments::Files(files)) => files.iter().map(|file| file.url).collect(),
        Value::Properties(bag) => {
            let entries = bag.iter().map(|one| (one.key.to_owned(), Json::from(one.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Value::Error(text) => json!({ "error": text }),
        // What a later core knows more stands in the raw row.
        _ => Json::Null,
    }
}

fn lookup(lookup: &Lookup<'_>) -> Json {
    json!({ "id": lookup.id, "text": lookup.text })
}

fn person(person: &Person<'_>) -> Json {
    let mut object = json!({ "id": person.id, "name": person.name });
    let more =
        [("login", &person.login), ("email", &person.email), ("sip", &person.sip), ("title", &person.title)];
    for (name, value) in more {
        if let Some(value) = value {
            object[name] = (&**value).into();
        }
    }
    object
}

fn term(term: &Term<'_>) -> Json {
    json!({ "id": term.id, "label": term.label, "term_id": term.term_id.map(|id| id.to_string()) })
}
