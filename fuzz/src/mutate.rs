//! Breaking texts at random.

/// Pieces that mean something to the lexer or the parser.
const PIECES: &[&str] = &[
    "{", "}", "[", "]", "(", ")", "\"", "\"\"\"", "${", "'", "\\", "\n", "\r\n", ",", "=", ":", ".", "..", "->", "?", "??", "?.",
    "//", "///", "#", "/x", "./", "::", "fd00::1", "10.0.0.0/8", "1.2.3", "1h30m", "4GiB", "6443/tcp", "0644", "5%", "$x", "é",
    "for", "in", "if", "then", "else", "cert", "deploy", "component", "overlay", "set", "add", "drop", "unit", "file",
];

/// An endless source of broken texts.
pub struct Mutator<'a> {
    state: u64,
    corpus: &'a [String],
}

impl<'a> Mutator<'a> {
    pub fn new(seed: u64, corpus: &'a [String]) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, corpus }
    }

    /// A text of the corpus with one to eight mutations.
    pub fn next(&mut self) -> String {
        let mut text = self.text().into_bytes();
        for _ in 0..=self.below(8) {
            self.mutate(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % limit.max(1)
    }

    /// A text, or for speed often only some lines of it.
    fn text(&mut self) -> String {
        let at = self.below(self.corpus.len());
        let text = self.corpus.get(at).cloned().unwrap_or_default();
        if self.below(4) == 0 {
            return text;
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let start = self.below(lines.len());
        let end = (start + 1 + self.below(30)).min(lines.len());
        lines.get(start..end).unwrap_or_default().concat()
    }

    fn mutate(&mut self, text: &mut Vec<u8>) {
        let at = self.below(text.len() + 1);
        match self.below(8) {
            0 => self.flip(text, at),
            1 => text.truncate(at),
            2 => self.cut(text, at),
            3 => self.splice(text, at),
            4 => self.duplicate(text, at),
            5 => self.nest(text, at),
            _ => self.insert(text, at),
        }
    }

    fn flip(&mut self, text: &mut [u8], at: usize) {
        let bit = 1 << self.below(8);
        if let Some(byte) = text.get_mut(at) {
            *byte ^= bit;
        }
    }

    fn cut(&mut self, text: &mut Vec<u8>, at: usize) {
        let end = (at + 1 + self.below(20)).min(text.len());
        text.drain(at.min(end)..end);
    }

    fn insert(&mut self, text: &mut Vec<u8>, at: usize) {
        let piece = PIECES[self.below(PIECES.len())];
        text.splice(at..at, piece.bytes());
    }

    /// Some of another text.
    fn splice(&mut self, text: &mut Vec<u8>, at: usize) {
        let other = self.text();
        let start = self.below(other.len());
        let end = (start + self.below(60)).min(other.len());
        text.splice(at..at, other.as_bytes()[start.min(end)..end].to_vec());
    }

    fn duplicate(&mut self, text: &mut Vec<u8>, at: usize) {
        let end = (at + self.below(80)).min(text.len());
        let copy = text[at.min(end)..end].to_vec();
        text.splice(at..at, copy);
    }

    /// The same piece very often.
    fn nest(&mut self, text: &mut Vec<u8>, at: usize) {
        if self.below(6) > 0 {
            return self.insert(text, at);
        }
        let piece = PIECES[self.below(PIECES.len())];
        let count = self.below(3000);
        text.splice(at..at, piece.repeat(count).into_bytes());
    }
}
