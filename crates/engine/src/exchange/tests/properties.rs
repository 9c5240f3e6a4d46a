//! Nothing that a caller, an element, a vendor or a hook can say makes the engine panic.

use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::exchange::paging::Paging;
use crate::step::{Body, HookResult};
use crate::template;

/// Any JSON, shallow.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((".{0,8}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What a hook may hand back: the keys that mean something, with anything in them.
fn hook_result() -> impl Strategy<Value = HookResult> {
    const KEYS: [&str; 13] = [
        "request_vendor_headers",
        "request_vendor_parameters",
        "request_vendor_body",
        "request_vendor_path",
        "request_vendor_method",
        "response_body",
        "response_body_raw",
        "response_headers",
        "response_status_code",
        "response_error_message",
        "configuration",
        "continue",
        "other",
    ];
    let status = prop_oneof![Just(json!(200)), Just(json!("404")), Just(json!(99_999))];
    let members = proptest::collection::vec(
        (
            proptest::sample::select(KEYS.to_vec()),
            prop_oneof![4 => json_value(), 1 => status],
        ),
        0..6,
    );
    (any::<bool>(), members).prop_map(|(proceed, members)| HookResult {
        proceed,
        members: members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map<_, _>>(),
        ..HookResult::default()
    })
}

/// The same with its bodies as the texts that a script prints.
fn printed(result: &HookResult) -> HookResult {
    let mut result = result.clone();
    for name in ["response_body", "request_vendor_body"] {
        let body = result.members.get(name);
        if let Some(body) = body.filter(|body| body.is_object() || body.is_array()) {
            result.texts.push((name, Bytes::from(body.to_string())));
            result.members.remove(name);
        }
    }
    result
}

/// Drives a call whose hooks say these in turn; answers what was sent, too.
fn driven(
    results: Vec<HookResult>,
    status: u16,
    body: &str,
    fields: Option<String>,
) -> (Vec<Bytes>, Outcome) {
    let query = fields.map(|fields| ("fields".to_owned(), fields));
    let call = ResourceCall {
        method: "GET".into(),
        path: "/contacts".into(),
        query: query.into_iter().collect(),
        ..ResourceCall::default()
    };
    let mut exchange = Exchange::new(
        hooked(),
        0,
        BTreeMap::new(),
        call,
        BTreeMap::new(),
        setting(),
    );
    let (mut results, mut sent) = (results.into_iter(), Vec::new());
    let mut input = Input::Start;
    loop {
        input = match exchange.next(input) {
            Step::RunHook(_) => Input::Hook(Ok(results.next().unwrap_or_default())),
            Step::Send(request) => {
                sent.push(request.body);
                Input::Reply(VendorReply {
                    status,
                    headers: Vec::new(),
                    body: Bytes::from(body.to_owned()),
                })
            }
            Step::Refresh => Input::RefreshFailed("no".into(), None),
            Step::Done(outcome) => break (sent, *outcome),
        };
    }
}

fn hooked() -> Arc<Compiled> {
    let hooks = json!([{"type": "preRequest", "body": "done()"}, {"type": "postRequest", "body": "done()"}]);
    let resource = list(
        json!({"hooks": hooks, "nextPageKey": "body.next?cursor", "rootKey": "data|data.items",
        "aliases": {"id": "Id"}, "notFound": "data"}),
    );
    let definition = element(json!([resource]), json!({"hooks": hooks}));
    let (compiled, _) = catalog::import(definition.to_string().as_bytes(), ElementId(1)).unwrap();
    Arc::new(compiled)
}

/// Without serde_json's `float_roundtrip` the last digit of one number in a thousand changes.
#[test]
fn a_number_read_is_the_number_that_was_written() {
    for number in ["3.0336277377217485e-119", "0.1", "1.7976931348623157e308"] {
        let read: Value = serde_json::from_str(number).unwrap();
        assert_eq!(read.to_string().replace("e+", "e"), number);
    }
}

