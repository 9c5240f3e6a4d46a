//! Sending a customer to the vendor and taking them back.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::answer::{Answer, Content};
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use crate::console;
use crate::service::oauth::{self as service, Asked, Landed};
use crate::service::request_token;

/// `GET|POST /elements/{keyOrId}/oauth/url`
///
/// # Shape
/// `{"element": "eloqua", "oauthUrl": "https://…"}`
pub async fn url(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let asked = asked(&mut call, vocabulary).await?;
    let caller = call.caller.clone();
    let (element, url) =
        service::url(&call.app, caller.as_deref(), call.variable(0), &asked).await?;
    Ok(Answer::platform(
        json!({"element": element.element.key, "oauthUrl": url}),
    ))
}

/// `GET /elements/{keyOrId}/oauth/token`: OAuth 1, before `oauth/url`.
///
/// # Shape
/// `{"token": "…", "secret": "…"}`
pub async fn request_token(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let secret = Zeroizing::new(call.parameter("apiSecret").unwrap_or_default().to_owned());
    let asked = asked(&mut call, vocabulary).await?;
    let caller = call.caller.clone();
    let key = call.variable(0).to_owned();
    let made = request_token::ask(&call.app, caller.as_deref(), &key, asked, secret).await?;
    Ok(Answer::platform(
        json!({"token": made.token, "secret": made.secret}),
    ))
}

/// `GET /elements/{keyOrId}/oauth/url/default`
///
/// # Shape
/// `{"element": "eloqua", "oauthUrl": "https://…", "configuration": {"secret": "…"}}`
pub async fn url_default(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let asked = asked(&mut call, vocabulary).await?;
    let begun = service::begin(&call.app, &caller, call.variable(0), asked, None).await?;
    Ok(Answer::platform(json!({
        "element": begun.element.element.key,
        "oauthUrl": begun.url,
        "configuration": {"secret": begun.secret},
    })))
}

/// The parameters of the query, and of a JSON body over them.
async fn asked(call: &mut Call, vocabulary: &Vocabulary) -> Result<Asked, ApiError> {
    let mut pairs = call.query.clone();
    if call.method == http::Method::POST {
        match call.json(vocabulary).await? {
            Value::Null => {}
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::Null => {}
                        Value::String(text) => pairs.push((name, text)),
                        Value::Bool(_) | Value::Number(_) => pairs.push((name, value.to_string())),
                        _ => return Err(ApiError::invalid(format!("`{name}` must be text."))),
                    }
                }
            }
            _ => return Err(ApiError::invalid("The body must be a JSON object.")),
        }
    }
    Ok(Asked::from_pairs(pairs))
}

/// `GET /oauth/callback`: a page that says what happened.
pub async fn callback(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let text = |name: &str| call.parameter(name).map(str::to_owned);
    let error = text("error").map(|error| match text("error_description") {
        Some(more) => format!("{error}: {more}"),
        None => error,
    });
    let state = text("state").unwrap_or_default();
    let browser = console::session::cookie(&call.headers, console::session::CONSENT);
    let landed = service::land(&call.app, &state, text("code"), error, browser).await?;
    let (title, sentence) = match landed {
        Landed::Connected(name) => (
            "Connected",
            format!("{name} has given its consent. You can close this window and go back."),
        ),
        Landed::Refused(name, why) => (
            "Not connected",
            format!("{name} did not give its consent: {why}. You can close this window and try again."),
        ),
        Landed::Unknown => (
            "Not connected",
            "This consent is unknown, too old, or was used before. Close this window and begin again."
                .to_owned(),
        ),
    };
    Ok(Answer::new(Content::Page(page(title, &sentence, None))))
}

/// A page of one sentence, with a link to go on by where there is one.
pub fn page(title: &str, sentence: &str, link: Option<&str>) -> String {
    let (title, sentence) = (escaped(title), escaped(sentence));
    let link = link.map_or_else(String::new, |url| {
        format!("<p><a href=\"{}\">Go on</a></p>", escaped(url))
    });
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}</style>\
         </head><body><main><h1>{title}</h1><p>{sentence}</p>{link}</main></body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendors_words_cannot_become_markup() {
        let page = page(
            "x",
            "<script>alert('1')</script>",
            Some("https://v.example/?a=\"><b>"),
        );
        assert!(!page.contains("<b>"), "{page}");
        assert!(
            page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"),
            "{page}"
        );
    }
}
