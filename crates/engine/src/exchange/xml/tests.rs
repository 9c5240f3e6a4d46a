use proptest::prelude::*;
use serde_json::json;

use super::*;

fn plainly(bytes: &[u8]) -> Result<Value, Error> {
    read(bytes, &Xml::default())
}

fn xml(text: &str) -> Result<Value, Error> {
    plainly(text.as_bytes())
}

#[test]
fn a_definition_says_what_is_a_list_and_that_attributes_are_no_data() {
    let how = Xml {
        lists: vec!["r".to_owned()],
        plain: true,
    };
    for (text, expected) in [
        (
            "<a x='1'><r y='2'><k xsi:nil='true'/><n>1</n></r></a>",
            json!({"a": {"r": [{"k": null, "n": 1}]}}),
        ),
        ("<a><r>1</r><r/></a>", json!({"a": {"r": [1, ""]}})),
        (
            "<a><b nil='1'></b><b nil='false'/></a>",
            json!({"a": {"b": [null, ""]}}),
        ),
        ("<a><b s:nil='true'>x</b></a>", json!({"a": {"b": "x"}})),
    ] {
        assert_eq!(read(text.as_bytes(), &how), Ok(expected), "{text}");
    }
}

#[test]
fn elements_attributes_and_text() {
    for (text, expected) in [
        ("<a/>", json!({"a": ""})),
        (
            "<a x=\"1\"><b>2</b><b/>t</a>",
            json!({"a": {"@x": "1", "b": [2, ""], "$": "t"}}),
        ),
        (
            "<?xml version='1.0'?>\n<qdbapi>\n  <errcode>0</errcode>\n  <ok>true</ok></qdbapi>\n",
            json!({"qdbapi": {"errcode": 0, "ok": true}}),
        ),
        (
            "<soap:Envelope xmlns:soap=\"http://s\"><soap:Body><r>1.50</r></soap:Body></soap:Envelope>",
            json!({"soap:Envelope": {"@xmlns:soap": "http://s", "soap:Body": {"r": 1.5}}}),
        ),
        (
            "<a><n>007</n><n>12345678901234567890</n><n>-3</n><n>1e5</n><n>+1</n><n>-0</n></a>",
            json!({"a": {"n": ["007", "12345678901234567890", -3, "1e5", "+1", "-0"]}}),
        ),
        (
            "<a>x &amp; y &#65;<![CDATA[<z>]]></a>",
            json!({"a": "x & y A<z>"}),
        ),
        ("<a b='&lt;&#x41;'/>", json!({"a": {"@b": "<A"}})),
        (
            "<!DOCTYPE a SYSTEM \"http://evil.example/a.dtd\"><a>1</a>",
            json!({"a": 1}),
        ),
    ] {
        assert_eq!(xml(text), Ok(expected), "{text}");
    }
}

#[test]
fn other_encodings_are_read() {
    let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>M\xfcller \x80</a>";
    assert_eq!(plainly(latin), Ok(json!({"a": "Müller €"})));
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("<a>ü</a>".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert!(is_xml("", &wide));
    assert_eq!(plainly(&wide), Ok(json!({"a": "ü"})));
    let japanese = xml("<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a/>");
    assert_eq!(japanese, Err(Error::Encoding("shift_jis".into())));
}

#[test]
fn bombs_are_refused() {
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>";
    assert_eq!(xml(laughs), Err(Error::Entities));
    let file = "<!DOCTYPE l [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><l>&f;</l>";
    assert_eq!(xml(file), Err(Error::Entities));
    assert_eq!(xml("<l>&f;</l>"), Err(Error::UnknownEntity("f".to_owned())));
    let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(xml(&deep(MOST_DEPTH)).is_ok());
    assert_eq!(xml(&deep(MOST_DEPTH + 1)), Err(Error::Depth));
    let wide = format!("<l>{}</l>", "<a/>".repeat(MOST_NODES));
    assert_eq!(xml(&wide), Err(Error::Size));
}

#[test]
fn what_is_not_whole_is_refused() {
    for text in [
        "",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "x",
        "<a b=1/>",
        "<a b='1' b='2'/>",
        "<a>&#0;</a>",
    ] {
        assert!(
            matches!(xml(text), Err(Error::Malformed(_))),
            "{text}: {:?}",
            xml(text)
        );
    }
}

#[test]
fn a_web_page_is_no_xml_answer() {
    for (kind, text, expected) in [
        ("text/html", "<!DOCTYPE html><html></html>", false),
        ("text/plain", "<html><body/></html>", false),
        ("text/html", "<?xml version=\"1.0\"?><r/>", true),
        ("text/html", "<r/>", false),
        ("text/xml", " <r/>", true),
        ("", "<r/>", true),
        ("application/xml", "{}", false),
    ] {
        assert_eq!(is_xml(kind, text.as_bytes()), expected, "{kind} {text}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = is_xml("", &bytes);
        let first = plainly(&bytes);
        prop_assert_eq!(first, plainly(&bytes));
    }

    #[test]
    fn no_markup_makes_it_panic(parts in proptest::collection::vec(
        proptest::sample::select(vec!["<a>", "</a>", "<b x='1'>", "</b>", "<c/>", "&amp;", "&x;", "&#", "<![CDATA[",
            "]]>", "<!--", "-->", "<?", "?>", "<!DOCTYPE", "[", "]", ">", "<", "ü", " ", "1", "\"", "\0", "="]), 0..60)) {
        if let Ok(value) = plainly(parts.concat().as_bytes()) {
            prop_assert_eq!(value.as_object().map(Map::len), Some(1));
        }
    }

    #[test]
    fn text_comes_back(text in "[a-zA-Z<>&\"' ]{0,40}") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let expected = typed(text.trim());
        prop_assert_eq!(xml(&format!("<a>{escaped}</a>")).map(|v| v["a"].clone()), Ok(expected));
    }
}
