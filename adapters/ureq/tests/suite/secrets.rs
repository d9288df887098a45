//! No secret in anything that can be printed.

use sharepoint_changes::Host;
use sharepoint_changes_ureq::{Credential, Transport};

use crate::{
    get,
    server::{Reply, Server, answer},
    told,
};

const SECRETS: [&str; 3] = ["hunter2", "FedAuth", "eyJ0"];

fn silent(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn no_secret_in_debug_or_display_of_anything() {
    let credentials = [
        Credential::Bearer("eyJ0.hunter2".into()),
        Credential::Cookie("FedAuth=hunter2".into()),
        Credential::Authorization("Basic hunter2".into()),
        Credential::Bearer("eyJ0.hunter2\n".into()),
        Credential::Cookie("FedAuth=\u{1}hunter2".into()),
    ];
    for credential in credentials {
        silent(&format!("{credential:?}"));
        let server = Server::new(|number, _| match number {
            0 => Reply::Close(Vec::new()),
            1 => Reply::Keep(answer("401 Unauthorized", "", "no")),
            _ => Reply::Keep(answer("200 OK", "", "far too much")),
        });
        let mut transport =
            Transport::new(&server.url("/"), move |_| Ok(credential.clone())).unwrap().max_body(5);
        for url in [server.url("/"), server.url("/"), server.url("/"), "http://127.0.0.1:9/".to_owned()] {
            match transport.send(get(&url)) {
                Ok(answer) => silent(&format!("{answer:?}")),
                Err(error) => {
                    let error = match error {
                        sharepoint_changes::SendError::Lost(error)
                        | sharepoint_changes::SendError::Fatal(error) => error,
                    };
                    silent(&format!("{error:?} {error:#?} {}", told(&error)));
                }
            }
            silent(&format!("{transport:?} {transport:#?}"));
        }
    }
}

#[test]
fn no_password_of_a_proxy_or_an_address_is_shown() {
    let transport = Transport::new("https://farm.invalid/", |_| Ok(Credential::None)).unwrap();
    let transport = transport.proxy(Some("http://ana:hunter2@127.0.0.1:9")).unwrap();
    silent(&format!("{transport:?}"));
    let error = transport.proxy(Some("gopher://ana:hunter2@127.0.0.1:9")).unwrap_err();
    silent(&format!("{error:?} {error}"));
    let error = Transport::new("https://ana:hunter2@farm.invalid/", |_| Ok(Credential::None)).unwrap_err();
    silent(&format!("{error:?} {error}"));
}
