//! User-data as a platform gets it, and how much of its limit that takes.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::options::Gzip;
use crate::facts::platform::Platform;
use crate::text::thousands;

/// What a machine is given.
#[derive(Clone, Debug)]
pub struct UserData {
    /// As it is given: the text, or it compressed.
    pub content: Vec<u8>,
    pub compressed: bool,
    /// How many bytes the text has.
    pub text: usize,
}

impl UserData {
    /// A text is compressed when that is asked for, or when it does not fit otherwise.
    pub fn new(platform: &Platform, text: String, gzip: Gzip) -> Self {
        let compressed = match gzip {
            Gzip::Always => true,
            Gzip::Never => false,
            Gzip::AsNeeded => platform.gzip && !platform.takes(text.len()),
        };
        let bytes = text.len();
        let content = if compressed { compress(text.as_bytes()) } else { text.into_bytes() };
        Self { content, compressed, text: bytes }
    }

    /// A text that is never compressed.
    pub fn plain(text: String) -> Self {
        Self { text: text.len(), compressed: false, content: text.into_bytes() }
    }

    /// How much it counts.
    pub fn counted(&self, platform: &Platform) -> usize {
        platform.measure(self.content.len())
    }

    pub fn fits(&self, platform: &Platform) -> bool {
        platform.takes(self.content.len())
    }

    /// `20,385 bytes compressed, but AWS EC2 accepts at most 16,384 bytes (counted before base64)`.
    pub fn measure(&self, platform: &Platform) -> String {
        let most = platform.max_bytes.map_or("any number of".to_owned(), thousands);
        let compressed = if self.compressed { " compressed" } else { "" };
        let (counted, said) = (thousands(self.counted(platform)), platform.measured.said());
        format!("{counted} bytes{compressed}, but {} accepts at most {most} bytes ({said})", platform.title)
    }
}

/// The same bytes for the same text: no name and no time are in it.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    // 255: no operating system is named (RFC 1952).
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::facts::platform::platform;

    #[test]
    fn it_is_compressed_only_where_it_must_be() {
        let aws = platform("aws").unwrap();
        let small = UserData::new(aws, "x".repeat(16384), Gzip::AsNeeded);
        assert!(!small.compressed && small.fits(aws) && small.counted(aws) == 16384);
        let large = UserData::new(aws, "x".repeat(16385), Gzip::AsNeeded);
        assert!(large.compressed && large.fits(aws) && large.text == 16385);
        assert!(!UserData::new(aws, "x".repeat(16385), Gzip::Never).fits(aws));
        assert!(UserData::new(aws, String::new(), Gzip::Always).compressed);
        let hetzner = platform("hetzner").unwrap();
        assert!(!UserData::new(hetzner, "x".repeat(32769), Gzip::AsNeeded).fits(hetzner));
    }

    #[test]
    fn what_is_compressed_is_the_same_each_time_and_names_nothing() {
        let bytes = compress(b"#cloud-config\n");
        assert_eq!(bytes, compress(b"#cloud-config\n"));
        // The magic, deflate, no flags, no time, the best compression, no operating system.
        assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        assert_eq!(text, "#cloud-config\n");
    }
}
