//! From `oauth/url` over the vendor's consent to an instance, and away again.

use serde_json::{Value, json};

use super::guides::Guide;
use super::{Authority, Instance, Tour, at, object, plain};
use crate::arguments::Result;
use crate::http::{Reply, Request, query_value};

/// Asks for the vendor's URL on every spelling of the path, denies once, approves once; answers the code.
pub fn consent(tour: &mut Tour, guide: &Guide) -> Result<Option<String>> {
    let mut parameters = format!(
        "apiKey=tour_client_id&apiSecret=tour_client_secret&callbackUrl={}",
        guide.callback
    );
    if let Some(state) = guide.state {
        parameters += "&state=";
        parameters += state;
    }
    let path = guide
        .path
        .replace("{key}", guide.key)
        .replace("{N}", tour.noun);
    tour.report
        .say("The guide's own request line, only the host replaced:");
    let reply = tour.call(
        Authority::Nobody,
        "GET",
        &format!("{path}?{parameters}"),
        None,
    )?;
    if !tour.expect("oauth/url answers", &reply, 200) {
        return Ok(None);
    }
    let body = reply.json();
    let key = plain(tour.word(&body));
    tour.report.equal(
        "the answer names the element in the path's vocabulary",
        &key,
        guide.key,
    );
    let url = plain(at(&body, "oauthUrl"));
    let wanted = wanted_url(tour, guide, &url)?;
    tour.report.equal("oauthUrl is the guide's", &url, &wanted);
    tour.report
        .check("no secret is in it", !url.contains("tour_client_secret"));
    other_spellings(tour, guide, &parameters, &url)?;
    visit(tour, guide, &url)
}

/// The URL of the guide's sample at the simulated vendor.
fn wanted_url(tour: &Tour, guide: &Guide, found: &str) -> Result<String> {
    let Some(vendor) = guide.vendor else {
        let code = query_value(found, "code").unwrap_or_default();
        return Ok(format!(
            "{}?state={}&code={code}",
            guide.callback, guide.returned_state
        ));
    };
    let rest = guide.authorize.replace("{callback}", guide.callback);
    Ok(format!(
        "{}{}",
        tour.vendor(vendor)?,
        rest.replace("{state}", guide.returned_state)
    ))
}

/// Every other path of the guides, the id in place of the key, and `POST`.
fn other_spellings(tour: &mut Tour, guide: &Guide, parameters: &str, url: &str) -> Result {
    tour.report
        .say("Every other spelling found in the guides leads to the same URL:");
    let (noun, key, id) = (tour.noun, guide.key, guide.id);
    let paths = [
        format!("/{noun}s/api-v2/{noun}s/{key}/oauth/url"),
        format!("/{noun}s/api-v2/{noun}/{key}/oauth/url"),
        format!("/{noun}s/api-v2/{key}/oauth/url"),
        format!("/{noun}s/{key}/oauth/url"),
        format!("/api-v2/{noun}s/{key}/oauth/url"),
        format!("/{noun}s/api-v2/{noun}s/{id}/oauth/url"),
    ];
    let same = |found: &str| match guide.vendor {
        Some(_) => found == url,
        // Marketo's code is random.
        None => found.split("&code=").next() == url.split("&code=").next(),
    };
    for path in paths {
        let request = Request {
            method: "GET".into(),
            url: format!("{}{path}?{parameters}", tour.base),
            ..Request::default()
        };
        let reply = crate::http::send(&request)?;
        let body = reply.json();
        let holds = reply.status == 200
            && same(&plain(at(&body, "oauthUrl")))
            && plain(tour.word(&body)) == key;
        tour.report.check(&format!("GET {path}"), holds);
    }
    let mut body = json!({"apiKey": "tour_client_id", "apiSecret": "tour_client_secret", "callbackUrl": guide.callback});
    if let (Some(state), Some(members)) = (guide.state, body.as_object_mut()) {
        members.insert("state".into(), state.into());
    }
    let path = tour.api(&format!("/{noun}s/{key}/oauth/url"));
    let reply = tour.call(Authority::Nobody, "POST", &path, Some(&body))?;
    let found = plain(at(&reply.json(), "oauthUrl"));
    tour.report.check(
        "POST with the same names as JSON",
        reply.status == 200 && same(&found),
    );
    Ok(())
}

/// Denies, then approves at the vendor's page; without a vendor the callback is the answer already.
fn visit(tour: &mut Tour, guide: &Guide, url: &str) -> Result<Option<String>> {
    if guide.vendor.is_none() {
        let code = query_value(url, "code").unwrap_or_default();
        return Ok(tour
            .report
            .check("the callback carries a fresh code", !code.is_empty())
            .then_some(code));
    }
    tour.report.say("The user denies at the vendor:");
    let denied = decide(tour, url, "deny")?;
    let location = denied.header("location").unwrap_or_default().to_owned();
    tour.report.check(
        "the vendor redirects to the callback",
        location.starts_with(guide.callback),
    );
    tour.report.check(
        "with `error` in place of `code`",
        query_value(&location, "error").is_some() && query_value(&location, "code").is_none(),
    );
    tour.report.say("The user approves at the vendor:");
    let approved = decide(tour, url, "approve")?;
    let location = approved.header("location").unwrap_or_default().to_owned();
    tour.report.check(
        "the vendor redirects to the callback",
        location.starts_with(guide.callback),
    );
    let state = query_value(&location, "state").unwrap_or_default();
    tour.report
        .equal("with the state", &state, guide.returned_state);
    let code = query_value(&location, "code").unwrap_or_default();
    Ok(tour
        .report
        .check("and a code", !code.is_empty())
        .then_some(code))
}

