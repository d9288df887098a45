//! Answers that are not success: what they are, what to do about them, and who can tell more.

mod class;
mod classify;
mod envelope;
mod page;

use std::fmt;

use http::{HeaderMap, Response, StatusCode, header};

pub use self::class::FaultClass;
use self::{classify::classify, envelope::Envelope};

/// An answer that is not a success, in whatever envelope it came.
///
/// Its [class](Fault::class) is judged by the number and the .NET type the server gives, then by the status; never
/// by the message, which comes in the language of the site. Nothing in it is a secret: addresses have lost their
/// query, texts are cut to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(Box<Parts>);

/// Boxed, because a fault travels in the error of everything that can succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    status: StatusCode,
    class: FaultClass,
    code: Option<i32>,
    exception: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    location: Option<String>,
    detail: Option<String>,
    suspects_token: bool,
}

/// Reads an answer as a failure; `None` where it is a success whose body may be data.
///
/// A success in name is a fault too where its body begins as an error, a sign-in page or any other HTML does, or is
/// no data at all. An empty body is left to the reader of the data, and so is a `$batch` answer: its parts are
/// answers of their own.
///
/// Any status and any bytes are taken; the error shapes are those of OData in JSON and XML, of the OAuth layer, of
/// CSOM, of SOAP 1.1 and 1.2, plain text and HTML.
#[must_use]
pub fn read<B: AsRef<[u8]>>(answer: &Response<B>) -> Option<Fault> {
    let body = answer.body().as_ref();
    let envelope =
        if answer.status().is_success() { Envelope::in_success(body)? } else { Envelope::of_failure(body) };
    let location = text(answer.headers(), "location").filter(|_| answer.status().is_redirection());
    let (class, suspects_token) = classify(answer.status(), answer.headers(), location, &envelope);
    Some(Fault(Box::new(Parts {
        status: answer.status(),
        class,
        code: envelope.code,
        exception: envelope.exception,
        message: envelope.message,
        request_id: request_id(answer.headers()),
        location: location.and_then(without_secrets),
        detail: detail(answer.headers()),
        suspects_token,
    })))
}

impl Fault {
    /// The HTTP status; 200 where the failure was dressed up as a success.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What kind of failure it is, and so what to do.
    pub fn class(&self) -> FaultClass {
        self.0.class
    }

    /// What the caller should do, in one sentence: that of the [class](FaultClass::advice), or a better one where the
    /// status or the number says more.
    pub fn advice(&self) -> &'static str {
        match (self.0.status, self.0.code) {
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, _) => {
                "Give the proxy a user name and a password, in its address (HTTPS_PROXY); it was the proxy that \
                 refused, and SharePoint never saw the request."
            }
            (_, Some(CHECKED_OUT)) => {
                "Have the file checked in, or its checkout discarded, by whom the message names; the site is not locked."
            }
            _ => self.0.class.advice(),
        }
    }

    /// The HRESULT or SOAP error code, as the signed number SharePoint writes: -2130575338 for 0x81020016. `None`
    /// where the answer names none.
    pub fn code(&self) -> Option<i32> {
        self.0.code
    }

    /// The .NET type of the exception, for example `System.ArgumentException`, or the word the OAuth layer gives
    /// in its place. `None` where the answer names none.
    pub fn exception(&self) -> Option<&str> {
        self.0.exception.as_deref()
    }

    /// What the server says to people, in the language of the site, as one line of at most 500 characters: the
    /// message, the title of a page, or the text. `None` where the body is empty.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The `SPRequestGuid`, which Microsoft's support asks for, or one of its other names; `None` without one.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Where a redirect leads, without query, fragment and user name, which may carry secrets; `None` for other
    /// answers.
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// What the headers say about a refused sign-in: the challenges of `WWW-Authenticate` (of all schemes but
    /// Bearer, the name alone), `x-ms-diagnostics` and `X-MSDAVEXT_Error`, as one line. `None` without them.
    ///
    /// A 401 of SharePoint Online has an empty body; this is all it tells.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The same fault, its class judged anew by whether the request carried a change token.
    ///
    /// A malformed token is answered with a `FormatException` or an `InvalidOperationException`, or with a SOAP
    /// fault without a code (MS-LISTSWS, GetListItemChangesSinceToken), and so is many another mistake. Only the
    /// sender knows which it can be: with a token they are [`FaultClass::TokenMalformed`], without one never.
    #[must_use]
    pub fn for_request(mut self, carried_token: bool) -> Fault {
        if carried_token && self.0.suspects_token {
            self.0.class = FaultClass::TokenMalformed;
        } else if !carried_token && self.0.class == FaultClass::TokenMalformed {
            self.0.class = FaultClass::Refused;
        }
        self
    }
}

