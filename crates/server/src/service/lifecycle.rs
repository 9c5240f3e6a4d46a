//! The calls that accompany an instance's life: what an element declares for its creation, refresh and deletion.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::exchange::{Exchange, ResourceCall, Setting};
use ligand_engine::hosts;
use ligand_engine::oauth;
use ligand_engine::step::{Failure, VendorReply, VendorRequest};
use ligand_model::configuration::InstanceDocument;
use ligand_model::element::{AuthenticationKind, Element};
use ligand_model::error::ErrorKind;

use super::{Error, explain};
use crate::app::App;
use crate::vendor::drive::{Driver, Explain, NoRefresh};

/// Runs every resource of one lifecycle type in declared order; each sees what the former wrote.
///
/// # Errors
/// The first failure ends it; the document then holds what the former wrote.
pub async fn run(
    app: &App,
    element: &Arc<Compiled>,
    kind: &str,
    query: &[(String, String)],
    document: &mut InstanceDocument,
) -> Result<usize, Error> {
    let mut count = 0;
    let indexes: Vec<usize> = element
        .element
        .lifecycle(kind)
        .map(|(index, _)| index)
        .collect();
    for index in indexes {
        let exchange = Exchange::new(
            Arc::clone(element),
            index,
            BTreeMap::new(),
            empty_call(element, index, query),
            document.values.clone(),
            setting(app, &element.element),
        )
        .without_refresh();
        let driven = driver(app, element)
            .drive(
                &document.hosts,
                exchange,
                &NoRefresh,
                Explain::Off,
                app.deadline(),
            )
            .await;
        if let Err(failure) = &driven.outcome.result {
            // A script's own words may hold what it was given.
            let had = std::iter::once(&document.values);
            return Err(explain::masked(element, had, &driven, failure).into());
        }
        absorb(element, document, driven.outcome.configuration)?;
        count += 1;
    }
    Ok(count)
}

/// Whether an element declares a resource of this type.
pub fn declares(element: &Compiled, kind: &str) -> bool {
    element.element.lifecycle(kind).next().is_some()
}

/// Takes values that a call wrote into a document; hosts among them must be declared by the element.
///
/// # Errors
/// 502 when the vendor named a host that the element does not declare.
pub fn absorb(
    element: &Compiled,
    document: &mut InstanceDocument,
    written: BTreeMap<String, Option<String>>,
) -> Result<(), Error> {
    for (key, value) in written {
        match value {
            Some(value) => {
                let unchanged = document.values.get(&key) == Some(&value);
                if !unchanged && hosts::bears_host(&element.element, &key, &value) {
                    hosts::admit(&element.element, &mut document.hosts, &key, &value).map_err(
                        |error| Failure {
                            kind: ErrorKind::VendorUnavailable,
                            status: None,
                            message: error.to_string(),
                            provider_message: None,
                        },
                    )?;
                }
                document.values.insert(key, value);
            }
            None => {
                document.values.remove(&key);
            }
        }
    }
    Ok(())
}

/// Sends one request outside an exchange: token calls and revocation.
///
/// # Errors
/// The vendor could not be asked or did not answer.
pub async fn send(
    app: &App,
    element: &Compiled,
    request: VendorRequest,
    document: &InstanceDocument,
) -> Result<VendorReply, Error> {
    send_by(driver(app, element), app, request, document).await
}

async fn send_by(
    driver: Driver<'_>,
    app: &App,
    request: VendorRequest,
    document: &InstanceDocument,
) -> Result<VendorReply, Error> {
    driver
        .send_once(&document.hosts, request, app.deadline())
        .await
        .map_err(|unanswered| {
            Error::unanswered(unanswered.kind, unanswered.message, unanswered.arrived)
        })
}

/// Whether a call whose answer was lost is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twice {
    /// It uses nothing up.
    May,
    /// It may have used up what it shows.
    MayNot,
}

/// Sends a token call or a revocation, signed first where the application shows who it is by a key.
///
/// # Errors
/// As [`send`]; 400 for a key that cannot sign.
pub async fn send_as_application(
    app: &App,
    element: &Compiled,
    mut request: VendorRequest,
    document: &InstanceDocument,
    twice: Twice,
) -> Result<VendorReply, Error> {
    let values = &document.values;
    let unsigned = request.body.clone();
    oauth::sign_client(
        &element.element,
        values,
        &mut request,
        &nonce(app),
        app.now(),
    )?;
    let mut driver = driver(app, element);
    // A signature is good once.
    driver.repeatable = twice == Twice::May && request.body == unsigned;
    send_by(driver, app, request, document).await
}

fn driver<'a>(app: &'a App, element: &Compiled) -> Driver<'a> {
    let mut driver = app.driver();
    driver.element = Some(element.id);
    driver
}

/// What every exchange of an element is told about its surroundings.
pub fn setting(app: &App, element: &Element) -> Setting {
    // Nothing else is signed, and randomness is a system call.
    let signed = element.authentication.kind == AuthenticationKind::Oauth1;
    Setting {
        now: app.now(),
        webhook_callback_url: format!("{}/events", app.urls.events),
        nonce: if signed { nonce(app) } else { String::new() },
    }
}

/// A text never used before, as OAuth 1 signs with: letters and digits alone, since some vendors take no others.
pub fn nonce(app: &App) -> String {
    let mut bytes = [0; 16];
    app.entropy.fill(&mut bytes);
    format!("{:032x}", u128::from_le_bytes(bytes))
}

fn empty_call(element: &Compiled, index: usize, query: &[(String, String)]) -> ResourceCall {
    let resource = element.resource(index);
    ResourceCall {
        method: resource
            .map(|resource| resource.method.to_string())
            .unwrap_or_default(),
        path: resource
            .map(|resource| resource.path.to_string())
            .unwrap_or_default(),
        query: query.to_vec(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        content_type: None,
        parts: Vec::new(),
        uploaded: false,
    }
}
