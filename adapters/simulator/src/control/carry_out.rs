//! Carrying out the commands of the control path.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::command::{Command, Named};
use super::{describe_items, describe_rows, describe_truth};
use crate::auth::Auth;
use crate::fault::Fault;
use crate::lie::Lie;
use crate::query::Scope;
use crate::server::Server;
use crate::switch::Switch;
use crate::throttle::Throttle;
use crate::ticks::Ticks;
use crate::world::{ColumnKind, Item, ListRef, Securable, Template, Value, WebRef, WorldError};

type Done = Result<Json, String>;

impl Server {
    /// Carries out a command, and answers what is worth knowing of it.
    ///
    /// # Errors
    /// Why it could not be carried out, in words.
    pub fn control(&mut self, command: Command) -> Done {
        match command {
            Command::Fault { fault, nth, times, path } => {
                let fault = read_fault(&fault)?;
                self.faults.on_path(&path, nth, times, fault);
                Ok(json!({}))
            }
            Command::Chance { fault, probability } => {
                let fault = read_fault(&fault)?;
                self.faults.by_chance(probability, fault);
                Ok(json!({}))
            }
            Command::ClearFaults => {
                self.faults.clear();
                Ok(json!({}))
            }
            Command::Lie { lie } => {
                let told = Lie::read(&lie).ok_or_else(|| format!("`{lie}` is none of {}", Lie::allowed()))?;
                self.lies.tell(told);
                Ok(json!({}))
            }
            Command::TellTheTruth => {
                self.lies.stop();
                Ok(json!({}))
            }
            Command::Dialect { set } => {
                self.world_mut().dialect.set(&set).map_err(|error| error.to_string())?;
                Ok(json!({}))
            }
            Command::Throttle { budget } => {
                self.throttle = budget.map(Throttle::per_minute);
                Ok(json!({}))
            }
            Command::Auth { bearer, cookie } => {
                self.auth = match (bearer, cookie) {
                    (None, None) => Auth::Anonymous,
                    (Some(token), None) => Auth::Bearer(vec![token]),
                    (None, Some(value)) => Auth::Cookie(value),
                    (Some(_), Some(_)) => return Err("either a bearer token or a cookie".to_owned()),
                };
                Ok(json!({}))
            }
            Command::Advance { time } => {
                let time = Duration::read(&time).ok_or_else(|| format!("`{time}` is no time"))?;
                self.advance(time);
                Ok(json!({ "now": self.world().now().iso() }))
            }
            Command::Describe => Ok(self.describe()),
            command => self.change(command),
        }
    }

    /// A command about the world.
    fn change(&mut self, command: Command) -> Done {
        let root = self.first_web()?;
        let text = |error: WorldError| error.to_string();
        match command {
            Command::AddItem { list, folder, values } => {
                let list = self.list_named(&list)?;
                let folder = self.folder_named(list, &folder)?;
                let values = self.values(list, &values)?;
                let filled: Vec<(&str, Value)> =
                    values.iter().filter_map(|(name, value)| Some((name.as_str(), value.clone()?))).collect();
                self.world_mut().add_item(list, folder, &filled).map(identified).map_err(text)
            }
            Command::AddFolder { list, folder, name } => {
                let list = self.list_named(&list)?;
                let folder = self.folder_named(list, &folder)?;
                self.world_mut().add_folder(list, folder, &name).map(identified).map_err(text)
            }
            Command::Upload { list, folder, name, size } => {
                let list = self.list_named(&list)?;
                let folder = self.folder_named(list, &folder)?;
                self.world_mut().upload(list, folder, &name, size).map(identified).map_err(text)
            }
            Command::AddList { title, library } => {
                let template = if library { Template::Library } else { Template::List };
                let list = self.world_mut().add_list(root, &title, template).map_err(text)?;
                Ok(json!({ "id": self.world().list(list).id }))
            }
            Command::UpdateList { list } => {
                let list = self.list_named(&list)?;
                self.world_mut().update_list(list).map(nothing).map_err(text)
            }
            Command::RenameList { list, title } => {
                let list = self.list_named(&list)?;
                self.world_mut().rename_list(list, &title).map(nothing).map_err(text)
            }
            Command::DeleteList { list } => {
                let list = self.list_named(&list)?;
                self.world_mut().delete_list(list).map(nothing).map_err(text)
            }
            Command::RestoreList { id } => {
                let list = self.world().list_by_id(id).ok_or_else(|| format!("there is no list {id}"))?;
                self.world_mut().restore_list(list).map(nothing).map_err(text)
            }
            Command::SetPermissions { list, mask } => {
                let list = self.list_named(&list)?;
                self.world_mut().set_permissions(list, read_mask(&mask)?).map(nothing).map_err(text)
            }
            Command::Fill { list, count, per_folder } => {
                let list = self.list_named(&list)?;
                self.world_mut().fill(list, count, per_folder).map(nothing).map_err(text)
            }
            Command::AddEveryColumn { list, shown } => {
                let (list, shown) = (self.list_named(&list)?, self.list_named(&shown)?);
                self.world_mut().add_every_column(list, shown).map(nothing).map_err(text)
            }
            Command::Truth { list } => Ok(describe_truth(self.world(), self.list_named(&list)?)),
            Command::AddColumn { list, title, kind } => {
                let list = self.list_named(&list)?;
                let kind = column_kind(&kind).ok_or_else(|| format!("`{kind}` is no kind of column here"))?;
                let name = self.world_mut().add_column(list, &title, kind).map_err(text)?;
                Ok(json!({ "name": &*name }))
            }
            Command::DeleteColumn { list, name } => {
                let list = self.list_named(&list)?;
                self.world_mut().delete_column(list, &name).map(nothing).map_err(text)
            }
            Command::Restore { place } => self.world_mut().restore(place).map(identified).map_err(text),
            Command::Items { list } => Ok(describe_items(self.world(), self.list_named(&list)?)),
            Command::Rows { list, after } => {
                let scope = match list {
                    Some(list) => Scope::List(self.list_named(&list)?),
                    None => Scope::Site(self.world().web(root).site),
                };
                Ok(describe_rows(self.world(), scope, after))
            }
            Command::Purge => {
                self.world_mut().purge();
                Ok(json!({}))
            }
            Command::MoveDatabase { number } => {
                let database = self.world().site(self.world().web(root).site).database;
                self.world_mut().move_database(database, number, Duration::ZERO);
                Ok(json!({}))
            }
            Command::ReplaceByCopy => {
                let site = self.world().web(root).site;
                Ok(json!({ "id": self.world_mut().replace_by_copy(site) }))
            }
            command => self.change_item(command),
        }
    }

