//! Patterns, both ways.

use super::{DatePattern, Zone};

fn nanos(text: &str) -> i128 {
    text.parse::<jiff::Timestamp>().unwrap().as_nanosecond()
}

#[track_caller]
fn pattern(text: &str) -> DatePattern {
    DatePattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn moments_are_written() {
    let moment = nanos("2023-10-03T00:05:01.543123Z");
    for (text, expected) in [
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2023-10-03T00:05:01.543Z"),
        ("yy uu y u yyyyy", "23 23 2023 2023 02023"),
        ("M MM MMM MMMM MMMMM L", "10 10 Oct October O 10"),
        ("Q QQ QQQ QQQQ", "4 04 Q4 4th quarter"),
        ("d dd D DDD", "3 03 276 276"),
        ("E EEEE EEEEE e c", "Tue Tuesday T 3 3"),
        ("YYYY w W", "2023 40 1"),
        ("h hh K k kk H HH a", "12 12 0 24 24 0 00 AM"),
        ("m mm s ss", "5 05 1 01"),
        ("S SSSSSS SSSSSSSSS n", "5 543123 543123000 543123000"),
        ("A N", "301543 301543123000"),
        ("X XX XXX x xx xxx Z ZZZZ ZZZZZ z VV O", "Z Z Z +00 +0000 +00:00 +0000 GMT Z Z Z GMT"),
        ("G GGGG", "AD Anno Domini"),
        ("F g gggggg B BBBB BBBBB", "1 60220 060220 at night at night at night"),
        ("v vvvv zzzz", "Z Z Z"),
        ("pppd|ppHH", "  3|00"),
        ("'it''s' '' [yyyy[ 'x']]", "it's ' 2023 x"),
        ("yyyy年", "2023年"),
        ("yyyy||MM", "2023"),
        ("strict_date_optional_time", "2023-10-03T00:05:01.543123Z"),
        ("iso8601", "2023-10-03T00:05:01.543123Z"),
        ("epoch_millis", "1696291501543"),
        ("epoch_second", "1696291501"),
        ("basic_date_time", "20231003T000501.543123Z"),
        ("strict_year_month", "2023-10"),
        ("week_date", "2023-W40-2"),
        ("basic_week_date_time", "2023W402T000501.543123Z"),
    ] {
        assert_eq!(pattern(text).write(moment, &Zone::UTC), expected, "{text}");
    }
}

#[test]
fn far_years_have_signs() {
    let far = pattern("yyyy uuuu G");
    assert_eq!(far.write(i128::from(i64::MAX) * 1_000_000, &Zone::UTC), "+292278994 +292278994 AD");
    assert_eq!(far.write(i128::from(i64::MIN) * 1_000_000, &Zone::UTC), "+292275056 -292275055 BC");
    let iso = pattern("iso8601");
    assert_eq!(
        iso.write(i128::from(i64::MAX) * 1_000_000, &Zone::UTC),
        "+292278994-08-17T07:12:55.807Z"
    );
}

#[test]
fn the_last_days_of_a_year_may_be_of_the_next_ones_first_week() {
    for (day, expected) in [
        ("2023-12-30T00:00:00Z", "2023 52"),
        ("2023-12-31T00:00:00Z", "2024 1"),
        ("2024-01-06T00:00:00Z", "2024 1"),
        ("2024-01-07T00:00:00Z", "2024 2"),
    ] {
        assert_eq!(pattern("YYYY w").write(nanos(day), &Zone::UTC), expected, "{day}");
    }
}

#[test]
fn texts_are_read() {
    for (format, text, expected) in [
        ("yyyy-MM-dd HH:mm:ss", "2023-02-01 12:15:55", "2023-02-01T12:15:55Z"),
        ("dd/MMM/yyyy:HH:mm:ss Z", "12/Jul/2022:10:24:10 +0900", "2022-07-12T01:24:10Z"),
        ("d/MMMM/yy", "1/September/22", "2022-09-01T00:00:00Z"),
        ("EEE MMM d yyyy", "Wed Feb 1 2023", "2023-02-01T00:00:00Z"),
        ("yyyyMMddHHmmssSSS", "20230201121555123", "2023-02-01T12:15:55.123Z"),
        ("hh:mm a yyyy-MM-dd", "12:30 AM 2023-02-01", "2023-02-01T00:30:00Z"),
        ("h:mm a yyyy-MM-dd", "1:30 PM 2023-02-01", "2023-02-01T13:30:00Z"),
        ("yyyy-DDD", "2024-366", "2024-12-31T00:00:00Z"),
        ("yyyy-MM-dd[ HH[:mm]]", "2023-02-01", "2023-02-01T00:00:00Z"),
        ("yyyy-MM-dd[ HH[:mm]]", "2023-02-01 07", "2023-02-01T07:00:00Z"),
        ("yyyy-MM-dd HH:mm VV", "2023-07-01 12:00 Europe/Berlin", "2023-07-01T10:00:00Z"),
        ("yyyy-MM-dd HH:mm z", "2023-07-01 12:00 PDT", "2023-07-01T19:00:00Z"),
        ("yyyy-MM-dd HH:mm z", "2023-07-01 12:00 UTC", "2023-07-01T12:00:00Z"),
        ("yyyy-MM-dd HH:mm O", "2023-07-01 12:00 GMT+2", "2023-07-01T10:00:00Z"),
        ("yyyy-MM-dd HH:mmXXX", "2023-07-01 12:00-05:30", "2023-07-01T17:30:00Z"),
        ("yyyy-MM-dd HH:mmX", "2023-07-01 12:00+01", "2023-07-01T11:00:00Z"),
        ("yyyy-MM-dd", "2023-02-30", "2023-02-28T00:00:00Z"),
        ("yyyy-MM", "2023-02", "2023-02-01T00:00:00Z"),
        ("yyyy", "2023", "2023-01-01T00:00:00Z"),
        ("HH:mm", "10:15", "1970-01-01T10:15:00Z"),
        ("MM-dd", "03-04", "1970-03-04T00:00:00Z"),
        ("YYYY-ww-e", "2024-01-1", "2023-12-31T00:00:00Z"),
        ("yyyy/MM/dd||epoch_second", "1696291501", "2023-10-03T00:05:01Z"),
        ("epoch_millis", "1696291501543", "2023-10-03T00:05:01.543Z"),
        ("strict_date_optional_time", "2023-02-01T12:15+02:00", "2023-02-01T10:15:00Z"),
        ("date_time", "2023-02-01T12:15:55.123456+0100", "2023-02-01T11:15:55.123456Z"),
        ("basic_date", "20230201", "2023-02-01T00:00:00Z"),
    ] {
        let read = pattern(format).read(text, &Zone::UTC);
        assert_eq!(read, Some(nanos(expected)), "{text} as {format}");
    }
}

#[test]
fn texts_that_do_not_fit_are_refused() {
    for (format, text) in [
        ("yyyy-MM-dd", "2023-02-01 foo"),
        ("yyyy-MM-dd", "2023-2-01"),
        ("yyyy-MM-dd", "2023-13-01"),
        ("yyyy-MM-dd", "23-01-01"),
        ("yyyy-MM-dd", "12023-01-01"),
        ("yyyy-MM-dd", ""),
        ("date", "2023-02-30"),
        ("week_date", "2023-W53-1"),
        ("week_date", "2023-W10-8"),
        ("strict_date_optional_time", "2023-02-01 12:15:55"),
        ("strict_date_optional_time", "1696291501543"),
        ("MMM", "oct"),
        ("EEE yyyy-MM-dd", "Mon 2023-02-01"),
        ("yyyy-DDD", "2023-366"),
        ("HH:mm k", "10:15 11"),
        ("yyyy yyyy", "2023 2024"),
        ("HH:mm", "24:00"),
        ("HH:mm VV", "10:15 Europe/Atlantis"),
        ("HH:mmXXX", "10:15+19:00"),
        ("uuuu", "-0000"),
        ("yyyyMMdd", "2023021"),
        ("n", "99999999999999999999"),
    ] {
        assert_eq!(pattern(format).read(text, &Zone::UTC), None, "{text} as {format}");
    }
}

#[test]
fn a_text_without_a_zone_is_of_the_given_one() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    for (format, text, expected) in [
        ("yyyy-MM-dd HH:mm", "2023-07-01 12:00", "2023-07-01T10:00:00Z"),
        ("yyyy-MM-dd HH:mm", "2023-03-26 02:30", "2023-03-26T01:30:00Z"),
        ("yyyy-MM-dd HH:mm X", "2023-07-01 12:00 Z", "2023-07-01T12:00:00Z"),
        ("iso8601", "2023-07-01T12:00", "2023-07-01T10:00:00Z"),
        ("iso8601", "2023-07-01T12:00Z", "2023-07-01T12:00:00Z"),
    ] {
        assert_eq!(pattern(format).read(text, &berlin), Some(nanos(expected)), "{text}");
    }
    let shifted = ["UTC+1", "+01:00", "GMT+01", "+0100"].map(|id| Zone::parse(id).unwrap());
    for zone in shifted {
        let read = pattern("HH:mm").read("01:00", &zone);
        assert_eq!(read, Some(0), "{zone:?}");
    }
}

