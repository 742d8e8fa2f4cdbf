//! Invented institutions for the tests of this crate.

use guanlan_model::{Institution, InstitutionStatus, InstitutionType};

/// A row with nothing but an id and a name.
pub(crate) fn institution(id: &str, name: &str) -> Institution {
    Institution {
        id: id.into(),
        name: name.into(),
        aliases: Vec::new(),
        category: InstitutionType::Arts,
        approver: String::new(),
        supervisor: String::new(),
        town: String::new(),
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
