//! Signing in with a password: Argon2id on a bounded number of threads, the same time for everyone, throttled.

use std::net::IpAddr;
use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::id::{OrganizationId, UserId};
use ligand_model::secret::{OrganizationSecret, SessionToken, UserSecret};
use ligand_model::time::Timestamp;
use ligand_store::identity::{Caller, UserRecord};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{Error, callers};
use crate::app::App;
use crate::first_start::hash_password;

/// How long a session lasts, milliseconds.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// Hashes computed at a time: each takes 19 MiB.
const AT_A_TIME: usize = 2;
/// Hashes waiting for their turn; more are answered 429.
const WAITING: usize = 32;
/// Longest password that is hashed, bytes.
const LONGEST: usize = 1024;
/// Shortest password that is accepted, characters.
const SHORTEST: usize = 8;

/// The hash that is checked when there is no such user, so that both take the same time. Nobody knows its password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZS1maXhlZC1zYWx0$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";

/// Bounds the hashing under way.
#[derive(Debug)]
pub struct Hashing {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_A_TIME)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl Hashing {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || {
            Error::new(
                ErrorKind::RateLimited,
                "Too many sign-ins at once; try again.",
            )
        };
        let waiting = Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map_err(|_| busy())?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (running, waiting);
            work()
        });
        done.await
            .map_err(|_| Error::internal("a password hash was given up"))
    }
}

/// A user who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who it is.
    pub user: UserRecord,
    /// What further calls present: `Authorization: Bearer`.
    pub token: SessionToken,
}

/// Signs a user in.
///
/// # Errors
/// 401 for a wrong pair, whichever part is wrong; 429 after too many failures.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: Zeroizing<String>,
    address: IpAddr,
) -> Result<SignedIn, Error> {
    let mut user = proved(app, email, password, address).await?;
    let token = SessionToken::generate(&*app.entropy);
    let (organization, id) = (user.caller.organization, user.caller.user);
    let expires = app.now().plus_millis(SESSION_MS);
    app.store
        .insert_session(token.digest(), organization, id, expires)
        .await?;
    app.store.record_login(organization, id).await?;
    user.last_login = Some(app.now());
    Ok(SignedIn { user, token })
}

/// Asks for the password once more, before something secret is shown or changed.
///
/// # Errors
/// 403 when it is another, 429 after too many failures.
pub async fn confirm(
    app: &App,
    caller: &Caller,
    password: Zeroizing<String>,
    address: IpAddr,
) -> Result<(), Error> {
    match proved(app, &caller.email, password, address).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Unauthenticated => Err(Error::new(
            ErrorKind::Forbidden,
            "That is not your password.",
        )),
        Err(error) => Err(error),
    }
}

/// The active user whose name and password these are.
async fn proved(
    app: &App,
    email: &str,
    password: Zeroizing<String>,
    address: IpAddr,
) -> Result<UserRecord, Error> {
    let memory = &app.memory;
    if !memory.throttle.admits(email, address, app.now()) {
        return Err(Error::new(
            ErrorKind::RateLimited,
            "Too many failed sign-ins; try again in a quarter of an hour.",
        ));
    }
    let found = if email.is_empty() {
        None
    } else {
        app.store.user_by_email(email).await?
    };
    let hash = found
        .as_ref()
        .map(|user| user.password_hash.clone())
        .filter(|hash| !hash.is_empty())
        .unwrap_or_else(|| NOBODY.to_owned());
    let fits = memory.hashing.run(move || verify(&password, &hash)).await?;
    let user = found.filter(|user| {
        fits && !user.password_hash.is_empty()
            && user.caller.user_active
            && user.caller.account_active
    });
    let Some(user) = user else {
        memory.throttle.failed(email, address, app.now());
        return Err(Error::new(
            ErrorKind::Unauthenticated,
            "Wrong user name or password.",
        ));
    };
    memory.throttle.succeeded(email);
    Ok(user)
}

