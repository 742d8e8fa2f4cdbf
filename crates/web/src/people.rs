//! Login names and the names people see.

use crate::failure::Failure;
use crate::ui::Ui;
use guanlan_store::Store;
use std::collections::HashMap;

/// Display names by login name.
#[derive(Debug, Default)]
pub struct People(HashMap<String, String>);

impl People {
    /// Everybody who has an account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(store: &Store) -> Result<People, Failure> {
        let users = store.users().await?;
        Ok(People(users.into_iter().map(|user| (user.name, user.display)).collect()))
    }

    /// The name people see; the login name of an account that is gone.
    pub fn name(&self, ui: &Ui, login: &str) -> String {
        match self.0.get(login) {
            Some(display) => display.clone(),
            None if login == "system" => ui.t("history.system").to_owned(),
            None => login.to_owned(),
        }
    }
}
