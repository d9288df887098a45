//! What is tried on the side: servers that lie, are gone for good, or answer with noise. The story goes on as if
//! nothing had been.

use std::time::Duration;

use sharepoint_changes::Done;

use super::play::{Fallen, Performer, finish, run};
use super::setting::Feed;
use super::stage::{Ended, Plan, Stage, Theatre};
use super::story::Story;
use crate::fault::Fault;
use crate::host::SimulatedHost;
use crate::lie::Lie;

/// A liar makes a run fail or begin anew, and takes nothing away: after it an honest server brings everything.
pub(super) fn lie<P: Theatre, F: Performer>(
    story: &Story,
    stage: &mut Stage<P>,
    _: &F,
    lie: Lie,
) -> Result<(), Fallen> {
    let Some((mut aside, mut feed)) = reference::<P, F>(story, stage)? else { return Ok(()) };
    if let Some(late) = story.setting.late.filter(|_| lie == Lie::Nothing) {
        // A run that is told nothing has overlapped nothing: what becomes visible late has done so before.
        aside.theatre.pass(late);
        finish(&mut aside, &mut feed)?;
        aside.theatre.with_server(|server| server.world_mut().dialect.late = Duration::ZERO);
    }
    aside.act(15);
    if lie == Lie::Nothing && story.setting.feed == Feed::Items {
        // The list feed can only believe it of a token that may still be in the log. So what has happened is older than
        // the log by now, and whoever sends what he holds never hears of it.
        aside.theatre.pass(FORGOTTEN);
        aside.act(5);
    }
    aside.theatre.with_server(|server| server.lies.tell(lie));
    run(&mut aside, &mut feed, Plan { wicked: true, ..Plan::default() })
        .map_err(|fallen| Fallen { law: 7, ..fallen })?;
    aside.theatre.with_server(|server| server.lies.stop());
    aside.theatre.pass(story.setting.late.unwrap_or_default() + Duration::from_secs(3_600));
    // What it made the run believe may be a cause to read everything anew.
    let honest = Plan { wicked: true, ..Plan::default() };
    for _ in 0..4 {
        if let Ended::Done(Done::UpToDate { .. }) = run(&mut aside, &mut feed, honest.clone())? {
            break;
        }
    }
    finish(&mut aside, &mut feed).map_err(|fallen| Fallen {
        law: 7,
        what: format!("after the lie {lie:?}: {}", fallen.what),
        ..fallen
    })
}

/// A server that never recovers ends a run in an error.
pub(super) fn dead<P: Theatre, F: Performer>(
    story: &Story,
    stage: &mut Stage<P>,
    _: &F,
    fault: &str,
) -> Result<(), Fallen> {
    let Some((mut aside, mut feed)) = reference::<P, F>(story, stage)? else { return Ok(()) };
    aside.act(15);
    let Some(fault) = Fault::read(fault) else { return Ok(()) };
    aside.prepare(Plan { wicked: true, ..Plan::default() });
    aside.theatre.with_server(|server| server.faults.by_chance(1.0, fault.clone()));
    match feed.run(&mut aside)? {
        Ended::Failed(_) if aside.cost.sent <= MOST_TRIES => Ok(()),
        ended => {
            let sent = aside.cost.sent;
            Err(Fallen::of(
                6,
                format!("{sent} requests to a server that only says {fault:?} end in {ended:?}"),
            ))
        }
    }
}

/// Spoilt answers end a run somehow, and nothing panics.
pub(super) fn noise<P: Theatre, F: Performer>(
    story: &Story,
    stage: &mut Stage<P>,
    _: &F,
    seed: u64,
) -> Result<(), Fallen> {
    for spoilt in 0..3 {
        let Some((mut aside, mut feed)) = reference::<P, F>(story, stage)? else { return Ok(()) };
        aside.act(15);
        aside.prepare(Plan { wicked: true, noise: Some(seed.wrapping_add(spoilt)), ..Plan::default() });
        feed.run(&mut aside).map_err(|fallen| Fallen { law: 10, ..fallen })?;
    }
    Ok(())
}

type Aside<F> = (Stage<SimulatedHost>, <F as Performer>::Reference);

/// A right handler that has come to the end of the log, on a stage of its own.
fn reference<P: Theatre, F: Performer>(
    story: &Story,
    stage: &mut Stage<P>,
) -> Result<Option<Aside<F>>, Fallen> {
    let Some(mut host) = stage.theatre.aside() else { return Ok(None) };
    stage.figures.asides += 1;
    host.server_mut().faults.clear();
    let mut aside = Stage::new(host, stage.activity.clone(), stage.twice);
    aside.epoch = stage.epoch;
    (aside.deeds, aside.lied) = (stage.deeds.clone(), stage.lied);
    let mut feed = F::reference(&story.setting, &mut aside);
    finish(&mut aside, &mut feed)?;
    Ok(Some((aside, feed)))
}

/// After this the log holds nothing of what happened before: the retention, and the longest time to the purge after it.
const FORGOTTEN: Duration = Duration::from_secs(68 * 24 * 60 * 60);

/// A fence, a page, and eight failures of each: more is not patience.
const MOST_TRIES: u64 = 20;
