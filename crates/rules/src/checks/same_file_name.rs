//! Files of one name.

use std::collections::HashMap;

use brokerwatch_expr::Diagnostic;

use super::{SetCheck, Subject, codes};

pub(super) const CHECK: SetCheck = SetCheck {
    name: "same_file_name",
    holds: "no two rule files have one name",
    codes: &[codes::SAME_FILE_NAME],
    run,
};

fn run(subjects: &[Subject<'_>], found: &mut [Vec<Diagnostic>]) {
    let key = |subject: &Subject<'_>| subject.file_name().to_owned();
    let mut first: HashMap<String, usize> = HashMap::new();
    for (i, subject) in subjects.iter().enumerate() {
        let earlier = *first.entry(key(subject)).or_insert(i);
        if earlier != i {
            let message = format!("`{}` is a file of the same name", subjects[earlier].rule.path);
            let span = subject.span("rule.name");
            let finding = Diagnostic::error(codes::SAME_FILE_NAME, span, message);
            found[i].push(finding.help("rename one of the two: in a package both lie in one folder"));
        }
    }
}
