//! Digest: what it says, how it looks, how it is delivered.
