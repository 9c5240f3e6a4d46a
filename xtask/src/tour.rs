//! `cargo xtask tour`: the five guides, request by request.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::json::Json;
use crate::server::{self, Server};
use crate::shell::{Result, command, root, run as finish};

/// Walks the guides against the server of `--runtime FILE`, else of `./data`, else a fresh one.
pub fn run(arguments: &[String]) -> Result {
    let given = arguments.iter().any(|argument| argument == "--runtime");
    let tour = server::build("ligand-bench", "ligand-bench", false)?;
    if given {
        let mut walk = command(&tour, &["tour"]);
        return finish(walk.args(arguments));
    }
    let data = root().join("data");
    if answers(&data.join("runtime.json")) {
        println!("The tour visits the server of {}.", data.display());
        return walk(&tour, &data);
    }
    println!("No server runs on ./data; the tour starts a fresh one and ends it afterwards.");
    let binary = server::build("ligand-server", "ligand", false)?;
    fresh(&tour, &binary)
}

/// Walks against a server of its own, which must also end well.
pub fn fresh(tour: &Path, ligand: &Path) -> Result {
    let server = Server::start(ligand, "tour")?;
    let walked = walk(tour, &server.data());
    if walked.is_err() {
        let log = server.log();
        let tail: Vec<&str> = log.lines().rev().take(20).collect();
        eprintln!("The server's last words:");
        tail.iter().rev().for_each(|line| eprintln!("  {line}"));
    }
    walked.and(server.stop())
}

fn walk(tour: &Path, data: &Path) -> Result {
    finish(
        command(tour, &["tour"])
            .arg("--runtime")
            .arg(data.join("runtime.json"))
            .arg("--credentials")
            .arg(data.join("credentials.json")),
    )
}

/// Whether the server that wrote this file still answers.
fn answers(runtime: &Path) -> bool {
    let text = std::fs::read_to_string(runtime).unwrap_or_default();
    let Ok(json) = Json::parse(&text) else {
        return false;
    };
    let address = json
        .text("baseUrl")
        .trim_start_matches("http://")
        .trim_end_matches('/');
    address
        .parse::<SocketAddr>()
        .is_ok_and(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}
