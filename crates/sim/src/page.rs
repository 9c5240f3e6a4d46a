//! The look that all login and consent pages share: ours, no vendor's, and marked as a simulation.

use std::fmt::Write as _;

/// Escapes text for HTML, in content and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A whole page. `vendor` and `title` are escaped here, `body` is HTML already.
pub fn page(vendor: &str, title: &str, body: &str) -> String {
    let (vendor, title) = (escape(vendor), escape(title));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – Sandbox</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <p class=\"banner\" role=\"note\"><strong>Sandbox</strong> – simulated {vendor}. Any user name and password will do; \
         do not use real ones.</p>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
}

/// A form that posts to `action`. `hidden` fields carry the request along; `body` is HTML already.
pub fn form(action: &str, hidden: &[(&str, &str)], body: &str) -> String {
    let mut out = format!("<form method=\"post\" action=\"{}\">\n", escape(action));
    for (name, value) in hidden {
        let _ = writeln!(
            out,
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            escape(name),
            escape(value)
        );
    }
    out.push_str(body);
    out.push_str("\n</form>");
    out
}

/// A labelled input; `kind` is `text` or `password`.
pub fn input(id: &str, name: &str, kind: &str, label: &str, value: &str) -> String {
    let complete = if kind == "password" {
        "current-password"
    } else {
        "username"
    };
    format!(
        "<label for=\"{id}\">{label}</label>\n\
         <input id=\"{id}\" name=\"{name}\" type=\"{kind}\" value=\"{value}\" autocomplete=\"{complete}\">\n",
        id = escape(id),
        name = escape(name),
        kind = escape(kind),
        label = escape(label),
        value = escape(value),
    )
}

/// A submit button that sends `name=value`. `quiet` ones look secondary.
pub fn button(id: &str, name: &str, value: &str, label: &str, quiet: bool) -> String {
    format!(
        "<button id=\"{id}\" type=\"submit\" name=\"{name}\" value=\"{value}\"{class}>{label}</button>\n",
        id = escape(id),
        name = escape(name),
        value = escape(value),
        label = escape(label),
        class = if quiet { " class=\"quiet\"" } else { "" },
    )
}

/// The shared style sheet. Colours keep a contrast of 4.5:1 or more in both schemes.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b2430;--paper:#f4f6f8;--card:#fff;--line:#c3ccd6;--deed:#0b5a54;--deedink:#fff;--note:#fff3cd;--noteink:#523d00}\
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--paper:#12171d;--card:#1c232b;--line:#46525f;--deed:#7fd6cc;--deedink:#06201d;--note:#473700;--noteink:#ffe9a8}}\
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}\
.banner{margin:0;padding:.6rem 1rem;text-align:center;background:var(--note);color:var(--noteink)}\
main{max-width:26rem;margin:3rem auto;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}\
h1{margin:0 0 1rem;font-size:1.35rem}label{display:block;margin:.9rem 0 .25rem;font-weight:600}\
input{width:100%;padding:.55rem .7rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.4rem}\
button,a.button{display:block;width:100%;margin-top:1rem;padding:.65rem 1rem;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--deedink);background:var(--deed);border:1px solid var(--deed);border-radius:.4rem;cursor:pointer}\
button.quiet{color:var(--ink);background:transparent;border-color:var(--line)}\
:focus-visible{outline:3px solid var(--deed);outline-offset:2px}code{overflow-wrap:anywhere}ul{padding-left:1.2rem}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_foreign_is_escaped_and_the_page_says_it_is_a_simulation() {
        let body = form(
            "/a?\"x",
            &[("q", "\"><script>alert(1)</script>")],
            &input("u", "u", "text", "<b>", "'"),
        );
        let html = page("Sales<force>", "Log in", &body);
        assert!(!html.contains("<script>"));
        assert!(html.contains("&quot;&gt;&lt;script&gt;"));
        assert!(html.contains("<strong>Sandbox</strong> – simulated Sales&lt;force&gt;"));
    }
}
