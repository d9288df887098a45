//! Files that are named on the command line.

use std::{ffi::OsString, path::PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};

/// Takes the path of a file, and refuses an address: it may hold a password, and paths are repeated wherever
/// something goes wrong with the file.
pub(crate) fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(file)
}

fn file(text: OsString) -> Result<PathBuf, &'static str> {
    let shown = text.to_string_lossy();
    let first = shown.split(['/', '\\']).next().unwrap_or_default();
    let names_a_user = first.split_once('@').is_some_and(|(user, _)| user.contains(':'));
    if names_a_user || shown.contains("://") { Err("give the path of a file") } else { Ok(text.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_no_path_of_a_file() {
        for path in ["a", "/tmp/a@b:c", r"C:\a@b", "mail@fabrikam.json", "a:b"] {
            assert_eq!(file(path.into()), Ok(PathBuf::from(path)));
        }
        for address in ["https://fabrikam.com/a", "ana:pass@fabrikam.com", "ana:pass@fabrikam.com/a"] {
            assert!(file(address.into()).is_err(), "{address}");
        }
    }
}
