//! What the world was: copies of the database that lag behind answer from it, and a backup is restored to it.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

use crate::activity::Activity;
use crate::ticks::Ticks;
use crate::world::World;

/// Moments of the world, the oldest first, each with what the office knew of it.
#[derive(Debug)]
pub(super) struct Past {
    moments: VecDeque<(World, Activity)>,
    rng: Rng,
}

impl Past {
    pub(super) fn new(world: World, activity: Activity, seed: u64) -> Self {
        Self { moments: VecDeque::from([(world, activity)]), rng: Rng::with_seed(seed) }
    }

    /// Keeps a moment; returns how many rows may be written until the next.
    pub(super) fn keep(&mut self, world: &World, activity: &Activity) -> u64 {
        if self.moments.len() == MOST {
            self.moments.pop_front();
        }
        self.moments.push_back((world.clone(), activity.clone()));
        self.rng.u64(1..=8)
    }

    pub(super) fn forget(&mut self) {
        self.moments.clear();
    }

    /// A copy that is at most so old; none where the world itself answers.
    pub(super) fn behind(&mut self, most: Duration, now: Ticks) -> Option<World> {
        let worlds = self.moments.iter().map(|(world, _)| world);
        let young: Vec<&World> = worlds.filter(|world| now.since(world.now()) <= most).collect();
        if young.is_empty() || self.rng.bool() {
            return None;
        }
        Some(young[self.rng.usize(..young.len())].clone())
    }

    /// The worlds since a moment, that of the moment itself left out.
    pub(super) fn since(&self, moment: Ticks) -> impl Iterator<Item = &World> {
        self.moments.iter().map(|(world, _)| world).filter(move |world| world.now() > moment)
    }

    /// The youngest moment that is so old, and nothing after it any more; the oldest that is kept where none is.
    pub(super) fn back_to(&mut self, age: Duration, now: Ticks) -> Option<(World, Activity)> {
        while self.moments.len() > 1 && self.moments.back().is_some_and(|(it, _)| now.since(it.now()) < age) {
            self.moments.pop_back();
        }
        self.moments.back().cloned()
    }
}

/// Moments that are kept.
const MOST: usize = 24;
