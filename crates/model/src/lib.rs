//! The vocabulary of Ligand: the field's words as types.
//!
//! | word | sentence | where |
//! |---|---|---|
//! | element | what a vendor's API looks like to us: authentication, configuration, resources, hooks | [`element`] |
//! | instance | one customer's connection to an element, with one token | [`instance`] |
//! | configuration | the values of an instance over the defaults of its element | [`configuration`] |
//! | hub | the group an element belongs to (`crm`, `marketing`); the second segment of resource paths | [`element::Element::hub`] |
//! | resource | one callable path of an element and the vendor call behind it | [`element::Resource`] |
//! | hook | a script that sees a call before or after the vendor | [`element::Hook`] |
//! | level | whose an object definition or transformation is: system, organization, account, instance | [`level`] |
//! | grant | the vendor's tokens, entries of the configuration | [`configuration::Grant`] |
//!
//! No I/O and no clock live here: time and randomness come in through [`time::Clock`] and [`time::Entropy`].
#![warn(missing_docs)]

pub mod configuration;
pub mod element;
pub mod error;
pub mod id;
pub mod instance;
pub mod level;
pub mod secret;
pub mod text;
pub mod time;
