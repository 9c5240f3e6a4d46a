//! Whether a grant or a session has to be renewed, and whether it can be.

use ligand_model::configuration::Grant;

use super::Exchange;
use crate::oauth;
use crate::template;

/// A grant that ends within so many milliseconds is renewed before an upload.
const UPLOAD_MARGIN: i64 = 120_000;

/// The types of resources that begin a vendor's own session.
const LOGINS: [&str; 3] = ["onRefresh", "provisionAuthValidation", "onProvision"];

impl Exchange {
    /// Whether the grant or session has passed by its own clock and something can renew it.
    pub(super) fn session_expired(&self) -> bool {
        let element = &self.compiled.element;
        if self.renews_grant() {
            // An upload is sent once: a grant that may end on the way is renewed before.
            let uploads = self.call.uploaded || self.call.parts.iter().any(|part| part.uploaded);
            let margin = if uploads { UPLOAD_MARGIN } else { 0 };
            return Grant::of(&self.values).expired(self.setting.now, margin);
        }
        let number = |key: &str| {
            template::resolve(element, &self.values, key).and_then(|text| text.parse::<i64>().ok())
        };
        match (number("authentication.time"), number("expires_in")) {
            (Some(time), Some(seconds)) if self.renews_session() => {
                self.setting.now.0 >= time.saturating_add(seconds.saturating_mul(1000))
            }
            _ => false,
        }
    }

    pub(super) fn renews_grant(&self) -> bool {
        let element = &self.compiled.element;
        oauth::grant_kind(element, &self.values).is_bearer()
            && (oauth::renewal(element, &self.values, self.setting.now).is_some()
                || element.lifecycle("oauthOnTokenRefresh").next().is_some())
    }

    pub(super) fn renews_session(&self) -> bool {
        let element = &self.compiled.element;
        LOGINS
            .iter()
            .any(|kind| element.lifecycle(kind).next().is_some())
    }

    /// When a resource that logs in has written what it obtained, the session begins now, unless it said when.
    pub(super) fn stamp_session(&mut self) {
        const TIME: &str = "authentication.time";
        let element = &self.compiled.element;
        let logs_in = element
            .resources
            .get(self.first)
            .is_some_and(|resource| LOGINS.contains(&resource.kind_of_call.as_str()));
        let ends = template::resolve(element, &self.values, "expires_in")
            .is_some_and(|seconds| seconds.parse::<i64>().is_ok());
        if logs_in && ends && !self.writes.is_empty() && !self.writes.contains_key(TIME) {
            let now = self.setting.now.0.to_string();
            self.writes.insert(TIME.to_owned(), Some(now));
        }
    }
}
