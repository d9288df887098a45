//! The server: one request in, one answer out, on a clock that the caller holds.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Request, Response, StatusCode};

use crate::activity::Activity;
use crate::address::{Address, BadAddress};
use crate::auth::{Auth, Caller, Denied, needs_digest};
use crate::fault::{Fault, Faults};
use crate::format::{Format, text};
use crate::lie::{Lie, Lies};
use crate::pages;
use crate::politeness::{Waits, sender};
use crate::problem::Problem;
use crate::rest::{self, Answer, Ask, Plans};
use crate::soap;
use crate::stats::Stats;
use crate::throttle::{Meter, Said, Throttle};
use crate::ticks::Ticks;
use crate::world::{WebRef, World};

/// A SharePoint server over a [`World`].
///
/// It has no thread, socket or clock: what it answers follows from the world, its seed and the requests so far.
#[derive(Clone, Debug)]
pub struct Server {
    world: World,
    /// The world's time when the server was opened.
    opened: Ticks,
    /// How far its clock was moved beside the caller's.
    skew: Duration,
    rng: fastrand::Rng,
    /// How the rows of the last answer were written.
    plans: Plans,
    secret: u64,
    meters: BTreeMap<String, Meter>,
    waits: Waits,
    stats: Stats,
    activity: Option<Activity>,
    /// How many rows each log had at the last answer.
    heard: Vec<usize>,
    /// Where the answer at hand breaks off of itself.
    cut: Option<usize>,
    /// Who may ask.
    pub auth: Auth,
    /// What goes wrong on the way.
    pub faults: Faults,
    /// What it says that is not so.
    pub lies: Lies,
    /// How much may be asked.
    pub throttle: Option<Throttle>,
    /// Whether the path `/_control` is open.
    pub control: bool,
}

/// An answer, and what the way to the client does to it.
#[derive(Clone, Debug)]
pub struct Served {
    /// The answer, whole.
    pub response: Response<Vec<u8>>,
    /// What becomes of it.
    pub delivery: Delivery,
}

/// What the way to the client does to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Whole,
    /// It arrives after this time.
    After(Duration),
    /// The connection ends after this many bytes of the body.
    Cut(usize),
    /// The connection ends before it.
    Lost,
}

impl Server {
    /// Opens a server over a world; its clock goes on from the world's.
    pub fn new(world: World) -> Self {
        let opened = world.now();
        // The world's own chance is left alone: what is asked changes nothing that happens.
        let seed = world.start().0.unsigned_abs() ^ 0x51_4D_5F_53_50;
        Self {
            world,
            opened,
            skew: Duration::ZERO,
            rng: fastrand::Rng::with_seed(seed),
            plans: Plans::default(),
            secret: seed.rotate_left(17),
            meters: BTreeMap::new(),
            waits: Waits::default(),
            stats: Stats::default(),
            activity: None,
            heard: Vec::new(),
            cut: None,
            auth: Auth::default(),
            faults: Faults::default(),
            lies: Lies::default(),
            throttle: None,
            control: false,
        }
    }

    /// The world, as it is.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The world, to change it.
    pub fn world_mut(&mut self) -> &mut World {
        self.plans.forget();
        &mut self.world
    }

    /// What it has seen.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Requests that came before the wait told to their sender was over.
    pub fn impolite(&self) -> u64 {
        self.stats.impolite
    }

    /// Moves its clock ahead of the caller's.
    pub fn advance(&mut self, time: Duration) {
        self.skew += time;
        let moment = self.world.now().after(time);
        self.reach(moment);
    }

    /// Lets an office go on while the server is asked: what would have happened until a request comes has happened.
    pub fn follow(&mut self, activity: Activity) {
        self.activity = Some(activity);
    }

    /// Brings the world to `now`, monotonic time since the server was opened, as a request would.
    pub fn reach_time(&mut self, now: Duration) {
        self.reach(self.opened.after(now).after(self.skew));
    }

    fn reach(&mut self, moment: Ticks) {
        if let Some(activity) = &mut self.activity {
            activity.play_until(&mut self.world, moment);
        }
        self.world.reach(moment);
    }

    /// Answers a request that arrives at `now`, monotonic time since the server was opened. What the way does to the
    /// answer is left out, except that a cut body is cut, and that an answer which would be lost is an empty 504.
    pub fn handle(&mut self, now: Duration, request: &Request<impl AsRef<[u8]>>) -> Response<Vec<u8>> {
        let Served { mut response, delivery } = self.serve(now, request);
        match delivery {
            Delivery::Whole | Delivery::After(_) => {}
            Delivery::Cut(length) => response.body_mut().truncate(length),
            Delivery::Lost => {
                response = Response::new(Vec::new());
                *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
            }
        }
        response
    }

