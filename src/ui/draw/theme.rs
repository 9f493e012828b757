//! Colours: what the terminal has, and which style stands for what. The background is always the terminal's own.

use ratatui::style::{Color, Modifier, Style};

pub use crate::config::Theme;

/// The colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    Ansi16,
    Ansi256,
    Truecolor,
}

/// The colours in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    Mono,
    Ansi16,
    Ansi256,
    Truecolor,
    /// For a bright background.
    Light(Depth),
}

impl Theme {
    /// The colours in use, given a way to look up environment variables, and whether the background is bright, where
    /// the terminal has said so.
    ///
    /// Auto takes none with NO_COLOR or a terminal without colour, else true colour where COLORTERM says so, 256 where
    /// TERM does, and 16 elsewhere; for a bright background where the terminal says that it has one, or COLORFGBG does
    /// where the terminal says nothing.
    pub fn resolve(self, env: impl Fn(&str) -> Option<String>, bright: Option<bool>) -> Palette {
        let value = |name| env(name).unwrap_or_default();
        let term = value("TERM");
        let depth = match value("COLORTERM").as_str() {
            "truecolor" | "24bit" => Depth::Truecolor,
            _ if term.contains("256") => Depth::Ansi256,
            _ => Depth::Ansi16,
        };
        match self {
            Theme::Ansi16 => Palette::Ansi16,
            Theme::Ansi256 => Palette::Ansi256,
            Theme::Truecolor => Palette::Truecolor,
            Theme::Light => Palette::Light(depth),
            Theme::Mono => Palette::Mono,
            Theme::Auto if !value("NO_COLOR").is_empty() || term == "dumb" || term.starts_with("vt") => Palette::Mono,
            Theme::Auto if bright.unwrap_or_else(|| is_bright(&value("COLORFGBG"))) => Palette::Light(depth),
            Theme::Auto => match depth {
                Depth::Ansi16 => Palette::Ansi16,
                Depth::Ansi256 => Palette::Ansi256,
                Depth::Truecolor => Palette::Truecolor,
            },
        }
    }
}

/// The number of colours for other runs.
pub const OTHERS: usize = 4;

/// Whether the background that COLORFGBG names (`text;ground`, or `text;border;ground`) is one of the bright ones of
/// the sixteen, as vim takes them.
fn is_bright(colours: &str) -> bool {
    let ground = colours.rsplit_once(';').and_then(|(_, ground)| ground.parse::<u8>().ok());
    matches!(ground, Some(7 | 9..=15))
}

/// Levels on each side of a diverging ground.
pub const LEVELS: usize = 4;

/// The grounds of 256 colours, from level 0 on.
const DARK_BLUES: [u8; LEVELS + 1] = [235, 17, 18, 24, 25];
const DARK_ORANGES: [u8; LEVELS + 1] = [235, 236, 58, 94, 130];
const LIGHT_BLUES: [u8; LEVELS + 1] = [255, 189, 153, 117, 75];
const LIGHT_ORANGES: [u8; LEVELS + 1] = [255, 230, 223, 216, 214];

/// A colour in each depth.
struct Ink(Color, u8, (u8, u8, u8));

impl Ink {
    fn at(&self, depth: Depth) -> Color {
        let Ink(ansi, indexed, (r, g, b)) = *self;
        match depth {
            Depth::Ansi16 => ansi,
            Depth::Ansi256 => Color::Indexed(indexed),
            Depth::Truecolor => Color::Rgb(r, g, b),
        }
    }
}