#[test]
fn patterns_that_mean_nothing_are_refused() {
    for (text, reason) in [
        ("foo", "Unknown pattern letter: f"),
        ("yyyy-MMMMMM", "Too many pattern letters: M"),
        ("ddd", "Too many pattern letters: d"),
        ("yyyy 'at", "Pattern ends with an incomplete string literal: yyyy 'at"),
        ("yyyy]", "Pattern invalid as it contains ] without previous ["),
        ("yyyy#", "Pattern includes reserved character: '#'"),
        ("BB", "Too many pattern letters: B"),
        ("p-", "Pad letter 'p' must be followed by valid pad pattern: p-"),
        ("ppp", "Pad letter 'p' must be followed by valid pad pattern: ppp"),
        ("yyyyyyyyyyyyyyyyyyyy", "Too many pattern letters: y"),
    ] {
        let error = DatePattern::parse(text).unwrap_err();
        assert_eq!(error, format!("Invalid format: [{text}]: {reason}"));
    }
    assert!(DatePattern::parse(&"[".repeat(100_000)).is_err());
    assert!(DatePattern::parse(&format!("{}d", "p".repeat(100_000))).is_err());
}

#[test]
fn what_is_written_is_read() {
    let moment = nanos("2023-10-03T14:05:01.543Z");
    for text in [
        "yyyy-MM-dd'T'HH:mm:ss.SSSX",
        "EEEE, d MMMM uuuu hh:mm:ss.SSS a zzzz",
        "yyyyMMddHHmmssSSS",
        "YYYY-ww-e N",
        "DDDyyyy A",
        "ppppd/ppM/yyyy HH:mm:ss.SSS",
        "g N",
        "uuuu-MM-dd h:mm:ss.SSS B",
        "iso8601",
        "basic_ordinal_date_time",
        "strict_week_date_time",
        "basic_week_date_time",
    ] {
        let pattern = pattern(text);
        let written = pattern.write(moment, &Zone::UTC);
        assert_eq!(pattern.read(&written, &Zone::UTC), Some(moment), "{written} as {text}");
    }
}

