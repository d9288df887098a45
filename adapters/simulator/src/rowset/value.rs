//! Values as a rowset's attributes hold them.

use std::cell::RefCell;
use std::rc::Rc;

use uuid::Uuid;

use super::field::{Field, Holds};
use super::options::Options;
use crate::log::Map;
use crate::ticks::Ticks;
use crate::world::{Column, ColumnKind, Item, ItemKind, List, ListRef, SiteRef, Template, Value, World};

/// Writes values of one list's items by one call's options.
pub(crate) struct Wire<'a> {
    pub(crate) world: &'a World,
    pub(crate) list: ListRef,
    pub(crate) options: &'a Options,
    /// Scheme and host that the caller used.
    pub(crate) base: &'a str,
    paths: RefCell<Map<i32, Rc<str>>>,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(world: &'a World, list: ListRef, options: &'a Options, base: &'a str) -> Self {
        Self { world, list, options, base, paths: RefCell::new(Map::default()) }
    }

    /// The text of a field; none where the field is empty.
    pub(crate) fn text(&self, field: &Field<'_>, item: &Item) -> Option<String> {
        let text = match field {
            Field::Standard(field) => self.standard(field.holds, item)?,
            Field::Column(column) => self.column(column, &self.world.value(self.list, item, &column.name)?),
        };
        (!text.is_empty()).then_some(text)
    }

    fn found(&self) -> &'a List {
        self.world.list(self.list)
    }

    fn site(&self) -> SiteRef {
        self.world.web(self.found().web).site
    }

    /// The server-relative path of a folder (0 for the root folder), without the slash in front.
    pub(crate) fn folder(&self, folder: i32) -> Rc<str> {
        if let Some(path) = self.paths.borrow().get(&folder) {
            return Rc::clone(path);
        }
        let path: Rc<str> = self.world.folder_path(self.list, folder).trim_start_matches('/').into();
        self.paths.borrow_mut().insert(folder, Rc::clone(&path));
        path
    }

    fn standard(&self, holds: Holds, item: &Item) -> Option<String> {
        let id = item.id;
        let found = self.found();
        let file = item.kind == ItemKind::File;
        // Lookups into the item's own document carry its own id in front.
        let own = |text: &str| Some(format!("{id};#{text}"));
        let content_type = || found.content_types.get(usize::from(item.is_folder()));
        match holds {
            Holds::Id => Some(id.to_string()),
            Holds::ContentTypeId => content_type().map(|kind| kind.id.to_string()),
            Holds::ContentType => content_type().map(|kind| kind.name.clone()),
            Holds::Modified => Some(self.moment(item.modified)),
            Holds::Created => Some(self.moment(item.created)),
            Holds::Author => Some(self.person(item.author)),
            Holds::Editor => Some(self.person(item.editor)),
            Holds::HiddenVersion => Some(item.version.to_string()),
            Holds::UiVersion => Some(item.ui_version.to_string()),
            Holds::UiVersionString => Some(format!("{}.{}", item.ui_version / 512, item.ui_version % 512)),
            Holds::Attachments => Some(self.attachments(item)),
            Holds::ModerationStatus => Some("0".to_owned()),
            Holds::Level => Some("1".to_owned()),
            Holds::UniqueId => own(&braced(item.unique_id)),
            Holds::ParentUniqueId if !self.world.dialect.parent_ids => None,
            Holds::ParentUniqueId => {
                let parent = found.item(item.parent).map_or(found.root_folder, |folder| folder.unique_id);
                own(&braced(parent))
            }
            Holds::Guid => Some(braced(item.guid)),
            Holds::FileRef => own(&format!("{}/{}", self.folder(item.parent), item.name)),
            Holds::FileDirRef => own(&self.folder(item.parent)),
            Holds::FileLeafRef => own(&item.name),
            Holds::ObjectType => own(if item.is_folder() { "1" } else { "0" }),
            Holds::ScopeId => own(&braced(self.scope(item))),
            Holds::PermMask => Some(mask(self.world.rights(self.list, item))),
            Holds::CreatedDate => own(&self.moment(item.created)),
            Holds::LastModified => own(&self.moment(item.modified)),
            Holds::ProgId => own(""),
            Holds::MetaInfo => {
                let lines = self.properties(item);
                own(&lines.iter().map(|(key, value)| format!("{key}:SR|{value}\r\n")).collect::<String>())
            }
            Holds::FileType => file.then(|| ending(&item.name).to_owned()),
            Holds::FileSize => {
                if file {
                    own(&item.size.to_string())
                } else {
                    own("")
                }
            }
            Holds::Order => Some(number(f64::from(id) * 100.0)),
            Holds::ItemChildCount => own(&self.children(item, false).to_string()),
            Holds::FolderChildCount => own(&self.children(item, true).to_string()),
            Holds::EncodedAbsUrl => {
                let path = format!("/{}/{}", self.folder(item.parent), item.name);
                Some(format!(
                    "{}{}",
                    self.base,
                    path.replace('%', "%25").replace(' ', "%20").replace('#', "%23")
                ))
            }
            Holds::DocIcon => file.then(|| ending(&item.name).to_owned()),
        }
    }

    /// The property bag of an item; rows and folders have an empty one.
    pub(crate) fn properties(&self, item: &Item) -> Vec<(&'static str, String)> {
        if item.kind != ItemKind::File {
            return Vec::new();
        }
        let users = &self.world.site(self.site()).users;
        let login = users.get(&item.editor).map(crate::world::User::login).unwrap_or_default();
        vec![("vti_parserversion", "16.0.0.26115".to_owned()), ("vti_modifiedby", login)]
    }

    fn children(&self, item: &Item, folders: bool) -> usize {
        if !item.is_folder() {
            return 0;
        }
        self.found().children(item.id).filter(|child| child.is_folder() == folders).count()
    }

    /// The id of the permissions that hold: those of the nearest thing that has its own.
    fn scope(&self, item: &Item) -> Uuid {
        let scoped = |id: Uuid| Uuid::from_u128(id.as_u128() ^ 0x5c0_9e1d);
        let found = self.found();
        let mut at = Some(item);
        while let Some(item) = at {
            if item.grants.is_some() {
                return scoped(item.unique_id);
            }
            at = found.item(item.parent);
        }
        if found.grants.is_some() { scoped(found.id) } else { scoped(self.world.web(found.web).id) }
    }

    fn attachments(&self, item: &Item) -> String {
        if !self.options.attachment_urls || item.attachments.is_empty() {
            return item.attachments.len().to_string();
        }
        let root = self.folder(0);
        let mut text = ";#".to_owned();
        for name in &item.attachments {
            text.push_str(&format!("{}/{root}/Attachments/{}/{name};#", self.base, item.id));
            if self.options.attachment_versions {
                let mixed = name
                    .bytes()
                    .fold(item.guid.as_u128(), |mixed, byte| mixed.rotate_left(7) ^ u128::from(byte));
                text.push_str(&format!("{},1;#", braced(Uuid::from_u128(mixed))));
            }
        }
        text
    }

    fn column(&self, column: &Column, value: &Value) -> String {
        match (&column.kind, value) {
            (ColumnKind::Calculated(_), value) => self.calculated(value),
            (ColumnKind::DateTime { day: true }, Value::Date(date)) => self.day(*date),
            (_, Value::Date(date)) => self.moment(*date),
            (ColumnKind::Integer, Value::Number(value)) => format!("{value:.0}"),
            (_, Value::Number(value)) => number(*value),
            (_, Value::Text(text)) => text.clone(),
            (_, Value::Bool(yes)) => if *yes { "1" } else { "0" }.to_owned(),
            (_, Value::Choices(texts)) if texts.is_empty() => String::new(),
            (_, Value::Choices(texts)) => format!(";#{};#", texts.join(";#")),
            (_, Value::Url { url, caption }) => format!("{}, {caption}", url.replace(',', ",,")),
            (_, Value::Terms(terms)) => {
                let texts = terms.iter().map(|(id, label, term)| format!("{id};#{label}|{term}"));
                texts.collect::<Vec<_>>().join(";#")
            }
            (kind, Value::Lookup(id)) => self.reference(kind, *id),
            (kind, Value::Lookups(ids)) => {
                let texts: Vec<String> = ids.iter().map(|id| self.reference(kind, *id)).collect();
                texts.join(";#")
            }
            (_, Value::Error) => "#DIV/0!".to_owned(),
        }
    }

    /// What a formula made, its type in front.
    fn calculated(&self, value: &Value) -> String {
        match value {
            Value::Number(value) => format!("float;#{}", number(*value)),
            Value::Bool(yes) => format!("boolean;#{}", u8::from(*yes)),
            Value::Date(date) => format!("datetime;#{}", self.moment(*date)),
            Value::Text(text) => format!("string;#{text}"),
            _ => "error;##DIV/0!".to_owned(),
        }
    }

    /// What a lookup or person shows, without its id.
    pub(crate) fn shown_by(&self, kind: &ColumnKind, id: i32) -> String {
        let text = self.reference(kind, id);
        text.split_once(";#").map_or(String::new(), |(_, shown)| shown.to_owned())
    }

    fn reference(&self, kind: &ColumnKind, id: i32) -> String {
        match kind {
            ColumnKind::Lookup { list, show, .. } => format!("{id};#{}", self.shown(*list, show, id)),
            ColumnKind::User { .. } => self.person(id),
            _ => format!("{id};#"),
        }
    }

    /// What a lookup shows of an item of another list; nothing where the item is gone or hidden.
    fn shown(&self, list: ListRef, show: &str, id: i32) -> String {
        let item = self.world.item(list, id).filter(|item| self.world.sees(list, item));
        let Some(item) = item else { return String::new() };
        let text = match self.world.value(list, item, show) {
            Some(Value::Text(text)) => text,
            Some(Value::Number(value)) => number(value),
            Some(Value::Bool(yes)) => if yes { "Yes" } else { "No" }.to_owned(),
            Some(Value::Date(date)) => self.moment(date),
            // A file without a title is shown by its name.
            None if self.world.list(list).template == Template::Library => item.name.clone(),
            _ => String::new(),
        };
        if self.world.dialect.lookup_escape { text.replace(';', ";;") } else { text }
    }

    /// A user or group, expanded where the options ask for it. Commas inside a part are doubled.
    fn person(&self, id: i32) -> String {
        let site = self.world.site(self.site());
        let name = match (site.users.get(&id), site.groups.get(&id)) {
            (Some(user), _) if self.options.expand_users => {
                let escaped = |text: &str| text.replace(',', ",,");
                let (name, mail) = (escaped(&user.name), escaped(&user.mail));
                return format!("{id};#{name},#{},#{mail},#{mail},#{name}", escaped(&user.login()));
            }
            (Some(user), _) => &user.name,
            (None, Some(group)) => &group.name,
            (None, None) => "",
        };
        format!("{id};#{name}")
    }

    fn zone(&self) -> i64 {
        // Minutes from local time to UTC, as a list's definition tells them.
        i64::from(self.world.dialect.time_zone) * 600_000_000
    }

    /// A moment in whole seconds, by DateInUtc.
    pub(crate) fn moment(&self, moment: Ticks) -> String {
        if self.options.utc {
            return moment.whole_second().iso();
        }
        let mut text = Ticks(moment.whole_second().0 - self.zone()).iso().replace('T', " ");
        text.pop();
        text
    }

    /// A day: its midnight in the web's own zone, which in UTC may be the evening before.
    fn day(&self, moment: Ticks) -> String {
        const DAY: i64 = 864_000_000_000;
        let local = (moment.0 - self.zone()).div_euclid(DAY) * DAY;
        self.moment(Ticks(local + self.zone()))
    }
}

