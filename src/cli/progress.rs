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

impl Progress {
    fn show(&self, name: &str, total: u64, template: &str) {
        let Some(slot) = &self.bar else { return };
        let mut slot = slot
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.finish_and_clear();
        let bar = ProgressBar::with_draw_target(
            (total > 0).then_some(total),
            ProgressDrawTarget::stderr(),
        );
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        *slot = bar;
    }
}

/// A stage that tells no end shows that it works, and for how long.
const NO_END: &str = "{prefix:<12} {spinner} {elapsed}";

impl Watch for Progress {
    fn stage(&self, name: &str, total: u64) {
        let template = match total {
            0 => NO_END,
            _ => "{prefix:<12} {bar:30} {human_pos}/{human_len} {elapsed} (left {eta})",
        };
        self.show(name, total, template);
    }

    fn stage_of_bytes(&self, name: &str, total: u64) {
        let template = match total {
            0 => NO_END,
            _ => "{prefix:<12} {bar:30} {bytes}/{total_bytes} {elapsed} (left {eta})",
        };
        self.show(name, total, template);
    }

    fn tick(&self, count: u64) {
        if let Some(bar) = self.bar() {
            // Some stages tick in steps larger than what is left.
            let left = bar
                .length()
                .map(|total| total.saturating_sub(bar.position()));
            bar.inc(left.map_or(count, |left| count.min(left)));
        }
    }

    fn signal(&self) -> Option<i32> {
        self.signals.signal()
    }
}
