//! Tables as text.

/// A head and rows of as many cells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Table {
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// How tables are written: what stands between cells, and what ends a row.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Between cells.
    pub delimiter: char,
    /// After a row.
    pub ending: &'static str,
}

impl Style {
    /// By the vendor's names; unknown ones are `None`.
    pub fn named(delimiter: &str, ending: &str) -> Option<Self> {
        let delimiter = match delimiter {
            "" | "COMMA" => ',',
            "TAB" => '\t',
            "PIPE" => '|',
            "SEMICOLON" => ';',
            "CARET" => '^',
            "BACKQUOTE" => '`',
            _ => return None,
        };
        let ending = match ending {
            "" | "LF" => "\n",
            "CRLF" => "\r\n",
            _ => return None,
        };
        Some(Self { delimiter, ending })
    }
}

impl Table {
    /// Reads a table; `None` when a quote is left open or a row has more cells than the head.
    pub fn read(text: &str, style: Style) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines: Vec<Vec<String>> = Vec::new();
        let mut line: Vec<String> = Vec::new();
        let mut cell = String::new();
        let mut quoted = false;
        let mut begun = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' if quoted => quoted = false,
                '"' if cell.is_empty() => {
                    quoted = true;
                    begun = true;
                }
                _ if quoted => cell.push(c),
                '\r' if chars.peek() == Some(&'\n') => {}
                '\n' | '\r' => {
                    if begun || !cell.is_empty() || !line.is_empty() {
                        line.push(std::mem::take(&mut cell));
                        lines.push(std::mem::take(&mut line));
                    }
                    begun = false;
                }
                _ if c == style.delimiter => {
                    line.push(std::mem::take(&mut cell));
                    begun = true;
                }
                _ => cell.push(c),
            }
        }
        if quoted {
            return None;
        }
        if begun || !cell.is_empty() || !line.is_empty() {
            line.push(cell);
            lines.push(line);
        }
        let mut lines = lines.into_iter();
        let head = lines.next().unwrap_or_default();
        let rows: Vec<Vec<String>> = lines.collect();
        rows.iter()
            .all(|row| row.len() <= head.len())
            .then_some(Self { head, rows })
    }

    /// The rows from `from` on, at most `count`, under their head; every cell in quotes.
    pub fn print(&self, style: Style, from: usize, count: usize) -> String {
        let mut out = String::new();
        let rows = self.rows.iter().skip(from).take(count);
        for line in std::iter::once(&self.head).chain(rows) {
            for (at, cell) in line.iter().enumerate() {
                if at > 0 {
                    out.push(style.delimiter);
                }
                out.push('"');
                out.push_str(&cell.replace('"', "\"\""));
                out.push('"');
            }
            out.push_str(style.ending);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, Table};

    #[test]
    fn what_is_printed_is_read_again() {
        for (delimiter, ending) in [("COMMA", "LF"), ("TAB", "CRLF"), ("PIPE", "LF")] {
            let style = Style::named(delimiter, ending).unwrap();
            let table = Table {
                head: vec!["a".into(), "b".into()],
                rows: vec![
                    vec!["1,2|3\t4".into(), "say \"x\"\nagain".into()],
                    vec![String::new(), "é".into()],
                ],
            };
            let text = table.print(style, 0, 9);
            assert_eq!(Table::read(&text, style), Some(table), "{text}");
        }
    }

    #[test]
    fn rows_end_as_they_like_and_faulty_tables_are_none() {
        let style = Style::named("", "").unwrap();
        let table = Table::read("a,b\r\n1,\r\n\r\n2,\"x\"", style).unwrap();
        assert_eq!(table.rows, [["1", ""], ["2", "x"]]);
        assert_eq!(Table::read("a\n\"open", style), None);
        assert_eq!(Table::read("a\n1,2", style), None);
        assert!(Style::named("DOT", "LF").is_none());
    }
}
