//! The hosted consent: a registered application, our own callback, a secret in place of the code.

use serde_json::json;

use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;
use crate::http::Request;

/// Registers an application, lets the customer consent, redeems the secret, cleans up.
pub fn walk(tour: &mut Tour) -> Result {
    tour.noun = "element";
    tour.report
        .chapter("A hosted consent with a registered application");
    let application = tour.api("/elements/sfdc/application");
    let body = json!({"apiKey": "tour_registered_id", "apiSecret": "tour_registered_secret"});
    let reply = tour.call(Authority::Caller, "PUT", &application, Some(&body))?;
    tour.expect("the vendor application is registered once", &reply, 200);
    tour.report.equal(
        "its secret does not come back",
        &plain(at(&reply.json(), "apiSecret")),
        "********",
    );

    let begin = tour.api("/elements/sfdc/oauth/url/default");
    let reply = tour.call(Authority::Caller, "GET", &begin, None)?;
    tour.expect("a consent begins", &reply, 200);
    let begun = reply.json();
    let (url, secret) = (
        plain(at(&begun, "oauthUrl")),
        plain(at(&begun, "configuration.secret")),
    );
    tour.report.check(
        "with a URL that holds no secret",
        !url.contains(&secret) && !url.contains("tour_registered_secret"),
    );

    tour.report
        .say("The customer approves, and the vendor sends the browser to our callback:");
    let approved = get(tour, &format!("{url}&sandbox_decision=approve"))?;
    tour.expect("the vendor answers with a redirect", &approved, 302);
    let location = approved.header("location").unwrap_or_default().to_owned();
    let ours = location.starts_with(&format!("{}/elements/api-v2/oauth/callback?", tour.base));
    if !tour.report.check("to the server itself", ours) {
        return Ok(());
    }
    let page = get(tour, &location)?;
    tour.expect("the callback shows a page", &page, 200);
    let again = get(tour, &location)?;
    tour.report
        .check("which works once", page.text() != again.text());

    let body =
        json!({"element": {"key": "sfdc"}, "name": "Hosted", "providerData": {"secret": secret}});
    let instances = tour.api("/instances");
    let reply = tour.call(Authority::Caller, "POST", &instances, Some(&body))?;
    tour.expect("the secret becomes an instance", &reply, 200);
    let made = reply.json();
    let instance = Instance {
        id: at(&made, "id").as_i64().unwrap_or_default(),
        token: plain(at(&made, "token")),
    };
    let reply = tour.call(
        Authority::Account(&instance),
        "GET",
        &tour.api("/hubs/crm/ping"),
        None,
    )?;
    tour.expect("whose token works", &reply, 200);
    let reply = tour.call(Authority::Caller, "POST", &instances, Some(&body))?;
    tour.expect("and which cannot be made twice", &reply, 400);
    super::connect::remove(tour, &instance)?;
    let reply = tour.call(Authority::Caller, "DELETE", &application, None)?;
    tour.expect("the application is forgotten", &reply, 200);
    Ok(())
}

fn get(tour: &mut Tour, url: &str) -> Result<crate::http::Reply> {
    tour.exchange(Request {
        method: "GET".into(),
        url: url.to_owned(),
        ..Request::default()
    })
}
