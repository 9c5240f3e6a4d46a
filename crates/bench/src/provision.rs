//! `POST /instances`, durable, beside an nginx that answers 202 and beside `pgbench` on the same disk in the same minutes.
//!
//! SQLite runs as the product ships it (WAL, `synchronous=FULL`), PostgreSQL as it comes (`fsync` and `synchronous_commit`
//! on). The vendor is an nginx that answers every code with a grant at once.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::arguments::{Arguments, Result};
use crate::programs::Programs;
use crate::proxy::figures::{number, ratios};
use crate::proxy::load::run_script;
use crate::proxy::page::{Bar, load_average};
use crate::proxy::peers::{Folder, free_port, listens, nginx, write};
use crate::proxy::process::Process;
use crate::report::Output;
use crate::server::{Server, expect};

const CONNECTIONS: usize = 32;

/// What is measured, in the order of a round.
const TARGETS: [&str; 7] = [
    "nginx `return 202`",
    "pgbench, one row a commit",
    "pgbench, the rows of an instance",
    "SQLite, a code is exchanged",
    "SQLite, the vendor is not asked",
    "PostgreSQL, a code is exchanged",
    "PostgreSQL, the vendor is not asked",
];

/// Measures and prints.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let rounds = arguments.number("rounds", 3)?.max(1);
    let seconds = arguments.number("seconds", 3)?.max(1);
    output.line(&format!("load before: {}", load_average()));
    let peers = Peers::start(arguments)?;
    let mut rates = vec![Vec::new(); TARGETS.len()];
    for target in 0..TARGETS.len() {
        peers.measure(target, 1)?;
    }
    for round in 1..=rounds {
        for ((target, name), rates) in TARGETS.iter().enumerate().zip(&mut rates) {
            let (rate, more) = peers.measure(target, seconds)?;
            output.line(&format!(
                "round {round}  {name:<38}{:>9} /s  {more}",
                number(rate, 0)
            ));
            rates.push(rate);
        }
    }
    output.line("\n| ratio | measured | floor | aim | |\n|---|---|---|---|---|");
    for bar in bars(&rates) {
        output.line(&bar.row());
    }
    Ok(())
}

fn bars(rates: &[Vec<f64>]) -> Vec<Bar> {
    let [
        nothing,
        one_row,
        rows,
        sqlite,
        sqlite_alone,
        postgres,
        postgres_alone,
    ] = rates
    else {
        return Vec::new();
    };
    let bar = |name, ours: &[f64], theirs: &[f64], floor, aim| Bar {
        name,
        ratios: ratios(ours, theirs),
        floor,
        aim,
        more: true,
    };
    vec![
        bar("SQLite ÷ nginx", sqlite, nothing, 0.2, 0.35),
        bar("SQLite ÷ pgbench, one row", sqlite, one_row, 1.0, 2.5),
        bar("PostgreSQL ÷ pgbench, its rows", postgres, rows, 0.5, 0.8),
        bar(
            "SQLite ÷ nginx, vendor not asked",
            sqlite_alone,
            nothing,
            0.2,
            0.35,
        ),
        bar(
            "SQLite ÷ pgbench, one row, vendor not asked",
            sqlite_alone,
            one_row,
            1.0,
            2.5,
        ),
        bar(
            "PostgreSQL ÷ pgbench, its rows, vendor not asked",
            postgres_alone,
            rows,
            0.5,
            0.8,
        ),
    ]
}

struct Peers {
    _nginx: Process,
    folder: Folder,
    nothing: String,
    sqlite: Server,
    postgres: Server,
    database: Programs,
}