    /// Answers a request that arrives at `now`, and tells what the way does to the answer.
    pub fn serve(&mut self, now: Duration, request: &Request<impl AsRef<[u8]>>) -> Served {
        self.reach_time(now);
        if self.control && request.uri().path() == crate::control::PATH {
            return Served { response: self.answer_control(request), delivery: Delivery::Whole };
        }
        self.stats.requests += 1;
        let sender = sender(request.headers());
        self.stats.impolite += u64::from(self.waits.is_early(&sender, self.world.now()));
        let fault = self.faults.next(request.uri().path());
        if let Some(fault) = &fault {
            *self.stats.faults.entry(fault.kind()).or_default() += 1;
        }
        let said = self
            .throttle
            .map(|rules| self.meters.entry(sender.clone()).or_default().count(rules, self.world.now()));
        let mut response = match (&fault, said) {
            (Some(fault), _) if !changes_delivery_only(fault) => {
                pages::fault(fault, self.world.now(), self.dress())
            }
            (_, Some(said)) if said.blocked => pages::fault(&Fault::Blocked, self.world.now(), self.dress()),
            (_, Some(said)) if said.throttled => pages::throttled(said, self.world.now()),
            _ => self.answer(request),
        };
        self.finish(&mut response, said);
        self.stats.throttled += u64::from(response.status() == StatusCode::TOO_MANY_REQUESTS);
        self.waits.note(sender, &response, self.world.now());
        let mut delivery = delivery(fault.as_ref(), response.body_mut());
        if let (Some(cut), Delivery::Whole) = (self.cut.take(), delivery) {
            delivery = Delivery::Cut(cut);
        }
        Served { delivery, response }
    }

    fn answer(&mut self, request: &Request<impl AsRef<[u8]>>) -> Response<Vec<u8>> {
        if let Some(lie) = [Lie::AbsurdRetryAfter, Lie::UnreadableRetryAfter]
            .into_iter()
            .find(|lie| self.lies.told(*lie, self.stats.requests))
        {
            let after = if lie == Lie::AbsurdRetryAfter { "9467085600" } else { "soon" };
            let mut response = pages::status(StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(after));
            return response;
        }
        let address = match Address::parse(request.uri()) {
            Err(BadAddress::Invalid) => return pages::invalid_url(),
            Err(BadAddress::NoService) => return pages::not_found(),
            Ok(address) => address,
        };
        let dialect = &self.world.dialect;
        let (format, unacceptable) = match Format::of(request.headers(), dialect.generation) {
            Ok(format) => (format, None),
            Err(problem) => (Format::Verbose, Some(problem)),
        };
        // SOAP has one dress, whatever the caller accepts.
        let soap = address.as_ref().is_ok_and(|address| address.service == "_vti_bin");
        let answer = match (address, unacceptable.filter(|_| !soap)) {
            (Err(problem), _) | (Ok(_), Some(problem)) => Err(problem),
            (Ok(address), None) => {
                self.count_call(&address);
                let Some(web) = self.world.web_at(&address.web) else { return pages::not_found() };
                match self.judge(request, &address, web) {
                    Err(Denied::Token) => {
                        return pages::fault(&Fault::Unauthorized, self.world.now(), self.dress());
                    }
                    Err(Denied::Cookie) => {
                        return pages::fault(&Fault::Forbidden, self.world.now(), self.dress());
                    }
                    Err(Denied::Digest) if soap => {
                        Ok(soap::Fault::from(Problem::stale_digest(self.world.dialect.language)).answer())
                    }
                    Err(Denied::Digest) => Err(Problem::stale_digest(self.world.dialect.language)),
                    Ok(()) => self.route(request, &address, web, format),
                }
            }
        };
        let answer = answer.unwrap_or_else(|problem| self.problem(&problem, format));
        self.write(answer)
    }

    fn route(
        &mut self,
        request: &Request<impl AsRef<[u8]>>,
        address: &Address,
        web: WebRef,
        format: Format,
    ) -> Result<Answer, Problem> {
        let mut ask = Ask {
            world: &self.world,
            lies: &self.lies,
            rng: &mut self.rng,
            plans: &mut self.plans,
            number: self.stats.requests,
            secret: self.secret,
            method: request.method().clone(),
            address,
            headers: request.headers(),
            body: request.body().as_ref(),
            format,
            base: base(request.uri(), request.headers(), self.world.host()),
            web,
            cut: &mut self.cut,
            before: &self.heard,
            habits: &mut self.stats.habits,
        };
        let answer =
            if address.service == "_vti_bin" { Ok(soap::answer(&mut ask)) } else { rest::answer(&mut ask) };
        self.heard = self.world.log_lengths();
        answer
    }

