use std::sync::Arc;

use ligand_model::id::{ElementId, OrganizationId};
use ligand_model::secret::{ElementToken, TokenDigest};
use ligand_model::time::Clock;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{SECRET, document, new_instance, tenant};
use crate::applications::Application;
use crate::backend::{Row, Value};
use crate::migrate::{MIGRATIONS, tables};
use crate::oauth_states::{OauthOutcome, OauthState};
use crate::sql::Statement;
use crate::testing::Fixture;
use crate::vault::RootKey;
use crate::{Database, Error, Store, for_each_backend};

static COPY_DOCUMENT: Statement = Statement::new(
    "COPY_DOCUMENT",
    "UPDATE instances SET document = (SELECT o.document FROM instances o WHERE o.id = $1) \
     WHERE id = $2",
);
static SWAP_COLUMNS: Statement = Statement::new(
    "SWAP_COLUMNS",
    "UPDATE instances SET document = token_sealed, token_sealed = document WHERE id = $1",
);
static DOCUMENT: Statement =
    Statement::new("DOCUMENT", "SELECT document FROM instances WHERE id = $1");
static SET_DOCUMENT: Statement = Statement::new(
    "SET_DOCUMENT",
    "UPDATE instances SET document = $2 WHERE id = $1",
);

/// Two instances of one organization, ids 1 and 2.
pub(super) async fn two_instances(store: &Store) -> OrganizationId {
    let made = tenant(store).await;
    for number in 1..=2 {
        let document = document(&format!("{SECRET}-{number}"));
        let token = ElementToken::new(format!("t{number}"));
        let mut new = new_instance(made, "n", &["n"], "", &document);
        new.token = token;
        store.insert_instance(new).await.unwrap();
    }
    made.organization
}

async fn refused(store: &Store, token: &str) -> bool {
    // A header whose key is unknown is refused when it is read, everything else when it is opened.
    match store.instance_by_token(TokenDigest::of(token)).await {
        Err(Error::Sealed {
            table: "instances",
            column: "document",
            ..
        }) => true,
        Ok(Some(found)) => matches!(found.open(), Err(Error::Sealed { .. })),
        _ => false,
    }
}

async fn read_document(store: &Store) -> Vec<u8> {
    let row = store
        .read(|tx| tx.query_one(&DOCUMENT, &[1.into()]))
        .await
        .unwrap();
    row.unwrap().blob().unwrap()
}

async fn write_document(store: &Store, document: Vec<u8>) {
    store
        .write(move |tx| tx.execute(&SET_DOCUMENT, &[1.into(), document.into()]))
        .await
        .unwrap();
}

/// One of everything that seals something.
pub(super) async fn fill(fixture: &Fixture) {
    let store = &fixture.store;
    let organization = two_instances(store).await;
    let application = Application {
        element: ElementId(85),
        api_key: "key".to_owned(),
        api_secret: SecretString::from(SECRET.to_owned()),
        callback_url: "https://example.com".to_owned(),
        scope: String::new(),
    };
    store
        .put_application(organization, application)
        .await
        .unwrap();
    let definition = format!("{{\"default\":\"{SECRET}\"}}");
    let account = ligand_model::id::AccountId(2);
    store
        .insert_element(organization, account, "one", definition.as_bytes())
        .await
        .unwrap();
    let state = OauthState {
        digest: TokenDigest::of("state"),
        secret_digest: TokenDigest::of("secret"),
        organization,
        user: ligand_model::id::UserId(2),
        element: ElementId(23),
        payload: Zeroizing::new(SECRET.as_bytes().to_vec()),
        expires: fixture.clock.now().plus_millis(1000),
    };
    store.insert_oauth_state(state).await.unwrap();
    let outcome = OauthOutcome::Code(SECRET.to_owned());
    store
        .complete_oauth_state(TokenDigest::of("state"), outcome, fixture.clock.now())
        .await
        .unwrap();
}

