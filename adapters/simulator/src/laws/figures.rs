//! What was tried, in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// What a number of stories came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Stories.
    pub stories: u64,
    /// Rows that the worlds' logs were written.
    pub events: u64,
    /// Sessions, those on the side left out.
    pub runs: u64,
    /// Requests, those on the side left out.
    pub requests: u64,
    /// Pages that were handed out.
    pub pages: u64,
    /// Faults met, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Deaths of the process that were gone on from.
    pub crashes: u64,
    /// Rows that were handed out; of a list's items their states.
    pub delivered: u64,
    /// Those of them that had been handed out before.
    pub repeated: u64,
    /// Differences between the worlds at the ends of two runs of GetChanges, each of which a row told of.
    pub differences: u64,
    /// Rows that the law demands and that never came; items that a copy lacks.
    pub lost: u64,
    /// Rows that the log never held; items that only a copy has.
    pub invented: u64,
    /// Rows that became visible late and were delivered; of a list, items of which one did and that are held as they are.
    pub late: u64,
    /// Rows that became visible late without an overlap that covers it, and never came, or items that differ for that:
    /// no law promises them.
    pub late_lost: u64,
    /// Runs that ended in a resync or began a new load, the first left out.
    pub resyncs: u64,
    /// Runs on the side against a server that lies, that is gone for good, or whose answers are spoilt.
    pub asides: u64,
    /// Stories that were told twice, in other clothes.
    pub retold: u64,
    /// Stories in which something happened that not every server or office does, by what that was.
    pub habits: BTreeMap<&'static str, u64>,
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        for ((_, sum), (_, number)) in self.numbers_mut().into_iter().zip(other.numbers()) {
            *sum += number;
        }
        for (kind, times) in &other.faults {
            *self.faults.entry(kind).or_default() += times;
        }
        for (habit, stories) in &other.habits {
            *self.habits.entry(habit).or_default() += stories;
        }
    }
}

impl Figures {
    /// Each number with its name.
    pub fn numbers(&self) -> [(&'static str, u64); 16] {
        let mut copy = self.clone();
        copy.numbers_mut().map(|(name, number)| (name, *number))
    }

    fn numbers_mut(&mut self) -> [(&'static str, &mut u64); 16] {
        [
            ("stories", &mut self.stories),
            ("events", &mut self.events),
            ("runs", &mut self.runs),
            ("requests", &mut self.requests),
            ("pages", &mut self.pages),
            ("crashes survived", &mut self.crashes),
            ("rows delivered", &mut self.delivered),
            ("repeated", &mut self.repeated),
            ("differences of worlds, told", &mut self.differences),
            ("lost", &mut self.lost),
            ("invented", &mut self.invented),
            ("visible late, delivered", &mut self.late),
            ("visible late without overlap, not delivered", &mut self.late_lost),
            ("resyncs and new loads", &mut self.resyncs),
            ("runs against liars, the dead and noise", &mut self.asides),
            ("stories told again in other clothes", &mut self.retold),
        ]
    }

    /// Faults met, of whatever kind.
    pub fn faults_met(&self) -> u64 {
        self.faults.values().sum()
    }
}

/// One line for each number, as a table of Markdown.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, number) in self.numbers() {
            writeln!(f, "| {name} | {} |", Grouped(number))?;
        }
        writeln!(f, "| faults met | {} |", Grouped(self.faults_met()))?;
        for (kind, times) in &self.faults {
            writeln!(f, "| … {kind} | {} |", Grouped(*times))?;
        }
        Ok(())
    }
}

/// A number with commas between its thousands.
#[derive(Debug)]
pub(super) struct Grouped(pub(super) u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.char_indices() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_add_up_and_are_told() {
        let mut sum = Figures { events: 1_200, faults: BTreeMap::from([("lost", 2)]), ..Figures::default() };
        sum +=
            &Figures { events: 34, faults: BTreeMap::from([("cut", 1), ("lost", 1)]), ..Figures::default() };
        assert_eq!((sum.events, sum.faults_met()), (1_234, 4));
        let told = sum.to_string();
        assert!(told.contains("| events | 1,234 |\n") && told.contains("| … lost | 3 |"), "{told}");
    }
}
