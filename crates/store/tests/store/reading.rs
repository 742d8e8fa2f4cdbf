//! Articles, stories, the outbox and the register.

use crate::made::{article, county, fetch, finding, institution, morning, near, processed, publish};
use crate::place::Place;
use chrono::Duration;
use guanlan_model::{Category, Kind, Outcome, Severity, Tier};
use guanlan_store::{DigestPeriod, NewArticle};

crate::on_both_engines!(
    an_article_is_stored_as_it_was_read,
    the_same_article_is_not_stored_twice,
    near_articles_are_one_story,
    a_story_ends_after_a_fortnight,
    articles_are_read_by_the_time_they_were_told,
    a_correction_stays_in_its_story,
    imported_articles_raise_no_alerts,
    the_outbox_is_emptied,
    articles_are_read_in_order,
    an_import_is_compared_with_the_register,
    leads_are_counted,
);

async fn an_article_is_stored_as_it_was_read(place: &Place) {
    let store = &place.store;
    county(store).await;
    let mut new = article("https://a.example/1", 0xfedc_ba98_7654_3210, morning());
    new.publisher = Some("云溪日报".into());
    new.owner = Some("A1".into());
    new.title = "标题\0含空字符".into();
    let findings = vec![
        finding("A2", Category::Fees, Severity::High, 0.8),
        finding("A1", Category::Fees, Severity::Low, 0.7),
        finding("A1", Category::Fire, Severity::Low, 0.7),
    ];
    let committed = publish(store, new.clone(), findings, morning()).await;
    assert_eq!(committed.new_alerts.len(), 3);
    let row = store.article(committed.article_id.unwrap()).await.unwrap().unwrap();
    new.title = "标题含空字符".into();
    assert_eq!(row.article, new);
    assert_eq!(row.institutions, ["A1", "A2"]);
    assert_eq!(row.categories, ["fees", "fire"]);
    assert_eq!((row.pack_version.as_str(), row.register_version.as_str()), ("base@1234", "1@abcd"));
    assert_eq!(row.suppressed[0].by, "「不承诺」");
    assert_eq!(Some(row.story_id), committed.story_id);
    assert_eq!(store.article(99).await.unwrap(), None);
    assert_eq!(store.article_count().await.unwrap(), 1);
}

async fn the_same_article_is_not_stored_twice(place: &Place) {
    let store = &place.store;
    county(store).await;
    let new = article("https://a.example/1", 7, morning());
    let findings = vec![finding("A1", Category::Fees, Severity::High, 0.8)];
    let first = publish(store, new.clone(), findings.clone(), morning()).await;
    let second = publish(store, new, findings, morning() + Duration::hours(1)).await;
    assert!(second.duplicate && second.new_alerts.is_empty());
    assert_eq!((second.article_id, second.story_id), (first.article_id, first.story_id));
    assert_eq!(store.ledger(None, 1).await.unwrap()[0].outcome, Outcome::Duplicate);
    assert_eq!(store.article_count().await.unwrap(), 1);
    assert_eq!(store.outbox_batch(9).await.unwrap().len(), 1);

    // The same capture again: nothing happens, the answer is the article that it had become.
    let capture_id = store.captures(0, 1).await.unwrap()[0].id;
    let other = processed(Some(article("https://a.example/2", 1 << 40, morning())), vec![]);
    let again = store.commit_processed(capture_id, &other, &near, morning()).await.unwrap();
    assert_eq!((again.article_id, again.duplicate), (first.article_id, true));
    assert_eq!(store.article_count().await.unwrap(), 1);
}

async fn near_articles_are_one_story(place: &Place) {
    let store = &place.store;
    county(store).await;
    let found = || vec![finding("A1", Category::Fees, Severity::High, 0.8)];
    let first = publish(store, article("https://a.example/1", 0b1111, morning()), found(), morning()).await;
    let mut reprint = article("https://b.example/2", 0b0110, morning());
    reprint.tier = Tier::Provincial;
    reprint.published = Some(morning() - Duration::days(1));
    reprint.origin = Some("江宁晚报".into());
    let second = publish(store, reprint, found(), morning()).await;
    let mut late = article("https://c.example/3", 0b0111, morning());
    late.published = Some(morning());
    let third = publish(store, late, found(), morning()).await;
    let other = publish(store, article("https://d.example/4", u64::MAX, morning()), found(), morning()).await;
    assert_eq!((second.story_id, third.story_id), (first.story_id, first.story_id));
    assert_ne!(other.story_id, first.story_id);
    assert!(second.new_alerts.is_empty() && !second.duplicate);

    let detail = store.alert_detail(first.new_alerts[0]).await.unwrap().unwrap();
    assert_eq!((detail.row.story_size, detail.row.tier), (3, Tier::Provincial));
    assert_eq!(detail.row.source_name, "江宁晚报");
    let members: Vec<Option<i64>> = detail.members.iter().map(|m| Some(m.id)).collect();
    assert_eq!(members, [second.article_id, first.article_id, third.article_id]);
    assert_eq!(detail.findings.len(), 3);
}

