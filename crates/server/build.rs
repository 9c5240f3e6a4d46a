//! Lists the files of the catalog for the binary.
//!
//! A debug build embeds nothing: it reads `elements/` when it starts, so an element is tried without compiling.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let missing = |name| io::Error::other(format!("{name} is not set"));
    let manifest =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(missing("CARGO_MANIFEST_DIR"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(missing("OUT_DIR"))?);
    let elements = manifest.join("../../elements");
    println!("cargo::rerun-if-changed=build.rs");
    let embed = env::var_os("CARGO_FEATURE_EMBED").is_some()
        && env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let mut files = Vec::new();
    if embed {
        println!("cargo::rerun-if-changed={}", elements.display());
        walk(&elements, &mut files)?;
        files.sort();
    }
    let mut text = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&elements).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(
            text,
            "    ({name:?}, include_bytes!({:?})),",
            file.display().to_string()
        )
        .map_err(io::Error::other)?;
    }
    text.push(']');
    fs::write(out.join("catalog.rs"), text)
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
