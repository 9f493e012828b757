//! Colours: what the terminal has, and which style stands for what. The background is always the terminal's own.

use ratatui::style::{Color, Modifier, Style};

/// The colours a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    /// What NO_COLOR, COLORTERM and TERM say
    #[default]
    Auto,
    /// The terminal's sixteen
    #[value(name = "16")]
    Ansi16,
    /// The palette of 256
    #[value(name = "256")]
    Ansi256,
    /// 24 bits
    Truecolor,
    /// None: bold, dim and reverse alone
    Mono,
}

/// The colours in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    Mono,
    Ansi16,
    Ansi256,
    Truecolor,
}

impl Theme {
    /// The colours in use, given a way to look up environment variables.
    ///
    /// Auto takes none with NO_COLOR or a terminal without colour, else true colour where COLORTERM says so, 256
    /// where TERM does, and 16 elsewhere.
    pub fn resolve(self, env: impl Fn(&str) -> Option<String>) -> Palette {
        match self {
            Theme::Ansi16 => Palette::Ansi16,
            Theme::Ansi256 => Palette::Ansi256,
            Theme::Truecolor => Palette::Truecolor,
            Theme::Mono => Palette::Mono,
            Theme::Auto => {
                let value = |name| env(name).unwrap_or_default();
                let term = value("TERM");
                if !value("NO_COLOR").is_empty() || term == "dumb" || term.starts_with("vt") {
                    return Palette::Mono;
                }
                match value("COLORTERM").as_str() {
                    "truecolor" | "24bit" => Palette::Truecolor,
                    _ if term.contains("256") => Palette::Ansi256,
                    _ => Palette::Ansi16,
                }
            }
        }
    }
}

/// How many colours there are for other runs.
pub const OTHERS: usize = 4;

/// Levels on each side of a diverging ground.
pub const LEVELS: usize = 4;

/// What a style stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Plain text.
    Plain,
    /// Less important: rules, axes, labels.
    Dim,
    /// A heading, a figure to find at a glance.
    Strong,
    /// The first of two: real samples, the critic.
    First,
    /// The second of two: generated samples, the generator.
    Second,
    /// Both in one place.
    Both,
    /// What is true, beside an estimate of it.
    Truth,
    /// Another run, by its place, below [`OTHERS`].
    Other(u8),
    /// All is well.
    Good,
    /// Look here.
    Warn,
    /// Something is wrong.
    Bad,
    /// The chosen one.
    Selected,
}

