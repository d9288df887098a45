//! How the process ends: exit codes, and failures as people read them.

use std::{
    error::Error as StdError,
    fmt::{self, Write as _},
    io,
    time::Duration,
};

use sharepoint_changes::{
    CheckpointError, DecodeError, Error, Fault, FaultClass, QueryError, SiteError, StartError, TokenError,
    WaitReason,
};
use sharepoint_changes_ureq::TransportError;

use crate::{connection::chain, credential::MayPass, printable::Printable};

/// An exit code. What the server's errors mean is the core's table; the rest is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    pub(crate) const CAUGHT_UP: Exit = Exit(0);
    pub(crate) const FAILURE: Exit = Exit(1);
    pub(crate) const USAGE: Exit = Exit(2);
    pub(crate) const LIMIT: Exit = Exit(3);
    pub(crate) const PERMISSION: Exit = Exit(4);
    pub(crate) const TEMPORARY: Exit = Exit(5);
    pub(crate) const RESYNC: Exit = Exit(6);
    pub(crate) const STATE: Exit = Exit(7);
    pub(crate) const UNDECODABLE: Exit = Exit(8);
    /// More rows would be removed than may be unasked.
    pub(crate) const HELD_BACK: Exit = Exit(10);
    /// The reader of stdout went away: 128 and the number of SIGPIPE, as a shell tells it.
    pub(crate) const BROKEN_PIPE: Exit = Exit(141);

    /// Ended by this signal: 128 and its number.
    pub(crate) fn signal(number: usize) -> Exit {
        Exit(u8::try_from(128 + number).unwrap_or(u8::MAX))
    }

    pub(crate) fn of(class: FaultClass) -> Exit {
        Exit(class.exit_code())
    }

    pub(crate) fn code(self) -> u8 {
        self.0
    }
}

/// The table of exit codes for `--help`: the fixed ones, and below them the server's errors that end with each.
pub(crate) fn table() -> String {
    let mut table = String::from("Exit codes, and whether to run again:\n");
    for (exit, again, meaning) in FIXED {
        let code = match exit.0 {
            130 => "129/130/143".to_owned(),
            code => code.to_string(),
        };
        let _ = writeln!(table, "  {code:>11}  {again:<7}  {meaning}");
        let of_exit = FaultClass::ALL.iter().filter(|class| class.exit_code() == exit.0);
        let classes: Vec<_> = of_exit.map(|class| class.name()).collect();
        if !classes.is_empty() {
            let _ = writeln!(table, "  {:>11}  {:<7}  by the server: {}", "", "", classes.join(", "));
        }
    }
    table
}

const FIXED: [(Exit, &str, &str); 12] = [
    (Exit::CAUGHT_UP, "", "caught up, also with zero changes"),
    (Exit::FAILURE, "no", "failure; a copy that mirror --verify found to differ"),
    (Exit::USAGE, "no", "usage or configuration"),
    (Exit::LIMIT, "at once", "stopped before the end (--max, acks missing); state saved"),
    (Exit::PERMISSION, "no", "authentication or permission"),
    (Exit::TEMPORARY, "later", "throttled beyond the budget, outage, network; state saved"),
    (Exit::RESYNC, "see", "resync required: read everything anew; then --accept-gap (mirror: --full)"),
    (Exit::STATE, "no", "the state file or copy does not fit this address, list or query, or is locked"),
    (Exit::UNDECODABLE, "no", "an answer that cannot be read"),
    (Exit::HELD_BACK, "see", "too many rows would be removed unseen: look, then --allow-delete N"),
    (Exit(130), "yes", "interrupted by SIGHUP/SIGINT/SIGTERM at a page border; state saved"),
    (Exit::BROKEN_PIPE, "yes", "the reader of the output went away; it gets the rest next time"),
];

/// Why the process ends without having done what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: Box<dyn StdError + Send + Sync>,
    /// What else is known, a line each.
    details: Vec<String>,
    /// What the server's error is, where it is one.
    class: Option<FaultClass>,
    /// What to do.
    advice: Option<String>,
    /// What it is in a word, where it may pass by itself and the server named no class.
    word: Option<&'static str>,
    /// How long the server asks to be left alone.
    wait: Option<Duration>,
    may_pass: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Failure {
            exit,
            error: error.into(),
            details: Vec::new(),
            class: None,
            advice: None,
            word: None,
            wait: None,
            may_pass: exit == Exit::TEMPORARY,
        }
    }

    pub(crate) fn usage(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Failure::new(Exit::USAGE, error)
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Leaves the server alone for at least this time.
    pub(crate) fn wait(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// It may pass by itself, whatever the exit code; in a word, what it is.
    fn may_pass(mut self, word: &'static str) -> Self {
        (self.may_pass, self.word) = (true, Some(word));
        self
    }

    /// Whether it may pass by itself, so that who follows waits.
    pub(crate) fn passes(&self) -> bool {
        self.may_pass
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What it is, in a word for programs.
    pub(crate) fn reason(&self) -> &'static str {
        self.class.map(FaultClass::name).or(self.word).unwrap_or("temporary")
    }

    /// How long the server asks to be left alone; `None` where it does not say.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        self.wait
    }

    /// The chain of causes, on one line.
    pub(crate) fn cause(&self) -> String {
        chain(&*self.error)
    }

    /// Adds what the server's error says beside its message, and what to do about its class.
    fn with_fault(mut self, fault: &Fault) -> Self {
        if let Some(location) = fault.location() {
            self.details.push(format!("the redirect leads to {location}"));
        }
        if let Some(detail) = fault.detail() {
            self.details.push(format!("the headers say: {detail}"));
        }
        self.class = Some(fault.class());
        self.advice(fault.advice())
    }
}

