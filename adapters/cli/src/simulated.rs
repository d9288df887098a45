//! The embedded simulated site.

use std::{ops::ControlFlow, time::Duration};

use http::{Request, Response};
use sharepoint_changes::{Site, Wait};
use sharepoint_simulator::{Delivery, Server, World, world};

use crate::{address::Simulated, args, exit::Failure};

#[derive(Debug)]
pub(crate) struct Embedded {
    server: Server,
    now: Duration,
}

impl Embedded {
    pub(crate) fn send(&mut self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ()> {
        let served = self.server.serve(self.now, request);
        match served.delivery {
            Delivery::Whole => Ok(served.response),
            Delivery::After(time) => {
                self.now += time;
                Ok(served.response)
            }
            _ => Err(()),
        }
    }
    pub(crate) fn now(&self) -> Duration {
        self.now
    }
    pub(crate) fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.now += wait.at_least;
        ControlFlow::Continue(())
    }
}

pub(crate) fn open(simulated: &Simulated, args: &args::Server) -> Result<(Embedded, Site), Failure> {
    let mut world = World::new(world::Settings { seed: simulated.seed, ..world::Settings::default() });
    let site = world.add_site("/sites/ops", "Operations").map_err(Failure::usage)?;
    let web = world.webs(site).next().ok_or_else(|| Failure::usage("no web"))?;
    let list = world.add_list(web, "Bids", world::Template::List).map_err(Failure::usage)?;
    for _ in 0..simulated.changes {
        world.advance(Duration::from_secs(60));
        world.add_item(list, 0, &[]).map_err(Failure::usage)?;
    }
    world.advance(Duration::from_secs(60));
    let site = Site::new(&format!("{}/sites/ops", world.host()))?;
    let mut server = Server::new(world);
    for (name, value) in &simulated.switches {
        server.world_mut().dialect.set(&format!("{name}={value}")).map_err(Failure::usage)?;
    }
    Ok((Embedded { server, now: Duration::ZERO }, args.site(site)?))
}
