//! The register: institutions that the county has approved or recorded.

use crate::terms::vocabulary;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an institution may teach, by its approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum InstitutionType {
    Subject,
    Arts,
    Sports,
    Technology,
    Vocational,
    Nursery,
    Custodial,
    Practice,
    Other,
}

vocabulary!(InstitutionType, "institution type", {
    Subject => "subject", "学科类";
    Arts => "arts", "文化艺术类";
    Sports => "sports", "体育类";
    Technology => "technology", "科技类";
    Vocational => "vocational", "职业培训";
    Nursery => "nursery", "早教托育";
    Custodial => "custodial", "托管";
    Practice => "practice", "综合实践";
    Other => "other", "其他";
});

/// Whether the institution may operate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum InstitutionStatus {
    Normal,
    Cancelled,
    Suspended,
}

vocabulary!(InstitutionStatus, "institution status", {
    Normal => "normal", "正常";
    Cancelled => "cancelled", "注销";
    Suspended => "suspended", "停业";
});

/// One row of the register (名录). Text fields are empty, not missing, when the register gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// The register's own identifier; stable across imports.
    pub id: String,
    /// Full legal name.
    pub name: String,
    /// Public names that the register gives. Derived short names are not stored here.
    pub aliases: Vec<String>,
    /// Kind of institution.
    pub category: InstitutionType,
    /// Approving department.
    pub approver: String,
    /// Supervising department.
    pub supervisor: String,
    /// Township or street.
    pub town: String,
    /// Registered address.
    pub address: String,
    /// Approved teaching content.
    pub scope: Vec<String>,
    /// Number of the school-running licence.
    pub licence_no: String,
    /// Unified social credit code, 18 characters (GB 32100-2015).
    pub credit_code: String,
    /// First day of the licence.
    pub licence_from: Option<NaiveDate>,
    /// Last day of the licence.
    pub licence_to: Option<NaiveDate>,
    /// The institution's own public pages.
    pub sites: Vec<String>,
    /// Whether it may operate.
    pub status: InstitutionStatus,
}
