//! SOAP: `login()`, `logout()`, and the way to the partner and the Metadata API.

use serde_json::Value;

use super::error::Answer;
use super::org::Actor;
use super::{ORGANIZATION, SESSION_LIFE_MS, Salesforce};
use crate::call::{Call, Reply};
use crate::oauth::{Claims, Kind};
use crate::page::escape;
use crate::xml;

impl Salesforce {
    /// `/services/Soap/{u|c}/{version}`
    pub(super) fn soap(&self, call: &Call) -> Reply {
        let text = call.text();
        if let Some(username) = element(&text, "username") {
            let refused = self.setting.faults.refuses_grant();
            if refused || username.trim().is_empty() || element(&text, "password").is_none() {
                let words = "Invalid username, password, security token; or user locked out.";
                return fault("sf:INVALID_LOGIN", &format!("INVALID_LOGIN: {words}"));
            }
            return self.login(call, username.trim());
        }
        let session = element(&text, "sessionId")
            .and_then(|given| self.read(Kind::Access, given.trim()).ok());
        let Some(session) = session else {
            return fault(
                "sf:INVALID_SESSION_ID",
                "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader",
            );
        };
        let document = match xml::read(&text) {
            Ok(document) => document,
            Err(error) => return fault("soapenv:Client", &error),
        };
        let operation = document
            .child("Body")
            .and_then(|body| body.children.first());
        let Some(operation) = operation else {
            return fault("soapenv:Client", "The body names no operation.");
        };
        if operation.name == "logout" {
            self.setting.tokens.revoke(&session);
            return envelope(200, "<logoutResponse/>");
        }
        let actor = Actor {
            user: &session.claims.user,
            now: self.setting.now(),
        };
        let mut org = self.org();
        super::metadata::answer(&mut org, operation, actor)
            .or_else(|| super::partner::answer(&mut org, operation, actor))
            .unwrap_or_else(|| {
                fault(
                    "sf:UNSUPPORTED_OPERATION",
                    "The sandbox answers login, logout, records, users and definitions of objects only.",
                )
            })
    }

    fn login(&self, call: &Call, username: &str) -> Reply {
        let user = self.user_named(username);
        let session = self.new_session(Claims {
            client: "soap".to_owned(),
            user: user.clone(),
            ..Claims::default()
        });
        let origin = call.origin();
        let version = call
            .segments()
            .get(3)
            .cloned()
            .unwrap_or_else(|| "59.0".to_owned());
        let short = ORGANIZATION.get(..15).unwrap_or_default();
        let seconds = SESSION_LIFE_MS / 1000;
        let name = escape(&self.username(&user).unwrap_or_default());
        envelope(
            200,
            &format!(
                "<loginResponse><result><metadataServerUrl>{server}/m/{version}/{short}</metadataServerUrl>\
                 <passwordExpired>false</passwordExpired><sandbox>false</sandbox>\
                 <serverUrl>{server}/u/{version}/{short}</serverUrl><sessionId>{session}</sessionId><userId>{user}</userId>\
                 <userInfo><organizationId>{ORGANIZATION}</organizationId><organizationName>Ligand Sandbox</organizationName>\
                 <sessionSecondsValid>{seconds}</sessionSecondsValid><userId>{user}</userId><userName>{name}</userName>\
                 </userInfo></result></loginResponse>",
                server = escape(&format!("{origin}/services/Soap")),
                version = escape(&version),
            ),
        )
    }
}

/// The unescaped text of the first element of this local name, whatever its prefix.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let mut rest = xml;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (tag, content) = after.split_once('>')?;
        let qualified = tag.split_whitespace().next().unwrap_or_default();
        let local = qualified.rsplit(':').next().unwrap_or_default();
        if local == name && !tag.starts_with('/') && !tag.ends_with('/') {
            let (inner, _) = content.split_once('<')?;
            let text = inner
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&apos;", "'");
            return Some(text.replace("&amp;", "&"));
        }
        rest = content;
    }
}

pub(super) fn envelope(status: u16, body: &str) -> Reply {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns=\"urn:partner.soap.sforce.com\" xmlns:sf=\"urn:fault.partner.soap.sforce.com\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    );
    Reply::bytes(status, "text/xml; charset=utf-8", text)
}

/// The namespace of the partner API.
pub(super) const PARTNER: &str = "urn:partner.soap.sforce.com";
/// The namespace of the Metadata API.
pub(super) const METADATA: &str = "http://soap.sforce.com/2006/04/metadata";

/// The answer to an operation: an element `result` for each, or a fault.
pub(super) fn answered(namespace: &str, operation: &str, results: Answer<Vec<Value>>) -> Reply {
    match results {
        Ok(results) => {
            let mut body = String::new();
            xml::print("result", &Value::Array(results), &mut body);
            envelope(
                200,
                &format!("<{operation}Response xmlns=\"{namespace}\">{body}</{operation}Response>"),
            )
        }
        Err(error) => fault(
            &format!("sf:{}", error.code),
            &format!("{}: {}", error.code, error.message),
        ),
    }
}

pub(super) fn fault(code: &str, message: &str) -> Reply {
    let body = format!(
        "<soapenv:Fault><faultcode>{}</faultcode><faultstring>{}</faultstring></soapenv:Fault>",
        escape(code),
        escape(message)
    );
    envelope(500, &body)
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn elements_are_found_under_any_prefix() {
        let xml = "<?xml version=\"1.0\"?><env:Body><n1:login xmlns:n1=\"u\"><n1:username>a&amp;b@x.example</n1:username>\
                   <n1:password></n1:password></n1:login></env:Body>";
        assert_eq!(element(xml, "username").as_deref(), Some("a&b@x.example"));
        assert_eq!(element(xml, "password").as_deref(), Some(""));
        assert_eq!(element(xml, "sessionId"), None);
    }
}
