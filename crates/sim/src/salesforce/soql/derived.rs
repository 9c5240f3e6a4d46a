//! What a query reads of a record though it is no field of it: the object behind a reference, and parts of dates.

use std::sync::OnceLock;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use crate::salesforce::describe::Field;
use crate::salesforce::value::parse_datetime;

const DAY: i64 = 86_400_000;

/// What a path takes from the record it ends at.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// The field's value.
    Whole,
    /// The name of the record's object.
    Object,
    /// A part of the date in this field.
    Date(&'static Field),
}

/// What a reference to one of several objects shows of each; the vendor calls that entity `Name`.
pub const NAME_FIELDS: [&str; 15] = [
    "Alias",
    "Email",
    "FirstName",
    "Id",
    "IsActive",
    "LastName",
    "Name",
    "Phone",
    "ProfileId",
    "Title",
    "UserRoleId",
    "Username",
    "Profile",
    "UserRole",
    "RecordTypeId",
];

/// The functions of a date and the types of what they answer.
const DATE_FUNCTIONS: [(&str, &str); 13] = [
    ("CALENDAR_MONTH", "int"),
    ("CALENDAR_QUARTER", "int"),
    ("CALENDAR_YEAR", "int"),
    ("DAY_IN_MONTH", "int"),
    ("DAY_IN_WEEK", "int"),
    ("DAY_IN_YEAR", "int"),
    ("DAY_ONLY", "date"),
    ("FISCAL_MONTH", "int"),
    ("FISCAL_QUARTER", "int"),
    ("FISCAL_YEAR", "int"),
    ("HOUR_IN_DAY", "int"),
    ("WEEK_IN_MONTH", "int"),
    ("WEEK_IN_YEAR", "int"),
];

/// `Type` of a reference that may lead to several objects.
pub fn object_name() -> &'static Field {
    static FIELD: OnceLock<Field> = OnceLock::new();
    FIELD.get_or_init(|| Field::derived("Type", "string"))
}

/// What counting answers.
pub fn count() -> &'static Field {
    static FIELD: OnceLock<Field> = OnceLock::new();
    FIELD.get_or_init(|| Field::derived("COUNT", "int"))
}

/// A date function, as the field that it makes.
pub fn date_function(name: &str) -> Option<&'static Field> {
    static FIELDS: OnceLock<Vec<Field>> = OnceLock::new();
    let all = DATE_FUNCTIONS.iter();
    FIELDS
        .get_or_init(|| all.map(|(name, kind)| Field::derived(name, kind)).collect())
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
}

/// What a date function answers for a value, in UTC. Weeks begin on the first of January or of the month; the fiscal year is
/// the calendar's.
pub fn date_part(function: &str, value: &Value) -> Value {
    let Some(at) = value.as_str().and_then(parse_datetime) else {
        return Value::Null;
    };
    let number = |pattern: &str| at.format(pattern).parse::<i64>().unwrap_or_default();
    let (year, month, day) = (number("%Y"), number("%m"), number("%d"));
    let days = at.0.div_euclid(DAY);
    let new_year =
        Timestamp::parse(&format!("{year:04}-01-01")).map_or(days, |t| t.0.div_euclid(DAY));
    let of_year = days - new_year + 1;
    json!(match function {
        "CALENDAR_MONTH" | "FISCAL_MONTH" => month,
        "CALENDAR_QUARTER" | "FISCAL_QUARTER" => (month + 2) / 3,
        "CALENDAR_YEAR" | "FISCAL_YEAR" => year,
        "DAY_IN_MONTH" => day,
        // The first of January 1970 was a Thursday; Sunday is 1.
        "DAY_IN_WEEK" => (days + 4).rem_euclid(7) + 1,
        "DAY_IN_YEAR" => of_year,
        "HOUR_IN_DAY" => number("%H"),
        "WEEK_IN_MONTH" => (day - 1) / 7 + 1,
        "WEEK_IN_YEAR" => (of_year - 1) / 7 + 1,
        _ => return json!(at.to_date()),
    })
}
