//! A host that listens to the answers that pass: the server's time, how often it wants to be asked, and how many
//! items the list has.

use std::{cell::Cell, ops::ControlFlow, time::Duration};

use http::{Request, Response, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use quick_xml::{Reader, events::Event};
use sharepoint_changes::{Host, SendError, Wait};

/// What the answers told so far.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The latest `Date`.
    pub(crate) time: Cell<Option<Timestamp>>,
    /// `MinTimeBetweenSyncs`, in minutes.
    pub(crate) min_minutes: Cell<Option<u32>>,
    /// `List/@ItemCount`.
    pub(crate) item_count: Cell<Option<u64>>,
    pub(crate) requests: Cell<u64>,
}

impl Heard {
    fn hear(&self, answer: &Response<Vec<u8>>) {
        let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        let time = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        self.time.set(self.time.get().max(time));
        let start = &answer.body()[..answer.body().len().min(HEAD)];
        if answer.status().is_success() && start.windows(LISTITEMS.len()).any(|at| at == LISTITEMS) {
            self.read(answer.body());
        }
    }

    /// Reads the two attributes, which stand before the first row. Whether the answer is sound is the session's to say.
    fn read(&self, body: &[u8]) {
        let Ok(text) = std::str::from_utf8(body) else { return };
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        while let Ok(event) = reader.read_event() {
            let (Event::Start(element) | Event::Empty(element)) = event else {
                if matches!(event, Event::Eof) {
                    return;
                }
                continue;
            };
            let attribute = |name: &str| {
                let attribute = element.try_get_attribute(name).ok().flatten()?;
                Some(attribute.value.into_owned())
            };
            match element.local_name().as_ref() {
                "listitems" => {
                    let minutes = attribute("MinTimeBetweenSyncs").and_then(|text| text.parse().ok());
                    self.min_minutes.set(minutes.or(self.min_minutes.get()));
                }
                "List" => {
                    let count = attribute("ItemCount").and_then(|text| text.parse().ok());
                    self.item_count.set(count.or(self.item_count.get()));
                    return;
                }
                "data" => return,
                _ => {}
            }
        }
    }
}

/// Another host, listened to.
#[derive(Debug)]
pub(crate) struct Listening<'h, H> {
    pub(crate) host: &'h mut H,
    pub(crate) heard: &'h Heard,
}

impl<H: Host> Host for Listening<'_, H> {
    type Error = H::Error;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<H::Error>> {
        self.heard.requests.set(self.heard.requests.get() + 1);
        let answer = self.host.send(request)?;
        self.heard.hear(&answer);
        Ok(answer)
    }

    fn reclaim(&mut self, body: Vec<u8>) {
        self.host.reclaim(body);
    }

    fn now(&mut self) -> Duration {
        self.host.now()
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.host.wait(wait)
    }
}

/// Bytes at the start of an answer among which a rowset names its element.
const HEAD: usize = 2_048;
const LISTITEMS: &[u8] = b"listitems";

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Response<Vec<u8>> {
        let date = "Wed, 04 Mar 2026 10:15:30 GMT";
        Response::builder().header("Date", date).body(body.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_time_the_interval_and_the_number_of_items_are_heard() {
        let heard = Heard::default();
        heard.hear(&answer(
            "<r><listitems MinTimeBetweenSyncs='5' xmlns:rs='urn:schemas-microsoft-com:rowset'>\
             <Changes LastChangeToken='x'><List Title='A' ItemCount='1234'/></Changes>\
             <rs:data/></listitems></r>",
        ));
        assert_eq!(heard.time.get(), Some("2026-03-04T10:15:30Z".parse().unwrap()));
        assert_eq!((heard.min_minutes.get(), heard.item_count.get()), (Some(5), Some(1234)));
        heard.hear(&answer("{\"value\":[]}"));
        heard.hear(&answer("<r><listitems><Changes/><data></listitems>"));
        assert_eq!((heard.min_minutes.get(), heard.item_count.get()), (Some(5), Some(1234)));
    }
}
