//! Lists the files of the catalog, of the common resources and of the console for the binary.
//!
//! A debug build embeds nothing: it reads `elements/`, `common-resources/` and `console/dist` when it runs, so both are tried without
//! compiling. Without `console/dist` there is no console, and `/console` says how to get one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let missing = |name| io::Error::other(format!("{name} is not set"));
    let manifest =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(missing("CARGO_MANIFEST_DIR"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(missing("OUT_DIR"))?);
    println!("cargo::rerun-if-changed=build.rs");
    let embed = env::var_os("CARGO_FEATURE_EMBED").is_some()
        && env::var("PROFILE").is_ok_and(|profile| profile == "release");
    for (folder, list) in [
        (manifest.join("../../elements"), "catalog.rs"),
        (manifest.join("../../common-resources"), "common.rs"),
        (manifest.join("../../console/dist"), "console.rs"),
    ] {
        let mut files = Vec::new();
        if embed {
            println!("cargo::rerun-if-changed={}", folder.display());
            if folder.is_dir() {
                walk(&folder, &mut files)?;
            }
            files.sort();
        }
        fs::write(out.join(list), included(&folder, &files)?)?;
    }
    Ok(())
}

/// The files as an array of names and contents.
fn included(folder: &Path, files: &[PathBuf]) -> io::Result<String> {
    let mut text = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(folder).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(
            text,
            "    ({name:?}, include_bytes!({:?})),",
            file.display().to_string()
        )
        .map_err(io::Error::other)?;
    }
    text.push(']');
    Ok(text)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
