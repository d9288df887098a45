//! What kinds of failure there are, and what the caller should do about each.

use std::fmt;

/// What kind of failure an answer is: the part of a [`Fault`](crate::fault::Fault) that decides what to do.
///
/// The texts and exit codes come from one table; [`FaultClass::ALL`] walks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultClass {
    /// 429, or 503 "server too busy". A caller that goes on asking ends up with 503 only, until Microsoft lifts
    /// it; that looks the same (sp-dev-docs, how-to-avoid-getting-throttled).
    Throttled,
    /// 408, 502, 504, and a 500 that names no error: an outage, not an answer.
    Unavailable,
    /// 401, with a body or without: no credential, or one that is expired or meant for somebody else.
    Unauthorized,
    /// The cookie has expired: 403 with `X-Forms_Based_Auth_Required`, a redirect to a sign-in page, or the page
    /// itself with status 200.
    SignedOut,
    /// 403, -2147024891: signed in, but not allowed.
    Forbidden,
    /// -2130575251: the form digest is missing or stale. Not a lack of rights.
    StaleDigest,
    /// 404 in any shape, -2130575338, -2130575322, -2147024894, SOAP 0x82000006. Deleted and no longer visible are
    /// answered alike.
    NotFound,
    /// -2130575172, `SPInvalidChangeTokenException`: the change token is older than the log.
    TokenExpired,
    /// -2130575173: the change token was given out for another site, web or list.
    TokenOfAnotherObject,
    /// `System.FormatException`, -2146233086: the change token cannot be read by the server.
    TokenMalformed,
    /// 400, `InvalidClientQueryException`, -2147024809: the request itself is wrong.
    Refused,
    /// -2147024860, `SPQueryThrottledException`: the query touches more rows or lookup columns than one may. It
    /// comes with status 500 but has nothing to do with the rate of requests.
    ListViewThreshold,
    /// SOAP 0x81020071, 423: an administrator has locked the site.
    SiteLocked,
    /// A redirect that does not lead to a sign-in page.
    Moved,
    /// Success in name, but HTML or another content where data was expected: a proxy, a portal, a wrong address.
    NotSharePoint,
    /// Any other error that SharePoint names: an answer, not an outage.
    Server,
}

