//! Where the root keys are: in the configuration, in a file, or with a program that fetches them.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ligand_store::Error;
use ligand_store::vault::{RootKey, RootKeys};
use zeroize::Zeroizing;

/// How long a program may take to print the key.
const PATIENCE: Duration = Duration::from_secs(30);
/// What it may print at most, bytes.
const MOST: u64 = 64 << 10;

/// A place of root keys.
pub enum Keeper {
    /// The configuration itself; new keys come with a restart.
    Fixed(Vec<RootKey>),
    /// A file, read again after a rotation.
    File(PathBuf),
    /// A program and its arguments, run without a shell.
    Command(Vec<String>),
}

impl RootKeys for Keeper {
    fn keys(&self) -> Result<Vec<RootKey>, Error> {
        match self {
            Self::Fixed(keys) => Ok(keys.clone()),
            Self::File(path) => match std::fs::read_to_string(path).map(Zeroizing::new) {
                Ok(text) => RootKey::several(&text),
                Err(error) => Err(unavailable(format!("{}: {error}", path.display()))),
            },
            Self::Command(words) => RootKey::several(&print(words)?),
        }
    }
}

/// What a program prints.
fn print(words: &[String]) -> Result<Zeroizing<String>, Error> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| unavailable("vault.key_command is empty".to_owned()))?;
    let failed = |why: String| unavailable(format!("vault.key_command ({program}) {why}"));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    let Some(output) = child.stdout.take() else {
        return Err(failed("gave no output".to_owned()));
    };
    // Read beside, so that a program that never ends is not waited for.
    let reading = std::thread::spawn(move || {
        let mut text = Zeroizing::new(String::new());
        output.take(MOST).read_to_string(&mut text).map(|_| text)
    });
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(None) => {
                // It is over either way.
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("took longer than {PATIENCE:?}")));
            }
            Err(error) => return Err(failed(format!("cannot be waited for: {error}"))),
        }
    };
    if !status.success() {
        return Err(failed(format!("ended with {status}")));
    }
    match reading.join() {
        Ok(Ok(text)) => Ok(text),
        _ => Err(failed("printed something that is not text".to_owned())),
    }
}

fn unavailable(reason: String) -> Error {
    Error::RootKeyUnavailable { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keeper: &Keeper) -> Vec<String> {
        let keys = keeper.keys().unwrap();
        keys.iter().map(|key| key.to_base64().to_string()).collect()
    }

    #[test]
    fn a_file_and_a_program_hold_several_keys_the_first_of_which_seals() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let [one, two] = [1, 2].map(|byte| RootKey::new([byte; 32]).to_base64().to_string());
        std::fs::write(&path, format!("{one}\n{two}\n")).unwrap();
        assert_eq!(keys(&Keeper::File(path.clone())), [&*one, &*two]);
        let command = ["cat".to_owned(), path.display().to_string()];
        assert_eq!(keys(&Keeper::Command(command.to_vec())), [&*one, &*two]);
    }

    #[test]
    fn a_program_that_fails_is_named_and_what_it_printed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script");
        std::fs::write(&path, "echo c2VjcmV0; exit 3").unwrap();
        let run = |words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            Keeper::Command(words).keys().unwrap_err().to_string()
        };
        let failed = run(&["sh", &path.display().to_string()]);
        assert!(failed.contains("(sh)") && failed.contains('3'), "{failed}");
        assert!(!failed.contains("c2VjcmV0"));
        assert!(run(&["/nonexistent/kms"]).contains("cannot be run"));
        // Printed, but no key.
        assert_eq!(
            run(&["echo", "c2VjcmV0"]),
            "a root key is the base64 of 32 bytes"
        );
    }
}
