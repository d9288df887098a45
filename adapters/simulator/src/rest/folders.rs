//! Folders and files as entities.

use super::lists::{props, text};
use super::{Answer, Ask};
use crate::entity::{Entity, Prop};
use crate::problem::Problem;
use crate::world::{Item, ItemKind, ListRef};

pub(super) fn folder(ask: &Ask<'_>, list: ListRef, id: i32) -> Result<Entity, Problem> {
    let world = ask.world;
    let found = world.list(list);
    let item = world.item(list, id);
    if id != 0 && item.is_none() {
        return Err(Problem::missing_file());
    }
    let path = world.folder_path(list, id);
    let children = found.children(id).filter(|child| world.sees(list, child)).count();
    let (unique_id, created, modified) = match item {
        Some(item) => (item.unique_id, item.created, item.modified),
        None => (found.root_folder, found.created, found.modified),
    };
    Ok(Entity {
        kind: "SP.Folder".into(),
        path: format!("Web/GetFolderByServerRelativePath(decodedurl='{}')", path.replace('\'', "''")),
        etag: None,
        props: props([
            ("Exists", Prop::Bool(true)),
            ("IsWOPIEnabled", Prop::Bool(false)),
            ("ItemCount", Prop::Int32(i64::try_from(children).unwrap_or(i64::MAX))),
            ("Name", text(path.rsplit('/').next().unwrap_or_default())),
            ("ProgID", Prop::Null),
            ("ServerRelativeUrl", text(path.clone())),
            ("TimeCreated", Prop::Time(created)),
            ("TimeLastModified", Prop::Time(modified)),
            ("UniqueId", Prop::Guid(unique_id)),
            ("WelcomePage", text("")),
        ]),
        links: &["Files", "ListItemAllFields", "ParentFolder", "Properties", "Folders"],
    })
}

pub(super) fn file(ask: &Ask<'_>, list: ListRef, id: i32) -> Result<Entity, Problem> {
    let item = ask.world.item(list, id).ok_or_else(Problem::missing_file)?;
    Ok(file_of(ask, list, item))
}

fn file_of(ask: &Ask<'_>, list: ListRef, item: &Item) -> Entity {
    let path = ask.world.item_path(list, item);
    let (major, minor) = (item.ui_version / 512, item.ui_version % 512);
    Entity {
        kind: "SP.File".into(),
        path: format!("Web/GetFileByServerRelativePath(decodedurl='{}')", path.replace('\'', "''")),
        etag: None,
        props: props([
            ("CheckInComment", text("")),
            ("CheckOutType", Prop::Int32(2)),
            ("ETag", text(format!("\"{{{}}},{}\"", item.unique_id.to_string().to_uppercase(), item.version))),
            ("Exists", Prop::Bool(true)),
            ("Length", Prop::Int64(i64::try_from(item.size).unwrap_or(i64::MAX))),
            ("Level", Prop::Int32(1)),
            ("MajorVersion", Prop::Int32(i64::from(major))),
            ("MinorVersion", Prop::Int32(i64::from(minor))),
            ("Name", text(item.name.clone())),
            ("ServerRelativeUrl", text(path)),
            ("TimeCreated", Prop::Time(item.created)),
            ("TimeLastModified", Prop::Time(item.modified)),
            ("Title", text(item.title())),
            ("UIVersion", Prop::Int32(i64::from(item.ui_version))),
            ("UIVersionLabel", text(format!("{major}.{minor}"))),
            ("UniqueId", Prop::Guid(item.unique_id)),
        ]),
        links: &["Author", "ListItemAllFields", "ModifiedBy", "Versions"],
    }
}

/// Answers with the folders or files directly in a folder.
pub(super) fn read(ask: &Ask<'_>, list: ListRef, id: i32, kind: ItemKind) -> Result<Answer, Problem> {
    let found = ask.world.list(list);
    let children = found.children(id).filter(|child| child.kind == kind && ask.world.sees(list, child));
    if kind == ItemKind::File {
        return ask.entities("SP.File", children.map(|child| file_of(ask, list, child)).collect(), None);
    }
    let folders: Vec<Entity> = children.map(|child| folder(ask, list, child.id)).collect::<Result<_, _>>()?;
    ask.entities("SP.Folder", folders, None)
}
