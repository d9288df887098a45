//! contextinfo: the form digest.

use uuid::Uuid;

use super::{Answer, Ask};
use crate::entity::Prop;
use crate::format::Format;
use crate::problem::Problem;
use crate::ticks::Ticks;

/// How long a digest is good.
pub(crate) const LIFETIME_SECONDS: i64 = 1_800;

/// A digest for a web, made at a moment: sixty-four bytes that only this server can make, and the time.
pub(crate) fn digest(secret: u64, web: Uuid, made: Ticks) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let made = made.whole_second();
    let mut text = String::from("0x");
    for part in 0_u8..8 {
        let mut hasher = DefaultHasher::new();
        (secret, web, made, part).hash(&mut hasher);
        text.push_str(&format!("{:016X}", hasher.finish()));
    }
    let stamp = made.timestamp().strftime("%d %b %Y %H:%M:%S -0000").to_string();
    format!("{text},{stamp}")
}

/// Whether a digest was made here for that web, and is not too old.
pub(crate) fn is_good(text: &str, secret: u64, web: Uuid, now: Ticks) -> bool {
    let newest = now.whole_second();
    let Some((_, stamp)) = text.split_once(',') else { return false };
    let Ok(made) =
        jiff::fmt::strtime::parse("%d %b %Y %H:%M:%S %z", stamp).and_then(|time| time.to_timestamp())
    else {
        return false;
    };
    let made = Ticks::of(made);
    let age = (newest.0 - made.0) / 10_000_000;
    (0..LIFETIME_SECONDS).contains(&age) && text == digest(secret, web, made)
}

/// Answers the call.
pub(super) fn answer(ask: &Ask<'_>, web: crate::world::WebRef, secret: u64) -> Result<Answer, Problem> {
    if ask.method != http::Method::POST {
        return Err(Problem::wrong_method(&ask.method, "contextinfo", "Default"));
    }
    let service = ask.service();
    let dress = ask.dress(&service);
    let world = ask.world;
    let root = world.site(world.web(web).site).root;
    let versions = ["14.0.0.0", "15.0.0.0"].map(str::to_owned).to_vec();
    let text = |text: String| Prop::Text(text);
    let members = vec![
        ("FormDigestTimeoutSeconds", Prop::Int32(LIFETIME_SECONDS)),
        ("FormDigestValue", text(digest(secret, world.web(web).id, world.now()))),
        ("LibraryVersion", text("16.0.26115.12009".to_owned())),
        ("SiteFullUrl", text(format!("{}{}", ask.base, world.web(root).path))),
        ("SupportedSchemaVersions", Prop::Texts(versions)),
        ("WebFullUrl", text(format!("{}{}", ask.base, world.web(web).path))),
    ];
    let mut out = Prop::Complex("SP.ContextWebInformation", members).write("GetContextWebInformation", dress);
    if dress.format == Format::Minimal {
        let head = format!("{{\"odata.metadata\":\"{service}$metadata#SP.ContextWebInformation\",");
        out.splice(0..1, head.into_bytes());
    }
    Ok(ask.entry(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_good_for_its_web_and_half_an_hour() {
        let now = Ticks(639_082_161_304_470_000);
        let web = Uuid::from_u128(7);
        let text = digest(1, web, now);
        assert!(text.ends_with(",04 Mar 2026 10:15:30 -0000"), "{text}");
        let later = |seconds: i64| Ticks(now.0 + seconds * 10_000_000);
        assert!(is_good(&text, 1, web, now));
        assert!(is_good(&text, 1, web, later(1_799)));
        assert!(!is_good(&text, 1, web, later(1_801)));
        assert!(!is_good(&text, 2, web, now));
        assert!(!is_good(&text, 1, Uuid::nil(), now));
        assert!(!is_good("0x00", 1, web, now));
    }
}