impl fmt::Display for Failure {
    /// The chain of causes, then what else is known, then what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Much of it is what a server said, which makes no line of its own.
        write!(f, "error: {}", Printable(&self.cause()))?;
        for detail in &self.details {
            write!(f, "\n  {}", Printable(detail))?;
        }
        match self.class {
            Some(class) => write!(f, "\n  class {class}, exit code {}", self.exit.0)?,
            None => write!(f, "\n  exit code {}", self.exit.0)?,
        }
        match &self.advice {
            Some(advice) => write!(f, "\n  what to do: {advice}"),
            None => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let fault = error.fault().cloned();
        let exit = match &error {
            Error::Fault(fault) => Exit::of(fault.class()),
            Error::Decode(_) | Error::Protocol { .. } => Exit::UNDECODABLE,
            Error::Exhausted(_) | Error::Unsettled { .. } | Error::Behind { .. } => Exit::TEMPORARY,
            Error::StartBeyondFence { .. } | Error::TooManyLookups { .. } => Exit::USAGE,
            Error::TooManyRequests(_) => Exit::LIMIT,
            Error::Checkpoint(_) => Exit::STATE,
            _ => Exit::FAILURE,
        };
        // Its text tells the status alone; the server's own words are the cause.
        let server_says = match (&error, &fault) {
            (Error::Exhausted(_), Some(fault)) => Some(format!("the server says: {fault}")),
            _ => None,
        };
        let word = match &error {
            Error::Exhausted(exhausted) if exhausted.reason == WaitReason::Pacing => Some("pacing"),
            Error::Exhausted(_) => Some("no_answer"),
            Error::Behind { .. } => Some("behind"),
            Error::Unsettled { .. } => Some("unsettled"),
            _ => None,
        };
        let wait = match &error {
            Error::Exhausted(exhausted) => exhausted.asked,
            _ => None,
        };
        let too_many =
            matches!(&error, Error::Decode(error) if error.limit().is_some_and(|it| it != "fields"));
        let advice = matches!(error, Error::Checkpoint(_)).then_some(
            "Use the address of the site it was made at; for this one use another state file or copy.",
        );
        let mut failure = Failure::new(exit, error);
        (failure.word, failure.wait) = (word, wait);
        failure.advice = advice.map(str::to_owned);
        failure.details.extend(server_says);
        if too_many {
            failure = failure.advice(
                "Ask for smaller pages (--page-size, mirror: --rows-per-page); if the site means it, allow more with \
                 --max-rows.",
            );
        }
        match &fault {
            Some(fault) => failure.with_fault(fault),
            None => failure,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::new(Exit::of(fault.class()), fault.clone()).with_fault(&fault)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Failure::new(Exit::UNDECODABLE, error)
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        let exit = match &error {
            TransportError::Credential { .. }
            | TransportError::Unsendable(_)
            | TransportError::ProxyCredential => Exit::PERMISSION,
            TransportError::Address(_)
            | TransportError::OtherOrigin { .. }
            | TransportError::Cleartext(_)
            | TransportError::Certificates(_)
            | TransportError::Proxy
            | TransportError::Untrusted(_) => Exit::USAGE,
            TransportError::TooLarge { .. } => Exit::UNDECODABLE,
            _ => Exit::FAILURE,
        };
        let may_pass = matches!(&error, TransportError::Credential { source, .. } if source.is::<MayPass>());
        let too_large = matches!(error, TransportError::TooLarge { .. });
        let failure = Failure::new(exit, error);
        match (may_pass, too_large) {
            (true, _) => failure.may_pass("credential"),
            (_, true) => failure.advice(
                "Ask for smaller pages (--page-size, mirror: --rows-per-page), or allow more with --max-body.",
            ),
            _ => failure,
        }
    }
}

impl From<StartError> for Failure {
    /// Of a start that was given on the command line; one from a state file is [`Exit::STATE`].
    fn from(error: StartError) -> Self {
        Failure::usage(error)
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Failure::usage(error)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Failure::usage(error)
    }
}

impl From<SiteError> for Failure {
    fn from(error: SiteError) -> Self {
        Failure::usage(error)
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Failure::usage(error)
    }
}

impl From<io::Error> for Failure {
    /// A reader that went away is no failure of ours: it ends the process without a word.
    fn from(error: io::Error) -> Self {
        let exit = match error.kind() {
            io::ErrorKind::BrokenPipe => Exit::BROKEN_PIPE,
            _ => Exit::FAILURE,
        };
        Failure::new(exit, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_server_error_stands_beside_exactly_one_exit_code() {
        let table = table();
        for class in FaultClass::ALL {
            let word = |text: &str| text.split([' ', ',', '[', ']', ';']).any(|word| word == class.name());
            let lines = table.lines().filter(|line| line.contains("by the server") && word(line));
            assert_eq!(lines.count(), 1, "{class}\n{table}");
        }
        assert!(table.contains("130/143") && Exit::signal(2).code() == 130 && Exit::signal(15).code() == 143);
    }

    #[test]
    fn a_failure_tells_the_chain_of_causes_and_what_to_do() {
        let answer = http::Response::builder()
            .status(302)
            .header("Location", "https://other.example/sites/x?secret=1")
            .body(Vec::new())
            .unwrap();
        let fault = sharepoint_changes::fault::read(&answer).unwrap();
        let failure = Failure::from(Error::Fault(fault));
        assert_eq!(failure.exit(), Exit::USAGE);
        let text = failure.to_string();
        assert!(text.starts_with("error: the server refused: 302 moved"), "{text}");
        assert!(
            text.contains("leads to https://other.example/sites/x\n  class moved, exit code 2\n")
                && text.contains("what to do: ")
        );
        assert!(!text.contains("secret"), "{text}");
    }
}
