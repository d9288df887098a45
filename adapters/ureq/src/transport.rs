//! The blocking host: sends, counts time and waits.

use std::{
    fmt, mem,
    ops::ControlFlow,
    thread,
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use sharepoint_changes::{Host, SendError, Wait};
use ureq::{Agent, Body, Proxy, config::AutoHeaderValue, tls::TlsConfig};

use crate::{
    Ask, Credential, CredentialError, TransportError, Trust,
    answer::Bounds,
    credential::Proof,
    error::{Cause, Timeouts},
    origin::Origin,
    rest::{jitter, rest},
};

type Lost = SendError<TransportError>;

/// A blocking [`Host`] for one site, on ureq.
///
/// It brings back every answer as it came: any status, every header, redirects unfollowed. It adds the credential,
/// which it asks its closure for before every request, and goes to the site's origin only. Connections are kept
/// and used again.
pub struct Transport {
    origin: Origin,
    credential: Box<dyn FnMut(Ask) -> Result<Credential, CredentialError> + Send>,
    stop: Box<dyn FnMut() -> bool + Send>,
    timeouts: Timeouts,
    max_body: u64,
    gzip: bool,
    cleartext: bool,
    proxy: Option<Proxy>,
    trust: Trust,
    /// Made at the first request, when all settings are known.
    agent: Option<Agent>,
    /// What the next answer is read into.
    body: Vec<u8>,
    last_loss: Option<TransportError>,
    born: Instant,
}

impl Transport {
    /// Makes a transport for the site at this address; only its scheme, host and port matter.
    ///
    /// The closure is asked with [`Ask::First`] before every request, and once more with [`Ask::Refused`] when the
    /// server answered 401. If it then gives another credential the request is sent again; the answer to that is
    /// handed back whatever it is. Proxies are read from the environment (`ALL_PROXY`, `HTTPS_PROXY`,
    /// `HTTP_PROXY`, `NO_PROXY`), except for a site on this machine.
    ///
    /// # Errors
    /// [`TransportError::Address`] where the address is not an absolute http or https URL, or names a user.
    pub fn new(
        site: &str,
        credential: impl FnMut(Ask) -> Result<Credential, CredentialError> + Send + 'static,
    ) -> Result<Self, TransportError> {
        let origin = Origin::of_site(site)?;
        Ok(Transport {
            proxy: if origin.is_loopback() { None } else { Proxy::try_from_env() },
            origin,
            credential: Box::new(credential),
            stop: Box::new(|| false),
            timeouts: Timeouts { connect: Duration::from_secs(15), global: Duration::from_secs(120) },
            max_body: 64 << 20,
            gzip: true,
            cleartext: false,
            trust: Trust::default(),
            agent: None,
            body: Vec::new(),
            last_loss: None,
            born: Instant::now(),
        })
    }

    /// Sets how long one request may take from its first byte to the last of its answer; 120 seconds at first,
    /// a little more than the 110 after which ASP.NET gives up on a request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.global = timeout;
        self.changed()
    }

    /// Sets how long a connection may take to be made, TLS included; 15 seconds at first.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.connect = timeout;
        self.changed()
    }

    /// Sets the largest body taken, in bytes after decompression; 64 MiB at first. A larger one ends the run.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets whether answers may come compressed; they may at first. On one's own machine decompression costs more
    /// than it saves.
    pub fn accept_gzip(mut self, accept: bool) -> Self {
        self.gzip = accept;
        self.changed()
    }

    /// Sets whether a credential may go to another machine over plain http; it may not at first.
    pub fn cleartext(mut self, allowed: bool) -> Self {
        self.cleartext = allowed;
        self
    }

    /// Sets whose certificates are accepted; the system's judgement is taken at first.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self.changed()
    }

    /// Sets the proxy in place of what the environment says, as `http://host:port` (also https, socks4, socks4a,
    /// socks5); `None` goes straight to the site.
    ///
    /// # Errors
    /// [`TransportError::Proxy`] where the address cannot be used.
    pub fn proxy(mut self, address: Option<&str>) -> Result<Self, TransportError> {
        self.proxy = address.map(Proxy::new).transpose().map_err(|_| TransportError::Proxy)?;
        Ok(self.changed())
    }

    /// Sets how a wish to stop is known, a flag set by a signal for instance. It is asked during waits, ten times a
    /// second, and ends them; a request under way is never broken off.
    pub fn stop_when(mut self, stop: impl FnMut() -> bool + Send + 'static) -> Self {
        self.stop = Box::new(stop);
        self
    }

    /// Why the last request was lost; `None` as soon as one is answered. A machine counts losses, it does not keep
    /// their reasons.
    pub fn last_loss(&self) -> Option<&TransportError> {
        self.last_loss.as_ref()
    }

    /// Sends a request and lends the answer, read into a buffer that is used again for the next one: for loops of
    /// one's own that hand each answer to a machine at once. [`Host::send`] gives the answer away instead, and
    /// [`Host::reclaim`] takes its buffer back.
    ///
    /// # Errors
    /// As [`Host::send`].
    pub fn exchange(&mut self, request: &http::Request<Vec<u8>>) -> Result<http::Response<&[u8]>, Lost> {
        let mut body = mem::take(&mut self.body);
        let outcome = self.carry(request, &mut body);
        self.body = body;
        let parts = outcome?;
        Ok(http::Response::from_parts(parts, &self.body))
    }

    fn carry(
        &mut self,
        request: &http::Request<Vec<u8>>,
        body: &mut Vec<u8>,
    ) -> Result<http::response::Parts, Lost> {
        let outcome = self.ask_and_send(request, body);
        match &outcome {
            Ok(_) => self.last_loss = None,
            Err(SendError::Lost(error)) => self.last_loss = Some(error.clone()),
            Err(SendError::Fatal(_)) => {}
        }
        outcome
    }

    fn ask_and_send(
        &mut self,
        request: &http::Request<Vec<u8>>,
        body: &mut Vec<u8>,
    ) -> Result<http::response::Parts, Lost> {
        self.origin.admit(request.uri()).map_err(SendError::Fatal)?;
        let proof = self.proof(Ask::First)?;
        let answer = self.send_once(request, &proof, body)?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let fresh = self.proof(Ask::Refused)?;
        if fresh == proof {
            // What was just refused would be refused again.
            return Ok(answer);
        }
        self.send_once(request, &fresh, body)
    }

    fn proof(&mut self, ask: Ask) -> Result<Proof, Lost> {
        let credential = (self.credential)(ask).map_err(|source| {
            SendError::Fatal(TransportError::Credential { ask, source: Cause::new(source) })
        })?;
        let proof = Proof::new(credential).map_err(SendError::Fatal)?;
        if proof.is_secret() && self.origin.is_cleartext() && !self.cleartext {
            return Err(SendError::Fatal(TransportError::Cleartext(self.origin.to_string())));
        }
        Ok(proof)
    }

    fn send_once(
        &mut self,
        request: &http::Request<Vec<u8>>,
        proof: &Proof,
        body: &mut Vec<u8>,
    ) -> Result<http::response::Parts, Lost> {
        let bounds = Bounds { max: self.max_body, timeouts: self.timeouts };
        let answer = run(self.agent(), request, proof).map_err(|error| self.timeouts.judge(error))?;
        bounds.read(answer, body)
    }

    fn agent(&mut self) -> &Agent {
        self.agent.get_or_insert_with(|| {
            Agent::config_builder()
                // Faults and throttling are answers: their headers and bodies say what to do.
                .http_status_as_error(false)
                // A redirect leads to a sign-in page, never to data.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .https_only(self.origin.is_https())
                // A request carries what the core put into it and nothing else.
                .user_agent(AutoHeaderValue::None)
                .accept(AutoHeaderValue::None)
                .accept_encoding(if self.gzip { "gzip" } else { "identity" })
                .timeout_global(Some(self.timeouts.global))
                .timeout_connect(Some(self.timeouts.connect))
                .timeout_resolve(Some(self.timeouts.connect))
                .proxy(self.proxy.clone())
                .tls_config(TlsConfig::builder().root_certs(self.trust.roots()).build())
                .build()
                .new_agent()
        })
    }

    fn changed(mut self) -> Self {
        self.agent = None;
        self
    }
}

