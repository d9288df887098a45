//! A session over a transport of one's own: here a function call into a simulated server, elsewhere whatever client a
//! program already has.
//!
//! Run it with `cargo run --example own_transport`.

use std::{convert::Infallible, ops::ControlFlow, time::Duration};

use http::{Request, Response};
use sharepoint_changes::{
    ChangeQuery, Done, Host, Preset, Scope, SendError, Session, Settings, Site, Start, Wait, drive,
};
use sharepoint_simulator::{Activity, Server, world};

/// Everything a session needs from outside: a way to send, a clock, a way to wait. This one's clock is its own, so
/// that a throttle of ten minutes takes no time.
struct Office {
    server: Server,
    clock: Duration,
}

impl Host for Office {
    type Error = Infallible;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<Infallible>> {
        // A real transport adds the credential here, and hands every answer back whole: any status, every header.
        self.clock += Duration::from_millis(40);
        Ok(self.server.handle(self.clock, &request))
    }

    fn now(&mut self) -> Duration {
        self.clock
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.clock += wait.at_least;
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut world, mut activity) = Activity::office(world::Settings::default());
    activity.play(&mut world, 120);
    let mut office = Office { server: Server::new(world), clock: Duration::ZERO };

    let site = Site::new("https://fabrikam.sharepoint.com/sites/ops")?;
    let query = ChangeQuery::preset(Scope::Site, Preset::Files);
    let mut session = Session::new(site, query, Start::Beginning, Settings::default())?;
    let mut rows = 0;
    let done = drive(&mut session, &mut office, |page| {
        // Here a store would keep the rows and `page.checkpoint` in one transaction.
        rows += page.changes.len();
        Ok::<_, Infallible>(())
    })?;
    let word = match done {
        Done::UpToDate { .. } => "up to date",
        Done::Resync { .. } => "read everything anew",
    };
    #[allow(clippy::print_stdout, reason = "an example shows what it found")]
    {
        println!("{rows} changes, then {word}: {}", done.checkpoint());
    }
    Ok(())
}
