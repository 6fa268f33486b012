//! What stands behind the fence of a block: a word, and options of the form `name=value`.

/// The words of a fence.
pub(super) struct Words<'t> {
    /// The kind of block.
    pub(super) first: &'t str,
    options: Vec<(&'t str, &'t str)>,
}

impl<'t> Words<'t> {
    /// Reads them; the error says what is wrong.
    pub(super) fn read(info: &'t str) -> Result<Words<'t>, String> {
        let first = info.split_whitespace().next().unwrap_or_default();
        let mut rest = info[first.len()..].trim_start();
        let mut options: Vec<(&str, &str)> = Vec::new();
        while !rest.is_empty() {
            let Some((name, value)) = rest.split_once('=') else {
                return Err(format!("`{rest}` is no option of the form name=value"));
            };
            let (value, behind) = value_of(value)?;
            if options.iter().any(|(known, _)| *known == name) {
                return Err(format!("the option `{name}` stands twice"));
            }
            options.push((name, value));
            rest = behind.trim_start();
        }
        Ok(Words { first, options })
    }

    /// The value of an option.
    pub(super) fn get(&self, name: &str) -> Option<&'t str> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The first option that is none of these.
    pub(super) fn unknown(&self, allowed: &[&str]) -> Option<&'t str> {
        self.options.iter().map(|(name, _)| *name).find(|name| !allowed.contains(name))
    }
}

/// A value in single or double quotes, or up to the next blank; and what stands behind it.
fn value_of(text: &str) -> Result<(&str, &str), String> {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner
                .split_once(quote)
                .ok_or_else(|| format!("the quote {quote} is never closed"));
        }
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    Ok(text.split_at(end))
}
