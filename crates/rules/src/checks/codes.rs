//! The codes of the checks. A code that was ever released is never used for anything else.

/// The name of a rule file that Elastic's tests refuse.
pub const FILE_NAME: &str = "LINT001";
/// A rule with the name of another.
pub const SAME_NAME: &str = "LINT002";
/// A rule file with the name of another.
pub const SAME_FILE_NAME: &str = "LINT003";
/// A rule that does not say what it reads.
pub const NO_INDEX: &str = "LINT004";
/// A building block that runs too often, or looks back too little.
pub const BUILDING_BLOCK_TIMES: &str = "LINT005";
/// A rule with the highest `max_signals` that does not tell its reader.
pub const MAX_SIGNALS: &str = "LINT006";
/// A technique that ATT&CK has revoked or deprecated.
pub const THREAT_RETIRED: &str = "LINT007";
/// A technique under a tactic that it does not belong to.
pub const THREAT_TACTIC: &str = "LINT008";
/// The name of a tactic or technique that is not that of its id.
pub const THREAT_NAME: &str = "LINT009";
/// A tactic that a rule names twice.
pub const THREAT_TWICE: &str = "LINT010";
/// A tag that is not written as tags are.
pub const TAG_FORM: &str = "LINT011";
/// A tag that stands twice.
pub const TAG_TWICE: &str = "LINT012";
/// A tag with a prefix that Elastic does not know.
pub const TAG_PREFIX: &str = "LINT013";
/// Tags of tactics that are not those of the rule.
pub const TAG_TACTIC: &str = "LINT014";
/// A rule without the tag of its operating system.
pub const TAG_SYSTEM: &str = "LINT015";
/// A rule without the tag of its source.
pub const TAG_SOURCE: &str = "LINT016";
/// The tag of building blocks, where it is missing or wrong.
pub const TAG_BUILDING_BLOCK: &str = "LINT017";
/// The tag of guides, where it is missing or wrong.
pub const TAG_GUIDE: &str = "LINT018";
/// A machine learning rule without a tag of its kind.
pub const TAG_MACHINE_LEARNING: &str = "LINT019";
/// A day of change that is before the day the rule was made.
pub const DATES: &str = "LINT020";
/// A maturity that does not go with the date or the folder, or none.
pub const MATURITY: &str = "LINT021";
/// `min_stack_version` without a comment, or the comment alone.
pub const MIN_STACK: &str = "LINT022";
/// The id and title of a timeline that do not go together.
pub const TIMELINE: &str = "LINT023";
/// Integrations that are not those whose indices the rule reads.
pub const INTEGRATION: &str = "LINT024";
/// A rule over single events that does not go by their arrival, or a sequence that says it does.
pub const TIMESTAMP_OVERRIDE: &str = "LINT025";
/// A rule over endpoints that does not say how far it looks back.
pub const NO_LOOK_BACK: &str = "LINT026";
/// A sequence that may take longer than a run looks back.
pub const MAXSPAN_LOOK_BACK: &str = "LINT027";
/// A sequence rule that runs too often.
pub const MAXSPAN_INTERVAL: &str = "LINT028";
/// A field that neither ECS nor a known integration has.
pub const UNKNOWN_FIELD: &str = "LINT029";
/// Suppression by a field that alerts do not have.
pub const SUPPRESSION_FIELD: &str = "LINT030";
/// Suppression of a sequence on stacks that cannot.
pub const SUPPRESSION_SEQUENCE: &str = "LINT031";
/// A severe rule without a guide, or a guide that does not name its rule.
pub const GUIDE: &str = "LINT032";
/// A placeholder of the guide that has no transform.
pub const BUTTON_MISSING: &str = "LINT033";
/// A transform that the guide does not show.
pub const BUTTON_IDLE: &str = "LINT034";
/// A button that is written out in the guide.
pub const BUTTON_LITERAL: &str = "LINT035";
/// A setup guide without its heading, or in the note.
pub const SETUP: &str = "LINT036";
/// A query in ES|QL over events that does not ask for what tells them apart.
pub const ESQL_METADATA: &str = "LINT037";
/// A query in ES|QL without `KEEP`, or one that leaves out what tells events apart.
pub const ESQL_KEEP: &str = "LINT038";
/// A computed column whose name could be that of a field.
pub const ESQL_PREFIX: &str = "LINT039";
/// A field that KQL names again where a list would do.
pub const KQL_FORM: &str = "LINT040";
/// A threshold by more fields than older stacks take.
pub const THRESHOLD_FIELDS: &str = "LINT041";
/// New terms whose history is too short, or that name a field twice.
pub const NEW_TERMS: &str = "LINT042";
/// A threat mapping with nothing that must be equal.
pub const THREAT_MAPPING: &str = "LINT043";
/// A rule without a licence, or with another than its author's.
pub const LICENCE: &str = "LINT044";
/// An author without a name, or named twice.
pub const AUTHOR: &str = "LINT045";

