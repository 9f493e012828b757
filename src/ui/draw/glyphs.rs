//! The characters that the terminal can show: braille, blocks, or ASCII alone.

use std::borrow::Cow;

use crate::config::Glyphs;

/// The glyphs in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlyphSet {
    /// 2 × 4 dots a cell.
    Braille,
    /// 2 × 2 quadrants a cell.
    Block,
    /// One mark a cell.
    Ascii,
}

impl Glyphs {
    /// The glyphs in use, given a way to look up environment variables.
    ///
    /// Auto takes braille in a UTF-8 locale (LC_ALL, else LC_CTYPE, else LANG), blocks on the Linux console, whose
    /// fonts lack braille, and ASCII in any other locale.
    pub fn resolve(self, env: impl Fn(&str) -> Option<String>) -> GlyphSet {
        match self {
            Glyphs::Braille => GlyphSet::Braille,
            Glyphs::Block => GlyphSet::Block,
            Glyphs::Ascii => GlyphSet::Ascii,
            Glyphs::Auto => {
                let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env(name).filter(|v| !v.is_empty()));
                let locale = locale.unwrap_or_default().to_ascii_lowercase();
                match locale.contains("utf-8") || locale.contains("utf8") {
                    false => GlyphSet::Ascii,
                    true if env("TERM").as_deref() == Some("linux") => GlyphSet::Block,
                    true => GlyphSet::Braille,
                }
            }
        }
    }
}

impl GlyphSet {
    /// Dots a cell: across and down.
    pub fn dots(self) -> (usize, usize) {
        match self {
            GlyphSet::Braille => (2, 4),
            GlyphSet::Block => (2, 2),
            GlyphSet::Ascii => (1, 1),
        }
    }

