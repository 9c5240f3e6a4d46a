//! Transformations: one shape of data, whatever the vendor.
//!
//! | word | sentence | where |
//! |---|---|---|
//! | transformation | what one level says of how an object of a vendor becomes a common one | [`Transformation`] |
//! | effective | what the levels say together: the lowest goes first, `inherit` asks the next above | [`effective`] |
//! | mapping | the effective transformation, compiled for both directions | [`Mapping`] |
//! | lazy | JSON that is only taken apart where a field looks; the rest is copied as bytes | `lazy` |
//! | plan | one direction: what is read, what is written, what passes through | `plan` |
//! | check | whether the vendor still has what is mapped | [`check`] |
//!
//! A mapping is compiled once and used for every call. Mapping a record walks its bytes once; a member that no field
//! names is skipped over or copied, never parsed.

mod check;
mod convert;
mod date;
mod effective;
mod keys;
mod lazy;
mod mapping;
mod path;
mod pick;
mod plan;
mod stream;
mod taken;
#[cfg(test)]
mod tests;
mod wire;

pub use self::check::{Checked, Status, check};
pub use self::effective::effective;
pub use self::mapping::{Direction, Mapping};
pub(crate) use self::path::Step;
pub use self::path::{Path, PathError};
pub use self::stream::Records;
pub use self::wire::{Field, LONGEST_SCRIPT, MOST_FIELDS, Script, Setting, Transformation};
pub use crate::raw::Broken;
