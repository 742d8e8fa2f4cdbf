//! A database of a test's own.

use guanlan_store::Store;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

pub struct Place {
    pub store: Store,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    admin: Option<(DatabaseConnection, String)>,
}

impl Place {
    pub async fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("guanlan.db").display());
        Place { store: Store::open(&url).await.unwrap(), url, _folder: Some(folder), admin: None }
    }

    pub async fn postgres() -> Option<Place> {
        let Ok(server) = std::env::var("TEST_PG_URL") else {
            assert!(std::env::var("GUANLAN_REQUIRE_PG").is_err(), "TEST_PG_URL is not set");
            return None;
        };
        let name = format!("guanlan_{:016x}", rand::random::<u64>());
        let admin = Database::connect(&server).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        let store = Store::open(&url).await.unwrap();
        Some(Place { store, url, _folder: None, admin: Some((admin, name)) })
    }

    /// A connection that goes around the store, to look and to do damage.
    pub async fn around(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.unwrap()
    }

    /// Runs a statement around the store.
    pub async fn damage(&self, sql: &str) {
        self.around().await.execute_unprepared(sql).await.unwrap();
    }

    /// Whatever a test did, the invariants hold.
    pub async fn leave(self) {
        assert_eq!(self.store.check_invariants().await.unwrap(), Vec::<String>::new());
        self.abandon().await;
    }

    /// Leaves without looking back: for tests that did damage.
    pub async fn abandon(self) {
        drop(self.store);
        if let Some((admin, name)) = self.admin {
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        }
    }
}
