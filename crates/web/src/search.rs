//! 档案检索: the query language over everything captured, with facets, sorting and paging in the address.

use crate::failure::Failure;
use crate::highlight;
use crate::pager::Pager;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::{Params, Visit};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Months, NaiveDate};
use guanlan_archive::{Answer, ArchiveError, MAX_OFFSET, Names, Piece, SearchRequest, Sort};
use guanlan_model::{Institution, time};
use guanlan_rules::query::{self, Dialect, Expr, Filter, QueryError};
use std::collections::HashMap;
use url::form_urlencoded;

/// Hits on one page.
const PER_PAGE: u32 = 20;

/// A query that could not be read or answered: the faulty part marked, and what would be right.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    before: String,
    at: String,
    after: String,
    message: String,
    help: Option<String>,
}

/// A restriction that a link takes away, or an offer when nothing was found.
#[derive(Debug, PartialEq, Eq)]
struct QueryLink {
    label: String,
    href: String,
}

#[derive(Debug)]
struct FacetView {
    name: String,
    values: Vec<FacetValue>,
}

#[derive(Debug)]
struct FacetValue {
    label: String,
    count: u64,
    href: String,
}

#[derive(Debug)]
struct HitView {
    id: i64,
    title: Vec<Piece>,
    snippet: Vec<Piece>,
    source: String,
    tier: String,
    when: String,
}

#[derive(Debug)]
struct Found {
    total: u64,
    at_least: bool,
    took: String,
    hits: Vec<HitView>,
    facets: Vec<FacetView>,
    offers: Vec<QueryLink>,
    relevance_href: String,
    newest_href: String,
    pager: Option<Pager>,
}

#[derive(Template)]
#[template(path = "archive.html")]
struct ArchivePage {
    ui: Ui,
    q: String,
    newest: bool,
    fault: Option<Fault>,
    active: Vec<QueryLink>,
    found: Option<Found>,
}

/// Query, order and page, as the address gives them.
#[derive(Debug, Clone)]
struct Asked {
    q: String,
    newest: bool,
    page: u32,
}

impl Asked {
    fn read(params: &Params) -> Asked {
        let last = u32::try_from(MAX_OFFSET).unwrap_or(u32::MAX) / PER_PAGE;
        Asked {
            q: params.get("q").unwrap_or_default(),
            newest: params.get("sort").as_deref() == Some("newest"),
            page: params.number("page").unwrap_or(1).clamp(1, last),
        }
    }

    fn href(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("q", &self.q);
        if self.newest {
            pairs.append_pair("sort", "newest");
        }
        if self.page > 1 {
            pairs.append_pair("page", &self.page.to_string());
        }
        format!("/archive?{}", pairs.finish())
    }

    /// The same order over another query, from its first page.
    fn with_query(&self, expr: Option<&Expr>) -> String {
        Asked { q: expr.map(Expr::to_string).unwrap_or_default(), page: 1, ..self.clone() }.href()
    }

    fn request(&self, expr: Option<Expr>, names: Names) -> SearchRequest {
        SearchRequest {
            limit: PER_PAGE as usize,
            offset: (self.page - 1) as usize * PER_PAGE as usize,
            // Without words there is nothing to be relevant to.
            sort: if self.newest || expr.is_none() { Sort::Newest } else { Sort::Relevance },
            expr,
            names,
        }
    }
}

/// Reads a query; a blank one asks for everything.
pub fn read_query(q: &str, today: NaiveDate) -> Result<Option<Expr>, QueryError> {
    if q.trim().is_empty() { Ok(None) } else { query::parse(q, Dialect::Search, today).map(Some) }
}

/// Runs a search where it may block.
///
/// # Errors
/// As the archive says.
pub async fn run(state: &AppState, request: SearchRequest) -> Result<Result<Answer, ArchiveError>, Failure> {
    let archive = state.archive.clone();
    let searched = tokio::task::spawn_blocking(move || archive.search(&request)).await;
    searched.map_err(|error| Failure::Broken(format!("search task: {error}")))
}

