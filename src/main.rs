//! The binary: the allocator, and the way into the command line.

mod allocator;

fn main() -> std::process::ExitCode {
    karat::cli::main()
}
