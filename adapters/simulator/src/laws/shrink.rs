//! The shortest story that still breaks a law.

use super::play::Fallen;
use super::setting::Setting;
use super::step::Step;
use super::story::Story;

/// Leaves out steps, then what is special about the setting, as long as the story still fails; `tries` is how often it
/// is told at most.
pub(super) fn shrink(
    story: &Story,
    tries: u32,
    fails: impl Fn(&Story) -> Option<Fallen>,
) -> (Story, Option<Fallen>) {
    let mut search = Search { story: story.clone(), fallen: None, left: tries, fails };
    let mut size = search.story.steps.len();
    while size > 0 {
        let before = search.story.steps.len();
        search.without_steps(size);
        if search.story.steps.len() == before || size > 1 {
            size /= 2;
        }
    }
    search.smaller_steps();
    search.plainer();
    (search.story, search.fallen)
}

struct Search<F> {
    story: Story,
    fallen: Option<Fallen>,
    left: u32,
    fails: F,
}

impl<F: Fn(&Story) -> Option<Fallen>> Search<F> {
    /// Takes a story in place of the one so far, if it fails too.
    fn take(&mut self, story: Story) -> bool {
        if self.left == 0 || story == self.story {
            return false;
        }
        self.left -= 1;
        match (self.fails)(&story) {
            Some(fallen) => {
                (self.story, self.fallen) = (story, Some(fallen));
                true
            }
            None => false,
        }
    }

    /// Leaves out as many neighbouring steps as `size`, wherever that goes.
    fn without_steps(&mut self, size: usize) {
        let mut at = 0;
        while at < self.story.steps.len() {
            let mut story = self.story.clone();
            story.steps.drain(at..(at + size).min(story.steps.len()));
            if !self.take(story) {
                at += size;
            }
        }
    }

    fn smaller_steps(&mut self) {
        for at in 0..self.story.steps.len() {
            loop {
                let mut story = self.story.clone();
                match &mut story.steps[at] {
                    Step::Act(rows) | Step::Meanwhile(_, rows) if *rows > 1 => *rows /= 2,
                    Step::Fault(_, fault) if fault != "lost" => *fault = "lost".to_owned(),
                    _ => break,
                }
                if !self.take(story) {
                    break;
                }
            }
        }
    }

    fn plainer(&mut self) {
        let plain = Setting::plain(self.story.setting.feed);
        let simpler: [fn(&mut Setting, &Setting); 13] = [
            |setting, _| setting.retold = false,
            |setting, _| setting.twice = false,
            |setting, _| setting.cookie = false,
            |setting, _| setting.full = false,
            |setting, _| setting.refused = false,
            |setting, _| setting.trusting = false,
            |setting, _| setting.soap = false,
            |setting, _| setting.pace = None,
            |setting, _| setting.late = None,
            |setting, _| setting.overlap = None,
            |setting, plain| (setting.generation, setting.metadata) = (plain.generation, plain.metadata),
            |setting, plain| (setting.place, setting.preset) = (plain.place, plain.preset),
            |setting, plain| setting.begin = plain.begin,
        ];
        for simplify in simpler {
            let mut story = self.story.clone();
            simplify(&mut story.setting, &plain);
            self.take(story);
        }
        let switches: [fn(&mut Setting) -> &mut Vec<String>; 2] =
            [|setting| &mut setting.habits, |setting| &mut setting.clothes];
        for switches in switches {
            let mut at = 0;
            while at < switches(&mut self.story.setting).len() {
                let mut story = self.story.clone();
                switches(&mut story.setting).remove(at);
                if !self.take(story) {
                    at += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::setting::Feed;

    #[test]
    fn what_a_failure_does_not_need_is_left_out() {
        let needs = |story: &Story| {
            let crash = story.steps.iter().position(|step| matches!(step, Step::Crash(_)))?;
            let runs = story.steps[crash..].contains(&Step::Run);
            runs.then(|| Fallen::of(2, String::new()))
        };
        for seed in 0..40 {
            let story = Story::new(Feed::Items, seed);
            let (short, fallen) = shrink(&story, 1_000, needs);
            assert_eq!(short.steps.len(), 2, "{short}");
            // Twenty rows a page go without saying.
            let page = Some(short.setting.page).filter(|rows| *rows != 20);
            let page = page.map(|rows| format!(" page={rows}")).unwrap_or_default();
            assert_eq!(short.to_string(), format!("{seed} items{page} {} run", short.steps[0]));
            assert!(fallen.is_some());
        }
    }

    #[test]
    fn a_story_that_is_told_no_more_stays_as_it_is() {
        let story = Story::new(Feed::Changes, 3);
        assert_eq!(shrink(&story, 0, |_| Some(Fallen::of(1, String::new()))), (story, None));
    }
}
