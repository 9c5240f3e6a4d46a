//! `etframework.wsdl`: what SOAP clients are made from. Types of objects come from the table of objects, the rest stands in
//! `wsdl.xml`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::objects::{self, Object};
use crate::page::escape;

/// What every object inherits.
const BASE: [&str; 6] = [
    "ID",
    "ObjectID",
    "CustomerKey",
    "CreatedDate",
    "ModifiedDate",
    "PartnerKey",
];
/// Operation; its request and answer; what each holds as `name:type`, `*` for many.
const OPERATIONS: [(&str, &str, &str, &str, &str); 11] = [
    (
        "Create",
        "CreateRequest",
        "Options:tns:CreateOptions Objects:tns:APIObject*",
        "CreateResponse",
        WRITTEN,
    ),
    (
        "Update",
        "UpdateRequest",
        "Options:tns:UpdateOptions Objects:tns:APIObject*",
        "UpdateResponse",
        WRITTEN,
    ),
    (
        "Delete",
        "DeleteRequest",
        "Options:tns:DeleteOptions Objects:tns:APIObject*",
        "DeleteResponse",
        WRITTEN,
    ),
    (
        "Retrieve",
        "RetrieveRequestMsg",
        "RetrieveRequest:tns:RetrieveRequest",
        "RetrieveResponseMsg",
        "OverallStatus:xsd:string RequestID:xsd:string Results:tns:APIObject*",
    ),
    (
        "Describe",
        "DefinitionRequestMsg",
        "DescribeRequests:tns:ArrayOfObjectDefinitionRequest",
        "DefinitionResponseMsg",
        "ObjectDefinition:tns:ObjectDefinition* RequestID:xsd:string",
    ),
    (
        "Perform",
        "PerformRequestMsg",
        "Options:tns:Options Action:xsd:string Definitions:tns:ArrayOfDefinition",
        "PerformResponseMsg",
        ACTED,
    ),
    (
        "Configure",
        "ConfigureRequestMsg",
        "Options:tns:Options Action:xsd:string Configurations:tns:ArrayOfConfiguration",
        "ConfigureResponseMsg",
        ACTED,
    ),
    (
        "Schedule",
        "ScheduleRequestMsg",
        "Options:tns:Options Action:xsd:string Schedule:tns:ScheduleDefinition Interactions:tns:ArrayOfInteraction",
        "ScheduleResponseMsg",
        ACTED,
    ),
    (
        "Execute",
        "ExecuteRequestMsg",
        "Requests:tns:ExecuteRequest*",
        "ExecuteResponseMsg",
        "OverallStatus:xsd:string RequestID:xsd:string Results:tns:Result*",
    ),
    (
        "GetSystemStatus",
        "SystemStatusRequestMsg",
        "Options:tns:Options",
        "SystemStatusResponseMsg",
        "Results:tns:SystemStatusResult* OverallStatus:xsd:string OverallStatusMessage:xsd:string RequestID:xsd:string",
    ),
    (
        "VersionInfo",
        "VersionInfoRequestMsg",
        "IncludeVersionHistory:xsd:boolean",
        "VersionInfoResponseMsg",
        "VersionInfo:tns:VersionInfoResponse RequestID:xsd:string",
    ),
];
const WRITTEN: &str = "Results:tns:Result* RequestID:xsd:string OverallStatus:xsd:string";
const ACTED: &str = "Results:tns:ArrayOfResult OverallStatus:xsd:string OverallStatusMessage:xsd:string RequestID:xsd:string";
/// Results that a type of their own tells apart.
const RESULTS: [&str; 10] = [
    "CreateResult",
    "UpdateResult",
    "DeleteResult",
    "DataExtensionCreateResult",
    "DataExtensionUpdateResult",
    "DataExtensionDeleteResult",
    "TriggeredSendCreateResult",
    "PerformResult",
    "ScheduleResult",
    "ConfigureResult",
];

