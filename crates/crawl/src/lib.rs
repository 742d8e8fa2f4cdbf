//! What to fetch when: robots, pacing, the address guard, conditional requests, canonical addresses.
