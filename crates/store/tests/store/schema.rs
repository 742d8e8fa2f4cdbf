//! Opening, upgrading, and the likeness of the two engines.

use crate::made::{alert, article, county, finding, morning, publish};
use crate::place::Place;
use guanlan_model::{Category, Secret, Severity, UserRole};
use guanlan_store::{Store, StoreError};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use std::collections::BTreeSet;

crate::on_both_engines!(
    opening_twice_changes_nothing,
    a_newer_database_is_refused,
    facts_are_kept,
    workers_open_at_once,
    i1_an_interrupted_write_is_whole_or_nothing,
);

async fn opening_twice_changes_nothing(place: &Place) {
    place.store.meta_set("k", "v").await.unwrap();
    let again = Store::open(&place.url).await.unwrap();
    assert_eq!(again.meta_get("k").await.unwrap().as_deref(), Some("v"));
}

async fn a_newer_database_is_refused(place: &Place) {
    place
        .damage("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 1)")
        .await;
    assert!(matches!(Store::open(&place.url).await, Err(StoreError::NewerSchema(_))));
}

async fn facts_are_kept(place: &Place) {
    let store = &place.store;
    assert_eq!(store.meta_get("nothing").await.unwrap(), None);
    store.meta_set("k", "一").await.unwrap();
    store.meta_set("k", "二\0三").await.unwrap();
    assert_eq!(store.meta_get("k").await.unwrap().as_deref(), Some("二三"));
    assert!(!store.is_demo().await.unwrap());
    store.set_demo().await.unwrap();
    assert!(store.is_demo().await.unwrap());
}

async fn workers_open_at_once(place: &Place) {
    let opened = (0..4).map(|_| {
        let url = place.url.clone();
        tokio::spawn(async move { Store::open(&url).await })
    });
    for open in opened.collect::<Vec<_>>() {
        open.await.unwrap().unwrap();
    }
}

/// Writers that are dropped at any moment leave no half of a commit behind, and the next writer is not kept waiting.
async fn i1_an_interrupted_write_is_whole_or_nothing(place: &Place) {
    let store = &place.store;
    county(store).await;
    for n in 0..40_u64 {
        let new =
            article(&format!("https://a.example/{n}"), n.wrapping_mul(0x9e37_79b9_7f4a_7c15), morning());
        let found = vec![finding("A1", Category::Fees, Severity::High, 0.5)];
        let writing = publish(store, new, found, morning());
        let _ = tokio::time::timeout(std::time::Duration::from_micros(n * 150), writing).await;
    }
    assert_eq!(store.check_invariants().await.unwrap(), Vec::<String>::new());
    let new = article("https://a.example/last", 1, morning());
    assert!(!publish(store, new, vec![], morning()).await.duplicate);
}

/// I9: while another process holds the write lock, everything can be read.
#[tokio::test]
async fn i9_reading_works_when_writing_cannot() {
    let place = Place::sqlite().await;
    let store = &place.store;
    county(store).await;
    let id = alert(store, 1, Severity::High, morning()).await;
    let password = Secret::new("松针 落在 石阶上");
    let user = store.create_user("lin", "林", UserRole::Reviewer, &password, false, morning()).await.unwrap();
    let token = store.open_session(user.id, morning()).await.unwrap();
    let other = place.around().await;
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let later = morning() + chrono::Duration::minutes(10);
    assert!(store.session(&token, later).await.unwrap().is_some());
    assert!(store.alert_detail(id).await.unwrap().is_some());
    assert_eq!(store.queue(&Default::default()).await.unwrap().total, 1);
    let period = store.open_digest(chrono::NaiveTime::MIN, later).await.unwrap();
    assert_eq!(store.digest_data(&period, later).await.unwrap().new_alerts, 1);
    assert!(Store::open(&place.url).await.is_ok(), "a database that is up to date is opened without writing");
    other.execute_unprepared("ROLLBACK").await.unwrap();
    drop(other);
    store.meta_set("k", "v").await.unwrap();
    place.leave().await;
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for url in [
        "",
        "guanlan.db",
        "mysql://root@localhost/x",
        "sqlite::memory:",
        "sqlite:",
        "sqlite://",
        "http://a.example/",
    ] {
        assert!(matches!(Store::open(url).await, Err(StoreError::Address(_))), "{url}");
    }
}

#[tokio::test]
async fn sqlite_keeps_a_write_ahead_log() {
    let place = Place::sqlite().await;
    let path = place.url.trim_start_matches("sqlite:");
    assert!(std::path::Path::new(&format!("{path}-wal")).exists());
    place.leave().await;
}

#[tokio::test]
async fn a_path_is_taken_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["云溪 县.db", "100%25.db", "a?mode=ro.db", "a#b.db"] {
        let path = folder.path().join(name);
        Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
        assert!(path.exists(), "{name}");
    }
}

/// Migrations of many workers on an empty database must not trip over each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file_is_migrated_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    let opened: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    for open in opened {
        open.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_tables() {
    let Some(postgres) = Place::postgres().await else { return };
    let sqlite = Place::sqlite().await;
    let (here, there) = (columns(&sqlite.around().await).await, columns(&postgres.around().await).await);
    assert!(here.len() > 150, "{}", here.len());
    assert_eq!(here.symmetric_difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
    sqlite.leave().await;
    postgres.leave().await;
}

/// `table.column null?` of all tables, and the names of all indexes.
async fn columns(db: &DatabaseConnection) -> BTreeSet<String> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Sqlite => {
            "SELECT m.name || '.' || c.name || CASE WHEN c.\"notnull\" = 1 OR c.pk = 1 THEN '' ELSE ' null' END AS t
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
             AND m.name NOT LIKE 'sqlite_%'
             UNION SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND name LIKE '%_by_%'"
        }
        _ => {
            "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '' ELSE ' null' END AS t
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE '%_by_%'"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "t").unwrap()).collect()
}
