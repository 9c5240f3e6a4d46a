//! An organization's name and looks: what its customers see of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_store::connect::OrganizationChange;
use ligand_store::identity::Caller;
use serde_json::{Map, Value};

use super::{Error, callers, text};

/// Largest picture, bytes.
const LARGEST_LOGO: usize = 64 * 1024;
/// Longest name, characters.
const LONGEST_NAME: usize = 100;
/// Kinds of pictures, and how their bytes begin. Not among them: drawings that could hold a script.
const PICTURES: [(&str, &[u8]); 3] = [
    ("image/png", b"\x89PNG"),
    ("image/jpeg", b"\xFF\xD8\xFF"),
    ("image/webp", b"RIFF"),
];

/// Reads what is to change.
///
/// # Errors
/// 403 for who does not administer the organization, 400 for a name, colour or picture that will not do.
pub fn change(caller: &Caller, body: &Value) -> Result<OrganizationChange, Error> {
    callers::administers(caller)?;
    let members = body
        .as_object()
        .ok_or_else(|| Error::invalid("The body must be a JSON object."))?;
    let nothing = Map::new();
    let branding = match members.get("branding") {
        None | Some(Value::Null) => &nothing,
        Some(Value::Object(branding)) => branding,
        Some(_) => return Err(Error::invalid("`branding` must be an object.")),
    };
    let change = OrganizationChange {
        name: text_of(members, "name")?.map(name).transpose()?,
        accent: text_of(branding, "accent")?.map(accent).transpose()?,
        logo: text_of(branding, "logo")?.map(logo).transpose()?,
    };
    Ok(change)
}

fn text_of<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Error> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid(format!("`{name}` must be text."))),
    }
}

fn name(given: &str) -> Result<String, Error> {
    let name = text::plain(given);
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid(format!(
            "`name` must have one to {LONGEST_NAME} characters."
        )));
    }
    Ok(name)
}

fn accent(given: &str) -> Result<String, Error> {
    let digits = given.strip_prefix('#').unwrap_or_default();
    let colour = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if given.is_empty() || colour {
        Ok(given.to_ascii_lowercase())
    } else {
        Err(Error::invalid(
            "`branding.accent` must be a colour such as #27509b, or empty.",
        ))
    }
}

fn logo(given: &str) -> Result<String, Error> {
    if given.is_empty() {
        return Ok(String::new());
    }
    let wrong = || {
        Error::invalid(
            "`branding.logo` must be a data: URL of a PNG, JPEG or WebP picture of at most 64 KiB, or empty.",
        )
    };
    let (head, data) = given
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"))
        .ok_or_else(wrong)?;
    if data.len() > LARGEST_LOGO.div_ceil(3) * 4 {
        return Err(wrong());
    }
    let bytes = STANDARD.decode(data).map_err(|_| wrong())?;
    let is_picture = PICTURES
        .iter()
        .any(|(kind, begins)| *kind == head && bytes.starts_with(begins));
    if is_picture && bytes.len() <= LARGEST_LOGO {
        Ok(given.to_owned())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_a_small_picture_and_nothing_else() {
        let png = format!("data:image/png;base64,{}", STANDARD.encode(b"\x89PNG rest"));
        assert_eq!(logo(&png).unwrap(), png);
        let svg = format!(
            "data:image/svg+xml;base64,{}",
            STANDARD.encode("<svg onload='alert(1)'/>")
        );
        let lying = format!("data:image/png;base64,{}", STANDARD.encode("<svg/>"));
        let large = [b"\x89PNG".to_vec(), vec![0; LARGEST_LOGO]].concat();
        let large = format!("data:image/png;base64,{}", STANDARD.encode(large));
        for bad in [
            svg.as_str(),
            &lying,
            &large,
            "https://example.com/x.png",
            "x",
        ] {
            assert!(logo(bad).is_err());
        }
    }

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(accent("#27509B").unwrap(), "#27509b");
        for bad in ["red", "#fff", "#27509b;color:red", "url(x)"] {
            assert!(accent(bad).is_err(), "{bad}");
        }
    }
}
