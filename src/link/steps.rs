//! The steps of linking, for who watches and for the timings.

use std::time::{Duration, Instant};

use crate::contact::Failure;
use crate::watch::{Share, Watch};

/// The steps of linking, told to the watch and timed; stops between them when asked to.
pub struct Steps<'a> {
    watch: &'a dyn Watch,
    done: Vec<(String, Duration)>,
    at: Option<(&'static str, Instant)>,
}

impl<'a> Steps<'a> {
    pub fn new(watch: &'a dyn Watch) -> Self {
        Self {
            watch,
            done: Vec::new(),
            at: None,
        }
    }

    pub fn next(&mut self, name: &'static str, total: u64) -> Result<(), Failure> {
        self.close();
        self.watch.go_on()?;
        self.watch.stage(name, total);
        self.at = Some((name, Instant::now()));
        Ok(())
    }

    /// A step of `parts` that are told one by one, as shares of the records.
    pub fn parts(
        &mut self,
        name: &'static str,
        records: usize,
        parts: usize,
    ) -> Result<Share<'a>, Failure> {
        self.next(name, records as u64)?;
        Ok(Share::new(self.watch, records, parts))
    }

    fn close(&mut self) {
        if let Some((name, start)) = self.at.take() {
            self.done.push((name.to_owned(), start.elapsed()));
        }
    }

    pub fn end(mut self) -> Vec<(String, Duration)> {
        self.close();
        self.done
    }
}
