//! The limits of clustering, as data.

/// The limits of clustering, from `[guards]` of `rules/matching.toml`, where each is
/// explained.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guards {
    /// Weights are clipped to this many bits, so that no single pair decides alone.
    pub clip: f64,
    /// A pair below this many bits is ruled out: nothing joins two clusters across it.
    pub ruled_out: f64,
    /// What a pair that was not compared counts, in bits.
    pub uncompared: f64,
    /// How many bits below the threshold two clusters are joined that have no rivals.
    pub alone: f64,
    /// Links above this many bits make loose components.
    pub loose: f64,
    /// Components up to this size are compared in full …
    pub full: u32,
    /// … and larger ones, the smallest first, for as many pairs in all.
    pub full_pairs: u64,
}

impl Guards {
    /// A pair's weight within the bounds.
    #[must_use]
    pub fn clipped(&self, weight: f32) -> f64 {
        f64::from(weight).clamp(-self.clip, self.clip)
    }

    /// The built-in ones, for tests of what takes them.
    #[cfg(test)]
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            clip: 12.0,
            ruled_out: -50.0,
            uncompared: -2.0,
            alone: 1.0,
            loose: -4.0,
            full: 60,
            full_pairs: 2_000_000,
        }
    }
}
