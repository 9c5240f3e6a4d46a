//! Ligand, the library behind the binary: the only place where decisions meet sockets.
//!
//! | part | sentence | where |
//! |---|---|---|
//! | app | everything a request needs, cheap to clone | [`app`] |
//! | configuration | defaults, file, environment, flags | [`config`] |
//! | API | routes, callers, answers | [`api`] |
//! | console, connect | the pages that people see | [`console`], [`connect`] |
//! | use cases | what a call means, without HTTP types | [`service`] |
//! | vendor calls | client, guard, driver of exchanges, hook threads | [`vendor`] |
//! | listener | accepting, TLS, shutdown | [`listener`] |
//! | start | credentials of the first start, `runtime.json` | [`start`], [`first_start`], [`runtime`] |

pub mod api;
pub mod app;
pub mod catalog_files;
pub mod cli;
pub mod config;
pub mod connect;
pub mod console;
pub mod first_start;
pub mod health;
pub mod listener;
pub mod metrics;
pub mod root_keys;
pub mod runtime;
pub mod sandbox;
pub mod service;
pub mod start;
pub mod telemetry;
#[cfg(feature = "sandbox")]
pub mod trial;
pub mod vendor;
