//! What an org holds at the start: the same at every start.

mod files;
mod rest;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::describe::object;
use super::org::{Actor, Org};
use super::{ADMINISTRATOR, ORGANIZATION};
use crate::people::{self, Company, Person, Seed};
use crate::record_store::{Record, put};

/// 2025-01-06T09:00:00Z, a Monday. Records follow each other 37 minutes apart.
const START: i64 = 1_736_154_000_000;
const STEP: i64 = 37 * 60_000;
/// Records an object of the CRM.
const MANY: usize = 260;

/// The profile of standard users.
pub const STANDARD_PROFILE: &str = "00ei0000000ehVnAAI";

/// A seeded org.
pub fn org() -> Org {
    let mut seeding = Seeding {
        org: Org {
            seeding: true,
            ..Org::default()
        },
        made: 0,
    };
    let companies = people::companies(11, MANY);
    let everyone = people::people(12, MANY * 2, &companies);
    let (contacts, leads) = everyone.split_at_checked(MANY).unwrap_or((&everyone, &[]));
    seeding.organization();
    let users = seeding.users();
    let accounts = seeding.accounts(&companies, &users);
    let contacts = seeding.contacts(contacts, &accounts, &users);
    let leads = seeding.leads(leads, &companies, &users);
    let campaigns = seeding.campaigns(&users);
    let opportunities = seeding.opportunities(&companies, &accounts, &campaigns, &users);
    let cases = seeding.cases(&contacts, &accounts, &users);
    seeding.members(&campaigns, &contacts, &leads);
    seeding.activities(&accounts, &contacts, &opportunities, &cases);
    seeding.files(&accounts);
    seeding.rest(&accounts, &contacts, &cases);
    seeding.org.seeding = false;
    seeding.org
}

struct Seeding {
    org: Org,
    made: i64,
}

fn of(ids: &[String], at: usize) -> &str {
    at.checked_rem(ids.len())
        .and_then(|at| ids.get(at))
        .map_or(ADMINISTRATOR, String::as_str)
}

fn date(at: i64) -> String {
    Timestamp(at).to_date()
}

impl Seeding {
    fn add(&mut self, name: &str, body: Value) -> String {
        self.add_as(name, body, None)
    }

    /// Goes through the same door as callers' records; what that refuses is left out, and a test counts.
    fn add_as(&mut self, name: &str, body: Value, id: Option<&str>) -> String {
        let actor = Actor {
            user: ADMINISTRATOR,
            now: self.now(),
        };
        self.made += 1;
        let (Some(object), Value::Object(body)) = (object(name), body) else {
            return String::new();
        };
        let body: Record = body;
        self.org
            .create_as(actor, object, &body, id)
            .unwrap_or_default()
    }

    fn now(&self) -> Timestamp {
        Timestamp(START + self.made * STEP)
    }

    fn organization(&mut self) {
        let organization = json!({ "Name": "Ligand Sandbox", "Country": "US", "OrganizationType": "Developer Edition" });
        self.add_as("Organization", organization, Some(ORGANIZATION));
        for (object, body, id) in [
            (
                "UserRole",
                json!({ "Name": "CEO", "DeveloperName": "CEO" }),
                "00E5i000000LGNDEA4",
            ),
            (
                "Group",
                json!({ "Name": "Support", "DeveloperName": "Support", "Type": "Queue" }),
                "00G5i000000LGNDEA4",
            ),
            (
                "RecordType",
                json!({ "Name": "Master", "DeveloperName": "Master", "IsActive": true }),
                super::layouts::MASTER,
            ),
        ] {
            self.add_as(object, body, Some(id));
        }
        self.add_as(
            "Profile",
            json!({ "Name": "System Administrator" }),
            Some("00ei0000000ehVoAAI"),
        );
        self.add_as(
            "Profile",
            json!({ "Name": "Standard User" }),
            Some(STANDARD_PROFILE),
        );
    }

