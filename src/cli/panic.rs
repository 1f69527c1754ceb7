//! What a fault of karat's own looks like: one sentence and exit 70.
//!
//! A panic's message may quote a value (slicing a string quotes the string), so
//! the place in karat's code is told and the message is not.

use std::panic::{self, AssertUnwindSafe};

/// Replaces the standard message of a panic.
pub fn install() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        // The stream may be gone; nothing is left to tell then.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!(
                "error: internal error, please report\n  karat {} at {place}\n",
                env!("CARGO_PKG_VERSION")
            )
            .as_bytes(),
        );
    }));
}

/// Runs `work`; none when it panicked (the hook has spoken by then).
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}
