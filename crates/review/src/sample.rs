//! A finding and an institution for the tests of this crate.

use guanlan_model::{
    Category, Departments, Finding, Institution, InstitutionStatus, InstitutionType, MentionRef, Role,
    Severity, Via,
};

pub(crate) fn finding(lead: &str, co: &[&str]) -> Finding {
    Finding {
        institution: "Y001".into(),
        category: Category::Fees,
        rule: "some-rule".into(),
        severity: Severity::High,
        confidence: 0.9,
        orientation: false,
        role: Role::Accused,
        departments: Departments { lead: lead.into(), co: co.iter().map(|c| (*c).to_owned()).collect() },
        basis: Vec::new(),
        spans: Vec::new(),
        mention: MentionRef {
            field: "body".into(), start: 0, end: 2, text: "小荷".into(), via: Via::Alias
        },
        reason: "「小荷」与「年卡」同句".into(),
    }
}

pub(crate) fn institution(category: InstitutionType, town: &str) -> Institution {
    Institution {
        id: "Y001".into(),
        name: "云溪县小荷舞蹈培训有限公司".into(),
        aliases: Vec::new(),
        category,
        approver: String::new(),
        supervisor: String::new(),
        town: town.into(),
        address: String::new(),
        scope: Vec::new(),
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: Vec::new(),
        status: InstitutionStatus::Normal,
    }
}