    fn judge(
        &self,
        request: &Request<impl AsRef<[u8]>>,
        address: &Address,
        web: WebRef,
    ) -> Result<(), Denied> {
        let last = address.segments.last().map(|segment| segment.name.as_str());
        let soap = address.service == "_vti_bin";
        self.auth.judge(&Caller {
            headers: request.headers(),
            needs_digest: needs_digest(request.method(), last, soap, self.world.dialect.soap_digest),
            secret: self.secret,
            web: self.world.web(web).id,
            start: self.world.start(),
            now: self.world.now(),
        })
    }

    fn count_call(&mut self, address: &Address) {
        if let Some(last) = address.segments.last() {
            *self.stats.calls.entry(last.name.to_lowercase()).or_default() += 1;
        }
    }

    fn problem(&self, problem: &Problem, format: Format) -> Answer {
        let (language, style) = self.dress();
        let plain = self.world.dialect.plain_content_type;
        let content_type = match format {
            Format::Atom => "application/xml;charset=utf-8",
            format => format.content_type(plain, false),
        };
        Answer {
            status: problem.status,
            content_type: Some(content_type),
            body: problem.body(format, language, style),
        }
    }

    fn dress(&self) -> (crate::dialect::Language, crate::json::Style) {
        let dialect = &self.world.dialect;
        let style =
            crate::json::Style { ascii: dialect.ascii, upper: dialect.upper_guids, zulu: dialect.zulu };
        (dialect.language, style)
    }

    fn write(&self, answer: Answer) -> Response<Vec<u8>> {
        let mut body = answer.body;
        let json = answer.content_type.is_some_and(|kind| kind.starts_with("application/json"));
        if json && self.world.dialect.bom {
            body.splice(0..0, *b"\xEF\xBB\xBF");
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        if let Some(kind) = answer.content_type {
            response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        response
    }

    /// The headers that all answers have.
    fn finish(&mut self, response: &mut Response<Vec<u8>>, said: Option<Said>) {
        let now = self.world.now();
        let guid = self.request_guid(now);
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set("date", now.http_date());
        set("sprequestguid", guid.clone());
        set("request-id", guid);
        set("spclientservicerequestduration", self.rng.u32(5..60).to_string());
        set("x-sharepointhealthscore", self.rng.u32(0..4).to_string());
        set("x-sp-serverstate", "ReadOnly=0".to_owned());
        set("microsoftsharepointteamservices", "16.0.0.26115".to_owned());
        set("dataserviceversion", "3.0".to_owned());
        set("cache-control", "private, max-age=0".to_owned());
        set("x-content-type-options", "nosniff".to_owned());
        if let Some((limit, remaining, reset)) = said.and_then(|said| said.limits) {
            set("ratelimit-limit", limit.to_string());
            set("ratelimit-remaining", remaining.to_string());
            set("ratelimit-reset", reset.to_string());
        }
    }

    /// An id whose first bytes are the time, as recorded ones sort.
    fn request_guid(&mut self, now: Ticks) -> String {
        let time = u128::from((now.0 / 10_000).unsigned_abs() & 0xffff_ffff_ffff);
        let chance = self.rng.u128(..) & 0xffff_ffff_ffff_ffff;
        uuid::Uuid::from_u128((time << 80) | (0x5000 << 64) | chance).to_string()
    }
}

/// Whether a fault leaves the answer as it is and strikes on its way.
fn changes_delivery_only(fault: &Fault) -> bool {
    matches!(fault, Fault::Lost | Fault::Cut | Fault::Truncated | Fault::Slow(_))
}

fn delivery(fault: Option<&Fault>, body: &mut Vec<u8>) -> Delivery {
    match fault {
        Some(Fault::Lost) => Delivery::Lost,
        Some(Fault::Cut) => Delivery::Cut(body.len() / 2),
        Some(Fault::Truncated) => {
            body.truncate(body.len() * 2 / 3);
            Delivery::Whole
        }
        Some(Fault::Slow(time)) => Delivery::After(*time),
        _ => Delivery::Whole,
    }
}

/// Chance that the number of a request alone decides: the same whatever the answers look like.
pub(crate) fn chance(number: u64, about: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ about)
}

/// Scheme and host that a client used.
pub(crate) fn base(uri: &http::Uri, headers: &HeaderMap, host: &str) -> String {
    match (uri.scheme_str(), uri.authority(), text(headers, &http::header::HOST)) {
        (Some(scheme), Some(authority), _) => format!("{scheme}://{authority}"),
        (_, _, Some(name)) => format!("http://{name}"),
        _ => host.to_owned(),
    }
}
