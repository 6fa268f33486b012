//! Rules of one name.

use std::collections::HashMap;

use brokerwatch_expr::Diagnostic;

use super::{SetCheck, Subject, codes};

pub(super) const CHECK: SetCheck = SetCheck {
    name: "same_name",
    holds: "no two rules have one name",
    codes: &[codes::SAME_NAME],
    run,
};

fn run(subjects: &[Subject<'_>], found: &mut [Vec<Diagnostic>]) {
    let key = |subject: &Subject<'_>| subject.rule.name.to_lowercase();
    let mut first: HashMap<String, usize> = HashMap::new();
    for (i, subject) in subjects.iter().enumerate() {
        let earlier = *first.entry(key(subject)).or_insert(i);
        if earlier != i {
            let message = format!("`{}` has the same name", subjects[earlier].rule.path);
            let span = subject.span("rule.name");
            let finding = Diagnostic::error(codes::SAME_NAME, span, message);
            found[i].push(finding.help("give one of the two another name"));
        }
    }
}
