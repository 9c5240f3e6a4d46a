//! The use cases: what a call means, without HTTP types.

pub mod accounts;
pub mod answers;
pub mod api_keys;
pub mod applications;
pub mod authentication;
pub mod branding;
pub mod builder;
pub mod callers;
pub mod connect;
pub mod custody;
pub mod elements;
pub mod error;
pub mod explain;
pub mod hubs;
pub mod input;
pub mod instances;
pub mod lifecycle;
pub mod memory;
pub mod notices;
pub mod oauth;
pub mod once;
pub mod pages;
pub mod passthrough;
pub mod provision;
pub mod reconfigure;
pub mod refresh;
pub mod request_token;
pub mod text;
pub mod throttle;
pub mod transformations;
pub mod trust;
pub mod usage;
pub mod webhooks;

pub use error::Error;
pub use memory::Memory;