/// The largest buffer kept from answer to answer.
const MOST_KEPT: usize = 8 << 20;

/// Sends a signed copy of the request.
fn run(
    agent: &Agent,
    request: &http::Request<Vec<u8>>,
    proof: &Proof,
) -> Result<http::Response<Body>, ureq::Error> {
    // Extensions stay behind: ureq reads settings from them that could undo the agent's.
    let mut copy = http::Request::new(());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    proof.sign(copy.headers_mut());
    // An empty slice is sent as `content-length: 0`, which a POST without a body needs (IIS answers 411 without)
    // and a GET must not have.
    if request.body().is_empty() && *request.method() != Method::POST {
        agent.run(copy)
    } else {
        agent.run(copy.map(|()| request.body().as_slice()))
    }
}

impl Host for Transport {
    type Error = TransportError;

    fn send(&mut self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Lost> {
        let mut body = mem::take(&mut self.body);
        match self.carry(&request, &mut body) {
            Ok(parts) => Ok(http::Response::from_parts(parts, body)),
            Err(error) => {
                self.reclaim(body);
                Err(error)
            }
        }
    }

    /// Keeps the buffer for the next answer, unless it is larger than a page is.
    fn reclaim(&mut self, body: Vec<u8>) {
        if (self.body.capacity()..=MOST_KEPT).contains(&body.capacity()) {
            self.body = body;
        }
    }

    /// Time since the transport was made.
    fn now(&mut self) -> Duration {
        self.born.elapsed()
    }

    /// Sleeps, up to a tenth longer than asked but never more than five seconds, so that programs told the same
    /// time to come back do not all come at once.
    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        let total = wait.at_least.saturating_add(jitter(wait.at_least, fastrand::f64()));
        let born = self.born;
        rest(total, || born.elapsed(), thread::sleep, &mut self.stop)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("origin", &self.origin)
            .field("timeouts", &self.timeouts)
            .field("max_body", &self.max_body)
            .field("gzip", &self.gzip)
            .field("cleartext", &self.cleartext)
            .field("proxy", &self.proxy)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}
