//! What is not one vendor's: the catalog, login, passthrough, usage.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::guides::{self, Guide};
use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;
use crate::http::Request;

/// The catalog, which needs no credentials, in both vocabularies.
pub fn catalog(tour: &mut Tour) -> Result {
    for noun in ["element", "your_mom"] {
        tour.noun = noun;
        tour.report
            .chapter(&format!("The catalog through /{noun}s/api-v2"));
        let keys = tour.call(
            Authority::Nobody,
            "GET",
            &tour.api(&format!("/{noun}s/keys")),
            None,
        )?;
        tour.expect("keys are listed without credentials", &keys, 200);
        let keys = keys.json();
        for guide in guides::all() {
            let known = keys
                .as_array()
                .is_some_and(|all| all.iter().any(|key| key == guide.key));
            tour.report.check(&format!("{} is there", guide.key), known);
        }
        let all = tour.call(
            Authority::Nobody,
            "GET",
            &tour.api(&format!("/{noun}s")),
            None,
        )?;
        tour.expect("elements are listed", &all, 200);
        let by_id = tour.call(
            Authority::Nobody,
            "GET",
            &tour.api(&format!("/{noun}s/27")),
            None,
        )?;
        tour.expect("one is read by id", &by_id, 200);
        let eloqua = by_id.json();
        tour.report
            .equal("it is Eloqua", &plain(at(&eloqua, "key")), "eloqua");
        let image = format!("{noun}s/provider_eloqua.png");
        tour.report.equal(
            "its image speaks the path's vocabulary",
            &plain(at(&eloqua, "image")),
            &image,
        );
        let hubs = tour.call(Authority::Nobody, "GET", &tour.api("/hubs"), None)?;
        tour.expect("hubs are listed", &hubs, 200);
        let none = tour.call(
            Authority::Nobody,
            "GET",
            &tour.api(&format!("/{noun}s/nosuchkey")),
            None,
        )?;
        tour.expect_error("an unknown key is not found", &none, 404, "nosuchkey");
    }
    Ok(())
}

/// Password login, and the secrets it leads to.
pub fn login(tour: &mut Tour, credentials: &Value) -> Result {
    tour.noun = "element";
    tour.report.chapter("Login");
    let path = tour.api("/authentication");
    let body =
        json!({"username": at(credentials, "email"), "password": at(credentials, "password")});
    let reply = tour.call(Authority::Nobody, "POST", &path, Some(&body))?;
    let token = plain(at(&reply.json(), "token"));
    tour.expect("the first user logs in", &reply, 200);
    let secrets = tour.exchange(Request {
        method: "GET".into(),
        url: format!("{}{}", tour.base, tour.api("/authentication/secrets")),
        headers: vec![("Authorization".into(), format!("Bearer {token}"))],
        body: Vec::new(),
    })?;
    tour.expect("and reads the secrets", &secrets, 200);
    let same = plain(at(&secrets.json(), "userSecret")) == tour.user;
    tour.report
        .check("which are those of credentials.json", same);
    Ok(())
}

/// The vendor's own API with the instance's credential.
pub fn passthrough(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    tour.report
        .say("The vendor's own API, with the account's credential:");
    let path = tour.api(&format!("/passthrough/{}", guide.passthrough.0));
    let reply = tour.call(Authority::Account(instance), "GET", &path, None)?;
    tour.expect("passthrough reaches the vendor", &reply, 200);
    let (_, member) = guide.passthrough;
    let found = !at(&reply.json(), member).is_null();
    tour.report.check(
        &format!("and brings its answer as it is, `{member}` and all"),
        found,
    );
    Ok(())
}

/// What a call would send, without sending it.
pub fn explain(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    tour.report.say("What a call would send, and why:");
    let caller = format!("User {}, Organization {}", tour.user, tour.organization);
    let reply = tour.exchange(Request {
        method: "GET".into(),
        url: format!(
            "{}{}",
            tour.base,
            tour.api(&format!("/hubs/{}/ping", guide.hub))
        ),
        headers: vec![
            (
                "Authorization".into(),
                format!("{caller}, Element {}", instance.token),
            ),
            ("Elements-Explain".into(), "dry-run".into()),
        ],
        body: Vec::new(),
    })?;
    tour.expect("explain answers in place of the data", &reply, 200);
    let explained = reply.json();
    let request = at(&explained, "requests.0");
    let real = plain(at(request, "url")).starts_with("https://");
    tour.report.check("with the vendor's real address", real);
    tour.report.equal(
        "and a masked token",
        &plain(at(request, "headers.Authorization")),
        "Bearer ********",
    );
    let parts = at(request, "setBy").as_array().map_or(0, Vec::len);
    tour.report.check("and what set each part", parts > 0);
    Ok(())
}

/// The calls above have left rows; they are flushed within two seconds.
pub fn usage(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    tour.report.say("What the calls left behind:");
    let ping = tour.api(&format!("/hubs/{}/ping", guide.hub));
    let reply = tour.call(Authority::Account(instance), "GET", &ping, None)?;
    let id = reply
        .header("elements-request-id")
        .unwrap_or_default()
        .to_owned();
    tour.report
        .check("every answer names its request", id.len() == 24);
    let row = Request {
        method: "GET".into(),
        url: format!("{}{}", tour.base, tour.api(&format!("/usage/{id}"))),
        headers: vec![(
            "Authorization".into(),
            format!("User {}, Organization {}", tour.user, tour.organization),
        )],
        body: Vec::new(),
    };
    let patience = Instant::now() + Duration::from_secs(5);
    let mut reply = crate::http::send(&row)?;
    while reply.status == 404 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(100));
        reply = crate::http::send(&row)?;
    }
    tour.report.request(&row);
    tour.report.reply(&reply);
    tour.expect("its usage row is there", &reply, 200);
    tour.report
        .check("it keeps no query string", !reply.text().contains('?'));
    let list = tour.call(
        Authority::Caller,
        "GET",
        &tour.api("/usage?pageSize=2"),
        None,
    )?;
    tour.expect("usage is listed", &list, 200);
    Ok(())
}
