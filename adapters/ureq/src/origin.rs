//! The one place credentials may go to: scheme, host and port of the site.

use std::{fmt, net::IpAddr};

use http::Uri;

use crate::TransportError;

/// Scheme, host and port (RFC 6454), with the port always filled in, so that two spellings of one place are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Reads the origin of a site's address; its path is of no interest and need not be well-formed.
    pub(crate) fn of_site(address: &str) -> Result<Self, TransportError> {
        let address = address.trim();
        let authority_at = address.find("://").map_or(0, |at| at + 3);
        let end = address[authority_at..].find(['/', '?', '#']).map_or(address.len(), |at| authority_at + at);
        let uri: Uri = address[..end].parse().map_err(|_| TransportError::Address("a URL"))?;
        Origin::of(&uri).map_err(TransportError::Address)
    }

    /// Lets a request through that goes to this origin and nowhere else.
    pub(crate) fn admit(&self, uri: &Uri) -> Result<(), TransportError> {
        match Origin::of(uri) {
            Ok(asked) if asked == *self => Ok(()),
            Ok(asked) => {
                Err(TransportError::OtherOrigin { asked: asked.to_string(), site: self.to_string() })
            }
            Err(expected) => Err(TransportError::Address(expected)),
        }
    }

    /// Whether what is sent can be read on the way.
    pub(crate) fn is_cleartext(&self) -> bool {
        !self.https && !self.is_loopback()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the origin is this very machine, by address or by the names RFC 6761 reserves for it.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => address == "localhost" || address.ends_with(".localhost"),
        }
    }

    /// On failure, what was expected.
    fn of(uri: &Uri) -> Result<Self, &'static str> {
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("an absolute http or https URL"),
        };
        let authority = uri.authority().ok_or("a URL with a host")?;
        // ureq would turn a user name into an Authorization header of its own.
        if authority.as_str().contains('@') {
            return Err("a URL without a user name");
        }
        if authority.host().is_empty() {
            return Err("a URL with a host");
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str().ends_with(':')
                || authority.as_str().len() == authority.host().len() =>
            {
                if https {
                    443
                } else {
                    80
                }
            }
            None => return Err("a URL with a port below 65536"),
        };
        Ok(Origin { https, host: authority.host().to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(address: &str) -> Origin {
        Origin::of_site(address).unwrap()
    }

    #[test]
    fn two_spellings_of_one_origin_are_equal() {
        let site = origin("https://fabrikam.sharepoint.com/sites/ops");
        for same in [
            "https://fabrikam.sharepoint.com",
            " HTTPS://Fabrikam.SharePoint.com:443/other site/é?x=1#y ",
            "https://fabrikam.sharepoint.com?x",
        ] {
            assert_eq!(origin(same), site, "{same}");
        }
        assert_eq!(origin("http://[::1]/x"), origin("http://[::1]:80"));
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        let site = origin("https://fabrikam.sharepoint.com/sites/ops");
        for other in [
            "http://fabrikam.sharepoint.com/sites/ops",
            "https://fabrikam.sharepoint.com:8443/sites/ops",
            "https://fabrikam.sharepoint.com.example/sites/ops",
            "https://fabrikam-my.sharepoint.com/sites/ops",
            "https://sharepoint.com/sites/ops",
        ] {
            let refused = site.admit(&other.parse().unwrap());
            assert!(matches!(refused, Err(TransportError::OtherOrigin { .. })), "{other}: {refused:?}");
        }
        assert!(site.admit(&"https://FABRIKAM.sharepoint.com:443/_api/web".parse().unwrap()).is_ok());
    }

    #[test]
    fn an_address_that_names_no_origin_is_refused_without_being_repeated() {
        for address in [
            "",
            "/sites/ops",
            "fabrikam.sharepoint.com",
            "ftp://fabrikam.sharepoint.com",
            "https://",
            "https://ana:hunter2@fabrikam.sharepoint.com/",
            "https://fabrikam.sharepoint.com:99999/",
            "sim:",
        ] {
            let error = Origin::of_site(address).unwrap_err();
            assert!(matches!(error, TransportError::Address(_)), "{address}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn only_this_machine_may_be_spoken_to_in_the_clear() {
        for loopback in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://LOCALHOST",
            "http://a.localhost",
        ] {
            assert!(!origin(loopback).is_cleartext(), "{loopback}");
        }
        for elsewhere in
            ["http://intranet", "http://10.0.0.1", "http://localhost.example", "http://[fe80::1]"]
        {
            assert!(origin(elsewhere).is_cleartext(), "{elsewhere}");
        }
        assert!(!origin("https://intranet").is_cleartext());
    }
}
