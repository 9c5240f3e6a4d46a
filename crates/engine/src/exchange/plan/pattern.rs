//! `pattern`: what a value looks like, before the vendor is asked.

use ligand_model::element::Parameter;

use super::Sources;
use super::read::Found;
use super::write::Collected;
use crate::catalog::Matched;
use crate::error::Error;

/// Most characters of a value that a message repeats.
const SHOWN: usize = 40;

impl Sources<'_> {
    /// Takes the named groups of a parameter's pattern as tokens of the vendor's path.
    ///
    /// # Errors
    /// A value that does not match: of a path, no record has such an id.
    pub(super) fn match_pattern(
        &self,
        parameter: &Parameter,
        found: &Found,
        collected: &mut Collected,
    ) -> Result<(), Error> {
        let Some(pattern) = &parameter.pattern else {
            return Ok(());
        };
        let Some(value) = found.text() else {
            return Ok(());
        };
        let (regex, captures) = match self.patterns.matched(pattern, &value) {
            Matched::Yes(regex, captures) => (regex, captures),
            Matched::Unknown => return Ok(()),
            Matched::No => return Err(refused(parameter, pattern, &value)),
        };
        for name in regex.capture_names().flatten() {
            if let Some(group) = captures.name(name) {
                let (name, group) = (name.to_owned(), group.as_str().to_owned());
                collected.path_tokens.insert(name, group);
            }
        }
        Ok(())
    }
}

fn refused(parameter: &Parameter, pattern: &str, value: &str) -> Error {
    let shown: String = value.chars().take(SHOWN).collect();
    match parameter.kind.as_str() {
        "path" => Error::NotFound(format!("No record found with id {shown}")),
        _ => Error::Invalid(format!(
            "`{}` ({}) must match {pattern}, but it is {shown}.",
            parameter.name, parameter.kind
        )),
    }
}
