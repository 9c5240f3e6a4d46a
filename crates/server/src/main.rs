//! The binary: an allocator, no memory in core dumps, and the command line.

use std::process::ExitCode;

/// A third less processor time a proxied call than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    leave_memory_out_of_core_dumps();
    ligand_server::cli::run()
}

/// A crash must not write customers' credentials to disk: no mapping of ours goes into a core dump.
///
/// # Source
/// core(5), "Controlling which mappings are written to the core dump".
fn leave_memory_out_of_core_dumps() {
    // Elsewhere than on Linux there is no such file, and nothing to be done without a system call.
    let _ = std::fs::write("/proc/self/coredump_filter", "0");
}
