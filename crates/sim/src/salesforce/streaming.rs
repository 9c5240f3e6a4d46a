//! Streaming by Bayeux (CometD) with long polling: push topics, generic channels, change events.
//!
//! A client shakes hands, subscribes, and asks again and again for what is new; an answer without news is held until there
//! are some, at most as long as the vendor holds it. Events are kept for those who subscribe with a replay id. Platform events
//! and WebSockets are left out, as at the vendor the latter.
//!
//! # Source
//! <https://developer.salesforce.com/docs/atlas.en-us.api_streaming.meta/api_streaming/using_streaming_api_client_connection.htm>
//! (2026-11)

mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::describe::object;
use super::error::{Answer, ApiError};
use super::org::Org;
use super::rules::text;
use super::value::print_datetime;
use crate::call::{Call, Reply};
use crate::record_store::put;

/// How long an answer without news is held.
const HOLD: Duration = Duration::from_secs(110);
/// Clients beyond this are forgotten, the oldest first; at the vendor an org has 20.
const MOST_CLIENTS: usize = 100;
/// Events that are kept for replays, and that wait for a client.
const MOST_EVENTS: usize = 1_000;
/// Messages in one request.
const MOST_MESSAGES: usize = 20;

/// The clients and what they are told.
#[derive(Default)]
pub struct Stream {
    made: u64,
    clients: BTreeMap<u64, Client>,
    /// Changes of records that have not become events yet.
    changes: Vec<Change>,
    events: VecDeque<Event>,
    last_replay: u64,
    /// Somebody has shaken hands or made a topic: changes are noted from then on.
    listening: bool,
}

#[derive(Default)]
struct Client {
    channels: Vec<String>,
    waiting: VecDeque<Value>,
    /// Whether it has asked for news yet: the first answer is not held.
    greeted: bool,
}

struct Event {
    channel: String,
    replay: u64,
    data: Value,
}

/// What happened to a record.
#[derive(Debug, Clone)]
pub struct Change {
    /// The object's name.
    pub object: String,
    /// The record's id.
    pub id: String,
    /// What happened.
    pub kind: Happened,
    /// The fields whose values are others now.
    pub fields: Vec<String>,
    /// Whose change it is.
    pub user: String,
}

/// What can happen to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It went to the recycle bin.
    Deleted,
    /// It came back from there.
    Undeleted,
}

impl Stream {
    /// Notes a change of a record, when there is anybody to be told.
    pub fn note(&mut self, change: impl FnOnce() -> Change) {
        if self.listening && self.changes.len() < MOST_EVENTS {
            self.changes.push(change());
        }
    }

    /// From now on changes are noted.
    pub fn listen(&mut self) {
        self.listening = true;
    }

    /// How many changes have been noted.
    pub fn noted(&self) -> usize {
        self.changes.len()
    }

    /// Forgets the changes after these many: they were taken back.
    pub fn forget_after(&mut self, noted: usize) {
        self.changes.truncate(noted);
    }

    /// Keeps an event of a channel and hands it to its subscribers; answers how many there are. `data` gets the event's number.
    fn publish(&mut self, channel: &str, mut data: Value, mut event: Value) -> usize {
        self.last_replay += 1;
        put(&mut event, "replayId", json!(self.last_replay));
        put(&mut data, "event", event);
        let mut told = 0;
        for client in self.clients.values_mut() {
            if client.channels.iter().any(|one| one == channel) {
                client.tell(channel, &data);
                told += 1;
            }
        }
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
        }
        let (channel, replay) = (channel.to_owned(), self.last_replay);
        self.events.push_back(Event {
            channel,
            replay,
            data,
        });
        told
    }

    fn client(&mut self, message: &Value) -> Option<&mut Client> {
        let id = message.get("clientId").and_then(Value::as_str)?;
        self.clients
            .get_mut(&id.strip_prefix("sandbox")?.parse().ok()?)
    }
}

impl Client {
    fn tell(&mut self, channel: &str, data: &Value) {
        if self.waiting.len() < MOST_EVENTS {
            self.waiting
                .push_back(json!({ "channel": channel, "data": data }));
        }
    }
}

/// Makes events of the changes that were noted; says whether there were any.
pub fn publish(org: &mut Org, now: Timestamp) -> bool {
    let changes = std::mem::take(&mut org.stream.changes);
    for change in &changes {
        topics::publish(org, change, now);
    }
    !changes.is_empty()
}

/// Answers `/cometd/{version}`, for a session that is good or none.
pub fn answer(org: &mut Org, call: &Call, signed_in: bool) -> Reply {
    let messages = match call.json() {
        Ok(Value::Array(messages)) => messages,
        Ok(one @ Value::Object(_)) => vec![one],
        _ => return Reply::text(400, "Bayeux messages are a JSON array."),
    };
    let mut answers = Vec::new();
    let mut hold = None;
    for message in messages.iter().take(MOST_MESSAGES) {
        let channel = message
            .get("channel")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut answer = if signed_in {
            match channel {
                "/meta/handshake" => handshake(&mut org.stream),
                "/meta/connect" => connect(&mut org.stream, message, &mut answers, &mut hold),
                "/meta/subscribe" => subscribe(org, message),
                "/meta/unsubscribe" => unsubscribe(&mut org.stream, message),
                "/meta/disconnect" => disconnect(&mut org.stream, message),
                _ => refused("403::Publishing is not allowed", "none"),
            }
        } else {
            let mut refused = refused("401::Authentication invalid", "none");
            let reason = json!({ "sfdc": { "failureReason": "401::Authentication invalid" } });
            put(&mut refused, "ext", reason);
            refused
        };
        put(&mut answer, "channel", json!(channel));
        for member in ["id", "clientId", "subscription"] {
            if let Some(value) = message.get(member).filter(|_| answer.get(member).is_none()) {
                put(&mut answer, member, value.clone());
            }
        }
        answers.push(answer);
    }
    let mut reply = Reply::json(200, &Value::Array(answers));
    // Only an answer of nothing but "no news" may wait.
    reply.hold = hold.filter(|_| messages.len() == 1);
    reply
}

