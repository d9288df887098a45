//! The simulated office: the same for the embedded site and the served one.

use std::{fmt::Write, time::Duration};

use sharepoint_simulator::{Activity, Auth, Command, Dialect, Fault, Faults, Server, Throttle, world};

use crate::since::duration;

/// What makes an office: the same values are the same world in every process.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) seed: u64,
    /// Rows in the log of the site, those of its making included; the operation that crosses the number is played
    /// to its end. With fewer the history is a prefix.
    pub(crate) changes: u64,
    /// The mean time between two operations from then on; none, and the office stands still.
    pub(crate) live: Option<Duration>,
    pub(crate) dialect: Dialect,
    pub(crate) faults: Faults,
    lies: Vec<String>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) auth: Auth,
    /// Items that are added to lists behind the history, many at once.
    fills: Vec<Fill>,
}

/// Items of a list, added at once.
#[derive(Debug, Clone)]
struct Fill {
    list: String,
    count: u32,
    /// How many lie in one folder; 0, and all lie in the root folder.
    per_folder: u32,
}

impl Office {
    pub(crate) fn new(seed: u64, changes: u64) -> Office {
        let mut faults = Faults::default();
        faults.seed(seed);
        Office {
            seed,
            changes,
            live: None,
            dialect: Dialect::default(),
            faults,
            lies: Vec::new(),
            throttle: None,
            auth: Auth::default(),
            fills: Vec::new(),
        }
    }

    /// Sets a switch by its name: `fault`, `trouble`, `lie`, `throttle`, `auth`, `live`, `fill`, or one of the dialect's.
    ///
    /// # Errors
    /// What may stand there instead.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |what: &str| format!("{name}={value}: give {what}");
        match name {
            "live" => self.live = Some(duration(value)?),
            "fault" => {
                let (kind, nth, times) = placed(value).ok_or_else(|| wrong(FAULT))?;
                let fault = Fault::read(kind).ok_or_else(|| wrong(FAULT))?;
                self.faults.on_path("", nth, times, fault);
            }
            "trouble" => {
                let percent: f64 = value.parse().map_err(|_| wrong("a percentage"))?;
                let kinds = Fault::passing();
                let share = percent / 100.0 / f64::from(u32::try_from(kinds.len()).unwrap_or(1));
                kinds.into_iter().for_each(|kind| self.faults.by_chance(share, kind));
            }
            "lie" => self.lies.push(value.to_owned()),
            "throttle" => {
                let budget = value.parse().map_err(|_| wrong("the units a minute may cost"))?;
                self.throttle = Some(Throttle::per_minute(budget));
            }
            "fill" => self.fills.push(fill(value).ok_or_else(|| wrong(FILL))?),
            // What was meant as a credential is not repeated.
            "auth" => self.auth = auth(value).ok_or_else(|| format!("auth: give {AUTH}"))?,
            _ => self.dialect.set(&format!("{name}={value}")).map_err(|error| {
                format!("{error}; or one of fault, trouble, lie, throttle, auth, live, fill")
            })?,
        }
        Ok(())
    }

    /// Plays the history and opens a server over it, at its end.
    ///
    /// # Errors
    /// A lie that the server does not know, or a list to fill that is not there.
    pub(crate) fn open(self) -> Result<Server, String> {
        let settings =
            world::Settings { seed: self.seed, dialect: self.dialect, ..world::Settings::default() };
        let (mut world, mut activity) = Activity::office(settings);
        activity.play(&mut world, self.changes);
        for Fill { list, count, per_folder } in &self.fills {
            let found = world.all_lists().find(|known| world.list(*known).title == *list);
            let found = found.ok_or_else(|| format!("fill={list}: there is no such list"))?;
            world.fill(found, *count, *per_folder).map_err(|error| format!("fill={list}: {error}"))?;
        }
        if let Some(pace) = self.live {
            // The next operation was planned at the old pace; those after it come at the new one.
            activity = activity.every(pace);
            let rows = world.log(activity.site()).all_rows().len();
            activity.play(&mut world, u64::try_from(rows + 1).unwrap_or(u64::MAX));
        }
        let mut server = Server::new(world);
        server.faults = self.faults;
        (server.throttle, server.auth) = (self.throttle, self.auth);
        if self.live.is_some() {
            server.follow(activity);
        }
        for lie in self.lies {
            server.control(Command::Lie { lie })?;
        }
        Ok(server)
    }
}

