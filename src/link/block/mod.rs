//! Candidate pairs: many keys, each record spends a small budget on its rarest.
//!
//! What the keys are is data ([`spec`]): a name, and the parts that two records must have
//! in common. The engine knows kinds of parts (`values`) and not the list.
//!
//! Every record emits each key whose fields it has; blocks of one record and
//! blocks above the bound fall away; then each record walks whole blocks,
//! smallest first, until it has enough distinct partners. A pair is a candidate
//! if either side took it. Whole blocks keep the result independent of row
//! order, and the budget keeps the number of pairs linear in the records.

mod blocks;
pub mod budget;
mod hashes;
pub mod program;
pub mod spec;
mod taken;
mod values;

pub use budget::{Candidates, candidates};
pub use program::Program;
pub use spec::{KeyForm, KeyForms};
pub use values::Input;

/// How far blocking goes.
#[derive(Clone, Copy, Debug)]
pub struct BlockPlan {
    /// Distinct partners after which a record stops taking blocks.
    pub partners: u32,
    /// Blocks above this size are not compared whole.
    pub max_block: u32,
}

/// What the report says about blocking.
#[derive(Clone, Debug, Default)]
pub struct BlockStats {
    pub keys: u64,
    pub blocks: u64,
    /// Blocks left out because they are above the bound.
    pub oversized: u64,
    pub largest: u32,
    pub pairs: u64,
}
