//! Credentials: where they come from. They are sent, and never printed.

mod command;

use std::{
    env::{self, VarError},
    fmt,
    time::Duration,
};

use sharepoint_changes::DigestMode;
use sharepoint_changes_ureq::{Ask, Credential, CredentialError};

pub(crate) use self::command::MayPass;
use crate::stop::Stop;

/// Where the credential of a site comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A command that prints an access token.
    Command(String),
    /// An access token.
    Token(String),
    /// The `Cookie` header of a signed-in session.
    Cookie(String),
    /// The variable of this name holds what no text is.
    Unreadable(&'static str),
    /// Nothing was given.
    None,
}

impl Source {
    /// What was given on the command line goes first, then the environment.
    pub(crate) fn new(bearer_command: Option<String>, cookie: Option<String>) -> Source {
        let given = bearer_command.map(Source::Command).or(cookie.map(Source::Cookie));
        given
            .or_else(|| variable(TOKEN, Source::Token))
            .or_else(|| variable(COOKIE, Source::Cookie))
            .unwrap_or(Source::None)
    }

    /// Sessions by cookie need a form digest.
    pub(crate) fn digest(&self) -> DigestMode {
        match self {
            Source::Cookie(_) => DigestMode::Required,
            _ => DigestMode::NotNeeded,
        }
    }

    /// What the transport asks for each request. A command is run for the first one, and again when the server has
    /// refused what it gave; it has this long to end, and less once there is the wish to stop.
    pub(crate) fn into_closure(
        self,
        limit: Duration,
        stop: &Stop,
    ) -> impl FnMut(Ask) -> Result<Credential, CredentialError> + Send + 'static + use<> {
        let mut known: Option<String> = None;
        let stop = stop.clone();
        move |ask| match &self {
            Source::Command(command) => {
                let token = match known.take().filter(|_| ask == Ask::First) {
                    Some(token) => token,
                    None => command::run(command, limit, &stop)?,
                };
                known = Some(token.clone());
                Ok(Credential::Bearer(token))
            }
            Source::Token(token) => Ok(Credential::Bearer(token.trim().to_owned())),
            Source::Cookie(cookie) => Ok(Credential::Cookie(cookie.clone())),
            // Without it the site would be asked as nobody, and answer as it answers to nobody.
            Source::Unreadable(name) => Err(format!("the variable {name} does not hold text (UTF-8)").into()),
            Source::None => Ok(Credential::None),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Command(_) => "Command([redacted])",
            Source::Token(_) => "Token([redacted])",
            Source::Cookie(_) => "Cookie([redacted])",
            Source::Unreadable(_) => "Unreadable",
            Source::None => "None",
        })
    }
}

/// What a variable holds; `None` where it is not set or empty.
fn variable(name: &'static str, source: fn(String) -> Source) -> Option<Source> {
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => None,
        Ok(value) => Some(source(value)),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => Some(Source::Unreadable(name)),
    }
}

/// The variable that holds an access token.
const TOKEN: &str = "SPCHANGES_TOKEN";
/// The variable that holds a cookie.
const COOKIE: &str = "SPCHANGES_COOKIE";

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(credential: Credential) -> String {
        match credential {
            Credential::Bearer(token) => token,
            other => panic!("{other:?}"),
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_is_run_once_and_again_after_a_refusal() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let command = format!("echo x >> '{0}'; wc -l < '{0}'", count.display());
        let mut ask =
            Source::new(Some(command), None).into_closure(Duration::from_secs(60), &Stop::default());
        let tokens: Vec<_> =
            [Ask::First, Ask::First, Ask::Refused, Ask::First].map(|why| bearer(ask(why).unwrap())).into();
        assert_eq!(tokens, ["1", "1", "2", "2"]);
    }

    #[test]
    fn no_secret_is_in_a_debug_text() {
        for source in [
            Source::Command("hunter2".into()),
            Source::Token("hunter2".into()),
            Source::Cookie("hunter2".into()),
        ] {
            assert!(!format!("{source:?}").contains("hunter2"));
        }
    }
}
