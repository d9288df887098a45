//! Change tokens: positions in a change log, kept to the letter.

use std::{cmp::Ordering, fmt, str::FromStr};

use jiff::Timestamp;
use uuid::Uuid;

use crate::site::Scope;

/// A position in the change log of one site collection, web or list.
///
/// The text is `1;scope;id;ticks;number` (sp-dev-docs, query-sharepoint-change-log-with-changequery-and-changetoken)
/// and goes back to the server exactly as it came: `to_string()` gives the text the token was made from, byte for
/// byte. Equality is equality of that text.
///
/// Tokens have no general order. Within one scope and id, [`order`](ChangeToken::order) compares them.
///
/// ```
/// use sharepoint_changes::{ChangeToken, TokenScope};
///
/// let text = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";
/// let token: ChangeToken = text.parse()?;
/// assert_eq!(token.scope(), TokenScope::List);
/// assert_eq!(token.number(), 912_004_511);
/// assert_eq!(token.time().to_string(), "2026-03-04T10:15:30.447Z");
/// assert_eq!(token.to_string(), text);
/// # Ok::<(), sharepoint_changes::TokenError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChangeToken {
    scope: TokenScope,
    id: Uuid,
    ticks: i64,
    number: i64,
    /// The text, where it is not the one the parts render to (upper-case GUID, braces, leading zeros).
    text: Option<Box<str>>,
}

/// Whose log a [`ChangeToken`] is a position in: the object that was *queried*, not the one that changed.
///
/// Folder and item queries use the token of their list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenScope {
    /// A content database, `0`.
    ContentDatabase,
    /// A site collection, `1`; the id is the site's.
    Site,
    /// A web, `2`; the id is the web's.
    Web,
    /// A list, `3`; the id is the list's.
    List,
}

impl ChangeToken {
    /// Reads a token's text.
    ///
    /// # Errors
    /// [`TokenError`] names the part that is malformed.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let mut parts = text.split(';');
        let mut part = |name| parts.next().ok_or(TokenError { part: name, text: text.into() });
        let wrong = |name| move || TokenError { part: name, text: text.into() };
        let version = part("version")?;
        (version == VERSION).then_some(()).ok_or_else(wrong("version"))?;
        let scope = TokenScope::from_code(part("scope")?).ok_or_else(wrong("scope"))?;
        let id = Uuid::try_parse(part("scope id")?).map_err(|_| wrong("scope id")())?;
        let ticks = digits(part("ticks")?).filter(|ticks| *ticks <= MAX_TICKS).ok_or_else(wrong("ticks"))?;
        let number = part("change number")?;
        let number = match number.strip_prefix('-') {
            Some(number) => digits(number).map(|number| -number),
            None => digits(number),
        }
        .ok_or_else(wrong("change number"))?;
        if parts.next().is_some() {
            return Err(wrong("number of parts")());
        }
        let mut token = ChangeToken { scope, id, ticks, number, text: None };
        if !token.renders_as(text) {
            token.text = Some(text.into());
        }
        Ok(token)
    }

    /// Makes a token from a time: a place to start reading, never a position to save
    /// ([`is_synthetic`](ChangeToken::is_synthetic) tells such tokens).
    ///
    /// The change number is -1, which servers take as "by time" (sp-dev-docs as above). Whether rows of exactly
    /// that tick are included is not documented. Times before year 1 become the first tick.
    pub fn at(scope: TokenScope, id: Uuid, time: Timestamp) -> Self {
        ChangeToken { scope, id, ticks: ticks_of(time), number: -1, text: None }
    }

    /// A token whose text is the one its parts render to.
    pub(crate) fn from_parts(scope: TokenScope, id: Uuid, ticks: i64, number: i64) -> Self {
        debug_assert!((0..=MAX_TICKS).contains(&ticks));
        ChangeToken { scope, id, ticks, number, text: None }
    }

    /// Whether the text is the one the parts render to.
    pub(crate) fn is_canonical(&self) -> bool {
        self.text.is_none()
    }

    /// Whose log this is a position in.
    pub fn scope(&self) -> TokenScope {
        self.scope
    }

    /// The id of the site, web or list.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The time in units of 100 ns since the start of year 1, UTC (.NET ticks).
    pub fn ticks(&self) -> i64 {
        self.ticks
    }

    /// The number of the change in its content database's log: strictly rising, with gaps; negative in a
    /// synthetic token.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// The time the ticks name. The `Time` of a change is often another one.
    pub fn time(&self) -> Timestamp {
        time_of(self.ticks)
    }

    /// Whether the token was made from a time and not by a server.
    pub fn is_synthetic(&self) -> bool {
        self.number < 0
    }

    /// Whether both tokens are positions in the log of the same object, so that [`order`](ChangeToken::order)
    /// can tell which is earlier.
    pub fn same_log(&self, other: &ChangeToken) -> bool {
        self.scope == other.scope && self.id == other.id
    }

    /// Which token is earlier: by number, or by ticks where one of them was made from a time. `None` for tokens of
    /// different logs.
    pub fn order(&self, other: &ChangeToken) -> Option<Ordering> {
        if !self.same_log(other) {
            None
        } else if self.is_synthetic() || other.is_synthetic() {
            Some(self.ticks.cmp(&other.ticks))
        } else {
            Some(self.number.cmp(&other.number))
        }
    }

    fn renders_as(&self, text: &str) -> bool {
        struct Rest<'a>(&'a str);
        impl fmt::Write for Rest<'_> {
            fn write_str(&mut self, piece: &str) -> fmt::Result {
                self.0 = self.0.strip_prefix(piece).ok_or(fmt::Error)?;
                Ok(())
            }
        }
        let mut rest = Rest(text);
        fmt::write(&mut rest, format_args!("{self}")).is_ok() && rest.0.is_empty()
    }
}

