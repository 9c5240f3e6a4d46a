//! The engine against the catalog that the repository ships.

mod elements;