fn refused(error: &str, reconnect: &str) -> Value {
    json!({ "advice": { "interval": 0, "reconnect": reconnect }, "error": error, "successful": false })
}

fn unknown_client() -> Value {
    refused("403::Unknown client", "handshake")
}

fn handshake(stream: &mut Stream) -> Value {
    stream.listen();
    stream.made += 1;
    if stream.clients.len() >= MOST_CLIENTS {
        stream.clients.pop_first();
    }
    stream.clients.insert(stream.made, Client::default());
    json!({
        "clientId": format!("sandbox{}", stream.made), "ext": { "payload.format": true, "replay": true }, "minimumVersion": "1.0",
        "successful": true, "supportedConnectionTypes": ["long-polling"], "version": "1.0",
    })
}

fn connect(
    stream: &mut Stream,
    message: &Value,
    told: &mut Vec<Value>,
    hold: &mut Option<Duration>,
) -> Value {
    let Some(client) = stream.client(message) else {
        return unknown_client();
    };
    let first = !std::mem::replace(&mut client.greeted, true);
    let at_once = message.pointer("/advice/timeout") == Some(&json!(0));
    if client.waiting.is_empty() && !first && !at_once {
        *hold = Some(HOLD);
    }
    told.extend(client.waiting.drain(..));
    let timeout = u64::try_from(HOLD.as_millis()).unwrap_or(u64::MAX);
    if first {
        json!({ "advice": { "interval": 0, "reconnect": "retry", "timeout": timeout }, "successful": true })
    } else {
        json!({ "successful": true })
    }
}

/// The channels that a message names.
fn named(message: &Value) -> Vec<String> {
    match message.get("subscription") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn subscribe(org: &mut Org, message: &Value) -> Value {
    let channels = named(message);
    let unknown = channels
        .iter()
        .find(|channel| !topics::exists(org, channel));
    if let Some(channel) = unknown {
        return refused(
            &format!("404::The channel {channel} does not exist"),
            "retry",
        );
    }
    let stream = &mut org.stream;
    let replays = message.pointer("/ext/replay").cloned().unwrap_or_default();
    let kept = std::mem::take(&mut stream.events);
    let Some(client) = stream.client(message) else {
        stream.events = kept;
        return unknown_client();
    };
    for channel in channels {
        // -2: all that is kept; -1: only what comes; else what comes after that one.
        let after = match replays.get(&channel).and_then(Value::as_i64) {
            Some(-2) => Some(0),
            Some(number) => u64::try_from(number).ok(),
            None => None,
        };
        let missed = kept.iter().filter(|event| {
            event.channel == channel && after.is_some_and(|after| event.replay > after)
        });
        for event in missed {
            client.tell(&channel, &event.data);
        }
        if !client.channels.contains(&channel) {
            client.channels.push(channel);
        }
    }
    stream.events = kept;
    json!({ "successful": true })
}

fn unsubscribe(stream: &mut Stream, message: &Value) -> Value {
    let channels = named(message);
    let Some(client) = stream.client(message) else {
        return unknown_client();
    };
    client.channels.retain(|one| !channels.contains(one));
    json!({ "successful": true })
}

fn disconnect(stream: &mut Stream, message: &Value) -> Value {
    if stream.client(message).is_none() {
        return unknown_client();
    }
    let id = message
        .get("clientId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let number = id
        .strip_prefix("sandbox")
        .and_then(|number| number.parse().ok());
    number.map(|number: u64| stream.clients.remove(&number));
    json!({ "successful": true })
}

/// Answers `/sobjects/StreamingChannel/{id}/push`.
pub fn push(org: &mut Org, call: &Call, id: &str, now: Timestamp) -> Answer<Reply> {
    let kind = object("StreamingChannel").ok_or_else(ApiError::not_found)?;
    let id = super::id::normalize(id).ok_or_else(ApiError::not_found)?;
    let channel = text(org.live(kind, &id)?, "Name")
        .unwrap_or_default()
        .to_owned();
    let body = call.json().unwrap_or_default();
    let Some(events) = body.get("pushEvents").and_then(Value::as_array) else {
        return Err(ApiError::new(
            400,
            "MISSING_ARGUMENT",
            "pushEvents is missing",
        ));
    };
    let outcomes = events.iter().map(|event| {
        let payload = event.get("payload").cloned().unwrap_or_default();
        let at = json!({ "createdDate": print_datetime(now) });
        let told = org
            .stream
            .publish(&channel, json!({ "payload": payload }), at);
        json!({ "fanoutCount": told, "userOnlineStatus": {} })
    });
    let outcomes: Vec<Value> = outcomes.collect();
    Ok(Reply::json(200, &json!(outcomes)))
}
