//! A setting as words: what differs from the plain one, `name=value` each.

use std::fmt;
use std::time::Duration;

use sharepoint_changes::{Generation, Metadata, Preset};

use super::setting::{Begin, Feed, Place, Setting};
use crate::switch::Switch;

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = Self::plain(self.feed);
        f.write_str(name(FEEDS, &self.feed))?;
        if self.place != plain.place {
            write!(f, " at={}", self.place)?;
        }
        if self.preset != plain.preset {
            write!(f, " preset={}", name(PRESETS, &self.preset))?;
        }
        if self.begin != plain.begin {
            write!(f, " begin={}", name(BEGINS, &self.begin))?;
        }
        if self.page != plain.page {
            write!(f, " page={}", self.page)?;
        }
        if self.metadata != plain.metadata {
            write!(f, " metadata={}", name(METADATA, &self.metadata))?;
        }
        if self.generation != plain.generation {
            write!(f, " generation={}", name(GENERATIONS, &self.generation))?;
        }
        for (flag, set) in self.flags() {
            if set {
                write!(f, " {flag}")?;
            }
        }
        for (name, time) in [("late", self.late), ("overlap", self.overlap), ("pace", self.pace)] {
            if let Some(time) = time {
                write!(f, " {name}={}s", time.as_secs())?;
            }
        }
        for (word, switches) in [("habit", &self.habits), ("clothes", &self.clothes)] {
            for switch in switches {
                write!(f, " {word}={switch}")?;
            }
        }
        Ok(())
    }
}

impl Setting {
    fn flags(&self) -> [(&'static str, bool); 7] {
        [
            ("full", self.full),
            ("soap", self.soap),
            ("refused", self.refused),
            ("trusting", self.trusting),
            ("cookie", self.cookie),
            ("twice", self.twice),
            ("retold", self.retold),
        ]
    }

    /// The plain setting of the feed that a word names.
    pub(super) fn named(word: &str) -> Option<Self> {
        value(FEEDS, word).map(Self::plain)
    }

    /// Takes a word; whether it is one of a setting's.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.try_take(word).is_some()
    }

    fn try_take(&mut self, word: &str) -> Option<()> {
        let Some((key, text)) = word.split_once('=') else {
            let flag = match word {
                "full" => &mut self.full,
                "soap" => &mut self.soap,
                "refused" => &mut self.refused,
                "trusting" => &mut self.trusting,
                "cookie" => &mut self.cookie,
                "twice" => &mut self.twice,
                "retold" => &mut self.retold,
                _ => return None,
            };
            *flag = true;
            return Some(());
        };
        match key {
            "at" => self.place = Place::read(text)?,
            "preset" => self.preset = value(PRESETS, text)?,
            "begin" => self.begin = value(BEGINS, text)?,
            "page" => self.page = text.parse().ok().filter(|page| *page > 0)?,
            "metadata" => self.metadata = value(METADATA, text)?,
            "generation" => self.generation = value(GENERATIONS, text)?,
            "late" => self.late = Some(Duration::read(text)?),
            "overlap" => self.overlap = Some(Duration::read(text)?),
            "pace" => self.pace = Some(Duration::read(text)?),
            "habit" => self.habits.push(text.to_owned()),
            "clothes" => self.clothes.push(text.to_owned()),
            _ => return None,
        }
        Some(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site => f.write_str("site"),
            Self::Web => f.write_str("web"),
            Self::List(list) => write!(f, "list:{list}"),
            Self::Folder(list) => write!(f, "folder:{list}"),
            Self::Item(list) => write!(f, "item:{list}"),
        }
    }
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (kind, list) = text.split_once(':').unwrap_or((text, ""));
        let list = || list.parse().ok().filter(|list| *list < super::setting::LISTS.len());
        Some(match kind {
            "site" => Self::Site,
            "web" => Self::Web,
            "list" => Self::List(list()?),
            "folder" => Self::Folder(list()?),
            "item" => Self::Item(list()?),
            _ => return None,
        })
    }
}

fn name<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, known)| known == value).map_or("other", |(name, _)| name)
}

fn value<T: Copy>(names: &[(&'static str, T)], text: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
}

const FEEDS: &[(&str, Feed)] = &[("changes", Feed::Changes), ("items", Feed::Items)];
const PRESETS: &[(&str, Preset)] = &[
    ("items", Preset::Items),
    ("files", Preset::Files),
    ("permissions", Preset::Permissions),
    ("schema", Preset::Schema),
    ("everything", Preset::Everything),
];
const BEGINS: &[(&str, Begin)] =
    &[("beginning", Begin::Beginning), ("now", Begin::Now), ("bootstrap", Begin::Bootstrap)];
const METADATA: &[(&str, Metadata)] =
    &[("verbose", Metadata::Verbose), ("minimal", Metadata::Minimal), ("none", Metadata::None)];
const GENERATIONS: &[(&str, Generation)] = &[
    ("online", Generation::Online),
    ("2019", Generation::Server2019),
    ("2016", Generation::Server2016),
    ("2013", Generation::Server2013),
];
