//! From what an answer says to the [class](FaultClass) of the failure: by number and type, then by status, never by
//! message.

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use super::{
    FaultClass,
    envelope::{Envelope, Shape},
    page,
};

/// The class, and whether a change token in the request would be to blame.
pub(super) fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    location: Option<&str>,
    envelope: &Envelope,
) -> (FaultClass, bool) {
    // A throttled answer may come from a layer that knows nothing of SharePoint; its body says nothing. A 401 is
    // about the credential, whatever the number next to it.
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            return (FaultClass::Throttled, false);
        }
        // A layer in front may write the status of what it met into the body alone.
        StatusCode::UNAUTHORIZED if says_throttled(envelope) => return (FaultClass::Throttled, false),
        StatusCode::UNAUTHORIZED => return (FaultClass::Unauthorized, false),
        // Whoever says when to come back has not refused the request.
        StatusCode::BAD_REQUEST if headers.contains_key(RETRY_AFTER) => {
            return (FaultClass::Throttled, false);
        }
        _ => {}
    }
    let exception = envelope.exception.as_deref().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    let by_number = CODES.iter().find(|(code, _)| envelope.code == Some(*code)).map(|(_, class)| *class);
    let by_type = EXCEPTIONS.iter().find(|(name, _)| *name == exception).map(|(_, class)| *class);
    let bare_soap_fault = matches!(envelope.shape, Shape::Soap { .. }) && envelope.code.is_none();
    let class = match by_number.or(by_type) {
        // An expired cookie is "access denied" in the body; only the header tells the two apart.
        Some(FaultClass::Forbidden) | None if is_signed_out(status, headers, location, envelope) => {
            FaultClass::SignedOut
        }
        // The argument that was wrong is the name of the thing.
        Some(FaultClass::Refused) if status == StatusCode::NOT_FOUND => FaultClass::NotFound,
        Some(class) => class,
        None => by_status(status, location, envelope),
    };
    (
        class,
        bare_soap_fault || class == FaultClass::TokenMalformed || exception == "InvalidOperationException",
    )
}

fn says_throttled(envelope: &Envelope) -> bool {
    let says = |message: &str| message.split_whitespace().next() == Some("429");
    envelope.shape == Shape::Text && envelope.message.as_deref().is_some_and(says)
}

fn is_signed_out(
    status: StatusCode,
    headers: &HeaderMap,
    location: Option<&str>,
    envelope: &Envelope,
) -> bool {
    match status {
        StatusCode::FORBIDDEN if FORMS_HEADERS.iter().any(|name| headers.contains_key(*name)) => true,
        // A missing page may offer a sign-in, too; there it is not the reason.
        StatusCode::FORBIDDEN | StatusCode::OK => envelope.shape == Shape::Html { sign_in: true },
        _ => location.is_some_and(page::leads_to_sign_in),
    }
}

fn by_status(status: StatusCode, location: Option<&str>, envelope: &Envelope) -> FaultClass {
    match (status.as_u16(), envelope.shape) {
        (400 | 403, Shape::OAuth) | (407, _) => FaultClass::Unauthorized,
        (403, _) => FaultClass::Forbidden,
        (404 | 410, _) => FaultClass::NotFound,
        (408 | 502 | 504, _) => FaultClass::Unavailable,
        (423, _) => FaultClass::SiteLocked,
        (400..=499, _) | (_, Shape::Soap { by_caller: true }) => FaultClass::Refused,
        (300..=399, _) if location.is_some_and(page::leads_to_refusal) => FaultClass::Forbidden,
        (300..=399, _) => FaultClass::Moved,
        (_, Shape::SharePoint | Shape::Soap { .. }) => FaultClass::Server,
        (500..=599, _) => FaultClass::Unavailable,
        (_, Shape::OAuth) => FaultClass::Unauthorized,
        _ => FaultClass::NotSharePoint,
    }
}

