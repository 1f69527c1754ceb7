//! `--threads`: one limit for karat's own pool and for polars'.

/// Limits both pools; must run before the first of their threads.
#[expect(
    unsafe_code,
    clippy::disallowed_methods,
    reason = "polars has no other switch, and no other thread exists yet"
)]
pub fn limit(threads: Option<u16>) {
    let Some(threads) = threads else { return };
    // SAFETY: no other thread exists yet, so nobody reads the environment
    // meanwhile. Polars has no other switch for its pool.
    unsafe {
        std::env::set_var("POLARS_MAX_THREADS", threads.to_string());
    }
    // It fails only when a pool exists already, which then has its own size.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(threads))
        .build_global();
}