    /// A command about an item that is there.
    fn change_item(&mut self, command: Command) -> Done {
        let text = |error: WorldError| error.to_string();
        match command {
            Command::Edit { list, item, values } => {
                let (list, id) = self.item_named(&list, &item)?;
                let values = self.values(list, &values)?;
                self.world_mut().edit(list, id, &borrowed(&values)).map(nothing).map_err(text)
            }
            Command::SystemUpdate { list, item, values } => {
                let (list, id) = self.item_named(&list, &item)?;
                let values = self.values(list, &values)?;
                self.world_mut().system_update(list, id, &borrowed(&values)).map(nothing).map_err(text)
            }
            Command::Overwrite { list, item, size } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().overwrite(list, id, size).map(nothing).map_err(text)
            }
            Command::Rename { list, item, name } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().rename(list, id, &name).map(nothing).map_err(text)
            }
            Command::Move { list, item, to, folder } => {
                let (list, id) = self.item_named(&list, &item)?;
                let Some(to) = to else {
                    let folder = self.folder_named(list, &folder)?;
                    return self.world_mut().move_within(list, id, folder).map(nothing).map_err(text);
                };
                let to = self.list_named(&to)?;
                let folder = self.folder_named(to, &folder)?;
                self.world_mut().move_to_list(list, id, to, folder).map(identified).map_err(text)
            }
            Command::CopyFolder { list, item, folder, name } => {
                let (list, id) = self.item_named(&list, &item)?;
                let folder = self.folder_named(list, &folder)?;
                self.world_mut().copy_folder(list, id, folder, &name).map(identified).map_err(text)
            }
            Command::Delete { list, item } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().delete(list, id).map(nothing).map_err(text)
            }
            Command::Recycle { list, item } => {
                let (list, id) = self.item_named(&list, &item)?;
                let place = self.world_mut().recycle(list, id).map_err(text)?;
                Ok(json!({ "place": place }))
            }
            Command::Share { list, item, user } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().share(Securable::Item(list, id), user, "Edit").map(nothing).map_err(text)
            }
            Command::SetItemPermissions { list, item, mask } => {
                let (list, id) = self.item_named(&list, &item)?;
                let mask = mask.as_deref().map(read_mask).transpose()?;
                self.world_mut().set_item_permissions(list, id, mask).map(nothing).map_err(text)
            }
            Command::InheritAgain { list, item } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().inherit_again(Securable::Item(list, id)).map(nothing).map_err(text)
            }
            Command::Show { list, item, visible } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().show_to_caller(list, id, visible).map(nothing).map_err(text)
            }
            Command::Poison { list, item, poison } => {
                let (list, id) = self.item_named(&list, &item)?;
                self.world_mut().poison(list, id, poison).map(nothing).map_err(text)
            }
            other => Err(format!("{other:?} is not carried out here")),
        }
    }

    fn first_web(&self) -> Result<WebRef, String> {
        let site = self.world().sites().next().ok_or("there is no site")?;
        Ok(self.world().site(site).root)
    }

    fn list_named(&self, name: &str) -> Result<ListRef, String> {
        let world = self.world();
        let by_id = Uuid::try_parse(name).ok().and_then(|id| world.list_by_id(id));
        let by_id = by_id.filter(|list| !world.list(*list).deleted);
        let named = |list: &ListRef| {
            world.list(*list).title.eq_ignore_ascii_case(name)
                || world.list_path(*list).eq_ignore_ascii_case(name)
        };
        by_id.or_else(|| world.all_lists().find(named)).ok_or_else(|| format!("there is no list {name}"))
    }

    fn item_below(&self, list: ListRef, path: &str) -> Result<&Item, String> {
        let whole = format!("{}/{}", self.world().list_path(list), path.trim_matches('/'));
        self.world().item_at(list, &whole).ok_or_else(|| format!("there is no {path}"))
    }

    fn folder_named(&self, list: ListRef, path: &str) -> Result<i32, String> {
        if path.trim_matches('/').is_empty() {
            return Ok(0);
        }
        self.item_below(list, path).map(|item| item.id)
    }

    fn item_named(&self, list: &str, item: &Named) -> Result<(ListRef, i32), String> {
        let list = self.list_named(list)?;
        match (item.id, &item.path) {
            (Some(id), None) => Ok((list, id)),
            (None, Some(path)) => Ok((list, self.item_below(list, path)?.id)),
            _ => Err("an item is named by `id` or by `path`".to_owned()),
        }
    }

    /// Values of columns from JSON; null empties.
    fn values(
        &self,
        list: ListRef,
        values: &BTreeMap<String, Json>,
    ) -> Result<Vec<(String, Option<Value>)>, String> {
        let read = |(name, json): (&String, &Json)| {
            let column =
                self.world().list(list).column(name).ok_or_else(|| format!("there is no column {name}"))?;
            if json.is_null() {
                return Ok((name.clone(), None));
            }
            let value = value(&column.kind, json).ok_or_else(|| format!("{json} does not fit {name}"))?;
            Ok((name.clone(), Some(value)))
        };
        values.iter().map(read).collect()
    }
}

