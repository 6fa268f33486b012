//! Properties of characters by Java's names, as classes of the engine.

/// The class of `\p{name}`; nothing for a name that there is not.
pub(super) fn class_of(name: &str) -> Option<String> {
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "sc" | "script" => known(&format!(r"\p{{sc={value}}}")),
            "gc" | "general_category" => known(&format!(r"\p{{gc={value}}}")),
            _ => None,
        };
    }
    if let Some(class) = fixed(name).map(str::to_owned).or_else(|| category(name)) {
        return Some(class);
    }
    let name = name.strip_prefix("Is")?;
    match name.to_ascii_uppercase().as_str() {
        "LETTER" => Some(r"[\p{L}]".to_owned()),
        "DIGIT" => Some(r"[\p{Nd}]".to_owned()),
        "PUNCTUATION" => Some(r"[\p{P}]".to_owned()),
        "CONTROL" => Some(r"[\p{Cc}]".to_owned()),
        "TITLECASE" => Some(r"[\p{Lt}]".to_owned()),
        "ASSIGNED" => Some(r"[\P{Cn}]".to_owned()),
        _ => category(name).or_else(|| known(&format!(r"\p{{{name}}}"))),
    }
}

/// POSIX classes, which are ASCII in Java, and those of `java.lang.Character`.
fn fixed(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "[a-z]",
        "Upper" => "[A-Z]",
        "ASCII" => r"[\x00-\x7f]",
        "Alpha" => "[A-Za-z]",
        "Digit" => "[0-9]",
        "Alnum" => "[0-9A-Za-z]",
        "Punct" => r"[!-/:-@\[-`{-\x7e]",
        "Graph" => r"[!-\x7e]",
        "Print" => r"[ -\x7e]",
        "Blank" => r"[ \t]",
        "Cntrl" => r"[\x00-\x1f\x7f]",
        "XDigit" => "[0-9A-Fa-f]",
        "Space" => r"[ \t\n\x0b\f\r]",
        "L1" => r"[\x00-\x{ff}]",
        "all" => r"[\x00-\x{10ffff}]",
        "LC" => r"[\p{Lu}\p{Ll}\p{Lt}]",
        "LD" => r"[\p{L}\p{Nd}]",
        "javaLowerCase" => r"[\p{Lowercase}]",
        "javaUpperCase" => r"[\p{Uppercase}]",
        "javaTitleCase" => r"[\p{Lt}]",
        "javaAlphabetic" => r"[\p{Alphabetic}]",
        "javaIdeographic" => r"[\p{Ideographic}]",
        "javaLetter" => r"[\p{L}]",
        "javaDigit" => r"[\p{Nd}]",
        "javaLetterOrDigit" => r"[\p{L}\p{Nd}]",
        "javaDefined" => r"[\P{Cn}]",
        "javaISOControl" => r"[\x00-\x1f\x7f-\x{9f}]",
        "javaSpaceChar" => r"[\p{Z}]",
        "javaWhitespace" => r"[[\p{Z}\t-\r\x1c-\x1f]&&[^\x{a0}\x{2007}\x{202f}]]",
        _ => return None,
    })
}

/// General categories, under Unicode's short names only.
fn category(name: &str) -> Option<String> {
    const NAMES: [&str; 37] = [
        "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me",
        "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc",
        "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
    ];
    NAMES.contains(&name).then(|| format!(r"[\p{{{name}}}]"))
}

/// The class, if the engine knows the property.
fn known(property: &str) -> Option<String> {
    let plain = property[3..property.len() - 1]
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=' | b'-' | b' '));
    let class = format!("[{property}]");
    (plain && fancy_regex::Regex::new(&class).is_ok()).then_some(class)
}
