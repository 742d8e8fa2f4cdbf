//! The ledger's vocabulary: every expected fetch ends in exactly one of these.

use crate::terms::vocabulary;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The one counted outcome of one expected fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Outcome {
    Fetched,
    Unchanged,
    Duplicate,
    NoText,
    NotArticle,
    Blocked,
    SoftNotFound,
    TooLarge,
    Robots,
    AddressRefused,
    Timeout,
    Dns,
    Tls,
    Connect,
    Redirect,
    HttpClient,
    HttpServer,
    Truncated,
    ParseFailed,
    Stale,
}

vocabulary!(Outcome, "outcome", {
    Fetched => "fetched", "已采集";
    Unchanged => "unchanged", "无变化";
    Duplicate => "duplicate", "重复";
    NoText => "no-text", "无正文";
    NotArticle => "not-article", "非文章页";
    Blocked => "blocked", "被拦截";
    SoftNotFound => "soft-404", "页面不存在";
    TooLarge => "too-large", "内容过大";
    Robots => "robots", "网站不允许采集";
    AddressRefused => "address-refused", "地址不允许访问";
    Timeout => "timeout", "超时";
    Dns => "dns", "域名无法解析";
    Tls => "tls", "证书无效";
    Connect => "connect", "无法连接";
    Redirect => "redirect", "跳转异常";
    HttpClient => "http-4xx", "网站返回 4xx";
    HttpServer => "http-5xx", "网站返回 5xx";
    Truncated => "truncated", "内容不完整";
    ParseFailed => "parse-failed", "无法解析";
    Stale => "stale", "内容陈旧";
});

impl Outcome {
    /// True when the fetch did what it was for: the source was seen.
    pub fn is_success(self) -> bool {
        matches!(
            self,
            Outcome::Fetched
                | Outcome::Unchanged
                | Outcome::Duplicate
                | Outcome::NotArticle
                | Outcome::NoText
        )
    }

    /// True when the same address may well answer at the next try: an outage, a wall, a broken connection.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Outcome::Timeout
                | Outcome::Dns
                | Outcome::Connect
                | Outcome::HttpServer
                | Outcome::Truncated
                | Outcome::Blocked
                | Outcome::Tls
        )
    }
}

/// The state of a source, as the header light shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Never tried.
    New,
    /// As expected.
    Normal,
    /// Dead, stale or blocked: what it would have said is not covered.
    Trouble,
    /// Switched off by the operator.
    Disabled,
}

vocabulary!(Health, "source health", {
    New => "new", "尚未采集";
    Normal => "normal", "正常";
    Trouble => "trouble", "异常";
    Disabled => "disabled", "停用";
});
