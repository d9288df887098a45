//! `spchanges simulate`: the simulated office over HTTP, for other programs.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    thread,
};

use serde_json::{Value, json};
use sharepoint_simulator::Serving;

use crate::{
    args::Simulate,
    delivery::SLICE,
    event::VERSION,
    exit::{Exit, Failure},
    progress::Progress,
    simulated::SITE,
    stop::Stop,
};

/// Serves until a signal; that is how a server ends, and so it ends well.
pub(crate) fn run(args: &Simulate, stop: &Stop, progress: &Progress) -> Result<Exit, Failure> {
    let server = args.office()?.open().map_err(Failure::usage)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let serving = Serving::start(server, address)
        .map_err(|error| Failure::usage(error).detail(format!("while binding {address}")))?;
    let mut out = io::stdout();
    writeln!(out, "{}", first_line(&serving))?;
    out.flush()?;
    progress.note(format_args!("serving {}{SITE}; SIGINT ends it", serving.base()));
    while !stop.is_asked() {
        thread::sleep(SLICE);
    }
    serving.stop()?;
    Ok(Exit::CAUGHT_UP)
}

/// What a caller has to know: where the site is, what it holds, and where its logs end.
fn first_line(serving: &Serving) -> Value {
    let base = serving.base();
    let world = serving.server().describe();
    let site = &world["sites"][0];
    let webs: Vec<Value> = site["webs"].as_array().into_iter().flatten().cloned().collect();
    let root = webs.iter().find(|web| web["path"] == site["path"]).cloned().unwrap_or_default();
    json!({
        "v": VERSION,
        "type": "serving",
        "address": format!("{base}{SITE}"),
        "control": format!("{base}/_control"),
        "now": world["now"],
        "site": { "id": site["id"], "token": site["token"] },
        "web": { "id": root["id"], "title": root["title"], "token": root["token"] },
        "lists": root["lists"],
    })
}
