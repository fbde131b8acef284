//! Languages that forms offer, and their names.

/// A language that forms offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language {
    /// Its tag (BCP 47), as it is kept.
    pub(super) tag: &'static str,
    /// Its name in English.
    pub(super) name: &'static str,
    /// Its name as its speakers write it, with the English one where that is another.
    pub(super) own: &'static str,
}

const fn spoken(tag: &'static str, name: &'static str, own: &'static str) -> Language {
    Language { tag, name, own }
}

/// Languages that forms offer by name, to families and to providers alike. Others are told by their tags.
pub(super) const LANGUAGES: [Language; 16] = [
    spoken("en", "English", "English"),
    spoken("fr", "French", "Français (French)"),
    spoken("pa", "Punjabi", "ਪੰਜਾਬੀ (Punjabi)"),
    spoken("yue", "Cantonese", "廣東話 (Cantonese)"),
    spoken("cmn", "Mandarin", "普通话 (Mandarin)"),
    spoken("tl", "Tagalog", "Tagalog"),
    spoken("ko", "Korean", "한국어 (Korean)"),
    spoken("fa", "Persian", "فارسی (Persian)"),
    spoken("vi", "Vietnamese", "Tiếng Việt (Vietnamese)"),
    spoken("es", "Spanish", "Español (Spanish)"),
    spoken("ar", "Arabic", "العربية (Arabic)"),
    spoken("uk", "Ukrainian", "Українська (Ukrainian)"),
    spoken("hi", "Hindi", "हिन्दी (Hindi)"),
    spoken("ja", "Japanese", "日本語 (Japanese)"),
    spoken("hur", "Halkomelem", "Hul’q’umi’num’ (Halkomelem)"),
    spoken("ase", "American Sign Language", "American Sign Language"),
];

/// A language by its name, where we have one.
pub(super) fn language(tag: &str) -> &str {
    LANGUAGES.iter().find(|known| known.tag == tag).map_or(tag, |known| known.name)
}
