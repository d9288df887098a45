//! Pages for people where data was expected: how they are known, and which of them ask to sign in.
//!
//! Only markup and addresses are looked at; what a page says depends on its reader's language.

/// Whether a body begins as HTML does, however broken or old; a byte order mark is skipped by the caller.
pub(super) fn is_html(body: &[u8]) -> bool {
    let mut rest = body;
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = match rest {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            _ => break,
        };
        let Some(at) = rest.windows(end.len()).position(|window| window == end) else { return false };
        rest = &rest[at + end.len()..];
    }
    let Some(tag) = rest.strip_prefix(b"<") else { return false };
    let name = tag.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'!').next().unwrap_or_default();
    if name.eq_ignore_ascii_case(b"!doctype") {
        let doctype = tag[name.len()..].trim_ascii_start();
        return doctype.get(..4).is_some_and(|root| root.eq_ignore_ascii_case(b"html"));
    }
    HTML_TAGS.iter().any(|html| name.eq_ignore_ascii_case(html.as_bytes()))
}

/// The text of the page's title; `None` without one.
pub(super) fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower[tag..].find('>')? + 1;
    Some(&page[start..start + lower[start..].find('<')?])
}

/// Whether a page asks to sign in, or leads to one that does.
pub(super) fn is_sign_in(page: &str) -> bool {
    let lower = page.to_ascii_lowercase();
    SIGN_IN_MARKS.iter().any(|mark| lower.contains(mark))
}

/// Whether the target of a redirect is a sign-in page.
pub(super) fn leads_to_sign_in(location: &str) -> bool {
    location.to_ascii_lowercase().starts_with("https://login.") || is_sign_in(location)
}

/// Whether the target of a redirect is the page that says "access denied".
pub(super) fn leads_to_refusal(location: &str) -> bool {
    location.to_ascii_lowercase().contains("/accessdenied.aspx")
}

const HTML_TAGS: [&str; 13] =
    ["html", "head", "body", "title", "meta", "script", "style", "form", "div", "center", "h1", "h2", "p"];

/// What the pages of Entra ID, AD FS, forms-based and claims sign-in have in their markup. The bare name of Entra's
/// host is no mark: every modern page of SharePoint Online mentions it.
const SIGN_IN_MARKS: [&str; 10] = [
    "convergedsignin",
    "action=\"https://login.",
    "type=\"password\"",
    "type='password'",
    "/adfs/ls",
    "wsignin1.0",
    "/_forms/default.aspx",
    "/_login/default.aspx",
    "/_trust/default.aspx",
    "/authenticate.aspx",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_known_by_its_first_tag_after_prolog_and_comments() {
        for html in [
            "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><HTML><TITLE>Bad Request</TITLE></HTML>",
            "<?xml version='1.0'?> <!-- <x> --> <!doctype html><title lang=en>Bad Request</title>",
            "\n<html><head><title>Bad Request</title>",
            "<h1>x</h1><title>Bad Request<br>",
        ] {
            assert!(is_html(html.as_bytes()), "{html}");
            assert_eq!(title(html), Some("Bad Request"), "{html}");
        }
        for other in ["", "<", "<!--", "<?xml?>", "<feed>", "<htmlx>", "<!DOCTYPE note>", "{", "text"] {
            assert!(!is_html(other.as_bytes()), "{other}");
            assert_eq!(title(other), None, "{other}");
        }
    }

    #[test]
    fn a_sign_in_page_is_told_from_a_page_that_knows_where_sign_in_is() {
        for page in [
            r#"<form action="https://login.microsoftonline.com/common/login">"#,
            r#"<meta name="PageID" content="ConvergedSignIn" />"#,
            "<input name='p' TYPE='password'>",
            r#"<form method="POST" action="https://sts.fabrikam.example/adfs/ls/?wa=wsignin1.0">"#,
        ] {
            assert!(is_sign_in(page), "{page}");
        }
        assert!(!is_sign_in("<script>var c={aadInstanceUrl:'https://login.microsoftonline.com'}</script>"));
        assert!(leads_to_sign_in("https://login.microsoftonline.com/common/oauth2/authorize?x=y"));
        assert!(leads_to_sign_in("/_layouts/15/Authenticate.aspx?Source=%2F"));
        assert!(!leads_to_sign_in("https://fabrikam.sharepoint.com/sites/moved/_api/web"));
        assert!(leads_to_refusal("/_layouts/15/AccessDenied.aspx?Source=x"));
    }
}