impl TokenScope {
    /// Whose token bounds a query of this scope.
    pub(crate) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::Site => TokenScope::Site,
            Scope::Web => TokenScope::Web,
            Scope::List(_) | Scope::Folder { .. } | Scope::Item { .. } => TokenScope::List,
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "0" => TokenScope::ContentDatabase,
            "1" => TokenScope::Site,
            "2" => TokenScope::Web,
            "3" => TokenScope::List,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            TokenScope::ContentDatabase => 0,
            TokenScope::Site => 1,
            TokenScope::Web => 2,
            TokenScope::List => 3,
        }
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TokenScope::ContentDatabase => "content database",
            TokenScope::Site => "site",
            TokenScope::Web => "web",
            TokenScope::List => "list",
        })
    }
}

impl fmt::Display for ChangeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.write_str(text),
            None => {
                let mut guid = Uuid::encode_buffer();
                let guid = self.id.hyphenated().encode_lower(&mut guid);
                write!(f, "{VERSION};{};{guid};{};{}", self.scope.code(), self.ticks, self.number)
            }
        }
    }
}

impl fmt::Debug for ChangeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeToken({self})")
    }
}

impl FromStr for ChangeToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        ChangeToken::new(text)
    }
}

/// A change token's text that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {part} of the change token {text:?} is malformed; a token reads 1;scope;guid;ticks;number")]
pub struct TokenError {
    part: &'static str,
    text: Box<str>,
}

impl TokenError {
    /// Which part is malformed: `version`, `scope`, `scope id`, `ticks`, `change number` or `number of parts`.
    pub fn part(&self) -> &'static str {
        self.part
    }
}

/// The ticks of a time, 0 for times before year 1.
pub(crate) fn ticks_of(time: Timestamp) -> i64 {
    let ticks = time.as_nanosecond() / 100 + i128::from(UNIX_EPOCH_TICKS);
    i64::try_from(ticks.clamp(0, i128::from(MAX_TICKS))).unwrap_or(MAX_TICKS)
}

/// The time that ticks name.
pub(crate) fn time_of(ticks: i64) -> Timestamp {
    let nanoseconds = i128::from(ticks.clamp(0, MAX_TICKS) - UNIX_EPOCH_TICKS) * 100;
    Timestamp::from_nanosecond(nanoseconds).unwrap_or(Timestamp::MAX)
}

