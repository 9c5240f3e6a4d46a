//! Fills a server's data folder with instances: `fill DATA COUNT [ELEMENT]`, for measuring and for journeys in a browser.
//!
//! The folder's server has been started once, so that its first customer is there; it may be running.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use ligand_model::id::{AccountId, ElementId, OrganizationId, UserId};
use ligand_model::time::{FixedClock, FixedEntropy, Timestamp};
use ligand_store::identity::Identity;
use ligand_store::vault::RootKey;
use ligand_store::{Database, Store, StoreOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("fill DATA COUNT")?);
    let count = arguments.next().ok_or("fill DATA COUNT")?.parse()?;
    let elements = match arguments.next() {
        Some(id) => vec![ElementId(id.parse()?)],
        None => [23, 27, 45, 85].map(ElementId).to_vec(),
    };
    let root_key = std::fs::read_to_string(folder.join("root.key"))?;
    let store = Store::open(StoreOptions {
        database: Database::Sqlite(folder.join("ligand.db")),
        root_keys: Arc::new(RootKey::from_base64(root_key.trim())?),
        // 2026-01-05T08:00:00Z
        clock: Arc::new(FixedClock::new(Timestamp(1_767_600_000_000))),
        entropy: Arc::new(FixedEntropy::new(42)),
    })
    .await?;
    let owner = Identity {
        organization: OrganizationId(2),
        account: AccountId(2),
        user: UserId(2),
    };
    store.fill(owner, &elements, count).await?;
    store.close().await;
    Ok(())
}
