//! The REST surface: what stands behind `/_api/`.
//!
//! A path is walked segment by segment from the site or web to the object it names ([`target`]); the last segment may
//! be a call of [`CALLS`]. A new call is a file and a line there.

pub(crate) mod change_query;
pub(crate) mod change_row;
mod changes;
pub(crate) mod context;
mod filter;
mod folders;
mod items;
mod items_since_token;
mod lists;
mod member;
mod row_plan;
mod target;

use std::collections::BTreeMap;

use http::{HeaderMap, Method, StatusCode};

pub(crate) use self::row_plan::Plans;
use self::target::Target;
use crate::address::Address;
use crate::dialect::Gone;
use crate::entity::{Dress, Entity, write_feed};
use crate::format::Format;
use crate::json::Style;
use crate::lie::{Lie, Lies};
use crate::problem::Problem;
use crate::query::Scope;
use crate::world::{ListRef, WebRef, World};

/// A request, read as far as every call needs it.
pub(crate) struct Ask<'a> {
    pub(crate) world: &'a World,
    pub(crate) lies: &'a Lies,
    pub(crate) rng: &'a mut fastrand::Rng,
    pub(crate) plans: &'a mut Plans,
    /// The number of the request, from 1.
    pub(crate) number: u64,
    /// What digests are made with.
    pub(crate) secret: u64,
    pub(crate) method: Method,
    pub(crate) address: &'a Address,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) format: Format,
    /// Scheme and host that the client used.
    pub(crate) base: String,
    /// The web that the path names.
    pub(crate) web: WebRef,
    /// Where the connection ends within the answer's body, if it does.
    pub(crate) cut: &'a mut Option<usize>,
    /// How many rows each log had when the answer before this one was given.
    pub(crate) before: &'a [usize],
    /// What is otherwise about answers, counted.
    pub(crate) habits: &'a mut BTreeMap<&'static str, u64>,
}

/// An answer without the headers that all have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
}

/// A call at the end of a path, by its name in lower case.
type Call = fn(&mut Ask<'_>, &Target) -> Result<Answer, Problem>;

/// Every call that is bound to an object.
const CALLS: &[(&str, Call)] =
    &[("getchanges", get_changes), ("getlistitemchangessincetoken", get_items_since_token)];

/// Answers a request.
pub(crate) fn answer(ask: &mut Ask<'_>) -> Result<Answer, Problem> {
    let segments = &ask.address.segments;
    let Some(last) = segments.last() else { return Err(Problem::unknown_resource("_api")) };
    if segments.len() == 1 && last.is("contextinfo") {
        return context::answer(ask, ask.web, ask.secret);
    }
    let call = CALLS.iter().find(|(name, _)| last.is(name) && segments.len() > 1);
    if let Some((_, call)) = call {
        let target = Target::find(ask, &segments[..segments.len() - 1])?;
        return call(ask, &target);
    }
    let target = Target::find(ask, segments)?;
    if ask.method != Method::GET {
        return Err(Problem::wrong_method(&ask.method, &last.name, "Read"));
    }
    target.read(ask)
}

fn get_changes(ask: &mut Ask<'_>, target: &Target) -> Result<Answer, Problem> {
    let scope = match target {
        Target::Site(site) => Scope::Site(*site),
        Target::Web(web) => Scope::Web(*web),
        Target::List(list) => Scope::List(*list),
        Target::Folder(list, 0) => Scope::Folder(*list, ask.world.list(*list).root_folder),
        Target::Folder(list, id) => {
            let folder = ask.world.item(*list, *id).ok_or_else(Problem::missing_file)?;
            Scope::Folder(*list, folder.unique_id)
        }
        Target::Item(list, id) => Scope::Item(*list, *id),
        _ => return Err(Problem::unknown_resource("GetChanges")),
    };
    changes::answer(ask, scope)
}

fn get_items_since_token(ask: &mut Ask<'_>, target: &Target) -> Result<Answer, Problem> {
    match target {
        Target::List(list) => items_since_token::answer(ask, *list),
        _ => Err(Problem::unknown_resource("GetListItemChangesSinceToken")),
    }
}

impl<'a> Ask<'a> {
    /// Whether a lie is told to this request.
    pub(crate) fn lies(&self, lie: Lie) -> bool {
        self.lies.told(lie, self.number)
    }

    /// The address of the web's service: `https://host/sites/ops/_api/`.
    pub(crate) fn service(&self) -> String {
        format!("{}{}/_api/", self.base, self.world.web(self.web).path)
    }

    pub(crate) fn style(&self) -> Style {
        let dialect = &self.world.dialect;
        Style { ascii: dialect.ascii, upper: dialect.upper_guids, zulu: dialect.zulu }
    }

    pub(crate) fn dress<'s>(&self, service: &'s str) -> Dress<'s> {
        Dress { format: self.format, style: self.style(), service, now: self.world.now() }
    }

    fn content_type(&self, feed: bool) -> &'static str {
        self.format.content_type(self.world.dialect.plain_content_type, feed)
    }

    /// A body in the negotiated format.
    pub(crate) fn entry(&self, body: Vec<u8>) -> Answer {
        Answer { status: StatusCode::OK, content_type: Some(self.content_type(false)), body }
    }

    /// A collection in the negotiated format.
    pub(crate) fn feed(&self, body: Vec<u8>) -> Answer {
        Answer { status: StatusCode::OK, content_type: Some(self.content_type(true)), body }
    }

    /// JSON that was written by hand.
    pub(crate) fn json(&self, body: Vec<u8>) -> Answer {
        self.feed(body)
    }

    /// An entity, reduced to what `$select` asks for.
    pub(crate) fn entity(&self, entity: Entity) -> Result<Answer, Problem> {
        let entity = entity.select(self.address.option("$select"))?;
        let service = self.service();
        Ok(self.entry(entity.write(self.dress(&service))))
    }

    /// Entities, each reduced to what `$select` asks for.
    pub(crate) fn entities(
        &self,
        kind: &str,
        entities: Vec<Entity>,
        next: Option<&str>,
    ) -> Result<Answer, Problem> {
        let select = self.address.option("$select");
        let entities: Vec<_> =
            entities.into_iter().map(|entity| entity.select(select)).collect::<Result<_, _>>()?;
        let service = self.service();
        Ok(self.feed(write_feed(&entities, next, kind, self.dress(&service))))
    }

    /// What is said of a list that cannot be found, whose address named it by id.
    pub(crate) fn no_list(&self) -> Problem {
        match self.world.dialect.gone {
            Gone::Code => Problem::missing_list(self.world.dialect.language),
            Gone::Never => Problem::new(
                StatusCode::NOT_FOUND,
                -1,
                "System.ArgumentException",
                Problem::missing_list(self.world.dialect.language).text,
            ),
        }
    }

    /// Counts that something was otherwise about this answer.
    pub(crate) fn note(&mut self, habits: impl IntoIterator<Item = &'static str>) {
        for habit in habits {
            *self.habits.entry(habit).or_default() += 1;
        }
    }

    /// A list that was not deleted.
    pub(crate) fn living(&self, list: Option<ListRef>) -> Result<ListRef, Problem> {
        list.filter(|list| !self.world.list(*list).deleted).ok_or_else(|| self.no_list())
    }
}