/// Every code with its meaning and the way out, for the reference.
pub static ALL: &[(&str, &str, &str)] = &[
    (
        FILE_NAME,
        "the name of a rule file that Elastic's tests refuse",
        "name the file in lower case, beginning with its tactic",
    ),
    (SAME_NAME, "a rule with the name of another", "give one of the two another name"),
    (SAME_FILE_NAME, "a rule file with the name of another", "rename one of the two files"),
    (NO_INDEX, "a rule that does not say what it reads", "add `index`, or `data_view_id`"),
    (
        BUILDING_BLOCK_TIMES,
        "a building block that runs too often, or looks back too little",
        "look back for 119 minutes or more, and run each hour or less often",
    ),
    (
        MAX_SIGNALS,
        "a rule with the highest `max_signals` that does not tell its reader",
        "say in `setup` or `note` what that means",
    ),
    (
        THREAT_RETIRED,
        "a technique that ATT&CK has revoked or deprecated",
        "name the technique that the message names",
    ),
    (
        THREAT_TACTIC,
        "a technique under a tactic that it does not belong to",
        "put it under one of its own tactics",
    ),
    (
        THREAT_NAME,
        "the name of a tactic or technique that is not that of its id",
        "write the name that the message gives",
    ),
    (
        THREAT_TWICE,
        "a tactic that a rule names twice",
        "put all its techniques under one `[[rule.threat]]`",
    ),
    (
        TAG_FORM,
        "a tag that is not written as tags are",
        "write `Prefix: Value`, with the capitals that the message gives",
    ),
    (TAG_TWICE, "a tag that stands twice", "keep one of the two"),
    (
        TAG_PREFIX,
        "a tag with a prefix that Elastic does not know",
        "use one of the prefixes that the message names",
    ),
    (
        TAG_TACTIC,
        "tags of tactics that are not those of the rule",
        "have a tag for each tactic under `threat`, and no other",
    ),
    (
        TAG_SYSTEM,
        "a rule without the tag of its operating system",
        "add `OS: Linux`, `OS: macOS` or `OS: Windows`",
    ),
    (TAG_SOURCE, "a rule without the tag of its source", "add the tag that the message names"),
    (
        TAG_BUILDING_BLOCK,
        "the tag of building blocks, where it is missing or wrong",
        "have `Rule Type: BBR` on building blocks alone",
    ),
    (
        TAG_GUIDE,
        "the tag of guides, where it is missing or wrong",
        "have `Resources: Investigation Guide` where the note is a guide",
    ),
    (
        TAG_MACHINE_LEARNING,
        "a machine learning rule without a tag of its kind",
        "add both tags, `Rule Type: ML` and `Rule Type: Machine Learning`",
    ),
    (DATES, "a day of change that is before the day the rule was made", "correct one of the two"),
    (
        MATURITY,
        "a maturity that does not go with the date or the folder, or none",
        "make `maturity`, `deprecation_date` and folder agree",
    ),
    (MIN_STACK, "`min_stack_version` without a comment, or the comment alone", "give both or none"),
    (
        TIMELINE,
        "the id and title of a timeline that do not go together",
        "write both as the message gives them",
    ),
    (
        INTEGRATION,
        "integrations that are not those whose indices the rule reads",
        "make `integration` and the indices agree",
    ),
    (
        TIMESTAMP_OVERRIDE,
        "a rule over single events that does not go by their arrival, or a sequence that says it does",
        "set `timestamp_override = \"event.ingested\"`; leave it out of sequences",
    ),
    (
        NO_LOOK_BACK,
        "a rule over endpoints that does not say how far it looks back",
        "add `from = \"now-9m\"`",
    ),
    (
        MAXSPAN_LOOK_BACK,
        "a sequence that may take longer than a run looks back",
        "look back further, or shorten `maxspan`",
    ),
    (
        MAXSPAN_INTERVAL,
        "a sequence rule that runs too often",
        "set `interval` to half of `maxspan` or more",
    ),
    (
        UNKNOWN_FIELD,
        "a field that neither ECS nor a known integration has",
        "correct the name; a field of your own can be left out with `--allow`",
    ),
    (
        SUPPRESSION_FIELD,
        "suppression by a field that alerts do not have",
        "group by fields of ECS, or by columns of the query",
    ),
    (
        SUPPRESSION_SEQUENCE,
        "suppression of a sequence on stacks that cannot",
        "raise `min_stack_version` to 8.18.0",
    ),
    (
        GUIDE,
        "a severe rule without a guide, or a guide that does not name its rule",
        "write the headings that the message gives into `note`",
    ),
    (
        BUTTON_MISSING,
        "a placeholder of the guide that has no transform",
        "add the transform, or correct the number",
    ),
    (
        BUTTON_IDLE,
        "a transform that the guide does not show",
        "write its placeholder into `note`, or remove it",
    ),
    (
        BUTTON_LITERAL,
        "a button that is written out in the guide",
        "use a placeholder and a transform",
    ),
    (SETUP, "a setup guide without its heading, or in the note", "begin `setup` with `## Setup`"),
    (
        ESQL_METADATA,
        "a query in ES|QL over events that does not ask for what tells them apart",
        "write `METADATA _id, _version, _index` behind `FROM`",
    ),
    (
        ESQL_KEEP,
        "a query in ES|QL without `KEEP`, or one that leaves out what tells events apart",
        "end the query with `| KEEP` and the columns of the alert",
    ),
    (
        ESQL_PREFIX,
        "a computed column whose name could be that of a field",
        "write `Esql.` before the name",
    ),
    (
        KQL_FORM,
        "a field that KQL names again where a list would do",
        "write the values as one list",
    ),
    (
        THRESHOLD_FIELDS,
        "a threshold by more fields than older stacks take",
        "set `min_stack_version` to 9.2.0, or name fewer fields",
    ),
    (
        NEW_TERMS,
        "new terms whose history is too short, or that name a field twice",
        "look back further, and name each field once",
    ),
    (
        THREAT_MAPPING,
        "a threat mapping with nothing that must be equal",
        "add a pair without `negate`",
    ),
    (
        LICENCE,
        "a rule without a licence, or with another than its author's",
        "say with `license` under which terms others may use it",
    ),
    (AUTHOR, "an author without a name, or named twice", "name each author once"),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_in_order_and_differ() {
        assert!(ALL.is_sorted_by(|one, next| one.0 < next.0));
        for (code, meaning, way_out) in ALL {
            assert!(code.len() == 7 && !meaning.is_empty() && !way_out.is_empty(), "{code}");
        }
    }

    #[test]
    fn the_guide_explains_every_code() {
        let guide = include_str!("../../../../docs/rules.md");
        let missing: Vec<_> = ALL.iter().filter(|(code, ..)| !guide.contains(code)).collect();
        assert!(missing.is_empty(), "not in docs/rules.md: {missing:?}");
    }
}
