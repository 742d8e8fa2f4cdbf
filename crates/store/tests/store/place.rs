//! A database of a test's own.

use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, FalseAlarmReason};
use guanlan_store::Store;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};

/// One event as the table tells it.
pub struct Told {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub who: String,
    pub action: String,
    pub from: Option<AlertState>,
    pub to: Option<AlertState>,
    pub reason: Option<FalseAlarmReason>,
    pub note: String,
    pub undoes: Option<i64>,
}

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

    /// The whole audit trail, oldest first.
    pub async fn audit(&self) -> Vec<Told> {
        let around = self.around().await;
        let sql = "SELECT id, at, who, action, alert_id, from_state, to_state, reason, note, undoes FROM audit ORDER BY id";
        let statement = Statement::from_string(around.get_database_backend(), sql);
        let rows = around.query_all_raw(statement).await.unwrap();
        let word = |row: &QueryResult, column: &str| row.try_get::<Option<String>>("", column).unwrap();
        rows.iter()
            .map(|row| Told {
                id: row.try_get("", "id").unwrap(),
                at: row.try_get("", "at").unwrap(),
                who: row.try_get("", "who").unwrap(),
                action: row.try_get("", "action").unwrap(),
                from: word(row, "from_state").map(|w| w.parse().unwrap()),
                to: word(row, "to_state").map(|w| w.parse().unwrap()),
                reason: word(row, "reason").map(|w| w.parse().unwrap()),
                note: row.try_get("", "note").unwrap(),
                undoes: row.try_get("", "undoes").unwrap(),
            })
            .collect()
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
