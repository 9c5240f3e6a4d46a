//! Telling vendors that a grant is not needed any more, until they have heard or a day has passed.

use std::sync::Arc;
use std::time::Duration;

use ligand_engine::catalog::Compiled;
use ligand_model::configuration::InstanceDocument;
use ligand_model::error::Classify as _;
use ligand_model::id::OrganizationId;
use ligand_model::time::Timestamp;
use ligand_store::farewells::Farewell;
use ligand_store::fault;
use tokio::task::JoinSet;

use super::{Error, elements, grant};
use crate::app::App;

/// How often the table is looked at.
const EVERY: Duration = Duration::from_secs(5);
/// With waits that double from a minute on, about a day.
const ATTEMPTS: i64 = 11;

/// When somebody else tells the vendor, should this process not come to it.
pub fn due(app: &App) -> Timestamp {
    let after = app.config.grants.farewell_after.0.as_millis();
    app.now()
        .plus_millis(i64::try_from(after).unwrap_or(i64::MAX))
}

/// Tells vendors until the application stops.
pub async fn work(app: App) {
    let mut stopping = app.tasks.stopping();
    while !stopping.is_stopping() {
        if let Err(error) = tell_due(&app).await {
            tracing::warn!(error = %error.public(), "farewells could not be read; trying again");
        }
        let _ = tokio::time::timeout(EVERY, stopping.wait()).await;
    }
}

/// Tells every vendor that is due, side by side.
///
/// # Errors
/// Those of the store; a vendor that does not listen is no error.
pub async fn tell_due(app: &App) -> Result<(), Error> {
    let again = due(app);
    let mut telling = JoinSet::new();
    for farewell in app.store.claim_farewells(again).await? {
        let app = app.clone();
        telling.spawn(async move { tell(&app, farewell).await });
    }
    while let Some(told) = telling.join_next().await {
        if let Ok(Err(error)) = told {
            tracing::warn!(error = %error.public(), "a farewell could not be noted as told");
        }
    }
    Ok(())
}

async fn tell(app: &App, farewell: Farewell) -> Result<(), Error> {
    // What has no element any more, or does not open, cannot be told.
    let element = elements::of_leaving(app, farewell.of).await?;
    let told = match (element, farewell.document) {
        (Some(element), Some(mut document)) => {
            grant::disconnect(app, &element, &mut document).await
        }
        _ => true,
    };
    let organization = farewell.of.organization;
    note(app, organization, farewell.id, told, farewell.attempts).await
}

async fn note(
    app: &App,
    organization: OrganizationId,
    id: i64,
    told: bool,
    attempts: i64,
) -> Result<(), Error> {
    if told || attempts >= ATTEMPTS {
        app.store.end_farewell(organization, id).await?;
    } else {
        let due = app.now().plus_millis(60_000 << attempts.clamp(0, ATTEMPTS));
        app.store.postpone_farewell(organization, id, due).await?;
    }
    Ok(())
}

/// The first attempt, by whoever wrote the farewell.
pub async fn tell_now(
    app: &App,
    organization: OrganizationId,
    id: i64,
    element: &Arc<Compiled>,
    mut document: InstanceDocument,
) {
    let told = grant::disconnect(app, element, &mut document).await;
    fault::point("delete.told");
    if let Err(error) = note(app, organization, id, told, 0).await {
        // It is due again by itself.
        tracing::warn!(error = %error.public(), "a farewell could not be noted as told");
    }
}
