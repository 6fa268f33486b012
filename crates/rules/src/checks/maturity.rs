//! How ready the rule is.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};
use crate::Maturity;

pub(super) const CHECK: Check = Check {
    name: "maturity",
    holds: "a retired rule says since when and lies in `_deprecated`; others do not",
    codes: &[codes::MATURITY],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let metadata = &subject.rule.metadata;
    let mut say = |key: &str, message: &str, help: &str| {
        let span = subject.span(&format!("metadata.{key}"));
        found.push(Diagnostic::error(codes::MATURITY, span, message).help(help));
    };
    let retired = metadata.maturity == Some(Maturity::Deprecated);
    if retired && metadata.deprecation_date.is_none() {
        let help = "add `deprecation_date`, written `YYYY/MM/DD`";
        say("maturity", "a retired rule does not say since when", help);
    }
    if !retired && metadata.deprecation_date.is_some() {
        let help = "set `maturity = \"deprecated\"`, or remove the date";
        say("deprecation_date", "a date of retirement, of a rule that is not retired", help);
    }
    if retired && !subject.lies_in("_deprecated") {
        let help = "move the file to a folder `_deprecated`";
        say("maturity", "a retired rule lies among those that are not", help);
    }
    if !retired && subject.lies_in("_deprecated") {
        let help = "move the file to another folder, or set `maturity = \"deprecated\"`";
        say("maturity", "the rule lies among retired ones and is none", help);
    }
    if metadata.maturity.is_none() {
        let span = subject.span("metadata.maturity");
        let message = "the rule does not say how ready it is";
        let finding = Diagnostic::warning(codes::MATURITY, span, message);
        found.push(finding.help("add `maturity = \"production\"`: without it none is released"));
    }
}
