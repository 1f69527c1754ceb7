//! How a long stage tells how far it is, and hears that it should stop.
//!
//! Stages get a `&dyn Watch`; the command line implements it with bars and
//! signals, tests use [`Silent`].

use std::sync::atomic::{AtomicU64, Ordering};

use crate::contact::{Diagnostic, Failure, FailureKind};

/// Watches a run: progress in, interruption out. All methods may be called from
/// any thread.
pub trait Watch: Sync {
    /// A stage begins; `total` is the number of ticks to come, 0 when unknown.
    fn stage(&self, name: &str, total: u64);

    /// As [`Watch::stage`], for a stage whose ticks are bytes.
    fn stage_of_bytes(&self, name: &str, total: u64) {
        self.stage(name, total);
    }

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

/// A stage that works column by column, rule by rule or file by file, told as the
/// share of its records that this is: the count ends at their number.
pub struct Share<'a> {
    watch: &'a dyn Watch,
    records: u64,
    parts: u64,
    done: AtomicU64,
}

impl<'a> Share<'a> {
    /// `parts` steps will be told of a stage over `records`.
    #[must_use]
    pub fn new(watch: &'a dyn Watch, records: usize, parts: usize) -> Self {
        Self {
            watch,
            records: records as u64,
            parts: parts.max(1) as u64,
            done: AtomicU64::new(0),
        }
    }

    /// One part more is done. May be called from any thread.
    pub fn step(&self) {
        let at = self.done.fetch_add(1, Ordering::Relaxed);
        let share = |parts: u64| self.records * parts.min(self.parts) / self.parts;
        self.watch.tick(share(at + 1) - share(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds up the ticks.
    #[derive(Default)]
    struct Counter(AtomicU64);

    impl Watch for Counter {
        fn stage(&self, _name: &str, _total: u64) {}

        fn tick(&self, count: u64) {
            self.0.fetch_add(count, Ordering::Relaxed);
        }

        fn signal(&self) -> Option<i32> {
            None
        }
    }

    #[test]
    fn shares_add_up_to_the_records_and_to_no_more() {
        for (records, parts) in [(10, 3), (3, 10), (7, 0), (0, 4)] {
            let counter = Counter::default();
            let share = Share::new(&counter, records, parts);
            for _ in 0..parts.max(1) + 2 {
                share.step();
            }
            assert_eq!(counter.0.load(Ordering::Relaxed), records as u64);
        }
    }

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