impl FaultClass {
    /// Every class, in the order of the table.
    pub const ALL: &'static [FaultClass] = &{
        let mut all = [FaultClass::Server; TABLE.len()];
        let mut i = 0;
        while i < all.len() {
            // The table is indexed by class, so a row in the wrong place must not compile.
            assert!(TABLE[i].class as usize == i);
            all[i] = TABLE[i].class;
            i += 1;
        }
        all
    };

    /// A word for logs and data, in lower case with underscores: `list_view_threshold`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What the caller should do, in one sentence.
    pub fn advice(self) -> &'static str {
        self.row().advice
    }

    /// The exit code of the command for this class: 1 failure, 2 usage or configuration, 4 authentication or
    /// permission, 5 temporary, 6 resync required, 8 not decodable.
    pub fn exit_code(self) -> u8 {
        self.row().exit_code
    }

    /// Whether the same request may succeed later without anybody doing anything.
    pub fn is_temporary(self) -> bool {
        matches!(self, FaultClass::Throttled | FaultClass::Unavailable)
    }

    /// Whether the change token of the request is what was refused, so that only a resync helps.
    pub fn is_token(self) -> bool {
        matches!(
            self,
            FaultClass::TokenExpired | FaultClass::TokenOfAnotherObject | FaultClass::TokenMalformed
        )
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

struct Row {
    class: FaultClass,
    name: &'static str,
    exit_code: u8,
    advice: &'static str,
}

const FAILURE: u8 = 1;
const CONFIGURATION: u8 = 2;
const PERMISSION: u8 = 4;
const TEMPORARY: u8 = 5;
const RESYNC: u8 = 6;
const UNDECODABLE: u8 = 8;

const fn row(class: FaultClass, name: &'static str, exit_code: u8, advice: &'static str) -> Row {
    Row { class, name, exit_code, advice }
}

/// The one table of classes. Its length is held against the last variant, its order by [`FaultClass::ALL`].
const TABLE: [Row; FaultClass::Server as usize + 1] = [
    row(
        FaultClass::Throttled,
        "throttled",
        TEMPORARY,
        "Wait as long as the answer asks and ask less often; if nothing but 503 comes for hours, the application \
         is blocked and only Microsoft can lift that.",
    ),
    row(FaultClass::Unavailable, "unavailable", TEMPORARY, "Ask again later; the server could not answer."),
    row(
        FaultClass::Unauthorized,
        "unauthorized",
        PERMISSION,
        "Get a new credential; if a fresh one is refused too, check its audience (the SharePoint host) and that an \
         app-only one was obtained with a certificate.",
    ),
    row(FaultClass::SignedOut, "signed_out", PERMISSION, "Sign in again; the session cookie has expired."),
    row(
        FaultClass::Forbidden,
        "forbidden",
        PERMISSION,
        "Ask for the right to read this object; asking again changes nothing.",
    ),
    row(
        FaultClass::StaleDigest,
        "stale_digest",
        PERMISSION,
        "Fetch a new form digest and send the request once more; if that is refused too, sign in again.",
    ),
    row(
        FaultClass::NotFound,
        "not_found",
        FAILURE,
        "Check the address; if it was right before, the object was deleted or is no longer visible to you, so keep \
         what you have until you know which.",
    ),
    row(
        FaultClass::TokenExpired,
        "token_expired",
        RESYNC,
        "Read everything again and go on from a token taken before that; the log no longer reaches back to this one.",
    ),
    row(
        FaultClass::TokenOfAnotherObject,
        "token_of_another_object",
        RESYNC,
        "Use the token of this very site, web or list; if there is none, read everything again.",
    ),
    row(
        FaultClass::TokenMalformed,
        "token_malformed",
        RESYNC,
        "Use the token exactly as the server gave it; if that is lost, read everything again.",
    ),
    row(
        FaultClass::Refused,
        "refused",
        CONFIGURATION,
        "Change the request, for example to the server generation it is sent to; asking again changes nothing.",
    ),
    row(
        FaultClass::ListViewThreshold,
        "list_view_threshold",
        FAILURE,
        "Ask for less: fewer lookup columns, an indexed filter, an order by ID; waiting changes nothing.",
    ),
    row(
        FaultClass::SiteLocked,
        "site_locked",
        PERMISSION,
        "Ask the administrator to unlock the site, or wait until that is done.",
    ),
    row(
        FaultClass::Moved,
        "moved",
        CONFIGURATION,
        "Look where the redirect leads and use that address; redirects are not followed with credentials.",
    ),
    row(
        FaultClass::NotSharePoint,
        "not_sharepoint",
        UNDECODABLE,
        "Check the address and what stands between (a proxy, a portal); the answer is no data of SharePoint.",
    ),
    row(
        FaultClass::Server,
        "server",
        FAILURE,
        "Read the code and message, and give Microsoft's support the SPRequestGuid; asking again seldom helps.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_holds_every_class_once_with_its_own_name_and_advice() {
        let names: HashSet<_> = FaultClass::ALL.iter().map(|class| class.name()).collect();
        let advice: HashSet<_> = FaultClass::ALL.iter().map(|class| class.advice()).collect();
        assert_eq!((FaultClass::ALL.len(), names.len(), advice.len()), (16, 16, 16));
        for class in FaultClass::ALL {
            assert!(class.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{class}");
            assert!(class.advice().ends_with('.'), "{class}");
            assert_eq!(class.to_string(), class.name());
        }
    }

    #[test]
    fn temporary_classes_alone_may_be_retried_and_token_classes_alone_ask_for_a_resync() {
        for class in FaultClass::ALL {
            assert_eq!(class.is_temporary(), class.exit_code() == 5, "{class}");
            assert_eq!(class.is_token(), class.exit_code() == 6, "{class}");
        }
    }
}