impl Peers {
    fn start(arguments: &Arguments) -> Result<Self> {
        let folder = Folder::new("provision")?;
        let (vendor, nothing) = (free_port()?, free_port()?);
        let site = format!(
            "server {{ listen 127.0.0.1:{vendor}; default_type application/json; location / {{ return 200 '{}'; }} }}
             server {{ listen 127.0.0.1:{nothing}; location / {{ return 202; }} }}",
            grant()
        );
        let mut nginx = nginx(&folder.0, "nginx", 1, &site, &folder.0.join("nginx.log"))?;
        nginx.wait_until(|| listens(vendor) && listens(nothing))?;
        let config = folder.0.join("ligand.toml");
        write(
            &config,
            &format!(
                "[vendor]\ndeclared_limits = false\n\
                 [vendor.connect]\n\"login.salesforce.com\" = \"http://127.0.0.1:{vendor}\"\n"
            ),
        )?;
        let database = Programs::of(arguments)?;
        let ligand = arguments.need("ligand")?;
        let server = |name: &str, database: Option<&Programs>| -> Result<Server> {
            let server = Server::start_with(ligand, name, |command| {
                command.arg("--config").arg(&config);
                if let Some(database) = database {
                    database.lend(command);
                }
            })?;
            let made = server.platform("POST", "/elements", &keyed_element())?;
            expect(&made, 200)?;
            Ok(server)
        };
        let sqlite = server("provision-sqlite", None)?;
        let postgres = server("provision-postgres", Some(&database))?;
        let peers = Self {
            _nginx: nginx,
            nothing: format!("http://127.0.0.1:{nothing}/instances"),
            sqlite,
            postgres,
            database,
            folder,
        };
        peers.prepare()?;
        Ok(peers)
    }

    /// Scripts of wrk and pgbench; the latter writes rows like those of an instance that was made.
    fn prepare(&self) -> Result {
        for (name, server) in [("sqlite", &self.sqlite), ("postgres", &self.postgres)] {
            for (kind, body) in [("code", exchanged()), ("key", keyed())] {
                expect(&server.platform("POST", "/instances", &body)?, 200)?;
                let script = format!(
                    "wrk.method = 'POST'\nwrk.body = [[{body}]]\n\
                     wrk.headers['Content-Type'] = 'application/json'\n\
                     wrk.headers['Authorization'] = '{}'\n",
                    server.secrets()
                );
                write(&self.script(&format!("{name}-{kind}.lua")), &script)?;
            }
        }
        write(
            &self.script("nothing.lua"),
            &format!("wrk.method = 'POST'\nwrk.body = [[{}]]\n", exchanged()),
        )?;
        self.database
            .sql("CREATE TABLE bench_rows (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)")?;
        write(
            &self.script("one.sql"),
            &format!(
                "INSERT INTO bench_rows (body) VALUES ('{}');\n",
                "x".repeat(512)
            ),
        )?;
        write(&self.script("rows.sql"), &self.rows()?)
    }

    /// What `POST /instances` leaves, copied from the first instance but for its keys, in one transaction.
    fn rows(&self) -> Result<String> {
        let mut script = "\\set id random(1000000000, 9000000000000000)\nBEGIN;\n".to_owned();
        for (table, own) in [
            ("instances", "id = 1"),
            ("instance_tags", "instance_id = 1"),
            ("custody", "instance_id = 1"),
        ] {
            let columns = self.database.sql(&format!(
                "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns \
                 WHERE table_name = '{table}' AND table_schema = 'public'"
            ))?;
            let lines = self
                .database
                .sql(&format!("SELECT COUNT(*) FROM {table} WHERE {own}"))?;
            for line in 0..lines
                .trim()
                .parse::<usize>()
                .map_err(|error| error.to_string())?
            {
                // Literals, as an application sends them: nothing is read while it is measured.
                let values: Vec<String> = columns
                    .trim()
                    .split(',')
                    .map(|column| match column {
                        "id" | "instance_id" => "':id'".to_owned(),
                        "token_digest" => {
                            "'decode(lpad(to_hex(:id::bigint), 64, ''0''), ''hex'')'".to_owned()
                        }
                        other => format!("quote_nullable({other})"),
                    })
                    .collect();
                let shown = self.database.sql(&format!(
                    "SELECT concat_ws(', ', {}) FROM {table} WHERE {own} ORDER BY 1 OFFSET {line} LIMIT 1",
                    values.join(", ")
                ))?;
                let _ = writeln!(
                    script,
                    "INSERT INTO {table} ({}) VALUES ({});",
                    columns.trim(),
                    shown.trim()
                );
            }
        }
        script.push_str("COMMIT;\n");
        Ok(script)
    }

