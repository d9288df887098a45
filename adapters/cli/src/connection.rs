//! The host of a run: sends, counts time and waits, tells what it does, and ends at the wish to stop.

use std::{
    ops::ControlFlow,
    thread,
    time::{Duration, Instant},
};

use http::{Request, Response};
use sharepoint_changes::{Error, Host, SendError, Site, Wait};
use sharepoint_changes_ureq::{Transport, TransportError};
use sharepoint_simulator::{NoAnswer, SimulatedHost};

use crate::{
    address::Address,
    args::Server,
    delivery::SLICE,
    exit::{Exit, Failure},
    progress::Progress,
    simulated,
    stop::Stop,
};

/// A site and the way to it.
#[derive(Debug)]
pub(crate) struct Connection {
    site: Site,
    link: Link,
    stop: Stop,
    progress: Progress,
    /// Whether this address ever answered, by what was kept of earlier runs or in this one.
    met: bool,
}

#[derive(Debug)]
enum Link {
    Network(Box<Transport>),
    Embedded(Box<SimulatedHost>),
}

/// Why no answer can come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    /// The program was asked to stop, and nothing was sent any more.
    #[error("stopped on request")]
    Stopped,
    /// Nobody ever answered at this address, and nobody does now.
    #[error("no server answers at {address}")]
    Nobody {
        /// The site's.
        address: String,
        /// Why the last attempt failed.
        source: TransportError,
    },
    /// The transport failed.
    #[error(transparent)]
    Transport(TransportError),
    /// The simulated server was told not to answer.
    #[error(transparent)]
    Embedded(NoAnswer),
}

impl From<Unsent> for Failure {
    fn from(error: Unsent) -> Self {
        match error {
            Unsent::Transport(error) => error.into(),
            error @ Unsent::Nobody { .. } => Failure::new(Exit::TEMPORARY, error).advice(
                "Check the address, the network, and the proxy if there is one. Who never answered is not waited for.",
            ),
            error => Failure::new(Exit::FAILURE, error),
        }
    }
}

impl Connection {
    /// Makes the way to a site; nothing is sent. `met` says whether it is known to have answered before: one that never
    /// did is not waited for.
    pub(crate) fn open(
        address: &Address,
        server: &Server,
        met: bool,
        stop: &Stop,
        progress: &Progress,
    ) -> Result<Connection, Failure> {
        let (site, link) = match address {
            Address::Site(site) => {
                let transport = Transport::new(site.url(), server.ask(stop))?
                    .cleartext(server.allow_cleartext)
                    .max_body(server.max_body)
                    .stop_when({
                        let stop = stop.clone();
                        move || stop.is_asked()
                    });
                (server.site(site.clone())?, Link::Network(Box::new(transport)))
            }
            Address::Simulated(simulated) => {
                let (embedded, site) = simulated::open(&simulated.office, server, stop)?;
                (site, Link::Embedded(Box::new(embedded)))
            }
        };
        Ok(Connection { site, link, stop: stop.clone(), progress: progress.clone(), met })
    }

    /// The site, as it is to be spoken to.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Makes a failure of a machine's error, with why the last answer did not come where that is known.
    pub(crate) fn explain(&self, error: Error) -> Failure {
        let loss = match &self.link {
            Link::Network(transport) => transport.last_loss().filter(|_| error.fault().is_none()),
            Link::Embedded(_) => None,
        };
        let failure = Failure::from(error);
        match loss {
            Some(loss) => failure.detail(format!("the last attempt: {}", chain(loss))),
            None => failure,
        }
    }

    /// Whether this address ever answered.
    pub(crate) fn is_met(&self) -> bool {
        self.met
    }

    fn carry(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<Unsent>> {
        let answer = match &mut self.link {
            Link::Network(transport) => transport.send(request).map_err(|it| label(it, Unsent::Transport)),
            Link::Embedded(embedded) => embedded.send(request).map_err(|it| label(it, Unsent::Embedded)),
        };
        self.met |= answer.is_ok();
        match answer {
            // The command for a credential ends with the run.
            Err(SendError::Fatal(_)) if self.stop.is_asked() => Err(SendError::Fatal(Unsent::Stopped)),
            answer => answer,
        }
    }

    /// Sends a request, and tells it.
    fn exchange(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<Unsent>> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let begin = Instant::now();
        let answer = self.carry(request);
        let took = begin.elapsed().as_millis();
        match &answer {
            Ok(answer) => {
                let (status, bytes) = (answer.status().as_u16(), answer.body().len());
                self.progress.detail(format_args!("{method} {uri}: {status}, {bytes} bytes, {took} ms"));
            }
            Err(SendError::Lost(error) | SendError::Fatal(error)) => {
                self.progress.detail(format_args!("{method} {uri}: {}, {took} ms", chain(error)));
            }
        }
        answer
    }

    /// Lets a short time pass, or less once there is the wish to stop.
    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.stop.is_asked() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(SLICE));
        }
    }

    /// Lets time that has passed pass for an embedded site too, whose clock knows no other.
    pub(crate) fn pass(&mut self, time: Duration) {
        if let Link::Embedded(embedded) = &mut self.link {
            embedded.pass(time);
        }
    }
}

fn label<E>(error: SendError<E>, label: fn(E) -> Unsent) -> SendError<Unsent> {
    match error {
        SendError::Lost(error) => SendError::Lost(label(error)),
        SendError::Fatal(error) => SendError::Fatal(label(error)),
    }
}

impl Host for Connection {
    type Error = Unsent;

    /// Sends nothing more once there is the wish to stop: the page before was committed.
    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<Unsent>> {
        if self.stop.is_asked() {
            return Err(SendError::Fatal(Unsent::Stopped));
        }
        if self.met {
            return self.exchange(request);
        }
        let begun = Instant::now();
        for pause in FIRST_PAUSES {
            match self.exchange(request.clone()) {
                Err(SendError::Lost(Unsent::Transport(error))) if is_unreachable(&error) => {
                    let last = pause.is_zero() || begun.elapsed() > FIRST_PATIENCE;
                    if last && !self.stop.is_asked() {
                        let address = self.site.url().to_owned();
                        return Err(SendError::Fatal(Unsent::Nobody { address, source: error }));
                    }
                }
                answer => return answer,
            }
            self.pause(pause);
            if self.stop.is_asked() {
                break;
            }
        }
        Err(SendError::Fatal(Unsent::Stopped))
    }

    fn reclaim(&mut self, body: Vec<u8>) {
        if let Link::Network(transport) = &mut self.link {
            transport.reclaim(body);
        }
    }

    fn now(&mut self) -> Duration {
        match &mut self.link {
            Link::Network(transport) => transport.now(),
            Link::Embedded(embedded) => embedded.now(),
        }
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.progress.rest(wait);
        if self.stop.is_asked() {
            return ControlFlow::Break(());
        }
        match &mut self.link {
            Link::Network(transport) => transport.wait(wait),
            Link::Embedded(embedded) => embedded.wait(wait),
        }
    }
}

/// Whether no server was found at all: no such host, nobody who listens, no way there.
fn is_unreachable(error: &TransportError) -> bool {
    matches!(error, TransportError::Broken(_) | TransportError::TimedOut { what: "connection", .. })
}

/// How long to pause after each try of a first contact; the last one ends it.
const FIRST_PAUSES: [Duration; 3] = [Duration::from_millis(300), Duration::from_millis(700), Duration::ZERO];
/// A first contact that took longer is not tried again.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);

/// An error and its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
