//! Whether the vendor still has what a transformation reads and writes.

use serde_json::{Value, json};

use super::convert::Class;
use super::path::{Path, Step};
use super::wire::{Field, Transformation};

/// How a mapped vendor field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The vendor has it.
    Ok,
    /// The vendor does not have it any more, or never had.
    Gone,
    /// It is of another type than the transformation says.
    Changed,
    /// Nobody describes the vendor's fields, so nobody can say.
    Unknown,
}

impl Status {
    /// As answers spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// A mapped field and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked<'a> {
    /// The field.
    pub field: &'a Field,
    /// How it stands.
    pub status: Status,
    /// The type that the vendor tells.
    pub found: Option<String>,
    /// What is wrong, for a person.
    pub message: Option<String>,
}

/// Compares the fields that have a vendor path with the vendor's own (`vendorPath`, `type`, `vendorNativeType`), as
/// [`crate::describe::fields`] or [`crate::objects::metadata`] tell them; `None` where nobody does.
///
/// A type counts as changed only where the transformation says one: by `vendorType`, or by a `type` other than the
/// usual `string`; and only where the vendor itself tells types (`typed`): models of elements are careless with them.
pub fn check<'a>(
    whole: &'a Transformation,
    described: Option<&[Value]>,
    typed: bool,
) -> Vec<Checked<'a>> {
    let mapped = whole
        .fields
        .iter()
        .filter(|field| !field.vendor_path.is_empty());
    mapped
        .map(|field| match described {
            None => Checked {
                field,
                status: Status::Unknown,
                found: None,
                message: None,
            },
            Some(known) => one(field, known, typed),
        })
        .collect()
}

fn one<'a>(field: &'a Field, known: &[Value], typed: bool) -> Checked<'a> {
    let mut checked = Checked {
        field,
        status: Status::Ok,
        found: None,
        message: None,
    };
    let Some((told, whole)) = find(&field.vendor_path, known) else {
        checked.status = Status::Gone;
        checked.message = Some(match similar(&field.vendor_path, known) {
            Some(name) => format!(
                "The vendor has no field `{}`; it has `{name}`.",
                field.vendor_path
            ),
            None => format!("The vendor has no field `{}`.", field.vendor_path),
        });
        return checked;
    };
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, native) = (text("type"), text("vendorNativeType"));
    checked.found = Some(kind.to_owned()).filter(|kind| !kind.is_empty());
    let expected = match &field.vendor_kind {
        Some(kind) => kind.as_str(),
        None if field.kind.eq_ignore_ascii_case("string") => "",
        None => &field.kind,
    };
    // A part of a field that has no parts, or a type that was said and is another.
    if !whole && Class::of(kind) != Class::Other {
        checked.status = Status::Changed;
        checked.message = Some(format!(
            "`{}` asks for a part of a field that is of the type {kind} and has none.",
            field.vendor_path
        ));
    } else if typed
        && whole
        && !expected.eq_ignore_ascii_case(native)
        && differ(Class::of(expected), Class::of(kind))
    {
        checked.status = Status::Changed;
        checked.message = Some(format!(
            "`{}` is mapped as {expected}; the vendor's field is of the type {kind}.",
            field.vendor_path
        ));
    }
    checked
}

/// Types of which we know that they are not the same; a date is a text to one vendor and a number to the next.
fn differ(one: Class, other: Class) -> bool {
    one != Class::Other && other != Class::Other && one != other
}

/// The vendor's field that a path reads, and whether it reads it whole.
fn find<'v>(path: &str, known: &'v [Value]) -> Option<(&'v Value, bool)> {
    let named = |name: &str| known.iter().find(|one| name_of(one) == name);
    if let Some(found) = named(path) {
        return Some((found, true));
    }
    let path = Path::parse(path).ok()?;
    if let Some(found) = named(&path.name()) {
        return Some((found, true));
    }
    let Some(Step::Key(first)) = path.0.first() else {
        return None;
    };
    // An envelope that vendors put around a record is no field of it: `person.email`.
    if named(first).is_none()
        && let Some((_, inner)) = path.0.split_first()
        && let Some(found) = named(&Path(inner.to_vec()).name())
    {
        return Some((found, true));
    }
    let below = format!("{first}.");
    let listed = known.iter().any(|one| name_of(one).starts_with(&below));
    // Where the vendor lists the parts, one that is not listed is not there.
    named(first)
        .filter(|_| !listed || path.0.len() == 1)
        .map(|found| (found, path.0.len() == 1))
}

