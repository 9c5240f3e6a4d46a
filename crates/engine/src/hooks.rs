//! An element's scripts.
