//! A run on a stage: the driver gets a machine and a host, and the story has its hand in both.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use sharepoint_changes::{Action, Done, DriveError, Error, Host, Machine, SendError, Wait};

use super::crash::Crashed;
use super::handler::Next;
use super::play::Fallen;
use super::stage::{Ended, Sent, Stage, Theatre};

/// Why a run ends that neither its machine ends nor the server.
#[derive(Debug)]
pub(super) enum Halt {
    Crashed,
    Anew,
    Fallen(Fallen),
}

impl From<Crashed> for Halt {
    fn from(_: Crashed) -> Self {
        Halt::Crashed
    }
}

impl<P: Theatre> Stage<P> {
    /// Lends the host to a program that drives its sessions itself; none where the process died.
    pub(super) fn lend<T>(
        &mut self,
        most_rest: Duration,
        run: impl FnOnce(&mut OnStage<'_, '_, P>) -> T,
    ) -> Result<Option<T>, Fallen> {
        let stage = Mutex::new(self);
        let mut host = OnStage { stage: &stage, most_rest, fallen: None };
        let ran = run(&mut host);
        if let Some(fallen) = host.fallen {
            return Err(fallen);
        }
        Ok(if lock(&stage).crash.is_dead() { None } else { Some(ran) })
    }

    /// Runs a session to its end, its failure or its death. `commit` works off a page and keeps its checkpoint.
    pub(super) fn conduct<M: Machine<Page: Send, Done = Done> + Send>(
        &mut self,
        machine: &mut M,
        most_rest: Duration,
        mut commit: impl FnMut(M::Page, &mut Self) -> Result<Result<Next, Crashed>, Fallen>,
    ) -> Result<Ended, Fallen> {
        let mut polled = Polled { machine, twice: self.twice, fallen: None };
        // A driver may commit on another thread than it sends on.
        let stage = Mutex::new(self);
        let mut host = OnStage { stage: &stage, most_rest, fallen: None };
        let ended = P::conduct(&mut polled, &mut host, |page| {
            let stage = &mut **lock(&stage);
            if stage.crash.is_dead() {
                return Err(Halt::Crashed);
            }
            stage.pages += 1;
            stage.figures.pages += 1;
            stage.crash.point()?;
            let next = commit(page, stage).map_err(Halt::Fallen)?;
            if stage.crash.is_dead() {
                return Err(Halt::Crashed);
            }
            stage.crash.point()?;
            match next? {
                Next::GoOn => Ok(()),
                Next::Anew => Err(Halt::Anew),
            }
        });
        if let Some(fallen) = polled.fallen.or(host.fallen) {
            return Err(fallen);
        }
        match ended {
            Ok(done) => Ok(Ended::Done(done)),
            Err(DriveError::Machine(error)) => Ok(Ended::Failed(error)),
            Err(DriveError::Transport(halt) | DriveError::Commit(halt)) => match halt {
                Halt::Crashed => Ok(Ended::Crashed),
                Halt::Anew => Ok(Ended::Anew),
                Halt::Fallen(fallen) => Err(fallen),
            },
            Err(DriveError::Stopped) => Err(Fallen::of(6, "a run stopped that nobody stopped".to_owned())),
        }
    }
}

fn lock<'a, T>(stage: &'a Mutex<T>) -> MutexGuard<'a, T> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stage as a driver's host.
pub(super) struct OnStage<'a, 's, P> {
    stage: &'a Mutex<&'s mut Stage<P>>,
    most_rest: Duration,
    fallen: Option<Fallen>,
}

impl<P: Theatre> Host for OnStage<'_, '_, P> {
    type Error = Halt;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<Halt>> {
        match lock(self.stage).send(request) {
            Ok(Ok(Sent::Answer(answer))) => Ok(answer),
            Ok(Ok(Sent::Lost)) => Err(SendError::Lost(Halt::Crashed)),
            Ok(Err(Crashed)) => Err(SendError::Fatal(Halt::Crashed)),
            Err(fallen) => {
                self.fallen = Some(fallen.clone());
                Err(SendError::Fatal(Halt::Fallen(fallen)))
            }
        }
    }

    fn now(&mut self) -> Duration {
        lock(self.stage).theatre.now()
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        match lock(self.stage).wait(wait, self.most_rest) {
            Ok(()) => ControlFlow::Continue(()),
            Err(fallen) => {
                self.fallen = Some(fallen);
                ControlFlow::Break(())
            }
        }
    }
}

/// A machine that is held to its contract.
struct Polled<'a, M> {
    machine: &'a mut M,
    twice: bool,
    fallen: Option<Fallen>,
}

impl<M: Machine<Done = Done>> Machine for Polled<'_, M> {
    type Page = M::Page;
    type Done = Done;

    fn poll(&mut self, now: Duration) -> Result<Action<M::Page, Done>, Error> {
        let said = self.machine.poll(now);
        let same = match &said {
            Err(_) => matches!(self.machine.poll(now), Err(Error::Broken)),
            Ok(Action::Page(_)) => true,
            Ok(action) => !self.twice || is_same(action, &self.machine.poll(now)),
        };
        if !same {
            self.fallen = Some(Fallen::of(4, "a second poll says something else".to_owned()));
            return Err(Error::Broken);
        }
        said
    }

    fn receive(&mut self, answer: Response<impl AsRef<[u8]>>) {
        self.machine.receive(answer);
    }

    fn fail(&mut self) {
        self.machine.fail();
    }
}

fn is_same<G>(said: &Action<G, Done>, again: &Result<Action<G, Done>, Error>) -> bool {
    match (said, again) {
        (Action::Send(first), Ok(Action::Send(again))) => {
            first.uri() == again.uri()
                && first.method() == again.method()
                && first.headers() == again.headers()
                && first.body() == again.body()
        }
        (Action::Wait(first), Ok(Action::Wait(again))) => *first == *again,
        (Action::Done(first), Ok(Action::Done(again))) => *first == *again,
        _ => false,
    }
}
