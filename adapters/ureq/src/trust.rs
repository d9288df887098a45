//! Which certificate authorities vouch for the server.

use std::{fmt, sync::Arc};

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::TransportError;

/// Which certificate authorities vouch for the server. There is no way to trust none.
#[derive(Clone)]
pub struct Trust(RootCerts);

impl Trust {
    /// Those the operating system trusts: the default, because farms on premises and companies that inspect their
    /// traffic have authorities of their own, which only the system knows.
    pub fn system() -> Self {
        Trust(RootCerts::PlatformVerifier)
    }

    /// Mozilla's list, compiled in: for a machine or container that has no certificates.
    pub fn mozilla() -> Self {
        Trust(RootCerts::WebPki)
    }

    /// The certificates of a PEM text and no others.
    ///
    /// # Errors
    /// [`TransportError::Certificates`] where the text is not PEM or holds no certificate.
    pub fn pem(text: &[u8]) -> Result<Self, TransportError> {
        let mut certificates: Vec<Certificate<'static>> = Vec::new();
        for item in parse_pem(text) {
            match item {
                Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(TransportError::Certificates("not PEM")),
            }
        }
        if certificates.is_empty() {
            return Err(TransportError::Certificates("without a certificate"));
        }
        Ok(Trust(RootCerts::Specific(Arc::new(certificates))))
    }

    pub(crate) fn roots(&self) -> RootCerts {
        self.0.clone()
    }
}

impl Default for Trust {
    fn default() -> Self {
        Trust::system()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RootCerts::Specific(certificates) => write!(f, "Trust(pem, {} certificates)", certificates.len()),
            RootCerts::WebPki => f.write_str("Trust(mozilla)"),
            _ => f.write_str("Trust(system)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_certificate_is_refused() {
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"] {
            let refused = Trust::pem(text.as_bytes());
            assert!(matches!(refused, Err(TransportError::Certificates(_))), "{text:?}");
        }
    }

    #[test]
    fn the_system_is_trusted_unless_told_otherwise() {
        assert_eq!(format!("{:?} {:?}", Trust::default(), Trust::mozilla()), "Trust(system) Trust(mozilla)");
    }
}