#[test]
fn weeks_of_iso_8601_are_of_the_year_of_their_thursday() {
    for (day, expected) in [
        ("2023-01-01T00:00:00Z", "2022-W52-7"),
        ("2024-12-30T00:00:00Z", "2025-W01-1"),
        ("2020-12-31T00:00:00Z", "2020-W53-4"),
    ] {
        let format = pattern("week_date");
        assert_eq!(format.write(nanos(day), &Zone::UTC), expected);
        assert_eq!(format.read(expected, &Zone::UTC), Some(nanos(day)));
    }
}

#[test]
fn clocks_of_a_zone_are_written() {
    let moment = nanos("2023-07-03T22:05:01.500Z");
    for (zone, text, expected) in [
        ("Europe/Berlin", "uuuu-MM-dd HH:mm z VV", "2023-07-04 00:05 CEST Europe/Berlin"),
        (
            "Europe/Berlin",
            "X XX XXX x Z ZZZZ O OOOO",
            "+02 +0200 +02:00 +02 +0200 GMT+02:00 GMT+2 GMT+02:00",
        ),
        ("Europe/Berlin", "iso8601", "2023-07-04T00:05:01.500+02:00"),
        ("Europe/Berlin", "epoch_millis", "1688421901500"),
        ("-05:30", "HH:mm X O VV z", "16:35 -0530 GMT-5:30 -05:30 -05:30"),
        ("America/New_York", "EEEE HH z", "Monday 18 EDT"),
    ] {
        let zone = Zone::parse(zone).unwrap();
        assert_eq!(pattern(text).write(moment, &zone), expected, "{text}");
    }
}

#[test]
fn moments_that_zones_do_not_reach_have_the_last_offset() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let last = i128::from(i64::MAX) * 1_000_000;
    assert_eq!(pattern("uuuu XXX").write(last, &berlin), "+292278994 +01:00");
    assert_eq!(
        pattern("uuuu-MM-dd").read("+200000-01-02", &berlin),
        pattern("uuuu-MM-dd HH").read("+200000-01-01 23", &Zone::UTC)
    );
}
