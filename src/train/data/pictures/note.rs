//! The conversions of an image on its way from its file, so that they can be said.

/// Something that was done to an image, or found in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    Grey,
    Colour,
    Palette,
    Alpha,
    Deep,
    Cmyk,
    Rotated,
    Misnamed,
    Cropped,
    Reduced,
    Enlarged,
}

impl Note {
    pub const ALL: [Note; 11] = [
        Note::Grey,
        Note::Colour,
        Note::Palette,
        Note::Alpha,
        Note::Deep,
        Note::Cmyk,
        Note::Rotated,
        Note::Misnamed,
        Note::Cropped,
        Note::Reduced,
        Note::Enlarged,
    ];

    /// The note in words, after a number of images.
    pub fn words(self) -> &'static str {
        match self {
            Note::Grey => "grey, given three equal channels",
            Note::Colour => "in colour, made grey",
            Note::Palette => "with a palette, looked up",
            Note::Alpha => "with transparency, laid on white",
            Note::Deep => "of more than 8 bits, rounded to 8",
            Note::Cmyk => "CMYK, made RGB without a profile",
            Note::Rotated => "turned upright as their EXIF data say",
            Note::Misnamed => "in another format than their names say",
            Note::Cropped => "not square, cropped at the centre",
            Note::Reduced => "reduced",
            Note::Enlarged => "enlarged",
        }
    }
}

/// A set of notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes(u16);

impl Notes {
    pub fn add(&mut self, note: Note) {
        self.0 |= 1 << note as u16;
    }

    pub fn add_if(&mut self, note: Note, so: bool) {
        if so {
            self.add(note);
        }
    }

    /// As a number, and back.
    pub fn bits(self) -> u16 {
        self.0
    }

    pub fn of_bits(bits: u16) -> Notes {
        Notes(bits)
    }

    pub fn has(self, note: Note) -> bool {
        self.0 >> note as u16 & 1 == 1
    }
}
