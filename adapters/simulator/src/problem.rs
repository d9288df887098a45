//! Answers that are not success, with the codes and envelopes of real servers.

use http::StatusCode;

use crate::dialect::Language;
use crate::format::Format;
use crate::json::{self, Style};
use crate::token::Malformed;

/// An exception on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: i32,
    pub(crate) exception: &'static str,
    pub(crate) text: String,
}

const CLIENT_QUERY: &str = "Microsoft.SharePoint.Client.InvalidClientQueryException";
const NO_RESOURCE: &str = "Microsoft.SharePoint.Client.ResourceNotFoundException";
const SERVICE: &str = "Microsoft.SharePoint.Client.ClientServiceException";
const SP_EXCEPTION: &str = "Microsoft.SharePoint.SPException";
const INVALID_TOKEN: &str = "Microsoft.SharePoint.SPInvalidChangeTokenException";

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        code: i32,
        exception: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self { status, code, exception, text: text.into() }
    }

    /// A query, body or member that the server does not understand.
    pub(crate) fn query(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, -1, CLIENT_QUERY, text)
    }

    pub(crate) fn unknown_member(member: &str, kind: &str) -> Self {
        Self::query(format!(
            "The property '{member}' does not exist on type '{kind}'. Make sure to only use property names that are \
             defined by the type."
        ))
    }

    pub(crate) fn unknown_parameter(parameter: &str, method: &str) -> Self {
        Self::query(format!("The parameter {parameter} does not exist in method {method}."))
    }

    pub(crate) fn unknown_field(name: &str) -> Self {
        Self::query(format!("The field or property '{name}' does not exist."))
    }

    pub(crate) fn unknown_resource(name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            -1,
            NO_RESOURCE,
            format!("Cannot find resource for the request {name}."),
        )
    }

    pub(crate) fn wrong_method(method: &http::Method, resource: &str, operation: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            -1,
            SERVICE,
            format!(
                "The HTTP method '{method}' cannot be used to access the resource '{resource}'. The operation type of \
                 the resource is specified as '{operation}'. Please use correct HTTP method to invoke the resource."
            ),
        )
    }

    pub(crate) fn not_acceptable() -> Self {
        let text = "The HTTP header ACCEPT is missing or its value is invalid.";
        Self::new(StatusCode::NOT_ACCEPTABLE, -1, SERVICE, text)
    }

    pub(crate) fn no_query_argument() -> Self {
        let text = "Value cannot be null.\r\nParameter name: query";
        Self::new(StatusCode::BAD_REQUEST, -2_147_467_261, "System.ArgumentNullException", text)
    }

    pub(crate) fn missing_title(title: &str, site: &str) -> Self {
        let text = format!("List '{title}' does not exist at site with URL '{site}'.");
        Self::new(StatusCode::NOT_FOUND, -1, "System.ArgumentException", text)
    }

    pub(crate) fn missing_list(language: Language) -> Self {
        let text = match language {
            Language::English => {
                "List does not exist.\n\nThe page you selected contains a list that does not exist.  It may have been \
                 deleted by another user."
            }
            Language::Dutch => {
                "De lijst bestaat niet.\n\nDe door u geselecteerde pagina bevat een lijst die niet bestaat. De lijst \
                 is mogelijk verwijderd door een andere gebruiker."
            }
            Language::German => {
                "Die Liste ist nicht vorhanden.\n\nDie ausgewählte Seite enthält eine Liste, die nicht vorhanden ist. \
                 Möglicherweise wurde sie von einem anderen Benutzer gelöscht."
            }
        };
        Self::new(StatusCode::NOT_FOUND, -2_130_575_322, SP_EXCEPTION, text)
    }

    pub(crate) fn missing_item(language: Language) -> Self {
        let text = match language {
            Language::English => "Item does not exist. It may have been deleted by another user.",
            Language::Dutch => "Het item bestaat niet. Mogelijk is het verwijderd door een andere gebruiker.",
            Language::German => {
                "Das Element ist nicht vorhanden. Möglicherweise wurde es von einem anderen Benutzer gelöscht."
            }
        };
        Self::new(StatusCode::NOT_FOUND, -2_130_575_338, "System.ArgumentException", text)
    }

    pub(crate) fn missing_file() -> Self {
        Self::new(StatusCode::NOT_FOUND, -2_147_024_894, "System.IO.FileNotFoundException", "File Not Found.")
    }

    pub(crate) fn outside_web() -> Self {
        let text = "Server relative urls must start with SPWeb.ServerRelativeUrl";
        Self::new(StatusCode::BAD_REQUEST, -2_147_024_809, "System.ArgumentException", text)
    }

    pub(crate) fn stale_digest(language: Language) -> Self {
        let text = match language {
            Language::English => {
                "The security validation for this page is invalid and might be corrupted. Please use your web \
                 browser's Back button to try your operation again."
            }
            Language::Dutch => {
                "De beveiligingsvalidatie voor deze pagina is ongeldig en mogelijk beschadigd. Gebruik de knop Vorige \
                 van uw webbrowser om de bewerking opnieuw uit te voeren."
            }
            Language::German => {
                "Die Sicherheitsüberprüfung für diese Seite ist ungültig und möglicherweise beschädigt. Wiederholen \
                 Sie den Vorgang mithilfe der Zurück-Schaltfläche Ihres Webbrowsers."
            }
        };
        Self::new(StatusCode::FORBIDDEN, -2_130_575_251, SP_EXCEPTION, text)
    }

    pub(crate) fn access_denied(language: Language) -> Self {
        let text = match language {
            Language::English => {
                "Access denied. You do not have permission to perform this action or access this resource."
            }
            Language::Dutch => "Toegang geweigerd. U bent niet gemachtigd om deze actie uit te voeren.",
            Language::German => "Zugriff verweigert. Sie haben keine Berechtigung, diese Aktion auszuführen.",
        };
        Self::new(StatusCode::FORBIDDEN, -2_147_024_891, "System.UnauthorizedAccessException", text)
    }

    pub(crate) fn foreign_token(language: Language, status: u16) -> Self {
        let text = match language {
            Language::English => {
                "You cannot use the change token from one object against a different object."
            }
            Language::Dutch => "Kan de changeToken van een object niet gebruiken voor een ander object.",
            Language::German => {
                "Das Änderungstoken eines Objekts kann nicht für ein anderes Objekt verwendet werden."
            }
        };
        Self::new(token_status(status), -2_130_575_173, SP_EXCEPTION, text)
    }

    pub(crate) fn expired_token(language: Language, status: u16) -> Self {
        let text = match language {
            Language::English => {
                "The changeToken refers to a time before the start of the current change log."
            }
            Language::Dutch => {
                "De changeToken verwijst naar een tijdstip vóór het begin van het huidige wijzigingslogboek."
            }
            Language::German => {
                "Das Änderungstoken verweist auf einen Zeitpunkt vor dem Beginn des Änderungsprotokolls."
            }
        };
        Self::new(token_status(status), -2_130_575_172, INVALID_TOKEN, text)
    }

    pub(crate) fn malformed_token(what: Malformed, status: u16) -> Self {
        let status = token_status(status);
        match what {
            Malformed::Parts => Self::new(
                status,
                -2_146_233_086,
                "System.ArgumentOutOfRangeException",
                "Specified argument was out of the range of valid values.\r\nParameter name: changeToken",
            ),
            Malformed::Format => {
                Self::new(status, -1, "System.FormatException", "Input string was not in a correct format.")
            }
            Malformed::Unknown => Self::new(
                status,
                -1,
                "System.InvalidOperationException",
                "Operation is not valid due to the current state of the object.",
            ),
        }
    }

    /// The body of the answer, in the mode the client asked for.
    pub(crate) fn body(&self, format: Format, language: Language, style: Style) -> Vec<u8> {
        let code = format!("{}, {}", self.code, self.exception);
        let language = crate::switch::Switch::show(&language);
        let mut out = Vec::with_capacity(256);
        if format == Format::Atom {
            out.extend_from_slice(
                b"<?xml version=\"1.0\" encoding=\"utf-8\"?><m:error \
                  xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><m:code>",
            );
            crate::xml::text(&mut out, &code);
            out.extend_from_slice(b"</m:code><m:message xml:lang=\"");
            out.extend_from_slice(language.as_bytes());
            out.extend_from_slice(b"\">");
            crate::xml::text(&mut out, &self.text);
            out.extend_from_slice(b"</m:message></m:error>");
            return out;
        }
        out.extend_from_slice(if format == Format::Verbose { b"{\"error\":" } else { b"{\"odata.error\":" });
        out.extend_from_slice(b"{\"code\":");
        json::string(&mut out, &code, style);
        out.extend_from_slice(b",\"message\":{\"lang\":\"");
        out.extend_from_slice(language.as_bytes());
        out.extend_from_slice(b"\",\"value\":");
        json::string(&mut out, &self.text, style);
        out.extend_from_slice(b"}}}");
        out
    }
}

fn token_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
}
