//! The digest that a registry has for a tag: version 2 of its API, with the token that it asks for.
//!
//! The digest is that of the bytes that came. A registry that states another one in its header is not believed.

use sha2::{Digest, Sha256};

use super::PinError;
use super::https::{Client, Reply};
use super::image::Reference;
use crate::facts::hash::Hash;

/// What a tag may stand for: an index of all architectures, else the manifest of one. The first version of manifests is
/// not among them, since its digest is that of a part.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// The header in which a registry states a digest.
const DIGEST: &str = "docker-content-digest";

/// The digest of an image, from its own registry or from a mirror's host.
pub(super) fn digest(client: &Client, image: &Reference<'_>, mirror: Option<&str>) -> Result<Hash, PinError> {
    let Reference { repository, tag, .. } = image;
    let url = match mirror {
        Some(mirror) => format!("{mirror}/v2/{repository}/manifests/{tag}"),
        None => format!("https://{}/v2/{repository}/manifests/{tag}", image.host()),
    };
    let mut reply = client.ask(&url, &[("accept", ACCEPT)])?;
    if reply.status == 401 {
        let token = token(client, &url, reply.header("www-authenticate"), repository)?;
        reply = client.ask(&url, &[("accept", ACCEPT), ("authorization", &format!("Bearer {token}"))])?;
    }
    match reply.status {
        200 => of_manifest(&url, &reply),
        401 | 403 => Err(PinError::new(
            format!("`{url}` cannot be read: the registry asks for a login"),
            "kmodel reads public images only: write the image with its digest, `NAME:TAG@sha256:...`",
        )),
        404 => Err(PinError::new(
            format!("the registry has no image `{repository}:{tag}` (`{url}`)"),
            "check its name and tag",
        )),
        status => Err(super::failure::at_status(&url, status)),
    }
}

fn of_manifest(url: &str, reply: &Reply) -> Result<Hash, PinError> {
    let json: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
    if json.and_then(|json| json.get("schemaVersion")?.as_u64()) != Some(2) {
        let message = format!("`{url}` does not answer with a manifest of version 2");
        return Err(PinError::new(message, "a proxy may have answered in place of the registry: open it in a browser"));
    }
    let digits: String = Sha256::digest(&reply.body).iter().map(|byte| format!("{byte:02x}")).collect();
    let found = Hash::of_digits(&digits).expect("SHA-256 has 64 digits");
    let stated: Option<Hash> = reply.header(DIGEST).and_then(|text| text.parse().ok());
    match stated.filter(|stated| stated.algorithm() == found.algorithm() && *stated != found) {
        Some(stated) => Err(PinError::new(
            format!("`{url}` states the digest `{stated}`, but what came has `{found}`"),
            "try again: something between changes what the registry sends",
        )),
        None => Ok(found),
    }
}

/// The token for reading a repository, from where the registry says that there is one.
fn token(client: &Client, url: &str, challenge: Option<&str>, repository: &str) -> Result<String, PinError> {
    let parts = challenge.and_then(|text| text.strip_prefix("Bearer ")).map(parameters).unwrap_or_default();
    let part = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let realm = part("realm").filter(|realm| realm.starts_with("https://")).ok_or_else(|| {
        let message = format!("`{url}` asks for a login, and not for a token from an HTTPS server");
        PinError::new(message, "write the image with its digest, `NAME:TAG@sha256:...`")
    })?;
    let scope = part("scope").map_or_else(|| format!("repository:{repository}:pull"), str::to_owned);
    let service = part("service").map(|service| format!("&service={}", encoded(service))).unwrap_or_default();
    let separator = if realm.contains('?') { '&' } else { '?' };
    let place = format!("{realm}{separator}scope={}{service}", encoded(&scope));
    let reply = client.ask(&place, &[])?;
    let json: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status == 200);
    let found =
        json.and_then(|json| Some(json.get("token").or_else(|| json.get("access_token"))?.as_str()?.to_owned()));
    let usable = found.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
    usable.ok_or_else(|| {
        let message = format!("`{realm}` gives no token: the server answered {}", reply.status);
        PinError::new(
            message,
            "kmodel reads public images only: write the image with its digest, `NAME:TAG@sha256:...`",
        )
    })
}

/// `name="value"` pairs with commas between them; a comma may be in a value.
fn parameters(mut text: &str) -> Vec<(&str, &str)> {
    let mut list = Vec::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let Some((value, after)) = rest.split_once('"') else { break };
        list.push((name.trim_matches([',', ' ']), value));
        text = after;
    }
    list
}

/// A text as a part of a query.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_with_commas_in_its_values() {
        let text =
            "realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\", scope=\"repository:a/b:pull,push\"";
        let read = parameters(text);
        assert_eq!(read[0], ("realm", "https://auth.docker.io/token"));
        assert_eq!(read[2], ("scope", "repository:a/b:pull,push"));
        assert_eq!(parameters("Basic"), []);
        assert_eq!(encoded("a b&c=ü"), "a%20b%26c%3D%C3%BC");
    }
}