proptest! {
    #[test]
    fn no_hook_result_makes_a_call_panic(
        results in proptest::collection::vec(hook_result(), 4),
        status in 100_u16..600,
        body in prop_oneof![json_value().prop_map(|v| v.to_string()), ".{0,40}", "<[a-z<>/=' ]{0,40}"],
        fields in proptest::option::of("[a-z.,]{0,8}"),
    ) {
        let (_, outcome) = driven(results, status, &body, fields);
        match &outcome.result {
            Ok(reply) => prop_assert!((200..300).contains(&reply.status), "{}", reply.status),
            Err(failure) => prop_assert_ne!(failure.kind, ErrorKind::Internal),
        }
    }

    #[test]
    fn a_body_that_a_hook_printed_is_what_it_is_as_a_value(
        results in proptest::collection::vec(hook_result(), 4),
        given in json_value(),
        fields in proptest::option::of("[a-z.,]{0,8}"),
    ) {
        let body = given.to_string();
        let texts = results.iter().map(printed).collect();
        let [(sent, read), (again, passed)] =
            [results, texts].map(|results| driven(results, 200, &body, fields.clone()));
        prop_assert_eq!(sent, again);
        match (read.result, passed.result) {
            (Ok(read), Ok(passed)) => {
                prop_assert_eq!((read.status, read.headers), (passed.status, passed.headers));
                match (read.body, passed.body) {
                    (Body::Json(read), Body::Json(passed)) => {
                        let [read, passed] = [read, passed].map(|body| serde_json::from_slice::<Value>(&body).unwrap());
                        prop_assert_eq!(read, passed);
                    }
                    (read, passed) => prop_assert_eq!(format!("{read:?}"), format!("{passed:?}")),
                }
            }
            (Err(read), Err(passed)) => prop_assert_eq!(read, passed),
            (read, passed) => prop_assert!(false, "{read:?} {passed:?}"),
        }
        prop_assert_eq!(read.configuration, passed.configuration);
    }

    #[test]
    fn no_header_or_path_of_a_hook_leaves_its_place(header in ".{0,20}", value in ".{0,40}", path in ".{0,40}") {
        let mut members = Map::new();
        members.insert("request_vendor_headers".into(), json!({ header: value }));
        members.insert("request_vendor_path".into(), json!(path));
        let result = HookResult { proceed: true, members, ..HookResult::default() };
        let call = ResourceCall { method: "GET".into(), path: "/contacts".into(), ..ResourceCall::default() };
        let mut exchange = Exchange::new(hooked(), 0, BTreeMap::new(), call, BTreeMap::new(), setting());
        let mut input = Input::Start;
        loop {
            input = match exchange.next(input) {
                Step::RunHook(_) => Input::Hook(Ok(result.clone())),
                Step::Send(request) => {
                    for (name, value) in &request.headers {
                        prop_assert!(!name.contains([' ', ':', '\r', '\n']), "{name:?}");
                        prop_assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
                    }
                    prop_assert!(!request.url.contains([' ', '\r', '\n']), "{:?}", request.url);
                    break;
                }
                Step::Refresh | Step::Done(_) => break,
            };
        }
    }

    #[test]
    fn no_page_token_makes_paging_panic(
        kind in proptest::sample::select(vec!["page", "page 0", "offset", "cursor", ""]),
        start in proptest::option::of("[0-9]{1,20}"),
        token in prop_oneof![
            ".{0,40}",
            json_value().prop_map(|v| v.to_string()),
            (any::<u64>(), any::<u64>()).prop_map(|(p, s)| json!({"page": p, "pageSize": s}).to_string()),
            json_value().prop_map(|v| json!({"cursor": v, "q": {"a": 1}}).to_string()),
            (any::<u64>(), any::<u64>()).prop_map(|(page, size)| {
                use base64::Engine as _;
                let inner = json!({"page": page, "pageSize": size}).to_string();
                json!({"cursor": base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(inner)}).to_string()
            }),
        ],
        page in proptest::option::of("[0-9]{1,20}"),
        size in proptest::option::of("[0-9]{1,20}"),
        bounds in proptest::option::of(json_value()),
    ) {
        let definition = json!({"name": "x", "configuration": [
            {"key": "pagination.type", "defaultValue": kind},
            {"key": "pagination.page.startindex", "defaultValue": start},
            {"key": "pagination", "defaultValue": bounds.map(|b| b.to_string())}]});
        let element = serde_json::from_value(definition).unwrap();
        let resource = serde_json::from_value(json!({"method": "GET", "path": "/hubs/crm/a"})).unwrap();
        let mut query = vec![("nextPage".to_owned(), token)];
        query.extend(page.map(|page| ("page".to_owned(), page)));
        query.extend(size.map(|size| ("pageSize".to_owned(), size)));
        if let Ok(paging) = Paging::read(&element, &resource, &BTreeMap::new(), &mut query) {
            prop_assert!(paging.page >= 1 && (1..=5_000).contains(&paging.size));
            for name in ["page", "pageSize", "nextPage"] {
                let _ = paging.value(name);
            }
            let _ = paging.shown_to_hooks();
            let next: Value = serde_json::from_str(&paging.next_number(&query)).unwrap();
            prop_assert!(next["page"].is_u64());
        }
    }

    #[test]
    fn a_value_fills_one_place_of_a_path(
        before in "[a-z/]{0,10}", after in "[a-z/]{0,10}", value in ".{1,20}",
    ) {
        let filled = template::fill_path(&format!("/{before}/{{v}}/{after}"), |name| {
            (name == "v").then(|| value.clone())
        });
        if let Ok(filled) = filled {
            let slashes = |text: &str| text.matches('/').count();
            prop_assert_eq!(slashes(&filled), slashes(&before) + slashes(&after) + 3);
            prop_assert!(!filled.contains(['?', '#']), "{}", filled);
        } else {
            prop_assert!(value == "." || value == "..", "{value:?} was refused");
        }
    }

    #[test]
    fn no_template_makes_filling_panic(text in "[{}a-z$:/?#\"\\\\.ü ]{0,40}", value in ".{0,12}") {
        let fill = |name: &str| name.len().is_multiple_of(2).then(|| value.clone());
        let _ = template::fill_path(&text, fill);
        let _ = template::fill_url(&text, fill);
        let _ = template::encode_rest(&text);
        let _ = template::fill_json(&text, fill);
        let nothing = template::fill_tokens(&text, |_| None);
        prop_assert_eq!(nothing, text);
    }
}
