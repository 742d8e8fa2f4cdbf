//! Order, pages, pieces, limits.

use super::*;
use guanlan_archive::{ArchiveError, Piece, Sort};
use guanlan_rules::query::{Comparison, Fact, Quantity};

fn show(pieces: &[Piece]) -> String {
    pieces.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect()
}

#[test]
fn a_document_with_a_known_id_replaces_the_old_one() {
    let (_dir, archive) = empty();
    archive.add(&[article(1, "旧闻", "退费"), article(2, "新闻", "退费")]).unwrap();
    archive.add(&[article(1, "更正", "无事"), article(3, "甲", "退费"), article(3, "乙", "无事")]).unwrap();
    assert_eq!(all_ids(&archive, request("退费")), [2]);
    assert_eq!(all_ids(&archive, request("无事")), [1, 3]);
    assert_eq!(archive.search(&SearchRequest::default()).unwrap().total, 3);
}

#[test]
fn a_title_counts_more_than_a_body_and_newest_sorts_by_time() {
    let (_dir, archive) = empty();
    let filler = "县里召开会议部署工作。".repeat(30);
    let mut early = article(1, "晨曦艺术退费难", &filler);
    early.published = Some(time("2026-11-01T00:00:00Z"));
    let mut late = article(2, "会议通报", &format!("{filler}提到退费。{filler}"));
    late.published = None;
    late.fetched_at = time("2026-11-22T00:00:00Z");
    let middle = article(3, "会议", &format!("{filler}退费，退费，还是退费。"));
    archive.add(&[late, early, middle]).unwrap();
    let by = |sort| ids(&archive.search(&SearchRequest { sort, ..request("退费") }).unwrap());
    assert_eq!(by(Sort::Relevance), [1, 3, 2]);
    assert_eq!(by(Sort::Newest), [2, 3, 1]);
    let page = SearchRequest { sort: Sort::Newest, offset: 1, limit: 1, ..request("退费") };
    let answer = archive.search(&page).unwrap();
    assert_eq!((ids(&answer), answer.total), (vec![3], 3));
    assert_eq!(archive.search(&request("退费")).unwrap().hits[2].published, None);
}

#[test]
fn hits_are_marked_in_title_and_snippet() {
    let (_dir, archive) = empty();
    let body = "县教体局通报，晨曦培訓因退\u{200b}费纠纷被约谈。";
    archive.add(&[article(1, "晨曦培训被约谈", body)]).unwrap();
    let hit = |query: &str| archive.search(&request(query)).unwrap().hits.remove(0);
    let found = hit("\"晨曦培训\" 退费");
    assert_eq!(show(&found.title_pieces), "[晨曦培训]被约谈");
    assert_eq!(show(&found.snippet), "县教体局通报，[晨曦培訓]因[退\u{200b}费]纠纷被约谈。");
    let found = hit("标题:晨曦 -标题:退费");
    assert_eq!(show(&found.title_pieces), "[晨曦]培训被约谈");
    assert!(found.snippet.iter().all(|piece| !piece.hit));
    assert_eq!(show(&hit("来源:云溪日报").title_pieces), "晨曦培训被约谈");
    assert_eq!(
        (found.url.as_str(), found.source.as_str(), found.tier),
        ("https://news.example/1", "云溪日报", Tier::County)
    );
}

#[test]
fn personal_numbers_are_neither_found_nor_shown() {
    let (_dir, archive) = empty();
    archive.add(&[article(1, "招生", "招生热线13912345678，联系王老师")]).unwrap();
    assert!(all_ids(&archive, request("13912345678")).is_empty());
    let hit = archive.search(&request("招生热线")).unwrap().hits.remove(0);
    assert!(!show(&hit.snippet).contains("13912345678"));
}

