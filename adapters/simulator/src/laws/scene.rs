//! Scenes that show how a copy becomes wrong, where chance alone would hardly bring together what that takes.
//!
//! They are drawn apart: the rest of a seed's story is what it is without them.

use std::time::Duration;

use fastrand::Rng;

use super::setting::Setting;
use super::step::Step;

/// Adds a scene to every other story of the list feed, and habits that go with it.
pub(super) fn add(setting: &mut Setting, steps: &mut Vec<Step>, seed: u64) {
    let mut rng = Rng::with_seed(seed ^ 0x0073_6365_6e65);
    if rng.u8(..4) == 0 {
        let cap = rng.u8(1..4);
        setting.habits.push(format!("ids_cap={cap}"));
    }
    if rng.bool() {
        return;
    }
    match rng.u8(..10) {
        _ if setting.full && rng.bool() => hidden(steps, &mut rng),
        _ if setting.late.is_some() && rng.bool() => cut(setting, steps, &mut rng),
        0..3 => swallowed(setting, steps, &mut rng),
        3..5 => forgotten(setting, steps, &mut rng),
        5..7 => backlog(setting, steps, &mut rng),
        7..9 if setting.late.is_none() => done_again(steps, &mut rng),
        // GetChanges names changes of columns once, and one that is not visible then is not asked for again.
        _ if setting.late.is_none() => steps.extend([Step::Run, Step::Column, Step::Run]),
        _ => swallowed(setting, steps, &mut rng),
    }
}

/// Items go along with a folder while the run reads, some of which it has told of by then; and copies may answer that
/// do not know it yet.
fn swallowed(setting: &mut Setting, steps: &mut Vec<Step>, rng: &mut Rng) {
    setting.page = setting.page.min(8);
    setting.trusting = !setting.full && rng.bool();
    steps.extend([Step::Run, Step::Act(rng.u16(30..80)), Step::Swallow(rng.u64(1..12))]);
    if rng.bool() {
        steps.push(Step::Lag(minutes(rng.u64(1..30))));
    }
    steps.push(Step::Run);
}

/// What has to be named is named only when the log has forgotten it, and the server is silent about that.
fn forgotten(setting: &mut Setting, steps: &mut Vec<Step>, rng: &mut Rng) {
    setting.trusting = !setting.full;
    takes(setting, "expired=empty");
    steps.extend([Step::Run, Step::Act(rng.u16(5..30)), Step::Swallow(1), Step::Crash(rng.u64(7..20))]);
    steps.extend([Step::Run, Step::Sleep(days(rng.u64(61..100))), Step::Run]);
}

/// A run ends among changes that are weeks old, and the next one comes weeks later.
fn backlog(setting: &mut Setting, steps: &mut Vec<Step>, rng: &mut Rng) {
    setting.page = setting.page.min(5);
    setting.trusting = !setting.full;
    takes(setting, "since_expired=nothing");
    steps.extend([Step::Run, Step::Act(rng.u16(40..90)), Step::Sleep(days(rng.u64(25..54)))]);
    steps.extend([Step::Crash(rng.u64(8..18)), Step::Run, Step::Sleep(days(rng.u64(25..54))), Step::Run]);
}

/// A run ends within its overlap, and the next one comes when that is over: what was invisible in the part that was read
/// has become visible.
fn cut(setting: &mut Setting, steps: &mut Vec<Step>, rng: &mut Rng) {
    setting.page = setting.page.min(3);
    let over = 2 * setting.overlap.or(setting.late).unwrap_or_default();
    steps.extend([Step::Run, Step::Act(rng.u16(10..40)), Step::Run, Step::Act(rng.u16(1..10))]);
    steps.extend([Step::Crash(rng.u64(6..20)), Step::Run, Step::Sleep(over), Step::Run]);
}

/// What was done is lost with the database, and done once more.
fn done_again(steps: &mut Vec<Step>, rng: &mut Rng) {
    let age = minutes([0, 10, 120][rng.usize(..3)]);
    steps.extend([Step::Run, Step::Act(rng.u16(3..15)), Step::Run, Step::Redo(age)]);
}

/// Rights change a moment before a run whose answers come from copies that lag behind.
fn hidden(steps: &mut Vec<Step>, rng: &mut Rng) {
    steps.extend([Step::Run, Step::Act(rng.u16(1..10)), Step::Hide, Step::Lag(minutes(30)), Step::Run]);
}

/// Has the server a habit in place of the one it has there.
fn takes(setting: &mut Setting, habit: &str) {
    let name = |habit: &str| habit.split('=').next().map(str::to_owned);
    setting.habits.retain(|other| name(other) != name(habit));
    setting.habits.push(habit.to_owned());
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}