    fn script(&self, name: &str) -> std::path::PathBuf {
        self.folder.0.join(name)
    }

    /// Acknowledged a second, and what else is worth a look.
    fn measure(&self, target: usize, seconds: usize) -> Result<(f64, String)> {
        let post = |server: &Server, script: &str| {
            let before = server.cpu_seconds();
            let load = run_script(
                &server.url("/instances"),
                &self.script(script),
                CONNECTIONS,
                seconds,
            )?;
            let cpu = (server.cpu_seconds() - before) * 1e6 / load.requests.max(1.0);
            let more = format!(
                "p50 {} ms  p99 {} ms  CPU {} µs each",
                number(load.median / 1e3, 1),
                number(load.p99 / 1e3, 1),
                number(cpu, 0)
            );
            Ok((load.rate, more))
        };
        let pgbench = |script: &str| {
            let rate = self
                .database
                .bench(&self.script(script), CONNECTIONS, seconds)?;
            Ok((rate, String::new()))
        };
        match target {
            0 => {
                let load = run_script(
                    &self.nothing,
                    &self.script("nothing.lua"),
                    CONNECTIONS,
                    seconds,
                )?;
                Ok((load.rate, String::new()))
            }
            1 => pgbench("one.sql"),
            2 => pgbench("rows.sql"),
            3 => post(&self.sqlite, "sqlite-code.lua"),
            4 => post(&self.sqlite, "sqlite-key.lua"),
            5 => post(&self.postgres, "postgres-code.lua"),
            _ => post(&self.postgres, "postgres-key.lua"),
        }
    }
}

/// What the vendor answers to a code.
fn grant() -> Value {
    json!({
        "access_token": format!("00D{}", "a".repeat(109)), "refresh_token": format!("5Aep{}", "b".repeat(83)),
        "instance_url": "https://bench.my.salesforce.com", "token_type": "Bearer", "scope": "refresh_token full",
        "id": "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA", "issued_at": "1764000000000",
    })
}

fn exchanged() -> Value {
    json!({
        "element": {"key": "sfdc"}, "name": "An account", "providerData": {"code": "a-code-of-the-vendor"},
        "configuration": {"oauth.callback.url": "https://www.mycoolapp.com/auth", "oauth.api.key": "key",
            "oauth.api.secret": "secret"},
    })
}

fn keyed() -> Value {
    json!({"element": {"key": "keyed"}, "name": "An account", "configuration": {"api.key": "k".repeat(64)}})
}

/// An element whose customers paste a key: nobody is asked when they connect.
fn keyed_element() -> Value {
    json!({
        "key": "keyed", "name": "Keyed", "description": "Nobody is asked", "hub": "general", "active": true,
        "authentication": {"type": "apiKey"}, "configuration": [
            {"key": "base.url", "name": "Base URL", "description": "Where the vendor is", "type": "TEXTFIELD_1000",
             "defaultValue": "https://keyed.example", "required": false},
            {"key": "api.key", "name": "Key", "description": "The vendor's key", "type": "PASSWORD", "required": true},
        ],
        "parameters": [], "hooks": [], "resources": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::figures::median;

    #[test]
    fn every_bar_compares_two_of_what_is_measured() {
        let rates: Vec<Vec<f64>> = (1..=TARGETS.len())
            .map(|n| vec![f64::from(u32::try_from(n).unwrap())])
            .collect();
        let ratios: Vec<String> = bars(&rates)
            .iter()
            .map(|bar| format!("{:.2}", median(&bar.ratios)))
            .collect();
        assert_eq!(ratios, ["4.00", "2.00", "2.00", "5.00", "2.50", "2.33"]);
    }
}
