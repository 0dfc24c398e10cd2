#![no_main]

mod card;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| card::card(bytes));
