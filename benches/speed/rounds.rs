//! Two pieces of work run in turns, and the median of their ratios.

use std::time::{Duration, Instant};

/// A row of the table: a piece of work and what it is held against.
pub(crate) struct Case {
    /// What is measured, as it stands in the table; filters look at it.
    pub(crate) name: String,
    pub(crate) this: Side,
    pub(crate) reference: Side,
    /// What one run handles, such as 1,000 "change"s: times are printed for one of them.
    pub(crate) per: (usize, &'static str),
    /// How many times the speed of the reference is to be reached.
    pub(crate) goal: f64,
}

/// One of the two.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    /// Does the work once, all of it: what it made is dropped inside.
    pub(crate) run: Box<dyn FnMut()>,
}

impl Side {
    pub(crate) fn new(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Side { name, run: Box::new(run) }
    }
}

/// How often, and for about how long each side runs in a round.
pub(crate) struct Rounds {
    pub(crate) count: usize,
    pub(crate) each: Duration,
}

/// What came of a case: medians over its rounds.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) this: Measured,
    pub(crate) reference: Measured,
    pub(crate) unit: &'static str,
    /// The reference's time by this one's, of each round.
    pub(crate) ratio: f64,
    pub(crate) goal: f64,
}

pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// Of one unit.
    pub(crate) nanoseconds: f64,
}

impl Case {
    /// Runs both sides in turns.
    pub(crate) fn compare(&mut self, rounds: &Rounds) -> Compared {
        let (this, reference) = (&mut self.this, &mut self.reference);
        let (per_this, per_reference) = (this.runs(rounds.each), reference.runs(rounds.each));
        let (mut these, mut references, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds.count {
            // Who goes first alternates, so that a machine that grows slower wrongs both alike.
            let (first, second);
            if round % 2 == 0 {
                first = this.time(per_this);
                second = reference.time(per_reference);
            } else {
                second = reference.time(per_reference);
                first = this.time(per_this);
            }
            these.push(first);
            references.push(second);
            ratios.push(second / first);
        }
        let units = self.per.0 as f64;
        Compared {
            name: self.name.clone(),
            this: Measured { name: this.name, nanoseconds: median(&mut these) / units },
            reference: Measured { name: reference.name, nanoseconds: median(&mut references) / units },
            unit: self.per.1,
            ratio: median(&mut ratios),
            goal: self.goal,
        }
    }
}

impl Side {
    /// The runs that take about this long; the side is warm then.
    fn runs(&mut self, each: Duration) -> usize {
        let (begin, mut runs) = (Instant::now(), 0);
        loop {
            (self.run)();
            runs += 1;
            if begin.elapsed() >= each {
                return runs;
            }
        }
    }

    /// Nanoseconds of one run, over so many.
    fn time(&mut self, runs: usize) -> f64 {
        let begin = Instant::now();
        (0..runs).for_each(|_| (self.run)());
        begin.elapsed().as_nanos() as f64 / runs as f64
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