async fn articles_are_read_by_the_time_they_were_told(place: &Place) {
    let store = &place.store;
    county(store).await;
    let day = |days| morning() + Duration::days(days);
    let mut ids = Vec::new();
    for (n, published, fetched) in [
        (1, Some(day(-3)), day(0)),
        (2, None, day(-1)),
        (3, Some(day(-1)), day(0)),
        (4, Some(day(0)), day(0)),
    ] {
        let url = format!("https://a.example/{n}");
        let new = NewArticle {
            published,
            fetched_at: fetched,
            ..article(&url, n * 0x1e37_79b9_7f4a_7c15, fetched)
        };
        ids.push(publish(store, new, vec![], morning()).await.article_id.unwrap());
    }
    let told = async |from, to, after, limit| -> Vec<i64> {
        store.articles_of_time(from, to, after, limit).await.unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(told(day(-1), day(0), 0, 9).await, ids[1..3], "the end is not in it");
    assert_eq!(told(day(-9), day(9), ids[0], 2).await, ids[1..3]);
    assert_eq!(store.article_count_of_time(day(-9), day(0)).await.unwrap(), 3);
    let story = store.article(ids[1]).await.unwrap().unwrap().story_id;
    let of_story = store.articles_of_story(story, day(-1), day(0)).await.unwrap();
    assert_eq!(of_story.iter().map(|row| row.id).collect::<Vec<_>>(), ids[1..2]);
    assert!(store.articles_of_story(story, day(0), day(9)).await.unwrap().is_empty());
    let row = store.articles_of_time(day(-3), day(-2), 0, 9).await.unwrap().remove(0);
    assert_eq!(row.day, guanlan_model::time::day(morning()));
    assert_eq!(Some(row.clone()), store.article(row.id).await.unwrap());
}

async fn a_story_ends_after_a_fortnight(place: &Place) {
    let store = &place.store;
    county(store).await;
    let later = |days| morning() + Duration::days(days);
    let a = publish(store, article("https://a.example/1", 7, morning()), vec![], morning()).await;
    let b = publish(store, article("https://a.example/2", 7, morning()), vec![], later(14)).await;
    let c = publish(store, article("https://a.example/3", 7, morning()), vec![], later(28)).await;
    let d = publish(store, article("https://a.example/4", 7, morning()), vec![], later(43)).await;
    assert_eq!((b.story_id, c.story_id), (a.story_id, a.story_id));
    assert_ne!(d.story_id, a.story_id);
}

async fn a_correction_stays_in_its_story(place: &Place) {
    let store = &place.store;
    county(store).await;
    let found = || vec![finding("A1", Category::Fees, Severity::High, 0.8)];
    let news = publish(store, article("https://a.example/1", 0, morning()), found(), morning()).await;
    let corrected =
        publish(store, article("https://a.example/1", u64::MAX, morning()), found(), morning()).await;
    assert_eq!(corrected.story_id, news.story_id);
    assert!(corrected.new_alerts.is_empty());
    // A promotional page that says something else is another story.
    let mut page = article("https://hema.example/", 0xff00, morning());
    page.kind = Kind::Promo;
    let before = publish(store, page.clone(), found(), morning()).await;
    page.fingerprint = !0xff00;
    page.content_sha256 = "other".into();
    let after = publish(store, page, found(), morning()).await;
    assert_ne!(after.story_id, before.story_id);
    assert_eq!(after.new_alerts.len(), 1);
}

async fn imported_articles_raise_no_alerts(place: &Place) {
    let store = &place.store;
    county(store).await;
    let mut new = article("https://a.example/1", 7, morning());
    new.source_id = None;
    let committed =
        store.import_articles(std::slice::from_ref(&new), &near, morning()).await.unwrap().remove(0);
    let row = store.article(committed.article_id.unwrap()).await.unwrap().unwrap();
    assert_eq!((row.capture_id, row.article), (None, new.clone()));
    assert!(store.import_articles(std::slice::from_ref(&new), &near, morning()).await.unwrap()[0].duplicate);
    assert_eq!(store.outbox_batch(9).await.unwrap().len(), 1);
    assert_eq!(store.queue(&Default::default()).await.unwrap().total, 0);
}

async fn the_outbox_is_emptied(place: &Place) {
    let store = &place.store;
    county(store).await;
    let mut articles = Vec::new();
    for n in 0..3 {
        let new = article(&format!("https://a.example/{n}"), n << 20, morning());
        articles.push(publish(store, new, vec![], morning()).await.article_id.unwrap());
    }
    let batch = store.outbox_batch(2).await.unwrap();
    assert_eq!(batch.iter().map(|(_, article)| *article).collect::<Vec<_>>(), articles[..2]);
    store.outbox_done(&batch.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await.unwrap();
    store.outbox_done(&[]).await.unwrap();
    assert_eq!(store.outbox_batch(9).await.unwrap().len(), 1);
    let rows = store.articles_by_ids(&[articles[2], 99, articles[0], articles[0]]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [articles[0], articles[2]]);
    assert!(store.articles_by_ids(&[]).await.unwrap().is_empty());
}

async fn articles_are_read_in_order(place: &Place) {
    let store = &place.store;
    for n in 0..7 {
        let mut new = article(&format!("https://a.example/{n}"), n << 20, morning());
        new.source_id = None;
        store.import_articles(&[new], &near, morning()).await.unwrap();
    }
    let (mut after, mut seen) = (0, 0);
    loop {
        let rows = store.articles_after(after, 3).await.unwrap();
        let Some(last) = rows.last() else { break };
        assert!(rows.iter().all(|row| row.id > after));
        (after, seen) = (last.id, seen + rows.len());
    }
    assert_eq!(seen, 7);
}

async fn an_import_is_compared_with_the_register(place: &Place) {
    let store = &place.store;
    assert_eq!(store.register_version().await.unwrap(), "0");
    let mut rows = vec![institution("B", "乙"), institution("A", "甲"), institution("C", "丙")];
    let first = store.apply_register(&rows, false, "lin", "一.xlsx", morning()).await.unwrap();
    assert_eq!((first.added, first.changed, first.removed, first.unchanged), (3, 0, 0, 0));
    assert_eq!(store.register_version().await.unwrap(), first.version);
    let again = store.apply_register(&rows, true, "lin", "一.xlsx", morning()).await.unwrap();
    assert_eq!((again.unchanged, again.version.as_str()), (3, first.version.as_str()));

    rows.retain(|row| row.id != "C");
    rows[0].name = "乙乙".into();
    let third = store.apply_register(&rows, false, "lin", "二.csv", morning()).await.unwrap();
    assert_eq!((third.added, third.changed, third.removed, third.unchanged), (0, 1, 0, 1));
    let fourth = store.apply_register(&rows, true, "lin", "二.csv", morning()).await.unwrap();
    assert_eq!((fourth.removed, fourth.unchanged), (1, 2));
    assert_ne!(fourth.version, third.version);
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.institutions().await.unwrap(), rows);
    assert_eq!(store.institution("C").await.unwrap().unwrap().name, "丙");
    assert_eq!(store.institution("D").await.unwrap(), None);
    let back =
        store.apply_register(&[institution("C", "丙")], false, "lin", "三.csv", morning()).await.unwrap();
    assert_eq!((back.added, store.institutions().await.unwrap().len()), (1, 3));
    assert_eq!(place.audit().await.iter().filter(|e| e.action == "import-register").count(), 5);
}

async fn leads_are_counted(place: &Place) {
    let store = &place.store;
    county(store).await;
    for n in 0..3 {
        publish(store, article(&format!("https://a.example/{n}"), n << 20, morning()), vec![], morning())
            .await;
    }
    let all = DigestPeriod {
        day: guanlan_model::time::day(morning()),
        from: morning(),
        to: morning() + Duration::hours(1),
        open: false,
        missed_from: None,
    };
    let leads = store.digest_data(&all, morning()).await.unwrap().leads;
    assert_eq!(leads.len(), 1);
    assert_eq!((leads[0].name.as_str(), leads[0].seen), ("小太阳托管班", 3));
    assert_eq!(leads[0].article_title, "培训机构人去楼空");
    store.commit_fetch(&fetch("a", None, Outcome::Unchanged, morning())).await.unwrap();
}
