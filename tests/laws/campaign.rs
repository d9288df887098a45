//! Many stories, told by as many threads as there are cores for them, and their figures.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use sharepoint_simulator::laws::{Broken, Copy, Feed, Figures, Laws, Ledger, Story};

/// Stories that every change is judged by, half of them of each feed.
const SEEDS: u64 = 800;
const THREADS: u64 = 2;

#[test]
fn every_story_keeps_the_laws() {
    let many = number("LAWS_SEEDS").unwrap_or(SEEDS);
    let first = number("LAWS_FIRST").unwrap_or(0);
    let begin = Instant::now();
    let next = AtomicU64::new(first);
    let told = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| tell(&next, first + many))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let (mut changes, mut items, mut broken) = (Figures::default(), Figures::default(), Vec::new());
    for part in told {
        changes += &part.changes;
        items += &part.items;
        broken.extend(part.broken);
    }
    println!("{many} seeds from {first} on, in {:.0} s\n", begin.elapsed().as_secs_f64());
    print!("{}\n{}", table(&changes, &items), habits(&changes, &items));
    let told: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{} stories break a law:\n{}", broken.len(), told.join("\n"));
    if number("LAWS_SEEDS").is_none() {
        judge_effort(&changes);
        judge_effort(&items);
    }
}

/// What the stories of some seeds came to.
#[derive(Default)]
struct Told {
    changes: Figures,
    items: Figures,
    broken: Vec<Broken>,
}

/// Goes on behind a story that breaks a law: how many do is a figure too. With `LAWS_STOP` the first one, as it was
/// drawn, is the last.
#[expect(clippy::print_stdout, reason = "a campaign of hours says at once what it found")]
fn tell(next: &AtomicU64, end: u64) -> Told {
    let mut told = Told::default();
    let stops = std::env::var_os("LAWS_STOP").is_some();
    let feed = std::env::var("LAWS_FEED").ok();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return told;
        }
        let of_changes = seed.is_multiple_of(2);
        let name = if of_changes { "changes" } else { "items" };
        if feed.as_ref().is_some_and(|feed| feed != name) {
            continue;
        }
        let few = if stops || told.broken.len() >= 10 { 0 } else { 400 };
        let laws = Laws::seeds(seed..seed + 1).tries(few);
        let (result, figures) = if of_changes {
            (laws.changes(Ledger::default), &mut told.changes)
        } else {
            (laws.items(Copy::default), &mut told.items)
        };
        match result {
            Ok(more) => *figures += &more,
            Err(broken) => {
                println!("{broken}");
                figures.lost += broken.fallen.lost;
                figures.invented += broken.fallen.invented;
                told.broken.push(*broken);
                if stops {
                    next.store(end, Ordering::Relaxed);
                }
            }
        }
    }
}

/// The figures of both feeds side by side, as a table of Markdown.
fn table(changes: &Figures, items: &Figures) -> String {
    let mut table = String::from("| | GetChanges | list feed |\n|---|---:|---:|\n");
    for ((name, left), (_, right)) in changes.numbers().into_iter().zip(items.numbers()) {
        table += &format!("| {name} | {} | {} |\n", grouped(left), grouped(right));
    }
    let kinds: BTreeSet<_> = changes.faults.keys().chain(items.faults.keys()).collect();
    let met = |figures: &Figures, kind| grouped(figures.faults.get(kind).copied().unwrap_or_default());
    table +=
        &format!("| faults met | {} | {} |\n", grouped(changes.faults_met()), grouped(items.faults_met()));
    for kind in kinds {
        table += &format!("| … {kind} | {} | {} |\n", met(changes, kind), met(items, kind));
    }
    table
}

/// In which share of the stories something happened that not every server or office does, as a table of Markdown.
fn habits(changes: &Figures, items: &Figures) -> String {
    let mut table = String::from("| habit | GetChanges | list feed |\n|---|---:|---:|\n");
    let habits: BTreeSet<_> = changes.habits.keys().chain(items.habits.keys()).collect();
    let share = |figures: &Figures, habit| {
        let stories = figures.habits.get(habit).copied().unwrap_or_default();
        format!("{:.1} %", stories as f64 * 100.0 / figures.stories.max(1) as f64)
    };
    for habit in habits {
        table += &format!("| {habit} | {} | {} |\n", share(changes, habit), share(items, habit));
    }
    table
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// A story is at least 50 events, three runs, a crash and a fault.
fn judge_effort(figures: &Figures) {
    let stories = figures.stories;
    assert!(figures.events >= 50 * stories && figures.runs >= 4 * stories, "{figures}");
    assert!(figures.crashes >= stories && figures.faults_met() >= stories, "{figures}");
    assert!(
        figures.delivered > 0 && figures.repeated > 0 && figures.asides > 0 && figures.retold > 0,
        "{figures}"
    );
}

/// `LAWS_STORY='…' cargo test --test laws replay -- --nocapture`
#[test]
fn replay() {
    let Ok(text) = std::env::var("LAWS_STORY") else { return };
    let story: Story = text.parse().unwrap();
    let laws = Laws::story(story.clone());
    let told = match story.setting.feed {
        Feed::Changes => laws.changes(Ledger::default),
        Feed::Items => laws.items(Copy::default),
    };
    println!("{}", told.unwrap_or_else(|broken| panic!("{broken}")));
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}