    fn users(&mut self) -> Vec<String> {
        let people = [
            ("Alex", "Morgan", "00ei0000000ehVoAAI"),
            ("Ines", "Keller", STANDARD_PROFILE),
            ("Tomas", "Novak", STANDARD_PROFILE),
            ("Ruth", "Achebe", STANDARD_PROFILE),
            ("Mei", "Chen", STANDARD_PROFILE),
        ];
        let mut users = Vec::new();
        for (at, (first, last, profile)) in people.into_iter().enumerate() {
            let email = format!(
                "{}.{}@sandbox.example.com",
                first.to_lowercase(),
                last.to_lowercase()
            );
            let alias: String = format!(
                "{}{last}",
                first.to_lowercase().chars().take(1).collect::<String>()
            )
            .to_lowercase()
            .chars()
            .take(8)
            .collect();
            let user = json!({
                "FirstName": first, "LastName": last, "Email": email, "Username": email, "Alias": alias, "ProfileId": profile,
                "CommunityNickname": alias, "TimeZoneSidKey": "America/Los_Angeles", "LocaleSidKey": "en_US",
                "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US", "CompanyName": "Ligand Sandbox",
            });
            let id = (at == 0).then_some(ADMINISTRATOR);
            users.push(self.add_as("User", user, id));
        }
        users
    }

    fn accounts(&mut self, companies: &[Company], users: &[String]) -> Vec<String> {
        let mut seed = Seed::new(21);
        let mut accounts = Vec::new();
        for (at, company) in companies.iter().enumerate() {
            let place = &company.place;
            accounts.push(self.add(
                "Account",
                json!({
                    "Name": company.name, "Industry": company.industry,
                    "Type": seed.pick(&["Prospect", "Customer - Direct", "Customer - Channel", "Technology Partner"]),
                    "Rating": seed.pick(&["Hot", "Warm", "Cold"]), "Phone": company.phone,
                    "Website": format!("https://www.{}", company.domain), "AccountNumber": format!("A-{:05}", 10_001 + at),
                    "BillingStreet": place.street, "BillingCity": place.city, "BillingState": place.state,
                    "BillingPostalCode": place.postal, "BillingCountry": place.country, "AnnualRevenue": company.revenue,
                    "NumberOfEmployees": company.employees, "OwnerId": of(users, at), "AccountSource": seed.pick(&["Web", "Partner Referral", "Other"]),
                    "Description": format!("{} works in {} from {}.", company.name, company.industry.to_lowercase(), place.city),
                    "External_Id__c": format!("acc-{:04}", at + 1),
                }),
            ));
        }
        accounts
    }

    fn contacts(
        &mut self,
        people: &[Person],
        accounts: &[String],
        users: &[String],
    ) -> Vec<String> {
        let mut seed = Seed::new(22);
        let mut contacts = Vec::new();
        for (at, person) in people.iter().enumerate() {
            let place = &person.place;
            let born = START - (20 + i64::try_from(seed.below(40)).unwrap_or(0)) * 365 * 86_400_000;
            contacts.push(self.add(
                "Contact",
                json!({
                    "FirstName": person.first, "LastName": person.last, "Salutation": seed.pick(&["Mr.", "Ms.", "Dr."]),
                    "Email": person.email, "Phone": person.phone, "MobilePhone": person.mobile, "Title": person.title,
                    "Department": seed.pick(&["Sales", "Marketing", "Finance", "Operations", "IT"]), "Birthdate": date(born),
                    "AccountId": of(accounts, person.company), "MailingStreet": place.street, "MailingCity": place.city,
                    "MailingState": place.state, "MailingPostalCode": place.postal, "MailingCountry": place.country,
                    "LeadSource": seed.pick(&["Web", "Phone Inquiry", "Partner Referral"]), "OwnerId": of(users, at),
                    "External_Id__c": format!("con-{:04}", at + 1),
                }),
            ));
        }
        contacts
    }

