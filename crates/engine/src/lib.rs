//! What an element means: decides, never acts.
//!
//! An [`exchange`] is one resource call as a state machine that asks for I/O ([`step::Step`]); the catalog finds
//! elements and resources; [`query`] is the `where` language; [`hooks`] runs an element's scripts.
#![warn(missing_docs)]

pub mod hooks;
pub mod query;
pub mod step;
