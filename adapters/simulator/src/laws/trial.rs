//! Many stories, and the first that breaks a law.

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::HeaderValue;
use http::header::COOKIE;

use super::changes::Changes;
use super::figures::Figures;
use super::handler::{ChangesHandler, ItemsHandler};
use super::items::Items;
use super::play::{Fallen, open, tell};
use super::setting::{Feed, Setting};
use super::shrink::shrink;
use super::store::{Store, StoreHandler};
use super::story::Story;
use crate::auth::Auth;
use crate::host::SimulatedHost;
use crate::server::Server;
use crate::world::World;

/// Stories that a handler is put through.
///
/// Each one has at least 50 events, three runs, a death of the process and a fault. The first that breaks a law is made
/// as short as it can be and still break one.
#[derive(Clone, Debug)]
pub struct Laws {
    seeds: Range<u64>,
    story: Option<Story>,
    tries: u32,
}

/// A law was broken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Broken {
    /// Which one, and how, in the shortened story.
    pub fallen: Fallen,
    /// The story, as short as it can be.
    pub story: Story,
    /// What was tried before it.
    pub figures: Figures,
}

impl Laws {
    /// The stories of these seeds.
    pub fn seeds(seeds: Range<u64>) -> Self {
        Self { seeds, story: None, tries: 400 }
    }

    /// A single story, as the text of one that failed tells it.
    pub fn story(story: Story) -> Self {
        Self { seeds: 0..0, story: Some(story), tries: 400 }
    }

    /// How often a story that breaks a law is told to find a shorter one; 400.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// Puts handlers of GetChanges through the stories; each story has one of its own.
    ///
    /// # Errors
    /// The first law that was broken.
    pub fn changes<H: ChangesHandler>(&self, handler: impl Fn() -> H) -> Result<Figures, Box<Broken>> {
        self.judge(Feed::Changes, |story| tell_changes(story, &handler))
    }

    /// Puts handlers of a list's items through the stories; each story has one of its own.
    ///
    /// # Errors
    /// The first law that was broken.
    pub fn items<H: ItemsHandler>(&self, handler: impl Fn() -> H) -> Result<Figures, Box<Broken>> {
        self.judge(Feed::Items, |story| tell_items(story, &handler))
    }

    /// Puts stores that run their own sessions through the stories of a list's items; each story has one of its own.
    ///
    /// # Errors
    /// The first law that was broken.
    pub fn stores<H: StoreHandler>(&self, handler: impl Fn() -> H) -> Result<Figures, Box<Broken>> {
        self.judge(Feed::Items, |story| {
            let mut stage = open(story, |world| in_process(&story.setting, world));
            let mut feed = Store::new(&story.setting, &mut stage, handler());
            tell(story, &mut stage, &mut feed).map(|_| stage.figures)
        })
    }

    fn judge(
        &self,
        feed: Feed,
        tell: impl Fn(&Story) -> Result<Figures, Fallen>,
    ) -> Result<Figures, Box<Broken>> {
        let tell = |story: &Story| {
            catch_unwind(AssertUnwindSafe(|| tell(story))).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
                Err(Fallen::of(10, format!("panicked: {text}")))
            })
        };
        let mut figures = Figures::default();
        let stories = self.seeds.clone().map(|seed| Story::new(feed, seed)).chain(self.story.clone());
        for story in stories.filter(|story| story.setting.feed == feed) {
            match tell(&story) {
                Ok(told) => figures += &told,
                Err(fallen) => {
                    let fails = |story: &Story| tell(story).err().filter(|other| other.law == fallen.law);
                    let (story, shortest) = shrink(&story, self.tries, fails);
                    return Err(Box::new(Broken { fallen: shortest.unwrap_or(fallen), story, figures }));
                }
            }
        }
        Ok(figures)
    }
}

fn tell_changes<H: ChangesHandler>(story: &Story, handler: impl Fn() -> H) -> Result<Figures, Fallen> {
    twice(story, |story| {
        let mut stage = open(story, |world| in_process(&story.setting, world));
        let mut feed = Changes::new(&story.setting, &mut stage, handler());
        tell(story, &mut stage, &mut feed).map(|digest| (digest, stage.figures))
    })
}

fn tell_items<H: ItemsHandler>(story: &Story, handler: impl Fn() -> H) -> Result<Figures, Fallen> {
    twice(story, |story| {
        let mut stage = open(story, |world| in_process(&story.setting, world));
        let mut feed = Items::new(&story.setting, &mut stage, handler());
        tell(story, &mut stage, &mut feed).map(|digest| (digest, stage.figures))
    })
}

/// Tells a story, and once more in other clothes where it says so: what is handed out must be the same.
fn twice(story: &Story, tell: impl Fn(&Story) -> Result<(u64, Figures), Fallen>) -> Result<Figures, Fallen> {
    let (digest, mut figures) = tell(story)?;
    if story.setting.retold {
        let plain = Setting::plain(story.setting.feed);
        let setting = Setting {
            clothes: plain.clothes,
            metadata: plain.metadata,
            twice: !story.setting.twice,
            ..story.setting.clone()
        };
        let (again, _) = tell(&Story { setting, ..story.clone() })?;
        if again != digest {
            return Err(Fallen::of(9, "in plain clothes the story comes to something else".to_owned()));
        }
        figures.retold += 1;
    }
    Ok(figures)
}

/// The host of a story that is told in process.
pub(super) fn in_process(setting: &Setting, world: World) -> SimulatedHost {
    let mut server = Server::new(world);
    let mut headers = http::HeaderMap::new();
    if setting.cookie {
        server.auth = Auth::Cookie("kept".to_owned());
        headers.insert(COOKIE, HeaderValue::from_static("FedAuth=kept"));
    }
    let mut host = SimulatedHost::new(server);
    host.headers = headers;
    host
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fallen { law, what, .. } = &self.fallen;
        writeln!(f, "law {law} is broken by the story of seed {}: {what}", self.story.seed)?;
        write!(f, "told again by LAWS_STORY='{}'", self.story)
    }
}

impl std::error::Error for Broken {}
