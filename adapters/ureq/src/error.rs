//! Why no answer came, and whether asking again may bring one.

use std::{error::Error as StdError, fmt, ops::Deref, sync::Arc, time::Duration};

use sharepoint_changes::SendError;

use crate::Ask;

/// Why a request brought no answer. No variant holds a credential, a header or a part of a body.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// An address the transport cannot use; the text says what was expected. The address is not repeated, because
    /// a password may stand in it.
    #[error("the address is not {0}")]
    Address(&'static str),
    /// A request for another place than the site: it would have carried the site's credential there.
    #[error("the request is for {asked}, but credentials go to {site} only")]
    OtherOrigin {
        /// Scheme, host and port of the request.
        asked: String,
        /// Scheme, host and port of the site.
        site: String,
    },
    /// The credential would have gone over the network unencrypted.
    #[error("the credential would travel unencrypted to {0}; use https, or allow it (setting `cleartext`)")]
    Cleartext(
        /// Scheme, host and port of the site.
        String,
    ),
    /// The closure had no credential.
    #[error("there is no credential{}", match ask { Ask::First => "", Ask::Refused => " in place of the one the server refused (401)" })]
    Credential {
        /// What the closure was asked.
        ask: Ask,
        /// What it said.
        #[source]
        source: Cause,
    },
    /// The closure gave a credential that is empty or holds what no header may hold, a line break for instance.
    #[error("the {0} is empty or holds a character that cannot be sent")]
    Unsendable(
        /// `bearer token`, `cookie` or `authorization`.
        &'static str,
    ),
    /// A certificate text that cannot be used.
    #[error("the certificate text is {0}")]
    Certificates(&'static str),
    /// A proxy address that cannot be used.
    #[error("the proxy's address cannot be used")]
    Proxy,
    /// The proxy wants to know who asks (407). Asking again changes nothing.
    #[error(
        "the proxy wants a user name and a password (407); give them in its address, http://user:password@host"
    )]
    ProxyCredential,
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent")]
    Request(#[source] Cause),
    /// The server's certificate was not accepted, or the authorities to judge it by could not be read.
    #[error("the server's certificate was not accepted; setting `trust` says by whom it may be signed")]
    Untrusted(#[source] Cause),
    /// The answer is larger than the cap, counted after decompression.
    #[error("the answer's body is larger than {max} bytes (setting `max_body`)")]
    TooLarge {
        /// The cap, in bytes.
        max: u64,
    },
    /// The answer's header is larger than is ever read.
    #[error("the answer's header is too large")]
    HeaderTooLarge(#[source] Cause),
    /// No connection, or no whole answer, within the time given.
    #[error("no {what} within {} ms (setting `{setting}`)", after.as_millis())]
    TimedOut {
        /// `connection` or `complete answer`.
        what: &'static str,
        /// How long was waited.
        after: Duration,
        /// The name of the setting.
        setting: &'static str,
    },
    /// The exchange broke off: no address, refused, cut, or not HTTP.
    #[error("the exchange with the server broke off")]
    Broken(#[source] Cause),
}

/// The error beneath a [`TransportError`], shared so that this one can be cloned.
#[derive(Clone)]
pub struct Cause(Arc<dyn StdError + Send + Sync>);

impl Cause {
    pub(crate) fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Cause(Arc::from(error.into()))
    }
}

impl Deref for Cause {
    type Target = dyn StdError + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The times that were given, for [`TransportError::TimedOut`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) global: Duration,
}

impl Timeouts {
    /// Says of a failure of ureq whether another try may help. What cannot be told apart counts as lost: the
    /// machine's budget bounds the tries.
    pub(crate) fn judge(self, error: ureq::Error) -> SendError<TransportError> {
        use ureq::Error as E;
        match error {
            E::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) if self.connect < self.global => {
                lost(TransportError::TimedOut {
                    what: "connection",
                    after: self.connect,
                    setting: "connect_timeout",
                })
            }
            E::Timeout(_) => lost(TransportError::TimedOut {
                what: "complete answer",
                after: self.global,
                setting: "timeout",
            }),
            // ureq's error has no source of its own; the one inside keeps the chain whole.
            E::Io(error) if is_untrusted(&error) => {
                SendError::Fatal(TransportError::Untrusted(Cause::new(error)))
            }
            E::Io(error) => lost(TransportError::Broken(Cause::new(error))),
            E::Rustls(error) => SendError::Fatal(TransportError::Untrusted(Cause::new(error))),
            error @ (E::Tls(_) | E::Pem(_) | E::TlsRequired | E::RequireHttpsOnly(_)) => {
                SendError::Fatal(TransportError::Untrusted(Cause::new(error)))
            }
            error @ E::LargeResponseHeader(..) => {
                SendError::Fatal(TransportError::HeaderTooLarge(Cause::new(error)))
            }
            E::Http(error) => SendError::Fatal(TransportError::Request(Cause::new(error))),
            error @ E::BadUri(_) => SendError::Fatal(TransportError::Request(Cause::new(error))),
            // It tells the status in words only.
            E::ConnectProxyFailed(says) if says.contains("407") => {
                SendError::Fatal(TransportError::ProxyCredential)
            }
            E::InvalidProxyUrl => SendError::Fatal(TransportError::Proxy),
            error => lost(TransportError::Broken(Cause::new(error))),
        }
    }
}

fn lost(error: TransportError) -> SendError<TransportError> {
    SendError::Lost(error)
}

/// A certificate that was refused will be refused again; every other failure of TLS may be a cut connection.
fn is_untrusted(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented))
}
