//! Hooks that make HTTP calls of their own, with scripted answers.

use super::*;

fn reply(status: u16, body: &str) -> VendorReply {
    VendorReply {
        status,
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("set-cookie".into(), "a=1".into()),
            ("set-cookie".into(), "b=2".into()),
        ],
        body: body.to_owned().into(),
    }
}

/// Runs a hook; answers what it asked for and how it ended.
fn fetching(
    source: &str,
    variables: Value,
    mut answer: impl FnMut(&VendorRequest) -> Result<VendorReply, String>,
) -> (Vec<VendorRequest>, Result<Value, HookError>) {
    let mut asked = Vec::new();
    let result = runtime().run_with(&call_of(source, variables), &mut |request| {
        let answer = answer(&request);
        asked.push(request);
        answer
    });
    (asked, result.map(all_members))
}

fn line(request: &VendorRequest) -> String {
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {} {body}", request.method, request.url)
        .trim_end()
        .to_owned()
}

fn header<'a>(request: &'a VendorRequest, name: &str) -> Option<&'a str> {
    let found = request
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

#[test]
fn http_requests_take_options_urls_and_both() {
    for (source, expected) in [
        (
            "http.request({hostname: 'a.example', port: 8080, path: '/x?y=1'}).end()",
            "GET http://a.example:8080/x?y=1",
        ),
        (
            "https.request({host: 'a.example', port: null, path: 'x', method: 'put'}).end('body')",
            "PUT https://a.example/x body",
        ),
        (
            "https.request({protocol: 'http:', host: 'a.example:81'}).end()",
            "GET http://a.example:81/",
        ),
        (
            "https.get('https://a.example/x?y=1#z')",
            "GET https://a.example/x?y=1",
        ),
        (
            "https.request('https://a.example/x', {method: 'DELETE'}).end()",
            "DELETE https://a.example/x",
        ),
        (
            "https.get(new (require('url').URL)('https://a.example/x?y=1'))",
            "GET https://a.example/x?y=1",
        ),
        (
            "var r = https.request({host: 'a.example', method: 'POST'}); r.write('a'); r.write(Buffer.from('b')); r.end('c')",
            "POST https://a.example/ abc",
        ),
    ] {
        let source = format!("var http = require('http'), https = require('node:https'); {source}");
        let (asked, result) = fetching(&source, json!({}), |_| Ok(reply(200, "{}")));
        assert_eq!(result.unwrap(), json!({}), "{source}");
        assert_eq!(asked.iter().map(line).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn an_answer_comes_in_pieces_and_ends() {
    let source = "require('https').get({host: 'a.example', headers: {'X-A': 1, 'X-None': undefined}, auth: 'u:p'}, function (res) {
        var all = ''; var chunks = [];
        res.on('data', function (piece) { all += piece; chunks.push(piece) });
        res.on('end', function () {
            done({response_body: {all: JSON.parse(all), status: res.statusCode, cookies: res.headers['set-cookie'],
                type: res.headers['content-type'], same: Buffer.concat(chunks).toString('utf8') === all}});
        });
    })";
    let (asked, result) = fetching(source, json!({}), |_| Ok(reply(404, r#"{"a":"ü"}"#)));
    let expected = json!({"all": {"a": "ü"}, "status": 404, "cookies": ["a=1", "b=2"], "type": "application/json", "same": true});
    assert_eq!(result.unwrap()["response_body"], expected);
    assert_eq!(header(&asked[0], "x-a"), Some("1"));
    assert_eq!(header(&asked[0], "x-none"), None);
    assert_eq!(header(&asked[0], "authorization"), Some("Basic dTpw"));
}

#[test]
fn calls_that_fail_are_errors_of_the_request() {
    let refuse = |_: &VendorRequest| Err("a.example is not among the hosts".to_owned());
    let source = "require('https').get('https://a.example/').on('error', function (e) { done({a: e.message, b: e instanceof Error}) })";
    let (_, result) = fetching(source, json!({}), refuse);
    assert_eq!(
        result.unwrap(),
        json!({"a": "a.example is not among the hosts", "b": true})
    );
    let (_, result) = fetching(
        "require('https').get('https://a.example/')",
        json!({}),
        refuse,
    );
    assert_eq!(
        result.unwrap_err().message,
        "a.example is not among the hosts"
    );
    for (source, message) in [
        ("require('https').get('nothing')", "Invalid URL"),
        (
            "require('https').get('file:///etc/passwd')",
            "Protocol \"file:\" not supported. Expected \"https:\"",
        ),
        (
            "require('https').request({host: 'a.example', method: 'GET /'}).end()",
            "Method must be a valid HTTP token",
        ),
    ] {
        let (asked, result) = fetching(source, json!({}), refuse);
        assert_eq!(result.unwrap_err().message, message, "{source}");
        assert!(asked.is_empty());
    }
    let error = runtime()
        .run(&call_of(
            "require('https').get('https://a.example/')",
            json!({}),
        ))
        .unwrap_err();
    assert!(error.message.contains("may not make HTTP calls"), "{error}");
}

#[test]
fn axios_answers_promises() {
    let source = "const axios = require('axios');
        const one = await axios.get('https://a.example/x?z=0', {params: {q: 'a b', list: [1, 2]}, headers: {'X-A': 'b'}});
        const two = await axios.post('https://a.example/y', {n: one.data.n}, {auth: {username: 'u', password: 'p'}});
        const three = await axios({method: 'PUT', baseURL: 'https://a.example/v1/', url: '/z', data: 'a=b'});
        await axios.patch('https://a.example/p', {a: 'b c'}, {headers: {'content-type': 'application/x-www-form-urlencoded'}});
        await axios.delete('https://a.example/d');
        await axios.create({baseURL: 'https://b.example', headers: {'X-C': 'd'}}).get('e');
        done({a: [one.status, one.data, one.headers['content-type']], b: two.data.n, c: three.statusText})";
    let mut n = 0;
    let (asked, result) = fetching(source, json!({}), |_| {
        n += 1;
        Ok(reply(200, &format!(r#"{{"n":{n}}}"#)))
    });
    let expected = json!({"a": [200, {"n": 1}, "application/json"], "b": 2, "c": "OK"});
    assert_eq!(result.unwrap(), expected);
    assert_eq!(
        asked.iter().map(line).collect::<Vec<_>>(),
        [
            "GET https://a.example/x?z=0&q=a+b&list[]=1&list[]=2",
            r#"POST https://a.example/y {"n":1}"#,
            "PUT https://a.example/v1/z a=b",
            "PATCH https://a.example/p a=b+c",
            "DELETE https://a.example/d",
            "GET https://b.example/e",
        ]
    );
    let types: Vec<_> = asked
        .iter()
        .map(|request| header(request, "content-type"))
        .collect();
    let form = Some("application/x-www-form-urlencoded");
    assert_eq!(
        types,
        [None, Some("application/json"), form, form, None, None]
    );
    assert_eq!(header(&asked[1], "authorization"), Some("Basic dTpw"));
    assert_eq!(header(&asked[5], "x-c"), Some("d"));
}

#[test]
fn axios_rejects_what_is_no_success() {
    let caught = "require('axios').get('https://a.example/').then(function () { done({a: 'fine'}) }).catch(function (e) {
        done({a: e.message, b: e.response && e.response.data, c: e.code, d: require('axios').isAxiosError(e)}) })";
    let (_, result) = fetching(caught, json!({}), |_| Ok(reply(404, r#"{"why":"gone"}"#)));
    assert_eq!(
        result.unwrap(),
        json!({"a": "Request failed with status code 404", "b": {"why": "gone"}, "c": "ERR_BAD_REQUEST", "d": true})
    );
    let (_, result) = fetching(caught, json!({}), |_| Err("no answer".into()));
    assert_eq!(
        result.unwrap(),
        json!({"a": "no answer", "c": "ERR_NETWORK", "d": true})
    );
    let (_, result) = fetching(
        "await require('axios').get('https://a.example/')",
        json!({}),
        |_| Ok(reply(500, "<html>")),
    );
    assert_eq!(
        result.unwrap_err().message,
        "Request failed with status code 500"
    );
    let lenient = "require('axios')({url: 'https://a.example/', validateStatus: null}).then(r => done({a: r.data}))";
    let (_, result) = fetching(lenient, json!({}), |_| Ok(reply(500, "<html>")));
    assert_eq!(result.unwrap(), json!({"a": "<html>"}));
}

#[test]
fn scripts_may_await_and_return_what_they_waited_for() {
    for (source, expected) in [
        ("return {a: await 1}", json!({"a": 1})),
        (
            "const {data} = await require('axios').get('https://a.example/'); return {a: data.n}",
            json!({"a": 5}),
        ),
        (
            "return require('axios').get('https://a.example/').then(r => ({a: r.data.n}))",
            json!({"a": 5}),
        ),
        (
            "const [x, y] = await Promise.all([1, 2].map(() => require('axios').get('https://a.example/'))); done({a: x.data.n + y.data.n})",
            json!({"a": 10}),
        ),
        (
            "for await (const piece of await new Promise(r => require('https').get('https://a.example/', r))) done({a: JSON.parse(piece).n})",
            json!({"a": 5}),
        ),
        ("await 1", json!({})),
    ] {
        let (_, result) = fetching(source, json!({}), |_| Ok(reply(200, r#"{"n":5}"#)));
        assert_eq!(result.unwrap(), expected, "{source}");
    }
    let (_, result) = fetching(
        "await 1;\nthrow new Error('late')",
        json!({}),
        |_| unreachable!(),
    );
    let error = result.unwrap_err();
    assert_eq!((error.message.as_str(), error.line), ("late", 2));
}

#[test]
fn the_first_done_leaves_calls_unsent() {
    let source = "require('https').get('https://a.example/'); done({a: 1})";
    let (asked, result) = fetching(source, json!({}), |_| Ok(reply(200, "")));
    assert_eq!((asked.len(), result.unwrap()), (0, json!({"a": 1})));
    // And they do not come back with the next hook of the call.
    let mut runtime = runtime();
    runtime.run(&call_of(source, json!({}))).unwrap();
    runtime.run(&call_of("", json!({}))).unwrap();
}

#[test]
fn a_waiting_hook_holds_nothing_but_its_runtime() {
    let mut waiting = runtime();
    let call = call_of(
        "const r = await require('axios').get('https://a.example/'); done({a: r.data})",
        json!({}),
    );
    let Progress::Fetch(request) = waiting.begin(&call) else {
        panic!("it asks")
    };
    assert_eq!(line(&request), "GET https://a.example/");
    // Others run on the same thread meanwhile.
    assert_eq!(members("done({b: 1})", json!({})), json!({"b": 1}));
    let Progress::Ended(Ok(result)) = waiting.resume(Ok(reply(200, "7"))) else {
        panic!("it ends")
    };
    assert_eq!(Value::Object(result.members), json!({"a": 7}));
    let Progress::Ended(Err(error)) = waiting.resume(Ok(reply(200, "7"))) else {
        panic!("nothing waits")
    };
    assert!(error.message.contains("was not waiting"));
    // One that waits may be given up, or dropped.
    assert!(matches!(waiting.begin(&call), Progress::Fetch(_)));
    let result = waiting.run(&call_of("done({c: 1})", json!({}))).unwrap();
    assert_eq!(Value::Object(result.members), json!({"c": 1}));
    assert!(matches!(waiting.begin(&call), Progress::Fetch(_)));
}

#[test]
fn what_a_callback_throws_is_the_hooks_error() {
    let source = "require('https').get('https://a.example/', function (res) {\n  nothing.here\n})";
    let (_, result) = fetching(source, json!({}), |_| Ok(reply(200, "")));
    let error = result.unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.line),
        ("nothing is not defined", 2)
    );
}
