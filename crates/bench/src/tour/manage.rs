//! The instance itself: lists, names, configuration, switching off and on.

use serde_json::{Value, json};

use super::guides::Guide;
use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;

/// Finds, renames, looks into, disables and enables the instance.
pub fn walk(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    tour.report.say("The instance itself:");
    let path = tour.api(&format!("/instances/{}", instance.id));
    let found = tour.call(
        Authority::Caller,
        "GET",
        &tour.api("/instances?tags[]=tour"),
        None,
    )?;
    tour.expect("instances are found by tag", &found, 200);
    let ids = found.json();
    let listed = ids
        .as_array()
        .is_some_and(|all| all.iter().any(|one| at(one, "id") == &json!(instance.id)));
    tour.report.check("this one among them", listed);

    let named =
        json!({"name": "<a href=\"https://example.com\">Renamed</a>", "tags": ["tour", ""]});
    let reply = tour.call(Authority::Caller, "PATCH", &path, Some(&named))?;
    tour.expect("it is renamed", &reply, 200);
    tour.report.equal(
        "without the HTML",
        &plain(at(&reply.json(), "name")),
        "Renamed",
    );
    let reply = tour.call(Authority::Caller, "GET", &path, None)?;
    tour.report
        .equal("and stays so", &plain(at(&reply.json(), "name")), "Renamed");

    let own = tour.api("/instances/configuration");
    let reply = tour.call(Authority::Account(instance), "GET", &own, None)?;
    tour.expect("its configuration is listed by its token", &reply, 200);
    let entries = reply.json();
    let value = |key: &str| {
        let entry = entries
            .as_array()
            .into_iter()
            .flatten()
            .find(|entry| at(entry, "key") == key);
        entry
            .map(|entry| plain(at(entry, "propertyValue")))
            .unwrap_or_default()
    };
    tour.report
        .equal("secrets are masked", &value("oauth.api.secret"), "********");
    tour.report.equal(
        "the rest is not",
        &value("oauth.callback.url"),
        guide.callback,
    );

    let ping = tour.api(&format!("/hubs/{}/ping", guide.hub));
    let enabled = format!("{path}/enabled");
    let reply = tour.call(Authority::Caller, "DELETE", &enabled, None)?;
    tour.expect("it is switched off", &reply, 200);
    let reply = tour.call(Authority::Account(instance), "GET", &ping, None)?;
    tour.expect_error("calls are refused then", &reply, 403, "disabled");
    let reply = tour.call(Authority::Caller, "PUT", &enabled, None)?;
    tour.expect("it is switched on again", &reply, 200);
    let reply = tour.call(Authority::Account(instance), "GET", &ping, None)?;
    tour.expect("and works", &reply, 200);
    tour.report.check(
        "as before",
        at(&reply.json(), "valid") == &Value::Bool(true),
    );
    Ok(())
}
