//! Chinese text: normal form with an offset map, sentences, segmentation, fingerprints, masking.
//!
//! Everything that compares texts compares their normal forms ([`normalise`]); everything that shows a text shows
//! the original, and [`Normal`] leads from one to the other.

mod fingerprint;
mod lookalike;
mod mask;
mod normal;
mod passage;
mod script;
mod segment;

pub use fingerprint::{fingerprint, same_story};
pub use mask::mask_personal;
pub use normal::{Normal, normalise};
pub use passage::{clauses, paragraphs, sentences};
pub use script::is_han;
pub use segment::{Segmenter, Token, cuts_words, in_words, is_word};
