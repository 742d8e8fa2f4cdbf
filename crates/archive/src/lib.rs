//! The search index and the search over it.