#[tokio::test]
async fn no_file_of_the_database_holds_a_secret_in_clear() {
    let fixture = Fixture::open(crate::testing::TestDatabase::sqlite().unwrap())
        .await
        .unwrap();
    fill(&fixture).await;
    let folder = fixture.database.folder().unwrap();
    let scan = |moment: &str| {
        let mut scanned = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            for secret in [SECRET, "user-secret", "organization-secret"] {
                let found = bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes());
                assert!(!found, "{secret} in {path:?} {moment}");
            }
            scanned.push(path.extension().unwrap().to_str().unwrap().to_owned());
        }
        scanned
    };
    // The write-ahead log is there while the store is open.
    assert!(scan("while open").contains(&"sqlite-wal".to_owned()));
    fixture.store.close().await;
    assert_eq!(scan("when closed"), ["sqlite"]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::open(crate::testing::TestDatabase::sqlite().unwrap())
        .await
        .unwrap();
    fill(&fixture).await;
    for entry in std::fs::read_dir(fixture.database.folder().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_unavailable() {
    let database = Database::Sqlite("/nonexistent/ligand.sqlite".into());
    let opened = Store::open(crate::StoreOptions {
        database,
        root_keys: Arc::new(Fixture::root_key()),
        clock: Arc::new(ligand_model::time::FixedClock::new(
            ligand_model::time::Timestamp(0),
        )),
        entropy: Arc::new(ligand_model::time::FixedEntropy::new(0)),
    })
    .await;
    assert!(matches!(opened, Err(Error::Unavailable(_))));
}

for_each_backend! {
    async fn no_value_of_any_table_holds_a_secret_in_clear(fixture: Fixture) {
        fill(&fixture).await;
        let mut looked_at = 0;
        for (table, columns) in tables(MIGRATIONS) {
            let sql = format!("SELECT {} FROM {table}", columns.join(", "));
            let statement: &Statement = Box::leak(Box::new(Statement::new("SCAN", sql.leak())));
            let rows = fixture.store.read(move |tx| tx.query(statement, &[])).await.unwrap();
            for value in rows.into_iter().flat_map(Row::into_values) {
                let bytes = match value {
                    Value::Text(text) => text.into_bytes(),
                    Value::Blob(bytes) => bytes,
                    Value::Integer(_) | Value::Null => continue,
                };
                looked_at += 1;
                for secret in [SECRET, "user-secret", "organization-secret"] {
                    let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                    assert!(!found, "{secret} in {table}");
                }
            }
        }
        assert!(looked_at > 40, "{looked_at} values");
    }

    async fn a_document_of_another_row_is_refused(fixture: Fixture) {
        let store = &fixture.store;
        two_instances(store).await;
        store.write(|tx| tx.execute(&COPY_DOCUMENT, &[1.into(), 2.into()])).await.unwrap();
        assert!(refused(store, "t2").await);
        assert!(!refused(store, "t1").await);
    }

    async fn a_value_of_another_column_is_refused(fixture: Fixture) {
        let store = &fixture.store;
        let organization = two_instances(store).await;
        store.write(|tx| tx.execute(&SWAP_COLUMNS, &[1.into()])).await.unwrap();
        assert!(refused(store, "t1").await);
        let token = store.reveal_token(organization, ligand_model::id::InstanceId(1)).await;
        assert!(matches!(token, Err(Error::Sealed { column: "token_sealed", .. })));
    }

    async fn a_former_document_of_the_same_row_is_refused(fixture: Fixture) {
        let store = &fixture.store;
        let organization = two_instances(store).await;
        let former = read_document(store).await;
        let change = crate::instances::InstanceChange {
            document: Some(document("new")),
            ..Default::default()
        };
        let id = ligand_model::id::InstanceId(1);
        store.update_instance(organization, id, 1, change).await.unwrap().unwrap();
        assert!(!refused(store, "t1").await);
        write_document(store, former).await;
        assert!(refused(store, "t1").await);
    }

    async fn a_flipped_or_truncated_document_is_refused(fixture: Fixture) {
        let store = &fixture.store;
        two_instances(store).await;
        let whole = read_document(store).await;
        // One place in each part: version, key id, nonce, text, tag.
        for place in [0, 4, 10, 30, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[place] ^= 1;
            write_document(store, flipped).await;
            assert!(refused(store, "t1").await, "byte {place}");
            write_document(store, whole[..place].to_vec()).await;
            assert!(refused(store, "t1").await, "{place} bytes");
        }
        write_document(store, whole).await;
        assert!(!refused(store, "t1").await);
    }

    async fn another_root_key_is_refused_at_the_start(fixture: Fixture) {
        tenant(&fixture.store).await;
        let Fixture { store, clock, database } = fixture;
        store.close().await;
        let opened = crate::testing::open(&database, &clock, RootKey::new([8; 32])).await;
        assert!(matches!(opened.err(), Some(Error::WrongRootKey)));
        crate::testing::open(&database, &clock, Fixture::root_key()).await.unwrap();
    }

    async fn a_value_sealed_outside_opens_after_reopening(fixture: Fixture) {
        let organization = tenant(&fixture.store).await.organization;
        let place = crate::vault::Context::new(organization, "page_token", "token", "1:contacts");
        let key = fixture.store.data_key(organization).await.unwrap();
        let sealed = key.seal(&place, b"next").unwrap();
        let fixture = fixture.reopen().await.unwrap();
        let key = fixture.store.data_key(organization).await.unwrap();
        assert_eq!(key.open(&place, &sealed).unwrap().as_slice(), b"next");
        let foreign = crate::vault::Context { organization: OrganizationId(1), ..place.clone() };
        key.open(&foreign, &sealed).unwrap_err();
        let other = fixture.store.data_key(OrganizationId(1)).await.unwrap();
        other.open(&foreign, &sealed).unwrap_err();
    }
}
