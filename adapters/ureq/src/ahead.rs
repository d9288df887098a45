//! The driver that asks for the next page while the one before is being committed.

use std::{
    convert::Infallible,
    panic::resume_unwind,
    sync::{
        atomic::{AtomicU8, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use sharepoint_changes::{Action, DriveError, Host, Machine, SendError};

/// Runs a machine to its end as [`drive`](sharepoint_changes::drive) does, but asks for the next page while the one
/// before is being committed: a catch-up then takes the longer of the two times, not their sum.
///
/// Commits run on the calling thread, one after the other and in order; the machine and the host run on one thread
/// beside it. Never more than two pages exist: one that is being committed, and one that was read and waits.
///
/// The first failed commit ends the run: the page in flight is dropped, no later page is committed, and nothing more is
/// asked for. Its error is told when the request under way has come back, within the host's timeout, and when the rest
/// is over that its answer may have asked for: a server that wants to be left alone is not asked by the next run
/// either. Any other rest begins only after every page that was handed over is committed. A panic in `commit` goes on
/// to the caller without a rest, and so does one in the machine or the host. The end of the machine, its error or a
/// wish to stop is told after every page before it was committed.
///
/// For machines whose next request does not hang on a commit, as a session's never does: what it learned of the log
/// stands in its pages. After an error go on with a new machine from what the store holds; this one may be a page
/// further.
///
/// ```no_run
/// # use std::io;
/// use sharepoint_changes::{ChangeQuery, Done, Page, Preset, Scope, Session, Settings, Site, Start};
/// use sharepoint_changes_ureq::{Credential, Transport, drive_ahead};
///
/// # fn catch_up(commit: impl FnMut(Page) -> Result<(), io::Error>) -> Result<Done, Box<dyn std::error::Error>> {
/// let site = Site::new("https://fabrikam.sharepoint.com/sites/ops")?;
/// let mut transport = Transport::new(site.url(), |_| Ok(Credential::None))?;
/// let query = ChangeQuery::preset(Scope::Web, Preset::Files);
/// let mut session = Session::new(site, query, Start::Beginning, Settings::default())?;
/// let done = drive_ahead(&mut session, &mut transport, commit)?;
/// # Ok(done)
/// # }
/// ```
///
/// # Errors
/// As [`drive`](sharepoint_changes::drive).
pub fn drive_ahead<M, H, C>(
    machine: &mut M,
    host: &mut H,
    mut commit: impl FnMut(M::Page) -> Result<(), C>,
) -> Result<M::Done, DriveError<H::Error, C>>
where
    M: Machine<Page: Send, Done: Send> + Send,
    H: Host<Error: Send> + Send,
{
    let over = AtomicU8::new(RUNNING);
    thread::scope(|scope| {
        // Nothing waits inside: what is sent has arrived, and it arrives only after the commit before it.
        let (pages, arriving) = sync_channel(0);
        let reader = scope.spawn(|| Reader { machine, host, pages, over: &over }.read());
        // However this is left, before `arriving` goes: the scope waits for the reader.
        let _over = Over(&over);
        for message in &arriving {
            if let Message::Page(page) = message {
                commit(page).map_err(DriveError::Commit)?;
            }
        }
        reader.join().unwrap_or_else(|panic| resume_unwind(panic)).map_err(|halt| match halt {
            DriveError::Machine(error) => DriveError::Machine(error),
            DriveError::Transport(error) => DriveError::Transport(error),
            DriveError::Stopped => DriveError::Stopped,
            DriveError::Commit(never) => match never {},
        })
    })
}

/// What the reader hands over. It arrives when everything before it was committed.
enum Message<P> {
    Page(P),
    /// Nothing: only that it arrives matters.
    Settled,
}

/// Says that nobody takes pages any more, and whether that is for a panic.
struct Over<'a>(&'a AtomicU8);

const RUNNING: u8 = 0;
const FAILED: u8 = 1;
const PANICKED: u8 = 2;

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(if thread::panicking() { PANICKED } else { FAILED }, Ordering::SeqCst);
    }
}

/// The side that asks.
struct Reader<'a, M: Machine, H> {
    machine: &'a mut M,
    host: &'a mut H,
    pages: SyncSender<Message<M::Page>>,
    over: &'a AtomicU8,
}

type End<D, E> = Result<D, DriveError<E, Infallible>>;

impl<M: Machine, H: Host> Reader<'_, M, H> {
    fn read(mut self) -> End<M::Done, H::Error> {
        // Whether everything handed over is known to be committed.
        let mut settled = true;
        while self.over.load(Ordering::SeqCst) == RUNNING {
            let message = match self.machine.poll(self.host.now()).map_err(DriveError::Machine)? {
                Action::Send(request) => {
                    match self.host.send(request) {
                        Ok(answer) => {
                            let (parts, body) = answer.into_parts();
                            self.machine.receive(http::Response::from_parts(parts, &body));
                            self.host.reclaim(body);
                        }
                        Err(SendError::Lost(_)) => self.machine.fail(),
                        Err(SendError::Fatal(error)) => return Err(DriveError::Transport(error)),
                    }
                    continue;
                }
                Action::Wait(wait) if settled => {
                    if self.host.wait(&wait).is_break() {
                        return Err(DriveError::Stopped);
                    }
                    continue;
                }
                // The commit comes first, and its time counts: the next poll says what is left of the rest.
                Action::Wait(_) => Message::Settled,
                Action::Page(page) => Message::Page(page),
                Action::Done(done) => return Ok(done),
            };
            settled = matches!(message, Message::Settled);
            if self.pages.send(message).is_err() {
                break;
            }
        }
        self.leave();
        // Said to nobody: what ended the commits is what the caller is told.
        Err(DriveError::Stopped)
    }

    /// Takes the rest the server asked for and asks for nothing more.
    fn leave(&mut self) {
        while self.over.load(Ordering::SeqCst) != PANICKED
            && let Ok(Action::Wait(wait)) = self.machine.poll(self.host.now())
            && self.host.wait(&wait).is_continue()
        {}
    }
}