/// 0x81020036: somebody has the file checked out.
const CHECKED_OUT: i32 = -2130575306;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.class.name().replace('_', " "))?;
        match (self.0.code, self.exception()) {
            (Some(code), Some(exception)) => write!(f, " ({code}, {exception})")?,
            (Some(code), None) => write!(f, " ({code})")?,
            (None, Some(exception)) => write!(f, " ({exception})")?,
            (None, None) => {}
        }
        if let Some(message) = self.message() {
            write!(f, ": {message}")?;
        }
        match self.request_id() {
            Some(id) => write!(f, " (SPRequestGuid {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// The id of an exchange, under the first of its names that is there.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| text(headers, name)).and_then(envelope::one_line)
}

fn detail(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let challenges = challenges.map(|value| match value.split_once(' ') {
        // What follows the name of an NTLM or Negotiate challenge is part of a handshake.
        Some((scheme, _)) if !scheme.eq_ignore_ascii_case("bearer") => scheme,
        _ => value,
    });
    let told = challenges.chain(DIAGNOSTICS.iter().filter_map(|name| text(headers, name)));
    envelope::one_line(&told.collect::<Vec<_>>().join("; "))
}

/// An address without query, fragment and user name.
fn without_secrets(location: &str) -> Option<String> {
    let address = location.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match address.find("//") {
        Some(at) => address.split_at(at + 2),
        None => ("", address),
    };
    let host = rest.find('/').unwrap_or(rest.len());
    let user = rest[..host].rfind('@').map_or(0, |at| at + 1);
    envelope::one_line(&format!("{scheme}{}", &rest[user..]))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The names under which servers give the id of an exchange, the best first.
pub(crate) const REQUEST_IDS: [&str; 3] = ["sprequestguid", "request-id", "x-ms-request-id"];
const DIAGNOSTICS: [&str; 2] = ["x-ms-diagnostics", "x-msdavext_error"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Vec<u8>> {
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        answer.body(body.into()).expect("a well-formed answer")
    }

    pub(super) fn fault(status: u16, headers: &[(&str, &str)], body: &str) -> Fault {
        read(&answer(status, headers, body)).expect("a fault")
    }

    #[test]
    fn an_empty_401_tells_what_its_headers_tell() {
        let challenge = r#"Bearer realm="9a1e",client_id="00000003-0000-0ff1-ce00-000000000000""#;
        let headers = [
            ("WWW-Authenticate", challenge),
            ("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA"),
            ("x-ms-diagnostics", "3000003;reason=\"Invalid audience Uri\";category=\"invalid_client\""),
            ("request-id", "90d66da0-20a9-5000-0000-000000000000"),
        ];
        let fault = fault(401, &headers, "");
        assert_eq!((fault.class(), fault.message()), (FaultClass::Unauthorized, None));
        let detail = fault.detail().expect("the headers say something");
        assert!(detail.starts_with(challenge) && detail.contains("; NTLM; 3000003;"), "{detail}");
        assert!(!detail.contains("TlRM"), "a handshake is nobody's business: {detail}");
        assert_eq!(fault.request_id(), Some("90d66da0-20a9-5000-0000-000000000000"));
        let app_only =
            super::tests::fault(400, &[], r#"{"error":"invalid_request","error_description":"No."}"#);
        assert_eq!(
            (app_only.class(), app_only.exception()),
            (FaultClass::Unauthorized, Some("invalid_request"))
        );
    }

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        let to_sign_in =
            [("Location", "https://login.microsoftonline.com/common/oauth2/authorize?nonce=secret")];
        let redirect = fault(302, &to_sign_in, "");
        assert_eq!(redirect.location(), Some("https://login.microsoftonline.com/common/oauth2/authorize"));
        assert!(!format!("{redirect} {redirect:?}").contains("secret"));
        assert_eq!(without_secrets("https://u:p@h.example/a?b#c").as_deref(), Some("https://h.example/a"));
        assert_eq!(without_secrets("/_layouts/a@b.aspx#x").as_deref(), Some("/_layouts/a@b.aspx"));
    }

    #[test]
    fn a_fault_shows_status_class_code_message_and_request_id_in_one_clause() {
        let body = r#"{"odata.error":{"code":"-2130575338, System.ArgumentException",
            "message":{"lang":"en-US","value":"Item does\nnot exist."}}}"#;
        let headers = [("SPRequestGuid", "84f70ca0-a0fa-3000-787b-000000000000"), ("request-id", "other")];
        assert_eq!(
            fault(404, &headers, body).to_string(),
            "404 not found (-2130575338, System.ArgumentException): Item does not exist. \
             (SPRequestGuid 84f70ca0-a0fa-3000-787b-000000000000)"
        );
        assert_eq!(fault(502, &[], "").to_string(), "502 unavailable");
    }

    #[test]
    fn an_answer_that_may_be_data_is_none() {
        for body in
            ["", "\u{FEFF}{\"value\":[]}", "{\"d\":{\"results\":[]}}", "--batchresponse_1\r\n", "<r/>"]
        {
            assert_eq!(read(&answer(200, &[], body)), None, "{body}");
        }
        assert_eq!(read(&answer(204, &[], "")), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// No bytes panic, and a failing status is always a fault.
        #[test]
        fn any_bytes_with_any_status_are_read(
            status in 100_u16..=599,
            start in prop::sample::select(vec!["", "{\"error\":", "[{\"ErrorInfo\":", "<error><code>", "<html", "\u{FEFF}"]),
            rest in prop::collection::vec(any::<u8>(), 0..200),
            location in "[ -~]{0,40}",
        ) {
            let body = [start.as_bytes(), &rest].concat();
            let answer = Response::builder().status(status).header("location", location).body(body);
            let fault = read(&answer.expect("a well-formed answer"));
            prop_assert!(fault.is_some() || (200..300).contains(&status));
            if let Some(fault) = fault {
                prop_assert!(!fault.to_string().contains(char::is_control), "{fault}");
            }
        }
    }
}
