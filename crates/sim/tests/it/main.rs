//! The simulated vendors over loopback.

#![cfg(test)]

mod acton;
mod control;
mod eloqua;
mod marketing_cloud;
mod marketo;
mod salesforce;
mod world;
