//! The first start on an empty database: the root key, the first customer, and the file that holds their secrets.

use std::io;
use std::path::{Path, PathBuf};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use ligand_model::secret::{OrganizationSecret, UserSecret};
use ligand_model::time::Entropy;
use ligand_store::identity::FirstUser;
use ligand_store::vault::RootKey;
use ligand_store::{Database, Store};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::root_keys::Keeper;
use crate::runtime::{replace, write_new};

/// The first customer's secrets, written once.
pub const CREDENTIALS: &str = "credentials.json";

/// The root key, when none is configured.
pub const KEY_FILE: &str = "root.key";

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL without a configured key.
    #[error(
        "a server on PostgreSQL needs a configured key: set vault.key (LIGAND__VAULT__KEY) to base64 of 32 bytes, \
         which `openssl rand -base64 32` makes"
    )]
    KeyRequired,
    /// A database without the key that opens it.
    #[error(
        "the database is there, but its root key {} is not: put the key file back, or set vault.key \
         (LIGAND__VAULT__KEY); another key cannot open the database",
        .0.display()
    )]
    KeyMissing(PathBuf),
    /// The configured key is of no use.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// The key file does not hold a key.
    #[error("{} does not hold a root key: base64 of 32 bytes", .0.display())]
    BadKeyFile(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The password could not be hashed.
    #[error("the first password could not be hashed: {0}")]
    Hash(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ligand_store::Error),
}

/// What stands in `credentials.json`.
///
/// # Shape
/// `{"email":"…","password":"…","userSecret":"…","organizationSecret":"…"}`
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// Signs in at the console.
    pub email: String,
    /// Must be changed at the first sign-in there.
    pub password: String,
    /// `Authorization: User …`
    pub user_secret: String,
    /// `Authorization: …, Organization …`
    pub organization_secret: String,
}

/// Where the root key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The configuration.
    Configured,
    /// The key file of the data folder.
    File(PathBuf),
    /// The key file, just made.
    Made(PathBuf),
}

