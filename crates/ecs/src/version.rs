//! Versions, ordered as Elasticsearch's `version` field orders them: by Semantic Versioning 2.0.0
//! section 11, with any count of numeric parts; text that is no version sorts after all versions.

use std::cmp::Ordering;

/// Compares two versions as written.
///
/// ```
/// use brokerwatch_ecs::version::compare;
/// use std::cmp::Ordering::Less;
/// assert_eq!(compare("1.2.4-SNAPSHOT", "1.2.4"), Less);
/// assert_eq!(compare("1.5.0", "1.11.3"), Less);
/// assert_eq!(compare("99.0", "not a version"), Less);
/// ```
pub fn compare(a: &str, b: &str) -> Ordering {
    match (Parts::parse(a), Parts::parse(b)) {
        (Some(a), Some(b)) => a.compare(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// A text whose bytes have the order of the version: what sorts texts sorts versions.
///
/// ```
/// use brokerwatch_ecs::version::sort_key;
/// assert!(sort_key("1.5.0") < sort_key("1.11.3"));
/// ```
pub fn sort_key(version: &str) -> String {
    let Some(parts) = Parts::parse(version) else { return format!("2{version}") };
    let mut key = String::from("1");
    push_list(&mut key, parts.main);
    match parts.pre_release {
        Some(list) => {
            key.push(SOME);
            push_list(&mut key, list);
        }
        None => key.push(WITHOUT),
    }
    if let Some(build) = parts.build {
        key.push(SOME);
        key.push_str(build);
    }
    key
}

/// Ends a list and a word: before anything that goes on.
const END: char = '\u{1}';
/// Begins what is there.
const SOME: char = '\u{2}';
/// Stands for a pre-release that is not there, which comes after any that is.
const WITHOUT: char = '\u{3}';

fn push_list(key: &mut String, list: &str) {
    for part in list.split('.') {
        key.push(SOME);
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            let digits = part.trim_start_matches('0');
            // The count of digits decides first; texts are far shorter than its width allows.
            let count = format!("n{:010}", digits.len());
            key.extend([count.as_str(), digits]);
        } else {
            key.push('w');
            key.push_str(part);
        }
        key.push(END);
    }
    key.push(END);
}

struct Parts<'a> {
    main: &'a str,
    pre_release: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Option<Parts<'a>> {
        let (rest, build) = match text.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (text, None),
        };
        let (main, pre_release) = match rest.split_once('-') {
            Some((main, pre)) => (main, Some(pre)),
            None => (rest, None),
        };
        let numeric = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_digit())
                && (part.len() == 1 || !part.starts_with('0'))
        };
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let valid = main.split('.').all(numeric)
            && pre_release.is_none_or(|pre| pre.split('.').all(word))
            && build.is_none_or(|build| build.split('.').all(word));
        valid.then_some(Parts { main, pre_release, build })
    }

    fn compare(&self, other: &Parts<'_>) -> Ordering {
        compare_lists(self.main, other.main)
            .then_with(|| match (self.pre_release, other.pre_release) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => compare_lists(a, b),
            })
            .then_with(|| self.build.cmp(&other.build))
    }
}

fn compare_lists(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match compare_parts(a, b) {
                Ordering::Equal => {}
                other => return other,
            },
        }
    }
}

/// Numbers by value and below words; words by bytes.
fn compare_parts(a: &str, b: &str) -> Ordering {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    match (digits(a), digits(b)) {
        (true, true) => {
            let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_as_semver() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta",
            "1.0.0",
            "1.2.4-SNAPSHOT",
            "1.2.4",
            "1.5.0",
            "1.11.3",
            "2",
            "99999999999999999999.0",
            "",
            "01.2.3",
            "abc",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
            assert!(sort_key(pair[0]) < sort_key(pair[1]), "{pair:?}");
        }
    }
}
