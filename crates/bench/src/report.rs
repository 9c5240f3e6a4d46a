//! What the tour prints: requests, answers and checks, with every secret shortened.

use std::io::Write;

use serde_json::Value;

use crate::http::{Reply, Request, encode};

/// A writer that never fails its caller; a closed terminal ends nothing.
pub struct Output(Box<dyn Write>);

impl Output {
    /// Standard output.
    pub fn to_terminal() -> Self {
        Self(Box::new(std::io::stdout()))
    }

    /// Writes one line.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "{text}");
        let _ = self.0.flush();
    }
}

/// The most lines of one body that are shown.
const LONGEST: usize = 40;

/// Counts checks and shows what led to them.
pub struct Report<'a> {
    output: &'a mut Output,
    secrets: Vec<String>,
    passed: usize,
    failed: Vec<String>,
    place: String,
}

impl<'a> Report<'a> {
    /// A report with nothing in it.
    pub fn new(output: &'a mut Output) -> Self {
        Self {
            output,
            secrets: Vec::new(),
            passed: 0,
            failed: Vec::new(),
            place: String::new(),
        }
    }

    /// From here on this value is shown by its first four characters only.
    pub fn hide(&mut self, secret: &str) {
        if secret.len() >= 8 && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_owned());
            self.secrets.push(encode(secret));
        }
    }

    /// A heading; failures are listed under it.
    pub fn chapter(&mut self, title: &str) {
        title.clone_into(&mut self.place);
        self.output.line(&format!("\n━━ {title}"));
    }

    /// A sentence for the reader.
    pub fn say(&mut self, text: &str) {
        let text = self.shorten(text);
        self.output.line(&format!("   {text}"));
    }

    /// Shows a request.
    pub fn request(&mut self, request: &Request) {
        let first = self.shorten(&format!("\n→ {} {}", request.method, request.url));
        self.output.line(&first);
        for (name, value) in &request.headers {
            let header = self.shorten(&format!("  {name}: {value}"));
            self.output.line(&header);
        }
        self.body(&request.body);
    }

    /// Shows an answer.
    pub fn reply(&mut self, reply: &Reply) {
        self.output.line(&format!("← {}", reply.status));
        for (name, value) in &reply.headers {
            if name.starts_with("elements-") || name == "location" || name == "content-disposition"
            {
                let header = self.shorten(&format!("  {name}: {value}"));
                self.output.line(&header);
            }
        }
        self.body(&reply.body);
    }

    fn body(&mut self, body: &[u8]) {
        let Ok(text) = std::str::from_utf8(body) else {
            self.output.line(&format!("  ({} bytes)", body.len()));
            return;
        };
        let pretty = serde_json::from_str::<Value>(text)
            .ok()
            .and_then(|value| serde_json::to_string_pretty(&value).ok())
            .unwrap_or_else(|| text.to_owned());
        let shown = self.shorten(&pretty);
        let lines: Vec<&str> = shown.lines().collect();
        for line in lines.iter().take(LONGEST) {
            let cut: String = line.chars().take(200).collect();
            let more = if line.chars().count() > 200 {
                "…"
            } else {
                ""
            };
            self.output.line(&format!("  {cut}{more}"));
        }
        if lines.len() > LONGEST {
            self.output
                .line(&format!("  … {} more lines", lines.len() - LONGEST));
        }
    }

    fn shorten(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in &self.secrets {
            if shown.contains(secret) {
                let start: String = secret.chars().take(4).collect();
                shown = shown.replace(secret, &format!("{start}…"));
            }
        }
        shown
    }

    /// Counts a check; answers whether it held.
    pub fn check(&mut self, what: &str, holds: bool) -> bool {
        if holds {
            self.passed += 1;
            self.output.line(&format!("  ✓ {what}"));
        } else {
            let failure = self.shorten(&format!("{}: {what}", self.place));
            self.failed.push(failure);
            self.output.line(&format!("  ✗ {what}"));
        }
        holds
    }

    /// Counts a comparison and, when it fails, shows both sides.
    pub fn equal(&mut self, what: &str, found: &str, wanted: &str) -> bool {
        let holds = self.check(what, found == wanted);
        if !holds {
            let (wanted, found) = (self.shorten(wanted), self.shorten(found));
            self.output.line(&format!("      wanted {wanted}"));
            self.output.line(&format!("      found  {found}"));
        }
        holds
    }

    /// Closes with the counts; true when nothing failed.
    pub fn close(self) -> bool {
        self.output.line("");
        for failure in &self.failed {
            self.output.line(&format!("✗ {failure}"));
        }
        self.output.line(&format!(
            "{} passed, {} failed",
            self.passed,
            self.failed.len()
        ));
        self.failed.is_empty() && self.passed > 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn secrets_are_shortened_wherever_they_stand_and_failures_are_counted() {
        let kept = Kept::default();
        let mut output = Output(Box::new(kept.clone()));
        let mut report = Report::new(&mut output);
        report.hide("sec/ret+1234567=");
        report.request(&Request {
            method: "GET".into(),
            url: "http://h/?k=sec%2Fret%2B1234567%3D".into(),
            headers: vec![("Authorization".into(), "User sec/ret+1234567=".into())],
            body: br#"{"a":"sec/ret+1234567="}"#.to_vec(),
        });
        report.chapter("one");
        report.check("holds", true);
        report.equal("differs", "sec/ret+1234567=", "x");
        assert!(!report.close());
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(
            !text.contains("ret+1234567") && !text.contains("ret%2B"),
            "{text}"
        );
        assert!(
            text.contains("✗ one: differs") && text.ends_with("1 passed, 1 failed\n"),
            "{text}"
        );
    }
}
