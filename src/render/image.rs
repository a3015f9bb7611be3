//! Images by their digests: what `kmodel pin --images` found takes the place of each tag, wherever it is written.

use std::collections::BTreeMap;

use crate::facts::hash::Hash;

use super::bundle::Bundle;

/// Writes the digest behind each pinned image in a bundle: in its files, in the flags of its units, in its list of images.
pub(super) fn pin(bundle: &mut Bundle, pins: &BTreeMap<String, Hash>) {
    if pins.is_empty() {
        return;
    }
    for image in &mut bundle.images {
        replace(image, pins).into_iter().for_each(|text| *image = text.into());
    }
    for file in &mut bundle.files {
        let Ok(text) = std::str::from_utf8(&file.content) else { continue };
        replace(text, pins).into_iter().for_each(|text| file.content = text.into_bytes().into());
    }
    for flag in bundle.units.iter_mut().flat_map(|unit| &mut unit.flags) {
        replace(flag, pins).into_iter().for_each(|text| *flag = text);
    }
}

/// A text with the digest behind each pinned image; `None` if there is none in it.
fn replace(text: &str, pins: &BTreeMap<String, Hash>) -> Option<String> {
    let mut places: Vec<_> =
        pins.iter().flat_map(|(image, hash)| ends(text, image).map(move |end| (end, hash))).collect();
    if places.is_empty() {
        return None;
    }
    places.sort_by_key(|(end, _)| *end);
    let (mut out, mut done) = (String::with_capacity(text.len() + places.len() * 72), 0);
    for (end, hash) in places {
        out.push_str(&text[done..end]);
        out.push('@');
        out.push_str(hash.as_str());
        done = end;
    }
    out.push_str(&text[done..]);
    Some(out)
}

/// Where an image ends in a text: not where it is a part of another reference, and not where it has a digest.
fn ends<'a>(text: &'a str, image: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    text.match_indices(image).filter_map(move |(start, _)| {
        let end = start + image.len();
        let apart = !text[..start].ends_with(part) && !text[end..].starts_with(part);
        apart.then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_comes_behind_each_whole_reference() {
        let hash = |digit: &str| Hash::of_digits(&digit.repeat(64)).expect("64 digits");
        let pins = BTreeMap::from([("r.io/p:3.1".to_owned(), hash("a")), ("r.io/p:3.1.2".to_owned(), hash("b"))]);
        let (one, two) = (format!("r.io/p:3.1@{}", hash("a")), format!("r.io/p:3.1.2@{}", hash("b")));
        for (text, wanted) in [
            ("image: r.io/p:3.1\n", Some(format!("image: {one}\n"))),
            ("[\"r.io/p:3.1\", 'r.io/p:3.1.2']", Some(format!("[\"{one}\", '{two}']"))),
            ("--image=r.io/p:3.1.2", Some(format!("--image={two}"))),
            ("mirror/r.io/p:3.1 xr.io/p:3.1 r.io/p:3.1-x r.io/p:3.10", None),
            (&one, None),
            ("", None),
        ] {
            assert_eq!(replace(text, &pins), wanted, "{text}");
        }
    }
}
