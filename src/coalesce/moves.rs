//! The ways of items between lists: rows tell of both ends, and only the UniqueId ties them together.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    Place, Slot,
    facts::Facts,
    object::{Aspect, Key},
};

/// The items that moved between lists, by UniqueId, each with the places it was at.
pub(super) struct Moves(BTreeMap<Uuid, Vec<(Place, Facts)>>);

impl Moves {
    pub(super) fn of(slots: &BTreeMap<(Key, Aspect), Slot>) -> Self {
        let mut moves: BTreeMap<Uuid, Vec<(Place, Facts)>> = BTreeMap::new();
        for ((key, aspect), Slot { facts, .. }) in slots {
            let (Key::Item(place), Aspect::Own, Some((_, id))) = (key, aspect, facts.unique_id) else {
                continue;
            };
            if facts.arrived.is_some() || facts.left.is_some() {
                moves.entry(id).or_default().push((*place, *facts));
            }
        }
        Moves(moves)
    }

    /// Where an item that left here is now: its last beginning elsewhere since it began here.
    pub(super) fn destination(&self, key: &Key, here: &Facts) -> Option<Place> {
        let elsewhere = self.places(here).filter(|(place, _)| Key::Item(*place) != *key);
        let since = elsewhere.filter(|(_, there)| there.arrived > here.arrived);
        since.max_by_key(|(_, there)| there.arrived).map(|(place, _)| *place)
    }

    /// Where an item that began here was before: the first place it left.
    pub(super) fn origin(&self, key: &Key, here: &Facts) -> Option<Place> {
        here.arrived?;
        let left = self.places(here).filter_map(|(place, there)| Some((there.left?, *place)));
        left.min().map(|(_, place)| place).filter(|place| Key::Item(*place) != *key)
    }

    fn places(&self, item: &Facts) -> impl Iterator<Item = &(Place, Facts)> {
        item.unique_id.and_then(|(_, id)| self.0.get(&id)).into_iter().flatten()
    }
}
