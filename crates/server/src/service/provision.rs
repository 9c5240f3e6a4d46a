//! `POST /instances`: from a code and a configuration to a stored instance. Nothing is stored before every vendor step
//! has succeeded, but a sealed note of a grant with which more is to be asked, so that the vendor is told should nothing come of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::catalog::configuration::validate_configuration;
use ligand_model::configuration::InstanceDocument;
use ligand_model::instance::Instance;
use ligand_model::secret::ElementToken;
use ligand_store::connect::ConnectEnd;
use ligand_store::farewells::Leaving;
use ligand_store::identity::Caller;
use ligand_store::instances::{InstanceChange, NewInstance};
use ligand_store::{custody, fault};

use super::input::{InstanceInput, name_or};
use super::instances::{self, Shown};
use super::oauth;
use super::{Error, applications, elements, farewells, grant, refresh, text};
use crate::app::App;

/// Makes an instance.
///
/// # Errors
/// 400 for input and for a vendor's refusal, 404 for an unknown element, 5xx for a vendor that is down.
pub async fn provision(
    app: &App,
    caller: &Caller,
    input: InstanceInput,
    in_path: Option<&str>,
) -> Result<Shown, Error> {
    provision_ending(app, caller, input, in_path, None).await
}

/// The same, and ends the Connect session in which it is made: both last, or neither.
///
/// # Errors
/// As [`provision`].
pub async fn provision_ending(
    app: &App,
    caller: &Caller,
    input: InstanceInput,
    in_path: Option<&str>,
    end: Option<ConnectEnd>,
) -> Result<Shown, Error> {
    // Boxed: it holds a whole call of the vendor.
    custody::while_making(Box::pin(make(app, caller, input, in_path, end))).await
}

async fn make(
    app: &App,
    caller: &Caller,
    input: InstanceInput,
    in_path: Option<&str>,
    end: Option<ConnectEnd>,
) -> Result<Shown, Error> {
    let named = input.element.as_ref().map(super::input::ElementRef::text);
    let Some(key) = in_path.map(str::to_owned).or(named) else {
        return Err(Error::invalid(
            "Which element? `element` with its `key` or `id` is missing.",
        ));
    };
    let elements::Found { element, version } = elements::seen(app, Some(caller), &key).await?;
    if !element.element.active {
        return Err(Error::invalid(format!(
            "The element {} is not active; no instance of it can be made.",
            element.element.key
        )));
    }
    let mut values: BTreeMap<String, String> = input
        .configuration
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
        .collect();
    let initial = input.external_authentication.as_deref() == Some("initial");
    let consent = oauth::consent(app, caller, &element, &input, &mut values).await?;
    let lent = applications::lend(app, caller.organization, &element, &mut values).await?;
    validate_configuration(&element.element, &values)?;
    let mut document = InstanceDocument {
        hosts: grant::freeze(&element, &values, lent)?,
        values,
    };
    fault::point("provision.begun");
    grant::obtain(app, &element, &mut document, &consent, initial).await?;
    let of = Leaving {
        organization: caller.organization,
        account: caller.account,
        element: element.id,
        element_version: version,
    };
    let new_grant = !initial && grant::must_tell(&element, &document);
    let noted = if new_grant && (grant::settles(&element) || app.store.is_shared()) {
        // Should this process end before the instance is there, somebody tells the vendor. Without more to ask, the
        // instance itself is there as soon as a note would be, and one file tells whether it is: then there is none.
        let due = farewells::due(app);
        match app.store.insert_farewell(of, &document, due).await {
            Ok(noted) => Some(noted),
            Err(error) => {
                grant::disconnect(app, &element, &mut document).await;
                return Err(error.into());
            }
        }
    } else {
        None
    };
    fault::point("provision.granted");
    if let Err(error) = grant::settle(app, &element, &mut document).await {
        not_needed(app, of, noted).await;
        return Err(error);
    }

    let name = name_or(input.name.as_deref(), &element.element.name);
    let token = ElementToken::generate(&*app.entropy);
    let new = NewInstance {
        organization: caller.organization,
        account: caller.account,
        user: caller.user,
        element: element.id,
        element_version: version,
        tags: text::tags(&name, input.tags.as_deref().unwrap_or_default()),
        name,
        external_authentication: if initial { "initial" } else { "none" }.to_owned(),
        document: &document,
        refresh_due: refresh::due(app, &element, &document.values),
        token: token.clone(),
    };
    match app.store.insert_instance_ending(new, end, noted).await {
        Ok(instance) => {
            fault::point("provision.written");
            let instance = caching(app, instance, &input).await?;
            Ok(Shown {
                instance,
                owner: caller.clone(),
                element,
                document,
                token,
            })
        }
        Err(error) => {
            if new_grant && noted.is_none() {
                unheard(app, &element, of, &mut document).await;
            }
            not_needed(app, of, noted).await;
            Err(error.into())
        }
    }
}

/// The vendor has made a grant that nobody will use, of which there is no note: it is told now, or later when it does not
/// hear.
async fn unheard(app: &App, element: &Arc<Compiled>, of: Leaving, document: &mut InstanceDocument) {
    if grant::disconnect(app, element, document).await {
        return;
    }
    let later = app.store.insert_farewell(of, document, farewells::due(app));
    if let Err(error) = later.await {
        tracing::warn!(error = %error, "a grant that is not needed stays at its vendor until it ends by itself");
    }
}

/// The vendor has made a grant that nobody will use: it is told soon.
async fn not_needed(app: &App, of: Leaving, noted: Option<i64>) {
    let Some(noted) = noted else { return };
    let soon = app
        .store
        .postpone_farewell(of.organization, noted, app.now());
    if let Err(error) = soon.await {
        tracing::warn!(error = %error, "the vendor is told of a grant that is not needed in some minutes");
    }
}

/// The cache settings that came with the call.
async fn caching(app: &App, instance: Instance, input: &InstanceInput) -> Result<Instance, Error> {
    let change = InstanceChange {
        caching_enabled: input.caching_enabled,
        cache_time_to_live: input.cache_time_to_live,
        max_cache_size: input.max_cache_size,
        ..InstanceChange::default()
    };
    let given = change.caching_enabled.is_some()
        || change.cache_time_to_live.is_some()
        || change.max_cache_size.is_some();
    if !given {
        return Ok(instance);
    }
    Ok(
        instances::change(app, instance.organization, instance.id, change)
            .await?
            .instance,
    )
}
