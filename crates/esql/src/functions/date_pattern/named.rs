//! The built-in formats of Elasticsearch that name a layout of digits (Elasticsearch reference, "Built-in formats").
//!
//! Those of the years of weeks alone (`weekyear` and its like) are left out.

use brokerwatch_ecs::date::Format;

use super::field::Field;
use super::zone::ZoneStyle;
use super::{Layout, Number, Piece, Sign, pieces};

/// The names without `strict_`, which makes no difference here, and their layouts. A zone is read in any of its
/// spellings, and a fraction with any count of digits.
const LAYOUTS: &[(&str, &str)] = &[
    ("basic_date", "yyyyMMdd"),
    ("basic_date_time", "yyyyMMdd'T'HHmmss.SSSX"),
    ("basic_date_time_no_millis", "yyyyMMdd'T'HHmmssX"),
    ("basic_ordinal_date", "yyyyDDD"),
    ("basic_ordinal_date_time", "yyyyDDD'T'HHmmss.SSSX"),
    ("basic_ordinal_date_time_no_millis", "yyyyDDD'T'HHmmssX"),
    ("basic_t_time", "'T'HHmmss.SSSX"),
    ("basic_t_time_no_millis", "'T'HHmmssX"),
    ("basic_time", "HHmmss.SSSX"),
    ("basic_time_no_millis", "HHmmssX"),
    ("date", "uuuu-MM-dd"),
    ("date_hour", "uuuu-MM-dd'T'HH"),
    ("date_hour_minute", "uuuu-MM-dd'T'HH:mm"),
    ("date_hour_minute_second", "uuuu-MM-dd'T'HH:mm:ss"),
    ("date_hour_minute_second_fraction", "uuuu-MM-dd'T'HH:mm:ss.SSS"),
    ("date_hour_minute_second_millis", "uuuu-MM-dd'T'HH:mm:ss.SSS"),
    ("date_time", "uuuu-MM-dd'T'HH:mm:ss.SSSX"),
    ("date_time_no_millis", "uuuu-MM-dd'T'HH:mm:ssX"),
    ("hour", "HH"),
    ("hour_minute", "HH:mm"),
    ("hour_minute_second", "HH:mm:ss"),
    ("hour_minute_second_fraction", "HH:mm:ss.SSS"),
    ("hour_minute_second_millis", "HH:mm:ss.SSS"),
    ("ordinal_date", "uuuu-DDD"),
    ("ordinal_date_time", "uuuu-DDD'T'HH:mm:ss.SSSX"),
    ("ordinal_date_time_no_millis", "uuuu-DDD'T'HH:mm:ssX"),
    ("t_time", "'T'HH:mm:ss.SSSX"),
    ("t_time_no_millis", "'T'HH:mm:ssX"),
    ("time", "HH:mm:ss.SSSX"),
    ("time_no_millis", "HH:mm:ssX"),
    ("year", "uuuu"),
    ("year_month", "uuuu-MM"),
    ("year_month_day", "uuuu-MM-dd"),
];

/// The layouts of weeks: `Y`, `w` and `e` are those of ISO 8601 here.
const WEEKS: &[(&str, &str)] = &[
    ("basic_week_date", "YYYY'W'wwe"),
    ("basic_week_date_time", "YYYY'W'wwe'T'HHmmss.SSSX"),
    ("basic_week_date_time_no_millis", "YYYY'W'wwe'T'HHmmssX"),
    ("week_date", "YYYY-'W'ww-e"),
    ("week_date_time", "YYYY-'W'ww-e'T'HH:mm:ss.SSSX"),
    ("week_date_time_no_millis", "YYYY-'W'ww-e'T'HH:mm:ssX"),
];

/// The layout of a built-in format, if the text names one.
pub(super) fn layout(text: &str) -> Option<Layout> {
    let built_in = |name: &str| Format::parse(name).ok();
    match text {
        "epoch_millis" => return built_in(text).map(Layout::EpochMillis),
        "epoch_second" => return built_in(text).map(Layout::EpochSecond),
        _ => {}
    }
    let name = text.strip_prefix("strict_").unwrap_or(text);
    if matches!(name, "iso8601" | "date_optional_time" | "date_optional_time_nanos") {
        return built_in("strict_date_optional_time").map(Layout::Iso);
    }
    if let Some((_, layout)) = WEEKS.iter().find(|(own, _)| *own == name) {
        let pieces = pieces(layout).ok()?.into_iter().map(widened).map(of_iso_weeks).collect();
        return Some(Layout::Pieces { pieces, strict: true });
    }
    let at = LAYOUTS.binary_search_by_key(&name, |(name, _)| name).ok()?;
    let pieces = pieces(LAYOUTS[at].1).ok()?.into_iter().map(widened).collect();
    Some(Layout::Pieces { pieces, strict: true })
}

fn of_iso_weeks(piece: Piece) -> Piece {
    match piece {
        Piece::Number(number) => Piece::Number(match number.field {
            Field::WeekYear => Number { field: Field::IsoWeekYear, ..number },
            Field::WeekOfYear => Number { field: Field::IsoWeek, ..number },
            Field::LocalDay => {
                Number { field: Field::DayOfWeek, least: 1, most: 1, sign: Sign::None }
            }
            _ => number,
        }),
        other => other,
    }
}

fn widened(piece: Piece) -> Piece {
    match piece {
        Piece::Fraction(_) => Piece::AnyFraction,
        Piece::Zone(_) => Piece::Zone(ZoneStyle::Any),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_layout_is_found_by_both_its_names() {
        assert!(LAYOUTS.is_sorted_by(|one, next| one.0 < next.0));
        for (name, pattern) in LAYOUTS.iter().chain(WEEKS) {
            assert!(pieces(pattern).is_ok(), "{pattern}");
            assert!(
                layout(name).is_some() && layout(&format!("strict_{name}")).is_some(),
                "{name}"
            );
        }
    }
}
