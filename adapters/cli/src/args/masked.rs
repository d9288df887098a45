//! Errors of the command line without what may be a secret.

use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The error without what may be a secret in the words it repeats: they stand there as they were typed, and what is
/// printed may be kept in a log.
pub(crate) fn masked(mut error: Error) -> Error {
    let mut kinds = vec![ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    // Of an option that is known it is the name, which holds no secret.
    if error.kind() == ErrorKind::UnknownArgument {
        kinds.push(ContextKind::InvalidArg);
    }
    for kind in kinds {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        let told = mask(text);
        if told != *text {
            error.insert(kind, ContextValue::String(told));
            // What is suggested repeats the word once more.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// A word without what may be a secret: who asks, before the last `@`; what stands behind a path; the value behind a
/// name; and what is too long for a word, as tokens and cookies are.
fn mask(text: &str) -> String {
    if let Some(switches) = text.strip_prefix("sim:") {
        return format!("sim:{}", switches.split('&').map(switch).collect::<Vec<_>>().join("&"));
    }
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    // A password may hold what ends a host for those who read from the front.
    let at = rest.rfind('@').map(|at| at + 1).max(rest.rfind("%40").map(|at| at + 3));
    let (user, place) = at.map_or(("", rest), |at| ("…@", &rest[at..]));
    let mut end = place.find(['?', '#']).unwrap_or(place.len());
    if scheme.is_none() && at.is_none() {
        end = end.min(value(place).unwrap_or(end));
        if place.len() > LONGEST_WORD {
            end = end.min(place.char_indices().nth(BEGINNING).map_or(end, |(at, _)| at));
        }
    }
    let more = if end < place.len() { "…" } else { "" };
    let scheme = scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}{user}{}{more}", &place[..end])
}

/// Where the value begins in `name=value` or `name:value`; the port of a host is none.
fn value(text: &str) -> Option<usize> {
    let at = text.find(['=', ':'])?;
    let (name, value) = (&text[..at], &text[at + 1..]);
    let port = value.split('/').next().unwrap_or_default();
    let is_port = text[at..].starts_with(':') && port.parse::<u16>().is_ok();
    // A time is no name.
    (!is_port && name.starts_with(|first: char| !first.is_ascii_digit())).then_some(at + 1)
}

/// A switch of a simulated site without its credential.
fn switch(text: &str) -> String {
    match text.split_once("auth=") {
        Some((before, _)) => format!("{before}auth=…"),
        None => text.to_owned(),
    }
}

/// A word that is longer may be a token; a change token is shorter.
const LONGEST_WORD: usize = 80;
/// What is told of it.
const BEGINNING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_host_and_path_alone() {
        for (text, told) in [
            ("https://ana:pa/ss@fabrikam.com/sites/ops", "https://…@fabrikam.com/sites/ops"),
            ("--url=https://ana@fabrikam.com/a@b", "--url=https://…@b"),
            ("https://fabrikam.com/sites/ops?code=1#2", "https://fabrikam.com/sites/ops…"),
            ("https://ana:p?s#s@fabrikam.com", "https://…@fabrikam.com"),
            ("https://ana:pass%40fabrikam.com/a", "https://…@fabrikam.com/a"),
            ("ana:pass@fabrikam.com/sites/ops", "…@fabrikam.com/sites/ops"),
            ("--url=ana:pa/s?s@fabrikam.com", "…@fabrikam.com"),
            ("//ana:pass@fabrikam.com", "…@fabrikam.com"),
            ("https:/ana:pass@fabrikam.com", "…@fabrikam.com"),
            ("fabrikam.com/sites/ops?code=1", "fabrikam.com/sites/ops…"),
            ("fabrikam.com:8443/sites/ops", "fabrikam.com:8443/sites/ops"),
            ("sim:?seed=x", "sim:?seed=x"),
            ("sim:?auth=bearer:pass&seed=x&auth=cookie:pass", "sim:?auth=…&seed=x&auth=…"),
        ] {
            assert_eq!(mask(text), told);
        }
    }

    #[test]
    fn a_word_keeps_no_value_and_no_token() {
        let token = format!("eyJ{}", "a".repeat(200));
        for (text, told) in [
            ("Documents", "Documents"),
            ("ana:pass", "ana:…"),
            ("SPCHANGES_TOKEN=pass", "SPCHANGES_TOKEN=…"),
            ("--cokie=FedAuth=pass", "--cokie=…"),
            ("rtFa=pass;", "rtFa=…"),
            (&token, "eyJa…"),
            ("2026-01-31T8:00", "2026-01-31T8:00"),
            ("-7x", "-7x"),
            ("1;3;x", "1;3;x"),
        ] {
            assert_eq!(mask(text), told);
        }
    }
}
