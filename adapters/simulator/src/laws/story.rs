//! A story: everything that happens, derived from a seed, and one line of text.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;

use super::dates;
use super::deed::Deed;
use super::scene;
use super::setting::{Feed, Place, Setting};
use super::step::Step;
use crate::lie::Lie;

/// A story: a world by its seed, a setting, and what happens.
///
/// Its text is one line and gives the same story again.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// What the world draws its chance from.
    pub seed: u64,
    /// Where it plays.
    pub setting: Setting,
    /// What happens; a last run to the end of the log follows.
    pub steps: Vec<Step>,
}

/// A text that is no story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not belong into a story")]
pub struct UnreadableStory(String);

impl Story {
    /// The story of a seed: at least 50 events, three runs, a crash and a fault.
    pub fn new(feed: Feed, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x6c61_7773_6f66_6974);
        let mut setting = Setting::draw(feed, &mut rng);
        let mut steps = vec![Step::Act(rng.u16(50..110))];
        let runs = rng.u8(3..=6);
        for run in 0..runs {
            if run > 0 {
                between(&mut steps, &mut rng, setting.feed);
                beside(&mut steps, &mut rng, setting.feed);
            }
            match run {
                // What has to happen, at places that every run reaches.
                0 => steps.push(Step::Crash(rng.u64(1..=4))),
                1 => steps.push(Step::Fault(1, Step::fault(&mut rng))),
                _ => {}
            }
            during(&mut steps, &mut rng, setting.feed, run > 1);
            dates(&mut steps, &mut rng);
            steps.push(Step::Run);
            if rng.u8(..24) == 0 {
                steps.push(aside(&mut rng));
            }
        }
        if feed == Feed::Items {
            scene::add(&mut setting, &mut steps, seed);
        }
        // What GetChanges names in place of an increment that the server cannot answer is believed until the end of the log
        // has settled: a copy that lags behind may be silent about it. No story claims that nothing is missing meanwhile.
        if steps.iter().any(|step| matches!(step, Step::Lag(_))) {
            steps.retain(|step| {
                !matches!(step, Step::Deed(Deed::Poison, _) | Step::MeanwhileDeed(_, Deed::Poison, _))
            });
        }
        // A folder whose row cannot be read three times is passed by with a notice, and what came with it is not listed:
        // `3221 items page=3 act:71 run act:1 deed:folder-here:9741789794352073825 fault@8:bad-gateway
        // fault@9:bad-gateway fault@10:bad-gateway run` loses two items. No story claims that it does not.
        spare_new_folders(&mut steps);
        // Rights are what a client that trusts the list's own is told nothing of.
        if setting.trusting {
            let of_rights = |deed: &Deed| matches!(deed, Deed::Hide | Deed::Share);
            steps.retain(|step| {
                !matches!(step, Step::Deed(deed, _) | Step::MeanwhileDeed(_, deed, _) if of_rights(deed))
            });
        }
        // A server whose clock is set wrongly by another time in each run is one that nobody follows.
        let mut clocks = 0;
        steps.retain(|step| {
            clocks += u32::from(matches!(step, Step::Clock(_)));
            clocks < 2 || !matches!(step, Step::Clock(_))
        });
        Self { seed, setting, steps }
    }

    /// How many runs there are, the last one left out.
    pub fn runs(&self) -> usize {
        self.steps.iter().filter(|step| **step == Step::Run).count()
    }
}

/// Leaves each run of a story to which a folder comes its first two faults.
fn spare_new_folders(steps: &mut Vec<Step>) {
    let comes = |step: &Step| {
        matches!(step, Step::Deed(Deed::FolderHere, _) | Step::MeanwhileDeed(_, Deed::FolderHere, _))
    };
    if !steps.iter().any(comes) {
        return;
    }
    let mut faults = 0;
    steps.retain(|step| {
        faults = match step {
            Step::Run => 0,
            Step::Fault(..) => faults + 1,
            _ => faults,
        };
        faults < 3 || !matches!(step, Step::Fault(..))
    });
}

