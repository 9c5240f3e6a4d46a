//! The smallest HTTP/1.1 client that can walk the guides: plain TCP, one connection a request.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::arguments::Result;

const PATIENCE: Duration = Duration::from_secs(30);
const LARGEST: u64 = 64 << 20;

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The verb.
    pub method: String,
    /// `http://host:port/path?query`.
    pub url: String,
    /// Besides `Host`, `Connection` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// As sent, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text, whatever it holds.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request and reads the whole answer; redirects are answers.
pub fn send(request: &Request) -> Result<Reply> {
    let fault = |error: std::io::Error| format!("{} {}: {error}", request.method, request.url);
    let (authority, target) = split(&request.url)?;
    let stream = TcpStream::connect(authority).map_err(fault)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(fault)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(fault)?;
    let mut head = format!(
        "{} {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n",
        request.method
    );
    for (name, value) in &request.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if !request.body.is_empty() || matches!(request.method.as_str(), "POST" | "PUT" | "PATCH") {
        let _ = write!(head, "Content-Length: {}\r\n", request.body.len());
    }
    head.push_str("\r\n");
    let mut message = head.into_bytes();
    message.extend_from_slice(&request.body);
    (&stream).write_all(&message).map_err(fault)?;
    read(BufReader::new(stream.take(LARGEST)), &request.method).map_err(fault)
}

/// `host:port` and the request target of a plain HTTP URL.
fn split(url: &str) -> Result<(&str, &str)> {
    let rest = url
        .strip_prefix("http://")
        .ok_or(format!("`{url}` is not a plain HTTP URL"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    Ok((authority, if target.is_empty() { "/" } else { target }))
}

fn read(mut from: impl BufRead, method: &str) -> std::io::Result<Reply> {
    let malformed =
        |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let mut reply = Reply::default();
    // Interim answers (100 Continue) come before the real one.
    loop {
        let status = line(&mut from)?;
        let code = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        reply.status = code.ok_or_else(|| malformed("no status line"))?;
        reply.headers.clear();
        loop {
            let header = line(&mut from)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| malformed("a header without a colon"))?;
            reply
                .headers
                .push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        if reply.status >= 200 {
            break;
        }
    }
    if method == "HEAD" || matches!(reply.status, 204 | 304) {
        return Ok(reply);
    }
    if reply
        .header("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    {
        loop {
            let size = line(&mut from)?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size =
                u64::from_str_radix(size, 16).map_err(|_| malformed("a chunk without a size"))?;
            (&mut from).take(size).read_to_end(&mut reply.body)?;
            line(&mut from)?;
            if size == 0 {
                return Ok(reply);
            }
        }
    }
    match reply
        .header("content-length")
        .and_then(|length| length.parse::<u64>().ok())
    {
        Some(length) => {
            from.take(length).read_to_end(&mut reply.body)?;
            if reply.body.len() as u64 != length {
                return Err(malformed("the body is cut short"));
            }
        }
        None => drop(from.read_to_end(&mut reply.body)?),
    }
    Ok(reply)
}

fn line(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    if from.read_line(&mut text)? == 0 {
        return Err(std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "the connection closed early",
        ));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Percent-encodes everything but unreserved characters.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Undoes percent-encoding; a stray `%` stays.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let value = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(value) = value.filter(|_| *byte == b'%') {
            decoded.push(value);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The decoded value of a query parameter in a URL.
pub fn query_value(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1.split('#').next()?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> std::io::Result<Reply> {
        read(BufReader::new(text.as_bytes()), "GET")
    }

    #[test]
    fn reads_chunks_and_lengths() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(parse(chunked).unwrap().text(), "abcde");
        let counted = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi";
        let reply = parse(counted).unwrap();
        assert_eq!(
            (reply.status, reply.text().as_str(), reply.header("x-a")),
            (404, "hi", Some("b"))
        );
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        assert!(parse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").is_err());
        assert!(parse("HTTP/1.1 200").is_err());
    }

    #[test]
    fn finds_query_values_decoded() {
        let url = "https://a.example/auth?state=sfdc&code=aPrx%2B1%3D%3D#x";
        assert_eq!(query_value(url, "code").as_deref(), Some("aPrx+1=="));
        assert_eq!(query_value(url, "error"), None);
        assert_eq!(decode(&encode("a b&ü=%")), "a b&ü=%");
    }

    #[test]
    fn splits_authority_from_target() {
        assert_eq!(split("http://h:1/p?q=/").unwrap(), ("h:1", "/p?q=/"));
        assert_eq!(split("http://h:1").unwrap(), ("h:1", "/"));
        assert!(split("https://h/").is_err());
    }
}
