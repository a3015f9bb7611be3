//! Values that a setting should not have.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::name::Name;
use super::typed::{Typed, path};
use crate::facts::embedded::Note;

/// A value that a setting should not have.
#[derive(Debug)]
pub struct Avoided {
    pub setting: Name,
    pub value: Values,
    pub what: String,
    pub help: String,
    /// The help where the setting is written as a flag that a field replaces.
    pub flag_help: Option<String>,
    /// The value is a file, which is as it should be where the model writes it.
    pub unless_written: bool,
}

/// The values that are avoided.
#[derive(Debug)]
pub enum Values {
    /// This one, also as an element.
    Is(Typed),
    /// Any but this one.
    Not(Typed),
    /// Paths in these folders.
    Below(Vec<PathBuf>),
    /// Numbers above this one.
    Above(f64),
    /// Lists of providers by resource, of which the first for this resource is `identity`.
    Plain(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AvoidedRow {
    setting: Name,
    is: Option<String>,
    not: Option<String>,
    below: Option<Vec<String>>,
    most: Option<f64>,
    plain: Option<String>,
    what: String,
    help: String,
    flag_help: Option<String>,
    #[serde(default)]
    unless_written: bool,
    #[serde(rename = "source")]
    _source: Note,
}

impl<'de> Deserialize<'de> for Avoided {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let row = AvoidedRow::deserialize(deserializer)?;
        let value = row.values().map_err(D::Error::custom)?;
        let AvoidedRow { setting, what, help, flag_help, unless_written, .. } = row;
        Ok(Self { setting, value, what, help, flag_help, unless_written })
    }
}

impl AvoidedRow {
    fn values(&self) -> Result<Values, String> {
        let form = self.setting.form();
        let read = |text: &str| form.read_known(text).ok_or_else(|| format!("`{}` is never `{text}`", self.setting));
        if let (Some(resource), None, None, None, None) = (&self.plain, &self.is, &self.not, &self.below, self.most) {
            return Ok(Values::Plain(resource.clone()));
        }
        match (&self.is, &self.not, &self.below, self.most) {
            (Some(text), None, None, None) => read(text).map(Values::Is),
            (None, Some(text), None, None) => read(text).map(Values::Not),
            (None, None, Some(list), None) => Ok(Values::Below(list.iter().map(|text| path(text)).collect())),
            (None, None, None, Some(most)) => Ok(Values::Above(most)),
            _ => Err(format!("`{}`: give one of `is`, `not`, `below`, `most` and `plain`", self.setting)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_misspelt_is_refused() {
        let row = |text: &str| {
            toml::from_str::<Avoided>(&format!("{text}\nwhat = \"a\"\nhelp = \"b\"\nsource = \"c\"")).map(|_| ())
        };
        assert_eq!(row("setting = \"etcd --auto-tls\"\nis = \"true\""), Ok(()));
        for text in [
            "setting = \"etcd --auto-tsl\"\nis = \"true\"",
            "setting = \"etcd --auto-tls\"\nis = \"ture\"",
            "setting = \"etcd --auto-tls\"",
            "setting = \"etcd --auto-tls\"\nis = \"true\"\nnot = \"false\"",
            "setting = \"etcd --auto-tls\"\nIs = \"true\"",
        ] {
            assert!(row(text).is_err(), "{text}");
        }
    }
}