    fn leads(&mut self, people: &[Person], companies: &[Company], users: &[String]) -> Vec<String> {
        let mut seed = Seed::new(23);
        let mut leads = Vec::new();
        for (at, person) in people.iter().enumerate() {
            let company = companies
                .get(person.company)
                .map_or("Example Company", |company| company.name.as_str());
            let place = &person.place;
            leads.push(self.add(
                "Lead",
                json!({
                    "FirstName": person.first, "LastName": person.last, "Company": company, "Email": person.email,
                    "Phone": person.phone, "Title": person.title, "Street": place.street, "City": place.city, "State": place.state,
                    "PostalCode": place.postal, "Country": place.country, "Rating": seed.pick(&["Hot", "Warm", "Cold"]),
                    "Status": seed.pick(&["Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"]),
                    "LeadSource": seed.pick(&["Web", "Purchased List", "Other"]), "OwnerId": of(users, at),
                    "External_Id__c": format!("lead-{:04}", at + 1),
                }),
            ));
        }
        leads
    }

    fn campaigns(&mut self, users: &[String]) -> Vec<String> {
        const THEMES: &[&str] = &[
            "Spring Launch",
            "Customer Stories",
            "Cloud Migration",
            "Harvest Fair",
            "New Year Offer",
            "Security Week",
            "Partner Day",
            "Data Clinic",
            "Green Logistics",
            "Product Tour",
            "Winter Gala",
            "Founders Forum",
            "Open House",
        ];
        const KINDS: &[&str] = &[
            "Webinar",
            "Conference",
            "Email",
            "Trade Show",
            "Direct Mail",
        ];
        let mut seed = Seed::new(24);
        let mut campaigns = Vec::new();
        for at in 0..MANY {
            let theme = THEMES.get(at % THEMES.len()).copied().unwrap_or("Launch");
            let kind = KINDS
                .get((at / THEMES.len()) % KINDS.len())
                .copied()
                .unwrap_or("Email");
            let year = 2023 + at / (THEMES.len() * KINDS.len());
            let start = START + i64::try_from(at).unwrap_or(0) * 86_400_000;
            campaigns.push(self.add(
                "Campaign",
                json!({
                    "Name": format!("{theme} {kind} {year}"), "Type": kind,
                    "Status": seed.pick(&["Planned", "In Progress", "Completed", "Aborted"]), "IsActive": seed.below(2) == 0,
                    "StartDate": date(start), "EndDate": date(start + 14 * 86_400_000), "BudgetedCost": 500 + seed.below(200) * 50,
                    "ExpectedRevenue": 5_000 + seed.below(500) * 100, "ExpectedResponse": seed.below(40), "NumberSent": seed.below(5000),
                    "OwnerId": of(users, at), "External_Id__c": format!("cam-{:04}", at + 1),
                }),
            ));
        }
        campaigns
    }

    fn opportunities(
        &mut self,
        companies: &[Company],
        accounts: &[String],
        campaigns: &[String],
        users: &[String],
    ) -> Vec<String> {
        const DEALS: &[&str] = &[
            "Annual Licence",
            "Pilot",
            "Renewal",
            "Fleet Upgrade",
            "Support Plan",
            "Rollout",
            "Training",
        ];
        const STAGES: &[&str] = &[
            "Prospecting",
            "Qualification",
            "Needs Analysis",
            "Value Proposition",
            "Proposal/Price Quote",
            "Negotiation/Review",
            "Closed Won",
            "Closed Lost",
        ];
        let mut seed = Seed::new(25);
        let mut opportunities = Vec::new();
        for at in 0..MANY {
            let company = companies
                .get(at)
                .map_or("Example Company", |company| company.name.as_str());
            let close = START + (30 + i64::try_from(seed.below(300)).unwrap_or(0)) * 86_400_000;
            opportunities.push(self.add(
                "Opportunity",
                json!({
                    "Name": format!("{company} - {}", seed.pick(DEALS)), "AccountId": of(accounts, at), "StageName": seed.pick(STAGES),
                    "CloseDate": date(close), "Amount": 1_000 + seed.below(400) * 250, "Type": "New Customer",
                    "LeadSource": seed.pick(&["Web", "Partner Referral", "Other"]), "CampaignId": of(campaigns, at),
                    "OwnerId": of(users, at), "External_Id__c": format!("opp-{:04}", at + 1),
                }),
            ));
        }
        opportunities
    }

