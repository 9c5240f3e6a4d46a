//! The engine against the catalog that the repository ships, and against every export of the corpus.

#![cfg(test)]

mod calls;
mod common_resources;
mod corpus;
mod credentials;
mod elements;
mod fuzz_properties;
mod pages;
mod report;
mod snapshots;
mod unseen;
