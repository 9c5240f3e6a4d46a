//! Calls in common names: the query and the body go to the vendor in its words, the answer comes back in ours.
//!
//! Fields go before the script. A script runs once a record, all records of a body in one context. When a request's
//! script fails the vendor is not asked.

use std::sync::Arc;

use bytes::Bytes;
use ligand_engine::exchange::{ResourceCall, written};
use ligand_engine::query;
use ligand_engine::step::{Batch, Body, Failure, HookCall, Reply};
use ligand_engine::transform::Direction;
use ligand_model::error::{Classify, ErrorKind};
use ligand_model::secret::is_secret_key;
use ligand_store::api_keys::KeyHolder;
use ligand_store::identity::Caller;
use ligand_store::instances::SealedInstance;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::super::hubs::{self, Called, Target};
use super::super::{Error, explain};
use super::mapped::Entry;
use super::passes::{self, Pass};
use crate::app::App;
use crate::vendor::drive::Explain;

/// Larger bodies are mapped on a thread that answers nobody, bytes.
const LARGE: usize = 256 * 1024;

/// The transformation that a call goes through, and as whom its script may call.
#[derive(Debug)]
pub struct Through {
    /// The transformation.
    pub entry: Arc<Entry>,
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The caller's key.
    pub key: Option<Arc<KeyHolder>>,
    /// How many scripts are above this call.
    pub depth: u32,
}

/// Calls a resource through a transformation.
pub async fn call(
    app: &App,
    target: Target,
    through: &Through,
    mut call: ResourceCall,
    explain: Explain,
) -> Called {
    let instance = Arc::clone(&target.instance);
    let method = call.method.clone();
    let mapping = through.entry.mapping();
    if mapping.script_on_query
        && let Err(error) = conditions(app, through, &instance, &mut call.query).await
    {
        return error.into();
    }
    mapping.query(&mut call.query);
    if call.method == "GET" {
        mapping.select(&mut call.query);
    }
    if !call.body.is_empty() && is_json(call.content_type.as_deref()) {
        let body = std::mem::take(&mut call.body);
        let made = convert(app, through, Some(&instance), Direction::ToVendor, body).await;
        call.body = match made {
            Ok(body) => body,
            Err(error) => return error.into(),
        };
    }
    let mut called = hubs::call(app, target, call, explain).await;
    if let Some(explanation) = &mut called.explanation {
        if let Value::Object(members) = explanation {
            members.insert("transformation".to_owned(), explained(&through.entry));
        }
        return called;
    }
    if let Ok(reply) = called.result {
        let (status, said) = (reply.status, reply.body.clone());
        called.result = answer(app, through, &instance, reply)
            .await
            .map_err(|error| match method.as_str() {
                "GET" => error,
                method => after_write(&error, method, status, &said),
            });
    }
    called
}

/// The answer of a write could not be brought into common names: it has been written all the same, and what the vendor
/// answered, in its own names, is not lost.
fn after_write(error: &Error, method: &str, status: u16, said: &Body) -> Error {
    Error::Vendor(Failure {
        kind: error.kind(),
        status: None,
        message: written(method, status, &error.public()),
        provider_message: match said {
            Body::Json(bytes) => Some(explain::bounded(&String::from_utf8_lossy(bytes))),
            _ => None,
        },
    })
}

/// What a call goes through, and which level says what of it.
///
/// # Shape
/// `{"objectName", "vendorName", "level", "fields": [{"path", "vendorPath", "level"}], "script"?: "organization"}`
fn explained(entry: &Entry) -> Value {
    let whole = &entry.whole;
    let fields = whole.fields.iter().map(|field| {
        json!({"path": field.path, "vendorPath": field.vendor_path, "level": field.level.as_str()})
    });
    let mut told = json!({
        "objectName": entry.name, "vendorName": whole.vendor_name, "level": entry.level.as_str(),
        "fields": fields.collect::<Vec<_>>(),
    });
    if let (Some(script), Value::Object(members)) = (&whole.script, &mut told) {
        let level = script.whole.get("level").cloned();
        let level = level.unwrap_or_else(|| json!(entry.level.as_str()));
        members.insert("script".to_owned(), level);
    }
    told
}

async fn answer(
    app: &App,
    through: &Through,
    instance: &Arc<SealedInstance>,
    mut reply: Reply,
) -> Result<Reply, Error> {
    let Body::Json(bytes) = &reply.body else {
        return Ok(reply);
    };
    if bytes.is_empty() {
        return Ok(reply);
    }
    let bytes = bytes.clone();
    let mut made = convert(app, through, Some(instance), Direction::FromVendor, bytes).await?;
    if through.entry.mapping().filters_empty
        && let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(&made)
    {
        let kept: Vec<_> = items.iter().filter(|item| item.get() != "{}").collect();
        if kept.len() < items.len() {
            for (name, value) in &mut reply.headers {
                if name.eq_ignore_ascii_case("elements-returned-count") {
                    *value = kept.len().to_string();
                }
            }
            let kept = serde_json::to_vec(&kept);
            made = Bytes::from(kept.map_err(|error| Error::internal(error.to_string()))?);
        }
    }
    reply.body = Body::Json(made);
    Ok(reply)
}