#[test]
fn facets_count_all_matching_documents() {
    let (_dir, archive) = empty();
    let mut documents: Vec<Document> = (0..70).map(|id| article(id, "通报", "退费")).collect();
    for document in &mut documents {
        document.source = format!("来源{:02}", document.id % 60);
        document.institutions = vec!["A1".to_owned(), format!("B{}", document.id % 2)];
        if document.id % 7 == 0 {
            document.published = Some(time("2026-10-31T16:00:00Z")); // November in Shanghai
        } else if document.id % 7 == 1 {
            document.published = Some(time("2026-10-31T15:59:59Z")); // still October
        }
    }
    archive.add(&documents).unwrap();
    let facets = archive.search(&SearchRequest { limit: 1, ..request("退费") }).unwrap().facets;
    assert_eq!(facets["institution"], [("A1".to_owned(), 70), ("B0".to_owned(), 35), ("B1".to_owned(), 35)]);
    assert_eq!(facets["month"], [("2026-11".to_owned(), 60), ("2026-10".to_owned(), 10)]);
    assert_eq!(facets["source"].len(), 50);
    assert_eq!(facets["source"][0], ("来源00".to_owned(), 2));
    assert_eq!(facets["category"], []);
    assert_eq!(facets["kind"], [("news".to_owned(), 70)]);
}

#[test]
fn limits_and_rule_only_expressions_are_refused() {
    let (_dir, archive) = empty();
    let page = |offset, limit| archive.search(&SearchRequest { offset, limit, ..request("甲") });
    assert!(matches!(page(10_001, 10), Err(ArchiveError::Page)));
    assert!(matches!(page(0, 201), Err(ArchiveError::Page)));
    assert!(page(10_000, 200).is_ok());
    let fact = Fact { quantity: Quantity::Lessons, comparison: Comparison::Greater, value: 60.0 };
    for expr in [Expr::List("学科词".to_owned()), Expr::Fact(fact)] {
        let request = SearchRequest { expr: Some(expr), ..SearchRequest::default() };
        assert!(matches!(archive.search(&request), Err(ArchiveError::Unsupported(_))));
    }
}

#[test]
fn the_widest_query_that_the_grammar_allows_is_answered() {
    let (_dir, archive) = empty();
    let body = "甲乙丙丁".repeat(2_000);
    archive.add(&[article(1, "甲", &body), article(2, "乙", "丙")]).unwrap();
    for (query, total) in [
        ("甲 ".repeat(64), 1),
        ("甲 | ".repeat(63) + "乙", 2),
        (format!("\"{}\"", "甲乙".repeat(250)), 0),
        (
            "甲 NEAR/500 乙 NEAR/500 丙 NEAR/500 丁 NEAR/500 甲 NEAR/500 乙 NEAR/500 丙 NEAR/500 丁"
                .to_owned(),
            1,
        ),
        (format!("{}甲 乙{}", "((((((((", "))))))))"), 1),
    ] {
        assert_eq!(archive.search(&request(&query)).unwrap().total, total, "{query}");
    }
    assert_eq!(all_ids(&archive, request(&format!("\"{}\"", "甲乙丙丁".repeat(100)))), [1]);
    assert!(all_ids(&archive, request(&format!("\"{}\"", "甲乙丁".repeat(100)))).is_empty());
}

#[test]
fn hostile_queries_are_errors_and_never_reach_the_index() {
    for query in
        ["(".repeat(800), "NOT ".repeat(1500), "甲 ".repeat(20_000), "*".to_owned(), "/a/".to_owned()]
    {
        assert!(parse(&query, Dialect::Search, today()).is_err(), "{:.20}", query);
    }
}

#[test]
fn a_search_beside_a_writer_sees_whole_commits_only() {
    let (_dir, archive) = empty();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..12 {
                let batch: Vec<Document> =
                    (0..25).map(|n| article(round * 25 + n, "通报", "退费难")).collect();
                archive.add(&batch).unwrap();
            }
        });
        let mut seen = 0;
        while !writer.is_finished() {
            let total = archive.search(&request("退费 NEAR/5 难 | 退费")).unwrap().total;
            assert!(total % 25 == 0 && total >= seen, "{seen} then {total}");
            seen = total;
        }
    });
    assert_eq!(archive.search(&request("退费")).unwrap().total, 300);
}
