//! One thing of each element of the Salesforce family that takes more than a record.

use serde_json::{Value, json};

use super::guides::Guide;
use super::{Authority, Instance, Tour, at, plain};
use crate::arguments::Result;
use crate::http::encode;

/// What is shown of the guide's element; nothing for other vendors'.
pub fn more(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    let mut walk = Walk {
        tour,
        instance,
        hub: guide.hub,
    };
    match guide.key {
        "sfdc" => walk.relations(),
        "sfdcservicecloud" => walk.articles(),
        "sfdcmarketingcloud" => walk.members(),
        "sfdcdocuments" => walk.comments(),
        _ => Ok(()),
    }
}

struct Walk<'t, 'a> {
    tour: &'t mut Tour<'a>,
    instance: &'t Instance,
    hub: &'static str,
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
        let path = self.tour.api(&format!("/hubs/{}{path}", self.hub));
        let account = Authority::Account(self.instance);
        let reply = self.tour.call(account, method, &path, body)?;
        self.tour.expect(fact, &reply, 200);
        Ok(reply.json())
    }

    /// Parents and children of a record in one list, and what lies below one.
    fn relations(&mut self) -> Result {
        let fields = encode("Name,Owner.Name,(SELECT LastName FROM Contacts LIMIT 2)");
        let condition = encode("CreatedDate = LAST_N_YEARS:20 AND Owner.IsActive = true");
        let path = format!("/accounts?pageSize=2&fields={fields}&where={condition}");
        let list = self.call("accounts come with owner and contacts", "GET", &path, None)?;
        let account = plain(at(&list, "0.Id"));
        let nested = at(&list, "0.Contacts.records.0.LastName").is_string()
            && at(&list, "0.Owner.Name").is_string();
        self.tour
            .report
            .check("each nested as the vendor nests them", nested);
        let event = json!({"ActivityDateTime": "2026-01-31T10:00:00Z", "DurationInMinutes": "30", "Location": "Room 4"});
        let below = format!("/accounts/{account}/activities");
        let made = self.call("an activity is made for it", "POST", &below, Some(&event))?;
        self.tour
            .report
            .equal("and belongs to it", &plain(at(&made, "WhatId")), &account);
        let one = format!("{below}/{}", plain(at(&made, "id")));
        self.call("it is deleted", "DELETE", &one, None)?;
        let fields = self.call(
            "the vendor describes its contacts",
            "GET",
            "/objects/contacts/metadata",
            None,
        )?;
        let listed = at(&fields, "fields").as_array();
        let chosen = listed.into_iter().flatten().any(|field| {
            at(field, "vendorPath") == "Salutation"
                && at(field, "picklistValues.0.value").is_string()
        });
        self.tour.report.check("picklists included", chosen);
        Ok(())
    }

    /// A knowledge article from draft to online.
    fn articles(&mut self) -> Result {
        let url = format!("tour-{}{}", self.tour.nonce, self.tour.noun.len());
        let body = json!({"ArticleType": "FAQ", "Title": "From the tour", "UrlName": url});
        let list = "/resources/articles";
        let made = self.call("an article is drafted", "POST", list, Some(&body))?;
        let one = format!("{list}/{}", plain(at(&made, "id")));
        let online = json!({"PublishStatus": "Online"});
        let path = format!("{one}/status");
        let published = self.call("and goes online", "PUT", &path, Some(&online))?;
        let state = plain(at(&published, "PublishStatus"));
        self.tour
            .report
            .equal("which the vendor confirms", &state, "Online");
        Ok(())
    }

    /// A lead joins a campaign and leaves it.
    fn members(&mut self) -> Result {
        let name = json!({"Name": format!("Tour {}", self.tour.nonce)});
        let made = self.call("a campaign is made", "POST", "/campaigns", Some(&name))?;
        let campaign = format!("/campaigns/{}", plain(at(&made, "id")));
        let leads = self.call("a lead is found", "GET", "/leads?pageSize=1", None)?;
        let lead = plain(at(&leads, "0.Id"));
        let member = json!({"LeadId": lead});
        let members = format!("{campaign}/leads");
        self.call("the lead joins", "POST", &members, Some(&member))?;
        let listed = self.call("it is listed", "GET", &members, None)?;
        self.tour
            .report
            .equal("as the one member", &plain(at(&listed, "0.LeadId")), &lead);
        let one = format!("{members}/{lead}");
        self.call("and leaves", "DELETE", &one, None)?;
        self.call("the campaign is deleted", "DELETE", &campaign, None)?;
        Ok(())
    }

    /// A comment on the newest file.
    fn comments(&mut self) -> Result {
        let found = self.call("files are searched", "GET", "/search?text=notes%2001", None)?;
        let file = plain(at(&found, "0.id"));
        let comments = format!("/files/{file}/comments");
        let said = json!({"comment": "Seen on the tour."});
        let made = self.call("a file is commented on", "POST", &comments, Some(&said))?;
        let path = format!("{comments}?pageSize=1");
        let listed = self.call("its newest comment is read", "GET", &path, None)?;
        let same = at(&listed, "0.id") == at(&made, "id");
        self.tour.report.check("and is the one just made", same);
        let one = format!("{comments}/{}", plain(at(&made, "id")));
        self.call("it is deleted", "DELETE", &one, None)?;
        Ok(())
    }
}
