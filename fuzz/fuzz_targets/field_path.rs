#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ligand_fuzz::field_path(bytes));
