//! SIGINT and SIGTERM: the first asks the run to stop, the second ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Remembers the signal that came.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Listens from now on. Where the system allows no handler, signals keep
    /// their usual meaning: the process ends, and nothing is half-published.
    #[must_use]
    pub fn listen() -> Self {
        let signals = Self::default();
        let stopping = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order counts: a handler that finds the flag set ends the
            // process, so it must stand before the one that sets it.
            let _ = flag::register_conditional_shutdown(signal, 128 + signal, stopping.clone());
            let _ = flag::register_usize(
                signal,
                signals.number.clone(),
                usize::try_from(signal).unwrap_or(0),
            );
            let _ = flag::register(signal, stopping.clone());
        }
        signals
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        match self.number.load(Ordering::Relaxed) {
            0 => None,
            number => i32::try_from(number).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::progress::Progress;
    use crate::watch::Watch;

    #[test]
    fn a_signal_is_remembered_and_stops_the_run() {
        let progress = Progress::new(false);
        assert!(progress.go_on().is_ok());
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert!(progress.interrupted());
        let failure = progress.go_on().unwrap_err();
        assert_eq!(failure.kind.exit_code(), 143);
    }
}
