//! What people are called where they are shown.

/// A person's name in one line, out of a column of names as a registry holds them: given names and family name of the one that is current, the first
/// where several are; empty where there is none.
macro_rules! shown_name {
    ($names:literal) => {
        concat!(
            "coalesce((SELECT concat_ws(' ', nullif(array_to_string(ARRAY(SELECT jsonb_array_elements_text(x.name -> 'given')), ' '), ''), x.name ->> 'family')
                   FROM jsonb_array_elements(",
            $names,
            ") WITH ORDINALITY AS x (name, place)
                  ORDER BY x.name -> 'period' ->> 'end' DESC NULLS FIRST, x.place LIMIT 1), '')"
        )
    };
}

pub(super) use shown_name;
