//! The binary: command line, configuration, start and stop.

fn main() {}
