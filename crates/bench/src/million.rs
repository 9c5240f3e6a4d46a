//! A million instances: calls of the one in a hundred that is in use beside the same with a thousand, memory, and what a
//! token costs that nobody remembers beside a raw `SELECT`.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::arguments::{Arguments, Result};
use crate::programs::said;
use crate::proxy::figures::{number, ratios};
use crate::proxy::load::{Load, run_script};
use crate::proxy::page::{Bar, load_average};
use crate::proxy::peers::{Folder, element, vendor, write};
use crate::report::Output;
use crate::server::{Server, expect};

const CONNECTIONS: usize = 32;
const PATH: &str = "/hubs/general/small";
const FEW: usize = 1_000;
/// The host that `fill` lets its instances call.
const HOST: &str = "api.example.com";

/// Measures and prints; `--instances` says how many (a million).
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let many = arguments.number("instances", 1_000_000)?.max(FEW);
    let rounds = arguments.number("rounds", 3)?.max(1);
    let seconds = arguments.number("seconds", 5)?.max(1);
    let programs = Path::new(arguments.need("examples")?);
    let ligand = arguments.need("ligand")?;
    output.line(&format!("load before: {}", load_average()));
    let folder = Folder::new("million")?;
    let (_vendor, port) = vendor(&folder.0)?;
    let config = folder.0.join("ligand.toml");
    write(
        &config,
        &format!("[vendor.connect]\n\"{HOST}\" = \"http://127.0.0.1:{port}\"\n"),
    )?;
    let start = |name: &str, count: usize| -> Result<Server> {
        let server = Server::start_with(ligand, name, |command| {
            command.arg("--config").arg(&config);
        })?;
        let made = server.platform("POST", "/elements", &element_at(HOST))?;
        expect(&made, 200)?;
        let id = made
            .json()
            .get("id")
            .cloned()
            .unwrap_or(json!(0))
            .to_string();
        let fill = &mut Command::new(programs.join("fill"));
        said(fill.arg(server.folder()).args([count.to_string(), id]))?;
        Ok(server)
    };
    output.line(&format!(
        "making {FEW} and {} instances",
        number(as_f64(many), 0)
    ));
    let servers = [
        (start("million-few", FEW)?, FEW),
        (start("million-many", many)?, many),
    ];
    let script = folder.0.join("hot.lua");
    let hot = |server: &Server, count: usize, seconds: usize| -> Result<Load> {
        write(&script, &calls(server, count / 100))?;
        run_script(&server.url(PATH), &script, CONNECTIONS, seconds)
    };
    for (server, count) in &servers {
        hot(server, *count, seconds)?;
    }
    let mut rates = [Vec::new(), Vec::new()];
    for round in 1..=rounds {
        for ((server, count), rates) in servers.iter().zip(&mut rates) {
            let load = hot(server, *count, seconds)?;
            output.line(&format!(
                "round {round}  one in a hundred of {:>9}: {:>8} /s  p99 {:>7} µs  resident {:>5} MiB",
                number(as_f64(*count), 0),
                number(load.rate, 0),
                number(load.p99, 0),
                number(server.resident(), 0)
            ));
            rates.push(load.rate);
        }
    }
    let [(_, _), (server, _)] = &servers;
    // Everybody comes once in a while: what is remembered is replaced all the time.
    write(&script, &calls(server, many))?;
    let cold = run_script(&server.url(PATH), &script, CONNECTIONS, seconds)?;
    let resident = server.resident();
    output.line(&format!(
        "any of {}: {} /s  p99 {} µs  resident {} MiB",
        number(as_f64(many), 0),
        number(cold.rate, 0),
        number(cold.p99, 0),
        number(resident, 0)
    ));
    let looked = said(
        Command::new(programs.join("lookups"))
            .arg(server.folder())
            .arg(many.to_string()),
    )?;
    let of = |name: &str, column: usize| -> Vec<f64> {
        let rows = looked
            .lines()
            .filter(|line| line.split(' ').next() == Some(name));
        rows.filter_map(|line| line.split(' ').nth(column)?.parse().ok())
            .collect()
    };
    output.line("\n| ratio | measured | floor | aim | |\n|---|---|---|---|---|");
    let [few, many] = rates;
    let bar = |name, ratios, floor, more| Bar {
        name,
        ratios,
        floor,
        aim: floor,
        more,
    };
    for bar in [
        bar(
            "look-up of a cold token ÷ raw SELECT, p99",
            ratios(&of("store", 2), &of("raw", 2)),
            1.3,
            false,
        ),
        bar(
            "the same, p50",
            ratios(&of("store", 1), &of("raw", 1)),
            1.3,
            false,
        ),
        bar(
            "hot calls ÷ those with 1,000",
            ratios(&many, &few),
            0.95,
            true,
        ),
        bar("resident, MiB", vec![resident], 256.0, false),
    ] {
        output.line(&bar.row());
    }
    Ok(())
}

/// The benchmark's element, at another host.
fn element_at(host: &str) -> Value {
    let mut element = element();
    if let Some(url) = element.pointer_mut("/configuration/0/defaultValue") {
        *url = json!(format!("https://{host}"));
    }
    element
}

/// A script that calls one of the first `hot` instances at random.
fn calls(server: &Server, hot: usize) -> String {
    let secrets = server.secrets_of("");
    format!(
        "math.randomseed(1)\nfunction request()\n  local number = math.random(1, {})\n  \
         -- Every thousandth is switched off.\n  if number % 1000 == 0 then number = number - 1 end\n  \
         local headers = {{}}\n  headers['Authorization'] = '{secrets}token-of-' .. number\n  \
         return wrk.format('GET', nil, headers)\nend\n",
        hot.max(1)
    )
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
