//! Who a token stands for: the identity URL and `userinfo`.

use serde_json::{Value, json};

use super::rules::text;
use super::{ORGANIZATION, Salesforce};
use crate::call::{Call, Reply};
use crate::oauth::Kind;

impl Salesforce {
    /// `/id/{organization}/{user}`
    pub(super) fn identity(&self, call: &Call, organization: &str, user: &str) -> Reply {
        let Some(given) = access_token(call) else {
            return Reply::text(403, "Missing_OAuth_Token");
        };
        if self.read(Kind::Access, &given).is_err() {
            return Reply::text(403, "Bad_OAuth_Token");
        }
        if super::id::normalize(organization).as_deref() != Some(ORGANIZATION) {
            return Reply::text(403, "Wrong_Org");
        }
        let user = super::id::normalize(user).unwrap_or_default();
        match self.person(call, &user) {
            Some(person) => Reply::json(200, &person),
            None => Reply::text(404, "Unknown_User"),
        }
    }

    fn person(&self, call: &Call, user: &str) -> Option<Value> {
        let origin = call.origin();
        let org = self.org();
        let record = org.records.get("User", user)?;
        let value = |name: &str| record.get(name).cloned().unwrap_or(Value::Null);
        let services = format!("{origin}/services");
        let id = format!("{origin}/id/{ORGANIZATION}/{user}");
        let soap = |letter: &str| format!("{services}/Soap/{letter}/{{version}}/{ORGANIZATION}");
        let rest = format!("{services}/data/v{{version}}");
        Some(json!({
            "id": id, "asserted_user": true, "user_id": user, "organization_id": ORGANIZATION, "username": value("Username"),
            "nick_name": value("CommunityNickname"), "display_name": value("Name"), "email": value("Email"), "email_verified": true,
            "first_name": value("FirstName"), "last_name": value("LastName"), "timezone": value("TimeZoneSidKey"),
            "photos": { "picture": format!("{origin}/profilephoto/005/F"), "thumbnail": format!("{origin}/profilephoto/005/T") },
            "addr_street": value("Street"), "addr_city": value("City"), "addr_state": value("State"), "addr_country": value("Country"),
            "addr_zip": value("PostalCode"), "mobile_phone": value("MobilePhone"), "mobile_phone_verified": false,
            "is_lightning_login_user": false, "status": { "created_date": null, "body": null },
            "urls": {
                "enterprise": soap("c"), "metadata": soap("m"), "partner": soap("u"), "rest": format!("{rest}/"),
                "sobjects": format!("{rest}/sobjects/"), "search": format!("{rest}/search/"), "query": format!("{rest}/query/"),
                "recent": format!("{rest}/recent/"), "tooling_rest": format!("{rest}/tooling/"), "profile": format!("{origin}/{user}"),
                "feeds": format!("{rest}/chatter/feeds"), "groups": format!("{rest}/chatter/groups"),
                "users": format!("{rest}/chatter/users"), "feed_items": format!("{rest}/chatter/feed-items"),
                "feed_elements": format!("{rest}/chatter/feed-elements"), "custom_domain": origin,
            },
            "active": value("IsActive"), "user_type": "STANDARD", "language": value("LanguageLocaleKey"),
            "locale": value("LocaleSidKey"), "utcOffset": -28_800_000, "last_modified_date": value("LastModifiedDate"),
            "is_app_installed": true,
        }))
    }

    /// `/services/oauth2/userinfo`
    pub(super) fn userinfo(&self, call: &Call) -> Reply {
        let Some(given) = access_token(call) else {
            return Reply::text(403, "Missing_OAuth_Token");
        };
        let Ok(token) = self.read(Kind::Access, &given) else {
            return Reply::text(403, "Bad_OAuth_Token");
        };
        let Some(person) = self.person(call, &token.claims.user) else {
            return Reply::text(404, "Unknown_User");
        };
        let value = |name: &str| person.get(name).cloned().unwrap_or(Value::Null);
        Reply::json(
            200,
            &json!({
                "sub": value("id"), "user_id": value("user_id"), "organization_id": ORGANIZATION,
                "preferred_username": value("username"), "nickname": value("nick_name"), "name": value("display_name"),
                "email": value("email"), "email_verified": true, "given_name": value("first_name"), "family_name": value("last_name"),
                "zoneinfo": value("timezone"), "photos": value("photos"), "profile": person.pointer("/urls/profile"),
                "urls": value("urls"), "active": value("active"), "user_type": "STANDARD", "language": value("language"),
                "locale": value("locale"), "utcOffset": value("utcOffset"), "updated_at": value("last_modified_date"),
            }),
        )
    }

    /// `/.well-known/openid-configuration`
    pub(super) fn openid_configuration(call: &Call) -> Reply {
        let origin = call.origin();
        let oauth = |name: &str| format!("{origin}/services/oauth2/{name}");
        Reply::json(
            200,
            &json!({
                "issuer": origin, "authorization_endpoint": oauth("authorize"), "token_endpoint": oauth("token"),
                "revocation_endpoint": oauth("revoke"), "introspection_endpoint": oauth("introspect"),
                "userinfo_endpoint": oauth("userinfo"), "scopes_supported": ["full", "api", "refresh_token", "openid", "id"],
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            }),
        )
    }

    /// The user with this user name; the administrator when there is none, as every name is accepted.
    pub(super) fn user_named(&self, username: &str) -> String {
        let org = self.org();
        let found = super::describe::object("User").and_then(|users| {
            org.live_records(users).find(|(_, record)| {
                text(record, "Username")
                    .is_some_and(|name| name.eq_ignore_ascii_case(username.trim()))
            })
        });
        found.map_or_else(|| super::ADMINISTRATOR.to_owned(), |(id, _)| id.to_owned())
    }

    /// The user name of a user.
    pub(super) fn username(&self, user: &str) -> Option<String> {
        let org = self.org();
        org.records
            .get("User", user)
            .and_then(|record| text(record, "Username"))
            .map(str::to_owned)
    }
}

/// The token of the header, else of `oauth_token` or `access_token` in query or form.
fn access_token(call: &Call) -> Option<String> {
    super::session_token(call)
        .map(str::to_owned)
        .or_else(|| call.parameter("oauth_token"))
        .or_else(|| call.parameter("access_token"))
}
