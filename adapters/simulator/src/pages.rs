//! Answers that do not come from SharePoint's services: pages of IIS, proxies and sign-in.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::dialect::Language;
use crate::fault::{Fault, RetryAfter};
use crate::format::Format;
use crate::json::Style;
use crate::problem::Problem;
use crate::throttle::Said;
use crate::ticks::Ticks;

const HTML: &str = "text/html; charset=utf-8";
const SIGN_IN: &str = "<!DOCTYPE html>\r\n<html dir=\"ltr\" lang=\"en\"><head><title>Sign in to your account</title><meta name=\"PageID\" content=\"ConvergedSignIn\" />\
    </head><body><form method=\"post\" action=\"/login\"><input type=\"email\" name=\"loginfmt\"></form></body></html>";
const THROTTLE_PAGE: &str = "<!DOCTYPE html><html><head><title>429 TOO MANY REQUESTS</title></head><body><h1>Something's \
    not right</h1><p>The page you requested is temporarily unavailable.</p></body></html>";
const BUSY_PAGE: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
    <HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD>\r\n<BODY><h2>Service Unavailable</h2>\r\n<hr><p>HTTP Error \
    503. The service is unavailable.</p>\r\n</BODY></HTML>\r\n";
const INVALID_URL: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
    <HTML><HEAD><TITLE>Bad Request</TITLE></HEAD>\r\n<BODY><h2>Bad Request - Invalid URL</h2>\r\n<hr><p>HTTP Error \
    400. The request URL is invalid.</p>\r\n</BODY></HTML>\r\n";

/// An answer without a body.
pub(crate) fn status(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}

fn page(code: StatusCode, kind: &'static str, body: &str) -> Response<Vec<u8>> {
    let mut response = status(code);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    body.as_bytes().clone_into(response.body_mut());
    response
}

/// What http.sys says of an address it cannot read.
pub(crate) fn invalid_url() -> Response<Vec<u8>> {
    page(StatusCode::BAD_REQUEST, "text/html; charset=us-ascii", INVALID_URL)
}

/// What is said where no site is.
pub(crate) fn not_found() -> Response<Vec<u8>> {
    page(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 FILE NOT FOUND")
}

/// What the throttler says.
pub(crate) fn throttled(said: Said, now: Ticks) -> Response<Vec<u8>> {
    let mut response = status(StatusCode::TOO_MANY_REQUESTS);
    retry_after(&mut response, RetryAfter::Seconds(said.reset), now);
    response
}

fn retry_after(response: &mut Response<Vec<u8>>, after: RetryAfter, now: Ticks) {
    let text = match after {
        RetryAfter::Absent => return,
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Date(seconds) => now.after(std::time::Duration::from_secs(seconds)).http_date(),
    };
    set(response, RETRY_AFTER, &text);
}

fn set(response: &mut Response<Vec<u8>>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The answer a fault puts in place of the right one.
pub(crate) fn fault(fault: &Fault, now: Ticks, dress: (Language, Style)) -> Response<Vec<u8>> {
    let (language, style) = dress;
    let problem = |problem: &Problem| {
        let body = String::from_utf8(problem.body(Format::Bare, language, style)).unwrap_or_default();
        page(problem.status, Format::Bare.content_type(false, false), &body)
    };
    match fault {
        Fault::Throttled { after, limits, html } => {
            let code = StatusCode::TOO_MANY_REQUESTS;
            let mut response = if *html { page(code, HTML, THROTTLE_PAGE) } else { status(code) };
            retry_after(&mut response, *after, now);
            if let Some(reset) = limits {
                set(&mut response, HeaderName::from_static("ratelimit-limit"), "1250");
                set(&mut response, HeaderName::from_static("ratelimit-remaining"), "0");
                set(&mut response, HeaderName::from_static("ratelimit-reset"), &reset.to_string());
            }
            response
        }
        Fault::Busy(after) => {
            let mut response =
                page(StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=us-ascii", BUSY_PAGE);
            retry_after(&mut response, *after, now);
            response
        }
        Fault::Blocked => page(StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=us-ascii", BUSY_PAGE),
        Fault::BadGateway => {
            page(StatusCode::BAD_GATEWAY, HTML, "<html><body><h1>502 Bad Gateway</h1></body></html>")
        }
        Fault::GatewayTimeout => {
            page(StatusCode::GATEWAY_TIMEOUT, HTML, "<html><body><h1>504 Gateway Time-out</h1></body></html>")
        }
        Fault::ServerError => {
            page(StatusCode::INTERNAL_SERVER_ERROR, HTML, "<html><body><h1>Server Error</h1></body></html>")
        }
        Fault::SignIn => page(StatusCode::OK, HTML, SIGN_IN),
        Fault::Redirect => {
            let mut response = page(StatusCode::FOUND, HTML, "<html><body>Object moved</body></html>");
            set(
                &mut response,
                LOCATION,
                "/_forms/default.aspx?ReturnUrl=%2f_layouts%2f15%2fAuthenticate.aspx",
            );
            response
        }
        Fault::Unauthorized => {
            let mut response = status(StatusCode::UNAUTHORIZED);
            set(
                &mut response,
                WWW_AUTHENTICATE,
                "Bearer realm=\"9a1e0d64-2f0b-4c53-8d70-6b1f1f6f4c11\",client_id=\"00000003-0000-0ff1-ce00-000000000000\",\
                 trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\"",
            );
            let diagnostics =
                "3000006;reason=\"Token contains invalid signature.\";category=\"invalid_client\"";
            set(&mut response, HeaderName::from_static("x-ms-diagnostics"), diagnostics);
            response
        }
        Fault::Forbidden => {
            let mut response = page(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", "403 FORBIDDEN");
            set(
                &mut response,
                HeaderName::from_static("x-forms_based_auth_required"),
                "https://fabrikam.sharepoint.com/_forms/default.aspx?ReturnUrl=/_layouts/15/error.aspx",
            );
            set(
                &mut response,
                HeaderName::from_static("x-forms_based_auth_return_url"),
                "https://fabrikam.sharepoint.com/_layouts/15/error.aspx",
            );
            let refused = "917656; Access+denied.+Before+opening+files+in+this+location%2c+you+must+first+browse+to+the+\
                           web+site+and+select+the+option+to+login+automatically.";
            set(&mut response, HeaderName::from_static("x-msdavext_error"), refused);
            response
        }
        Fault::StaleDigest => problem(&Problem::stale_digest(language)),
        Fault::AccessDenied => problem(&Problem::access_denied(language)),
        Fault::OAuth => page(
            StatusCode::UNAUTHORIZED,
            "application/json; charset=utf-8",
            "{\"error\":\"invalid_request\",\"error_description\":\"Unsupported app only token.\"}",
        ),
        // These strike on the way, and leave the answer alone.
        Fault::Lost | Fault::Cut | Fault::Truncated | Fault::Slow(_) => status(StatusCode::OK),
    }
}
