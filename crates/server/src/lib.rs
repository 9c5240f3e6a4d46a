//! Ligand, the library behind the binary.