/// The colours of a role on a dark background and on a bright one, where it has one.
fn inks(role: Role) -> Option<[Ink; 2]> {
    let inks = match role {
        Role::First => [Ink(Color::LightBlue, 33, (0, 135, 245)), Ink(Color::Blue, 25, (0, 90, 170))],
        Role::Second => [Ink(Color::Yellow, 208, (240, 140, 0)), Ink(Color::Red, 130, (165, 80, 0))],
        Role::FirstBand => [Ink(Color::Blue, 24, (0, 70, 125)), Ink(Color::Blue, 153, (165, 200, 235))],
        Role::SecondBand => [Ink(Color::Yellow, 94, (115, 70, 10)), Ink(Color::Red, 223, (240, 205, 160))],
        Role::TruthBand => [Ink(Color::Magenta, 96, (100, 60, 92)), Ink(Color::Magenta, 225, (235, 200, 230))],
        Role::Truth => [Ink(Color::LightMagenta, 176, (204, 121, 187)), Ink(Color::Magenta, 126, (150, 20, 130))],
        // The sixteen have no green that is read on white.
        Role::Good => [Ink(Color::Green, 35, (0, 170, 95)), Ink(Color::Blue, 28, (0, 115, 60))],
        Role::Warn => [Ink(Color::Yellow, 178, (215, 175, 0)), Ink(Color::Magenta, 94, (130, 85, 0))],
        Role::Bad => [Ink(Color::Red, 197, (255, 45, 85)), Ink(Color::Red, 160, (200, 0, 40))],
        // Told from blue and orange, and from one another, by lightness too; among the sixteen by their strokes alone.
        Role::Other(0) => [Ink(Color::LightGreen, 36, (0, 180, 135)), Ink(Color::DarkGray, 22, (0, 100, 70))],
        Role::Other(1) => [Ink(Color::LightMagenta, 176, (204, 121, 187)), Ink(Color::Magenta, 126, (150, 20, 130))],
        Role::Other(2) => [Ink(Color::LightYellow, 227, (240, 228, 66)), Ink(Color::Red, 58, (95, 85, 0))],
        Role::Other(_) => [Ink(Color::LightCyan, 123, (140, 225, 245)), Ink(Color::Black, 23, (0, 70, 90))],
        Role::Plain | Role::Dim | Role::Strong | Role::Both | Role::Selected => return None,
    };
    Some(inks)
}

