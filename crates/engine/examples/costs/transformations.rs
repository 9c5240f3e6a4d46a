//! What mapping costs: ten fields of 500 records beside a `serde_json::Value` that is renamed, and a script over as many.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{Batch, HookCall};
use ligand_engine::transform::{Direction, Mapping, Transformation, effective};
use ligand_model::level::Level;
use serde_json::{Map, Value, json};

use super::{Error, median, print};

/// The vendor's names and ours; `crates/bench/node/rename.mjs` has the same.
const FIELDS: [(&str, &str); 10] = [
    ("id", "key"),
    ("firstName", "first"),
    ("lastName", "last"),
    ("email", "mail"),
    ("phone", "call"),
    ("city", "town"),
    ("country", "land"),
    ("score", "rank"),
    ("active", "open"),
    ("updatedAt", "changed"),
];

/// What the script does to each record; Node's does the same.
const SCRIPT: &str = "transformedObject.name = originalObject.firstName + ' ' + originalObject.lastName; \
    transformedObject.hot = originalObject.score > 50; done(transformedObject);";

const TURNS: usize = 5;

/// Prints a line a figure.
pub fn run() -> Result<(), Error> {
    let body = body();
    let mapping = mapping()?;
    let mapped = mapping.map(Direction::FromVendor, &body)?;
    let renamed = renamed(&body)?;
    if serde_json::from_slice::<Value>(&mapped)? != serde_json::from_slice::<Value>(&renamed)? {
        return Err("mapping and renaming differ".into());
    }
    let (mut wall, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let began = Instant::now();
        ours.push(cpu(400, || Ok(mapping.map(Direction::FromVendor, &body)?))?);
        wall.push(began.elapsed().as_secs_f64() * 1e6 / 400.0);
        theirs.push(cpu(100, || self::renamed(&body))?);
    }
    say("109 KB mapped, CPU", ours);
    say("109 KB as a Value, CPU", theirs);
    say("109 KB", wall);
    script(Bytes::from(body), Bytes::from(mapped))
}

fn say(name: &str, mut figures: Vec<f64>) {
    figures.sort_by(f64::total_cmp);
    let middle = figures.get(figures.len() / 2).copied().unwrap_or_default();
    println!("{name}\t{middle:.2}");
}

/// The body of `cargo xtask bench proxy`: 500 contacts.
fn body() -> Vec<u8> {
    let contact = |number: usize| {
        json!({
            "id": format!("003{number:015}"), "firstName": "Ada", "lastName": format!("Lovelace {number}"),
            "email": format!("ada.{number}@example.com"), "phone": "+1 303 555 0100", "city": "Denver",
            "country": "US", "score": number * 7 % 100, "active": true, "updatedAt": "2026-11-21T10:00:00.000Z",
        })
    };
    Value::Array((0..500).map(contact).collect())
        .to_string()
        .into_bytes()
}

/// As most transformations are: what no field has would pass through.
fn mapping() -> Result<Mapping, Error> {
    let fields: Vec<Value> = FIELDS
        .iter()
        .map(|(vendor, path)| json!({"path": path, "vendorPath": vendor}))
        .collect();
    let body = json!({"vendorName": "contacts", "fields": fields});
    let read = Transformation::read(&body, Level::Organization)?;
    Ok(Mapping::compile(
        &effective(&[read]).ok_or("nothing to map")?,
    ))
}

/// The same by parsing, renaming and printing.
fn renamed(body: &[u8]) -> Result<Vec<u8>, Error> {
    let names: HashMap<&str, &str> = FIELDS.into_iter().collect();
    let records: Vec<Map<String, Value>> = serde_json::from_slice(body)?;
    let rename = |record: Map<String, Value>| -> Map<String, Value> {
        let members = record.into_iter();
        members
            .map(|(name, value)| match names.get(name.as_str()) {
                Some(other) => ((*other).to_owned(), value),
                None => (name, value),
            })
            .collect()
    };
    let records: Vec<_> = records.into_iter().map(rename).collect();
    Ok(serde_json::to_vec(&records)?)
}

/// CPU time of one of so many runs, µs; what else the machine does is not in it.
fn cpu(times: u32, mut run: impl FnMut() -> Result<Vec<u8>, Error>) -> Result<f64, Error> {
    let before = on_cpu()?;
    for _ in 0..times {
        std::hint::black_box(run()?);
    }
    Ok((on_cpu()? - before) / 1e3 / f64::from(times))
}

/// Nanoseconds that this thread has run.
fn on_cpu() -> Result<f64, Error> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split_whitespace().next().ok_or("no schedstat")?;
    Ok(first.parse()?)
}

fn script(originals: Bytes, mapped: Bytes) -> Result<(), Error> {
    let call = HookCall {
        name: "cost".to_owned(),
        source: SCRIPT.to_owned(),
        batch: Some(Batch {
            originals,
            mapped,
            from_vendor: true,
            is_where: false,
        }),
        ..HookCall::default()
    };
    let mut took = Vec::new();
    for _ in 0..60 {
        let began = Instant::now();
        let mut runtime = HookRuntime::new(Limits::new(|| false))?;
        let made = runtime.run(&call).map_err(|error| error.to_string())?;
        drop(runtime);
        took.push(began.elapsed());
        let made: Vec<Value> = serde_json::from_str(&made.batch.ok_or("no records")?)?;
        if made.get(499).and_then(|record| record.get("name")) != Some(&json!("Ada Lovelace 499")) {
            return Err("the script did not run".into());
        }
    }
    print("script over 500 records", median(took));
    Ok(())
}
