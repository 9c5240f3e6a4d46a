//! What a trial has proven, kept beside the element: `proven.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use ligand_model::element::{Proof, Proven};

use super::{Line, Verdict};
use crate::runtime;

/// The file in an element's directory.
pub const FILE: &str = "proven.json";

/// Lays what a trial showed over what was known: a call that held is proven today, one that failed is no longer. What the
/// vendor itself has shown is not replaced by a simulator.
pub fn merge(known: &mut BTreeMap<String, Proof>, lines: &[Line], how: Proven, today: &str) {
    let calls = |verdict: Verdict| -> BTreeSet<&String> {
        // That a call refuses an unknown id does not prove that it answers a known one.
        let tells = |line: &&Line| line.check != "error" || verdict == Verdict::Fail;
        let of = lines
            .iter()
            .filter(|line| line.verdict == verdict)
            .filter(tells);
        of.filter_map(|line| line.call.as_ref()).collect()
    };
    let failed = calls(Verdict::Fail);
    for call in calls(Verdict::Pass).difference(&failed) {
        let by_vendor = known
            .get(*call)
            .is_some_and(|proof| proof.how == Proven::LiveVerified);
        if how == Proven::LiveVerified || !by_vendor {
            let date = today.to_owned();
            known.insert((*call).clone(), Proof { how, date });
        }
    }
    for call in failed {
        known.remove(call);
    }
}

/// Writes what a trial showed into an element's directory.
///
/// # Errors
/// A directory that cannot be read or written.
pub fn record(folder: &Path, lines: &[Line], how: Proven, today: &str) -> io::Result<usize> {
    if !folder.join("element.json").is_file() {
        return Err(io::Error::other(format!(
            "{} is no element directory",
            folder.display()
        )));
    }
    let path = folder.join(FILE);
    let mut known = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => {
            return Err(io::Error::other(format!("{}: {error}", path.display())));
        }
    };
    merge(&mut known, lines, how, today);
    let mut text = serde_json::to_vec_pretty(&known)?;
    text.push(b'\n');
    runtime::replace(&path, &text, false)?;
    Ok(known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(call: &str, verdict: Verdict) -> Line {
        Line {
            resource: "/a".to_owned(),
            check: "list",
            call: Some(call.to_owned()),
            verdict,
            note: String::new(),
        }
    }

    #[test]
    fn what_holds_is_proven_what_fails_is_not_and_a_simulator_does_not_replace_the_vendor() {
        let mut known = BTreeMap::new();
        let first = [
            line("GET /a", Verdict::Pass),
            line("GET /b", Verdict::Pass),
            line("GET /c", Verdict::NotApplicable),
        ];
        merge(&mut known, &first, Proven::LiveVerified, "2026-11-01");
        let later = [
            line("GET /a", Verdict::Pass),
            line("GET /b", Verdict::Pass),
            line("GET /b", Verdict::Fail),
            line("GET /d", Verdict::Pass),
            Line {
                check: "error",
                ..line("GET /e", Verdict::Pass)
            },
        ];
        merge(&mut known, &later, Proven::Simulated, "2026-11-28");
        let told: Vec<_> = known
            .iter()
            .map(|(call, proof)| (call.as_str(), proof.how.as_str(), proof.date.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("GET /a", "live-verified", "2026-11-01"),
                ("GET /d", "simulated", "2026-11-28")
            ]
        );
    }
}
