//! Lines under each other: where `=` and the comments at their ends stand.

use std::ops::Range;

use super::WIDTH;

/// What is written for one entry, before it is put below the others.
#[derive(Default)]
pub(super) struct AlignedRow<'a> {
    /// Without the indentation of its first line. Nothing is a blank line.
    pub text: String,
    /// Where the `=` of a field is.
    pub equals: Option<usize>,
    /// Spaces that belong before it.
    pub pad: usize,
    /// A comment at its end.
    pub comment: Option<&'a str>,
}

impl AlignedRow<'_> {
    fn is_line(&self) -> bool {
        !self.text.contains('\n')
    }

    /// The columns before the `=`, of a field on one line.
    fn key(&self) -> Option<usize> {
        self.equals.filter(|_| self.is_line()).map(|at| self.text[..at].chars().count())
    }

    /// The columns of the line, of one that has a comment at its end.
    fn commented(&self) -> Option<usize> {
        self.comment.filter(|_| self.is_line()).map(|_| self.width())
    }

    /// The columns of the line.
    fn width(&self) -> usize {
        self.text.chars().count() + self.pad
    }

    /// The row with its `=` in place, and its comment at a column.
    fn write(&self, out: &mut String, comment: Option<usize>) {
        let (key, value) = self.text.split_at(self.equals.unwrap_or_default());
        out.push_str(key);
        out.extend(std::iter::repeat_n(' ', self.pad));
        out.push_str(value);
        let gap = comment.map_or(0, |column| column - self.width()) + 2;
        if let Some(text) = self.comment {
            out.extend(std::iter::repeat_n(' ', gap));
            out.push_str(text);
        }
    }
}

/// Puts the `=` of fields on adjacent lines below each other. A field that would become too long by it stays as it is.
fn align(rows: &mut [AlignedRow<'_>], width: usize) {
    loop {
        for (run, column) in runs(rows, AlignedRow::key) {
            for row in &mut rows[run] {
                row.pad = column - row.key().unwrap_or(column);
            }
        }
        let wide = |row: &&mut AlignedRow<'_>| row.width() > width && row.width() - row.pad <= width;
        let wide: Vec<_> = rows.iter_mut().filter(wide).collect();
        if wide.is_empty() {
            return;
        }
        wide.into_iter().for_each(|row| (row.equals, row.pad) = (None, 0));
    }
}

/// Writes all rows, the comments at the ends of adjacent lines below each other too.
pub(super) fn write(rows: &mut [AlignedRow<'_>], indent: usize, out: &mut String) {
    align(rows, WIDTH.saturating_sub(indent));
    let mut columns = vec![None; rows.len()];
    for (run, column) in runs(rows, AlignedRow::commented) {
        columns[run].fill(Some(column));
    }
    for (row, column) in rows.iter().zip(columns) {
        out.push('\n');
        if !row.text.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            row.write(out, column);
        }
    }
}

/// Adjacent rows that have a measure, and the largest of it.
fn runs<'a>(rows: &[AlignedRow<'a>], measure: impl Fn(&AlignedRow<'a>) -> Option<usize>) -> Vec<(Range<usize>, usize)> {
    let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match (measure(row), runs.last_mut()) {
            (None, _) => {}
            (Some(width), Some((run, column))) if run.end == index => {
                (run.end, *column) = (index + 1, width.max(*column));
            }
            (Some(width), _) => runs.push((index..index + 1, width)),
        }
    }
    runs
}