/// A rights mask as the wire shows it.
pub(crate) fn mask(mask: u64) -> String {
    format!("{mask:#x}")
}

/// A guid in braces and capitals.
pub(crate) fn braced(id: Uuid) -> String {
    let mut buffer = Uuid::encode_buffer();
    id.braced().encode_upper(&mut buffer).to_owned()
}

/// The file type: what stands behind the last dot.
fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// A number in fifteen significant digits, an invariant dot and no grouping; beyond that with an exponent.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 {
        let text = format!("{value:.14e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{digits}e+{exponent:0>3}");
    }
    let whole = format!("{size:.0}").len();
    let decimals = if size < 1.0 && size > 0.0 { 15 } else { 15 - whole.min(15) };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_fifteen_significant_digits() {
        assert_eq!(number(12_500.5), "12500.5000000000");
        assert_eq!(number(3.5), "3.50000000000000");
        assert_eq!(number(1_500.0), "1500.00000000000");
        assert_eq!(number(0.25), "0.250000000000000");
        assert_eq!(number(-7.0), "-7.00000000000000");
        assert_eq!(number(0.0), "0.00000000000000");
        assert_eq!(number(1e18), "1.00000000000000e+018");
    }

    #[test]
    fn guids_are_braced_capitals() {
        assert_eq!(braced(Uuid::from_u128(0xab)), "{00000000-0000-0000-0000-0000000000AB}");
        assert_eq!(mask(0x1b0_3c43_12ef), "0x1b03c4312ef");
    }
}