/// The register's names, when the query asks for an institution by one.
///
/// # Errors
/// When the database cannot be read.
pub async fn names_for(state: &AppState, expr: Option<&Expr>) -> Result<Names, Failure> {
    if !expr.is_some_and(asks_for_an_institution) {
        return Ok(Names::default());
    }
    let pairs = |i: Institution| {
        let names = i.aliases.into_iter().chain([i.name]).collect::<Vec<_>>();
        names.into_iter().map(move |name| (name, i.id.clone()))
    };
    Ok(Names::new(state.store.institutions().await?.into_iter().flat_map(pairs)))
}

fn asks_for_an_institution(expr: &Expr) -> bool {
    match expr {
        Expr::Filter(Filter::Institution(_)) => true,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(asks_for_an_institution),
        Expr::Not(inner) | Expr::Sentence(inner) | Expr::Paragraph(inner) | Expr::In(_, inner) => {
            asks_for_an_institution(inner)
        }
        _ => false,
    }
}

/// `GET /archive`
pub async fn show(State(state): State<AppState>, visit: Visit, params: Params) -> Result<Response, Failure> {
    let asked = Asked::read(&params);
    let ui = Ui::full(&state, &visit, "archive.title", Some(Place::Archive)).await?;
    let mut page = ArchivePage {
        ui,
        q: asked.q.clone(),
        newest: asked.newest,
        fault: None,
        active: Vec::new(),
        found: None,
    };
    let expr = match read_query(&asked.q, time::day(state.now())) {
        Ok(expr) => expr,
        Err(error) => {
            page.fault = Some(point_at(&asked.q, error));
            return ui::with_status(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let institutions: HashMap<String, String> =
        state.store.institutions().await?.into_iter().map(|i| (i.id, i.name)).collect();
    page.active = active(&asked, expr.as_ref(), &page.ui, &institutions);
    let names = names_for(&state, expr.as_ref()).await?;
    match run(&state, asked.request(expr.clone(), names)).await? {
        Ok(answer) => page.found = Some(found(&page.ui, &asked, expr.as_ref(), answer, &institutions)),
        Err(error @ (ArchiveError::Busy | ArchiveError::Page | ArchiveError::Unsupported(_))) => {
            let busy = matches!(error, ArchiveError::Busy);
            page.fault = Some(refused(&error));
            let status =
                if busy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNPROCESSABLE_ENTITY };
            return ui::with_status(status, &page);
        }
        Err(error) => return Err(Failure::Broken(error.to_string())),
    }
    ui::page(&page)
}

/// The faulty part between what stands before and after it.
fn point_at(q: &str, error: QueryError) -> Fault {
    let chars: Vec<char> = q.chars().collect();
    let at = error.at.min(chars.len());
    let end = (at + error.len).min(chars.len());
    let part = |range: std::ops::Range<usize>| -> String {
        highlight::plain(&chars[range].iter().collect::<String>())
    };
    let (before, marked, after) = (part(0..at), part(at..end), part(end..chars.len()));
    Fault { before, at: marked, after, message: error.message, help: error.help }
}

fn refused(error: &ArchiveError) -> Fault {
    let nothing = String::new;
    Fault { before: nothing(), at: nothing(), after: nothing(), message: error.to_string(), help: None }
}

fn parts(expr: Option<&Expr>) -> Vec<Expr> {
    match expr {
        Some(Expr::And(parts)) => parts.clone(),
        Some(single) => vec![single.clone()],
        None => Vec::new(),
    }
}

fn all_of(mut parts: Vec<Expr>) -> Option<Expr> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(Expr::And(parts)),
    }
}

