//! The glue that lets the client run against a server in process, on a virtual clock.

use std::ops::ControlFlow;
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use sharepoint_changes::{Host, SendError, Wait};

use crate::server::{Delivery, Served, Server};

/// A server and a clock, as the client's transport: a ten-minute throttle costs nothing.
///
/// Time passes by waiting, by answers that are slow, and by each request's latency. The clock goes on from run to run,
/// so one host serves many sessions.
#[derive(Clone, Debug)]
pub struct SimulatedHost {
    server: Server,
    clock: Duration,
    /// Time that every exchange takes; 40 ms.
    pub latency: Duration,
    /// Time after which an answer is given up; 100 seconds.
    pub timeout: Duration,
    /// Headers added to every request: a credential, say.
    pub headers: HeaderMap,
    /// Ends the run as a signal would, when as many waits as this are over; none for never.
    pub stop_after_waits: Option<u64>,
    waited: Duration,
}

/// Why no answer came from a [`SimulatedHost`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The connection ended before the answer, or within it.
    #[error("the connection ended before the whole answer had come")]
    Ended,
    /// The answer took too long.
    #[error("the answer did not come in time")]
    TimedOut,
}

impl SimulatedHost {
    /// A host over a server, its clock at zero.
    pub fn new(server: Server) -> Self {
        Self {
            server,
            clock: Duration::ZERO,
            latency: Duration::from_millis(40),
            timeout: Duration::from_secs(100),
            headers: HeaderMap::new(),
            stop_after_waits: None,
            waited: Duration::ZERO,
        }
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server, to change it or its world.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }

    /// The server, its clock forgotten.
    pub fn into_server(self) -> Server {
        self.server
    }

    /// Time that waits have taken so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        self.clock += time;
        self.server.reach_time(self.clock);
    }
}

impl Host for SimulatedHost {
    type Error = NoAnswer;

    fn send(&mut self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<NoAnswer>> {
        for (name, value) in &self.headers {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        let Served { response, delivery } = self.server.serve(self.clock, &request);
        self.clock += self.latency;
        match delivery {
            Delivery::Whole => Ok(response),
            Delivery::After(time) if time > self.timeout => {
                self.clock += self.timeout;
                Err(SendError::Lost(NoAnswer::TimedOut))
            }
            Delivery::After(time) => {
                self.clock += time;
                Ok(response)
            }
            Delivery::Cut(_) | Delivery::Lost => Err(SendError::Lost(NoAnswer::Ended)),
        }
    }

    fn now(&mut self) -> Duration {
        self.clock
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        if let Some(left) = &mut self.stop_after_waits {
            if *left == 0 {
                return ControlFlow::Break(());
            }
            *left -= 1;
        }
        self.clock += wait.at_least;
        self.waited += wait.at_least;
        ControlFlow::Continue(())
    }
}
