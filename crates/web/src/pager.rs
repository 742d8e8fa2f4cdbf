//! Turning pages.

/// The links before and after a page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Pager {
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the page after.
    pub next: Option<String>,
    /// Number of the first item shown, from 1.
    pub first: i64,
    /// Number of the last item shown.
    pub last: i64,
    /// Items on all pages.
    pub total: i64,
}

impl Pager {
    /// `None` when everything fits on one page.
    pub fn new(page: u32, per_page: u32, total: i64, href: impl Fn(u32) -> String) -> Option<Pager> {
        let size = i64::from(per_page);
        if total <= size {
            return None;
        }
        let first = i64::from(page - 1) * size + 1;
        let last = (first + size - 1).min(total);
        Some(Pager {
            previous: (page > 1).then(|| href(page - 1)),
            next: (last < total).then(|| href(page + 1)),
            first,
            last,
            total,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_one_and_ends_at_the_total() {
        let at = |page, total| Pager::new(page, 20, total, |page| format!("p{page}"));
        assert_eq!(at(1, 20), None);
        let first = at(1, 41).unwrap();
        assert_eq!((first.previous, first.next, first.first, first.last), (None, Some("p2".into()), 1, 20));
        let last = at(3, 41).unwrap();
        assert_eq!((last.previous, last.next, last.first, last.last), (Some("p2".into()), None, 41, 41));
    }
}