/// The restrictions in force, each with the query that does without it.
fn active(
    asked: &Asked,
    expr: Option<&Expr>,
    ui: &Ui,
    institutions: &HashMap<String, String>,
) -> Vec<QueryLink> {
    let all = parts(expr);
    let link = |(at, part): (usize, &Expr)| {
        let Expr::Filter(filter) = part else { return None };
        let mut rest = all.clone();
        rest.remove(at);
        let label = match filter {
            Filter::Institution(id) => institutions.get(id).cloned().unwrap_or_else(|| id.clone()),
            Filter::Category(category) => ui.word("category", category.code()),
            Filter::Tier(tier) => ui.word("tier", tier.code()),
            Filter::Source(name) => name.clone(),
            Filter::Date { .. } => part.to_string(),
        };
        Some(QueryLink { label, href: asked.with_query(all_of(rest).as_ref()) })
    };
    all.iter().enumerate().filter_map(link).collect()
}

/// The query with one more restriction; the restriction replaces an older one of its kind.
fn narrowed(asked: &Asked, expr: Option<&Expr>, filter: Filter) -> String {
    let same_kind = |part: &Expr| matches!(part, Expr::Filter(old) if std::mem::discriminant(old) == std::mem::discriminant(&filter));
    let mut all: Vec<Expr> = parts(expr).into_iter().filter(|part| !same_kind(part)).collect();
    all.push(Expr::Filter(filter));
    asked.with_query(all_of(all).as_ref())
}

fn found(
    ui: &Ui,
    asked: &Asked,
    expr: Option<&Expr>,
    answer: Answer,
    institutions: &HashMap<String, String>,
) -> Found {
    let offers = if answer.total == 0 { offers(ui, asked, expr) } else { Vec::new() };
    let total = i64::try_from(answer.total).unwrap_or(i64::MAX);
    Found {
        at_least: answer.total_is_lower_bound,
        took: format!("{:.0}", answer.took_ms.max(1.0)),
        facets: facets(ui, asked, expr, &answer, institutions),
        hits: answer.hits.into_iter().map(|hit| hit_view(ui, hit)).collect(),
        relevance_href: Asked { newest: false, page: 1, ..asked.clone() }.href(),
        newest_href: Asked { newest: true, page: 1, ..asked.clone() }.href(),
        pager: Pager::new(asked.page, PER_PAGE, total, |page| Asked { page, ..asked.clone() }.href()),
        total: answer.total,
        offers,
    }
}

fn hit_view(ui: &Ui, hit: guanlan_archive::Hit) -> HitView {
    let clean = |pieces: Vec<Piece>| -> Vec<Piece> {
        pieces.into_iter().map(|piece| Piece { text: highlight::plain(&piece.text), ..piece }).collect()
    };
    HitView {
        id: hit.id,
        title: clean(hit.title_pieces),
        snippet: clean(hit.snippet),
        source: highlight::plain(&hit.source),
        tier: ui.word("tier", hit.tier.code()),
        when: hit.published.map_or_else(|| ui.t("reader.unpublished").to_owned(), time::minute),
    }
}

/// What to try when nothing was found.
fn offers(ui: &Ui, asked: &Asked, expr: Option<&Expr>) -> Vec<QueryLink> {
    let all = parts(expr);
    let is_date = |part: &Expr| matches!(part, Expr::Filter(Filter::Date { .. }));
    let is_filter = |part: &Expr| matches!(part, Expr::Filter(_));
    let without =
        |drop: &dyn Fn(&Expr) -> bool| all_of(all.iter().filter(|part| !drop(part)).cloned().collect());
    let mut offers = Vec::new();
    if all.iter().any(is_date) {
        offers.push(QueryLink {
            label: ui.t("archive.offer_dates").to_owned(),
            href: asked.with_query(without(&is_date).as_ref()),
        });
    }
    if let Some(words) =
        without(&is_filter).filter(|_| all.iter().any(|part| is_filter(part) && !is_date(part)))
    {
        offers.push(QueryLink {
            label: ui.t1("archive.offer_filters", &words),
            href: asked.with_query(Some(&words)),
        });
    }
    offers
}