fn verify(password: &str, hash: &str) -> bool {
    password.len() <= LONGEST
        && PasswordHash::new(hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
}

/// The two secrets of a caller, opened for display.
///
/// # Errors
/// 401 when the user is gone.
pub async fn secrets(
    app: &App,
    organization: OrganizationId,
    user: UserId,
) -> Result<(UserSecret, OrganizationSecret), Error> {
    app.store
        .reveal_secrets(organization, user)
        .await?
        .ok_or_else(callers::unauthenticated)
}

/// The hash of a password that somebody else is given.
///
/// # Errors
/// 400 for one that is too short or too long.
pub async fn hashed(app: &App, password: &str) -> Result<String, Error> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(Error::invalid(format!(
            "A password has {SHORTEST} to {LONGEST} characters."
        )));
    }
    hashed_secret(app, Zeroizing::new(password.to_owned())).await
}

async fn hashed_secret(app: &App, password: Zeroizing<String>) -> Result<String, Error> {
    let entropy = Arc::clone(&app.entropy);
    let hash = app
        .memory
        .hashing
        .run(move || hash_password(&password, &*entropy))
        .await?;
    hash.map_err(|error| Error::internal(error.to_string()))
}

/// How long after signing in a session may change the password without the present one, milliseconds.
const RECENT_MS: i64 = 15 * 60 * 1000;

/// That whoever wants another password knows the present one: shown now, or when the session began, which was just now.
/// Who has none yet, and cannot sign in, knows it already.
///
/// # Errors
/// 403 when it is another or is not known to be known, 429 after too many failures.
pub async fn knows_password(
    app: &App,
    caller: &Caller,
    begun: Option<Timestamp>,
    present: Option<Zeroizing<String>>,
    address: IpAddr,
) -> Result<(), Error> {
    if let Some(present) = present {
        return confirm(app, caller, present, address).await;
    }
    let age = begun.map(|begun| app.now().0 - begun.0);
    if age.is_some_and(|age| (0..=RECENT_MS).contains(&age)) {
        return Ok(());
    }
    let user = app.store.user_by_email(&caller.email).await?;
    if user.is_some_and(|user| user.caller.user == caller.user && user.password_hash.is_empty()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        "Changing the password takes the present one, as `currentPassword` or in the header `Elements-User-Password`, or \
         a session that is not older than a quarter of an hour.",
    ))
}

/// Changes the caller's own password; every session ends.
///
/// # Errors
/// 400 for a password that is too short, too long, or the user's own address.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    password: Zeroizing<String>,
) -> Result<(), Error> {
    if password.chars().count() < SHORTEST {
        return Err(Error::invalid(format!(
            "A password has at least {SHORTEST} characters."
        )));
    }
    if password.len() > LONGEST {
        return Err(Error::invalid(format!(
            "A password has at most {LONGEST} bytes."
        )));
    }
    if password.eq_ignore_ascii_case(&caller.email) {
        return Err(Error::invalid("A password must not be the username."));
    }
    let hash = hashed_secret(app, password).await?;
    if !app
        .store
        .set_password(caller.organization, caller.user, &hash)
        .await?
    {
        return Err(callers::unauthenticated());
    }
    app.store
        .delete_sessions(caller.organization, caller.user)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ligand_model::time::FixedEntropy;

    use super::*;

    #[test]
    fn a_hash_fits_its_password_and_nothing_else() {
        let hash = hash_password("correct horse", &FixedEntropy::new(1)).unwrap();
        assert!(verify("correct horse", &hash));
        assert!(!verify("correct hors", &hash));
        assert!(!verify(&"x".repeat(LONGEST + 1), &hash));
    }

    #[test]
    fn the_hash_of_nobody_is_well_formed_and_costs_as_much_as_any() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real = hash_password("x", &FixedEntropy::new(1)).unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.algorithm, real.algorithm);
        assert!(!verify("", NOBODY));
    }
}