fn decide(tour: &mut Tour, url: &str, decision: &str) -> Result<Reply> {
    let joint = if url.contains('?') { '&' } else { '?' };
    let request = Request {
        method: "GET".into(),
        url: format!("{url}{joint}sandbox_decision={decision}"),
        ..Request::default()
    };
    let reply = tour.exchange(request)?;
    tour.expect("the vendor answers with a redirect", &reply, 302);
    Ok(reply)
}

/// The guide's `instance.json`.
fn instance_json(tour: &Tour, guide: &Guide, code: &str) -> Value {
    let mut configuration = object();
    if let Some(members) = configuration.as_object_mut() {
        members.insert("oauth.callback.url".into(), guide.callback.into());
        members.insert("oauth.api.key".into(), "tour_client_id".into());
        members.insert("oauth.api.secret".into(), "tour_client_secret".into());
        for (key, value) in guide.configuration {
            members.insert((*key).to_owned(), (*value).into());
        }
    }
    json!({
        tour.noun: {"key": guide.key},
        "providerData": {"code": code},
        "configuration": configuration,
        "tags": ["tour"],
        "name": format!("Tour of {}", guide.title),
    })
}

/// "An error will result notifying her of which entries she is missing", and what else must not work.
pub fn refusals(tour: &mut Tour, guide: &Guide) -> Result {
    tour.report.say("What must be refused:");
    let path = tour.api("/instances");
    let mut body = instance_json(tour, guide, "x");
    if let Some(configuration) = body.get_mut("configuration") {
        *configuration = object();
    }
    let reply = tour.call(Authority::Caller, "POST", &path, Some(&body))?;
    let missing = "Missing required configuration: ";
    tour.expect_error("missing configuration is refused", &reply, 400, missing);
    let message = plain(at(&reply.json(), "message"));
    let keys = ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"];
    let all = keys
        .iter()
        .chain(guide.configuration.iter().map(|(key, _)| key))
        .all(|key| message.contains(key));
    tour.report
        .check("the message names every missing entry", all);
    if guide.vendor.is_some() {
        let body = instance_json(tour, guide, "never-issued");
        let reply = tour.call(Authority::Caller, "POST", &path, Some(&body))?;
        tour.expect(
            "a code that the vendor never issued is refused",
            &reply,
            400,
        );
        let said = at(&reply.json(), "providerMessage").is_string();
        tour.report.check("with the vendor's own words", said);
    }
    let body = instance_json(tour, guide, "x");
    let reply = tour.call(Authority::Nobody, "POST", &path, Some(&body))?;
    tour.expect_error(
        "nobody may create an instance",
        &reply,
        401,
        "Invalid Organization or User secret",
    );
    Ok(())
}

/// Creates the instance and compares the answer with the guide's.
pub fn provision(tour: &mut Tour, guide: &Guide, code: &str) -> Result<Option<Instance>> {
    tour.report.say("The guide's POST /instances:");
    let body = instance_json(tour, guide, code);
    let path = tour.api("/instances");
    let reply = tour.call(Authority::Caller, "POST", &path, Some(&body))?;
    let answer = reply.json();
    let token = plain(at(&answer, "token"));
    if !tour.expect("the instance is created", &reply, 200) {
        return Ok(None);
    }
    let id = at(&answer, "id").as_i64();
    tour.report.check(
        "it has a numeric id and a token",
        id.is_some() && token.len() > 20,
    );
    let element = tour.word(&answer).clone();
    tour.report.equal(
        "it names its element",
        &plain(at(&element, "key")),
        guide.key,
    );
    tour.report
        .check("by id, too", at(&element, "id").as_i64() == Some(guide.id));
    let members = [
        "name",
        "description",
        "active",
        "deleted",
        "typeOauth",
        "trialAccount",
        "configDescription",
    ];
    let complete = members.iter().all(|name| element.get(name).is_some());
    tour.report
        .check("the element has every member of the samples", complete);
    let flags = json!({
        "provisionInteractions": [], "valid": true, "disabled": false, "maxCacheSize": 0,
        "cacheTimeToLive": 0, "cachingEnabled": false, "eventsEnabled": false,
    });
    let same = flags
        .as_object()
        .into_iter()
        .flatten()
        .all(|(name, value)| answer.get(name) == Some(value));
    tour.report
        .check("the instance has every member of the samples", same);
    let text = reply.text();
    tour.report.check(
        "no secret comes back",
        !text.contains("tour_client_secret") && !text.contains(code),
    );
    let first = plain(at(&answer, "tags.0"));
    tour.report.equal(
        "its name is its first tag",
        &first,
        &format!("Tour of {}", guide.title),
    );
    if guide.vendor.is_some() {
        let again = tour.call(Authority::Caller, "POST", &path, Some(&body))?;
        tour.expect("a code works once", &again, 400);
    }
    Ok(id.map(|id| Instance { id, token }))
}

/// Deletes the instance; its token stops at once.
pub fn remove(tour: &mut Tour, instance: &Instance) -> Result {
    tour.report.say("And away again:");
    let path = tour.api(&format!("/instances/{}", instance.id));
    let reply = tour.call(Authority::Caller, "DELETE", &path, None)?;
    tour.expect("the instance is deleted", &reply, 200);
    let ping = tour.api("/hubs/any/ping");
    let reply = tour.call(Authority::Account(instance), "GET", &ping, None)?;
    tour.expect("its token stopped working", &reply, 401);
    Ok(())
}
