//! A sample of the stories over real HTTP: ureq on one side, the simulator's server on the other, and between them a
//! proxy that cuts connections, lets half of an answer through, or drips it.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sharepoint_changes::{
    Host, SendError, Wait,
    http::{Request, Response},
};
use sharepoint_changes_ureq::{Credential, Transport, TransportError};
use sharepoint_simulator::{
    Fault, Server, Serving, World,
    laws::{Copy, Feed, Figures, Ledger, Story, Theatre, play_changes, play_items},
};

/// What the proxy does to the next answer.
#[derive(Clone, Copy, Debug)]
enum Trick {
    /// The connection ends before it.
    Cut,
    /// Half of what comes first passes, then the connection ends.
    Half,
    /// A few bytes at a time.
    Drip,
}

#[derive(Default)]
struct Shared {
    next: Mutex<Option<Trick>>,
    over: AtomicBool,
    tricks: AtomicU64,
}

/// A proxy on loopback, byte for byte but for its tricks.
struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    fn before(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if theirs.over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = TcpStream::connect(server) else { return };
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass_on(from, to));
                let theirs = Arc::clone(&theirs);
                thread::spawn(move || answer(server, client, &theirs));
            }
        });
        Proxy { address, shared, thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the thread where it waits for the next connection.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn answer(mut server: TcpStream, mut client: TcpStream, shared: &Shared) {
    let mut bytes = [0; 8192];
    while let Ok(read @ 1..) = server.read(&mut bytes) {
        let trick = shared.next.lock().unwrap().take();
        shared.tricks.fetch_add(u64::from(trick.is_some()), Ordering::SeqCst);
        let bytes = &bytes[..read];
        let passed = match trick {
            None => client.write_all(bytes),
            Some(Trick::Cut) => break,
            Some(Trick::Half) => {
                let _ = client.write_all(&bytes[..read / 2]);
                break;
            }
            Some(Trick::Drip) => bytes.chunks(read.div_ceil(5)).try_for_each(|drop| {
                thread::sleep(Duration::from_millis(1));
                client.write_all(drop)
            }),
        };
        if passed.is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// A host at the other end of a wire. Waits cost nothing: the server's clock is moved instead.
struct Wire {
    transport: Transport,
    proxy: Proxy,
    serving: Serving,
    begin: Instant,
    passed: Duration,
}

impl Wire {
    fn new(world: World) -> Wire {
        let serving = Serving::start(Server::new(world), ([127, 0, 0, 1], 0).into()).unwrap();
        let proxy = Proxy::before(serving.address());
        let transport =
            Transport::new(&format!("http://{}", proxy.address), |_| Ok(Credential::None)).unwrap();
        Wire { transport, proxy, serving, begin: Instant::now(), passed: Duration::ZERO }
    }
}

impl Host for Wire {
    type Error = TransportError;

    fn send(&mut self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, SendError<TransportError>> {
        let answer = self.transport.send(request);
        // A trick that met no answer is none of the next one's.
        self.proxy.shared.next.lock().unwrap().take();
        answer
    }

    fn now(&mut self) -> Duration {
        self.begin.elapsed() + self.passed
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.pass(wait.at_least);
        ControlFlow::Continue(())
    }
}

impl Theatre for Wire {
    fn with_server<T>(&mut self, look: impl FnOnce(&mut Server) -> T) -> T {
        look(&mut self.serving.server())
    }

    fn pass(&mut self, time: Duration) {
        self.passed += time;
        self.serving.server().advance(time);
    }

    fn meet(&mut self, fault: Fault) {
        let trick = match fault {
            Fault::Lost => Trick::Cut,
            Fault::Cut => Trick::Half,
            Fault::Slow(_) => Trick::Drip,
            other => return self.with_server(|server| server.faults.on(1, other)),
        };
        *self.proxy.shared.next.lock().unwrap() = Some(trick);
    }

    fn site(&mut self) -> String {
        format!("http://{}/sites/ops", self.proxy.address)
    }
}

/// Stories of each feed.
const SEEDS: u64 = 8;

#[test]
fn a_sample_of_the_stories_keeps_the_laws_over_http_with_a_proxy_that_cuts_halves_and_drips() {
    let mut figures = Figures::default();
    for (feed, seed) in (0..SEEDS).flat_map(|seed| [(Feed::Changes, seed), (Feed::Items, seed)]) {
        let mut story = Story::new(feed, seed);
        // The credential is the transport's, and has tests of its own.
        story.setting.cookie = false;
        let told = match feed {
            Feed::Changes => play_changes(&story, Wire::new, Ledger::default()),
            Feed::Items => play_items(&story, Wire::new, Copy::default()),
        };
        figures += &told.unwrap_or_else(|fallen| panic!("{fallen:?}, over HTTP, in the story {story}"));
    }
    assert!(figures.crashes >= 2 * SEEDS && figures.faults_met() > 0, "{figures}");
}
