//! `spchanges token`: change tokens taken apart, and the current one.

use std::time::Duration;

use jiff::Timestamp;
use sharepoint_changes::{
    ChangeQuery, ChangeToken, Checkpoint, Done, DriveError, Preset, Scope, Settings, Start, drive,
};

use crate::{
    args::Token,
    connection::{Connection, Unsent},
    control::{Age, Control},
    exit::{Exit, Failure},
    output::{Format, Output},
    progress::Progress,
    stop::Stop,
};

pub(crate) fn run(command: &Token, stop: &Stop, progress: &Progress) -> Result<Exit, Failure> {
    match command {
        Token::Show { token, retention, output } => {
            show(token, Some(age(token, *retention)), *output)?;
            Ok(Exit::CAUGHT_UP)
        }
        Token::Now(args) => {
            let scope = args.place.scope()?;
            let mut connection = Connection::open(&args.place.address, &args.server, false, stop, progress)?;
            match now(&mut connection, scope, args.session.settings())? {
                Ok(checkpoint) => {
                    let token = checkpoint.token().ok_or_else(|| {
                        Failure::new(Exit::UNDECODABLE, "the end of the log is no token of the server's")
                    })?;
                    show(token, None, args.output)?;
                    Ok(Exit::CAUGHT_UP)
                }
                Err(Stopped) => Ok(stop.signal().map_or(Exit::FAILURE, Exit::signal)),
            }
        }
    }
}

/// The wish to stop came before an answer.
#[derive(Debug)]
pub(crate) struct Stopped;

/// Reads where the log ends now: a checkpoint whose [moment](Checkpoint::moment) is the server's time.
pub(crate) fn now(
    connection: &mut Connection,
    scope: Scope,
    settings: Settings,
) -> Result<Result<Checkpoint, Stopped>, Failure> {
    let query = ChangeQuery::preset(scope, Preset::Everything);
    let site = connection.site().clone();
    let mut session = sharepoint_changes::Session::new(site, query, Start::Now, settings)?;
    match drive(&mut session, connection, |_| Ok::<(), Failure>(())) {
        Ok(Done::UpToDate { checkpoint, .. } | Done::Resync { then: checkpoint, .. }) => Ok(Ok(checkpoint)),
        Err(DriveError::Stopped | DriveError::Transport(Unsent::Stopped)) => Ok(Err(Stopped)),
        Err(DriveError::Machine(error)) => Err(connection.explain(error)),
        Err(DriveError::Transport(error)) => Err(error.into()),
        Err(DriveError::Commit(failure)) => Err(failure),
    }
}

fn show(token: &ChangeToken, age: Option<Age>, format: Option<Format>) -> Result<(), Failure> {
    let mut out = Output::new(format);
    out.control(&Control::token(token, age))?;
    Ok(out.flush()?)
}

/// How old a token is by the clock of this machine, to a thousandth of a day.
fn age(token: &ChangeToken, retention: Duration) -> Age {
    let days = |seconds: f64| (seconds / 86_400.0 * 1_000.0).round() / 1_000.0;
    let seconds = Timestamp::now().duration_since(token.time()).as_secs_f64();
    Age { age_days: days(seconds), days_left: days(retention.as_secs_f64() - seconds) }
}
