//! The server as its callers see it: one binary of tests over loopback, simulated vendors in process.

#![cfg(test)]

mod support;

mod accounts;
mod api_keys;
mod attacks;
mod authorization;
mod backup;
mod bad_days;
mod bad_input;
mod builder;
mod caching;
mod catalog;
mod cluster;
mod connect;
mod console;
mod corpus;
mod crash;
mod custody;
mod described;
mod docs;
mod edge;
mod element_command;
mod element_objects;
mod explain;
mod families;
mod faults;
mod grants;
mod guides;
mod hosted;
mod instances;
mod isolation;
mod keys;
mod large;
mod local_filter;
mod log;
mod manners;
mod marketing;
mod marketing_cloud;
mod metrics;
mod notices;
mod oauth1;
mod objects;
mod odd_calls;
mod once;
#[cfg(feature = "otel")]
mod otel;
mod partial;
mod passthrough;
mod process;
mod put_back;
mod refresh;
mod refusals;
mod resources;
mod rolling;
mod room;
mod routes;
mod salesforce;
mod sign_in;
mod streams;
mod transformations;
mod unseen;
mod usage;
mod vdr_command;
mod versions;
