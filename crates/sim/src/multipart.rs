//! Reads `multipart/form-data` bodies that are in memory.

use bytes::Bytes;

/// One part.
#[derive(Debug, Clone)]
pub struct Part {
    /// The `name` of its `Content-Disposition`.
    pub name: String,
    /// The `filename`, for files.
    pub file_name: Option<String>,
    /// Its media type as sent.
    pub content_type: Option<String>,
    /// Its bytes.
    pub data: Bytes,
}

impl Part {
    /// The bytes as text, faulty UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// The parts of `body`, at most 100; `None` when the type names no boundary or the framing is broken.
pub fn parse(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    if !content_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("multipart/")
    {
        return None;
    }
    let boundary = parameter(content_type, "boundary")?;
    let delimiter = format!("--{boundary}");
    let mut at = find(body, delimiter.as_bytes(), 0)?.checked_add(delimiter.len())?;
    let between = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    while parts.len() < 100 {
        if body.get(at..at.checked_add(2)?)? == b"--" {
            return Some(parts);
        }
        let start = find(body, b"\r\n", at)?.checked_add(2)?;
        // A part without headers begins with the empty line itself.
        let (head, data_start) = if body.get(start..)?.starts_with(b"\r\n") {
            (Bytes::new(), start.checked_add(2)?)
        } else {
            let end = find(body, b"\r\n\r\n", start)?;
            (body.slice(start..end), end.checked_add(4)?)
        };
        let data_end = find(body, between.as_bytes(), data_start.checked_sub(2)?)?;
        let data = if data_end < data_start {
            Bytes::new()
        } else {
            body.slice(data_start..data_end)
        };
        parts.push(part(&String::from_utf8_lossy(&head), data));
        at = data_end.checked_add(between.len())?;
    }
    None
}

fn part(head: &str, data: Bytes) -> Part {
    let mut part = Part {
        name: String::new(),
        file_name: None,
        content_type: None,
        data,
    };
    for line in head.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => {
                part.name = parameter(value, "name").unwrap_or_default();
                part.file_name = parameter(value, "filename");
            }
            "content-type" => part.content_type = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    part
}

/// A parameter of a header value, quoted or not.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim().trim_start_matches(';').trim();
        let (found, next) = if let Some(quoted) = after.strip_prefix('"') {
            let (text, next) = quoted.split_once('"')?;
            (text, next)
        } else {
            let (text, next) = after.split_once(';').unwrap_or((after, ""));
            (text.trim(), next)
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(found.to_owned());
        }
        rest = next;
    }
}

/// The first position of `needle` at or after `from`.
fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let found = memchr::memmem::find(haystack.get(from..)?, needle)?;
    found.checked_add(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_names_types_and_bytes() {
        let body = Bytes::from_static(
            b"preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n\
              --xx\r\nContent-Disposition: form-data; name=\"fileData\"; filename=\"a b.txt\"\r\n\r\nx\r\n--y\r\n\r\n--xx\r\n\
              Content-Disposition: form-data; name=empty\r\n\r\n\r\n--xx--\r\n",
        );
        let parts = parse("multipart/form-data; boundary=\"xx\"", &body).unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["json", "fileData", "empty"]);
        assert_eq!(parts[0].text(), "{\"a\":1}");
        assert_eq!(parts[0].content_type.as_deref(), Some("application/json"));
        assert_eq!(parts[1].file_name.as_deref(), Some("a b.txt"));
        assert_eq!(parts[1].text(), "x\r\n--y\r\n");
        assert!(parts[2].data.is_empty());
    }

    #[test]
    fn broken_framing_is_no_parts() {
        assert!(
            parse(
                "multipart/form-data; boundary=xx",
                &Bytes::from_static(b"--xx\r\nA: b")
            )
            .is_none()
        );
        assert!(parse("multipart/form-data", &Bytes::from_static(b"--xx--")).is_none());
        assert!(parse("text/plain; boundary=xx", &Bytes::from_static(b"--xx--")).is_none());
    }
}
