//! Bars by stage, with counts and the time left, on a terminal only.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::signals::Signals;
use crate::watch::Watch;

/// A run's progress on stderr, and its signals.
#[derive(Debug)]
pub struct Progress {
    signals: Signals,
    /// The bar of the stage at work; none when nothing is shown.
    bar: Option<Mutex<ProgressBar>>,
}

impl Progress {
    /// Listens for signals; draws when `shown`.
    #[must_use]
    pub fn new(shown: bool) -> Self {
        Self {
            signals: Signals::listen(),
            bar: shown.then(|| Mutex::new(ProgressBar::hidden())),
        }
    }

    /// Takes the bar off the screen, so that messages stand on lines of their own.
    pub fn finish(&self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> Option<ProgressBar> {
        let bar = self.bar.as_ref()?;
        let held = bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Some(held.clone())
    }
}

impl Watch for Progress {
    fn stage(&self, name: &str, total: u64) {
        let Some(slot) = &self.bar else { return };
        let mut slot = slot
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.finish_and_clear();
        let bar = ProgressBar::with_draw_target(
            (total > 0).then_some(total),
            ProgressDrawTarget::stderr(),
        );
        let template = if total > 0 {
            "{prefix:<12} {bar:30} {human_pos}/{human_len} {elapsed} (left {eta})"
        } else {
            "{prefix:<12} {spinner} {human_pos} {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        *slot = bar;
    }

    fn tick(&self, count: u64) {
        if let Some(bar) = self.bar() {
            bar.inc(count);
        }
    }

    fn signal(&self) -> Option<i32> {
        self.signals.signal()
    }
}
