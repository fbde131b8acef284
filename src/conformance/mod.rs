//! What this server claims, as FHIR resources made from the code's own tables.
