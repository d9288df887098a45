//! Requests into the simulated server.

use std::{str, time::Duration};

use sharepoint_changes::{fault, http::Request};
use sharepoint_simulator::{Activity, Server, world};

use super::LIST;

thread_local! {
    /// A small office, made once.
    static OFFICE: Server = {
        let (mut world, mut activity) = Activity::office(world::Settings { seed: 1, ..Default::default() });
        activity.play(&mut world, 120);
        Server::new(world)
    };
}

/// The simulated server answers any request, the same one alike, an error as one that can be recognized, and what is
/// asked changes nothing. The input is `METHOD address`, header lines, a blank line, the body; the id that the
/// examples have for their list stands for a list of the office.
pub fn sim_request(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    OFFICE.with(|office| {
        let world = office.world();
        let list = world.all_lists().next().map(|list| world.list(list).id);
        let text = text.replace(&LIST.to_string(), &list.expect("an office has a list").to_string());
        let Some(request) = request(&text) else { return };
        let (mut server, mut same) = (office.clone(), office.clone());
        let answer = server.handle(Duration::ZERO, &request);
        assert_eq!(answer.body(), same.handle(Duration::ZERO, &request).body());
        assert_eq!(fault::read(&answer).is_some(), !answer.status().is_success(), "{answer:?}");
        let rows = |server: &Server| {
            server.world().sites().map(|site| server.world().log(site).all_rows().len()).sum::<usize>()
        };
        assert_eq!(rows(&server), rows(office));
    });
}

fn request(text: &str) -> Option<Request<Vec<u8>>> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, address) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(address);
    for line in lines {
        let (name, value) = line.split_once(':')?;
        request = request.header(name.trim(), value.trim());
    }
    request.body(body.as_bytes().to_vec()).ok()
}
