//! `Service.asmx`: which request means what; Retrieve, Describe, and whether the system answers are here.
//!
//! # Source
//! <https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/soap-web-service-api.html> (2026-11)

use std::fmt::Write as _;

use ligand_model::time::Timestamp;

use super::MarketingCloud;
use super::actions;
use super::filter::Filter;
use super::objects;
use super::rows;
use super::state::{Left, State};
use super::write;
use crate::call::{Call, Reply};
use crate::oauth::Rejected;
use crate::page::escape;
use crate::vendor::lock;
use crate::xml::{self, Node};

/// Records a batch holds at most.
const BATCH: usize = 2500;

impl MarketingCloud {
    /// One SOAP call.
    pub(super) fn soap(&self, call: &Call) -> Reply {
        let envelope = match xml::read(&call.text()) {
            Ok(envelope) => envelope,
            Err(why) => {
                return fault(
                    "soap:Client",
                    &format!("Server was unable to read request. {why}"),
                );
            }
        };
        let header = envelope.child("Header");
        // Clients of legacy packages wrap the token once more.
        let legacy = header.and_then(|header| header.child("oAuth"));
        let token = header
            .and_then(|header| header.text_of("fueloauth"))
            .or_else(|| legacy.and_then(|legacy| legacy.text_of("oAuthToken")))
            .unwrap_or_default();
        match self.read(token) {
            Ok(_) => {}
            Err(Rejected::Expired) => return fault("q0:Security", "Token Expired"),
            Err(_) => return fault("q0:Security", "Login Failed"),
        }
        let usage = self
            .setting
            .rate
            .count(self.setting.now(), super::RATE_WINDOW);
        if usage.exceeded() {
            return fault("soap:Server", "Rate limit exceeded").header("retry-after", "5");
        }
        let request = envelope
            .child("Body")
            .and_then(|body| body.children.first());
        let Some(request) = request else {
            return fault("soap:Client", "The body of the request is empty.");
        };
        let now = self.setting.now();
        let mut state = lock(&self.state);
        match request.name.as_str() {
            "RetrieveRequestMsg" => retrieve(&mut state, request),
            "CreateRequest" => write::answer(&mut state, write::Verb::Create, request, now),
            "UpdateRequest" => write::answer(&mut state, write::Verb::Update, request, now),
            "DeleteRequest" => write::answer(&mut state, write::Verb::Delete, request, now),
            "PerformRequestMsg" => actions::perform(&mut state, request, now),
            "ScheduleRequestMsg" => actions::schedule(&mut state, request, now),
            "ConfigureRequestMsg" => actions::configure(&mut state, request, now),
            "ExecuteRequestMsg" => actions::execute(&mut state, request, now),
            "VersionInfoRequestMsg" => actions::version(&mut state),
            "DefinitionRequestMsg" => describe(&mut state, request),
            "SystemStatusRequestMsg" => status(&mut state, now),
            other => fault(
                "soap:Client",
                &format!("The sandbox does not answer {other}."),
            ),
        }
    }
}

fn status(state: &mut State, now: Timestamp) -> Reply {
    let request = state.guid();
    let body = format!(
        "<SystemStatusResponseMsg xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><Results><StatusCode>OK</StatusCode>\
         <StatusMessage>System Status Retrieved</StatusMessage><SystemStatus>OK</SystemStatus><ServerTime>{}</ServerTime></Results>\
         <OverallStatus>OK</OverallStatus><OverallStatusMessage /><RequestID>{request}</RequestID></SystemStatusResponseMsg>",
        super::state::stamp(now)
    );
    answer("Response", 200, &body)
}

/// `RetrieveRequestMsg`; faults of the request are inside HTTP 200.
fn retrieve(state: &mut State, message: &Node) -> Reply {
    let Some(request) = message.child("RetrieveRequest") else {
        return fault("soap:Client", "The RetrieveRequest is missing.");
    };
    let id = state.guid();
    let left = match request.text_of("ContinueRequest") {
        Some(earlier) => state
            .take(earlier)
            .ok_or_else(|| "The ContinueRequest ID is unknown or has expired.".to_owned()),
        None => select(state, request),
    };
    let mut left = match left {
        Ok(left) => left,
        Err(why) => return retrieved(&id, &format!("Error: {why}"), ""),
    };
    let batch: String = left.rows.drain(..left.batch.min(left.rows.len())).collect();
    let overall = if left.rows.is_empty() {
        "OK"
    } else {
        "MoreDataAvailable"
    };
    if !left.rows.is_empty() {
        state.keep(&id, left);
    }
    retrieved(&id, overall, &batch)
}

fn retrieved(request: &str, overall: &str, results: &str) -> Reply {
    let body = format!(
        "<RetrieveResponseMsg xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><OverallStatus>{}</OverallStatus>\
         <RequestID>{request}</RequestID>{results}</RetrieveResponseMsg>",
        escape(overall)
    );
    answer("RetrieveResponse", 200, &body)
}

