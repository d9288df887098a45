//! Walking a path to the object it names.

use uuid::Uuid;

use super::{Answer, Ask, folders, items, lists};
use crate::address::{Literal, Segment};
use crate::entity::{Entity, Prop};
use crate::problem::Problem;
use crate::world::{ItemKind, ListRef, SiteRef, WebRef};

/// What a path names. A folder is its list and its item's id, 0 for the list's root folder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Site(SiteRef),
    Web(WebRef),
    Webs(WebRef),
    Users(SiteRef),
    User(SiteRef, i32),
    Lists(WebRef),
    List(ListRef),
    Fields(ListRef),
    Views(ListRef),
    Items(ListRef),
    Item(ListRef, i32),
    Folder(ListRef, i32),
    Folders(ListRef, i32),
    File(ListRef, i32),
    Files(ListRef, i32),
    Property(Box<Self>, String),
}

impl Target {
    /// Walks the segments behind `_api`.
    pub(crate) fn find(ask: &Ask<'_>, segments: &[Segment]) -> Result<Self, Problem> {
        let Some((first, rest)) = segments.split_first() else {
            return Err(Problem::unknown_resource("_api"));
        };
        let mut target = match first.name.to_lowercase().as_str() {
            "site" if first.arguments.is_none() => Self::Site(ask.world.web(ask.web).site),
            "web" if first.arguments.is_none() => Self::Web(ask.web),
            _ => return Err(Problem::unknown_resource(&first.name)),
        };
        for segment in rest {
            target = target.step(ask, segment)?;
        }
        Ok(target)
    }

    fn step(self, ask: &Ask<'_>, segment: &Segment) -> Result<Self, Problem> {
        let world = ask.world;
        let name = segment.name.to_lowercase();
        match (&self, name.as_str()) {
            (Self::Site(site), "rootweb") => Ok(Self::Web(world.site(*site).root)),
            (Self::Web(web), "webs") => Ok(Self::Webs(*web)),
            (Self::Web(web), "siteusers") => Ok(Self::Users(world.web(*web).site)),
            (Self::Web(web), "currentuser") => Ok(Self::User(world.web(*web).site, 1)),
            (Self::Web(web), "getuserbyid") => {
                let id = number(ask, segment)?;
                let site = world.web(*web).site;
                // Recorded: a user that is not there is a 500.
                let missing = || {
                    let status = http::StatusCode::INTERNAL_SERVER_ERROR;
                    let text = "User cannot be found.";
                    Problem::new(status, -2_146_232_832, "Microsoft.SharePoint.SPException", text)
                };
                world.site(site).users.get(&id).map(|user| Self::User(site, user.id)).ok_or_else(missing)
            }
            (Self::Web(web), "lists") => match &segment.arguments {
                None => Ok(Self::Lists(*web)),
                Some(_) => list_by_id(ask, *web, segment),
            },
            (Self::Lists(web), "getbyid") => list_by_id(ask, *web, segment),
            (Self::Lists(web), "getbytitle") => {
                let title = text(ask, segment)?;
                let site = format!("{}{}", ask.base, world.web(*web).path);
                let found = world.list_by_title(*web, &title);
                found.map(Self::List).ok_or_else(|| Problem::missing_title(&title, &site))
            }
            (Self::Web(web), "getlist") => {
                let path = text(ask, segment)?;
                let path = server_relative(ask, *web, &path)?;
                world.list_by_path(*web, &path).map(Self::List).ok_or_else(Problem::missing_file)
            }
            (Self::Web(web), "getfolderbyid" | "getfilebyid") => {
                by_unique_id(ask, *web, &name, guid(ask, segment)?)
            }
            (
                Self::Web(web),
                "getfolderbyserverrelativeurl"
                | "getfolderbyserverrelativepath"
                | "getfilebyserverrelativeurl"
                | "getfilebyserverrelativepath",
            ) => by_path(ask, *web, &name, &text(ask, segment)?),
            (Self::List(list), "items") => match &segment.arguments {
                None => Ok(Self::Items(*list)),
                Some(_) => item(ask, *list, number(ask, segment)?),
            },
            (Self::List(list) | Self::Items(list), "getitembyid" | "getbyid") => {
                item(ask, *list, number(ask, segment)?)
            }
            (Self::List(list), "rootfolder") => Ok(Self::Folder(*list, 0)),
            (Self::List(list), "fields") => Ok(Self::Fields(*list)),
            (Self::List(list), "views") => Ok(Self::Views(*list)),
            (Self::List(list), "parentweb") => Ok(Self::Web(world.list(*list).web)),
            (Self::Item(list, id), "folder") if kind(ask, *list, *id)? == ItemKind::Folder => {
                Ok(Self::Folder(*list, *id))
            }
            (Self::Item(list, id), "file") if kind(ask, *list, *id)? == ItemKind::File => {
                Ok(Self::File(*list, *id))
            }
            (Self::Folder(list, id) | Self::File(list, id), "listitemallfields") if *id != 0 => {
                Ok(Self::Item(*list, *id))
            }
            (Self::Folder(list, id), "folders") => Ok(Self::Folders(*list, *id)),
            (Self::Folder(list, id), "files") => Ok(Self::Files(*list, *id)),
            _ if segment.arguments.is_none() => {
                let entity = self.entity(ask)?;
                let found = entity.props.iter().find(|(found, _)| found.eq_ignore_ascii_case(&name));
                let found =
                    found.ok_or_else(|| Problem::unknown_resource(&segment.name))?.0.clone().into_owned();
                Ok(Self::Property(Box::new(self), found))
            }
            _ => Err(Problem::unknown_resource(&segment.name)),
        }
    }

