//! The simulated vendors over loopback.

#![cfg(test)]

mod acton;
mod control;
mod eloqua;
mod marketo;
mod salesforce;
mod world;
