//! What finding an instance by its token costs in a database that `fill` filled, beside a raw `SELECT` by the same index:
//! `lookups DATA COUNT [ROUNDS]`. Prints µs, as `name p50 p99` a round, in turn.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ligand_model::secret::TokenDigest;
use ligand_model::time::{FixedClock, FixedEntropy, Timestamp};
use ligand_store::vault::RootKey;
use ligand_store::{Database, Store, StoreOptions};
use rusqlite::OptionalExtension as _;

/// Look-ups a round.
const LOOKUPS: usize = 5_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "lookups DATA COUNT [ROUNDS]";
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let count: usize = arguments.next().ok_or(usage)?.parse()?;
    let rounds: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let file = folder.join("ligand.db");
    let root_key = std::fs::read_to_string(folder.join("root.key"))?;
    let store = Store::open(StoreOptions {
        database: Database::Sqlite(file.clone()),
        root_keys: Arc::new(RootKey::from_base64(root_key.trim())?),
        // 2026-01-05T08:00:00Z
        clock: Arc::new(FixedClock::new(Timestamp(1_767_600_000_000))),
        entropy: Arc::new(FixedEntropy::new(42)),
    })
    .await?;
    let raw = rusqlite::Connection::open(&file)?;
    raw.execute_batch("PRAGMA cache_size = -4000; PRAGMA query_only = ON")?;
    let mut select = raw.prepare("SELECT * FROM instances WHERE token_digest = ?1")?;
    // A step that shares no divisor with the count visits every token before any comes twice.
    let mut next = 0_usize;
    let mut token = || {
        next = (next + 7_368_787) % count;
        TokenDigest::of(&format!("token-of-{}", next + 1))
    };
    for _ in 0..rounds {
        let mut times = Vec::with_capacity(LOOKUPS);
        for _ in 0..LOOKUPS {
            let digest = token();
            let began = Instant::now();
            let columns = select.column_count();
            let row = select
                .query_row([&digest.0[..]], |row| {
                    (0..columns)
                        .map(|at| row.get::<_, rusqlite::types::Value>(at))
                        .collect::<Result<Vec<_>, _>>()
                })
                .optional()?;
            times.push(began.elapsed());
            row.ok_or("a token leads to no row")?;
        }
        show("raw", times)?;
        let mut times = Vec::with_capacity(LOOKUPS);
        for _ in 0..LOOKUPS {
            let digest = token();
            let began = Instant::now();
            let found = store.instance_by_token(digest).await?;
            times.push(began.elapsed());
            found.ok_or("a token leads to no instance")?.open()?;
        }
        show("store", times)?;
    }
    store.close().await;
    Ok(())
}

fn show(name: &str, mut times: Vec<std::time::Duration>) -> std::io::Result<()> {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = times.len() * percent / 100;
        times
            .get(index)
            .map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    writeln!(std::io::stdout(), "{name} {:.1} {:.1}", at(50), at(99))
}
