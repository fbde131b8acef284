//! Every operation under `/api`, for the OpenAPI description.

/// One operation.
pub(super) struct Operation {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// The schema of what is sent, if anything is.
    pub(super) takes: Option<&'static str>,
    /// The status of success, and the schema of its body.
    pub(super) gives: (u16, &'static str),
    /// Statuses besides those that always can be.
    pub(super) others: &'static [u16],
}

pub(super) const fn get(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    gives: &'static str,
) -> Operation {
    Operation { path, method: "get", id, summary, takes: None, gives: (200, gives), others: &[] }
}

pub(super) const fn send(
    [path, method]: [&'static str; 2],
    id: &'static str,
    summary: &'static str,
    takes: &'static str,
    gives: (u16, &'static str),
) -> Operation {
    let others = &[409, 422];
    Operation { path, method, id, summary, takes: Some(takes), gives, others }
}

pub(super) const OPERATIONS: &[Operation] = &[
    get("/api/me", "me", "Who is signed in, and what they may do", "Me"),
    get("/api/panels", "panels", "The panels that somebody acts for or looks after", "Panels"),
    get("/api/panels/{panel}", "panel", "One panel", "Panel"),
    send(
        ["/api/panels/{panel}/capacity", "put"],
        "stateCapacity",
        "State what room there is, from now on",
        "Capacity",
        (200, "Panel"),
    ),
    get(
        "/api/panels/{panel}/candidates",
        "candidates",
        "The families that could be proposed, best first",
        "Candidates",
    ),
    get("/api/panels/{panel}/lists", "lists", "The lists of a panel", "Lists"),
    send(
        ["/api/panels/{panel}/lists", "post"],
        "sendList",
        "Propose families to a panel",
        "Sending",
        (201, "List"),
    ),
    get("/api/panels/{panel}/targets", "targets", "How large it is to be by when", "Targets"),
    send(
        ["/api/panels/{panel}/targets", "post"],
        "setTarget",
        "Set how large it is to be by a day, or give that up",
        "Target",
        (200, "Targets"),
    ),
    get("/api/delegates", "delegates", "Who acts for the providers that somebody is", "Delegates"),
    send(
        ["/api/delegates/{practitioner}/{subject}", "put"],
        "giveDelegate",
        "Let somebody act for a provider",
        "Nothing",
        (200, "Delegates"),
    ),
    send(
        ["/api/delegates/{practitioner}/{subject}", "delete"],
        "takeDelegate",
        "Let somebody no longer act for a provider",
        "Nothing",
        (200, "Delegates"),
    ),
    get("/api/lists/{list}", "list", "One list", "List"),
    send(
        ["/api/lists/{list}/answers", "post"],
        "answer",
        "Answer for people on a list",
        "Answers",
        (200, "List"),
    ),
    send(
        ["/api/lists/{list}/confirmations", "post"],
        "confirm",
        "Confirm that people are on the panel",
        "Confirmations",
        (200, "List"),
    ),
    get("/api/registrations", "families", "The families that somebody registered", "Families"),
    send(
        ["/api/registrations", "post"],
        "register",
        "Register a family",
        "Registering",
        (201, "Families"),
    ),
    get("/api/families/{family}", "family", "One family that somebody registered", "Family"),
    send(
        ["/api/families/{family}", "put"],
        "updateFamily",
        "Change what a family told, but for who they are",
        "Updating",
        (200, "Family"),
    ),
    send(
        ["/api/registrations/{registration}/reconfirm", "post"],
        "reconfirm",
        "Still looking",
        "Nothing",
        (200, "Families"),
    ),
    Operation {
        others: &[409],
        ..send(
            ["/api/registrations/{registration}/withdraw", "post"],
            "withdraw",
            "Not looking any more",
            "Nothing",
            (200, "Families"),
        )
    },
    send(
        ["/api/families/{family}/reconfirm", "post"],
        "reconfirmFamily",
        "All of a family still look",
        "Nothing",
        (200, "Families"),
    ),
    send(
        ["/api/families/{family}/withdraw", "post"],
        "withdrawSome",
        "Some of a family do not look any more",
        "Leaving",
        (200, "Families"),
    ),
    Operation {
        others: &[404],
        ..send(
            ["/api/families/search", "post"],
            "findFamily",
            "The family of somebody on the telephone, for an agent; changes nothing",
            "Finding",
            (200, "Family"),
        )
    },
    get("/api/networks", "networks", "The networks that somebody coordinates", "Networks"),
    get(
        "/api/networks/{network}",
        "network",
        "Who waits and who has room, by community",
        "Network",
    ),
    Operation {
        others: &[],
        ..send(
            ["/api/panels/{panel}/members/search", "post"],
            "searchMembers",
            "Who is on a panel or left it, found by name or PHN; changes nothing",
            "MemberSearch",
            (200, "Members"),
        )
    },
    get("/api/communities", "communities", "Where somebody can live", "Communities"),
    get("/api/conditions", "conditions", "What families can tell of their health", "Conditions"),
];
