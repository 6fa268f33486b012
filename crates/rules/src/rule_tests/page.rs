//! The lines of a Markdown page: headings, fenced blocks, and words.

use brokerwatch_expr::Span;

/// A page as a run of items.
pub(crate) struct Page<'t> {
    text: &'t str,
    at: usize,
    /// The line at `at`, from 1.
    line: usize,
}

/// A piece of a page.
pub(crate) enum Item<'t> {
    /// `## title`
    Heading {
        /// How many `#` there are.
        level: usize,
        title: &'t str,
        line: usize,
        span: Span,
    },
    /// A line of words.
    Line { text: &'t str, line: usize, span: Span },
    /// A fenced block.
    Block(Block<'t>),
    /// A fenced block that is still open at the end of the page.
    Unclosed { span: Span },
}

/// A fenced block.
pub(crate) struct Block<'t> {
    /// What stands behind the fence.
    pub(crate) info: &'t str,
    /// The opening line.
    pub(crate) span: Span,
    /// What is between the fences, with its line ends.
    pub(crate) text: &'t str,
    /// Where that stands.
    pub(crate) content: Span,
    /// Its first line, from 1.
    pub(crate) line: usize,
}

impl<'t> Page<'t> {
    pub(crate) fn new(text: &'t str) -> Page<'t> {
        // A mark of the order of bytes is no part of the first line.
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Page { text, at, line: 1 }
    }

    /// The next line without its end.
    fn take(&mut self) -> Option<(&'t str, usize, Span)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let text = rest[..length].trim_end_matches(['\n', '\r']);
        let (line, start) = (self.line, self.at);
        self.at += length;
        self.line += 1;
        Some((text, line, Span::new(start..start + text.len())))
    }

    fn block(&mut self, fence: &Fence<'t>, span: Span) -> Item<'t> {
        let (start, line) = (self.at, self.line);
        let mut end = self.at;
        while let Some((text, ..)) = self.take() {
            if fence.closes(text) {
                let content = Span::new(start..end);
                let text = &self.text[start..end];
                return Item::Block(Block { info: fence.info, span, text, content, line });
            }
            end = self.at;
        }
        Item::Unclosed { span }
    }
}

impl<'t> Iterator for Page<'t> {
    type Item = Item<'t>;

    fn next(&mut self) -> Option<Item<'t>> {
        let (text, line, span) = self.take()?;
        if let Some(fence) = Fence::opening(text) {
            return Some(self.block(&fence, span));
        }
        let title = text.trim_start_matches('#');
        let level = text.len() - title.len();
        if (1..=6).contains(&level) && (title.is_empty() || title.starts_with([' ', '\t'])) {
            // Closing marks, `## Title ##`, are no part of the title.
            let title = title.trim().trim_end_matches('#').trim_end();
            return Some(Item::Heading { level, title, line, span });
        }
        Some(Item::Line { text, line, span })
    }
}

impl<'t> Block<'t> {
    /// The lines that are not empty, with their numbers and places.
    pub(crate) fn lines(&self) -> Vec<(usize, Span, &'t str)> {
        let mut start = self.content.start as usize;
        let mut found = Vec::new();
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            let text = line.trim_end_matches(['\n', '\r']);
            if !text.trim().is_empty() {
                let span = Span::new(start..start + text.len());
                found.push((self.line + number, span, text));
            }
            start += line.len();
        }
        found
    }
}

/// The opening line of a fenced block, as `CommonMark` has it (section 4.5).
struct Fence<'t> {
    mark: char,
    length: usize,
    info: &'t str,
}

impl<'t> Fence<'t> {
    fn opening(line: &'t str) -> Option<Fence<'t>> {
        let text = indented(line)?;
        let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let info = text.trim_start_matches(mark);
        let length = text.len() - info.len();
        (3 <= length && !(mark == '`' && info.contains('`'))).then(|| Fence {
            mark,
            length,
            info: info.trim(),
        })
    }

    fn closes(&self, line: &str) -> bool {
        indented(line).is_some_and(|text| {
            let text = text.trim_end();
            self.length <= text.len() && text.chars().all(|c| c == self.mark)
        })
    }
}

/// The line without up to three blanks before it; more make it code.
fn indented(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() < 4).then_some(text)
}