    /// Answers a GET.
    pub(crate) fn read(&self, ask: &Ask<'_>) -> Result<Answer, Problem> {
        match self {
            Self::Items(list) => items::read(ask, *list),
            Self::Lists(web) => lists::read_lists(ask, *web),
            Self::Webs(web) => lists::read_webs(ask, *web),
            Self::Users(site) => lists::read_users(ask, *site),
            Self::Fields(list) => lists::read_fields(ask, *list),
            Self::Views(list) => lists::read_views(ask, *list),
            Self::Folders(list, id) => folders::read(ask, *list, *id, ItemKind::Folder),
            Self::Files(list, id) => folders::read(ask, *list, *id, ItemKind::File),
            Self::Property(target, name) => {
                let entity = target.entity(ask)?;
                let prop = entity.prop(name).cloned().unwrap_or(Prop::Null);
                let service = ask.service();
                Ok(ask.entry(prop.write(name, ask.dress(&service))))
            }
            _ => ask.entity(self.entity(ask)?),
        }
    }

    fn entity(&self, ask: &Ask<'_>) -> Result<Entity, Problem> {
        match self {
            Self::Site(site) => Ok(lists::site(ask, *site)),
            Self::Web(web) => Ok(lists::web(ask, *web)),
            Self::User(site, id) => lists::user(ask, *site, *id).ok_or_else(Problem::missing_file),
            Self::List(list) => Ok(lists::list(ask, *list)),
            Self::Item(list, id) => items::item(ask, *list, *id),
            Self::Folder(list, id) => folders::folder(ask, *list, *id),
            Self::File(list, id) => folders::file(ask, *list, *id),
            _ => Err(Problem::unknown_resource("property")),
        }
    }
}

/// The one argument of a segment, its alias followed.
fn argument(ask: &Ask<'_>, segment: &Segment) -> Result<Literal, Problem> {
    match segment.arguments.as_deref() {
        Some([one]) => ask.address.resolve(&one.value),
        _ => Err(Problem::query(format!("The method {} takes one parameter.", segment.name))),
    }
}

fn wrong_argument(segment: &Segment) -> Problem {
    Problem::query(format!("The parameter of method {} is not of the type it takes.", segment.name))
}

fn text(ask: &Ask<'_>, segment: &Segment) -> Result<String, Problem> {
    match argument(ask, segment)? {
        Literal::Text(text) => Ok(text),
        _ => Err(wrong_argument(segment)),
    }
}

fn number(ask: &Ask<'_>, segment: &Segment) -> Result<i32, Problem> {
    match argument(ask, segment)? {
        Literal::Number(number) => i32::try_from(number).map_err(|_| wrong_argument(segment)),
        _ => Err(wrong_argument(segment)),
    }
}