fn similar<'v>(path: &str, known: &'v [Value]) -> Option<&'v str> {
    known
        .iter()
        .map(name_of)
        .find(|name| name.eq_ignore_ascii_case(path))
}

fn name_of(field: &Value) -> &str {
    field
        .get("vendorPath")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl Checked<'_> {
    /// As answers show it.
    ///
    /// # Shape
    /// `{"path", "vendorPath", "level", "status": "ok|gone|changed|unknown", "type"?, "vendorType"?, "foundType"?,
    /// "message"?}`
    pub fn to_json(&self) -> Value {
        let mut shown = json!({
            "path": self.field.path, "vendorPath": self.field.vendor_path,
            "level": self.field.level.as_str(), "status": self.status.as_str(),
        });
        let told = [
            (
                "type",
                Some(&self.field.kind).filter(|kind| !kind.is_empty()),
            ),
            ("vendorType", self.field.vendor_kind.as_ref()),
            ("foundType", self.found.as_ref()),
            ("message", self.message.as_ref()),
        ];
        if let Value::Object(members) = &mut shown {
            for (name, text) in told {
                if let Some(text) = text {
                    members.insert(name.to_owned(), json!(text));
                }
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ligand_model::level::Level;

    fn statuses(fields: &Value, described: Option<&Value>) -> Vec<&'static str> {
        let body = json!({"vendorName": "Contact", "fields": fields});
        let whole = Transformation::read(&body, Level::Organization).unwrap();
        let known = described.map(|known| known.as_array().unwrap().as_slice());
        let found = check(&whole, known, true);
        found.iter().map(|one| one.status.as_str()).collect()
    }

    #[test]
    fn a_field_is_there_gone_or_of_another_type() {
        let known = json!([{"vendorPath": "Id", "type": "string", "vendorNativeType": "id"},
            {"vendorPath": "Size", "type": "number"}, {"vendorPath": "Address", "type": "object"},
            {"vendorPath": "Owner.Name", "type": "string"}, {"vendorPath": "Owner", "type": "object"},
            {"vendorPath": "Since", "type": "date"}]);
        let fields = json!([
            {"path": "a", "vendorPath": "Id"}, {"path": "b", "vendorPath": "id"},
            {"path": "c", "vendorPath": "Size"}, {"path": "d", "vendorPath": "Size", "vendorType": "string"},
            {"path": "e", "vendorPath": "Size", "type": "boolean"}, {"path": "f", "vendorPath": "Address.City"},
            {"path": "g", "vendorPath": "Size.Unit"}, {"path": "h", "vendorPath": "Owner.Name"},
            {"path": "i", "vendorPath": "Owner.Mail"}, {"path": "j", "vendorPath": "Since", "type": "string"},
            {"path": "k", "vendorPath": "Id", "vendorType": "id"}, {"path": "l"}, {"path": "m", "vendorPath": "record.Id"}]);
        let found = statuses(&fields, Some(&known));
        let right = [
            "ok", "gone", "ok", "changed", "changed", "ok", "changed", "ok", "gone", "ok", "ok",
            "ok",
        ];
        assert_eq!(found, right);
    }

    #[test]
    fn models_tell_what_is_there_and_not_of_which_type() {
        let fields = json!([{"path": "a", "vendorPath": "Id", "vendorType": "number"}, {"path": "b", "vendorPath": "X"}]);
        let whole = json!({"vendorName": "x", "fields": fields});
        let whole = Transformation::read(&whole, Level::Organization).unwrap();
        let known = [json!({"vendorPath": "Id", "type": "string"})];
        let statuses = |typed| {
            let found = check(&whole, Some(&known), typed);
            found.iter().map(|one| one.status).collect::<Vec<_>>()
        };
        assert_eq!(statuses(false), [Status::Ok, Status::Gone]);
        assert_eq!(statuses(true), [Status::Changed, Status::Gone]);
    }

    #[test]
    fn without_a_description_nothing_is_claimed() {
        let fields = json!([{"path": "a", "vendorPath": "Id"}]);
        assert_eq!(statuses(&fields, None), ["unknown"]);
    }

    #[test]
    fn a_name_in_other_letters_is_suggested() {
        let body = json!({"vendorName": "x", "fields": [{"path": "a", "vendorPath": "email"}]});
        let whole = Transformation::read(&body, Level::Instance).unwrap();
        let known = [json!({"vendorPath": "Email", "type": "string"})];
        let shown = check(&whole, Some(&known), true).remove(0).to_json();
        assert_eq!(
            shown["message"],
            "The vendor has no field `email`; it has `Email`."
        );
    }
}