/// What happens between two runs.
fn between(steps: &mut Vec<Step>, rng: &mut Rng, feed: Feed) {
    if rng.u8(..5) > 0 {
        let most = if feed == Feed::Items { 90 } else { 40 };
        steps.push(Step::Act(rng.u16(1..most)));
    }
    let sleep = match rng.u8(..40) {
        0..12 => rng.u64(1..1_800),
        12..16 => rng.u64(1_800..86_400),
        16 => rng.u64(25..54) * DAY,
        17 => rng.u64(54..140) * DAY,
        _ => return,
    };
    steps.push(Step::Sleep(Duration::from_secs(sleep)));
    if rng.bool() {
        steps.push(Step::Act(rng.u16(1..20)));
    }
    if rng.u8(..20) == 0 {
        steps.push(Step::Move(Duration::from_secs(
            *[0, 120, 7_200, 90_000].get(rng.usize(..4)).unwrap_or(&0),
        )));
        steps.push(Step::Act(rng.u16(1..30)));
    } else if feed == Feed::Items && rng.u8(..20) == 0 {
        steps.push(Step::Restore(Duration::from_secs(
            *[0, 600, 7_200, 90_000].get(rng.usize(..4)).unwrap_or(&0),
        )));
    }
}

/// What happens between two runs beside the office's work, each of it seldom.
fn beside(steps: &mut Vec<Step>, rng: &mut Rng, feed: Feed) {
    match rng.u8(..16) {
        0 => {
            // A backlog that is weeks old, a death within it, and weeks more.
            let weeks = |rng: &mut Rng| Step::Sleep(Duration::from_secs(rng.u64(25..50) * DAY));
            steps.extend([Step::Act(rng.u16(40..120)), weeks(rng), Step::Crash(rng.u64(3..14)), Step::Run]);
            steps.extend([weeks(rng), Step::Act(rng.u16(1..20))]);
        }
        1 => {
            steps.push(Step::Deed(Deed::ListGone, 0));
            for _ in 0..rng.u8(..3) {
                steps.extend([Step::Act(rng.u16(1..10)), Step::Run]);
            }
            steps.extend([Step::Deed(Deed::ListBack, 0), Step::Act(rng.u16(1..20))]);
        }
        2..6 => {
            for _ in 0..rng.u8(1..4) {
                steps.push(Step::Deed(deed(rng, feed), rng.u64(..)));
                steps.push(Step::Act(rng.u16(1..12)));
            }
        }
        _ => {}
    }
}

/// Something that happens to the list that is followed.
fn deed(rng: &mut Rng, feed: Feed) -> Deed {
    let among: &[Deed] = match feed {
        Feed::Changes => &[Deed::FolderAway, Deed::FolderHere],
        Feed::Items => &[
            Deed::FolderAway,
            Deed::FolderHere,
            Deed::Poison,
            Deed::Poison,
            Deed::Heal,
            Deed::Hide,
            Deed::Hide,
            Deed::Share,
        ],
    };
    among[rng.usize(..among.len())]
}

/// What time the answers of the next run tell.
fn dates(steps: &mut Vec<Step>, rng: &mut Rng) {
    match rng.u8(..32) {
        0..2 => steps.push(Step::Date(rng.u64(1..8), dates::off(rng))),
        2 => steps.push(Step::Dates(rng.u64(..))),
        3 => steps.push(Step::Clock(dates::off_for_all(rng))),
        _ => {}
    }
}

/// What happens during a run.
fn during(steps: &mut Vec<Step>, rng: &mut Rng, feed: Feed, may_die: bool) {
    let times =
        |rng: &mut Rng, out_of: u8, most: u8| if rng.u8(..out_of) == 0 { rng.u8(1..=most) } else { 0 };
    for _ in 0..times(rng, 3, 4) {
        steps.push(Step::Meanwhile(rng.u64(1..12), rng.u16(1..12)));
    }
    for _ in 0..times(rng, 12, 2) {
        steps.push(Step::MeanwhileDeed(rng.u64(2..12), deed(rng, feed), rng.u64(..)));
    }
    for _ in 0..times(rng, 3, 6) {
        steps.push(Step::Fault(rng.u64(2..16), Step::fault(rng)));
    }
    if feed == Feed::Items && rng.u8(..8) == 0 {
        steps.push(Step::Lag(Duration::from_secs(*[30, 300, 1_800].get(rng.usize(..3)).unwrap_or(&30))));
    }
    if may_die && rng.u8(..3) == 0 {
        steps.push(Step::Crash(rng.u64(1..40)));
    } else if feed == Feed::Changes && rng.u8(..10) == 0 {
        steps.push(Step::Stop(rng.u64(1..4), rng.usize(..6)));
    }
}