fn borrowed(values: &[(String, Option<Value>)]) -> Vec<(&str, Option<Value>)> {
    values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

fn identified(id: i32) -> Json {
    json!({ "id": id })
}

fn nothing(_: ()) -> Json {
    json!({})
}

fn read_fault(text: &str) -> Result<Fault, String> {
    Fault::read(text).ok_or_else(|| format!("`{text}` is no fault"))
}

fn read_mask(text: &str) -> Result<u64, String> {
    let mask = u64::from_str_radix(text.trim_start_matches("0x"), 16);
    mask.map_err(|_| "the mask is a hexadecimal number".to_owned())
}

fn column_kind(name: &str) -> Option<ColumnKind> {
    Some(match name {
        "text" => ColumnKind::Text,
        "note" => ColumnKind::Note { rich: false },
        "number" => ColumnKind::Number,
        "currency" => ColumnKind::Currency,
        "integer" => ColumnKind::Integer,
        "boolean" => ColumnKind::Boolean,
        "datetime" => ColumnKind::DateTime { day: false },
        "user" => ColumnKind::User { many: false },
        "url" => ColumnKind::Url,
        _ => return None,
    })
}

fn value(kind: &ColumnKind, json: &Json) -> Option<Value> {
    match (kind, json) {
        (ColumnKind::Number | ColumnKind::Currency | ColumnKind::Integer, Json::Number(number)) => {
            number.as_f64().map(Value::Number)
        }
        (ColumnKind::Boolean, Json::Bool(yes)) => Some(Value::Bool(*yes)),
        (ColumnKind::DateTime { .. }, Json::String(text)) => {
            text.parse().ok().map(Ticks::of).map(Value::Date)
        }
        (ColumnKind::User { many: false } | ColumnKind::Lookup { many: false, .. }, Json::Number(id)) => {
            id.as_i64().and_then(|id| i32::try_from(id).ok()).map(Value::Lookup)
        }
        (ColumnKind::Url, Json::String(url)) => Some(Value::Url { url: url.clone(), caption: url.clone() }),
        (
            ColumnKind::Text
            | ColumnKind::Note { .. }
            | ColumnKind::Choice(_)
            | ColumnKind::Image
            | ColumnKind::Location,
            Json::String(text),
        ) => Some(Value::Text(text.clone())),
        (ColumnKind::MultiChoice(_), Json::Array(texts)) => texts
            .iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map(Value::Choices),
        _ => None,
    }
}
