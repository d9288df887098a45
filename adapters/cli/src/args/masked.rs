//! Errors of the command line without what an address may hold in secret.

use clap::{
    Error,
    error::{ContextKind, ContextValue},
};

/// The error with the user, the query and the fragment of each address in it left out: an argument that cannot be read
/// is repeated as it was typed, and what is printed may be kept in a log.
pub(crate) fn masked(mut error: Error) -> Error {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg] {
        if let Some(ContextValue::String(text)) = error.get(kind) {
            let text = mask(text);
            error.insert(kind, ContextValue::String(text));
        }
    }
    error
}

fn mask(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // A password may hold what ends a host for those who read from the front.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let more = if end < rest.len() { "…" } else { "" };
    format!("{scheme}://{user}{}{more}", &rest[..end])
}

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
            ("sim:?seed=x", "sim:?seed=x"),
        ] {
            assert_eq!(mask(text), told);
        }
    }
}
