//! What proves to the server who asks, and the question that brings it.

use std::{error::Error, fmt};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, COOKIE},
};

use crate::TransportError;

/// Why the closure is asked for a [`Credential`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A request is about to be sent; what is at hand will do, if it has not run out.
    First,
    /// The server answered 401 to the credential given just before for the same request: only a new one can help.
    Refused,
}

/// What the closure may fail with. Its text is shown in error messages, so it must not hold a secret.
pub type CredentialError = Box<dyn Error + Send + Sync>;

/// What proves to the server who asks. It goes to the site's own origin only and is never printed.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential {
    /// An access token without the word `Bearer`; its audience must be the site's host, `https://{tenant}.sharepoint.com`.
    Bearer(String),
    /// The whole `Cookie` header of a signed-in session, as `FedAuth=…; rtFa=…`. Such a session needs a form digest.
    Cookie(String),
    /// A whole `Authorization` header of another scheme, as a farm on premises may want (`Basic …`).
    Authorization(String),
    /// Nothing: an anonymous site, or a proxy that signs in.
    None,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::Bearer(_) => "Bearer([redacted])",
            Credential::Cookie(_) => "Cookie([redacted])",
            Credential::Authorization(_) => "Authorization([redacted])",
            Credential::None => "None",
        })
    }
}

/// A credential that was checked and is ready to be sent.
#[derive(PartialEq)]
pub(crate) struct Proof {
    header: Option<(HeaderName, HeaderValue)>,
    /// A session of a farm on premises, where a web application may offer several ways to sign in.
    session: bool,
}

/// Without it a farm that offers forms and Windows authentication side by side redirects to its sign-in form
/// (PnP Framework, AuthenticationManager).
const FORMS_ACCEPTED: HeaderName = HeaderName::from_static("x-forms_based_auth_accepted");

impl Proof {
    pub(crate) fn new(credential: Credential) -> Result<Self, TransportError> {
        let (name, value, session) = match credential {
            Credential::Bearer(token) => {
                if token.contains(char::is_whitespace) {
                    return Err(TransportError::Unsendable("bearer token"));
                }
                (AUTHORIZATION, secret(&token, "Bearer ", "bearer token")?, false)
            }
            Credential::Cookie(cookie) => (COOKIE, secret(&cookie, "", "cookie")?, true),
            Credential::Authorization(value) => (AUTHORIZATION, secret(&value, "", "authorization")?, true),
            Credential::None => return Ok(Proof { header: None, session: false }),
        };
        Ok(Proof { header: Some((name, value)), session })
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.header.is_some()
    }

    /// Adds the credential to a request's headers, in place of any that is there.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        let Some((name, value)) = &self.header else { return };
        headers.insert(name, value.clone());
        if self.session {
            headers.entry(FORMS_ACCEPTED).or_insert(HeaderValue::from_static("f"));
        }
    }
}

fn secret(text: &str, scheme: &str, kind: &'static str) -> Result<HeaderValue, TransportError> {
    if text.trim().is_empty() {
        return Err(TransportError::Unsendable(kind));
    }
    let mut value =
        HeaderValue::from_str(&format!("{scheme}{text}")).map_err(|_| TransportError::Unsendable(kind))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(credential: Credential) -> HeaderMap {
        let mut headers = HeaderMap::new();
        Proof::new(credential).unwrap().sign(&mut headers);
        headers
    }

    #[test]
    fn a_bearer_is_an_authorization_header_that_debug_hides() {
        let headers = headers(Credential::Bearer("s3cret".into()));
        assert_eq!(headers[AUTHORIZATION], "Bearer s3cret");
        assert!(!format!("{headers:?}").contains("s3cret"));
        assert!(!headers.contains_key(FORMS_ACCEPTED));
    }

    #[test]
    fn a_session_of_a_farm_says_that_it_needs_no_sign_in_form() {
        let cookie = headers(Credential::Cookie("FedAuth=s3cret; rtFa=2".into()));
        assert_eq!(cookie[COOKIE], "FedAuth=s3cret; rtFa=2");
        assert_eq!(cookie[FORMS_ACCEPTED], "f");
        let basic = headers(Credential::Authorization("Basic czNjcmV0".into()));
        assert_eq!(basic[AUTHORIZATION], "Basic czNjcmV0");
        assert_eq!(basic[FORMS_ACCEPTED], "f");
        assert!(headers(Credential::None).is_empty());
    }

    #[test]
    fn what_cannot_be_a_header_is_refused_without_being_repeated() {
        for credential in [
            Credential::Bearer("s3cret\n".into()),
            Credential::Bearer("Bearer s3cret".into()),
            Credential::Bearer(String::new()),
            Credential::Bearer("s3crét\u{7f}".into()),
            Credential::Cookie("s3cret\r\nHost: evil.example".into()),
            Credential::Authorization(" ".into()),
        ] {
            let Err(error) = Proof::new(credential) else { panic!("a bad credential was taken") };
            assert!(matches!(error, TransportError::Unsendable(_)));
            assert!(!format!("{error} {error:?}").contains("s3cr"));
        }
    }

    #[test]
    fn debug_of_a_credential_shows_its_kind_only() {
        let all = [
            Credential::Bearer("s3cret".into()),
            Credential::Cookie("s3cret".into()),
            Credential::Authorization("s3cret".into()),
            Credential::None,
        ];
        let text = format!("{all:?}");
        assert_eq!(text, "[Bearer([redacted]), Cookie([redacted]), Authorization([redacted]), None]");
    }
}
