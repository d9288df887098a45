//! A server on loopback: HTTP/1.1, keep-alive, many connections, the wall clock for the world's.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::oneshot;

use crate::server::{Delivery, Served, Server};

/// A server that is being served on a thread of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

#[derive(Debug)]
struct Shared {
    server: Mutex<Server>,
    clock: Instant,
    /// How long the head of a request, and then its body, may take to come.
    patience: Duration,
}

/// The largest request body that is read.
const LARGEST_BODY: usize = 16 << 20;

/// Programs on this machine need a moment; who needs longer holds a connection and does not ask.
const PATIENCE: Duration = Duration::from_secs(30);

impl Serving {
    /// Serves on an address of this machine's loopback; port 0 finds a free one. The path `/_control` is open.
    ///
    /// # Errors
    /// The address is not loopback, or cannot be bound.
    pub fn start(server: Server, address: SocketAddr) -> io::Result<Self> {
        Self::start_patient(server, address, PATIENCE)
    }

    fn start_patient(mut server: Server, address: SocketAddr, patience: Duration) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let text = "the simulator has no protection and is served on loopback only";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        server.control = true;
        #[allow(clippy::disallowed_methods, reason = "over HTTP the wall clock is the world's")]
        let clock = Instant::now();
        let shared = Arc::new(Shared { server: Mutex::new(server), clock, patience });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("sharepoint-simulator".to_owned())
            .spawn(move || runtime.block_on(accept(listener, serving, stopped)))?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Scheme and host of its addresses: `http://127.0.0.1:43127`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What there is, with the addresses it is served at; see [`Server::describe`].
    pub fn describe(&self) -> serde_json::Value {
        self.server().describe_at(&self.base())
    }

    /// The server, brought to the present; requests wait while it is held.
    pub fn server(&self) -> MutexGuard<'_, Server> {
        let mut server = self.shared.lock();
        server.reach_time(self.shared.clock.elapsed());
        server
    }

    /// Stops it and hands the server back. Open connections end.
    ///
    /// # Errors
    /// Accepting had failed.
    pub fn stop(mut self) -> io::Result<Server> {
        self.join()?;
        Ok(self.shared.lock().clone())
    }

    fn join(&mut self) -> io::Result<()> {
        // It may have ended by itself; then nobody hears this.
        let _unheard = self.stop.take().map(|stop| stop.send(()));
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(io::Error::other("the serving thread panicked")),
            None => Ok(()),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

impl Shared {
    /// A panic in another holder leaves a world that is still told truly.
    fn lock(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, request: &Request<Vec<u8>>) -> Served {
        let mut server = self.lock();
        server.serve(self.clock.elapsed(), request)
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The caller went away before it was accepted, or there are too many open files for a moment.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
            },
        };
        // Answers are small and many; waiting to fill a packet only slows them.
        let _best_effort = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let patience = shared.patience;
        tokio::spawn(async move {
            let service = service_fn(move |request| exchange(Arc::clone(&shared), request));
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.header_read_timeout(patience);
            // A connection that ends badly is the caller's business, or our own fault injected on purpose.
            let _ended =
                builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Why a connection is ended without an answer.
#[derive(Debug, thiserror::Error)]
#[error("this answer is meant to be lost")]
struct Lost;

async fn exchange(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Lost>>, Lost> {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(shared.patience, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Ok(unread(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => return Ok(unread(StatusCode::REQUEST_TIMEOUT)),
    };
    let request = Request::from_parts(head, body.to_bytes().to_vec());
    let Served { response, delivery } = shared.serve(&request);
    let (head, body) = response.into_parts();
    let body = Bytes::from(body);
    let body = match delivery {
        Delivery::Whole => whole(body),
        Delivery::After(time) => {
            tokio::time::sleep(time).await;
            whole(body)
        }
        Delivery::Cut(length) => {
            let cut =
                CutBody { promised: body.len() as u64, rest: Some(body.slice(..length.min(body.len()))) };
            BoxBody::new(cut)
        }
        Delivery::Lost => return Err(Lost),
    };
    Ok(Response::from_parts(head, body))
}

/// The answer to a request whose body was not read to its end, which is that of the connection.
fn unread(status: StatusCode) -> Response<BoxBody<Bytes, Lost>> {
    let mut refused = Response::new(whole(Bytes::new()));
    *refused.status_mut() = status;
    refused.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    refused
}

fn whole(body: Bytes) -> BoxBody<Bytes, Lost> {
    BoxBody::new(Full::new(body).map_err(|never: Infallible| match never {}))
}

/// A body that promises more than it brings.
struct CutBody {
    promised: u64,
    rest: Option<Bytes>,
}

impl Body for CutBody {
    type Data = Bytes;
    type Error = Lost;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Lost>>> {
        if let Some(part) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if self.promised == 0 {
            return Poll::Ready(Some(Err(Lost)));
        }
        // Asked once more, so that what was written so far is flushed before the end.
        self.promised = 0;
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;
    use crate::world::{Settings, World};

    #[test]
    fn a_request_that_does_not_come_to_its_end_is_given_up() {
        let server = Server::new(World::new(Settings::default()));
        let address = "127.0.0.1:0".parse().unwrap();
        let serving = Serving::start_patient(server, address, Duration::from_millis(50)).unwrap();
        let answer = |part: &str| {
            let mut stream = TcpStream::connect(serving.address()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream.write_all(part.as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        let slow = answer("POST /_control HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n{");
        assert!(
            slow.starts_with("HTTP/1.1 408") && slow.to_lowercase().contains("connection: close"),
            "{slow}"
        );
        let slow = answer("POST /_control HTTP/1.1\r\nHost: localhost\r\n");
        assert!(slow.is_empty() || slow.starts_with("HTTP/1.1 408"), "{slow}");
        assert_eq!(serving.server().stats().requests, 0);
    }
}
