//! The shapes in which an error arrives, whatever produced it: OData in three modes, OAuth, CSOM, SOAP, HTML, text.

use serde_json::Value;

use super::page;
use crate::xml::{Texts, leads_to};

/// What an error body says, as far as it says anything.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) shape: Shape,
    /// The HRESULT or SOAP error code.
    pub(super) code: Option<i32>,
    /// The .NET type, or the word that stands in its place.
    pub(super) exception: Option<String>,
    pub(super) message: Option<String>,
}

/// Which kind of server wrote the body.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing, plain text or bytes that fit nowhere else.
    #[default]
    Text,
    /// An error object of SharePoint: OData in any mode, or CSOM.
    SharePoint,
    /// An error of the layer that checks access tokens.
    OAuth,
    /// A SOAP fault; `by_caller` where its fault code says that the request is to blame.
    Soap { by_caller: bool },
    /// A page for people; `sign_in` where it asks for a name or leads to a page that does.
    Html { sign_in: bool },
}

impl Envelope {
    /// Reads the body of an answer whose status says that it failed.
    pub(super) fn of_failure(body: &[u8]) -> Envelope {
        let body = trim(body);
        let known = if page::is_html(body) {
            Some(html(body))
        } else {
            match body.first() {
                Some(b'{') => json(body),
                Some(b'[') => csom(body),
                Some(b'<') => xml(body).map(|(envelope, _)| envelope),
                _ => None,
            }
        };
        known.unwrap_or_else(|| Envelope { message: one_line(&head(body)), ..Envelope::default() })
    }

    /// Looks for an error in an answer whose status says success; `None` where the body may be data.
    ///
    /// Only what stands at the very beginning decides, so that a row with a member named `error` stays a row, and
    /// a page of data costs a look at its first bytes. An error that is cut off is left to the reader of the data,
    /// which knows a cut answer when it sees one.
    pub(super) fn in_success(body: &[u8]) -> Option<Envelope> {
        let body = trim(body);
        match body.first()? {
            b'{' if names_error(body) => json(body),
            b'[' => csom(body),
            b'<' if page::is_html(body) => Some(html(body)),
            b'<' if xml_names_error(body) => {
                xml(body).and_then(|(envelope, complete)| complete.then_some(envelope))
            }
            b'{' | b'<' => None,
            // A $batch answer.
            b'-' if body.starts_with(b"--") => None,
            _ => Some(Envelope { message: one_line(&head(body)), ..Envelope::default() }),
        }
    }
}

/// `code` as SharePoint writes it: a number, a comma, a .NET type. Only the number is certain to be there.
fn code_and_type(code: &Value) -> (Option<i32>, Option<String>) {
    let text = match code {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return (None, None),
    };
    let (number, exception) = match text.split_once(',') {
        Some((number, exception)) => (number, exception),
        None => (text.as_str(), ""),
    };
    match hresult(number) {
        Some(code) => (Some(code), one_line(exception)),
        None => (None, one_line(&text)),
    }
}

/// A signed or unsigned decimal, or hexadecimal after `0x` as in SOAP.
fn hresult(text: &str) -> Option<i32> {
    let text = text.trim();
    let wide = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    // An unsigned spelling has the same 32 bits.
    i32::try_from(wide).ok().or_else(|| u32::try_from(wide).ok().map(u32::cast_signed))
}

fn html(body: &[u8]) -> Envelope {
    let page = head(body);
    Envelope {
        shape: Shape::Html { sign_in: page::is_sign_in(&page) },
        message: page::title(&page).and_then(one_line),
        ..Envelope::default()
    }
}

fn json(body: &[u8]) -> Option<Envelope> {
    let value: Value = serde_json::from_str(&text(body)?).ok()?;
    let description = |name: &str| value.get(name).and_then(Value::as_str).and_then(one_line);
    match value.get("odata.error").or_else(|| value.get("error")) {
        Some(error @ Value::Object(_)) => {
            let (code, exception) = code_and_type(error.get("code").unwrap_or(&Value::Null));
            let message = error.get("message").map(|message| message.get("value").unwrap_or(message));
            let message = message.and_then(Value::as_str).and_then(one_line);
            Some(Envelope { shape: Shape::SharePoint, code, exception, message })
        }
        Some(Value::String(word)) => Some(Envelope {
            shape: Shape::OAuth,
            exception: one_line(word),
            message: description("error_description"),
            code: None,
        }),
        None if value.get("error_description").is_some() => Some(Envelope {
            shape: Shape::OAuth,
            message: description("error_description"),
            ..Envelope::default()
        }),
        _ => None,
    }
}

