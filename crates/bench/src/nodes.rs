//! Two nodes on one PostgreSQL: what a warm call costs beside a server on SQLite, and which statements it makes.

use std::collections::BTreeMap;

use crate::arguments::{Arguments, Result};
use crate::programs::Programs;
use crate::proxy::figures::{number, ratios};
use crate::proxy::load::{self, Load};
use crate::proxy::page::{Bar, load_average};
use crate::proxy::peers::{Folder, element, vendor, write};
use crate::report::Output;
use crate::server::{Server, expect};

const CONNECTIONS: usize = 32;
const PATH: &str = "/hubs/general/small";

/// What is measured, in the order of a round.
const TARGETS: [&str; 3] = [
    "SQLite",
    "PostgreSQL, first node",
    "PostgreSQL, second node",
];

/// Measures and prints; fails when warm calls ask the database.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let rounds = arguments.number("rounds", 3)?.max(1);
    let seconds = arguments.number("seconds", 3)?.max(1);
    let ligand = arguments.need("ligand")?;
    output.line(&format!("load before: {}", load_average()));
    let folder = Folder::new("nodes")?;
    let (_vendor, port) = vendor(&folder.0)?;
    let config = folder.0.join("ligand.toml");
    write(
        &config,
        &format!("[vendor.connect]\n\"bench.vendor.example\" = \"http://127.0.0.1:{port}\"\n"),
    )?;
    let database = Programs::of(arguments)?;
    database.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")?;
    let alone = Server::start_with(ligand, "nodes-sqlite", |command| {
        command.arg("--config").arg(&config);
    })?;
    let first = Server::start_with(ligand, "nodes-first", |command| {
        database.lend(command.arg("--config").arg(&config));
    })?;
    let second = first.another(ligand, "nodes-second", |command| {
        database.lend(command.arg("--config").arg(&config));
    })?;
    let servers = [(&alone, provision(&alone)?), (&first, provision(&first)?)];
    let [(_, token), (_, shared)] = &servers;
    let targets = [(&alone, token), (&first, shared), (&second, shared)];
    for (server, token) in &targets {
        call(server, token, 1)?;
    }
    let mut rates = vec![Vec::new(); TARGETS.len()];
    let mut asked: BTreeMap<String, f64> = BTreeMap::new();
    let mut calls = 0.0;
    for round in 1..=rounds {
        for ((name, rates), (server, token)) in TARGETS.iter().zip(&mut rates).zip(&targets) {
            let (before, cpu) = (statements(&database)?, server.cpu_seconds());
            let load = call(server, token, seconds)?;
            let cpu = (server.cpu_seconds() - cpu) * 1e6 / load.requests.max(1.0);
            output.line(&format!(
                "round {round}  {name:<24}{:>9} /s  p99 {:>7} µs  CPU {:>6} µs each",
                number(load.rate, 0),
                number(load.p99, 0),
                number(cpu, 1)
            ));
            rates.push(load.rate);
            if *name != "SQLite" {
                calls += load.requests;
                for (text, count) in statements(&database)? {
                    let grown = count - before.get(&text).copied().unwrap_or(0.0);
                    *asked.entry(text).or_default() += grown;
                }
            }
        }
    }
    output.line("\n| ratio | measured | floor | aim | |\n|---|---|---|---|---|");
    let [sqlite, one, two] = rates.as_slice() else {
        return Ok(());
    };
    for (name, ours) in [("first node ÷ SQLite", one), ("second node ÷ SQLite", two)] {
        // Two processes that do the same differ by so much from run to run.
        let (floor, aim) = (0.95, 1.0);
        let ratios = ratios(ours, sqlite);
        let bar = Bar {
            name,
            ratios,
            floor,
            aim,
            more: true,
        };
        output.line(&bar.row());
    }
    tell(&asked, calls, output)
}

/// Which statements were made while so many warm calls were answered.
fn tell(asked: &BTreeMap<String, f64>, calls: f64, output: &mut Output) -> Result {
    output.line(&format!(
        "\nstatements during {} calls of the two nodes (timers and batches of usage rows):",
        number(calls, 0)
    ));
    let mut on_path = 0.0;
    for (text, count) in asked.iter().filter(|(_, count)| **count > 0.0) {
        let start: String = text.chars().take(90).collect();
        output.line(&format!("{:>8}  {start}", number(*count, 0)));
        if text.contains("token_digest = ") || text.contains("secret_digest") {
            on_path += count;
        }
    }
    output.line(&format!(
        "look-ups of callers and instances: {}",
        number(on_path, 0)
    ));
    if on_path > 0.0 {
        return Err("warm calls asked the database".to_owned());
    }
    Ok(())
}

/// How often each statement has been made, but for our own questions.
fn statements(database: &Programs) -> Result<BTreeMap<String, f64>> {
    let said = database.sql(
        "SELECT sum(calls)::bigint || ' ' || regexp_replace(query, '\\s+', ' ', 'g') FROM pg_stat_statements \
         WHERE query NOT LIKE '%pg_stat_statements%' \
         AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY query",
    )?;
    let pairs = said.lines().filter_map(|line| {
        let (count, text) = line.split_once(' ')?;
        Some((text.to_owned(), count.parse().ok()?))
    });
    Ok(pairs.collect())
}

fn call(server: &Server, token: &str, seconds: usize) -> Result<Load> {
    load::run(
        &server.url(PATH),
        &server.secrets_of(token),
        CONNECTIONS,
        seconds,
    )
}

/// Imports the element and makes an instance; answers its token.
fn provision(server: &Server) -> Result<String> {
    expect(&server.platform("POST", "/elements", &element())?, 200)?;
    server.make(&serde_json::json!({
        "element": {"key": "bench"}, "name": "bench", "configuration": {"api.token": "x".repeat(64)},
    }))
}
