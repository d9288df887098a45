//! Settings that can be told as text.

use std::time::Duration;

/// A setting's value with its text form.
pub(crate) trait Switch: Sized {
    /// Reads the text form.
    fn read(text: &str) -> Option<Self>;
    /// The text form.
    fn show(&self) -> String;
    /// What may stand there, for people.
    fn allowed() -> String;
}

impl Switch for bool {
    fn read(text: &str) -> Option<Self> {
        match text {
            "yes" | "true" | "on" | "1" => Some(true),
            "no" | "false" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    fn show(&self) -> String {
        if *self { "yes" } else { "no" }.to_owned()
    }

    fn allowed() -> String {
        "yes, no".to_owned()
    }
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Switch for $type {
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn show(&self) -> String {
                self.to_string()
            }

            fn allowed() -> String {
                "a number".to_owned()
            }
        }
    )*};
}
numbers!(u16 u32 u64 i32);

impl Switch for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }

    fn allowed() -> String {
        "text".to_owned()
    }
}

impl Switch for Duration {
    fn read(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number: u64 = text[..split].parse().ok()?;
        match &text[split..] {
            "ms" => Some(Self::from_millis(number)),
            "" | "s" => Some(Self::from_secs(number)),
            "m" => number.checked_mul(60).map(Self::from_secs),
            "h" => number.checked_mul(3_600).map(Self::from_secs),
            "d" => number.checked_mul(86_400).map(Self::from_secs),
            _ => None,
        }
    }

    fn show(&self) -> String {
        format!("{}ms", self.as_millis())
    }

    fn allowed() -> String {
        "a time such as 500ms, 30s, 5m, 2h or 60d".to_owned()
    }
}

/// Declares an enum whose values have names on a command line.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$case_doc])* $case,)*
        }

        impl $crate::switch::Switch for $name {
            fn read(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$case),)*
                    _ => None,
                }
            }

            fn show(&self) -> String {
                match self {
                    $(Self::$case => $text,)*
                }
                .to_owned()
            }

            fn allowed() -> String {
                [$($text),*].join(", ")
            }
        }
    };
}
pub(crate) use choices;