/// The description, with the address of the service.
pub fn text(address: &str) -> String {
    let objects: String = objects::all()
        .iter()
        .fold(String::new(), |mut all, (name, object)| {
            derived(&mut all, name, "APIObject", &members(object));
            all
        });
    let results = RESULTS.iter().fold(String::new(), |mut all, name| {
        derived(&mut all, name, "Result", "");
        all
    });
    let (mut elements, mut messages) = (String::new(), String::new());
    let (mut ports, mut bindings) = (String::new(), String::new());
    for (operation, request, asked, response, told) in OPERATIONS {
        for (message, holds) in [(request, asked), (response, told)] {
            let parts: String = holds.split(' ').map(part).collect();
            let _ = write!(
                elements,
                "<xsd:element name=\"{message}\"><xsd:complexType><xsd:sequence>{parts}</xsd:sequence></xsd:complexType></xsd:element>"
            );
            let _ = write!(
                messages,
                "<wsdl:message name=\"{message}\"><wsdl:part name=\"parameters\" element=\"tns:{message}\"/></wsdl:message>"
            );
        }
        let _ = write!(
            ports,
            "<wsdl:operation name=\"{operation}\"><wsdl:input message=\"tns:{request}\"/><wsdl:output message=\"tns:{response}\"/></wsdl:operation>"
        );
        let body = "<soap:body use=\"literal\"/>";
        let _ = write!(
            bindings,
            "<wsdl:operation name=\"{operation}\"><soap:operation soapAction=\"{operation}\" style=\"document\"/>\
             <wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
        );
    }
    let operations = format!(
        "{messages}<wsdl:portType name=\"Soap\">{ports}</wsdl:portType><wsdl:binding name=\"SoapBinding\" type=\"tns:Soap\">\
         <soap:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>{bindings}</wsdl:binding>"
    );
    include_str!("wsdl.xml")
        .replace("{objects}", &objects)
        .replace("{results}", &results)
        .replace("{elements}", &elements)
        .replace("{operations}", &operations)
        .replace("{address}", &escape(address))
}

/// A type that adds members to another.
fn derived(all: &mut String, name: &str, base: &str, members: &str) {
    let _ = write!(
        all,
        "<xsd:complexType name=\"{name}\"><xsd:complexContent><xsd:extension base=\"tns:{base}\"><xsd:sequence>{members}</xsd:sequence>\
         </xsd:extension></xsd:complexContent></xsd:complexType>"
    );
}

/// `name:type`, with `*` for many.
fn part(text: &str) -> String {
    let (name, kind) = text.split_once(':').unwrap_or((text, "xsd:string"));
    let (kind, most) = match kind.strip_suffix('*') {
        Some(kind) => (kind, "unbounded"),
        None => (kind, "1"),
    };
    format!("<xsd:element name=\"{name}\" type=\"{kind}\" minOccurs=\"0\" maxOccurs=\"{most}\"/>")
}

/// The members of an object beyond what it inherits; a dotted name is one of the related object.
fn members(object: &Object) -> String {
    let mut seen = BTreeSet::new();
    let mut all = String::new();
    for property in object.properties() {
        let (name, dotted) = match property.name.split_once('.') {
            Some((outer, _)) => (outer, true),
            None => (property.name, false),
        };
        if BASE.contains(&name) || !seen.insert(name) {
            continue;
        }
        let kind = match (name, property.kind) {
            ("Fields", _) => "tns:ArrayOfField".to_owned(),
            ("Attributes", _) => "tns:Attribute*".to_owned(),
            ("Lists", _) => "tns:SubscriberList*".to_owned(),
            ("ParentFolder", _) => "tns:DataFolder".to_owned(),
            (name, _) if dotted => format!("tns:{name}"),
            (name, "object") if objects::all().contains_key(name) => format!("tns:{name}"),
            (_, "object") => "tns:APIProperty".to_owned(),
            (_, "int") => "xsd:int".to_owned(),
            (_, "bool") => "xsd:boolean".to_owned(),
            (_, "date") => "xsd:dateTime".to_owned(),
            _ => "xsd:string".to_owned(),
        };
        all += &part(&format!("{name}:{kind}"));
    }
    all
}
