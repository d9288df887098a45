//! The stories once more, read a page ahead of the commits.

use std::{ops::ControlFlow, time::Duration};

use sharepoint_changes::{
    DriveError, Host, Machine, SendError, Wait,
    http::{HeaderValue, Request, Response, header::COOKIE},
};
use sharepoint_simulator::{
    Auth, NoAnswer, Server, SimulatedHost, World,
    laws::{Copy, Fallen, Feed, Figures, Ledger, Setting, Story, Theatre, play_changes, play_items},
};

use crate::far_ahead::drive_far_ahead;

/// A host in process, under the driver that reads ahead.
struct Ahead(SimulatedHost);

impl Ahead {
    fn new(setting: &Setting, world: World) -> Ahead {
        let mut host = SimulatedHost::new(Server::new(world));
        if setting.cookie {
            host.server_mut().auth = Auth::Cookie("kept".to_owned());
            host.headers.insert(COOKIE, HeaderValue::from_static("FedAuth=kept"));
        }
        Ahead(host)
    }
}

impl Host for Ahead {
    type Error = NoAnswer;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<NoAnswer>> {
        self.0.send(request)
    }

    fn now(&mut self) -> Duration {
        self.0.now()
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.0.wait(wait)
    }
}

impl Theatre for Ahead {
    fn conduct<M, H, C>(
        machine: &mut M,
        host: &mut H,
        commit: impl FnMut(M::Page) -> Result<(), C>,
    ) -> Result<M::Done, DriveError<H::Error, C>>
    where
        M: Machine<Page: Send, Done: Send> + Send,
        H: Host<Error: Send> + Send,
    {
        drive_far_ahead(machine, host, commit)
    }

    fn with_server<T>(&mut self, look: impl FnOnce(&mut Server) -> T) -> T {
        self.0.with_server(look)
    }

    fn pass(&mut self, time: Duration) {
        self.0.pass(time);
    }

    fn aside(&mut self) -> Option<SimulatedHost> {
        self.0.aside()
    }
}

/// Stories of each feed.
const SEEDS: u64 = 100;

fn tell(feed: Feed, play: impl Fn(&Story) -> Result<Figures, Fallen>) -> Figures {
    let mut figures = Figures::default();
    for seed in 0..SEEDS {
        let story = Story::new(feed, seed);
        figures += &play(&story).unwrap_or_else(|fallen| panic!("{fallen:?}, in the story {story}"));
    }
    assert!(figures.pages > 3 * SEEDS && figures.crashes >= SEEDS, "{figures}");
    figures
}

#[test]
fn every_story_of_changes_keeps_the_laws_when_it_is_read_ahead() {
    tell(Feed::Changes, |story| {
        play_changes(story, |world| Ahead::new(&story.setting, world), Ledger::default())
    });
}

#[test]
fn every_story_of_items_keeps_the_laws_when_it_is_read_ahead() {
    tell(Feed::Items, |story| play_items(story, |world| Ahead::new(&story.setting, world), Copy::default()));
}
