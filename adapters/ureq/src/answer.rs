//! Reading a whole answer, within bounds.

use std::io::{self, ErrorKind, Read};

use http::header::CONTENT_LENGTH;
use sharepoint_changes::SendError;

use crate::{TransportError, error::Timeouts};

/// How a body is read: where it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The cap in decoded bytes.
    pub(crate) max: u64,
    pub(crate) timeouts: Timeouts,
}

impl Bounds {
    /// Reads the body into `body`, in place of its old content, and returns the rest of the answer.
    ///
    /// Nothing but `Content-Encoding` and the `Content-Length` that no longer fits is missing from the headers,
    /// and these only where the body was decompressed: ureq takes them out then.
    pub(crate) fn read(
        self,
        answer: http::Response<ureq::Body>,
        body: &mut Vec<u8>,
    ) -> Result<http::response::Parts, SendError<TransportError>> {
        let (parts, mut source) = answer.into_parts();
        make_room(body, &parts);
        // ureq counts its own limit before or after decompression, depending on its version, so the cap is kept here.
        // One byte more than it may have shows that there is more.
        let mut reader = source.with_config().reader().take(self.max.saturating_add(1));
        match fill(&mut reader, body).map_err(ureq::Error::from) {
            Ok(_) if body.len() as u64 > self.max => {
                Err(SendError::Fatal(TransportError::TooLarge { max: self.max }))
            }
            Ok(_) => Ok(parts),
            // An answer without a body that is labelled as compressed, as gateways send with an error. Its status
            // and headers are what matters: a Retry-After must not be lost for it.
            Err(ureq::Error::Decompress(_, error))
                if error.kind() == ErrorKind::UnexpectedEof
                    && body.is_empty()
                    && !parts.status.is_success() =>
            {
                Ok(parts)
            }
            Err(error) => Err(self.timeouts.judge(error)),
        }
    }
}

/// Makes room for what the answer says it holds. What is there already is left as it is: pages of one feed resemble
/// each other, and room that was used before need not be cleared again.
fn make_room(body: &mut Vec<u8>, parts: &http::response::Parts) {
    let told =
        parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // One byte more, to see the end without asking for further room.
    let told = told.map_or(LEAST, |length| length.saturating_add(1).clamp(LEAST, MOST_BELIEVED));
    if body.len() < told {
        body.resize(told, 0);
    }
}

/// Reads to the end, over what is in `body`.
fn fill(reader: &mut impl Read, body: &mut Vec<u8>) -> io::Result<()> {
    let mut filled = 0;
    let end = loop {
        if filled == body.len() {
            body.resize(2 * filled, 0);
        }
        match reader.read(&mut body[filled..]) {
            Ok(0) => break Ok(()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    body.truncate(filled);
    end
}

/// The room there is before the first byte came.
const LEAST: usize = 16 << 10;
/// The most that is set aside because an answer says so.
const MOST_BELIEVED: usize = 4 << 20;