/// Whether an object's first member is one that only errors begin with.
fn names_error(body: &[u8]) -> bool {
    let first = body.get(1..).unwrap_or_default().trim_ascii_start();
    [&b"\"odata.error\""[..], b"\"error\"", b"\"error_description\""]
        .iter()
        .any(|name| first.starts_with(name))
}

/// CSOM answers 200 with an array whose first value is a header with `ErrorInfo`, null where nothing failed.
fn csom(body: &[u8]) -> Option<Envelope> {
    let rest = body.get(1..MAX_BODY.min(body.len()))?;
    // Only the first value is read: the others may be data of any size.
    let header: Value = serde_json::Deserializer::from_slice(rest).into_iter().next()?.ok()?;
    let info = header.get("ErrorInfo").filter(|info| info.is_object())?;
    let text = |name: &str| info.get(name).and_then(Value::as_str).and_then(one_line);
    Some(Envelope {
        shape: Shape::SharePoint,
        code: info.get("ErrorCode").and_then(|code| code_and_type(code).0),
        exception: text("ErrorTypeName"),
        message: text("ErrorMessage"),
    })
}

/// An error in XML, and whether it is complete.
fn xml(body: &[u8]) -> Option<(Envelope, bool)> {
    let texts = Texts::read(&text(body)?);
    let line = |path: &str| texts.at(path).and_then(one_line);
    let envelope = if texts.opened(0) == Some("error") {
        let code = texts.at("error/code").unwrap_or_default();
        let (code, exception) = code_and_type(&Value::from(code));
        Envelope { shape: Shape::SharePoint, code, exception, message: line("error/message") }
    } else if texts.has("Envelope/Body/Fault") {
        let at = |name: &str| texts.at(&format!("Envelope/Body/Fault/{name}"));
        // SOAP 1.1 and 1.2 name the same things differently.
        let who = at("faultcode").or_else(|| at("Code/Value")).unwrap_or_default();
        let who = who.rsplit(':').next().unwrap_or_default();
        let code = at("detail/errorcode").or_else(|| at("Detail/errorcode"));
        let said = at("detail/errorstring").or_else(|| at("Detail/errorstring"));
        let said = said.or_else(|| at("faultstring")).or_else(|| at("Reason/Text"));
        Envelope {
            shape: Shape::Soap { by_caller: ["Client", "Sender"].contains(&who) },
            code: code.and_then(hresult),
            exception: None,
            message: said.and_then(one_line),
        }
    } else {
        return None;
    };
    Some((envelope, texts.is_complete()))
}

/// Whether a document begins as only errors do. Looks at its first elements, which nearly always stand in its first
/// bytes.
fn xml_names_error(body: &[u8]) -> bool {
    let leads = |path: &[&str]| {
        let most = [FIRST_LOOK, MAX_HEAD].map(|most| &body[..body.len().min(most)]);
        most.into_iter().find_map(|head| leads_to(&String::from_utf8_lossy(head), path)).unwrap_or(false)
    };
    leads(&["error"]) || leads(&["Envelope", "Body", "Fault"])
}

/// Skips the byte order mark and white space before the body.
fn trim(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii()
}

/// The body as text, with what is not UTF-8 replaced; `None` where it is too large to be an error.
fn text(body: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    (body.len() <= MAX_BODY).then(|| String::from_utf8_lossy(body))
}

fn head(body: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&body[..body.len().min(MAX_HEAD)])
}

/// A text of the server as one line of a sane length; `None` where nothing is left of it.
pub(super) fn one_line(text: &str) -> Option<String> {
    let mut line = String::new();
    for word in
        text.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(MAX_LINE + 1));
        if let Some((cut, _)) = line.char_indices().nth(MAX_LINE) {
            line.truncate(cut);
            line.push('…');
            break;
        }
    }
    (!line.is_empty()).then_some(line)
}

