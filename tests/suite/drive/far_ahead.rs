//! `drive_ahead`, with nothing left to chance.

use std::{
    ops::ControlFlow,
    sync::mpsc::{Sender, channel},
    time::Duration,
};

use sharepoint_changes::{
    Action, DriveError, Error, Host, Machine, SendError, Wait,
    http::{Request, Response},
};
use sharepoint_changes_ureq::drive_ahead;

/// `drive_ahead` as far ahead as it can be: a commit begins only when it is known what comes after its page. So the
/// same history gives the same requests, wherever a commit fails.
pub(crate) fn drive_far_ahead<M, H, C>(
    machine: &mut M,
    host: &mut H,
    mut commit: impl FnMut(M::Page) -> Result<(), C>,
) -> Result<M::Done, DriveError<H::Error, C>>
where
    M: Machine<Page: Send, Done: Send> + Send,
    H: Host<Error: Send> + Send,
{
    let (tell, said) = channel();
    let hear = || said.recv_timeout(Duration::from_secs(60)).expect("the machine goes on");
    let mut page_said = false;
    let (mut machine, mut host) = (Told { inner: machine, tell: tell.clone() }, Told { inner: host, tell });
    drive_ahead(&mut machine, &mut host, |page| {
        while !page_said {
            page_said = hear();
        }
        page_said = hear();
        commit(page)
    })
}

/// A machine that tells, of each action but a request, whether it is a page; and a host that tells when it gives up.
struct Told<'a, T> {
    inner: &'a mut T,
    tell: Sender<bool>,
}

impl<M: Machine> Machine for Told<'_, M> {
    type Page = M::Page;
    type Done = M::Done;

    fn poll(&mut self, now: Duration) -> Result<Action<M::Page, M::Done>, Error> {
        let said = self.inner.poll(now);
        if !matches!(said, Ok(Action::Send(_))) {
            let _ = self.tell.send(matches!(said, Ok(Action::Page(_))));
        }
        said
    }

    fn receive(&mut self, answer: Response<impl AsRef<[u8]>>) {
        self.inner.receive(answer);
    }

    fn fail(&mut self) {
        self.inner.fail();
    }
}

impl<H: Host> Host for Told<'_, H> {
    type Error = H::Error;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<H::Error>> {
        let answer = self.inner.send(request);
        if let Err(SendError::Fatal(_)) = answer {
            let _ = self.tell.send(false);
        }
        answer
    }

    fn reclaim(&mut self, body: Vec<u8>) {
        self.inner.reclaim(body);
    }

    fn now(&mut self) -> Duration {
        self.inner.now()
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.inner.wait(wait)
    }
}
