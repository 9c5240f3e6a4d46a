//! `cargo xtask dist`: what is handed to operators.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::shell::{Result, TemporaryFolder, command, output, root, run as finish};
use crate::{console, install, server};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Release binary with catalog and sandbox inside, its checksum, and a Debian package.
pub fn run() -> Result {
    install::ensure(&[("dpkg-deb", "dpkg"), ("strip", "binutils")])?;
    console::build()?;
    let built = server::build("ligand-server", "ligand", true)?;
    let dist = root().join("dist");
    make(&dist)?;
    let name = format!("ligand-{VERSION}-{}-linux", std::env::consts::ARCH);
    let binary = dist.join(&name);
    copy(&built, &binary, 0o755)?;
    finish(command("strip", &[]).arg(&binary))?;
    let package = format!("ligand_{VERSION}_{}.deb", architecture());
    debian(&binary, &dist.join(&package))?;
    for file in [&name, &package] {
        let sum = output(command("sha256sum", &[file]).current_dir(&dist))?;
        write(&dist.join(format!("{file}.sha256")), &sum, 0o644)?;
        let size = fs::metadata(dist.join(file)).map_or(0, |data| data.len());
        println!("dist/{file}  {:.1} MiB", size as f64 / 1_048_576.0);
    }
    Ok(())
}

/// Lays out and builds the package: binary, unit, configuration, licence.
fn debian(binary: &Path, package: &Path) -> Result {
    let folder = TemporaryFolder::new("deb")?;
    let tree = folder.path();
    let packaging = root().join("packaging");
    copy(binary, &tree.join("usr/bin/ligand"), 0o755)?;
    copy(
        &packaging.join("ligand.service"),
        &tree.join("lib/systemd/system/ligand.service"),
        0o644,
    )?;
    copy(
        &packaging.join("ligand.toml"),
        &tree.join("etc/ligand/ligand.toml"),
        0o644,
    )?;
    copy(
        &root().join("LICENSE"),
        &tree.join("usr/share/doc/ligand/copyright"),
        0o644,
    )?;
    copy(
        &root().join("THIRD_PARTY.md"),
        &tree.join("usr/share/doc/ligand/THIRD_PARTY.md"),
        0o644,
    )?;
    for library in ["lodash", "moment"] {
        let name = format!("{library}.LICENSE");
        copy(
            &root().join("crates/engine/src/hooks/lib").join(&name),
            &tree.join("usr/share/doc/ligand").join(&name),
            0o644,
        )?;
    }
    copy(
        &root().join("docs/reference/configuration.md"),
        &tree.join("usr/share/doc/ligand/configuration.md"),
        0o644,
    )?;
    for script in ["postinst", "prerm", "postrm"] {
        copy(
            &packaging.join("debian").join(script),
            &tree.join("DEBIAN").join(script),
            0o755,
        )?;
    }
    write(
        &tree.join("DEBIAN/conffiles"),
        "/etc/ligand/ligand.toml\n",
        0o644,
    )?;
    let control = fs::read_to_string(packaging.join("debian/control"))
        .map_err(|error| format!("packaging/debian/control: {error}"))?
        .replace("@VERSION@", VERSION)
        .replace("@ARCHITECTURE@", architecture());
    write(&tree.join("DEBIAN/control"), &control, 0o644)?;
    finish(
        command("dpkg-deb", &["--root-owner-group", "--build"])
            .arg(tree)
            .arg(package),
    )
}

/// Debian's name of the machine we build for.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn make(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result {
    make(to.parent().unwrap_or(to))?;
    fs::copy(from, to).map_err(|error| format!("cannot copy {}: {error}", from.display()))?;
    permit(to, mode)
}

fn write(to: &Path, text: &str, mode: u32) -> Result {
    make(to.parent().unwrap_or(to))?;
    fs::write(to, text).map_err(|error| format!("cannot write {}: {error}", to.display()))?;
    permit(to, mode)
}

fn permit(path: &Path, mode: u32) -> Result {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| format!("cannot set the mode of {}: {error}", path.display()))
}
