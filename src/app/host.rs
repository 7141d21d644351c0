//! What the program's surroundings offer as commands of their own.
//!
//! The demo, which the program may run inside of, can be asked to break something. The app knows only that
//! somebody offers commands, hands their text over and shows the answer; a real cluster offers none.

use crate::ui::action::Action;

/// One command that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name: `:name`.
    pub name: &'static str,
    /// What it takes, e.g. `WHAT [NAME]`.
    pub takes: &'static str,
    /// One sentence for the help.
    pub about: &'static str,
    /// Whole texts that it takes, for completion.
    pub words: Vec<String>,
}

/// Somebody who offers commands.
pub trait Host: Send + Sync {
    /// The commands.
    fn offers(&self) -> Vec<Offer>;

    /// Does one; quick, and never waits for anything outside.
    ///
    /// # Errors
    /// One line that says why it was not done, and what to do.
    fn run(&self, name: &str, argument: &str) -> Result<String, String>;
}

/// Nobody: a real cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Host for Nobody {
    fn offers(&self) -> Vec<Offer> {
        Vec::new()
    }

    fn run(&self, name: &str, _: &str) -> Result<String, String> {
        Err(format!("there is no command {name}"))
    }
}

impl Offer {
    pub(super) fn action(&self) -> Action {
        Action::new(self.name, &[], "", self.about).takes(self.takes)
    }
}
