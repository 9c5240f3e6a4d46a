//! Connect: an application's own customers connect their accounts, on a page of ours.
//!
//! | part | sentence |
//! |---|---|
//! | [`ask`] | what an application asks for, checked when the session is begun |
//! | [`page`] | what the customer's browser does with it: open, consent, finish |
//! | [`form`] | what the customer is asked, element by element |
//! | [`callback`] | telling the application's server, signed, until it has heard |

pub mod ask;
pub mod callback;
pub mod form;
pub mod page;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ligand_model::secret::TokenDigest;
use ligand_model::time::{Entropy, Timestamp};
use ligand_store::connect::{ConnectSession, ConnectStatus, NewConnectSession};
use ligand_store::identity::Caller;
use zeroize::Zeroizing;

use super::instances::{self, Shown};
use super::{Error, callers};
use crate::app::App;
use ask::{Ask, Wanted};

/// Where the page is, below `http.console_url`.
pub const PAGE_PATH: &str = "/connect";

/// How long a customer may take, milliseconds.
pub const SESSION_MS: i64 = 30 * 60 * 1000;

/// How long a session's end can be asked for after it has expired, milliseconds.
pub const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

/// A session that was begun.
#[derive(Debug)]
pub struct Begun {
    /// Its id, for asking how it stands.
    pub id: i64,
    /// What `@ligand/connect` takes: it leads to the page, and opens it once.
    pub token: String,
    /// The same as a link; the secret part is a fragment, which browsers send to no server.
    pub url: String,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

/// Begins a session.
///
/// # Errors
/// 400 naming what cannot be asked for, 404 for an unknown element or instance.
pub async fn begin(app: &App, caller: &Caller, wanted: Wanted) -> Result<Begun, Error> {
    let (ask, origins) = ask::checked(app, caller, wanted).await?;
    let (secret, handle) = (random::<32>(&*app.entropy), random::<12>(&*app.entropy));
    let expires = app.now().plus_millis(SESSION_MS);
    let id = app
        .store
        .insert_connect_session(NewConnectSession {
            organization: caller.organization,
            user: caller.user,
            handle: handle.clone(),
            token: TokenDigest::of(&secret),
            origins,
            payload: ask.to_json()?,
            expires,
        })
        .await?;
    let page = format!("{}{PAGE_PATH}?session={handle}", app.urls.console);
    Ok(Begun {
        id,
        token: format!("{}.{secret}", URL_SAFE_NO_PAD.encode(&page)),
        url: format!("{page}#{secret}"),
        expires,
    })
}

/// How a session stands.
#[derive(Debug)]
pub struct Standing {
    /// Its id.
    pub id: i64,
    /// `open`, `denied`, `connected` or `expired`.
    pub status: &'static str,
    /// The application's own word for its customer.
    pub reference: Option<String>,
    /// When it stops (or stopped) being accepted.
    pub expires: Timestamp,
    /// The account, once it is connected and as long as it exists.
    pub instance: Option<Shown>,
}

/// How a session of the caller's organization stands.
///
/// # Errors
/// 404 when there is none, or it was forgotten a day after its end.
pub async fn standing(app: &App, caller: &Caller, id: &str) -> Result<Standing, Error> {
    let unknown = || Error::not_found(format!("No Connect session found with ID {}", short(id)));
    let number = id.parse().map_err(|_| unknown())?;
    let session = app
        .store
        .connect_session(caller.organization, number)
        .await?
        .filter(|session| caller.organization_admin || session.user == caller.user)
        .ok_or_else(unknown)?;
    let instance = match session.status {
        ConnectStatus::Connected(id) => match app.store.instance(caller.organization, id).await? {
            Some(sealed) => Some(instances::show(app, sealed).await?),
            None => None,
        },
        _ => None,
    };
    Ok(Standing {
        id: session.id,
        status: word(&session, app.now()),
        reference: Ask::of(&session)?.reference,
        expires: session.expires,
        instance,
    })
}

/// The status as the field's words.
fn word(session: &ConnectSession, now: Timestamp) -> &'static str {
    match session.status {
        ConnectStatus::Connected(_) => "connected",
        _ if session.expires <= now => "expired",
        ConnectStatus::Denied => "denied",
        ConnectStatus::Open => "open",
    }
}

/// The user whose application began a session, if still there and switched on.
async fn caller(app: &App, session: &ConnectSession) -> Result<Caller, Error> {
    let user = app.store.user(session.organization, session.user).await?;
    user.map(|user| user.caller)
        .filter(|caller| caller.user_active && caller.account_active)
        .ok_or_else(callers::unauthenticated)
}

impl Ask {
    fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        serde_json::to_vec(self)
            .map(Zeroizing::new)
            .map_err(|_| Error::internal("a Connect session could not be written"))
    }

    fn of(session: &ConnectSession) -> Result<Self, Error> {
        serde_json::from_slice(&session.payload)
            .map_err(|_| Error::internal("a Connect session could not be read"))
    }
}

fn random<const N: usize>(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
