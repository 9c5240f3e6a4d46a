//! What an element means: decides, never acts.
//!
//! [`catalog`] finds elements and resources; [`exchange`] is one resource call as a state machine that asks for I/O
//! ([`step::Step`]); [`oauth`] builds and reads the messages of authorization; [`hosts`] says where an instance may
//! call; [`renewal`] keeps grants from being lost; [`query`] is the `where` language; [`hooks`] runs an element's scripts;
//! [`docs`] and [`objects`] tell what an element can do, [`describe`] what its vendor says, [`convert`] makes one from another description.
//! [`transform`] gives records one shape.
//!
//! Nothing here reads a clock, a file, the environment or a socket.
#![warn(missing_docs)]

pub mod catalog;
pub mod convert;
pub mod describe;
pub mod docs;
pub mod error;
pub mod exchange;
pub mod hooks;
pub mod hosts;
mod json_path;
pub mod oauth;
pub mod objects;
pub mod query;
mod raw;
mod redact;
pub mod renewal;
mod scan;
pub mod step;
mod template;
pub mod transform;