/// Every record that a request asks for, printed.
fn select(state: &State, request: &Node) -> Result<Left, String> {
    let kind = request.text_of("ObjectType").unwrap_or_default();
    let size = request
        .child("Options")
        .and_then(|options| options.text_of("BatchSize"))
        .map(|text| text.parse::<usize>().ok().filter(|size| *size > 0));
    let batch = match size {
        Some(None) => return Err("The BatchSize must be a whole number above 0.".to_owned()),
        Some(Some(size)) => size.min(BATCH),
        None => BATCH,
    };
    let asked: Vec<&str> = request
        .all("Properties")
        .map(|property| property.text.trim())
        .collect();
    if let Some(key) = kind
        .strip_prefix("DataExtensionObject[")
        .and_then(|k| k.strip_suffix(']'))
    {
        let rows = rows::print_rows(state, key, &asked, request.child("Filter"))?;
        return Ok(Left {
            rows: rows.into(),
            batch,
        });
    }
    let Some(object) = objects::all().get(kind) else {
        return Err(format!(
            "Unable to find a handler for object type: {kind}. Object types are case-sensitive, check spelling."
        ));
    };
    if asked.is_empty() {
        return Err("The Request Property(s) list is empty".to_owned());
    }
    let unknown: Vec<&str> = asked
        .iter()
        .copied()
        .filter(|name| {
            object
                .property(name)
                .is_none_or(|property| !property.retrievable)
        })
        .collect();
    if !unknown.is_empty() {
        return Err(format!(
            "The Request Property(s) {} do not match with the fields of {kind} retrieve",
            unknown.join(", ")
        ));
    }
    let filter = request
        .child("Filter")
        .map(|filter| Filter::read(filter, object, kind))
        .transpose()?;
    let rows = state
        .all(object.place(kind))
        .filter(|record| filter.as_ref().is_none_or(|filter| filter.holds(record)))
        .map(|record| {
            let mut out = format!("<Results xsi:type=\"{kind}\"><PartnerKey xsi:nil=\"true\" />");
            let mut shown = serde_json::Map::new();
            for name in &asked {
                let value = record.get(*name).cloned().unwrap_or_default();
                match name.split_once('.') {
                    Some((outer, inner)) => {
                        let outer = shown.entry(outer).or_insert_with(|| serde_json::json!({}));
                        crate::record_store::put(outer, inner, value);
                    }
                    None => {
                        shown.insert((*name).to_owned(), value);
                    }
                }
            }
            for (name, value) in &shown {
                xml::print(name, value, &mut out);
            }
            out.push_str("</Results>");
            out
        })
        .collect();
    Ok(Left { rows, batch })
}

/// `DefinitionRequestMsg`: what each type asked for has.
fn describe(state: &mut State, message: &Node) -> Reply {
    let request = state.guid();
    let mut definitions = String::new();
    for asked in message
        .child("DescribeRequests")
        .into_iter()
        .flat_map(|d| d.all("ObjectDefinitionRequest"))
    {
        let kind = asked.text_of("ObjectType").unwrap_or_default();
        let _ = write!(
            definitions,
            "<ObjectDefinition><ObjectType>{}</ObjectType>",
            escape(kind)
        );
        if let Some(object) = objects::all().get(kind) {
            for property in object.properties() {
                let native = match property.kind {
                    "int" => "Int32",
                    "date" => "DateTime",
                    "bool" => "Boolean",
                    "object" => "Object",
                    _ => "String",
                };
                let _ = write!(
                    definitions,
                    "<Properties><PartnerKey xsi:nil=\"true\" /><ObjectID xsi:nil=\"true\" /><Name>{}</Name><DataType>{native}</DataType>\
                     <IsUpdatable>{}</IsUpdatable><IsRetrievable>{}</IsRetrievable><IsRequired>{}</IsRequired></Properties>",
                    property.name,
                    property.writable && !object.read_only,
                    property.retrievable,
                    object.required.iter().any(|name| name == property.name),
                );
            }
        }
        if kind == "Subscriber" {
            for attribute in state.all(actions::ATTRIBUTES) {
                definitions.push_str("<ExtendedProperties>");
                let mut own = serde_json::Map::new();
                own.insert(
                    "Name".into(),
                    attribute.get("Name").cloned().unwrap_or_default(),
                );
                let kind = attribute
                    .get("PropertyType")
                    .or_else(|| attribute.get("DataType"));
                own.insert(
                    "PropertyType".into(),
                    kind.cloned().unwrap_or_else(|| "string".into()),
                );
                xml::print("ExtendedProperty", &own.into(), &mut definitions);
                definitions.push_str("</ExtendedProperties>");
            }
        }
        definitions.push_str("</ObjectDefinition>");
    }
    let body = format!(
        "<DefinitionResponseMsg xmlns=\"http://exacttarget.com/wsdl/partnerAPI\">{definitions}<RequestID>{request}</RequestID></DefinitionResponseMsg>"
    );
    answer("Response", 200, &body)
}

/// An answer of `Service.asmx`; `action` is the vendor's `wsa:Action`.
pub(super) fn answer(action: &str, status: u16, body: &str) -> Reply {
    Reply::bytes(
        status,
        "text/xml; charset=utf-8",
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
             xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\"><soap:Header><wsa:Action>{action}</wsa:Action></soap:Header>\
             <soap:Body>{body}</soap:Body></soap:Envelope>"
        ),
    )
}

fn fault(code: &str, text: &str) -> Reply {
    let body = format!(
        "<soap:Fault><faultcode xmlns:q0=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">{code}</faultcode>\
         <faultstring>{}</faultstring></soap:Fault>",
        escape(text)
    );
    answer(
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault",
        500,
        &body,
    )
}
