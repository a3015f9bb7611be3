//! The edit that makes one text of another.

/// A stretch that was put in the place of another; all before and behind it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where both begin.
    pub start: u32,
    /// Where the old one ends, in the old text.
    pub old: u32,
    /// Where the new one ends, in the new text.
    pub new: u32,
}

impl Edit {
    /// The shortest edit that makes `new` of `old`. Its bounds may be inside a character.
    pub(super) fn between(old: &str, new: &str) -> Self {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let blocks = same(old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK))) * BLOCK;
        let start = blocks + same(old[blocks..].iter().zip(&new[blocks..]));
        let (old_rest, new_rest) = (&old[start..], &new[start..]);
        let blocks = same(old_rest.rchunks_exact(BLOCK).zip(new_rest.rchunks_exact(BLOCK))) * BLOCK;
        let (old_rest, new_rest) = (&old_rest[..old_rest.len() - blocks], &new_rest[..new_rest.len() - blocks]);
        let end = blocks + same(old_rest.iter().rev().zip(new_rest.iter().rev()));
        Self { start: start as u32, old: (old.len() - end) as u32, new: (new.len() - end) as u32 }
    }

    /// By how much what is behind it moves, modulo 2^32.
    pub(super) fn by(self) -> u32 {
        self.new.wrapping_sub(self.old)
    }
}

/// Many bytes are compared faster together.
const BLOCK: usize = 64;

fn same<T: PartialEq>(pairs: impl Iterator<Item = (T, T)>) -> usize {
    pairs.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_as_short_as_it_can_be() {
        let between = |old, new| Edit::between(old, new);
        assert_eq!(between("abc", "abXc"), Edit { start: 2, old: 2, new: 3 });
        assert_eq!(between("aa", "aaa"), Edit { start: 2, old: 2, new: 3 });
        assert_eq!(between("aaa", "a"), Edit { start: 1, old: 3, new: 1 });
        assert_eq!(between("", ""), Edit { start: 0, old: 0, new: 0 });
        assert_eq!(between("abc", "axc"), Edit { start: 1, old: 2, new: 2 });
        let (old, new) = ("a".repeat(300), format!("{}x{}", "a".repeat(200), "a".repeat(100)));
        assert_eq!(between(&old, &new), Edit { start: 200, old: 200, new: 201 });
    }
}