/// The numbers that mean the same wherever they come. -2146232832 is any `SPException` and -1 anything at all.
const CODES: [(i32, FaultClass); 16] = [
    (-2146232060, FaultClass::Unavailable), // 0x80131904, the database could not answer
    (super::CHECKED_OUT, FaultClass::Server), // a file, not the site
    (-2130575338, FaultClass::NotFound),    // 0x81020016, item or file
    (-2130575322, FaultClass::NotFound),    // 0x81020026, list
    (-2130575251, FaultClass::StaleDigest), // 0x8102006D
    (-2130575173, FaultClass::TokenOfAnotherObject), // 0x810200BB
    (-2130575172, FaultClass::TokenExpired), // 0x810200BC
    (-2147024894, FaultClass::NotFound),    // 0x80070002, file or web
    (-2147024891, FaultClass::Forbidden),   // 0x80070005
    (-2147024860, FaultClass::ListViewThreshold), // 0x80070024
    (-2147024809, FaultClass::Refused),     // 0x80070057
    (-2146233086, FaultClass::TokenMalformed), // 0x80131502, part of a token
    (0x8200_0006_u32.cast_signed(), FaultClass::NotFound), // SOAP, list
    (0x8200_0001_u32.cast_signed(), FaultClass::Refused), // SOAP, parameter
    (0x8200_0005_u32.cast_signed(), FaultClass::Refused), // SOAP, parameter
    (0x8102_0071_u32.cast_signed(), FaultClass::SiteLocked),
];

/// .NET types, without their namespace, that say more than a number that is no help.
const EXCEPTIONS: [(&str, FaultClass); 10] = [
    ("SPInvalidChangeTokenException", FaultClass::TokenExpired),
    ("FormatException", FaultClass::TokenMalformed),
    ("ArgumentOutOfRangeException", FaultClass::TokenMalformed),
    ("SPQueryThrottledException", FaultClass::ListViewThreshold),
    ("UnauthorizedAccessException", FaultClass::Forbidden),
    ("ResourceNotFoundException", FaultClass::NotFound),
    ("FileNotFoundException", FaultClass::NotFound),
    ("InvalidClientQueryException", FaultClass::Refused),
    ("InvalidOperationException", FaultClass::Refused),
    ("ArgumentException", FaultClass::Refused),
];

