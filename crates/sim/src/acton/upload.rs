//! What `POST` and `PUT /list` upload: delimited text and the specifications of its columns.

use serde_json::Value;

/// How the uploaded text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Between cells.
    pub separator: char,
    /// Around cells, if anything.
    pub quote: Option<char>,
    /// The first row holds the headings.
    pub headings: bool,
}

impl Cut {
    /// Reads `fieldseparator`, `quotecharacter` and `headings`; what is not said is
    /// comma, double quote and the given default.
    pub fn read(
        separator: Option<&str>,
        quote: Option<&str>,
        headings: Option<&str>,
        otherwise: bool,
    ) -> Self {
        Self {
            separator: match separator.unwrap_or_default().to_uppercase().as_str() {
                "SEMICOLON" | ";" => ';',
                "TAB" => '\t',
                _ => ',',
            },
            quote: match quote.unwrap_or_default().to_uppercase().as_str() {
                "NONE" => None,
                "SINGLE_QUOTE" | "'" => Some('\''),
                _ => Some('"'),
            },
            headings: headings.map_or(otherwise, |text| text.eq_ignore_ascii_case("y")),
        }
    }
}

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

/// Cuts text into rows of cells; blank lines are dropped, a doubled quote is one.
pub fn rows(text: &str, cut: Cut) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut end = |row: &mut Vec<String>, cell: &mut String| {
        row.push(std::mem::take(cell));
        let full = std::mem::take(row);
        if full.iter().any(|cell| !cell.is_empty()) {
            rows.push(full);
        }
    };
    while let Some(letter) = letters.next() {
        if quoted {
            if Some(letter) == cut.quote {
                if letters.next_if_eq(&letter).is_some() {
                    cell.push(letter);
                } else {
                    quoted = false;
                }
            } else {
                cell.push(letter);
            }
        } else if Some(letter) == cut.quote && cell.is_empty() {
            quoted = true;
        } else if letter == cut.separator {
            row.push(std::mem::take(&mut cell));
        } else if letter == '\n' {
            end(&mut row, &mut cell);
        } else if letter != '\r' {
            cell.push(letter);
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        end(&mut row, &mut cell);
    }
    rows
}

/// One cell for a CSV answer.
pub fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Cut = Cut {
        separator: ',',
        quote: Some('"'),
        headings: true,
    };

    #[test]
    fn quotes_protect_separators_and_line_ends() {
        let cut = rows(
            "Email,Note\r\na@b.co,\"one, \"\"two\"\"\nthree\"\n\n,\nlast,",
            COMMA,
        );
        assert_eq!(
            cut,
            [
                vec!["Email", "Note"],
                vec!["a@b.co", "one, \"two\"\nthree"],
                vec!["last", ""]
            ]
        );
    }

    #[test]
    fn the_cut_is_read_from_the_vendors_words() {
        assert_eq!(
            Cut::read(Some("SEMICOLON"), Some("NONE"), Some("n"), true),
            Cut {
                separator: ';',
                quote: None,
                headings: false
            }
        );
        assert_eq!(
            rows(
                "a;'b'",
                Cut {
                    separator: ';',
                    quote: None,
                    headings: false
                }
            ),
            [["a", "'b'"]]
        );
        assert_eq!(Cut::read(None, None, None, true), COMMA);
    }

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
