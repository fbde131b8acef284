//! Where in a message an element stands, as FHIRPath (`Bundle.entry[5].resource.name[0].family`).

use std::fmt;

/// How deep a path can point; FHIR elements that we read lie far above this.
const DEPTH: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    name: &'static str,
    index: Option<u32>,
}

/// A place in a message. Small and `Copy`: nothing is written out until a fault has to name it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path {
    steps: [Step; DEPTH],
    len: u8,
}

impl Path {
    /// The root, named after the resource type.
    pub const fn root(name: &'static str) -> Self {
        let mut steps = [Step { name: "", index: None }; DEPTH];
        steps[0] = Step { name, index: None };
        Path { steps, len: 1 }
    }

    /// The element `name` below this one.
    #[must_use]
    pub fn field(mut self, name: &'static str) -> Self {
        if let Some(step) = self.steps.get_mut(usize::from(self.len)) {
            *step = Step { name, index: None };
            self.len += 1;
        }
        self
    }

    /// The `index`th (from 0) of the repetitions of this element.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        if let Some(step) = self.steps.get_mut(usize::from(self.len).saturating_sub(1)) {
            step.index = u32::try_from(index).ok();
        }
        self
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.steps.iter().take(usize::from(self.len)).enumerate() {
            let dot = if i == 0 { "" } else { "." };
            write!(f, "{dot}{}", step.name)?;
            if let Some(index) = step.index {
                write!(f, "[{index}]")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_fhirpath() {
        let path = Path::root("Bundle").field("entry").index(5).field("resource").field("name");
        assert_eq!(path.to_string(), "Bundle.entry[5].resource.name");
        assert_eq!(
            path.index(0).field("family").to_string(),
            "Bundle.entry[5].resource.name[0].family"
        );
    }

    #[test]
    fn a_path_that_is_too_deep_stops_rather_than_fails() {
        let deep = (0..40).fold(Path::root("Bundle"), |path, _| path.field("extension"));
        assert!(deep.to_string().starts_with("Bundle.extension"));
    }
}