/// A guid as `guid'…'` or as text.
fn guid(ask: &Ask<'_>, segment: &Segment) -> Result<Uuid, Problem> {
    match argument(ask, segment)? {
        Literal::Guid(id) => Ok(id),
        Literal::Text(text) => Uuid::try_parse(&text).map_err(|_| {
            let text = "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).";
            Problem::new(http::StatusCode::BAD_REQUEST, -1, "System.FormatException", text)
        }),
        _ => Err(wrong_argument(segment)),
    }
}

fn list_by_id(ask: &Ask<'_>, web: WebRef, segment: &Segment) -> Result<Target, Problem> {
    let found = ask.world.list_by_id(guid(ask, segment)?);
    ask.living(found.filter(|list| ask.world.list(*list).web == web)).map(Target::List)
}

fn item(ask: &Ask<'_>, list: ListRef, id: i32) -> Result<Target, Problem> {
    let seen = ask.world.item(list, id).filter(|item| ask.world.sees(list, item));
    let missing = || Problem::missing_item(ask.world.dialect.language);
    // The changes of an item that is gone can still be asked for.
    let asked_for_changes = ask.address.segments.last().is_some_and(|last| last.is("getchanges"));
    let was = asked_for_changes && !ask.world.log_of(crate::Scope::List(list)).of_item(list, id).is_empty();
    if seen.is_none() && !was {
        return Err(missing());
    }
    Ok(Target::Item(list, id))
}

fn kind(ask: &Ask<'_>, list: ListRef, id: i32) -> Result<ItemKind, Problem> {
    let item = ask.world.item(list, id);
    item.map(|item| item.kind).ok_or_else(|| Problem::missing_item(ask.world.dialect.language))
}

/// A path as it must be: below the web. One without a slash in front is taken as relative to it.
fn server_relative(ask: &Ask<'_>, web: WebRef, path: &str) -> Result<String, Problem> {
    let root = &ask.world.web(web).path;
    if !path.starts_with('/') {
        if path.contains("://") {
            return Err(Problem::outside_web());
        }
        return Ok(format!("{root}/{path}"));
    }
    let below = path.len() >= root.len()
        && path.is_char_boundary(root.len())
        && path[..root.len()].to_lowercase() == root.to_lowercase()
        && matches!(path.as_bytes().get(root.len()), None | Some(b'/'));
    if below { Ok(path.to_owned()) } else { Err(Problem::outside_web()) }
}

fn by_unique_id(ask: &Ask<'_>, web: WebRef, name: &str, id: Uuid) -> Result<Target, Problem> {
    let world = ask.world;
    let folder = name.contains("folder");
    // Ids are found in the whole site collection.
    let site = world.web(web).site;
    for list in world.webs(site).flat_map(|web| world.living_lists(web)) {
        if folder && world.list(list).root_folder == id {
            return Ok(Target::Folder(list, 0));
        }
        let found = world.list(list).item_by_unique_id(id);
        if let Some(item) = found.filter(|item| world.sees(list, item)) {
            match (folder, item.kind) {
                (true, ItemKind::Folder) => return Ok(Target::Folder(list, item.id)),
                (false, ItemKind::File) => return Ok(Target::File(list, item.id)),
                _ => {}
            }
        }
    }
    Err(Problem::missing_file())
}

fn by_path(ask: &Ask<'_>, web: WebRef, name: &str, path: &str) -> Result<Target, Problem> {
    // The known trap of the older methods: `%` and `#` in names end in "File Not Found".
    if name.ends_with("url") && path.contains(['%', '#']) {
        return Err(Problem::missing_file());
    }
    let world = ask.world;
    let path = server_relative(ask, web, path)?;
    let lower = path.trim_end_matches('/').to_lowercase();
    let folder = name.contains("folder");
    for list in world.living_lists(web) {
        let root = world.list_path(list).to_lowercase();
        if folder && lower == root {
            return Ok(Target::Folder(list, 0));
        }
        if !lower.starts_with(&format!("{root}/")) {
            continue;
        }
        let found = world.item_at(list, &lower);
        let Some(item) = found.filter(|item| world.sees(list, item)) else { continue };
        match (folder, item.kind) {
            (true, ItemKind::Folder) => return Ok(Target::Folder(list, item.id)),
            (false, ItemKind::File) => return Ok(Target::File(list, item.id)),
            _ => {}
        }
    }
    Err(Problem::missing_file())
}
