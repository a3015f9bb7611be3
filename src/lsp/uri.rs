//! Addresses of files, and the places that they stand for.
//!
//! `file:` addresses are paths; those below the folder of the standard library's copies are its files. Any other scheme
//! (`untitled:`, `vscode-vfs:`) is taken as a path whose first part is the scheme, so that imports between such files
//! work as between files on disk.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;

use super::standard;
use crate::check::ModulePlace;
use crate::check::place::normal;

/// The place that an address stands for.
pub(super) fn place(uri: &Uri) -> ModulePlace {
    place_of(uri.as_str())
}

fn place_of(uri: &str) -> ModulePlace {
    let path = match uri.strip_prefix("file://") {
        // Behind `file://` may stand a host, which is this one.
        Some(rest) => rest.find('/').map_or("", |slash| &rest[slash..]),
        None => return ModulePlace::File(normal(Path::new(&decoded(uri)))),
    };
    let path = normal(Path::new(&decoded(path)));
    match standard::inside(&path) {
        Some(inside) => ModulePlace::Standard(inside),
        None => ModulePlace::File(path),
    }
}

/// The address of a place; `None` for a file of the standard library whose copy cannot be written.
pub(super) fn uri(place: &ModulePlace) -> Option<Uri> {
    let path = match place {
        ModulePlace::File(path) => path.clone(),
        ModulePlace::Standard(inside) => standard::copy(inside)?,
    };
    of_path(&path)
}

/// The address of a path.
pub(super) fn of_path(path: &Path) -> Option<Uri> {
    let text = path.to_str()?;
    let text = if path.is_absolute() { format!("file://{}", encoded(text)) } else { encoded(text) };
    Uri::from_str(&text).ok()
}

/// The path of a place on disk.
pub(super) fn path(place: &ModulePlace) -> Option<&PathBuf> {
    match place {
        ModulePlace::File(path) if path.is_absolute() => Some(path),
        _ => None,
    }
}

/// A text with its `%20` and the like undone; what is not well-formed stays as it is.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter().copied();
    while let Some(byte) = bytes.next() {
        let code = || {
            let mut digits = bytes.clone().map(|digit| char::from(digit).to_digit(16));
            Some((digits.next()?? * 16 + digits.next()??) as u8)
        };
        match (byte, code()) {
            (b'%', Some(code)) => {
                out.push(code);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A path as it stands in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_agree() {
        for text in ["file:///a/b.km", "file:///a/b%20c/%C3%A4.km", "file:///a/b%23c.km"] {
            let uri = Uri::from_str(text).expect("an address");
            let back = super::uri(&place(&uri)).expect("an address");
            assert_eq!(back.as_str(), text);
        }
    }

    #[test]
    fn other_schemes_are_places_too() {
        assert_eq!(place_of("untitled:Untitled-1"), ModulePlace::File("untitled:Untitled-1".into()));
        assert_eq!(place_of("file://localhost/a/../b.km"), ModulePlace::File("/b.km".into()));
        assert_eq!(place_of("file:///c%3A/x%ZZ.km"), ModulePlace::File("/c:/x%ZZ.km".into()));
    }
}
