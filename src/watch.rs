//! How a long stage tells how far it is, and hears that it should stop.
//!
//! Stages get a `&dyn Watch`; the command line implements it with bars and
//! signals, tests use [`Silent`].

use crate::contact::{Diagnostic, Failure, FailureKind};

/// Watches a run: progress in, interruption out. All methods may be called from
/// any thread.
pub trait Watch: Sync {
    /// A stage begins; `total` is the number of ticks to come, 0 when unknown.
    fn stage(&self, name: &str, total: u64);

    /// `count` more of the stage are done. Call it once a chunk, not once a record.
    fn tick(&self, count: u64);

    /// The signal that asks the run to stop, if one came.
    fn signal(&self) -> Option<i32>;

    /// Whether the run should stop. Cheap: a loop may ask every few thousand records.
    fn interrupted(&self) -> bool {
        self.signal().is_some()
    }

    /// Goes on, or fails with the interruption.
    ///
    /// # Errors
    /// [`FailureKind::Interrupted`] when a signal came.
    fn go_on(&self) -> Result<(), Failure> {
        match self.signal() {
            None => Ok(()),
            Some(signal) => Err(Failure::one(
                FailureKind::Interrupted(signal),
                Diagnostic::error("interrupted", "interrupted: nothing was published"),
            )),
        }
    }
}

/// Shows nothing and never interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watch for Silent {
    fn stage(&self, _name: &str, _total: u64) {}

    fn tick(&self, _count: u64) {}

    fn signal(&self) -> Option<i32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Watch for Stopped {
        fn stage(&self, _name: &str, _total: u64) {}

        fn tick(&self, _count: u64) {}

        fn signal(&self) -> Option<i32> {
            Some(15)
        }
    }

    #[test]
    fn a_signal_becomes_a_failure_with_its_exit_code() {
        assert!(Silent.go_on().is_ok());
        let failure = Stopped.go_on().unwrap_err();
        assert_eq!(failure.kind.exit_code(), 143);
    }
}
