//! What is known here of MITRE ATT&CK, Enterprise: all tactics, the techniques that rules name most, and retired ones.
//!
//! The table holds no more than was sure when it was written, so a technique that it lacks is not judged.

/// The version that the table speaks of, of November 2025.
pub(super) const VERSION: &str = "18.1";

/// The name of a tactic, technique or sub-technique, if the table has it.
pub(super) fn name(id: &str) -> Option<&'static str> {
    let of_technique =
        || TECHNIQUES.iter().find(|(known, ..)| *known == id).map(|(_, name, _)| *name);
    let of_tactic = TACTICS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
    of_tactic.or_else(of_technique)
}

/// The tactics that a technique belongs to, if the table has it.
pub(super) fn tactics(id: &str) -> Option<Vec<&'static str>> {
    let (.., short) = TECHNIQUES.iter().find(|(known, ..)| *known == id && !id.contains('.'))?;
    Some(short.split(' ').filter_map(long).collect())
}

/// What has taken the place of a retired technique; empty if nothing has, none if it is not known to be retired.
pub(super) fn successor(id: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(known, _)| *known == id).map(|(_, next)| *next)
}

/// The id of a tactic that [`TECHNIQUES`] names by two letters.
fn long(short: &str) -> Option<&'static str> {
    Some(match short {
        "ia" => "TA0001",
        "ex" => "TA0002",
        "pe" => "TA0003",
        "pr" => "TA0004",
        "de" => "TA0005",
        "ca" => "TA0006",
        "di" => "TA0007",
        "la" => "TA0008",
        "co" => "TA0009",
        "xf" => "TA0010",
        "cc" => "TA0011",
        "im" => "TA0040",
        "rd" => "TA0042",
        "re" => "TA0043",
        _ => return None,
    })
}

/// Every tactic.
#[rustfmt::skip]
const TACTICS: &[(&str, &str)] = &[
    ("TA0001", "Initial Access"),
    ("TA0002", "Execution"),
    ("TA0003", "Persistence"),
    ("TA0004", "Privilege Escalation"),
    ("TA0005", "Defense Evasion"),
    ("TA0006", "Credential Access"),
    ("TA0007", "Discovery"),
    ("TA0008", "Lateral Movement"),
    ("TA0009", "Collection"),
    ("TA0010", "Exfiltration"),
    ("TA0011", "Command and Control"),
    ("TA0040", "Impact"),
    ("TA0042", "Resource Development"),
    ("TA0043", "Reconnaissance"),
];

