//! Provided and required interfaces, operation by operation.

use super::{Out, name};
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::ui::usage;

/// Most operations listed on one side, before the rest is counted.
const OPERATIONS: usize = 12;

impl Out<'_> {
    /// Operation by operation: what is asked of it and by whom, and what it asks of others.
    pub(super) fn interfaces(&mut self, key: &ElementKey) {
        let interfaces = self.ctx.model.interfaces();
        let Some(sample) = interfaces.sample() else {
            return;
        };
        let provided = interfaces.provided(key);
        let required = interfaces.required(key);
        if provided.is_empty() && required.is_empty() {
            return;
        }
        for (index, operation) in provided.iter().take(OPERATIONS).enumerate() {
            let text = format!(
                "{} {}",
                usage::title(operation),
                usage::figures(&operation.tally, self.ctx)
            );
            self.field(if index == 0 { "operations" } else { "" }, &text);
            let callers = format!("  by {}", usage::callers(operation, self.ctx));
            self.styled("", &callers, self.ctx.theme.dim());
            let unanswered = usage::unanswered(operation, self.ctx);
            if !unanswered.is_empty() {
                let text = format!("  {unanswered}");
                self.styled("", &text, self.ctx.theme.health(Health::Broken));
            }
            for thrown in &operation.tally.exceptions {
                let text = format!("  {}", usage::thrown(thrown, self.ctx));
                self.styled("", &text, self.ctx.theme.health(Health::Broken));
            }
        }
        self.more(provided.len());
        for (index, operation) in required.iter().take(OPERATIONS).enumerate() {
            let text = format!(
                "{}: {} {}",
                name(operation.callee, self.ctx),
                usage::title(operation),
                usage::figures(&operation.tally, self.ctx)
            );
            self.field(if index == 0 { "requires" } else { "" }, &text);
        }
        self.more(required.len());
        self.styled("sampled", &usage::basis(sample), self.ctx.theme.dim());
    }

    /// How many operations are not listed.
    fn more(&mut self, all: usize) {
        if all > OPERATIONS {
            self.field("", &format!("+{} more operations", all - OPERATIONS));
        }
    }
}
