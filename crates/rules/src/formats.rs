//! How dates, ids, versions and periods are written.

use crate::Period;

/// `now-9m`: a count of one unit before now.
pub(crate) fn look_back(text: &str) -> Option<Period> {
    let (count, unit) = count_and_unit(text.strip_prefix("now-")?)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' | 'H' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 30 * 86_400,
        'y' => 365 * 86_400,
        _ => return None,
    };
    Some(Period { text: text.to_owned(), seconds: count.checked_mul(seconds)? })
}

/// `5m`: how often a rule runs.
pub(crate) fn interval(text: &str) -> Option<Period> {
    let (count, unit) = count_and_unit(text)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let seconds = count.checked_mul(seconds)?;
    (0 < seconds).then(|| Period { text: text.to_owned(), seconds })
}

/// Digits, then one letter.
fn count_and_unit(text: &str) -> Option<(u64, char)> {
    let unit = text.chars().next_back()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    // `parse` alone would take `+9`.
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, unit))
}

/// A UUID in lower case, as Elastic's loader wants it.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

/// A day of the calendar, `YYYY/MM/DD`.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'/',
            _ => b.is_ascii_digit(),
        });
    if !shape {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Two or three numbers with dots, `8.14` or `8.14.0`.
pub(crate) fn is_version(text: &str) -> bool {
    let parts = text.split('.');
    let count = parts.clone().count();
    (2..=3).contains(&count)
        && parts
            .into_iter()
            .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

/// `prefix`, then exactly `digits` digits.
pub(crate) fn is_numbered(text: &str, prefix: &str, digits: usize) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == digits && rest.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_backs() {
        let seconds = |text| look_back(text).map(|period| period.seconds);
        assert_eq!(seconds("now-9m"), Some(540));
        assert_eq!(seconds("now-2H"), Some(7200));
        assert_eq!(seconds("now-0s"), Some(0));
        let wrong =
            ["now", "9m", "now-", "now-m", "now-+9m", "now-9", "now-9x", "now-9m ", "now-9м"];
        for text in wrong {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(seconds("now-99999999999999999999m"), None);
        assert_eq!(seconds("now-9999999999999999999y"), None);
    }

    #[test]
    fn intervals() {
        assert_eq!(interval("5m").map(|period| period.seconds), Some(300));
        for text in ["", "m", "0m", "5", "5M", "5 m", "-5m", "５m"] {
            assert_eq!(interval(text), None, "{text}");
        }
    }

    #[test]
    fn ids_dates_and_versions() {
        assert!(is_uuid("6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5"));
        assert!(!is_uuid("6F6A2F0E-7c1e-4d35-9a58-0f2b8a1c71d5"));
        assert!(!is_uuid("6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d"));
        assert!(is_date("2024/02/29"));
        for text in
            ["2023/02/29", "2024-02-28", "2024/2/28", "2024/13/01", "2024/01/00", "2024/01/0é"]
        {
            assert!(!is_date(text), "{text}");
        }
        assert!(is_version("8.14") && is_version("9.0.1"));
        for text in ["8", "8.", "8.14.0.1", "v8.14", "8.14 "] {
            assert!(!is_version(text), "{text}");
        }
    }
}
