//! `cargo xtask gen`: the parts of documents that are made from something else.

use crate::shell::{Result, cargo, root, run as finish};
use crate::third_party;

/// A document and what stands between its marks.
struct Part {
    page: &'static str,
    mark: &'static str,
    make: fn() -> Result<String>,
}

const PARTS: [Part; 2] = [
    Part {
        page: "THIRD_PARTY.md",
        mark: "packages",
        make: third_party::table,
    },
    Part {
        page: "docs/reference/configuration.md",
        mark: "defaults",
        make: configuration,
    },
];

/// Rewrites every generated part.
pub fn run() -> Result {
    for part in PARTS {
        let text = part.current()?;
        std::fs::write(root().join(part.page), text)
            .map_err(|error| format!("cannot write {}: {error}", part.page))?;
        println!("{} is written.", part.page);
    }
    // Made by the engine's own tests; the corpus needs the exports at hand.
    for test in [
        "the_corpus_report_is_what_becomes_of_the_exports",
        "the_pages_of_elements_are_what_their_declarations_say",
        "the_page_of_common_resources_is_what_their_files_say",
    ] {
        finish(
            cargo(&[
                "test",
                "--locked",
                "--quiet",
                "--package",
                "ligand-engine",
                "--test",
                "it",
                test,
            ])
            .env("LIGAND_UPDATE", "1"),
        )?;
    }
    finish(
        cargo(&[
            "test",
            "--locked",
            "--quiet",
            "--package",
            "ligand-server",
            "--test",
            "it",
            "the_crash_matrix_is_the_list_of_points",
        ])
        .env("LIGAND_UPDATE", "1"),
    )?;
    println!(
        "docs/elements, docs/reference/common-resources.md and crash-matrix.md are written, and docs/reference/corpus.md where the exports are at hand."
    );
    Ok(())
}

/// The pages whose generated part is not what it should be.
pub fn stale() -> Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    for part in PARTS {
        if part.read()? != part.current()? {
            stale.push(part.page);
        }
    }
    Ok(stale)
}

impl Part {
    fn read(&self) -> Result<String> {
        std::fs::read_to_string(root().join(self.page))
            .map_err(|error| format!("cannot read {}: {error}", self.page))
    }

    /// The page as it should be.
    fn current(&self) -> Result<String> {
        let (begin, end) = (
            format!("<!-- {}: begin -->", self.mark),
            format!("<!-- {}: end -->", self.mark),
        );
        let page = self.read()?;
        let around = page
            .split_once(&begin)
            .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
        let (before, after) = around.ok_or(format!("{} lacks `{begin}` and `{end}`", self.page))?;
        Ok(format!(
            "{before}{begin}\n\n{}\n{end}{after}",
            (self.make)()?
        ))
    }
}

/// The documented defaults, as they are compiled in.
fn configuration() -> Result<String> {
    let path = root().join("crates/server/src/config/defaults.toml");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read the defaults: {error}"))?;
    Ok(format!("```toml\n{}\n```\n", text.trim_end()))
}
