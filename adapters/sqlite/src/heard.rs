//! A session whose answers are listened to as they pass: the server's time, and how often it wants to be asked.

use std::time::Duration;

use http::Response;
use jiff::Timestamp;
use quick_xml::{Reader, events::Event};
use sharepoint_changes::{Action, Done, Error, ItemPage, ItemQuery, Machine, Session};

/// A session of a run of [`Mirror::sync_driven`](crate::Mirror::sync_driven), as its driver gets to see it: a machine
/// like any other.
#[derive(Debug)]
pub struct Listening {
    session: Session<ItemQuery>,
    pub(crate) heard: Heard,
    /// That the server wants to be left alone for longer than the budget allows: a driver that reads ahead learns it
    /// while a page is committed, and tells nobody where that commit ends the session.
    pub(crate) exhausted: Option<Error>,
}

/// A page of such a session, and what was known when it came. A driver only hands it on.
#[derive(Debug)]
pub struct HeardPage {
    pub(crate) page: ItemPage,
    /// The server's time.
    pub(crate) at: Timestamp,
}

/// What the answers told so far.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The server's time, as far as its answers agree on it.
    pub(crate) time: Option<Timestamp>,
    /// `MinTimeBetweenSyncs`, in minutes.
    pub(crate) min_minutes: Option<u32>,
    /// Requests that were answered or lost.
    pub(crate) requests: u64,
}

impl Listening {
    pub(crate) fn new(session: Session<ItemQuery>, heard: Heard) -> Self {
        Listening { session, heard, exhausted: None }
    }
}

impl Machine for Listening {
    type Page = HeardPage;
    type Done = Done;

    fn poll(&mut self, now: Duration) -> Result<Action<HeardPage, Done>, Error> {
        let polled = self.session.poll(now);
        if let Err(error @ Error::Exhausted(_)) = &polled {
            self.exhausted = Some(error.clone());
        }
        Ok(match polled? {
            Action::Send(request) => Action::Send(request),
            Action::Wait(wait) => Action::Wait(wait),
            Action::Page(page) => {
                let at = self.heard.time.unwrap_or(page.checkpoint.moment());
                Action::Page(HeardPage { at, page })
            }
            Action::Done(done) => Action::Done(done),
        })
    }

    fn receive(&mut self, answer: Response<impl AsRef<[u8]>>) {
        self.heard.requests += 1;
        self.heard.hear(&answer);
        self.session.receive(answer);
        self.heard.time = self.session.server_time().or(self.heard.time);
    }

    fn fail(&mut self) {
        self.heard.requests += 1;
        self.session.fail();
    }
}

impl Heard {
    fn hear(&mut self, answer: &Response<impl AsRef<[u8]>>) {
        let body = answer.body().as_ref();
        let start = &body[..body.len().min(HEAD)];
        if answer.status().is_success() && start.windows(LISTITEMS.len()).any(|at| at == LISTITEMS) {
            self.read(body);
        }
    }

    /// Reads the attribute, which stands before the first row. Whether the answer is sound is the session's to say.
    fn read(&mut self, body: &[u8]) {
        let Ok(text) = std::str::from_utf8(body) else { return };
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        while let Ok(event) = reader.read_event() {
            let (Event::Start(element) | Event::Empty(element)) = event else {
                if matches!(event, Event::Eof) {
                    return;
                }
                continue;
            };
            if element.local_name().as_ref() == "listitems" {
                let minutes = element.try_get_attribute("MinTimeBetweenSyncs").ok().flatten();
                self.min_minutes = minutes.and_then(|it| it.value.parse().ok()).or(self.min_minutes);
                return;
            }
        }
    }
}

/// Bytes at the start of an answer among which a rowset names its element.
const HEAD: usize = 2_048;
const LISTITEMS: &[u8] = b"listitems";

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Response<Vec<u8>> {
        Response::new(body.as_bytes().to_vec())
    }

    #[test]
    fn the_interval_is_heard() {
        let mut heard = Heard::default();
        heard.hear(&answer(
            "<r><listitems MinTimeBetweenSyncs='5'><Changes LastChangeToken='x'/><data/></listitems></r>",
        ));
        assert_eq!(heard.min_minutes, Some(5));
        heard.hear(&answer("{\"value\":[]}"));
        heard.hear(&answer("<r><listitems><Changes/><data></listitems>"));
        assert_eq!(heard.min_minutes, Some(5));
    }
}
