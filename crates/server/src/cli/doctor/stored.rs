//! The database, the key that opens it, and how the accounts in it are.

use std::sync::Arc;

use ligand_model::time::{Clock as _, Timestamp};
use ligand_store::condition::Condition;
use ligand_store::{Database, Store};

use super::{Finding, failed, ok, place, sentence, warning};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::first_start::{KEY_FILE, KeySource};
use crate::service::webhooks::MOST_ATTEMPTS;
use crate::start;

/// Clocks of nodes may differ by so much, milliseconds.
const TOLERATED_MS: i64 = 2_000;

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let database = match start::database(config) {
        Ok(database) => database,
        Err(error) => return vec![failed("database", sentence(&error))],
    };
    let name = match &database {
        Database::Postgres(_) => "PostgreSQL".to_owned(),
        Database::Sqlite(path) if !path.exists() => {
            let text = format!(
                "{} is not there yet; the first start makes it.",
                path.display()
            );
            let source = if config.vault.is_configured() {
                KeySource::Configured
            } else {
                KeySource::File(config.data_dir().join(KEY_FILE))
            };
            return vec![ok("database", text), place::key(config, &database, &source)];
        }
        Database::Sqlite(path) => format!("SQLite in {}", path.display()),
    };
    let clock = Arc::new(SystemClock);
    match start::open_store(config, clock, Arc::new(SystemEntropy::new())).await {
        Ok((store, source)) => {
            let mut findings = vec![ok("database", format!("{name} answers."))];
            findings.push(place::key(config, &database, &source));
            findings.extend(accounts(&store).await);
            store.close().await;
            findings
        }
        Err(error) => vec![failed("database", format!("{name}: {}", sentence(&error)))],
    }
}

async fn accounts(store: &Store) -> Vec<Finding> {
    match store.condition(MOST_ATTEMPTS).await {
        Ok(condition) => judge(&condition, SystemClock.now()),
        Err(error) => vec![failed("database", sentence(&error))],
    }
}

fn judge(condition: &Condition, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![instances(condition), notices(condition)];
    if let Some(last) = condition.last_write
        && last.0 > now.0 + TOLERATED_MS
    {
        let text = format!(
            "It shows {}, but an instance was written at {}: this clock is late, or another node's is early.",
            now.to_iso(),
            last.to_iso()
        );
        findings.push(warning("clock", text));
    }
    findings
}

fn instances(condition: &Condition) -> Finding {
    let all = condition.instances;
    if condition.invalid == 0 {
        return ok("instances", format!("{all}; every one in use is valid."));
    }
    let first = condition
        .first_invalid
        .iter()
        .map(|(organization, id, since)| {
            let since =
                since.map_or_else(String::new, |since| format!(" since {}", since.to_iso()));
            format!("{id} of organization {organization}{since}")
        })
        .collect::<Vec<_>>()
        .join(", ");
    let text = format!(
        "{} of {all} must be reconnected by their customers; the first: {first}. \
         GET /instances?valid=false lists an organization's, with reasons.",
        condition.invalid
    );
    warning("instances", text)
}

fn notices(condition: &Condition) -> Finding {
    let (waiting, over) = (condition.notices_waiting, condition.notices_given_up);
    if waiting == 0 && over == 0 {
        return ok("notices", "None waits.");
    }
    let since = condition.oldest_notice.map_or_else(String::new, |oldest| {
        format!(", the oldest since {}", oldest.to_iso())
    });
    let text = format!(
        "{waiting} were refused and are tried again{since}; {over} of the last month were given up. \
         Whether the address that an organization named answers 2xx is for it to see."
    );
    warning("notices", text)
}

#[cfg(test)]
mod tests {
    use ligand_model::id::{InstanceId, OrganizationId};

    use super::*;
    use crate::cli::doctor::Verdict;

    #[test]
    fn what_counts_as_given_up_is_what_is_given_up() {
        use crate::service::webhooks::wait_after;
        assert!(wait_after(MOST_ATTEMPTS - 1).is_some());
        assert!(wait_after(MOST_ATTEMPTS).is_none());
    }

    #[test]
    fn whoever_must_reconnect_and_a_notice_that_nobody_took_are_told() {
        let now = Timestamp(1_800_000_000_000);
        let fine = judge(&Condition::default(), now);
        assert!(fine.iter().all(|(verdict, ..)| *verdict == Verdict::Ok));
        let condition = Condition {
            instances: 9,
            invalid: 1,
            first_invalid: vec![(OrganizationId(2), InstanceId(7), Some(now))],
            last_write: Some(now.plus_millis(60_000)),
            notices_waiting: 3,
            oldest_notice: Some(now),
            notices_given_up: 1,
        };
        let found = judge(&condition, now);
        let text = |what: &str| {
            let finding = found.iter().find(|(_, name, _)| *name == what).unwrap();
            assert_eq!(finding.0, Verdict::Warning, "{what}");
            finding.2.clone()
        };
        assert!(text("instances").contains("1 of 9"));
        assert!(text("instances").contains("7 of organization 2 since 2027-01-15T08:00:00Z"));
        assert!(text("notices").starts_with("3 were refused"));
        assert!(text("clock").contains("written at 2027-01-15T08:01:00Z"));
    }
}