const FORMS_HEADERS: [&str; 2] = ["x-forms_based_auth_required", "x-forms_based_auth_return_url"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, tests::fault};

    fn coded(status: u16, code: &str) -> Fault {
        let body =
            format!(r#"{{"odata.error":{{"code":"{code}","message":{{"lang":"nl-NL","value":"Nee."}}}}}}"#);
        fault(status, &[], &body)
    }

    #[test]
    fn what_may_pass_by_itself_is_temporary_however_it_is_dressed() {
        let sql = coded(500, "-2146232060, Microsoft.SharePoint.SPException");
        assert_eq!(sql.class(), FaultClass::Unavailable);
        assert_eq!(fault(401, &[], "429 TOO MANY REQUESTS").class(), FaultClass::Throttled);
        assert_eq!(fault(401, &[], "No token of the 429 was good").class(), FaultClass::Unauthorized);
        assert_eq!(fault(400, &[("retry-after", "5")], "Bad request").class(), FaultClass::Throttled);
    }

    #[test]
    fn a_file_that_is_checked_out_is_no_locked_site() {
        let file = coded(423, "-2130575306, Microsoft.SharePoint.SPFileCheckOutException");
        assert_eq!(file.class(), FaultClass::Server);
        assert!(file.advice().contains("checked in") && !file.advice().contains("unlock"));
        let site = coded(423, "-1, System.Exception");
        assert_eq!((site.class(), site.advice()), (FaultClass::SiteLocked, FaultClass::SiteLocked.advice()));
    }

    #[test]
    fn a_proxy_that_wants_a_password_is_not_sharepoint() {
        let proxy = fault(407, &[], "<html><title>Proxy Authentication Required</title></html>");
        assert_eq!(proxy.class(), FaultClass::Unauthorized);
        assert!(proxy.advice().contains("proxy") && !proxy.advice().contains("audience"));
        assert_eq!(fault(401, &[], "").advice(), FaultClass::Unauthorized.advice());
    }

    #[test]
    fn every_code_of_the_protocol_has_its_class_whatever_the_language() {
        for (code, status, class) in [
            ("-1, System.ArgumentException", 404, FaultClass::NotFound),
            ("-1, System.InvalidOperationException", 400, FaultClass::Refused),
            ("-1, Microsoft.SharePoint.Client.InvalidClientQueryException", 400, FaultClass::Refused),
            ("-1, Microsoft.SharePoint.Client.ResourceNotFoundException", 404, FaultClass::NotFound),
            ("-1, System.FormatException", 400, FaultClass::TokenMalformed),
            ("-1, System.FormatException", 500, FaultClass::TokenMalformed),
            ("-2130575338, System.ArgumentException", 404, FaultClass::NotFound),
            ("-2130575338, Microsoft.SharePoint.SPException", 200, FaultClass::NotFound),
            ("-2130575322, System.ArgumentException", 500, FaultClass::NotFound),
            ("-2130575342, Microsoft.SharePoint.SPException", 500, FaultClass::Server),
            ("-2130575251, Microsoft.SharePoint.SPException", 403, FaultClass::StaleDigest),
            ("-2130575173, Microsoft.SharePoint.SPException", 400, FaultClass::TokenOfAnotherObject),
            ("-2130575172, Microsoft.SharePoint.SPException", 500, FaultClass::TokenExpired),
            (
                "-2146232832, Microsoft.SharePoint.SPInvalidChangeTokenException",
                400,
                FaultClass::TokenExpired,
            ),
            ("-2147024894, System.IO.FileNotFoundException", 404, FaultClass::NotFound),
            ("-2147024891, System.UnauthorizedAccessException", 403, FaultClass::Forbidden),
            ("-2147024891, System.UnauthorizedAccessException", 401, FaultClass::Unauthorized),
            ("-2147024809, System.ArgumentException", 400, FaultClass::Refused),
            (
                "-2147024860, Microsoft.SharePoint.SPQueryThrottledException",
                500,
                FaultClass::ListViewThreshold,
            ),
            ("-1, Microsoft.SharePoint.SPQueryThrottledException", 500, FaultClass::ListViewThreshold),
            ("-2146232832, Microsoft.SharePoint.SPException", 400, FaultClass::Refused),
            ("-2146232832, Microsoft.SharePoint.SPException", 500, FaultClass::Server),
            ("-2146233086, System.ArgumentOutOfRangeException", 500, FaultClass::TokenMalformed),
            ("-2130575338, System.ArgumentException", 429, FaultClass::Throttled),
        ] {
            let fault = coded(status, code);
            assert_eq!(fault.class(), class, "{status} {code}");
            assert_eq!(fault.code().map(|code| code.to_string()).as_deref(), code.split(',').next());
            assert_eq!(fault.message(), Some("Nee."));
        }
    }

    #[test]
    fn soap_codes_have_their_class_and_a_fault_without_one_is_a_malformed_token_if_there_was_a_token() {
        let soap = |detail: &str| {
            let body = format!(
                "<s:Envelope xmlns:s='x'><s:Body><s:Fault><faultcode>s:Server</faultcode>\
                 <detail>{detail}</detail></s:Fault></s:Body></s:Envelope>"
            );
            fault(500, &[], &body)
        };
        for (code, class) in [
            ("0x82000006", FaultClass::NotFound),
            ("0x82000001", FaultClass::Refused),
            ("0x82000005", FaultClass::Refused),
            ("0x81020071", FaultClass::SiteLocked),
        ] {
            assert_eq!(soap(&format!("<errorcode>{code}</errorcode>")).class(), class, "{code}");
        }
        let bare = soap("");
        assert_eq!(bare.class(), FaultClass::Server);
        assert_eq!(bare.clone().for_request(true).class(), FaultClass::TokenMalformed);
        assert_eq!(bare.for_request(false).class(), FaultClass::Server);
    }

    #[test]
    fn only_a_request_with_a_token_can_have_a_malformed_one() {
        let invalid = coded(400, "-1, System.InvalidOperationException");
        assert_eq!(invalid.clone().for_request(true).class(), FaultClass::TokenMalformed);
        assert_eq!(invalid.for_request(false).class(), FaultClass::Refused);
        let format = coded(400, "-1, System.FormatException");
        assert_eq!(format.clone().for_request(true).class(), FaultClass::TokenMalformed);
        assert_eq!(format.for_request(false).class(), FaultClass::Refused);
        let argument = coded(404, "-1, System.ArgumentException");
        assert_eq!(argument.for_request(true).class(), FaultClass::NotFound);
    }

    #[test]
    fn an_expired_cookie_is_signed_out_and_not_forbidden() {
        let denied = r#"{"error":{"code":"-2147024891, System.UnauthorizedAccessException","message":"x"}}"#;
        let stale = r#"{"error":{"code":"-2130575251, Microsoft.SharePoint.SPException","message":"x"}}"#;
        let forms =
            [("X-Forms_Based_Auth_Required", "https://fabrikam.sharepoint.com/_forms/default.aspx?x=y")];
        let sign_in = r#"<html><form action="https://login.microsoftonline.com/common/login"></html>"#;
        let to_sign_in =
            [("Location", "https://login.microsoftonline.com/common/oauth2/authorize?nonce=secret")];
        for (status, headers, body, class) in [
            (403, &forms[..], "", FaultClass::SignedOut),
            (403, &forms, denied, FaultClass::SignedOut),
            (403, &forms, stale, FaultClass::StaleDigest),
            (403, &[], denied, FaultClass::Forbidden),
            (403, &[], "", FaultClass::Forbidden),
            (403, &[], sign_in, FaultClass::SignedOut),
            (200, &[], sign_in, FaultClass::SignedOut),
            (404, &[], sign_in, FaultClass::NotFound),
            (302, &to_sign_in, "", FaultClass::SignedOut),
            (302, &[("Location", "/_layouts/15/AccessDenied.aspx?Source=x")], "", FaultClass::Forbidden),
            (301, &[("Location", "https://fabrikam.sharepoint.com/sites/new")], "", FaultClass::Moved),
        ] {
            assert_eq!(fault(status, headers, body).class(), class, "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn what_no_sharepoint_wrote_is_judged_by_its_status() {
        let html = "<!DOCTYPE html><html><head><title>Service Unavailable</title></head></html>";
        for (status, body, class) in [
            (404, "404 FILE NOT FOUND", FaultClass::NotFound),
            (404, html, FaultClass::NotFound),
            (404, "", FaultClass::NotFound),
            (410, "", FaultClass::NotFound),
            (400, html, FaultClass::Refused),
            (429, html, FaultClass::Throttled),
            (429, "", FaultClass::Throttled),
            (503, html, FaultClass::Throttled),
            (500, html, FaultClass::Unavailable),
            (500, "", FaultClass::Unavailable),
            (502, html, FaultClass::Unavailable),
            (504, "", FaultClass::Unavailable),
            (408, "", FaultClass::Unavailable),
            (423, "", FaultClass::SiteLocked),
            (304, "", FaultClass::Moved),
            (200, html, FaultClass::NotSharePoint),
            (200, "OK", FaultClass::NotSharePoint),
        ] {
            assert_eq!(fault(status, &[], body).class(), class, "{status} {body}");
        }
        assert_eq!(fault(404, &[], "404 FILE NOT FOUND").message(), Some("404 FILE NOT FOUND"));
        assert_eq!(fault(503, &[], html).message(), Some("Service Unavailable"));
    }
}
