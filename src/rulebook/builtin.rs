//! The files of `rules/`, listed by `build.rs`.

pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
