//! The register of institutions: import, credit codes, aliases, and finding institutions in text.