/// One to nineteen decimal digits without a sign.
fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

const VERSION: &str = "1";
const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;
/// The last tick of year 9999, which is also the last that .NET knows.
const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

    fn token(text: &str) -> ChangeToken {
        text.parse().unwrap()
    }

    #[test]
    fn ticks_and_unix_milliseconds_agree_with_the_check_vectors() {
        for (milliseconds, ticks) in [
            (1_772_323_200_000, 639_079_200_000_000_000),
            (1_772_619_330_447, 639_082_161_304_470_000),
            (1_772_622_164_977, 639_082_189_649_770_000),
        ] {
            let time = Timestamp::from_millisecond(milliseconds).unwrap();
            assert_eq!(ticks_of(time), ticks);
            assert_eq!(time_of(ticks), time);
        }
        assert_eq!(time_of(639_082_189_649_770_000).to_string(), "2026-03-04T11:02:44.977Z");
        assert_eq!(time_of(0).to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(ticks_of(Timestamp::MIN), 0);
        assert_eq!(time_of(ticks_of(Timestamp::MAX)).as_second(), Timestamp::MAX.as_second());
    }

    #[test]
    fn the_text_is_kept_exactly() {
        for text in [
            TEXT,
            "1;3;{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66};639082161304470000;912004511",
            "1;3;3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66;639082161304470000;912004511",
            "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;00639082161304470000;0912",
            "1;0;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;0;0",
            "1;0;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;0;00",
            "1;2;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639079200000000000;-1",
        ] {
            assert_eq!(token(text).to_string(), text);
        }
        let upper = token("1;3;{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66};639082161304470000;912004511");
        assert!(upper.same_log(&token(TEXT)));
        assert_ne!(upper, token(TEXT));
        assert_eq!(upper.order(&token(TEXT)), Some(Ordering::Equal));
    }

    #[test]
    fn a_malformed_token_names_its_part() {
        for (text, part) in [
            ("", "version"),
            ("2;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511", "version"),
            ("1;4;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511", "scope"),
            ("1;3;3e9b7d52;639082161304470000;912004511", "scope id"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;63908216130447000x;912004511", "ticks"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;-5;912004511", "ticks"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;3155378976000000000;912004511", "ticks"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000", "change number"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;", "change number"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;+1", "change number"),
            ("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;1;1", "number of parts"),
        ] {
            assert_eq!(ChangeToken::new(text).unwrap_err().part(), part, "{text}");
        }
    }

    #[test]
    fn order_is_by_number_within_one_log_and_by_ticks_against_a_made_up_token() {
        let earlier = token("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470010;912004510");
        assert_eq!(earlier.order(&token(TEXT)), Some(Ordering::Less));
        let made_up = ChangeToken::at(TokenScope::List, earlier.id(), token(TEXT).time());
        assert!(made_up.is_synthetic());
        assert_eq!(made_up.order(&earlier), Some(Ordering::Less));
        assert_eq!(made_up.to_string(), "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;-1");
        let web = token("1;2;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470010;912004510");
        assert_eq!(web.order(&earlier), None);
        // A made-up token has no number that could be compared, on whichever side it stands.
        let later = ChangeToken::at(TokenScope::List, earlier.id(), time_of(earlier.ticks() + 10_000));
        assert_eq!(later.order(&earlier), Some(Ordering::Greater));
        assert_eq!(earlier.order(&later), Some(Ordering::Less));
        assert!(!token("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;0;0").is_synthetic());
    }

    #[test]
    fn a_token_and_whose_log_it_is_of_are_shown() {
        assert_eq!(format!("{:?}", token(TEXT)), format!("ChangeToken({TEXT})"));
        let shown = ["0", "1", "2", "3"].map(|code| TokenScope::from_code(code).unwrap().to_string());
        assert_eq!(shown, ["content database", "site", "web", "list"]);
    }
}
