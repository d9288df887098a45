//! How single values are read: what servers write, and what other versions of them wrote.

use std::fmt;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use uuid::Uuid;

use super::Key;
use crate::{change::SharedUser, token::ChangeToken};

/// What a value that was read stands for; `None` where it means "not filled".
pub(super) trait Filled {
    type Value;
    fn filled(self) -> Option<Self::Value>;
}

impl Filled for Box<str> {
    type Value = Box<str>;
    fn filled(self) -> Option<Box<str>> {
        Some(self).filter(|text| !text.is_empty())
    }
}

impl Filled for bool {
    type Value = bool;
    fn filled(self) -> Option<bool> {
        Some(self)
    }
}

/// Reads a value from the one shape it has, a JSON string.
macro_rules! from_text {
    ($wrapper:ident($value:ty), $expected:literal, $text:ident => $read:expr) => {
        pub(super) struct $wrapper($value);

        impl Filled for $wrapper {
            type Value = $value;
            fn filled(self) -> Option<$value> {
                Some(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $wrapper {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $wrapper;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }
                    fn visit_str<E: de::Error>(self, $text: &str) -> Result<$wrapper, E> {
                        $read.map($wrapper).ok_or_else(|| E::invalid_value(de::Unexpected::Str($text), &self))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

from_text!(Guid(Uuid), "a GUID", text => Uuid::try_parse(text).ok());

// Some servers leave the Z out; the time is UTC all the same.
from_text!(Time(Timestamp), "a time such as 2026-03-04T10:15:30.447Z", text => {
    let without_zone = || text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| without_zone().map(|zoned| zoned.timestamp()))
});

/// An integer; as text too, which is how some modes write numbers.
pub(super) struct Int(i32);

impl Filled for Int {
    type Value = i32;
    fn filled(self) -> Option<i32> {
        Some(self.0)
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Int;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a 32-bit integer")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Int, E> {
                let wrong = || E::invalid_value(de::Unexpected::Signed(number), &self);
                i32::try_from(number).map(Int).map_err(|_| wrong())
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Int, E> {
                let wrong = || E::invalid_value(de::Unexpected::Unsigned(number), &self);
                i32::try_from(number).map(Int).map_err(|_| wrong())
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Int, E> {
                text.parse().map(Int).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// `{"StringValue": "…"}`, or the bare text.
struct StringValue(Option<Box<str>>);

impl<'de> Deserialize<'de> for StringValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wrapped;
        impl<'de> Visitor<'de> for Wrapped {
            type Value = StringValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a StringValue, or a text")
            }
            fn visit_str<E>(self, text: &str) -> Result<StringValue, E> {
                Ok(StringValue(Some(text.into())))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StringValue, A::Error> {
                let mut value = None;
                while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                    if key == "StringValue" {
                        value = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(StringValue(value))
            }
        }
        deserializer.deserialize_any(Wrapped)
    }
}

/// A change token, as an object or as its bare text.
pub(super) struct Token(Option<ChangeToken>);

impl Filled for Token {
    type Value = ChangeToken;
    fn filled(self) -> Option<ChangeToken> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = StringValue::deserialize(deserializer)?.0;
        text.map(|text| text.parse()).transpose().map(Token).map_err(de::Error::custom)
    }
}

/// A content type's id, as an object or as its bare text.
pub(super) struct ContentTypeId(Option<Box<str>>);

impl Filled for ContentTypeId {
    type Value = Box<str>;
    fn filled(self) -> Option<Box<str>> {
        self.0.and_then(Filled::filled)
    }
}

impl<'de> Deserialize<'de> for ContentTypeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StringValue::deserialize(deserializer).map(|value| ContentTypeId(value.0))
    }
}

/// `__metadata`, of which only the type says anything: the id is a new one in every answer.
#[derive(Deserialize)]
pub(super) struct Metadata {
    #[serde(rename = "type", default)]
    pub(super) type_name: Option<Box<str>>,
}

/// Somebody: the object the metadata declares (`SP.SharedWithUser`), or a bare text, a name or a mail address.
#[derive(Default)]
pub(super) struct Person(SharedUser);

impl Filled for Person {
    type Value = SharedUser;
    fn filled(self) -> Option<SharedUser> {
        Some(self.0).filter(|user| *user != SharedUser::default())
    }
}

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut people = People::deserialize(deserializer)?.0;
        Ok(Person(if people.is_empty() { SharedUser::default() } else { people.swap_remove(0) }))
    }
}

/// People: an array, the verbose `{"results":[…]}`, or a single one.
#[derive(Default)]
pub(super) struct People(Vec<SharedUser>);

impl Filled for People {
    type Value = Vec<SharedUser>;
    fn filled(self) -> Option<Vec<SharedUser>> {
        Some(self.0)
    }
}

impl<'de> Deserialize<'de> for People {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyShape;
        impl<'de> Visitor<'de> for AnyShape {
            type Value = People;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("people")
            }
            fn visit_unit<E>(self) -> Result<People, E> {
                Ok(People::default())
            }
            fn visit_str<E>(self, text: &str) -> Result<People, E> {
                let text = Box::<str>::from(text).filled();
                let is_mail = text.as_deref().is_some_and(|text| text.contains('@'));
                let (email, name) = if is_mail { (text, None) } else { (None, text) };
                Ok(People(vec![SharedUser { email, name }]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<People, A::Error> {
                let mut people = Vec::new();
                while let Some(Person(person)) = seq.next_element()? {
                    people.push(person);
                }
                Ok(People(people))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<People, A::Error> {
                let mut person = SharedUser::default();
                let mut many = None;
                while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                    match &*key {
                        "results" => many = Some(map.next_value::<People>()?),
                        "Email" => person.email = map.next_value::<Option<_>>()?.and_then(Box::filled),
                        "Name" => person.name = map.next_value::<Option<_>>()?.and_then(Box::filled),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(many.unwrap_or_else(|| People(vec![person])))
            }
        }
        deserializer.deserialize_any(AnyShape)
    }
}
