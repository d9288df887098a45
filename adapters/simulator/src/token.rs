//! Change tokens: `1;scope;guid;ticks;number`.

use uuid::Uuid;

use crate::ticks::Ticks;

/// What kind of object a token belongs to; the second part of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenScope {
    /// `0`: a content database.
    Database,
    /// `1`: a site collection.
    Site,
    /// `2`: a web.
    Web,
    /// `3`: a list; folders and items use their list's.
    List,
}

impl TokenScope {
    fn digit(self) -> u8 {
        match self {
            Self::Database => b'0',
            Self::Site => b'1',
            Self::Web => b'2',
            Self::List => b'3',
        }
    }
}

/// A place in the log, labelled with the object that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// The kind of the object asked.
    pub scope: TokenScope,
    /// The id of the object asked.
    pub id: Uuid,
    /// Where in the log.
    pub place: Place,
}

/// A place in the log without its label: the tail that tokens of all scopes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The time of the row.
    pub ticks: Ticks,
    /// The number of the row; -1 in a token made from a time.
    pub number: i64,
}

/// What is wrong with a token's text. Which exception a real server raises for which fault is not recorded;
/// the three seen by clients are spread over the three cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not five parts.
    Parts,
    /// A guid or a number that cannot be read.
    Format,
    /// A version or scope that does not exist.
    Unknown,
}

impl Token {
    /// Reads a token as the server does: guids in either case, with or without braces.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let parts: Vec<&str> = text.split(';').collect();
        let [version, scope, id, ticks, number] = parts[..] else { return Err(Malformed::Parts) };
        if version != "1" {
            return Err(Malformed::Unknown);
        }
        let scope = match scope {
            "0" => TokenScope::Database,
            "1" => TokenScope::Site,
            "2" => TokenScope::Web,
            "3" => TokenScope::List,
            _ => return Err(Malformed::Unknown),
        };
        let id = Uuid::try_parse(id).map_err(|_| Malformed::Format)?;
        let ticks: i64 = ticks.parse().map_err(|_| Malformed::Format)?;
        let number: i64 = number.parse().map_err(|_| Malformed::Format)?;
        if ticks < 0 || number < -1 {
            return Err(Malformed::Format);
        }
        Ok(Self { scope, id, place: Place { ticks: Ticks(ticks), number } })
    }

    /// Appends the text.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        self.write_head(out);
        self.place.write(out);
    }

    /// Appends what all tokens of one object begin with.
    pub(crate) fn write_head(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"1;");
        out.push(self.scope.digit());
        out.push(b';');
        let mut buffer = Uuid::encode_buffer();
        out.extend_from_slice(self.id.hyphenated().encode_lower(&mut buffer).as_bytes());
        out.push(b';');
    }
}

impl Place {
    /// Appends the end of a token's text.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        write_number(out, self.ticks.0);
        out.push(b';');
        write_number(out, self.number);
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = Vec::with_capacity(72);
        self.write(&mut out);
        f.write_str(std::str::from_utf8(&out).unwrap_or_default())
    }
}

/// Appends a number in decimal.
pub(crate) fn write_number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

    #[test]
    fn a_token_reads_back_as_its_text() {
        let token = Token::parse(TEXT).unwrap();
        assert_eq!(token.scope, TokenScope::List);
        assert_eq!(token.place.number, 912_004_511);
        assert_eq!(token.to_string(), TEXT);
    }

    #[test]
    fn upper_case_and_braces_name_the_same_object() {
        let shouted =
            TEXT.replace("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66", "{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66}");
        assert_eq!(Token::parse(&shouted), Token::parse(TEXT));
    }

    #[test]
    fn malformed_texts_are_told_apart() {
        assert_eq!(Token::parse("1;3;x"), Err(Malformed::Parts));
        assert_eq!(Token::parse(&format!("{TEXT};1")), Err(Malformed::Parts));
        assert_eq!(Token::parse(&TEXT.replacen('1', "2", 1)), Err(Malformed::Unknown));
        assert_eq!(Token::parse(&TEXT.replacen("1;3", "1;9", 1)), Err(Malformed::Unknown));
        assert_eq!(Token::parse(&TEXT.replace("6390", "x390")), Err(Malformed::Format));
        assert_eq!(Token::parse(&TEXT.replace("3e9b", "zzzz")), Err(Malformed::Format));
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, -1, 912_004_511, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            write_number(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }
}