    fn cases(&mut self, contacts: &[String], accounts: &[String], users: &[String]) -> Vec<String> {
        const TROUBLES: &[&str] = &[
            "Generator will not start",
            "Invoice shows the wrong address",
            "Cannot sign in after password reset",
            "Delivery arrived damaged",
            "Sensor reports no data",
            "Question about the warranty",
            "Export stops half-way",
            "Noise from the cooling unit",
        ];
        let mut seed = Seed::new(26);
        let mut cases = Vec::new();
        for at in 0..MANY {
            let subject = seed.pick(TROUBLES);
            cases.push(self.add(
                "Case",
                json!({
                    "Subject": subject, "ContactId": of(contacts, at), "AccountId": of(accounts, at),
                    "Status": seed.pick(&["New", "Working", "Escalated", "Closed"]), "Priority": seed.pick(&["High", "Medium", "Low"]),
                    "Origin": seed.pick(&["Phone", "Email", "Web"]), "Type": seed.pick(&["Mechanical", "Electrical", "Electronic", "Structural", "Other"]),
                    "Reason": seed.pick(&["Installation", "Performance", "Breakdown", "Other"]), "IsEscalated": seed.below(6) == 0,
                    "Description": format!("{subject}. First noticed on {}.", date(START + i64::try_from(at).unwrap_or(0) * 3_600_000)),
                    "OwnerId": of(users, at), "External_Id__c": format!("case-{:04}", at + 1),
                }),
            ));
        }
        cases
    }

    fn members(&mut self, campaigns: &[String], contacts: &[String], leads: &[String]) {
        for at in 0..MANY {
            let (field, person) = if at % 2 == 0 {
                ("ContactId", of(contacts, at))
            } else {
                ("LeadId", of(leads, at))
            };
            let status = if at % 5 == 0 { "Responded" } else { "Sent" };
            let mut member = json!({ "CampaignId": of(campaigns, at / 8), "Status": status });
            put(&mut member, field, json!(person));
            let id = self.add("CampaignMember", member);
            // Eight members a campaign follow each other, so the last one counts for all.
            if at % 8 == 7 || at + 1 == MANY {
                super::rules::count_members(&mut self.org, &id);
            }
        }
    }

    fn activities(
        &mut self,
        accounts: &[String],
        contacts: &[String],
        opportunities: &[String],
        cases: &[String],
    ) {
        for at in 0..40 {
            let start = Timestamp(START + i64::try_from(at).unwrap_or(0) * 86_400_000);
            let what = if at % 2 == 0 {
                of(accounts, at / 4)
            } else {
                of(cases, at / 4)
            };
            self.add(
                "Event",
                json!({
                    "Subject": "Meeting", "WhoId": of(contacts, at / 4), "WhatId": what, "Location": "Room 4",
                    "ActivityDateTime": start.to_iso(), "DurationInMinutes": 30 + 15 * (at % 3),
                }),
            );
            let what = if at % 2 == 0 {
                of(opportunities, at / 4)
            } else {
                of(accounts, at / 4)
            };
            self.add("Task", json!({ "Subject": "Call", "WhoId": of(contacts, at / 4), "WhatId": what, "ActivityDate": start.to_date() }));
            self.add("Note", json!({ "ParentId": of(accounts, at / 4), "Title": format!("Call notes {}", at + 1), "Body": "Asked for a quote." }));
        }
    }
}

#[cfg(test)]
mod tests;