/// The root key: the configured one, else (on SQLite) the data folder's key file, made when there is no database yet.
///
/// # Errors
/// [`Error`]; never a new key in place of one that is lost or cannot be read.
pub fn root_keys(
    config: &Config,
    database: &Database,
    entropy: &dyn Entropy,
) -> Result<(Keeper, KeySource), Error> {
    let vault = &config.vault;
    if !vault.key_command.is_empty() {
        return Ok((
            Keeper::Command(vault.key_command.clone()),
            KeySource::Configured,
        ));
    }
    if !vault.key_file.is_empty() {
        let path = PathBuf::from(&vault.key_file);
        return Ok((Keeper::File(path), KeySource::Configured));
    }
    let keys = config.vault_keys()?;
    if !keys.is_empty() {
        return Ok((Keeper::Fixed(keys), KeySource::Configured));
    }
    let Database::Sqlite(file) = database else {
        return Err(Error::KeyRequired);
    };
    let path = config.data_dir().join(KEY_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let text = zeroize::Zeroizing::new(text);
            RootKey::several(&text).map_err(|_| Error::BadKeyFile(path.clone()))?;
            Ok((Keeper::File(path.clone()), KeySource::File(path)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.exists() => {
            Err(Error::KeyMissing(path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = RootKey::generate(entropy);
            let text = zeroize::Zeroizing::new(format!("{}\n", *key.to_base64()));
            write_new(&path, text.as_bytes(), true).map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?;
            Ok((Keeper::File(path.clone()), KeySource::Made(path)))
        }
        Err(source) => Err(Error::File { path, source }),
    }
}

/// Makes the first customer when the database is empty; answers where the credentials were written.
///
/// The file is written before the database is: a crash between the two leaves a file without effect, replaced by the
/// next start, never a customer whose secrets nobody knows.
///
/// # Errors
/// [`Error`].
pub async fn first_customer(
    store: &Store,
    dir: &Path,
    entropy: &dyn Entropy,
) -> Result<Option<PathBuf>, Error> {
    if store
        .organization(ligand_model::id::OrganizationId(1))
        .await?
        .is_some()
    {
        return Ok(None);
    }
    let user_secret = UserSecret::generate(entropy);
    let organization_secret = OrganizationSecret::generate(entropy);
    let credentials = Credentials {
        email: "admin@example.com".to_owned(),
        password: readable_password(entropy),
        user_secret: user_secret.expose().to_owned(),
        organization_secret: organization_secret.expose().to_owned(),
    };
    let path = dir.join(CREDENTIALS);
    let file = |source| Error::File {
        path: path.clone(),
        source,
    };
    let text = serde_json::to_vec_pretty(&credentials)
        .map(zeroize::Zeroizing::new)
        .map_err(|error| file(io::Error::other(error)))?;
    let waiting = dir.join(format!("{CREDENTIALS}.new"));
    replace(&waiting, &text, true).map_err(file)?;
    let first = FirstUser {
        email: credentials.email.clone(),
        password_hash: hash_password(&credentials.password, entropy)?,
        user_secret,
        organization_secret,
    };
    if store.bootstrap(first).await?.is_none() {
        // Another node was first; its file is the true one.
        let _ = std::fs::remove_file(&waiting);
        return Ok(None);
    }
    std::fs::rename(&waiting, &path).map_err(file)?;
    Ok(Some(path))
}

/// Argon2id in the PHC format, with a salt of 128 random bits.
///
/// # Errors
/// [`Error::Hash`].
pub fn hash_password(password: &str, entropy: &dyn Entropy) -> Result<String, Error> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Hash(error.to_string()))
}

/// 120 random bits in groups that can be typed: no 0, 1, l or o.
fn readable_password(entropy: &dyn Entropy) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 24];
    entropy.fill(&mut bytes);
    let mut text = String::with_capacity(29);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        text.push(
            LETTERS
                .get(usize::from(byte % 32))
                .map_or('x', |letter| char::from(*letter)),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use ligand_model::time::FixedEntropy;
    use ligand_store::vault::RootKeys as _;

    use super::*;

    fn sqlite(dir: &Path) -> Database {
        Database::Sqlite(dir.join("ligand.db"))
    }

    fn config(dir: &Path) -> Config {
        let mut config = Config::defaults().unwrap();
        config.data.dir = dir.display().to_string();
        config
    }

    #[test]
    fn a_key_file_is_made_once_and_read_after() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let (made, source) =
            root_keys(&config, &sqlite(folder.path()), &FixedEntropy::new(1)).unwrap();
        assert_eq!(source, KeySource::Made(folder.path().join(KEY_FILE)));
        let (read, source) =
            root_keys(&config, &sqlite(folder.path()), &FixedEntropy::new(2)).unwrap();
        assert_eq!(source, KeySource::File(folder.path().join(KEY_FILE)));
        let first = |keeper: Keeper| keeper.keys().unwrap()[0].to_base64().to_string();
        assert_eq!(first(made), first(read));
    }

    #[test]
    fn a_damaged_key_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(KEY_FILE), "damaged").unwrap();
        let error = root_keys(
            &config(folder.path()),
            &sqlite(folder.path()),
            &FixedEntropy::new(1),
        )
        .err()
        .unwrap();
        assert!(matches!(error, Error::BadKeyFile(_)));
        assert!(!error.to_string().contains("damaged"));
        assert_eq!(
            std::fs::read(folder.path().join(KEY_FILE)).unwrap(),
            b"damaged"
        );
    }

    #[test]
    fn a_database_without_its_key_gets_no_new_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ligand.db"), "x").unwrap();
        let database = sqlite(folder.path());
        let error = root_keys(&config(folder.path()), &database, &FixedEntropy::new(1));
        assert!(matches!(error.err().unwrap(), Error::KeyMissing(_)));
        assert!(!folder.path().join(KEY_FILE).exists());
    }

    #[test]
    fn postgres_demands_a_configured_key() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        let postgres = Database::Postgres("postgres://h/d".into());
        let error = root_keys(&config, &postgres, &FixedEntropy::new(1))
            .err()
            .unwrap();
        assert!(error.to_string().contains("LIGAND__VAULT__KEY"), "{error}");
        config.vault.key = crate::config::Secret::new(&RootKey::new([7; 32]).to_base64());
        assert_eq!(
            root_keys(&config, &postgres, &FixedEntropy::new(1))
                .unwrap()
                .1,
            KeySource::Configured
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn passwords_are_hashed_by_argon2id() {
        let hash = hash_password("hunter2", &FixedEntropy::new(1)).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$") && !hash.contains("hunter2"),
            "{hash}"
        );
        let password = readable_password(&FixedEntropy::new(3));
        assert_eq!(password.len(), 28, "{password}");
    }
}
