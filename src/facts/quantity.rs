//! Quantities as Kubernetes writes them: `100m`, `256Mi`, `1e9`.
//!
//! The grammar is that of `resource.Quantity` of apimachinery:
//! <https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity>. A sign, a decimal number, and a suffix: a binary one
//! (`Ki` to `Ei`), a decimal one (`n` to `E`), or a decimal exponent.

/// The decimal suffixes, each with its power of ten.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// The binary suffixes, each with its power of two.
const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// The number that a quantity stands for; `None` for a text that Kubernetes refuses.
pub fn quantity(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    // `5.` and `.5` are numbers, a point alone is not, and neither is one with two points; Rust reads them alike.
    let number: f64 = digits.parse().ok()?;
    Some(sign * number * factor(suffix)?)
}

fn factor(suffix: &str) -> Option<f64> {
    let find = |table: &[(&str, i32)]| table.iter().find(|(known, _)| *known == suffix).map(|(_, power)| *power);
    if let Some(power) = find(&DECIMAL) {
        return Some(10f64.powi(power));
    }
    if let Some(power) = find(&BINARY) {
        return Some(2f64.powi(power));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some(10f64.powi(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_kubernetes() {
        let table = [
            ("0", 0.0),
            ("2", 2.0),
            ("+2", 2.0),
            ("-2", -2.0),
            ("5.", 5.0),
            (".5", 0.5),
            ("500m", 0.5),
            ("100000u", 0.1),
            ("500n", 5e-7),
            ("1k", 1e3),
            ("1.5G", 1.5e9),
            ("3T", 3e12),
            ("2P", 2e15),
            ("1E", 1e18),
            ("1Ki", 1024.0),
            ("100Mi", 104_857_600.0),
            ("1.5Gi", 1_610_612_736.0),
            ("1Ti", 1_099_511_627_776.0),
            ("1Pi", 1_125_899_906_842_624.0),
            ("1Ei", 1_152_921_504_606_846_976.0),
            ("1e9", 1e9),
            ("1E9", 1e9),
            ("12e+6", 12e6),
            ("5e-3", 0.005),
            ("8589934592", 8_589_934_592.0),
        ];
        for (text, number) in table {
            let read = quantity(text).unwrap_or_else(|| panic!("`{text}` is a quantity"));
            assert!((read - number).abs() <= number.abs() * 1e-12, "`{text}` is {number}, not {read}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in
            ["", ".", "+", "x", "Mi", "5%", "1K", "1mi", "1KiB", "1B", "1 Mi", " 1", "1e", "e9", "1e1.5", "1..2"]
        {
            assert_eq!(quantity(text), None, "`{text}`");
        }
    }
}
