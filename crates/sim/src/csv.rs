//! Delimited text, as vendors take it in and give it out.

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
    /// Commas, double quotes, headings in the first row.
    pub const COMMA: Self = Self {
        separator: ',',
        quote: Some('"'),
        headings: true,
    };

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

/// One cell for an answer.
pub fn cell(text: &str) -> String {
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
}