impl Palette {
    /// The style of a role. Blue and orange are told apart with every common kind of colour blindness.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        match role {
            Role::Plain => plain,
            Role::Dim => plain.add_modifier(Modifier::DIM),
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            Role::Selected => plain.add_modifier(Modifier::REVERSED),
            Role::Both => plain.add_modifier(Modifier::BOLD),
            Role::First => self.colour(plain, Color::LightBlue, 33, (0, 135, 245)),
            Role::Second => self.colour(plain, Color::Yellow, 208, (240, 140, 0)),
            Role::Truth => self.colour(plain, Color::LightMagenta, 176, (204, 121, 187)),
            // Told from blue and orange, and from one another, by lightness too.
            Role::Other(0) => self.colour(plain, Color::LightGreen, 36, (0, 180, 135)),
            Role::Other(1) => self.colour(plain, Color::LightMagenta, 176, (204, 121, 187)),
            Role::Other(2) => self.colour(plain, Color::LightYellow, 227, (240, 228, 66)),
            Role::Other(_) => self.colour(plain, Color::LightCyan, 123, (140, 225, 245)),
            Role::Good => self.colour(plain, Color::Green, 35, (0, 170, 95)),
            Role::Warn => self.colour(plain, Color::Yellow, 178, (215, 175, 0)).add_modifier(Modifier::BOLD),
            Role::Bad if self == Palette::Mono => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Role::Bad => self.colour(plain, Color::Red, 197, (255, 45, 85)).add_modifier(Modifier::BOLD),
        }
    }

    fn colour(self, style: Style, ansi: Color, indexed: u8, (r, g, b): (u8, u8, u8)) -> Style {
        match self {
            Palette::Mono => style,
            Palette::Ansi16 => style.fg(ansi),
            Palette::Ansi256 => style.fg(Color::Indexed(indexed)),
            Palette::Truecolor => style.fg(Color::Rgb(r, g, b)),
        }
    }

    /// The style of a level of a diverging ground, from −[`LEVELS`] (generated) through 0 to [`LEVELS`] (real), if there
    /// are enough colours for it. Dark, with light text, whatever the terminal's own background: blue and orange as of
    /// [`Role::First`] and [`Role::Second`].
    pub fn ground(self, level: i8) -> Option<Style> {
        let at = level.unsigned_abs().min(LEVELS as u8);
        let background = match self {
            Palette::Truecolor => {
                let end = if level >= 0 { [0, 78, 150] } else { [140, 76, 0] };
                let mix = |end: u8| (34 + (end as i16 - 34) * at as i16 / LEVELS as i16) as u8;
                let [r, g, b] = end.map(mix);
                Color::Rgb(r, g, b)
            }
            Palette::Ansi256 if level >= 0 => Color::Indexed([235, 17, 18, 24, 25][at as usize]),
            Palette::Ansi256 => Color::Indexed([235, 236, 58, 94, 130][at as usize]),
            Palette::Ansi16 | Palette::Mono => return None,
        };
        let text = if self == Palette::Truecolor { Color::Rgb(238, 238, 238) } else { Color::Indexed(255) };
        Some(Style::new().bg(background).fg(text))
    }

    /// The colour of a pixel, if there are enough colours for pictures; each channel from 0 to 1.
    pub fn pixel(self, rgb: [f32; 3]) -> Option<Color> {
        let byte = |level: f32| (if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 } * 255.0).round() as u8;
        let [r, g, b] = rgb.map(byte);
        match self {
            Palette::Truecolor => Some(Color::Rgb(r, g, b)),
            Palette::Ansi256 if r == g && g == b => Some(Color::Indexed(match r {
                0..4 => 16,
                // The ramp's 24 greys are 8, 18, …, 238.
                4..=246 => 232 + (r.saturating_sub(3) / 10).min(23),
                _ => 231,
            })),
            // The 6 × 6 × 6 cube.
            Palette::Ansi256 => {
                let six = |c: u8| (c as u16 * 5 + 127) / 255;
                Some(Color::Indexed((16 + 36 * six(r) + 6 * six(g) + six(b)) as u8))
            }
            Palette::Ansi16 | Palette::Mono => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_chooses() {
        let resolve = |pairs: &[(&str, &str)]| {
            let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
            Theme::Auto.resolve(find)
        };
        assert_eq!(resolve(&[("TERM", "xterm")]), Palette::Ansi16);
        assert_eq!(resolve(&[("TERM", "screen-256color")]), Palette::Ansi256);
        assert_eq!(resolve(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Palette::Truecolor);
        assert_eq!(resolve(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]), Palette::Mono);
        assert_eq!(resolve(&[("TERM", "xterm"), ("NO_COLOR", "")]), Palette::Ansi16);
        assert_eq!(resolve(&[("TERM", "vt100")]), Palette::Mono);
        assert_eq!(resolve(&[("TERM", "dumb")]), Palette::Mono);
    }

    #[test]
    fn mono_has_no_colour_anywhere() {
        let roles =
            [Role::Plain, Role::Dim, Role::Strong, Role::First, Role::Second, Role::Both, Role::Good, Role::Warn];
        for role in roles.into_iter().chain([Role::Bad, Role::Selected, Role::Truth]) {
            let style = Palette::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert_eq!(Palette::Mono.pixel([1.0; 3]), None);
        assert_eq!(Palette::Mono.ground(3), None);
    }

    #[test]
    fn every_level_of_a_ground_is_told_from_the_others() {
        for palette in [Palette::Ansi256, Palette::Truecolor] {
            let levels = -(LEVELS as i8)..=LEVELS as i8;
            let styles: Vec<Style> = levels.map(|level| palette.ground(level).unwrap()).collect();
            for (i, style) in styles.iter().enumerate() {
                assert!(!styles[i + 1..].contains(style), "{palette:?}: level {i} comes twice");
            }
            assert_eq!(palette.ground(i8::MAX), palette.ground(LEVELS as i8));
            assert_eq!(palette.ground(i8::MIN), palette.ground(-(LEVELS as i8)));
        }
    }

    #[test]
    fn greys_rise() {
        let index = |level: f32| match Palette::Ansi256.pixel([level; 3]) {
            Some(Color::Indexed(16)) => 0,
            Some(Color::Indexed(231)) => 1000,
            Some(Color::Indexed(i)) => i as u32,
            other => panic!("{other:?}"),
        };
        let levels: Vec<u32> = (0..=255).map(|i| index(i as f32 / 255.0)).collect();
        assert!(levels.is_sorted());
        assert_eq!((levels[0], levels[128], levels[255]), (0, 244, 1000));
    }
}