/// Maps a body by fields, then by the script.
///
/// # Errors
/// 400 for a caller's body that is no JSON and for a script that fails, 502 for a vendor's body that is none.
pub async fn convert(
    app: &App,
    through: &Through,
    instance: Option<&Arc<SealedInstance>>,
    direction: Direction,
    bytes: Bytes,
) -> Result<Bytes, Error> {
    let mapped = map(&through.entry, direction, bytes.clone()).await?;
    if through.entry.mapping().script.is_none() {
        return Ok(mapped);
    }
    let (originals, mapped, single) = match (bytes.trim_ascii().first(), mapped.first()) {
        (Some(b'['), Some(b'[')) => (bytes, mapped, false),
        (Some(b'{'), Some(b'{')) => (listed(&bytes), listed(&mapped), true),
        // A text or number is no record.
        _ => return Ok(mapped),
    };
    let batch = Batch {
        originals,
        mapped,
        from_vendor: direction == Direction::FromVendor,
        is_where: false,
    };
    let made = script(app, through, instance, batch).await?;
    let made = Bytes::from(made);
    Ok(if single {
        made.slice(1..made.len().saturating_sub(1).max(1))
    } else {
        made
    })
}

fn listed(bytes: &[u8]) -> Bytes {
    let mut list = Vec::with_capacity(bytes.len() + 2);
    list.push(b'[');
    list.extend_from_slice(bytes);
    list.push(b']');
    Bytes::from(list)
}

/// Lets the script see and change the conditions of `where`, in common names.
async fn conditions(
    app: &App,
    through: &Through,
    instance: &Arc<SealedInstance>,
    pairs: &mut [(String, String)],
) -> Result<(), Error> {
    let Some((_, text)) = pairs.iter_mut().find(|(name, _)| name == "where") else {
        return Ok(());
    };
    if through.entry.mapping().script.is_none() {
        return Ok(());
    }
    // What cannot be read is the element's to refuse.
    let Ok(expression) = query::parse_where(text) else {
        return Ok(());
    };
    let batch = Batch {
        originals: Bytes::from(json!([{"where": expression.flatten()}]).to_string()),
        mapped: Bytes::from_static(b"[{}]"),
        from_vendor: false,
        is_where: true,
    };
    let made = script(app, through, Some(instance), batch).await?;
    let made: Value =
        serde_json::from_str(&made).map_err(|error| Error::internal(error.to_string()))?;
    let Some(list) = made.pointer("/0/where").and_then(Value::as_array) else {
        return Ok(());
    };
    *text = expression
        .with_conditions(list)
        .ok_or_else(|| {
            failed(
                &through.entry.name,
                "`transformedObject.where` must be a list of {attribute, operator, value}",
            )
        })?
        .to_string();
    Ok(())
}

fn failed(name: &str, why: &str) -> Error {
    Error::invalid(format!(
        "The script of the transformation '{name}' failed: {why}"
    ))
}

async fn script(
    app: &App,
    through: &Through,
    instance: Option<&Arc<SealedInstance>>,
    batch: Batch,
) -> Result<String, Error> {
    let entry = &through.entry;
    let Some((source, legacy)) = &entry.mapping().script else {
        return Err(Error::internal("there is no script"));
    };
    if through.depth > passes::DEEPEST {
        return Err(failed(
            &entry.name,
            "scripts of transformations call each other too deeply",
        ));
    }
    let pass = instance
        .filter(|_| source.contains("configuration"))
        .map(|instance| {
            let pass = Pass {
                caller: Arc::clone(&through.caller),
                key: through.key.clone(),
                instance: Arc::clone(instance),
                depth: through.depth,
            };
            passes::issue(app, pass)
        });
    let (mut configuration, mut hosts) = (Map::new(), Vec::new());
    if let Some(instance) = instance {
        let document = instance.open()?;
        hosts = document.hosts;
        for (name, value) in document.values {
            if !is_secret_key(&name) && !name.starts_with("oauth.") {
                configuration.insert(name, Value::String(value));
            }
        }
    }
    let (origin, context) = context(app);
    configuration.extend(context);
    if let Some(pass) = &pass {
        for name in ["userSecret", "organizationSecret", "elementInstanceToken"] {
            configuration.insert(name.to_owned(), json!(pass.secret.expose()));
        }
    }
    let script = HookCall {
        name: format!("the transformation '{}'", entry.name),
        source: source.clone(),
        legacy: *legacy,
        variables: Map::from_iter([("configuration".to_owned(), Value::Object(configuration))]),
        batch: Some(batch),
        ..HookCall::default()
    };
    let mut driver = app.driver();
    driver.own = Some((&app.own, &origin));
    let result = driver.run(&hosts, script, app.deadline()).await;
    match result {
        Ok(result) => result
            .batch
            .ok_or_else(|| Error::internal("a script gave no records")),
        Err(error) if error.line > 0 => Err(failed(
            &entry.name,
            &format!("{} (line {})", error.message, error.line),
        )),
        Err(error) => Err(failed(&entry.name, &error.message)),
    }
}

/// Where we are, as scripts put their URLs together.
fn context(app: &App) -> (String, Map<String, Value>) {
    let public = &app.urls.public;
    let (protocol, rest) = public.split_once("://").unwrap_or(("http", public));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    };
    let origin = format!("{protocol}://{host}{path}");
    let context = json!({"protocol": protocol, "host": host, "pathPrefix": format!("{path}/elements/api-v2")});
    let Value::Object(context) = context else {
        return (origin, Map::new());
    };
    (origin, context)
}

/// Maps a body by fields alone.
async fn map(entry: &Arc<Entry>, direction: Direction, bytes: Bytes) -> Result<Bytes, Error> {
    let mapped = if bytes.len() < LARGE {
        entry.mapping().map(direction, &bytes)
    } else {
        let entry = Arc::clone(entry);
        let work = move || entry.mapping().map(direction, &bytes);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Error::internal(error.to_string()))?
    };
    mapped.map(Bytes::from).map_err(|_| match direction {
        Direction::FromVendor => Error::new(
            ErrorKind::VendorUnavailable,
            "The vendor's answer is not valid JSON.",
        ),
        Direction::ToVendor => Error::invalid("The body is not valid JSON."),
    })
}

fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|kind| kind.to_ascii_lowercase().contains("json"))
}