fn facets(
    ui: &Ui,
    asked: &Asked,
    expr: Option<&Expr>,
    answer: &Answer,
    institutions: &HashMap<String, String>,
) -> Vec<FacetView> {
    const SHOWN: usize = 8;
    let order = [
        ("institution", "facet.institution"),
        ("category", "facet.category"),
        ("source", "facet.source"),
        ("tier", "facet.tier"),
        ("month", "facet.month"),
    ];
    let value = |facet: &str, value: &str, count: u64| {
        let (label, filter) = match facet {
            "institution" => {
                let name = institutions.get(value).cloned().unwrap_or_else(|| value.to_owned());
                (name.clone(), Filter::Institution(name))
            }
            "category" => (ui.word("category", value), Filter::Category(value.parse().ok()?)),
            "tier" => (ui.word("tier", value), Filter::Tier(value.parse().ok()?)),
            "source" => (value.to_owned(), Filter::Source(value.to_owned())),
            _ => (value.to_owned(), month(value)?),
        };
        Some(FacetValue { label: highlight::plain(&label), count, href: narrowed(asked, expr, filter) })
    };
    let facet = |(facet, key): (&str, &str)| {
        let counted = answer.facets.get(facet)?;
        let values: Vec<FacetValue> =
            counted.iter().take(SHOWN).filter_map(|(v, n)| value(facet, v, *n)).collect();
        (!values.is_empty()).then(|| FacetView { name: ui.t(key).to_owned(), values })
    };
    order.into_iter().filter_map(facet).collect()
}

/// `2026-11` as the days it holds.
fn month(text: &str) -> Option<Filter> {
    let from: NaiveDate = format!("{text}-01").parse().ok()?;
    let to = from.checked_add_months(Months::new(1))?.pred_opt()?;
    Some(Filter::Date { from: Some(from), to: Some(to) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanlan_model::Tier;

    fn day() -> NaiveDate {
        "2026-11-24".parse().unwrap()
    }

    fn asked(q: &str) -> Asked {
        Asked { q: q.to_owned(), newest: false, page: 3 }
    }

    fn query_of(href: &str) -> String {
        Params(href.split_once('?').unwrap().1.to_owned()).get("q").unwrap_or_default()
    }

    #[test]
    fn a_facet_adds_its_restriction_and_replaces_an_older_one() {
        let expr = read_query("退费 级别:市", day()).unwrap();
        let href = narrowed(&asked("退费 级别:市"), expr.as_ref(), Filter::Tier(Tier::County));
        assert_eq!(query_of(&href), "退费 级别:县");
        assert!(!href.contains("page="));
        let href = narrowed(&asked(""), None, Filter::Source("江宁 晚报".to_owned()));
        assert_eq!(
            read_query(&query_of(&href), day()).unwrap(),
            Some(Expr::Filter(Filter::Source("江宁 晚报".to_owned())))
        );
    }

    #[test]
    fn a_month_is_its_first_to_its_last_day() {
        let feb = month("2024-02").unwrap();
        assert_eq!(feb, Filter::Date { from: "2024-02-01".parse().ok(), to: "2024-02-29".parse().ok() });
        assert_eq!(month("2024-13"), None);
    }

    #[test]
    fn the_fault_is_cut_out_of_the_query() {
        let error = read_query("退费 日期:2026-13-01", day()).unwrap_err();
        let fault = point_at("退费 日期:2026-13-01", error);
        assert_eq!(format!("{}{}{}", fault.before, fault.at, fault.after), "退费 日期:2026-13-01");
        assert!(fault.at.contains("13"), "{fault:?}");
    }

    #[test]
    fn pages_end_where_the_archive_ends() {
        let last = Asked::read(&Params("q=a&page=999999999".into()));
        assert!(((last.page - 1) * PER_PAGE) as usize + PER_PAGE as usize <= MAX_OFFSET + PER_PAGE as usize);
        assert_eq!(Asked::read(&Params("page=-1".into())).page, 1);
    }
}
