//! The console's front end, built when it is there.

use crate::install;
use crate::shell::{Result, command, root, run};

/// Builds `console/dist`; a checkout without `console/` is fine.
pub fn build() -> Result {
    if !root().join("console/package.json").is_file() {
        return Ok(());
    }
    install::ensure_npm("console")?;
    run(command("npm", &["run", "build", "--silent"]).current_dir(root().join("console")))
}
