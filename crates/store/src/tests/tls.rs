//! Encrypted connections to PostgreSQL. The tests' server speaks TLS with the worthless certificate of the fixtures.

use crate::backend::Connection as _;
use crate::backend::postgres::{Postgres, Target};
use crate::sql::Statement;
use crate::testing::TestDatabase;
use crate::{Database, Error};

static ENCRYPTED: Statement = Statement::new(
    "ENCRYPTED",
    "SELECT CAST(ssl AS INT) FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
);

const CERTIFICATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../server/src/listener/fixtures/certificate.pem"
);

fn encrypted(url: &str) -> Result<bool, Error> {
    let mut connection = Postgres::open(&Target::of(url)?, std::sync::Arc::default())?;
    connection.query_one(&ENCRYPTED, &[])?.unwrap().flag()
}

#[test]
fn the_connection_is_as_private_as_the_url_asks() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("a URL")
    };
    if !encrypted(&url).unwrap() {
        eprintln!(
            "skipped: the PostgreSQL of TEST_POSTGRES_URL speaks no TLS; `cargo xtask postgres` starts one that does"
        );
        return;
    }
    assert!(!encrypted(&format!("{url}?sslmode=disable")).unwrap());
    assert!(encrypted(&format!("{url}?sslmode=prefer")).unwrap());
    assert!(
        encrypted(&format!(
            "{url}?sslmode=verify-full&sslrootcert={CERTIFICATE}"
        ))
        .unwrap()
    );
    // Nobody vouches for this certificate, nor for this name.
    for strict in ["require", "verify-ca", "verify-full"] {
        let refused = encrypted(&format!("{url}?sslmode={strict}"));
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{strict}");
    }
    let elsewhere = url.replace("127.0.0.1", "db.example");
    let refused = encrypted(&format!(
        "{elsewhere}?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={CERTIFICATE}"
    ));
    assert!(matches!(refused, Err(Error::Unavailable(_))));
    // The name alone is the reason: without the demand it is the same server.
    assert!(encrypted(&format!("{elsewhere}?hostaddr=127.0.0.1")).unwrap());
}
