//! Names and tags are plain text: markup that a customer's browser could run is taken out on the way in.

/// Takes markup, control characters and surrounding blanks out of a name or tag.
pub fn plain(text: &str) -> String {
    let mut current: String = text.chars().filter(|c| !c.is_control()).collect();
    // One pass may uncover another tag (`<<a>b>`), and each pass that changes anything shortens the text.
    loop {
        let next = strip(&current);
        if next == current {
            return next.trim().to_owned();
        }
        current = next;
    }
}

fn strip(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        kept.push_str(before);
        if !opens_a_tag(after) {
            kept.push('<');
            rest = after;
            continue;
        }
        rest = match name_of(after).as_str() {
            // What these hold is no text.
            "script" | "style" => after_closing(after),
            _ => after_tag(after),
        };
    }
    kept.push_str(rest);
    kept
}

fn opens_a_tag(after: &str) -> bool {
    after
        .chars()
        .next()
        .is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'))
}

fn name_of(after: &str) -> String {
    after
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
}

/// What follows the tag's end; quoted values may hold `>`.
fn after_tag(text: &str) -> &str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return text.get(at + 1..).unwrap_or_default(),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    // A quote that never ends: the tag ends at the next `>` after all, or with the text.
    text.split_once('>').map_or("", |(_, rest)| rest)
}

fn after_closing(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let end = ["</script", "</style"]
        .iter()
        .filter_map(|tag| lower.find(tag))
        .min();
    end.and_then(|at| text.get(at + 1..)).map_or("", after_tag)
}

/// The tags of an instance: its name first, then those given, without empty ones and repetitions.
pub fn tags(name: &str, given: &[String]) -> Vec<String> {
    let mut tags = vec![name.to_owned()];
    for tag in given {
        let tag = plain(tag);
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_taken_out() {
        for (given, expected) in [
            (
                "<a href=\"http://x\" onClick=\"alert(1 > 0)\">churros-xss</a>",
                "churros-xss",
            ),
            ("<script>alert(1)</script>x", "x"),
            ("<<a>b>hello", "hello"),
            ("a < b and 2 > 1", "a < b and 2 > 1"),
            ("<img src=x onerror=alert(1)", ""),
            ("<b>", ""),
            ("  Tëst \u{0} ", "Tëst"),
            ("<a title='x", ""),
            ("<!-- c -->n", "n"),
        ] {
            assert_eq!(plain(given), expected, "{given}");
        }
    }

    #[test]
    fn the_name_is_the_first_tag_and_empty_or_repeated_ones_go() {
        let given = ["<b></b>", "x", "n", "x", " y "].map(str::to_owned);
        assert_eq!(tags("n", &given), ["n", "x", "y"]);
    }

    proptest! {
        #[test]
        fn no_tag_survives(text in "[<>a/!? '\"=scriptSCRIPT]{0,60}") {
            let plain = plain(&text);
            for (at, _) in plain.match_indices('<') {
                prop_assert!(!opens_a_tag(plain.get(at + 1..).unwrap()), "{plain}");
            }
        }
    }
}
