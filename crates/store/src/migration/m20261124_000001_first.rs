//! The first tables. Times are UTC; `day` is the date in Shanghai as `YYYY-MM-DD`; sizes and counts are 64-bit.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, boolean, double, text, text_null, text_uniq,
    timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in watching().into_iter().chain(judging()).chain(rules()).chain(office()) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The time at which an article was told, as [`crate::Store::articles_of_time`] asks for it.
        let told = "CREATE INDEX article_by_told ON article (COALESCE(published, fetched_at), id)";
        manager.get_connection().execute_unprepared(told).await?;
        Ok(())
    }
}

fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table
}

fn text_key(name: &'static str) -> ColumnDef {
    text(name).primary_key().take()
}

/// A reference to another table's `id`.
fn refer(mut table: TableCreateStatement, column: &'static str, to: &'static str) -> TableCreateStatement {
    let from = table.get_table_name().cloned();
    let mut key = ForeignKey::create();
    if let Some(from) = from {
        key.from_tbl(from);
    }
    table.foreign_key(key.from_col(column).to(to, "id"));
    table
}

/// What is watched and what was fetched.
fn watching() -> Vec<TableCreateStatement> {
    let meta = table("meta", vec![text_key("key"), text("value")]);
    let source = table(
        "source",
        vec![
            text_key("id"),
            text("name"),
            text("tier"),
            text("kind"),
            text("url"),
            text_null("owner"),
            big_integer("stale_after_secs"),
            big_integer("every_secs"),
            boolean("enabled"),
            boolean("verified"),
            time("created_at"),
            time("next_fetch_at"),
            time_null("last_attempt_at"),
            time_null("last_success_at"),
            time_null("newest_item_at"),
            text_null("last_outcome"),
            text("last_detail"),
            time_null("failing_since"),
            big_integer("failures"),
            text_null("etag"),
            text_null("last_modified"),
        ],
    );
    let page = table(
        "page",
        vec![
            big_pk_auto("id"),
            text("source_id"),
            text("url"),
            text_uniq("url_hash"),
            text("host"),
            text("role"),
            big_integer("depth"),
            text("state"),
            big_integer("attempts"),
            big_integer("failures"),
            time_null("failing_since"),
            time("next_at"),
            text_null("etag"),
            text_null("last_modified"),
            text_null("title"),
            time_null("published"),
            time("created_at"),
        ],
    );
    let host = table("host", vec![text_key("host"), time("next_at")]);
    let robots =
        table("robots", vec![text_key("origin"), big_integer("status"), text("body"), time("fetched_at")]);
    let capture = table(
        "capture",
        vec![
            big_pk_auto("id"),
            text("source_id"),
            big_integer_null("page_id"),
            text("url"),
            text("final_url"),
            big_integer("status"),
            text("headers"),
            text("sha256"),
            text("segment"),
            big_integer("segment_offset"),
            big_integer("segment_length"),
            big_integer("bytes"),
            time("fetched_at"),
            text_null("remote"),
            time_null("processed_at"),
        ],
    );
    let ledger = table(
        "ledger",
        vec![
            big_pk_auto("id"),
            text("source_id"),
            big_integer_null("page_id"),
            text("url"),
            time("started_at"),
            big_integer("duration_ms"),
            text("outcome"),
            text("detail"),
            big_integer_null("capture_id").unique_key().take(),
            boolean("refined"),
        ],
    );
    vec![
        meta,
        source,
        refer(page, "source_id", "source"),
        host,
        robots,
        refer(refer(capture, "source_id", "source"), "page_id", "page"),
        refer(refer(refer(ledger, "source_id", "source"), "page_id", "page"), "capture_id", "capture"),
    ]
}

