//! Many sessions and one server that throttles them all: judged by the server, on a virtual clock.

use std::time::Duration;

use sharepoint_changes::{
    Action, ChangeQuery, Done, Error, Machine, Preset, Scope, Session, Settings, Site, Start, WaitReason,
};
use sharepoint_simulator::{Activity, Server, Throttle, world};

const SESSIONS: usize = 40;
const MINUTE: Duration = Duration::from_secs(60);
/// What an exchange takes.
const LATENCY: Duration = Duration::from_millis(40);

fn server(throttle: Throttle) -> Server {
    let (mut world, mut activity) = Activity::office(world::Settings { seed: 7, ..Default::default() });
    activity.play(&mut world, 300);
    let mut server = Server::new(world);
    server.throttle = Some(throttle);
    server
}

/// One of an application's sessions, and the time of its next step. The server knows the application, whose quota they
/// share, and not the sessions, which know nothing of each other.
struct Follower {
    session: Session,
    next: Duration,
    /// Until when it was told to stay away.
    away: Duration,
    throttled: u64,
    rows: usize,
    paced: u64,
    end: Option<Result<Done, Error>>,
}

impl Follower {
    fn new(pace_below: u8) -> Follower {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        let query = ChangeQuery::preset(Scope::Site, Preset::Everything).page_size(10.try_into().unwrap());
        let mut settings = Settings::default();
        settings.policy.pace_below = pace_below;
        let session = Session::new(site, query, Start::Beginning, settings).unwrap();
        let (next, away) = (Duration::ZERO, Duration::ZERO);
        Follower { session, next, away, throttled: 0, rows: 0, paced: 0, end: None }
    }

    fn step(&mut self, server: &mut Server) {
        match self.session.poll(self.next) {
            Ok(Action::Send(request)) => {
                assert!(self.next >= self.away, "{:?} instead of {:?}", self.next, self.away);
                let answer = server.handle(self.next, &request);
                if answer.status() == 429 {
                    self.throttled += 1;
                    let named = ["retry-after", "ratelimit-reset"].map(|name| answer.headers().get(name));
                    let seconds = named.into_iter().flatten().map(|it| it.to_str().unwrap().parse().unwrap());
                    self.away = self.next + Duration::from_secs(seconds.max().unwrap());
                }
                self.session.receive(answer);
                self.next += LATENCY;
            }
            Ok(Action::Wait(wait)) => {
                self.paced += u64::from(wait.reason == WaitReason::Pacing);
                self.next += wait.at_least;
            }
            Ok(Action::Page(page)) => self.rows += page.changes.len(),
            Ok(Action::Done(done)) => self.end = Some(Ok(done)),
            Err(error) => self.end = Some(Err(error)),
        }
    }
}

/// Runs them all to their ends, whoever is next first, and tells how long it took.
fn run(server: &mut Server, sessions: usize, pace_below: u8) -> (Vec<Follower>, Duration) {
    let mut all: Vec<_> = (0..sessions).map(|_| Follower::new(pace_below)).collect();
    while let Some(next) = all.iter_mut().filter(|one| one.end.is_none()).min_by_key(|one| one.next) {
        next.step(server);
    }
    let over = all.iter().map(|one| one.next).max().unwrap();
    (all, over)
}

/// All of them got everything.
fn all_up_to_date(all: &[Follower]) {
    for one in all {
        assert!(matches!(one.end, Some(Ok(Done::UpToDate { .. }))), "{:?}", one.end);
        assert!(one.rows > 100 && one.rows == all[0].rows, "{} {}", one.rows, all[0].rows);
    }
}

#[test]
fn many_sessions_are_throttled_once_a_minute_each_at_the_most_and_none_comes_too_early() {
    for headers in [true, false] {
        let mut throttle = Throttle::per_minute(400);
        throttle.headers = headers;
        let mut server = server(throttle);
        let (all, over) = run(&mut server, SESSIONS, 20);
        all_up_to_date(&all);
        let minutes = over.as_secs() / 60 + 1;
        assert!(minutes > 3, "{over:?}: nobody had to wait");
        assert!(server.stats().throttled > 0, "headers: {headers}");
        for one in &all {
            assert!(one.throttled <= minutes, "{} in {over:?}, headers: {headers}", one.throttled);
        }
    }
}

#[test]
fn rate_limit_headers_slow_us_before_the_429() {
    // Alone, a session is never throttled, and is as fast as the quota lets it be.
    let mut alone = server(Throttle::per_minute(20));
    let (all, over) = run(&mut alone, 1, 20);
    all_up_to_date(&all);
    assert!(all[0].paced > 0);
    assert_eq!(alone.stats().throttled, 0);
    let minutes = u32::try_from(alone.stats().requests / 10).unwrap();
    assert!(over <= MINUTE * (minutes + 1), "{over:?} for {} requests", alone.stats().requests);
    // Where it does not look at the headers, it is.
    let mut heedless = server(Throttle::per_minute(20));
    run(&mut heedless, 1, 0);
    assert!(heedless.stats().throttled > 0);
    // Many sessions do not know of each other, but meet the limit less often.
    let throttled = |pace_below| {
        let mut server = server(Throttle::per_minute(400));
        all_up_to_date(&run(&mut server, SESSIONS, pace_below).0);
        server.stats().throttled
    };
    let (heeding, heedless) = (throttled(20), throttled(0));
    assert!(heeding < heedless, "{heeding} {heedless}");
}

#[test]
fn a_server_that_throttles_for_ever_is_asked_within_the_budget_and_then_left_alone() {
    let mut server = server(Throttle::per_minute(0));
    let (all, _) = run(&mut server, SESSIONS, 20);
    for one in &all {
        let Some(Err(Error::Exhausted(exhausted))) = &one.end else { panic!("{:?}", one.end) };
        assert!(!exhausted.wait.is_zero());
        assert!(one.next <= Settings::default().policy.max_rest + LATENCY * 9);
    }
    let stats = server.stats();
    assert_eq!(stats.throttled, stats.requests);
    assert!(stats.requests <= 9 * SESSIONS as u64, "{}", stats.requests);
}
