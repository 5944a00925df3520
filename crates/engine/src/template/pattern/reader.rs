//! Reads a pattern from left to right. Not here: what anything in it means.

/// What is left of a pattern.
#[derive(Debug, Clone)]
pub(super) struct Reader<'p> {
    rest: &'p str,
}

impl<'p> Reader<'p> {
    pub(super) fn new(rest: &'p str) -> Self {
        Self { rest }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    /// Takes a text if it is what comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes everything before `end`, and `end` itself; everything if it does not come.
    pub(super) fn until(&mut self, end: &str) -> &'p str {
        let (taken, rest) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes a name of ASCII letters and digits between two signs.
    pub(super) fn name(&mut self, open: &str, close: &str) -> Result<&'p str, &'static str> {
        let wrong = "has a group without a name";
        if !self.take(open) || !self.rest.contains(close) {
            return Err(wrong);
        }
        let name = self.until(close);
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric());
        is_name.then_some(name).ok_or(wrong)
    }

    /// Takes up to `count` digits, as a number.
    pub(super) fn number(&mut self, radix: u32, count: usize) -> Option<u32> {
        let digits = self.rest.chars().take(count);
        let digits = digits.take_while(|digit| digit.is_digit(radix)).count();
        let (digits, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        u32::from_str_radix(digits, radix).ok()
    }
}
