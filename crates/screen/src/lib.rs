//! Article x register x rules: findings with reasons. Pure and deterministic.
