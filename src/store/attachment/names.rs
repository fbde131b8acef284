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

/// The name of `k`, a row of the Client Registry; null where that record is masked.
macro_rules! open_name {
    () => {
        concat!(
            "CASE WHEN k.masked THEN NULL ELSE ",
            $crate::store::attachment::names::shown_name!("k.names"),
            " END"
        )
    };
}

pub(super) use {open_name, shown_name};
