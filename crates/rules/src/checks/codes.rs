//! The codes of the checks. A code that was ever released is never used for anything else.

brokerwatch_expr::codes! {
    /// The name of a rule file that Elastic's tests refuse.
    FILE_NAME = "LINT001", "the name of a rule file that Elastic's tests refuse",
        "name the file in lower case, beginning with its tactic";
    /// A rule with the name of another.
    SAME_NAME = "LINT002", "a rule with the name of another",
        "give one of the two another name";
    /// A rule file with the name of another.
    SAME_FILE_NAME = "LINT003", "a rule file with the name of another",
        "rename one of the two files";
    /// A rule that does not say what it reads.
    NO_INDEX = "LINT004", "a rule that does not say what it reads",
        "add `index`, or `data_view_id`";
    /// A building block that runs too often, or looks back too little.
    BUILDING_BLOCK_TIMES = "LINT005", "a building block that runs too often, or looks back too little",
        "look back for 119 minutes or more, and run each hour or less often";
    /// A rule with the highest `max_signals` that does not tell its reader.
    MAX_SIGNALS = "LINT006", "a rule with the highest `max_signals` that does not tell its reader",
        "say in `setup` or `note` what that means";
    /// A technique that ATT&CK has revoked or deprecated.
    THREAT_RETIRED = "LINT007", "a technique that ATT&CK has revoked or deprecated",
        "name the technique that the message names";
    /// A technique under a tactic that it does not belong to.
    THREAT_TACTIC = "LINT008", "a technique under a tactic that it does not belong to",
        "put it under one of its own tactics";
    /// The name of a tactic or technique that is not that of its id.
    THREAT_NAME = "LINT009", "the name of a tactic or technique that is not that of its id",
        "write the name that the message gives";
    /// A tactic that a rule names twice.
    THREAT_TWICE = "LINT010", "a tactic that a rule names twice",
        "put all its techniques under one `[[rule.threat]]`";
    /// A tag that is not written as tags are.
    TAG_FORM = "LINT011", "a tag that is not written as tags are",
        "write `Prefix: Value`, with the capitals that the message gives";
    /// A tag that stands twice.
    TAG_TWICE = "LINT012", "a tag that stands twice",
        "keep one of the two";
    /// A tag with a prefix that Elastic does not know.
    TAG_PREFIX = "LINT013", "a tag with a prefix that Elastic does not know",
        "use one of the prefixes that the message names";
    /// Tags of tactics that are not those of the rule.
    TAG_TACTIC = "LINT014", "tags of tactics that are not those of the rule",
        "have a tag for each tactic under `threat`, and no other";
    /// A rule without the tag of its operating system.
    TAG_SYSTEM = "LINT015", "a rule without the tag of its operating system",
        "add `OS: Linux`, `OS: macOS` or `OS: Windows`";
    /// A rule without the tag of its source.
    TAG_SOURCE = "LINT016", "a rule without the tag of its source",
        "add the tag that the message names";
    /// The tag of building blocks, where it is missing or wrong.
    TAG_BUILDING_BLOCK = "LINT017", "the tag of building blocks, where it is missing or wrong",
        "have `Rule Type: BBR` on building blocks alone";
    /// The tag of guides, where it is missing or wrong.
    TAG_GUIDE = "LINT018", "the tag of guides, where it is missing or wrong",
        "have `Resources: Investigation Guide` where the note is a guide";
    /// A machine learning rule without a tag of its kind.
    TAG_MACHINE_LEARNING = "LINT019", "a machine learning rule without a tag of its kind",
        "add both tags, `Rule Type: ML` and `Rule Type: Machine Learning`";
    /// A day of change that is before the day the rule was made.
    DATES = "LINT020", "a day of change that is before the day the rule was made",
        "correct one of the two";
    /// A maturity that does not go with the date or the folder, or none.
    MATURITY = "LINT021", "a maturity that does not go with the date or the folder, or none",
        "make `maturity`, `deprecation_date` and folder agree";
    /// `min_stack_version` without a comment, or the comment alone.
    MIN_STACK = "LINT022", "`min_stack_version` without a comment, or the comment alone",
        "give both or none";
    /// The id and title of a timeline that do not go together.
    TIMELINE = "LINT023", "the id and title of a timeline that do not go together",
        "write both as the message gives them";
    /// Integrations that are not those whose indices the rule reads.
    INTEGRATION = "LINT024", "integrations that are not those whose indices the rule reads",
        "make `integration` and the indices agree";
    /// A rule over single events that does not go by their arrival, or a sequence that says it does.
    TIMESTAMP_OVERRIDE = "LINT025",
        "a rule over single events that does not go by their arrival, or a sequence that says it does",
        "set `timestamp_override = \"event.ingested\"`; leave it out of sequences";
    /// A rule over endpoints that does not say how far it looks back.
    NO_LOOK_BACK = "LINT026", "a rule over endpoints that does not say how far it looks back",
        "add `from = \"now-9m\"`";
    /// A sequence that may take longer than a run looks back.
    MAXSPAN_LOOK_BACK = "LINT027", "a sequence that may take longer than a run looks back",
        "look back further, or shorten `maxspan`";
    /// A sequence rule that runs too often.
    MAXSPAN_INTERVAL = "LINT028", "a sequence rule that runs too often",
        "set `interval` to half of `maxspan` or more";
    /// A field that neither ECS nor a known integration has.
    UNKNOWN_FIELD = "LINT029", "a field that neither ECS nor a known integration has",
        "correct the name; a field of your own can be left out with `--allow`";
    /// Suppression by a field that alerts do not have.
    SUPPRESSION_FIELD = "LINT030", "suppression by a field that alerts do not have",
        "group by fields of ECS, or by columns of the query";
    /// Suppression of a sequence on stacks that cannot.
    SUPPRESSION_SEQUENCE = "LINT031", "suppression of a sequence on stacks that cannot",
        "raise `min_stack_version` to 8.18.0";
    /// A severe rule without a guide, or a guide that does not name its rule.
    GUIDE = "LINT032", "a severe rule without a guide, or a guide that does not name its rule",
        "write the headings that the message gives into `note`";
    /// A placeholder of the guide that has no transform.
    BUTTON_MISSING = "LINT033", "a placeholder of the guide that has no transform",
        "add the transform, or correct the number";
    /// A transform that the guide does not show.
    BUTTON_IDLE = "LINT034", "a transform that the guide does not show",
        "write its placeholder into `note`, or remove it";
    /// A button that is written out in the guide.
    BUTTON_LITERAL = "LINT035", "a button that is written out in the guide",
        "use a placeholder and a transform";
    /// A setup guide without its heading, or in the note.
    SETUP = "LINT036", "a setup guide without its heading, or in the note",
        "begin `setup` with `## Setup`";
    /// A query in ES|QL over events that does not ask for what tells them apart.
    ESQL_METADATA = "LINT037", "a query in ES|QL over events that does not ask for what tells them apart",
        "write `METADATA _id, _version, _index` behind `FROM`";
    /// A query in ES|QL without `KEEP`, or one that leaves out what tells events apart.
    ESQL_KEEP = "LINT038", "a query in ES|QL without `KEEP`, or one that leaves out what tells events apart",
        "end the query with `| KEEP` and the columns of the alert";
    /// A computed column whose name could be that of a field.
    ESQL_PREFIX = "LINT039", "a computed column whose name could be that of a field",
        "write `Esql.` before the name";
    /// A field that KQL names again where a list would do.
    KQL_FORM = "LINT040", "a field that KQL names again where a list would do",
        "write the values as one list";
    /// A threshold by more fields than older stacks take.
    THRESHOLD_FIELDS = "LINT041", "a threshold by more fields than older stacks take",
        "set `min_stack_version` to 9.2.0, or name fewer fields";
    /// New terms whose history is too short, or that name a field twice.
    NEW_TERMS = "LINT042", "new terms whose history is too short, or that name a field twice",
        "look back further, and name each field once";
    /// A threat mapping with nothing that must be equal.
    THREAT_MAPPING = "LINT043", "a threat mapping with nothing that must be equal",
        "add a pair without `negate`";
    /// A rule without a licence, or with another than its author's.
    LICENCE = "LINT044", "a rule without a licence, or with another than its author's",
        "say with `license` under which terms others may use it";
    /// An author without a name, or named twice.
    AUTHOR = "LINT045", "an author without a name, or named twice",
        "name each author once";
}

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
