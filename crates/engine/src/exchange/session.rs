//! Whether a grant or a session has to be renewed, and whether it can be.

use ligand_model::configuration::Grant;
use ligand_model::element::AuthenticationKind;

use super::Exchange;
use crate::template;

impl Exchange {
    /// Whether the grant or session has passed by its own clock and something can renew it.
    pub(super) fn session_expired(&self) -> bool {
        let element = &self.compiled.element;
        if self.renews_grant() {
            return Grant::of(&self.values).expired(self.setting.now, 0);
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
        let oauth = matches!(
            element.authentication.kind,
            AuthenticationKind::Oauth2 | AuthenticationKind::Oauth2Password
        );
        oauth
            && (self
                .values
                .get("oauth.user.refresh_token")
                .is_some_and(|token| !token.is_empty())
                || element.lifecycle("oauthOnTokenRefresh").next().is_some())
    }

    pub(super) fn renews_session(&self) -> bool {
        let element = &self.compiled.element;
        ["onRefresh", "provisionAuthValidation"]
            .iter()
            .any(|kind| element.lifecycle(kind).next().is_some())
    }
}
