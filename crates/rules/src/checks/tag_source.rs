//! The tag of the source.

use brokerwatch_expr::Diagnostic;

use super::{Check, Subject, codes};

pub(super) const CHECK: Check = Check {
    name: "tag_source",
    holds: "a rule has the tag of the integration that it reads",
    codes: &[codes::TAG_SOURCE],
    run,
};

/// Integrations with the tag that Elastic has for them.
const TAGS: &[(&str, &str)] = &[
    ("auditd_manager", "Data Source: Auditd Manager"),
    ("aws", "Data Source: AWS"),
    ("azure", "Data Source: Azure"),
    ("crowdstrike", "Data Source: Crowdstrike"),
    ("endpoint", "Data Source: Elastic Defend"),
    ("fim", "Data Source: File Integrity Monitoring"),
    ("gcp", "Data Source: GCP"),
    ("github", "Data Source: Github"),
    ("google_workspace", "Data Source: Google Workspace"),
    ("kubernetes", "Data Source: Kubernetes"),
    ("o365", "Data Source: Microsoft 365"),
    ("okta", "Data Source: Okta"),
    ("sentinel_one_cloud_funnel", "Data Source: SentinelOne"),
];

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let tags = &subject.rule.tags;
    let packages = subject.packages();
    let mut named = false;
    for (package, tag) in TAGS.iter().filter(|(package, _)| packages.iter().any(|own| own == package)) {
        named = true;
        if !tags.iter().any(|own| own == tag) {
            let message = format!("the rule reads integration `{package}` and has no tag `{tag}`");
            let finding = Diagnostic::error(codes::TAG_SOURCE, subject.span("rule.tags"), message);
            found.push(finding.help(format!("add the tag `{tag}`")));
        }
    }
    if !named && !tags.iter().any(|tag| tag.starts_with("Data Source: ")) {
        let message = "no tag names the source of the events";
        let finding = Diagnostic::warning(codes::TAG_SOURCE, subject.span("rule.tags"), message);
        found.push(finding.help("add a tag such as `Data Source: Elastic Defend`"));
    }
}
