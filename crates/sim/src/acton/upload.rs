//! What `POST` and `PUT /list` upload: the specifications of its columns.

use serde_json::Value;

/// One column of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Heading in the list.
    pub heading: String,
    /// `EMAIL`, `FIRSTNAME`, …, where given.
    pub kind: Option<String>,
    /// Position in the file.
    pub index: usize,
}

/// Reads `uploadspecs`; ignored columns are left out.
///
/// # Errors
/// What is wrong with it, for the message.
pub fn columns(specs: &str) -> Result<Vec<Column>, String> {
    let parsed: Value =
        serde_json::from_str(specs).map_err(|_| "uploadspecs is not JSON".to_owned())?;
    let items = parsed
        .as_array()
        .ok_or_else(|| "uploadspecs is not an array".to_owned())?;
    let mut columns = Vec::new();
    for (position, item) in items.iter().enumerate() {
        if item
            .get("ignoreColumn")
            .and_then(Value::as_str)
            .is_some_and(|t| t.eq_ignore_ascii_case("y"))
        {
            continue;
        }
        let heading = item
            .get("columnHeading")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim();
        if heading.is_empty() {
            return Err(format!("column {position} has no columnHeading"));
        }
        let index = match item.get("columnIndex") {
            None | Some(Value::Null) => Some(position),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(other) => other
                .as_u64()
                .and_then(|number| usize::try_from(number).ok()),
        };
        columns.push(Column {
            heading: heading.to_owned(),
            kind: item
                .get("columnType")
                .and_then(Value::as_str)
                .map(str::to_uppercase),
            index: index.ok_or_else(|| format!("column {heading} has a bad columnIndex"))?,
        });
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_take_indexes_as_numbers_or_text() {
        let read = columns(
            r#"[{"columnHeading":"Email","columnType":"email","ignoreColumn":"N","columnIndex":"1"},
                {"columnHeading":"Skip","ignoreColumn":"Y"},{"columnHeading":"Name","columnIndex":0}]"#,
        )
        .unwrap();
        assert_eq!(
            read[0],
            Column {
                heading: "Email".into(),
                kind: Some("EMAIL".into()),
                index: 1
            }
        );
        assert_eq!(
            read[1],
            Column {
                heading: "Name".into(),
                kind: None,
                index: 0
            }
        );
        assert!(columns("{}").is_err());
        assert!(columns(r#"[{"columnHeading":"A","columnIndex":"x"}]"#).is_err());
    }
}
