use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn load(file: Option<&str>, variables: &[(&str, &str)], flags: &str) -> Result<Config, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ligand.toml");
    std::fs::write(&path, file.unwrap_or_default()).unwrap();
    Config::load(Sources {
        file: Some(path),
        variables: variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        flags: flags.parse().unwrap(),
    })
}

fn refusal(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    load(file, variables, "").unwrap_err().to_string()
}

#[test]
fn the_defaults_are_a_whole_configuration() {
    let config = Config::defaults().unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:7080");
    assert_eq!(config.data.dir, "./data");
    assert_eq!(config.api.nouns, ["element", "your_mom"]);
    assert!(config.vendor.connect.is_empty());
    config.check().unwrap();
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let file =
        "[http]\nlisten = \"127.0.0.1:1\"\nmax_body = \"1MiB\"\npublic_url = \"https://a.example\"";
    let env = [
        ("LIGAND__HTTP__LISTEN", "127.0.0.1:2"),
        ("LIGAND__HTTP__MAX_BODY", "2MiB"),
    ];
    let config = load(Some(file), &env, "http.listen = \"127.0.0.1:3\"").unwrap();
    assert_eq!(config.http.listen.port(), 3);
    assert_eq!(config.http.max_body.0, 2 << 20);
    assert_eq!(config.http.public_url, "https://a.example");
    assert_eq!(config.http.shutdown_timeout.0.as_secs(), 30);
}

#[test]
fn an_unknown_key_is_refused_and_the_nearest_named() {
    let message = refusal(Some("[http]\nlisten_address = \"x\"\n"), &[]);
    assert!(message.contains("`http.listen_address`"), "{message}");
    assert!(message.contains("did you mean `http.listen`?"), "{message}");
    let message = refusal(Some("[vendors]\n"), &[]);
    assert!(message.contains("did you mean `vendor`?"), "{message}");
    let message = refusal(None, &[("LIGAND__VAULT__KYE", "x")]);
    assert!(
        message.contains("did you mean `LIGAND__VAULT__KEY`?"),
        "{message}"
    );
    let message = refusal(None, &[("LIGAND__HTTP", "x")]);
    assert!(message.contains("LIGAND__HTTP"), "{message}");
}

#[test]
fn a_wrong_type_or_unit_is_refused_by_key() {
    let message = refusal(Some("[http]\nmax_connections = \"many\"\n"), &[]);
    assert!(message.contains("`http.max_connections`"), "{message}");
    let message = refusal(None, &[("LIGAND__API__PASSTHROUGH", "maybe")]);
    assert!(message.contains("LIGAND__API__PASSTHROUGH"), "{message}");
    let error = load(Some("[http]\nmax_body = \"8 megabytes\"\n"), &[], "").unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("not a size with a unit"), "{cause}");
}

#[test]
fn the_environment_takes_lists_and_tables() {
    let config = load(
        None,
        &[
            ("LIGAND__API__NOUNS", "element, widget"),
            (
                "LIGAND__VENDOR__CONNECT",
                "login.example.com=http://127.0.0.1:9,*.x.com=https://y",
            ),
            ("LIGAND__VENDOR__ALLOW_PRIVATE", "127.0.0.0/8"),
            ("UNRELATED", "x"),
        ],
        "",
    )
    .unwrap();
    assert_eq!(config.api.nouns, ["element", "widget"]);
    assert_eq!(
        config.vendor.connect["login.example.com"],
        "http://127.0.0.1:9"
    );
    assert_eq!(config.vendor.connect.len(), 2);
    assert!(config.vendor.allow_private[0].contains("127.0.0.1".parse().unwrap()));
}

#[test]
fn a_secret_may_stand_in_a_file_and_the_stronger_layer_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let key = STANDARD.encode([7; 32]);
    std::fs::write(&path, format!("{key}\n")).unwrap();
    let file = path.display().to_string();
    let config = load(None, &[("LIGAND__VAULT__KEY_FILE", &file)], "").unwrap();
    assert_eq!(*config.vault_keys().unwrap()[0].to_base64(), key);
    let other = STANDARD.encode([8; 32]);
    let below = format!("[vault]\nkey_file = \"{file}\"\n");
    let config = load(Some(&below), &[("LIGAND__VAULT__KEY", &other)], "").unwrap();
    assert_eq!(*config.vault_keys().unwrap()[0].to_base64(), other);
    let both = [
        ("LIGAND__VAULT__KEY", other.as_str()),
        ("LIGAND__VAULT__KEY_FILE", &file),
    ];
    assert!(refusal(None, &both).contains("one of them is enough"));
    assert!(refusal(None, &[("LIGAND__VAULT__KEY_FILE", "/none")]).contains("/none"));
}

#[test]
fn a_key_of_another_length_is_refused_without_being_shown() {
    let message = refusal(None, &[("LIGAND__VAULT__KEY", "c2hvcnQtc2VjcmV0")]);
    assert!(
        message.contains("32 bytes") && !message.contains("c2hvcnQ"),
        "{message}"
    );
    let config = load(
        None,
        &[("LIGAND__DATABASE__URL", "postgres://u:hunter2@h/d")],
        "",
    )
    .unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    assert!(refusal(Some("[http]\ntls_key = \"k.pem\"\n"), &[]).contains("go together"));
    assert!(refusal(Some("[http]\npublic_url = \"ftp://x\"\n"), &[]).contains("http.public_url"));
    assert!(refusal(Some("[vendor.connect]\n\"a.b\" = \"x\"\n"), &[]).contains("`a.b`"));
    assert!(refusal(Some("[api]\nnouns = [\"Bad Noun\"]\n"), &[]).contains("Bad Noun"));
    assert!(refusal(Some("[api]\nnouns = []\n"), &[]).contains("one noun"));
}