/// What was read and what a person is to decide.
fn judging() -> Vec<TableCreateStatement> {
    let institution = table(
        "institution",
        vec![text_key("id"), text("name"), text("data"), time("updated_at"), time_null("removed_at")],
    );
    let register_import = table(
        "register_import",
        vec![
            big_pk_auto("id"),
            text("version"),
            text("file_name"),
            text("who"),
            time("at"),
            big_integer("added"),
            big_integer("changed"),
            big_integer("removed"),
            big_integer("unchanged"),
        ],
    );
    let story = table(
        "story",
        vec![
            big_pk_auto("id"),
            big_integer("fingerprint"),
            big_integer("band0"),
            big_integer("band1"),
            big_integer("band2"),
            big_integer("band3"),
            text("tier"),
            text("first_publisher"),
            time_null("first_published"),
            time("last_seen_at"),
            big_integer("members"),
        ],
    );
    let article = table(
        "article",
        vec![
            big_pk_auto("id"),
            big_integer_null("capture_id").unique_key().take(),
            big_integer("story_id"),
            text_null("source_id"),
            text("source_name"),
            text("url"),
            text("url_hash"),
            text("kind"),
            text("tier"),
            text_null("publisher"),
            text_null("origin"),
            text("title"),
            text("body"),
            time_null("published"),
            double("date_confidence"),
            time("fetched_at"),
            text("day"),
            big_integer("fingerprint"),
            text("charset"),
            text_null("owner"),
            text_null("external_id"),
            text("content_sha256"),
            text("pack_version"),
            text("register_version"),
            text("suppressed"),
        ],
    );
    let alert = table(
        "alert",
        vec![
            big_pk_auto("id"),
            big_integer("story_id"),
            text("institution_id"),
            text("category"),
            text("severity"),
            big_integer("severity_rank"),
            text("state"),
            double("confidence"),
            boolean("orientation"),
            text("why"),
            text("rule"),
            text("departments"),
            text("pack_version"),
            big_integer("article_id"),
            big_integer("version"),
            time("created_at"),
        ],
    );
    let finding = table(
        "finding",
        vec![
            big_pk_auto("id"),
            big_integer("article_id"),
            big_integer_null("alert_id"),
            text("institution_id"),
            text("category"),
            text("rule"),
            text("severity"),
            big_integer("severity_rank"),
            double("confidence"),
            text("pack_version"),
            text("data"),
        ],
    );
    let lead = table(
        "lead",
        vec![
            big_pk_auto("id"),
            text_uniq("name"),
            text("reason"),
            big_integer("article_id"),
            big_integer("seen"),
            time("created_at"),
        ],
    );
    let outbox = table("outbox", vec![big_pk_auto("id"), big_integer("article_id")]);
    vec![
        institution,
        register_import,
        story,
        refer(refer(article, "capture_id", "capture"), "story_id", "story"),
        refer(refer(alert, "story_id", "story"), "article_id", "article"),
        refer(refer(finding, "article_id", "article"), "alert_id", "alert"),
        refer(lead, "article_id", "article"),
        refer(outbox, "article_id", "article"),
    ]
}

/// The rules that were in force, and those that people draft.
fn rules() -> Vec<TableCreateStatement> {
    let rule_pack = table(
        "rule_pack",
        vec![text_key("version"), text("texts"), text("proposed_by"), text("approved_by"), time("live_at")],
    );
    let rule_draft = table(
        "rule_draft",
        vec![
            big_pk_auto("id"),
            text("rule_id"),
            text("name"),
            text("toml"),
            text("state"),
            text("author"),
            text_null("asked_by"),
            text_null("approved_by"),
            text("reason"),
            big_integer("version"),
            time("created_at"),
            time("updated_at"),
            time_null("live_at"),
        ],
    );
    vec![rule_pack, rule_draft]
}

/// Who did what, and what was sent.
fn office() -> Vec<TableCreateStatement> {
    let audit = table(
        "audit",
        vec![
            big_integer("id").primary_key().take(),
            time("at"),
            text("who"),
            text("action"),
            big_integer_null("alert_id"),
            big_integer_null("draft_id"),
            text_null("from_state"),
            text_null("to_state"),
            text_null("reason"),
            text("note"),
            big_integer_null("undoes"),
            text("prev_hash"),
            text("hash"),
        ],
    );
    let app_user = table(
        "app_user",
        vec![
            big_pk_auto("id"),
            text_uniq("name"),
            text("name_hash"),
            text("display"),
            text("role"),
            text("password_hash"),
            boolean("must_change"),
            time("created_at"),
        ],
    );
    let login_guard = table(
        "login_guard",
        vec![text_key("name_hash"), big_integer("failures"), time("failed_at"), time_null("locked_until")],
    );
    let session = table(
        "session",
        vec![text_key("token_hash"), big_integer("user_id"), time("created_at"), time("seen_at")],
    );
    let delivery = table(
        "delivery",
        vec![
            big_pk_auto("id"),
            text("day"),
            text("recipient"),
            text("state"),
            big_integer("attempts"),
            text("detail"),
            time("claimed_at"),
            time_null("ended_at"),
            time_null("retry_at"),
            time("period_from"),
            time("period_to"),
        ],
    );
    vec![
        refer(refer(audit, "alert_id", "alert"), "draft_id", "rule_draft"),
        app_user,
        login_guard,
        refer(session, "user_id", "app_user"),
        delivery,
    ]
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_by_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, columns).unique().take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("page", &["state", "next_at"]),
        index("capture", &["processed_at"]),
        index("ledger", &["started_at"]),
        index("ledger", &["source_id", "started_at"]),
        index("ledger", &["source_id", "id"]),
        index("ledger", &["page_id"]),
        index("story", &["band0"]),
        index("story", &["band1"]),
        index("story", &["band2"]),
        index("story", &["band3"]),
        index("article", &["story_id"]),
        index("article", &["day", "source_id"]),
        index("article", &["fetched_at"]),
        unique("article", &["url_hash", "content_sha256"]),
        index("finding", &["article_id"]),
        index("finding", &["alert_id"]),
        index("alert", &["state", "severity_rank", "created_at"]),
        index("alert", &["created_at"]),
        index("alert", &["institution_id"]),
        unique("alert", &["story_id", "institution_id", "category"]),
        index("lead", &["created_at"]),
        index("rule_draft", &["state"]),
        index("rule_draft", &["rule_id"]),
        index("audit", &["alert_id"]),
        index("audit", &["draft_id"]),
        index("session", &["user_id"]),
        unique("delivery", &["day", "recipient"]),
    ]
}