/// The role of a style.
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
    /// The band that stands back behind a line of the first, of the second and of the truth.
    FirstBand,
    SecondBand,
    TruthBand,
    /// Both in one place.
    Both,
    /// The truth, beside an estimate of it.
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
    /// The number of colours to choose from; `None` without colour.
    pub fn depth(self) -> Option<Depth> {
        match self {
            Palette::Mono => None,
            Palette::Ansi16 => Some(Depth::Ansi16),
            Palette::Ansi256 => Some(Depth::Ansi256),
            Palette::Truecolor => Some(Depth::Truecolor),
            Palette::Light(depth) => Some(depth),
        }
    }

    fn is_light(self) -> bool {
        matches!(self, Palette::Light(_))
    }

    /// The style of a role. Blue and orange are told apart with every common kind of colour blindness, and what a
    /// colour says a glyph or a word says too.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let style = match (self.depth(), inks(role)) {
            (Some(depth), Some(inks)) => plain.fg(inks[usize::from(self.is_light())].at(depth)),
            _ => plain,
        };
        match role {
            Role::Dim => style.add_modifier(Modifier::DIM),
            // Where there are no darker or paler colours.
            Role::FirstBand | Role::SecondBand | Role::TruthBand
                if matches!(self.depth(), None | Some(Depth::Ansi16)) =>
            {
                style.add_modifier(Modifier::DIM)
            }
            Role::Selected => style.add_modifier(Modifier::REVERSED),
            Role::Strong | Role::Both | Role::Warn => style.add_modifier(Modifier::BOLD),
            Role::Bad if self == Palette::Mono => style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Role::Bad => style.add_modifier(Modifier::BOLD),
            Role::Plain | Role::First | Role::Second | Role::Truth | Role::Other(_) | Role::Good => style,
            Role::FirstBand | Role::SecondBand | Role::TruthBand => style,
        }
    }

    /// The style of a level of a diverging ground, from −[`LEVELS`] (generated) through 0 to [`LEVELS`] (real), if
    /// there are enough colours for it: blue and orange as of [`Role::First`] and [`Role::Second`], dark with light
    /// text, or bright with dark text for a bright background.
    pub fn ground(self, level: i8) -> Option<Style> {
        let at = usize::from(level.unsigned_abs()).min(LEVELS);
        let (side, light) = (usize::from(level < 0), usize::from(self.is_light()));
        match self.depth()? {
            Depth::Truecolor => {
                let zero = [34, 234][light];
                let end = [[[0, 78, 150], [140, 76, 0]], [[120, 185, 255], [255, 176, 96]]][light][side];
                let mix = |end: i16| (zero + (end - zero) * at as i16 / LEVELS as i16) as u8;
                let [r, g, b] = end.map(mix);
                let text = [238, 18][light];
                Some(Style::new().bg(Color::Rgb(r, g, b)).fg(Color::Rgb(text, text, text)))
            }
            Depth::Ansi256 => {
                let grounds = [[DARK_BLUES, DARK_ORANGES], [LIGHT_BLUES, LIGHT_ORANGES]][light][side];
                Some(Style::new().bg(Color::Indexed(grounds[at])).fg(Color::Indexed([255, 232][light])))
            }
            Depth::Ansi16 => None,
        }
    }

    /// The colour of a pixel, if there are enough colours for pictures; each channel from 0 to 1.
    pub fn pixel(self, rgb: [f32; 3]) -> Option<Color> {
        let byte = |level: f32| (if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 } * 255.0).round() as u8;
        let [r, g, b] = rgb.map(byte);
        match self.depth()? {
            Depth::Truecolor => Some(Color::Rgb(r, g, b)),
            Depth::Ansi256 if r == g && g == b => Some(Color::Indexed(match r {
                0..4 => 16,
                // The ramp's 24 greys are 8, 18, …, 238.
                4..=246 => 232 + (r.saturating_sub(3) / 10).min(23),
                _ => 231,
            })),
            // The 6 × 6 × 6 cube.
            Depth::Ansi256 => {
                let six = |c: u8| (c as u16 * 5 + 127) / 255;
                Some(Color::Indexed((16 + 36 * six(r) + 6 * six(g) + six(b)) as u8))
            }
            Depth::Ansi16 => None,
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
            Theme::Auto.resolve(find, None)
        };
        // What the terminal itself says counts more than what it was started with.
        let told =
            |ground: &str, bright| Theme::Auto.resolve(|name| (name == "COLORFGBG").then(|| ground.to_owned()), bright);
        assert_eq!(
            (told("15;0", Some(true)), told("0;15", Some(false))),
            (Palette::Light(Depth::Ansi16), Palette::Ansi16)
        );
        assert_eq!((told("0;15", None), told("15;0", None)), (Palette::Light(Depth::Ansi16), Palette::Ansi16));
        assert_eq!(Theme::Truecolor.resolve(|_| None, Some(true)), Palette::Truecolor);
        assert_eq!(resolve(&[("TERM", "xterm")]), Palette::Ansi16);
        assert_eq!(resolve(&[("TERM", "screen-256color")]), Palette::Ansi256);
        assert_eq!(resolve(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Palette::Truecolor);
        assert_eq!(resolve(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]), Palette::Mono);
        assert_eq!(resolve(&[("TERM", "xterm"), ("NO_COLOR", "")]), Palette::Ansi16);
        assert_eq!(resolve(&[("TERM", "vt100")]), Palette::Mono);
        assert_eq!(resolve(&[("TERM", "dumb")]), Palette::Mono);
        assert_eq!(resolve(&[("TERM", "xterm"), ("COLORFGBG", "15;0")]), Palette::Ansi16);
        assert_eq!(resolve(&[("TERM", "xterm"), ("COLORFGBG", "0;15")]), Palette::Light(Depth::Ansi16));
        let bright = [("TERM", "rxvt-256color"), ("COLORFGBG", "0;default;7")];
        assert_eq!(resolve(&bright), Palette::Light(Depth::Ansi256));
        assert_eq!(resolve(&[bright[0], bright[1], ("NO_COLOR", "1")]), Palette::Mono);
        assert_eq!(resolve(&[("TERM", "xterm"), ("COLORFGBG", "nonsense")]), Palette::Ansi16);
    }

    const OTHER: [Role; OTHERS] = [Role::Other(0), Role::Other(1), Role::Other(2), Role::Other(3)];
    const COLOURED: [Role; 6] = [Role::First, Role::Second, Role::Truth, Role::Good, Role::Warn, Role::Bad];
    const DEEP: [(Palette, f64); 4] = [
        (Palette::Ansi256, 0.0),
        (Palette::Truecolor, 0.0),
        (Palette::Light(Depth::Ansi256), 1.0),
        (Palette::Light(Depth::Truecolor), 1.0),
    ];

    /// Linear red, green and blue from 0 to 1 (IEC 61966-2-1) of an RGB colour or one of the 6 × 6 × 6 cube.
    fn linear(colour: Color) -> [f64; 3] {
        let rgb = match colour {
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(i @ 16..232) => {
                [(i - 16) / 36, (i - 16) / 6 % 6, (i - 16) % 6].map(|c| [0, 95, 135, 175, 215, 255][c as usize])
            }
            Color::Indexed(i @ 232..) => [8 + 10 * (i - 232); 3],
            other => panic!("{other:?}"),
        };
        rgb.map(|c| c as f64 / 255.0).map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    }

    fn luminance([r, g, b]: [f64; 3]) -> f64 {
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// The contrast ratio of two luminances (WCAG 2.1).
    fn contrast(a: f64, b: f64) -> f64 {
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_is_read_on_the_background_it_is_for() {
        for (palette, ground) in DEEP {
            for role in COLOURED.into_iter().chain(OTHER) {
                let ratio = contrast(luminance(linear(palette.style(role).fg.unwrap())), ground);
                assert!(ratio >= 4.5, "{palette:?} {role:?}: {ratio:.1}");
            }
            for level in -(LEVELS as i8)..=LEVELS as i8 {
                let style = palette.ground(level).unwrap();
                let [text, ground] = [style.fg, style.bg].map(|colour| luminance(linear(colour.unwrap())));
                // What stands on it are marks, not text: there 3 is enough.
                assert!(contrast(text, ground) >= 3.0, "{palette:?} {level}: {:.1}", contrast(text, ground));
            }
        }
    }

    /// The look of a colour to the colour-blind: without the cones for long, middle or short waves (Machado, Oliveira
    /// and Fernandes 2009, severity 1).
    const BLIND: [[[f64; 3]; 3]; 3] = [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ];

    /// CIE L*a*b* with the white of D65.
    fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
        let f = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
        let (y, z) = (f(luminance([r, g, b])), f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn the_two_players_differ_for_the_colour_blind() {
        for (palette, _) in DEEP {
            let [first, second] = [Role::First, Role::Second].map(|role| linear(palette.style(role).fg.unwrap()));
            for seen in BLIND {
                let see = |colour: [f64; 3]| {
                    let row = |row: [f64; 3]| row.iter().zip(colour).map(|(a, c)| a * c).sum::<f64>().clamp(0.0, 1.0);
                    lab(seen.map(row))
                };
                let squares = see(first).into_iter().zip(see(second)).map(|(a, b)| (a - b) * (a - b));
                let distance = squares.sum::<f64>().sqrt();
                // Two to three is the least difference that is seen at all.
                assert!(distance > 40.0, "{palette:?}: {distance:.0}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour_anywhere() {
        let roles =
            [Role::Plain, Role::Dim, Role::Strong, Role::First, Role::Second, Role::Both, Role::Good, Role::Warn];
        for role in roles.into_iter().chain([Role::Bad, Role::Selected, Role::Truth]).chain(OTHER) {
            let style = Palette::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert_eq!(Palette::Mono.pixel([1.0; 3]), None);
        assert_eq!(Palette::Mono.ground(3), None);
        assert_eq!(Palette::Light(Depth::Ansi16).ground(3), None);
    }

    #[test]
    fn every_level_of_a_ground_is_told_from_the_others() {
        for (palette, _) in DEEP {
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
