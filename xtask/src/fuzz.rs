//! The fuzz targets (`fuzz/`): which there are, and a bounded run of each.

use crate::shell::{Result, command, output, root, run as finish};

/// How long each target runs, seconds.
const SECONDS: u32 = 60;

/// The targets by name, as their files say.
pub fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_suffix(".rs")?.to_owned())
        })
        .collect();
    names.sort();
    Ok(names)
}

/// Runs every target for a minute; without the tools says how to get them, and that nothing was fuzzed.
pub fn run() -> Result {
    if !is_installed() {
        eprintln!(
            "\n!!! NOT FUZZED: cargo-fuzz and a nightly compiler are needed:\n!!!     rustup toolchain install nightly\n\
             !!!     cargo install --locked cargo-fuzz\n!!! The targets ran as property tests only.\n"
        );
        return Ok(());
    }
    for target in targets()? {
        let corpus = format!("fuzz/corpus/{target}");
        let folder = root().join(&corpus);
        std::fs::create_dir_all(&folder).map_err(|error| format!("{corpus}: {error}"))?;
        println!("\nfuzzing {target} for {SECONDS} s");
        finish(&mut command(
            "cargo",
            &[
                "+nightly",
                "fuzz",
                "run",
                &target,
                &corpus,
                &format!("fuzz/seeds/{target}"),
                "--",
                &format!("-max_total_time={SECONDS}"),
                "-max_len=16384",
                "-timeout=10",
                "-rss_limit_mb=1024",
                "-verbosity=0",
            ],
        ))?;
    }
    Ok(())
}

fn is_installed() -> bool {
    let mut version = command("cargo", &["+nightly", "fuzz", "--version"]);
    output(&mut version).is_ok()
}