/// Bytes of a body that are read as an error; real ones have a few hundred.
const MAX_BODY: usize = 1 << 20;
/// Bytes of a page or of a document's beginning that are looked at.
const MAX_HEAD: usize = 32 << 10;
/// Bytes in which a document's first elements nearly always stand.
const FIRST_LOOK: usize = 1 << 10;
/// Characters of a text that are kept.
const MAX_LINE: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(body: &str) -> Envelope {
        Envelope::of_failure(body.as_bytes())
    }

    fn parts(envelope: &Envelope) -> (Option<i32>, Option<&str>, Option<&str>) {
        (envelope.code, envelope.exception.as_deref(), envelope.message.as_deref())
    }

    const NO_ITEM: (Option<i32>, Option<&str>, Option<&str>) =
        (Some(-2130575338), Some("System.ArgumentException"), Some("Item does not exist."));

    #[test]
    fn odata_in_light_and_verbose_json_and_in_xml_says_the_same() {
        let code = "-2130575338, System.ArgumentException";
        let message = r#"{"lang":"en-US","value":"Item does not exist."}"#;
        let xml = format!(
            "<?xml version='1.0'?><m:error xmlns:m='x'><m:code>{code}</m:code>\
             <m:message xml:lang='en-US'>Item does not exist.</m:message></m:error>"
        );
        for body in [
            format!(r#"{{"odata.error":{{"code":"{code}","message":{message}}}}}"#),
            format!(r#"{{"error":{{"code":"{code}","message":{message}}}}}"#),
            format!(r#"{{ "error" : {{"message":"Item does not exist.","code":"{code}"}}}}"#),
            format!("\u{FEFF}{xml}"),
            xml,
        ] {
            let envelope = failure(&body);
            assert_eq!((envelope.shape, parts(&envelope)), (Shape::SharePoint, NO_ITEM), "{body}");
            let found =
                Envelope::in_success(body.as_bytes()).expect("an error is an error with status 200 too");
            assert_eq!(parts(&found), NO_ITEM, "{body}");
        }
    }

    #[test]
    fn the_oauth_layer_has_error_as_a_string() {
        let envelope =
            failure(r#"{"error":"invalid_request","error_description":"Unsupported app only token."}"#);
        assert_eq!(envelope.shape, Shape::OAuth);
        assert_eq!(parts(&envelope), (None, Some("invalid_request"), Some("Unsupported app only token.")));
        let alone = failure(r#"{"error_description":"Invalid JWT token."}"#);
        assert_eq!((alone.shape, alone.message.as_deref()), (Shape::OAuth, Some("Invalid JWT token.")));
        let other = r#"{"Message":"An error has occurred."}"#;
        let envelope = failure(other);
        assert_eq!((envelope.shape, envelope.message.as_deref()), (Shape::Text, Some(other)));
    }

    #[test]
    fn csom_hides_its_error_in_the_first_value_of_an_array() {
        let body = r#"[{"SchemaVersion":"15.0.0.0","ErrorInfo":{"ErrorMessage":"List does not exist.",
            "ErrorValue":null,"TraceCorrelationId":"1","ErrorCode":-2130575322,"ErrorTypeName":"System.ArgumentException"}}, 3"#;
        let envelope = Envelope::in_success(body.as_bytes()).expect("CSOM fails with status 200");
        let expected = (Some(-2130575322), Some("System.ArgumentException"), Some("List does not exist."));
        assert_eq!(parts(&envelope), expected);
        assert_eq!(parts(&failure(&body.replace(", 3", "]"))), expected, "with any status");
        let fine = br#"[{"SchemaVersion":"15.0.0.0","ErrorInfo":null},{"ErrorInfo":{"ErrorCode":1}}]"#;
        assert!(Envelope::in_success(fine).is_none());
    }

    #[test]
    fn soap_1_1_and_1_2_faults_with_and_without_a_code() {
        let fault = |detail: &str| {
            format!(
                "<soap:Envelope xmlns:soap='s'><soap:Body><soap:Fault><faultcode>soap:Server</faultcode>\
                 <faultstring>Exception of type 'X' was thrown.</faultstring><detail>{detail}</detail>\
                 </soap:Fault></soap:Body></soap:Envelope>"
            )
        };
        let coded =
            failure(&fault("<errorstring xmlns='x'>No list.</errorstring><errorcode>0x82000006</errorcode>"));
        assert_eq!(parts(&coded), (Some(0x8200_0006_u32.cast_signed()), None, Some("No list.")));
        let bare = failure(&fault(""));
        assert_eq!(bare.shape, Shape::Soap { by_caller: false });
        assert_eq!(parts(&bare), (None, None, Some("Exception of type 'X' was thrown.")));
        let newer = failure(
            "<s:Envelope xmlns:s='x'><s:Header/><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>\
             <s:Reason><s:Text>Bad.</s:Text></s:Reason><s:Detail><errorcode>0x82000001</errorcode></s:Detail>\
             </s:Fault></s:Body></s:Envelope>",
        );
        assert_eq!(newer.shape, Shape::Soap { by_caller: true });
        assert_eq!(parts(&newer), (Some(0x8200_0001_u32.cast_signed()), None, Some("Bad.")));
    }

    #[test]
    fn a_page_gives_its_title_and_whether_it_asks_to_sign_in() {
        let page = "\u{FEFF} <html><title>\n Sign in\r\n here</title><input type='password'>";
        for envelope in [Some(failure(page)), Envelope::in_success(page.as_bytes())] {
            let envelope = envelope.expect("a page is no data");
            assert_eq!(envelope.shape, Shape::Html { sign_in: true });
            assert_eq!(envelope.message.as_deref(), Some("Sign in here"));
        }
    }

    #[test]
    fn data_is_left_alone_even_where_it_speaks_of_errors() {
        for data in [
            r#"{"value":[{"error":{"code":"-1, X","message":"y"}}],"odata.error":{}}"#,
            r#"{"d":{"results":[]}}"#,
            r#"{"error":null,"value":[]}"#,
            r#"{"odata.error":{"code":"-2130575338, Sys"#,
            "<?xml version='1.0'?><GetListItemChangesSinceTokenResult><error/></GetListItemChangesSinceTokenResult>",
            "<soap:Envelope><soap:Body><R><Fault/></R></soap:Body></soap:Envelope>",
            "<soap:Envelope><soap:Body><R/><Fault/></soap:Body></soap:Envelope>",
            "<feed><entry/></feed>",
            "<m:error><m:code>-1, System.Arg",
            "--batchresponse_1\r\n",
            " \r\n",
            "",
        ] {
            assert!(Envelope::in_success(data.as_bytes()).is_none(), "{data}");
        }
        for text in ["404 FILE NOT FOUND", "- not found -"] {
            let envelope = Envelope::in_success(text.as_bytes()).expect("a text is no data");
            assert_eq!((envelope.shape, envelope.message.as_deref()), (Shape::Text, Some(text)));
        }
    }

    #[test]
    fn texts_become_one_line_of_a_sane_length() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ").as_deref(), Some("a b [31m"));
        assert_eq!(one_line(" \n"), None);
        for long in ["ä".repeat(9_000), "ä b ".repeat(9_000)] {
            assert_eq!(one_line(&long).map(|line| line.chars().count()), Some(MAX_LINE + 1));
        }
        let wide = failure(&format!("{{\"x\":\"{}\"}}", "y".repeat(MAX_BODY)));
        assert_eq!(wide.message.map(|line| line.chars().count()), Some(MAX_LINE + 1));
    }

    #[test]
    fn a_code_is_read_in_every_spelling() {
        for text in ["-2130575251", " -2130575251 ", "2164392045", "0x8102006D", "0X8102006d"] {
            assert_eq!(hresult(text), Some(-2130575251), "{text}");
        }
        assert_eq!((hresult(""), hresult("0x"), hresult("99999999999")), (None, None, None));
        let word = failure(r#"{"error":{"code":"invalidRequest","message":"x"}}"#);
        assert_eq!(parts(&word), (None, Some("invalidRequest"), Some("x")));
    }
}
