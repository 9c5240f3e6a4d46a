//! The engine against the catalog that the repository ships.

#![cfg(test)]

mod corpus;
mod elements;