    /// The bit of a dot in a cell's mask.
    pub fn bit(self, x: usize, y: usize) -> u8 {
        match self {
            // The numbering of braille dots: 1 2 3 7 down the left side, 4 5 6 8 down the right.
            GlyphSet::Braille => [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]][y & 3][x & 1],
            GlyphSet::Block => 1 << ((y & 1) * 2 + (x & 1)),
            GlyphSet::Ascii => 1,
        }
    }

    /// The character for a cell's mask; `layer` chooses among ASCII marks: 0, 1, or 2 for both.
    pub fn dot_char(self, mask: u8, layer: usize) -> char {
        match self {
            GlyphSet::Braille => char::from_u32(0x2800 + mask as u32).unwrap_or(' '),
            GlyphSet::Block => {
                [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'][(mask & 15) as usize]
            }
            GlyphSet::Ascii => ['*', 'o', '@'][layer.min(2)],
        }
    }

    /// A bar of `eighths` eighths of a cell.
    pub fn bar(self, eighths: usize) -> char {
        let eighths = eighths.min(8);
        match self {
            GlyphSet::Ascii => [' ', '.', '.', ':', ':', '-', '=', '+', '#'][eighths],
            _ => [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][eighths],
        }
    }

    /// A cell of a grey image where colours do not serve; `level` from 0 (background) to 1.
    pub fn shade(self, level: f32) -> char {
        let ramp: &[char] = match self {
            GlyphSet::Ascii => &[' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'],
            _ => &[' ', '░', '▒', '▓', '█'],
        };
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        ramp[((level * ramp.len() as f32) as usize).min(ramp.len() - 1)]
    }

    /// A cell of a diverging ground where colours do not serve: dots that thicken above 0, lines that thicken below.
    pub fn ground(self, level: i8) -> char {
        let ramp: [&[char]; 2] = match self {
            GlyphSet::Ascii => [&[' ', ':', '+', '*', '#'], &[' ', '_', '-', '=', '%']],
            _ => [&[' ', '░', '▒', '▓', '█'], &[' ', '╌', '─', '═', '≡']],
        };
        let side = ramp[usize::from(level < 0)];
        side[(level.unsigned_abs() as usize).min(side.len() - 1)]
    }

    fn or(self, pretty: &'static str, ascii: &'static str) -> &'static str {
        if self == GlyphSet::Ascii { ascii } else { pretty }
    }

    /// A panel's rule.
    pub fn rule(self) -> &'static str {
        self.or("─", "-")
    }

    /// The corners and sides of a popup: top left, top right, bottom left, bottom right, side.
    pub fn frame(self) -> [&'static str; 5] {
        match self {
            GlyphSet::Ascii => ["+", "+", "+", "+", "|"],
            _ => ["╭", "╮", "╰", "╯", "│"],
        }
    }

    /// A piece of a dotted line.
    pub fn dotted(self) -> &'static str {
        self.or("┈", ".")
    }

    /// A vertical mark at an intervention.
    pub fn mark(self) -> &'static str {
        self.or("┊", ":")
    }

    /// A piece of a chart's cursor.
    pub fn cursor_line(self) -> &'static str {
        self.or("│", "|")
    }

    /// A value of a line that has one only now and then.
    pub fn point(self) -> &'static str {
        self.or("•", "+")
    }

    /// A value that is not finite.
    pub fn lost(self) -> &'static str {
        self.or("×", "x")
    }

    /// Values above and below the axis.
    pub fn beyond(self) -> [&'static str; 2] {
        match self {
            GlyphSet::Ascii => ["^", "v"],
            _ => ["▲", "▼"],
        }
    }

    /// The chosen row of a list.
    pub fn cursor(self) -> &'static str {
        self.or("▸", ">")
    }

    /// The marker of a place on a line.
    pub fn here(self) -> &'static str {
        self.or("●", "O")
    }

    /// A progress bar's full and empty cell.
    pub fn progress(self) -> [&'static str; 2] {
        match self {
            GlyphSet::Ascii => ["#", "."],
            _ => ["━", "╌"],
        }
    }

    /// `text` in characters of this set: unchanged, or spelt in ASCII.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        if self != GlyphSet::Ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            match c {
                c if c.is_ascii() => out.push(c),
                '−' | '–' | '—' | '‐' => out.push('-'),
                '·' => out.push('*'),
                '×' => out.push('x'),
                '→' => out.push_str("->"),
                '…' => out.push_str("..."),
                '≈' => out.push('~'),
                '±' => out.push_str("+-"),
                '√' => out.push_str("sqrt "),
                '°' => {}
                '²' => out.push_str("^2"),
                '½' => out.push_str("1/2"),
                '¼' => out.push_str("1/4"),
                '≥' => out.push_str(">="),
                '≤' => out.push_str("<="),
                '‖' => out.push_str("||"),
                '∞' => out.push_str("inf"),
                '∂' => out.push('d'),
                '∫' => out.push_str("integral "),
                'Σ' => out.push_str("sum "),
                '←' => out.push_str("<-"),
                '₂' => out.push_str("_2"),
                'α' => out.push_str("alpha"),
                'β' => out.push_str("beta"),
                'χ' => out.push_str("chi"),
                '∇' => out.push_str("grad "),
                'γ' => out.push_str("gamma"),
                'λ' => out.push_str("lambda"),
                'μ' | 'µ' => out.push_str("mu"),
                'π' => out.push_str("pi"),
                'σ' => out.push_str("sigma"),
                'θ' => out.push_str("theta"),
                '“' | '”' => out.push('"'),
                '‘' | '’' => out.push('\''),
                _ => out.push('?'),
            }
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string())
    }

    #[test]
    fn the_locale_chooses() {
        let resolve = |pairs: &[(&str, &str)]| Glyphs::Auto.resolve(env(pairs));
        assert_eq!(resolve(&[("LANG", "en_US.UTF-8")]), GlyphSet::Braille);
        assert_eq!(resolve(&[("LANG", "C.utf8")]), GlyphSet::Braille);
        assert_eq!(resolve(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]), GlyphSet::Ascii);
        assert_eq!(resolve(&[("LANG", "C"), ("LC_CTYPE", "de_DE.UTF-8"), ("LC_ALL", "")]), GlyphSet::Braille);
        assert_eq!(resolve(&[("LANG", "en_US.UTF-8"), ("TERM", "linux")]), GlyphSet::Block);
        assert_eq!(resolve(&[]), GlyphSet::Ascii);
        assert_eq!(Glyphs::Block.resolve(env(&[])), GlyphSet::Block);
    }

    #[test]
    fn every_formula_has_an_ascii_spelling() {
        for objective in crate::theory::objective::ALL {
            for text in [objective.about().title, objective.about().formula] {
                let spelt = GlyphSet::Ascii.text(text);
                assert!(spelt.is_ascii() && !spelt.contains('?'), "{text} became {spelt}");
            }
        }
    }

    #[test]
    fn dots_fill_a_cell() {
        for set in [GlyphSet::Braille, GlyphSet::Block] {
            let (w, h) = set.dots();
            let all = (0..w * h).fold(0, |mask, i| mask | set.bit(i % w, i / w));
            assert!(['⣿', '█'].contains(&set.dot_char(all, 0)));
        }
    }
}
