//! The simulated vendors over loopback.

mod acton;
mod eloqua;
mod marketo;
mod world;
