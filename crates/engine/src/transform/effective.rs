//! What the levels of a transformation say together.

use std::collections::HashSet;

use super::wire::Transformation;

/// The transformation that counts, from those of each level that has one, in any order; none without any.
///
/// The lowest level is the base. Where it says `inherit`, fields and settings that it does not have come from the next
/// level above that has a transformation, and so on while each level inherits. The script is the lowest level's that
/// has one, whatever inherits.
pub fn effective(levels: &[Transformation]) -> Option<Transformation> {
    let mut levels: Vec<&Transformation> = levels.iter().collect();
    levels.sort_by_key(|one| std::cmp::Reverse(one.level));
    let (base, above) = levels.split_first()?;
    let mut whole = (*base).clone();
    let mut known: HashSet<String> = whole
        .fields
        .iter()
        .map(|field| field.path.clone())
        .collect();
    let mut goes_on = base.inherits();
    for parent in above {
        if !goes_on {
            break;
        }
        let fields = parent
            .fields
            .iter()
            .filter(|field| !known.contains(&field.path));
        let fields: Vec<_> = fields.cloned().collect();
        known.extend(fields.iter().map(|field| field.path.clone()));
        whole.fields.extend(fields);
        for setting in &parent.settings {
            if whole.setting(&setting.kind).is_none() {
                whole.settings.push(setting.clone());
            }
        }
        goes_on = parent.inherits();
    }
    if whole.script.is_none()
        && let Some(above) = above.iter().find(|one| one.script.is_some())
    {
        whole.script.clone_from(&above.script);
        whole.legacy = above.legacy;
        if let Some(script) = &mut whole.script {
            script
                .whole
                .insert("level".to_owned(), above.level.as_str().into());
        }
    }
    Some(whole)
}
