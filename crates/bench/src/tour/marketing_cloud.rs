//! Marketing Cloud: connected without a consent, written by the row, read by the vendor's own filter, locked by its date.

use serde_json::{Value, json};

use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;
use crate::http::{Reply, encode};

/// Connects an account, shows what takes more than a record, and removes it.
pub fn walk(tour: &mut Tour) -> Result {
    tour.noun = "element";
    tour.report
        .chapter("Salesforce Marketing Cloud: REST and SOAP behind one token");
    let configuration = json!({"clientId": "tour_client_id", "clientSecret": "tour_client_secret",
        "salesforcemarketingcloud.subdomain": "mc563885gzs27c5t9-63k636ttgm"});
    let body = json!({"element": {"key": "salesforcemarketingcloud"}, "name": "Tour", "configuration": configuration});
    let path = tour.api("/instances");
    let made = tour.call(Authority::Caller, "POST", &path, Some(&body))?;
    if !tour.expect("client id and secret are enough", &made, 200) {
        return Ok(());
    }
    let made = made.json();
    let instance = Instance {
        id: at(&made, "id").as_i64().unwrap_or_default(),
        token: plain(at(&made, "token")),
    };
    rows(tour, &instance)?;
    batches(tour, &instance)?;
    lock(tour, &instance)?;
    super::connect::remove(tour, &instance)
}

fn call(
    tour: &mut Tour,
    instance: &Instance,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Reply> {
    let path = tour.api(&format!("/hubs/marketing{path}"));
    tour.call(Authority::Account(instance), method, &path, body)
}

/// A data extension of our own, three rows, and the one that a condition finds.
fn rows(tour: &mut Tour, instance: &Instance) -> Result {
    let key = format!("tour-{}", tour.nonce);
    let body = json!({"Name": key, "CustomerKey": key, "Fields": [
        {"Name": "Email", "FieldType": "EmailAddress", "MaxLength": 100, "IsPrimaryKey": true},
        {"Name": "Total", "FieldType": "Number"}]});
    let made = call(tour, instance, "POST", "/data-extensions", Some(&body))?;
    tour.expect("a data extension is made by SOAP", &made, 200);
    let place = format!("/data-extensions/{}", plain(at(&made.json(), "id")));
    let row =
        |email: &str, total: u8| json!({"keys": {"email": email}, "values": {"total": total}});
    let three = json!([
        row("a@example.com", 1),
        row("b@example.com", 2),
        row("c@example.com", 3)
    ]);
    let path = format!("{place}/rows");
    let written = call(tour, instance, "POST", &path, Some(&three))?;
    tour.expect(
        "its rows are written by REST, under the same id",
        &written,
        200,
    );
    let found = call(
        tour,
        instance,
        "GET",
        &format!("{path}?where={}", encode("total=2")),
        None,
    )?;
    let email = plain(at(&found.json(), "0.keys.email"));
    tour.report
        .equal("a condition finds one", &email, "b@example.com");
    let wrong = json!([row("d@example.com", 4), {"keys": {"email": "e@example.com"}, "values": {"total": "many"}}]);
    let refused = call(tour, instance, "POST", &path, Some(&wrong))?;
    tour.expect_error("a row that does not fit is refused", &refused, 400, "Total");
    let left = call(tour, instance, "GET", &path, None)?;
    let count = left.json().as_array().map_or(0, Vec::len);
    tour.report
        .equal("and nothing of its batch is kept", &count.to_string(), "3");
    let gone = call(tour, instance, "DELETE", &place, None)?;
    tour.expect("the data extension is deleted", &gone, 200);
    Ok(())
}

/// A list in two batches, with a complex filter.
fn batches(tour: &mut Tour, instance: &Instance) -> Result {
    let condition =
        encode("Status='Active' AND (SubscriberKey LIKE 'a%' OR SubscriberKey LIKE 'b%')");
    let path = format!("/lists/1/contacts?pageSize=5&fields=ID,SubscriberKey&where={condition}");
    let first = call(tour, instance, "GET", &path, None)?;
    let next = first
        .header("elements-next-page-token")
        .unwrap_or_default()
        .to_owned();
    tour.report
        .check("a filtered list has a second batch", !next.is_empty());
    let second = call(
        tour,
        instance,
        "GET",
        &format!("{path}&nextPage={next}"),
        None,
    )?;
    tour.expect("it is continued at the vendor", &second, 200);
    let both = [first.json(), second.json()];
    let fits = |row: &Value| plain(at(row, "SubscriberKey")).starts_with(['a', 'b']);
    let all = both.iter().filter_map(Value::as_array).flatten();
    tour.report.check(
        "and every member fits the filter",
        all.clone().count() > 5 && all.clone().all(fits),
    );
    Ok(())
}

/// A journey changes once with the date it had.
fn lock(tour: &mut Tour, instance: &Instance) -> Result {
    let key = format!("tour-{}", tour.nonce);
    let body = json!({"key": key, "name": "Welcome", "workflowApiVersion": 1.0});
    let made = call(tour, instance, "POST", "/activities", Some(&body))?;
    tour.expect("a journey is made", &made, 200);
    let mut journey = made.json();
    let place = format!("/activities/{}", plain(at(&journey, "id")));
    if let Some(members) = journey.as_object_mut() {
        members.insert("modifiedDate".into(), "2001-01-01T00:00:00".into());
    }
    let stale = call(tour, instance, "PUT", "/activities", Some(&journey))?;
    tour.expect_error(
        "a change of an older reading is refused",
        &stale,
        400,
        "modifiedDate",
    );
    let gone = call(tour, instance, "DELETE", &place, None)?;
    tour.expect("the journey is deleted", &gone, 200);
    Ok(())
}
