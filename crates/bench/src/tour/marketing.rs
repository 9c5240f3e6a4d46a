//! One thing of Eloqua, Marketo and Act-On each that takes more than a record.

use serde_json::{Value, json};

use super::guides::Guide;
use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;
use crate::http::encode;

/// What is shown of the guide's element; nothing for other vendors'.
pub fn more(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    let mut walk = Walk { tour, instance };
    match guide.key {
        "eloqua" => walk.list_of_a_campaign(),
        "marketo" => walk.what_changed(),
        "acton" => walk.list_with_columns(),
        _ => Ok(()),
    }
}

struct Walk<'t, 'a> {
    tour: &'t mut Tour<'a>,
    instance: &'t Instance,
}

impl Walk<'_, '_> {
    /// Calls, and checks that it goes well.
    fn call(
        &mut self,
        fact: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let path = self.tour.api(&format!("/hubs/marketing{path}"));
        let account = Authority::Account(self.instance);
        let reply = self.tour.call(account, method, &path, body)?;
        self.tour.expect(fact, &reply, 200);
        Ok(reply.json())
    }

    fn check(&mut self, fact: &str, holds: bool) {
        self.tour.report.check(fact, holds);
    }

    /// Eloqua: a contact gets into a campaign by the list in its segment, by four calls of the vendor.
    fn list_of_a_campaign(&mut self) -> Result {
        let contacts = self.call(
            "a contact is found",
            "GET",
            "/contacts?pageSize=1&page=7",
            None,
        )?;
        let id = plain(at(&contacts, "0.id"));
        let body = json!([{"id": id}]);
        let path = "/campaigns/18/contacts";
        self.call("it joins a campaign", "PUT", path, Some(&body))?;
        let one = format!("/lists/1/contacts/{id}");
        let member = self.call(
            "it is on the list of the campaign's segment",
            "GET",
            &one,
            None,
        )?;
        self.check("and is the same contact", plain(at(&member, "id")) == id);
        let path = "/campaigns/18/activate";
        let active = self.call("the campaign is activated", "PATCH", path, None)?;
        self.check("and says so", at(&active, "currentStatus") == "Active");
        self.call(
            "and deactivated again",
            "PATCH",
            "/campaigns/18/deactivate",
            None,
        )?;
        let path = "/objects/contacts/metadata?customFieldsOnly=true";
        let fields = self.call(
            "the site's own fields of contacts are told",
            "GET",
            path,
            None,
        )?;
        self.check(
            "each as such",
            at(&fields, "fields.0.custom") == &Value::Bool(true),
        );
        Ok(())
    }

    /// Marketo: what changed since a date, by a token that the vendor makes of the date.
    fn what_changed(&mut self) -> Result {
        let body = json!({"person": {"title": "Shown on the tour"}});
        self.call("a person gets a title", "PATCH", "/contacts/9", Some(&body))?;
        let since = encode("sinceDate='2020-01-01T00:00:00Z'");
        let path = format!("/changed-contacts?fields=title&where={since}");
        let changed = self.call("changes since a date are read", "GET", &path, None)?;
        let told = changed.as_array().is_some_and(|changes| {
            changes
                .iter()
                .any(|one| at(one, "fields.0.newValue") == "Shown on the tour")
        });
        self.check("the title among them", told);
        let path = "/programs/1001/leads?pageSize=1";
        let people = self.call(
            "the people of a program have a status there",
            "GET",
            path,
            None,
        )?;
        let status = at(&people, "0.membership.progressionStatus");
        self.check("which the vendor tells", status.is_string());
        Ok(())
    }

    /// Act-On: a list with columns of its own, which are the fields of its contacts.
    fn list_with_columns(&mut self) -> Result {
        let body = json!({"listname": "Made on the tour", "uploadspecs": [
            {"columnHeading": "Email", "columnType": "EMAIL"}, {"columnHeading": "Shoe size"}]});
        let made = self.call("a list is made of columns", "POST", "/lists", Some(&body))?;
        let list = plain(at(&made, "id"));
        let path = format!("/objects/listsContacts/metadata?discoveryId={list}");
        let fields = self.call("they are the fields of its contacts", "GET", &path, None)?;
        let named = |field: &Value| at(field, "path") == "Shoe size";
        let told = at(&fields, "fields")
            .as_array()
            .is_some_and(|all| all.iter().any(named));
        self.check("each of them", told);
        let path = format!("/lists/{list}/contacts");
        let body =
            json!([{"email": "ann@example.com", "Shoe size": "39"}, {"email": "bob@example.com"}]);
        self.call(
            "two contacts are added in one call",
            "POST",
            &path,
            Some(&body),
        )?;
        let people = self.call("and read", "GET", &path, None)?;
        self.check("with their cells", at(&people, "0.Shoe size") == "39");
        let path = format!("/lists/{list}");
        self.call("the list is deleted", "DELETE", &path, None)?;
        Ok(())
    }
}
