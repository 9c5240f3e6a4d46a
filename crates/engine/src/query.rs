//! The `where` language.
