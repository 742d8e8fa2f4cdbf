//! Every method of the store, on SQLite and – when `TEST_PG_URL` is set – on PostgreSQL.
//!
//! With `GUANLAN_REQUIRE_PG=1` a missing `TEST_PG_URL` is a failure.

mod drafting;
mod judging;
mod made;
mod numbers;
mod office;
mod periods;
mod place;
mod reading;
mod schema;
mod watching;

/// Runs each test on both engines, each time in a database of its own, and checks the invariants afterwards.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let place = crate::place::Place::sqlite().await;
                super::$name(&place).await;
                place.leave().await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(place) = crate::place::Place::postgres().await {
                    super::$name(&place).await;
                    place.leave().await;
                }
            })+
        }
    };
}
pub(crate) use on_both_engines;