/// What is tried on the side.
fn aside(rng: &mut Rng) -> Step {
    match rng.u8(..4) {
        0 => Step::Dead(Step::death(rng)),
        1 => Step::Noise(rng.u64(..)),
        _ => Step::Lie(LIES[rng.usize(..LIES.len())]),
    }
}

const DAY: u64 = 24 * 60 * 60;

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seed, self.setting)?;
        self.steps.iter().try_for_each(|step| write!(f, " {step}"))
    }
}

impl FromStr for Story {
    type Err = UnreadableStory;

    fn from_str(text: &str) -> Result<Self, UnreadableStory> {
        let wrong = |word: &str| UnreadableStory(word.to_owned());
        let mut words = text.split_whitespace();
        let mut word = || words.next().unwrap_or_default();
        let (seed, feed) = (word(), word());
        let seed = seed.parse().map_err(|_| wrong(seed))?;
        let mut setting = Setting::named(feed).ok_or_else(|| wrong(feed))?;
        let mut steps = Vec::new();
        for word in words {
            match Step::read(word) {
                Some(step) => steps.push(step),
                None if steps.is_empty() && setting.take(word) => {}
                None => return Err(wrong(word)),
            }
        }
        if setting.feed == Feed::Items && !matches!(setting.place, Place::List(_)) {
            return Err(wrong(&format!("at={}", setting.place)));
        }
        let mut dialect = crate::Dialect::default();
        for switch in setting.habits.iter().chain(&setting.clothes) {
            dialect.set(switch).map_err(|_| wrong(switch))?;
        }
        Ok(Self { seed, setting, steps })
    }
}

/// Lies of a server that changes nothing for good.
const LIES: [Lie; 26] = [
    Lie::FenceBackwards,
    Lie::ForeignFence,
    Lie::UnreadableFence,
    Lie::SameToken,
    Lie::OutOfOrder,
    Lie::BeyondEnd,
    Lie::RepeatedPage,
    Lie::ForeignRow,
    Lie::NoToken,
    Lie::NoCollection,
    Lie::NullCollection,
    Lie::InvalidToken,
    Lie::WrongObject,
    Lie::Nothing,
    Lie::AbsurdRetryAfter,
    Lie::UnreadableRetryAfter,
    Lie::NoContent,
    Lie::EverMore,
    Lie::SinceBackwards,
    Lie::SamePlace,
    Lie::NoLastToken,
    Lie::NoData,
    Lie::UnknownChange,
    Lie::ShiftingMask,
    Lie::CutRowset,
    Lie::JsonRowset,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switch::Switch;

    #[test]
    fn a_story_is_told_again_by_its_text() {
        for seed in 0..400 {
            for feed in [Feed::Changes, Feed::Items] {
                let story = Story::new(feed, seed);
                let text = story.to_string();
                assert_eq!(text.parse(), Ok(story), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_story_is_refused_by_its_word() {
        for (text, word) in [
            ("", ""),
            ("x changes", "x"),
            ("1 letters", "letters"),
            ("1 changes run page=3", "page=3"),
            ("1 changes page=0", "page=0"),
            ("1 changes fault@1:hail", "fault@1:hail"),
            ("1 changes habit=colour=red", "colour=red"),
            ("1 items at=site", "at=site"),
        ] {
            assert_eq!(text.parse::<Story>(), Err(UnreadableStory(word.to_owned())), "{text}");
        }
    }

    #[test]
    fn every_lie_is_told_by_some_story() {
        assert!(LIES.iter().all(|lie| Lie::read(&lie.show()) == Some(*lie)));
        assert_eq!(LIES.len(), Lie::allowed().split(", ").count());
    }
}
