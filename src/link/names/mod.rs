//! Names for comparing: any script to Latin, neutral spelling, sound, nicknames.
//!
//! Nothing here is ever written out: a word is turned into keys once, however
//! many records use it, and comparisons look at the keys.

pub mod communities;
pub mod letters;
pub mod nicknames;
pub mod readings;
pub mod sound;
pub mod word;

pub use communities::NameCommunities;
pub use letters::Letters;
pub use nicknames::Nicknames;
pub use readings::Readings;
pub use sound::Sound;
pub use word::{Name, NameId, Names, Word, WordId};