/// The dialect's switches for `--help`, each with what else it may be.
pub(crate) fn switches() -> String {
    let mut text = String::from("Switches of the dialect, as they are, and what else they may be:\n");
    for (switch, allowed) in Dialect::default().describe() {
        let _ = writeln!(text, "  {switch:<34}  {allowed}");
    }
    text
}

/// `name`, `name@n` for the n-th request, `name@n*m` for it and those after it, m in all.
fn placed(text: &str) -> Option<(&str, u64, u64)> {
    let Some((name, place)) = text.split_once('@') else { return Some((text, 1, u64::MAX)) };
    let (nth, times) = place.split_once('*').unwrap_or((place, "1"));
    Some((name, nth.parse().ok()?, times.parse().ok()?))
}

fn auth(text: &str) -> Option<Auth> {
    match text.split_once(':')? {
        ("bearer", token) => Some(Auth::Bearer(vec![token.to_owned()])),
        ("cookie", value) => Some(Auth::Cookie(value.to_owned())),
        ("rotating", rest) => {
            let (prefix, every) = rest.rsplit_once(':')?;
            Some(Auth::Rotating { prefix: prefix.to_owned(), every: duration(every).ok()? })
        }
        _ => None,
    }
}

/// `Documents:200000` or, so many in each folder, `Documents:200000:500`.
fn fill(text: &str) -> Option<Fill> {
    let (rest, last) = text.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let (list, count, per_folder) =
        match rest.rsplit_once(':').and_then(|(list, count)| Some((list, count.parse().ok()?))) {
            Some((list, count)) => (list, count, last),
            None => (rest, last, 0),
        };
    (!list.is_empty()).then(|| Fill { list: list.to_owned(), count, per_folder })
}

const FILL: &str = "LIST:ITEMS or LIST:ITEMS:ITEMS-A-FOLDER, such as Documents:200000:500";
const FAULT: &str = "a fault such as throttled:30, busy:5, server-error, lost, cut or sign-in, with @n for the n-th \
                     request and *m for m of them; without them it never ends";
const AUTH: &str = "bearer:TOKEN, cookie:VALUE or rotating:PREFIX:TIME";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_switch_is_understood_or_refused_with_what_would_be() {
        let mut office = Office::new(1, 0);
        for (name, value) in [
            ("fault", "throttled:30@2"),
            ("fault", "lost@2*3"),
            ("fault", "busy"),
            ("trouble", "2.5"),
            ("throttle", "600"),
            ("auth", "rotating:night:10m"),
            ("live", "1s"),
            ("fill", "Q1 Bids:20000:500"),
            ("expired", "empty"),
            ("generation", "2013"),
        ] {
            office.set(name, value).unwrap_or_else(|error| panic!("{name}={value}: {error}"));
        }
        assert_eq!(office.live, Some(Duration::from_secs(1)));
        let Fill { list, count, per_folder } = office.fills.pop().unwrap();
        assert_eq!((&*list, count, per_folder), ("Q1 Bids", 20_000, 500));
        let Fill { list, count, per_folder } = fill("A: B:7").unwrap();
        assert_eq!((&*list, count, per_folder), ("A: B", 7, 0));
        for (name, value, says) in [
            ("fault", "rain", "throttled:30"),
            ("fault", "lost@x", "@n"),
            ("auth", "guess", "bearer:TOKEN"),
            ("fill", "Documents", "LIST:ITEMS"),
            ("colour", "red", "or one of fault"),
            ("expired", "maybe", "error, empty"),
        ] {
            let error = office.set(name, value).expect_err(value);
            assert!(error.contains(says), "{error}");
        }
    }
}
