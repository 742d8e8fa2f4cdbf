//! Captures that stand: WARC segments, hashes, a manifest chain, verification.
