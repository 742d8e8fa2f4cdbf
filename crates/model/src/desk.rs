//! Small closed vocabularies of the store: pages to fetch, mails to deliver, people who work here.

use crate::terms::vocabulary;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a page came to be on the list of things to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageRole {
    /// An item of a feed or list: fetched once.
    Article,
    /// A page met while walking an institution's own site: may be visited again.
    Site,
}

vocabulary!(PageRole, "page role", {
    Article => "article", "文章页";
    Site => "site", "站点页";
});

/// Where a page stands on the list of things to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageState {
    /// To be fetched when its time comes.
    Pending,
    /// Fetched; not fetched again.
    Done,
    /// Tried often enough; it is a gap.
    GaveUp,
}

vocabulary!(PageState, "page state", {
    Pending => "pending", "待采集";
    Done => "done", "已采集";
    GaveUp => "gave-up", "已放弃";
});

/// What became of one digest for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Somebody is sending it now.
    Claimed,
    /// The server took it.
    Sent,
    /// The server refused it, or could not be reached.
    Failed,
    /// The connection ended after the text was sent and before the answer came.
    MaybeSent,
}

vocabulary!(DeliveryState, "delivery state", {
    Claimed => "claimed", "发送中";
    Sent => "sent", "已送达";
    Failed => "failed", "发送失败";
    MaybeSent => "maybe-sent", "可能已送达";
});

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserRole {
    /// Clears the review queue.
    Reviewer,
    /// Searches the archive.
    Investigator,
    /// Answers what is referred to a department.
    Contact,
    /// Reads.
    Leader,
    /// Keeps users, register and sources.
    Admin,
}

vocabulary!(UserRole, "user role", {
    Reviewer => "reviewer", "审核员";
    Investigator => "investigator", "研判员";
    Contact => "contact", "部门联络员";
    Leader => "leader", "领导";
    Admin => "admin", "管理员";
});
