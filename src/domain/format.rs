//! Numbers and times as the dashboard shows them.

/// Four significant digits, e.g. `0.1234`, `-12.34`, `1.234e-5`; `NaN`, `inf`.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if value == 0.0 {
        return "0".into();
    }
    // Rounding first: 9999.6 is 1.000e4, not 10000.
    let scientific = format!("{value:.3e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    match exponent {
        -3..=3 => format!("{value:.*}", (3 - exponent) as usize),
        _ => scientific,
    }
}

/// A setting: up to four significant digits without trailing zeros, e.g. `0.01`, `5e-5`, `0.0125`.
pub fn setting(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return number(value);
    }
    let scientific = format!("{value:.3e}");
    let rounded: f64 = scientific.parse().unwrap_or(value);
    match rounded.abs() {
        1e-3..1e6 => format!("{rounded}"),
        _ => format!("{rounded:e}"),
    }
}

/// A count with thousands apart, e.g. `12,345`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count in little room, e.g. `950`, `12.5k`, `3M`.
pub fn short_count(value: f64) -> String {
    for (unit, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if value.abs() >= unit {
            return format!("{}{suffix}", trimmed(value / unit, 3));
        }
    }
    trimmed(value, 3)
}

/// A number of bytes, e.g. `950 B`, `9.8 KiB`, `131 MiB`.
pub fn bytes(value: f64) -> String {
    for (unit, suffix) in [(1u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        let scaled = value / unit as f64;
        if scaled >= 1.0 {
            let decimals = usize::from(scaled < 99.95);
            return format!("{scaled:.decimals$} {suffix}");
        }
    }
    format!("{value:.0} B")
}

/// A tick's label: as many decimals as its step needs.
pub fn tick(value: f64, step: f64) -> String {
    let magnitude = value.abs().max(step.abs());
    if value.abs() < step.abs() * 1e-6 {
        return "0".into();
    }
    if !(1e-3..1e5).contains(&magnitude) {
        let digits = (magnitude.log10().floor() - step.abs().log10().floor()).clamp(0.0, 4.0) as usize;
        return format!("{value:.digits$e}");
    }
    let decimals = (-step.abs().log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}")
}

/// A rate a second, e.g. `412.3`, `20,134`.
pub fn rate(value: f64) -> String {
    if value >= 1000.0 { count(value.round() as u64) } else { number(value) }
}

/// A share of one, e.g. `63.2 %`.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { number(share) }
}

/// A time, e.g. `0:18`, `12:05`, `1:02:03`, `3d 04:05`.
pub fn duration(seconds: f64) -> String {
    if !(0.0..=1e11).contains(&seconds) {
        return "?".into();
    }
    let s = seconds.round() as u64;
    let (days, hours, minutes, seconds) = (s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}d {hours:02}:{minutes:02}"),
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

/// A value that is known up to an error, which has one digit that counts: `≈ 0.31 ± 0.1`.
pub fn estimate(value: f64, error: f64) -> String {
    if !(error.is_finite() && error > 0.0) {
        return format!("≈ {}", number(value));
    }
    // Of the error rounded to that digit: 0.096 is 0.1.
    let rounded: f64 = format!("{error:.0e}").parse().unwrap_or(error);
    let power = (rounded.log10() + 1e-9).floor() as i32;
    let digits = |finer: i32| usize::try_from(finer - power).unwrap_or(0).min(12);
    format!("≈ {value:.*} ± {rounded:.*}", digits(1), digits(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_the_digits_that_its_error_leaves() {
        for (value, error, text) in [
            (0.3127, 0.11, "≈ 0.31 ± 0.1"),
            (0.3127, 0.096, "≈ 0.31 ± 0.1"),
            (11.6531, 1.4, "≈ 11.7 ± 1"),
            (131.2, 23.0, "≈ 131 ± 20"),
            (0.00021, 0.0007, "≈ 0.00021 ± 0.0007"),
            (-1.32, 0.02, "≈ -1.320 ± 0.02"),
        ] {
            assert_eq!(estimate(value, error), text);
        }
        assert_eq!(estimate(0.5, f64::NAN), format!("≈ {}", number(0.5)));
    }

    #[test]
    fn numbers_have_four_digits() {
        let cases = [
            (0.0, "0"),
            (0.12345, "0.1235"),
            (-12.3456, "-12.35"),
            (9999.6, "1.000e4"),
            (1234.0, "1234"),
            (0.00123456, "0.001235"),
            (-1.23456e-5, "-1.235e-5"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn settings_are_short() {
        let cases = [(5e-5, "5e-5"), (0.01, "0.01"), (0.01 * 1.25, "0.0125"), (0.01 / 1.25, "0.008"), (1.0, "1")];
        for (value, text) in cases {
            assert_eq!(setting(value), text);
        }
    }

    #[test]
    fn counts_and_times() {
        assert_eq!([0, 999, 1000, 1234567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 950.0, 12_500.0, 3e6].map(short_count), ["0", "950", "12.5k", "3M"]);
        assert_eq!([18.0, 725.0, 3723.0, 273_900.0].map(duration), ["0:18", "12:05", "1:02:03", "3d 04:05"]);
        assert_eq!(duration(f64::INFINITY), "?");
        assert_eq!(percent(0.632), "63.2 %");
        assert_eq!(rate(20_134.4), "20,134");
        assert_eq!(
            [0.0, 950.0, 10_035.2, 131.0 * 1048576.0, 79.6 * 1073741824.0].map(bytes),
            ["0 B", "950 B", "9.8 KiB", "131 MiB", "79.6 GiB"]
        );
    }

    #[test]
    fn ticks_show_their_step() {
        assert_eq!([tick(0.25, 0.05), tick(-1.0, 0.5), tick(1e-17, 0.1)], ["0.25", "-1.0", "0"]);
        assert_eq!([tick(2e-5, 1e-5), tick(1.5e6, 5e5)], ["2e-5", "1.5e6"]);
    }
}
