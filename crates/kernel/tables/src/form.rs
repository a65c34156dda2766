//! The forms of a file.

/// In which form a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// Comma-separated values with a header line (RFC 4180), in UTF-8.
    Csv,
    /// A workbook of Office Open XML (ECMA-376).
    Xlsx,
    /// PDF 1.7 (ISO 32000-1).
    Pdf,
}

impl TableForm {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Pdf];

    /// The ending of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
        }
    }

    /// Its media type, without parameters.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
        }
    }

    /// The form that a header `Accept` likes best (RFC 9110, section 12.5.1), where it likes one of them better than JSON.
    #[must_use]
    pub fn accepted(accept: &str) -> Option<Self> {
        let quality = |media_type: &str, is_default: bool| {
            let weights = accept.split(',').filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let name = parts.next()?.to_ascii_lowercase();
                let weight = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
                let kind = media_type.split('/').next().unwrap_or_default();
                // A wider range says nothing for a file against what is answered anyhow.
                let is_named = name == media_type;
                let is_wider = is_default && (name == "*/*" || name == format!("{kind}/*"));
                (is_named || is_wider).then_some(weight)
            });
            weights.fold(0.0_f32, f32::max)
        };
        let mut best = (None, quality("application/json", true));
        for form in Self::ALL {
            let weight = quality(form.media_type(), false);
            if weight > best.1 {
                best = (Some(form), weight);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_is_liked_best_is_taken() {
        for (accept, expected) in [
            ("", None),
            ("*/*", None),
            ("application/json", None),
            ("text/csv", Some(TableForm::Csv)),
            ("Text/CSV; charset=utf-8", Some(TableForm::Csv)),
            ("application/pdf, application/json;q=0.5", Some(TableForm::Pdf)),
            ("application/pdf;q=0.5, application/json", None),
            ("text/html, application/pdf;q=0.9, */*;q=0.1", Some(TableForm::Pdf)),
            ("text/csv;q=0.2, application/pdf;q=0.8", Some(TableForm::Pdf)),
            ("text/csv;q=much", None),
        ] {
            assert_eq!(TableForm::accepted(accept), expected, "{accept}");
        }
    }
}
