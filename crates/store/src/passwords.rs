//! Passwords: which may be used, and how they are kept (argon2id).

use crate::StoreError;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use guanlan_model::Secret;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Fewest characters of a password.
const SHORTEST: usize = 8;
/// Most bytes of a password: longer ones would only keep the processor busy.
const LONGEST: usize = 512;
/// What is tried first, one a line, in lower case.
const COMMON: &str = include_str!("common-passwords.txt");

/// Refuses passwords that are tried first.
///
/// # Errors
/// [`StoreError::WeakPassword`] with the reason in Chinese.
pub(crate) fn check(name: &str, password: &Secret) -> Result<(), StoreError> {
    let password = password.expose();
    let lower = password.to_lowercase();
    let reason = if password.chars().count() < SHORTEST {
        "密码至少 8 个字符"
    } else if password.len() > LONGEST {
        "密码不超过 512 字节"
    } else if COMMON.lines().any(|word| word == lower) || is_run(&lower) {
        "密码过于常见，请换一个"
    } else if name.chars().count() >= 3 && lower.contains(&name.to_lowercase()) {
        "密码不能包含用户名"
    } else {
        return Ok(());
    };
    Err(StoreError::WeakPassword(reason))
}

/// One character over and over, or characters in a row (`abcdefgh`, `98765432`).
fn is_run(password: &str) -> bool {
    let codes: Vec<i64> = password.chars().map(|c| i64::from(u32::from(c))).collect();
    [0, 1, -1].iter().any(|step| codes.windows(2).all(|pair| pair[1] - pair[0] == *step))
}

/// Hashes a password off the async threads, at most as many at once as the semaphore allows.
///
/// # Errors
/// [`StoreError::Hashing`].
pub(crate) async fn hash(password: &Secret, permits: &Arc<Semaphore>) -> Result<String, StoreError> {
    let password = password.clone();
    blocking(permits, move || {
        let hash = Argon2::default().hash_password(password.expose().as_bytes()).map_err(hashing)?;
        Ok(hash.to_string())
    })
    .await
}

/// Compares a password with a stored hash. Without a hash it works as long and answers no, so that the time does not
/// tell which names exist.
///
/// # Errors
/// [`StoreError::Hashing`] when the stored hash cannot be read.
pub(crate) async fn verify(
    password: &Secret,
    stored: Option<String>,
    permits: &Arc<Semaphore>,
) -> Result<bool, StoreError> {
    let mut password = password.clone();
    if password.expose().len() > LONGEST {
        password = Secret::default();
    }
    blocking(permits, move || {
        let known = stored.is_some();
        let phc = match stored {
            Some(phc) => phc,
            None => Argon2::default().hash_password(b"nobody").map_err(hashing)?.to_string(),
        };
        let parsed = PasswordHash::new(&phc).map_err(hashing)?;
        Ok(known && Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok())
    })
    .await
}

async fn blocking<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let permit = permits.clone().acquire_owned().await.map_err(hashing)?;
    let work = move || {
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(hashing)?
}

fn hashing(error: impl std::fmt::Display) -> StoreError {
    StoreError::Hashing(error.to_string())
}
