//! Calls to vendors: what an exchange asks for, performed under one guard, one client and one set of deadlines.
//!
//! HTTP types of the vendor side appear nowhere else.

pub mod address;
pub mod answer;
pub mod client;
pub mod connect;
pub mod drive;
pub mod first_uses;
pub mod guard;
pub mod hook_threads;
pub mod manners;
pub mod own;
pub mod tls;
pub mod upload;
