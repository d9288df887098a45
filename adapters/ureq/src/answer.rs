//! Reading a whole answer, within bounds.

use std::io::{ErrorKind, Read};

use http::header::CONTENT_LENGTH;
use sharepoint_changes::SendError;

use crate::{TransportError, error::Timeouts};

/// The most that is set aside before the first byte came, where the answer does not say how long it is.
const GUESS: usize = 4 << 20;

/// How a body is read: where it ends, and how large the one before was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The cap in decoded bytes.
    pub(crate) max: u64,
    /// The size of the last answer: pages of one feed resemble each other.
    pub(crate) last: usize,
    pub(crate) timeouts: Timeouts,
}

impl Bounds {
    /// Reads the body into `body`, whose old content goes, and returns the rest of the answer.
    ///
    /// Nothing but `Content-Encoding` and the `Content-Length` that no longer fits is missing from the headers,
    /// and these only where the body was decompressed: ureq takes them out then.
    pub(crate) fn read(
        self,
        answer: http::Response<ureq::Body>,
        body: &mut Vec<u8>,
    ) -> Result<http::response::Parts, SendError<TransportError>> {
        let (parts, mut source) = answer.into_parts();
        body.clear();
        body.reserve(self.expected(&parts));
        // ureq counts its own limit before or after decompression, depending on its version, so the cap is kept here.
        // One byte more than it may have shows that there is more.
        let mut reader = source.with_config().reader().take(self.max.saturating_add(1));
        match reader.read_to_end(body).map_err(ureq::Error::from) {
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

    /// How many bytes to set aside: what the answer says, else what the last one had.
    fn expected(self, parts: &http::response::Parts) -> usize {
        let told =
            parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        match told {
            Some(length) => usize::try_from(length.min(self.max)).unwrap_or(0),
            None => self.last.min(GUESS),
        }
    }
}
