//! A layer for the ATT&CK Navigator.
//!
//! The format is version 4.5 of the layer file, as
//! <https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerv4.5.md> describes it.

use serde_json::{Value, json};

use super::{Coverage, Covered, STRATEGY};

/// The version of the layer format.
const LAYER: &str = "4.5";

/// The version of ATT&CK that the ids of the layer are of: the strategy and its analytics came with it.
const ATTACK: &str = "18";

/// The version of the Navigator that first reads the format.
const NAVIGATOR: &str = "5.0.0";

/// The colours of few and of many rules.
const COLOURS: [&str; 2] = ["#ffe9b3", "#2f7d32"];

/// The layer of a set of rules. A technique scores the number of its rules, which its comment names.
pub fn layer(coverage: &Coverage<'_>, name: &str) -> Value {
    let by_technique = coverage.by_technique();
    let most = by_technique.values().map(Vec::len).max().unwrap_or_default();
    let techniques: Vec<Value> = by_technique
        .iter()
        .map(|(technique, rules)| {
            json!({
                "techniqueID": technique.id,
                "tactic": technique.tactic.to_lowercase().replace(' ', "-"),
                "score": rules.len(),
                "comment": comment(rules),
                "enabled": true,
                "metadata": metadata(rules),
                "showSubtechniques": technique.is_parent,
            })
        })
        .collect();
    json!({
        "name": name,
        "versions": { "attack": ATTACK, "navigator": NAVIGATOR, "layer": LAYER },
        "domain": "enterprise-attack",
        "description": format!("Techniques by the number of rules that name them; {} rules.", coverage.rules.len()),
        "filters": { "platforms": ["Windows", "Linux", "macOS", "Network Devices"] },
        "sorting": 3,
        "hideDisabled": false,
        "techniques": techniques,
        "gradient": { "colors": COLOURS, "minValue": 0, "maxValue": most.max(1) },
        "legendItems": [
            { "label": "few rules", "color": COLOURS[0] },
            { "label": "many rules", "color": COLOURS[1] },
        ],
        "metadata": [
            { "name": "detection strategy", "value": STRATEGY },
            { "name": "rules", "value": coverage.rules.len().to_string() },
        ],
        "showTacticRowBackground": false,
        "selectTechniquesAcrossTactics": true,
        "selectSubtechniquesWithParent": false,
    })
}

fn comment(rules: &[&Covered<'_>]) -> String {
    rules.iter().map(|covered| covered.rule.name.as_str()).collect::<Vec<_>>().join("\n")
}

fn metadata(rules: &[&Covered<'_>]) -> Vec<Value> {
    let tests: usize = rules.iter().map(|covered| covered.tests).sum();
    let ids = rules.iter().map(|covered| json!({ "name": "rule", "value": covered.rule.id }));
    ids.chain([json!({ "name": "tests", "value": tests.to_string() })]).collect()
}