/// Techniques with their tactics, and sub-techniques, whose tactics are those of their technique.
#[rustfmt::skip]
const TECHNIQUES: &[(&str, &str, &str)] = &[
    // Command and control: all of it.
    ("T1001", "Data Obfuscation", "cc"),
    ("T1001.001", "Junk Data", ""),
    ("T1001.002", "Steganography", ""),
    ("T1001.003", "Protocol or Service Impersonation", ""),
    ("T1008", "Fallback Channels", "cc"),
    ("T1071", "Application Layer Protocol", "cc"),
    ("T1071.001", "Web Protocols", ""),
    ("T1071.002", "File Transfer Protocols", ""),
    ("T1071.003", "Mail Protocols", ""),
    ("T1071.004", "DNS", ""),
    ("T1071.005", "Publish/Subscribe Protocols", ""),
    ("T1090", "Proxy", "cc"),
    ("T1090.001", "Internal Proxy", ""),
    ("T1090.002", "External Proxy", ""),
    ("T1090.003", "Multi-hop Proxy", ""),
    ("T1090.004", "Domain Fronting", ""),
    ("T1092", "Communication Through Removable Media", "cc"),
    ("T1095", "Non-Application Layer Protocol", "cc"),
    ("T1102", "Web Service", "cc"),
    ("T1102.001", "Dead Drop Resolver", ""),
    ("T1102.002", "Bidirectional Communication", ""),
    ("T1102.003", "One-Way Communication", ""),
    ("T1104", "Multi-Stage Channels", "cc"),
    ("T1105", "Ingress Tool Transfer", "cc"),
    ("T1132", "Data Encoding", "cc"),
    ("T1132.001", "Standard Encoding", ""),
    ("T1132.002", "Non-Standard Encoding", ""),
    ("T1205", "Traffic Signaling", "de pe cc"),
    ("T1205.001", "Port Knocking", ""),
    ("T1205.002", "Socket Filters", ""),
    ("T1219", "Remote Access Tools", "cc"),
    ("T1568", "Dynamic Resolution", "cc"),
    ("T1568.001", "Fast Flux DNS", ""),
    ("T1568.002", "Domain Generation Algorithms", ""),
    ("T1568.003", "DNS Calculation", ""),
    ("T1571", "Non-Standard Port", "cc"),
    ("T1572", "Protocol Tunneling", "cc"),
    ("T1573", "Encrypted Channel", "cc"),
    ("T1573.001", "Symmetric Cryptography", ""),
    ("T1573.002", "Asymmetric Cryptography", ""),
    ("T1659", "Content Injection", "ia cc"),
    ("T1665", "Hide Infrastructure", "cc"),
    // Exfiltration.
    ("T1011", "Exfiltration Over Other Network Medium", "xf"),
    ("T1020", "Automated Exfiltration", "xf"),
    ("T1029", "Scheduled Transfer", "xf"),
    ("T1030", "Data Transfer Size Limits", "xf"),
    ("T1041", "Exfiltration Over C2 Channel", "xf"),
    ("T1048", "Exfiltration Over Alternative Protocol", "xf"),
    ("T1052", "Exfiltration Over Physical Medium", "xf"),
    ("T1537", "Transfer Data to Cloud Account", "xf"),
    ("T1567", "Exfiltration Over Web Service", "xf"),
    // Of the other tactics, what goes with an implant.
    ("T1003", "OS Credential Dumping", "ca"),
    ("T1005", "Data from Local System", "co"),
    ("T1016", "System Network Configuration Discovery", "di"),
    ("T1018", "Remote System Discovery", "di"),
    ("T1021", "Remote Services", "la"),
    ("T1027", "Obfuscated Files or Information", "de"),
    ("T1033", "System Owner/User Discovery", "di"),
    ("T1036", "Masquerading", "de"),
    ("T1040", "Network Sniffing", "ca di"),
    ("T1046", "Network Service Discovery", "di"),
    ("T1047", "Windows Management Instrumentation", "ex"),
    ("T1049", "System Network Connections Discovery", "di"),
    ("T1055", "Process Injection", "de pr"),
    ("T1057", "Process Discovery", "di"),
    ("T1059", "Command and Scripting Interpreter", "ex"),
    ("T1059.001", "PowerShell", ""),
    ("T1059.002", "AppleScript", ""),
    ("T1059.003", "Windows Command Shell", ""),
    ("T1059.004", "Unix Shell", ""),
    ("T1059.005", "Visual Basic", ""),
    ("T1059.006", "Python", ""),
    ("T1059.007", "JavaScript", ""),
    ("T1070", "Indicator Removal", "de"),
    ("T1074", "Data Staged", "co"),
    ("T1078", "Valid Accounts", "de pe pr ia"),
    ("T1082", "System Information Discovery", "di"),
    ("T1106", "Native API", "ex"),
    ("T1110", "Brute Force", "ca"),
    ("T1113", "Screen Capture", "co"),
    ("T1115", "Clipboard Data", "co"),
    ("T1119", "Automated Collection", "co"),
    ("T1133", "External Remote Services", "pe ia"),
    ("T1140", "Deobfuscate/Decode Files or Information", "de"),
    ("T1190", "Exploit Public-Facing Application", "ia"),
    ("T1203", "Exploitation for Client Execution", "ex"),
    ("T1204", "User Execution", "ex"),
    ("T1218", "System Binary Proxy Execution", "de"),
    ("T1489", "Service Stop", "im"),
    ("T1490", "Inhibit System Recovery", "im"),
    ("T1496", "Resource Hijacking", "im"),
    ("T1498", "Network Denial of Service", "im"),
    ("T1499", "Endpoint Denial of Service", "im"),
    ("T1543", "Create or Modify System Process", "pe pr"),
    ("T1547", "Boot or Logon Autostart Execution", "pe pr"),
    ("T1560", "Archive Collected Data", "co"),
    ("T1566", "Phishing", "ia"),
    ("T1569", "System Services", "ex"),
    ("T1570", "Lateral Tool Transfer", "la"),
    ("T1583", "Acquire Infrastructure", "rd"),
    ("T1584", "Compromise Infrastructure", "rd"),
    ("T1588", "Obtain Capabilities", "rd"),
    ("T1595", "Active Scanning", "re"),
];

/// Techniques that were revoked or deprecated, and what says the same today.
#[rustfmt::skip]
const RETIRED: &[(&str, &str)] = &[
    ("T1002", "T1560"),
    ("T1022", "T1560"),
    ("T1024", "T1573"),
    ("T1026", ""),
    ("T1028", "T1021.006"),
    ("T1032", "T1573"),
    ("T1035", "T1569.002"),
    ("T1043", ""),
    ("T1045", "T1027.002"),
    ("T1050", "T1543.003"),
    ("T1051", ""),
    ("T1060", "T1547.001"),
    ("T1061", ""),
    ("T1062", ""),
    ("T1064", "T1059"),
    ("T1065", "T1571"),
    ("T1076", "T1021.001"),
    ("T1077", "T1021.002"),
    ("T1079", "T1573"),
    ("T1081", "T1552.001"),
    ("T1085", "T1218.011"),
    ("T1086", "T1059.001"),
    ("T1089", "T1562.001"),
    ("T1093", "T1055.012"),
    ("T1094", "T1095"),
    ("T1099", "T1070.006"),
    ("T1107", "T1070.004"),
    ("T1108", ""),
    ("T1116", "T1553.002"),
    ("T1117", "T1218.010"),
    ("T1145", "T1552.004"),
    ("T1153", ""),
    ("T1170", "T1218.005"),
    ("T1172", "T1090.004"),
    ("T1175", "T1021.003"),
    ("T1188", "T1090.003"),
    ("T1192", "T1566.002"),
    ("T1193", "T1566.001"),
    ("T1194", "T1566.003"),
    ("T1208", "T1558.003"),
    ("T1483", "T1568.002"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_agree_with_themselves() {
        assert!(RETIRED.is_sorted_by(|one, next| one.0 < next.0));
        for (id, name, short) in TECHNIQUES {
            assert!(!name.is_empty() && successor(id).is_none(), "{id}");
            let known = short.split(' ').filter(|short| long(short).is_some()).count();
            match id.split_once('.') {
                Some((technique, _)) => {
                    assert!(short.is_empty() && tactics(technique).is_some(), "{id}");
                }
                None => assert_eq!(known, short.split(' ').count(), "{id}"),
            }
        }
        for (id, _) in TACTICS {
            assert!(crate::formats::is_numbered(id, "TA", 4), "{id}");
        }
    }
}
