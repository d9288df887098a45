//! The loop: what every machine of this crate asks of its caller, and [`drive`], which runs one with every
//! effect a parameter.

use std::{ops::ControlFlow, time::Duration};

use crate::error::{DriveError, Error};

/// A conversation that performs no effect: it says what to do next and is told what came of it.
///
/// The contract:
/// - [`poll`](Machine::poll) is idempotent until [`receive`](Machine::receive) or [`fail`](Machine::fail): it says
///   the same [`Action::Send`] again, an [`Action::Wait`] that shrinks with time, or the same [`Action::Done`] for
///   ever. A [`Action::Page`] is handed out once.
/// - Only `poll` takes time, as the monotonic time since any origin the caller likes.
/// - `receive` and `fail` never fail: what was wrong comes out of the next `poll`. After an error every later
///   `poll` says [`Error::Broken`].
/// - Every request only reads, so sending one twice is harmless.
pub trait Machine {
    /// What a committed step of the work looks like.
    type Page;
    /// How the work ends.
    type Done;

    /// Says what to do next; `now` is monotonic time since any origin.
    ///
    /// # Errors
    /// What the last answer, the budget or the caller did wrong; see [`Error`].
    fn poll(&mut self, now: Duration) -> Result<Action<Self::Page, Self::Done>, Error>;

    /// Takes the answer to the request that is open, whatever its status.
    fn receive(&mut self, answer: http::Response<impl AsRef<[u8]>>);

    /// Takes notice that no answer came to the request that is open: a refused or cut connection, a timeout.
    fn fail(&mut self);
}

/// What a [`Machine`] asks of its caller. Exhaustive on purpose: a new duty must not compile unnoticed.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one is moved for each request; a box would cost more")]
#[must_use = "an action that is not carried out stops the machine"]
pub enum Action<P, D> {
    /// Send this request and hand the answer to [`Machine::receive`], or call [`Machine::fail`].
    Send(http::Request<Vec<u8>>),
    /// Poll again, but not before this much time has passed.
    Wait(Wait),
    /// Commit this page before polling again: polling on means that it is safe.
    Page(P),
    /// The work has ended; the value says what the caller must do now.
    Done(D),
}

/// A rest the machine must take before it may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Counted from the poll that said so. A caller may wait longer, never shorter.
    pub at_least: Duration,
    /// Why; for logs.
    pub reason: WaitReason,
}

/// Why a machine rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The server said 429, or 503 with a time to come back.
    Throttled,
    /// The server could not answer (502, 503, 504, a 500 that names no error).
    Unavailable,
    /// No answer came, or only a part of one.
    Lost,
    /// The server's `RateLimit` headers say that the quota is nearly used up; the answers were fine so far.
    Pacing,
    /// The answer was true of an earlier moment than one before: it came from a copy of the log that lags behind.
    Lagging,
}

/// The effects a [`Machine`] needs, bundled because they travel together: a transport, a clock and a way to wait.
pub trait Host {
    /// What the transport reports when it cannot bring an answer.
    type Error;

    /// Sends a request and brings back the whole answer, whatever its status; redirects are not followed.
    ///
    /// # Errors
    /// [`SendError::Lost`] where another try may help, [`SendError::Fatal`] where none will.
    fn send(
        &mut self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, SendError<Self::Error>>;

    /// Takes back the body of an answer the machine has read, so that the next one may be read into it. This only
    /// spares memory being got anew for every page; without an own implementation the body is dropped.
    fn reclaim(&mut self, body: Vec<u8>) {
        drop(body);
    }

    /// Monotonic time since any origin.
    fn now(&mut self) -> Duration;

    /// Lets at least `wait.at_least` pass. [`ControlFlow::Break`] means that the program was asked to stop.
    fn wait(&mut self, wait: &Wait) -> ControlFlow<()>;
}

/// Why [`Host::send`] brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError<E> {
    /// No answer came (refused, cut, timed out): the machine decides whether to ask again.
    Lost(E),
    /// No answer can come (no credential, a body over the cap): the run ends.
    Fatal(E),
}

/// Runs a machine to its end: sends, waits and commits until it is done.
///
/// The first failed commit ends the run without another poll; go on with a new machine from what the store holds.
///
/// # Errors
/// [`DriveError`] says whether the machine, the transport, the commit or a wish to stop ended the run.
pub fn drive<M: Machine, H: Host, C>(
    machine: &mut M,
    host: &mut H,
    mut commit: impl FnMut(M::Page) -> Result<(), C>,
) -> Result<M::Done, DriveError<H::Error, C>> {
    loop {
        match machine.poll(host.now()).map_err(DriveError::Machine)? {
            Action::Send(request) => match host.send(request) {
                Ok(answer) => {
                    let (parts, body) = answer.into_parts();
                    machine.receive(http::Response::from_parts(parts, &body));
                    host.reclaim(body);
                }
                Err(SendError::Lost(_)) => machine.fail(),
                Err(SendError::Fatal(error)) => return Err(DriveError::Transport(error)),
            },
            Action::Wait(wait) => {
                if host.wait(&wait).is_break() {
                    return Err(DriveError::Stopped);
                }
            }
            Action::Page(page) => commit(page).map_err(DriveError::Commit)?,
            Action::Done(done) => return Ok(done),
        }
    }
}
