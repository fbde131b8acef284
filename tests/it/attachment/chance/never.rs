//! What must never be, and what must have been for the game to say anything.

/// All of them in one: what is, of what must never be.
pub fn together(never: &[(&str, &str)]) -> String {
    let one = |(what, sql): &(&str, &str)| {
        format!("SELECT '{}' WHERE ({sql}) > 0", what.replace('\'', "''"))
    };
    never.iter().map(one).collect::<Vec<_>>().join("\nUNION ALL ")
}

/// What must never be, each a query that counts it.
pub const NEVER: [(&str, &str); 14] = [
    ("somebody has two registrations that go on", "SELECT count(*) FROM (
        SELECT phn FROM attachment.registration GROUP BY phn HAVING count(*) FILTER (WHERE state NOT IN ('withdrawn', 'deceased')) > 1) x"),
    ("somebody is lost who neither withdrew nor died", "SELECT count(*) FROM (
        SELECT DISTINCT ON (r.phn) r.state, c.reason
          FROM attachment.registration r JOIN attachment.registration_change c ON c.registration_id = r.id
         WHERE NOT EXISTS (SELECT FROM attachment.registration o WHERE o.phn = r.phn AND o.state NOT IN ('withdrawn', 'deceased'))
         ORDER BY r.phn, c.id DESC) x WHERE (state, reason) NOT IN (('withdrawn', 'withdrawn'), ('deceased', 'died'))"),
    // Of whoever registered anew it is the date of the registration that ended by it, unless the attachment had lasted.
    ("somebody's wait begins on another day than it did", "SELECT count(*) FROM attachment.registration r
          JOIN attachment.registration_change c ON c.registration_id = r.id AND c.reason = 'registered'
          LEFT JOIN LATERAL (
              SELECT o.registered_at, (SELECT max(a.at) FROM attachment.registration_change a WHERE a.registration_id = o.id AND a.reason = 'attached') AS attached_at
                FROM attachment.registration o JOIN attachment.registration_change e ON e.registration_id = o.id
               WHERE o.phn = r.phn AND e.reason = 'registered-anew' AND e.act_id = c.act_id) earlier ON true
         WHERE r.registered_at <> CASE WHEN c.at < earlier.attached_at + interval '12 months' THEN earlier.registered_at ELSE c.at END"),
    ("somebody's state is not what their history says", "SELECT count(*) FROM attachment.registration r
         WHERE r.state <> (SELECT c.became FROM attachment.registration_change c WHERE c.registration_id = r.id ORDER BY c.id DESC LIMIT 1)"),
    ("messages overlook somebody who is registered, or the other way round", "SELECT count(*) FROM panel.patient p
         WHERE p.registered <> EXISTS (SELECT FROM attachment.registration r WHERE r.phn = p.phn AND r.state NOT IN ('withdrawn', 'deceased'))"),
    ("somebody is on two open lists", "SELECT count(*) FROM (
        SELECT r.phn FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
         WHERE p.state IN ('proposed', 'in-intake', 'accepted') GROUP BY r.phn HAVING count(*) > 1) x"),
    ("somebody is proposed without a proposal, or the other way round", "SELECT count(*) FROM attachment.registration r
         WHERE (r.state = 'proposed') <> EXISTS (SELECT FROM attachment.proposal p WHERE p.registration_id = r.id
                                                    AND p.state IN ('proposed', 'in-intake', 'accepted'))"),
    ("a list is open though it is answered, or the other way round", "SELECT count(*) FROM attachment.list l
         WHERE (l.state = 'sent') <> EXISTS (SELECT FROM attachment.proposal p WHERE p.list_id = l.id AND p.state IN ('proposed', 'in-intake'))"),
    ("a family is split by its provider", "SELECT count(*) FROM (
        SELECT p.list_id, r.family_id FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
         GROUP BY p.list_id, r.family_id
        HAVING bool_or(p.state = 'accepted') AND bool_or(p.state IN ('declined', 'patient-declined', 'unreachable', 'expired'))) x"),
    ("a family is split by time", "SELECT count(*) FROM attachment.proposal_change x
          JOIN attachment.proposal p ON p.id = x.proposal_id JOIN attachment.registration r ON r.id = p.registration_id
          JOIN attachment.proposal q ON q.list_id = p.list_id JOIN attachment.registration o ON o.id = q.registration_id AND o.family_id = r.family_id
          JOIN attachment.proposal_change y ON y.proposal_id = q.id
         WHERE x.was = 'accepted' AND x.became = 'expired' AND y.became = 'confirmed' AND y.at < x.at"),
    ("a panel is overfilled", "SELECT count(*) FROM panel.panel n
          JOIN LATERAL (SELECT * FROM attachment.capacity c WHERE c.panel_id = n.id ORDER BY c.id DESC LIMIT 1) c ON true
         WHERE (SELECT count(*) FROM attachment.proposal p JOIN attachment.list l ON l.id = p.list_id
                 WHERE l.panel_id = n.id AND l.sent_at >= c.stated_at AND p.state IN ('proposed', 'in-intake', 'accepted', 'confirmed')) > c.anticipated"),
    // Whoever came off their panel is still attached where that had lasted.
    ("somebody is attached whom no panel has, and who lost it early", "SELECT count(*) FROM attachment.registration r
         WHERE r.state = 'attached'
           AND NOT EXISTS (SELECT FROM panel.entry e WHERE e.phn = r.phn AND e.panel_id = r.panel_id
                              AND (e.status = 'confirmed'
                                   OR e.ended_at >= r.state_at + interval '12 months'
                                      AND EXISTS (SELECT FROM panel.change c WHERE c.entry_id = e.id AND c.became = 'confirmed')))"),
    // Whoever registered while they had a provider, or whose provider left, may be on a panel and wait.
    ("somebody came onto a panel and waits all the same", "SELECT count(*) FROM panel.entry e
          JOIN attachment.registration r ON r.phn = e.phn AND r.state NOT IN ('withdrawn', 'deceased')
         WHERE e.status = 'confirmed' AND NOT (r.state = 'attached' AND r.panel_id = e.panel_id)
           AND NOT EXISTS (SELECT FROM attachment.registration_change c
                            WHERE c.registration_id = r.id AND c.reason IN ('registered', 'provider-left') AND c.at > e.status_at)"),
    ("a pending entry without anybody who was accepted, or the other way round", "SELECT count(*) FROM (
        (SELECT e.id FROM panel.entry e WHERE e.status = 'pending' EXCEPT SELECT p.entry_id FROM attachment.proposal p WHERE p.state = 'accepted')
        UNION ALL
        (SELECT p.entry_id FROM attachment.proposal p WHERE p.state = 'accepted' EXCEPT SELECT e.id FROM panel.entry e WHERE e.status = 'pending')) x"),
];

/// What must not be once time has passed; $1 is now.
pub const NEVER_DUE: [(&str, &str); 4] = [
    ("a list is open though its time is up", "SELECT count(*) FROM attachment.list WHERE state = 'sent' AND due_at <= $1"),
    ("somebody was accepted long ago, and nobody of their family confirmed", "SELECT count(*) FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
         WHERE p.state = 'accepted' AND p.state_at <= $1 - interval '30 days'
           AND NOT EXISTS (SELECT FROM attachment.proposal q JOIN attachment.registration o ON o.id = q.registration_id
                            WHERE q.list_id = p.list_id AND q.state = 'confirmed' AND o.family_id = r.family_id)"),
    ("somebody is not asked, or not suspended", "SELECT count(*) FROM attachment.registration
         WHERE state = 'active' AND reconfirmed_at <= $1 - interval '90 days' OR state = 'reconfirm-due' AND state_at <= $1 - interval '30 days'"),
    ("somebody is kept by a provider who left", "SELECT count(*) FROM panel.panel n
         WHERE NOT EXISTS (SELECT FROM pas.practitioner_role o WHERE o.practitioner_key = n.practitioner_key AND o.organization_key = n.organization_key AND o.active)
           AND (EXISTS (SELECT FROM attachment.registration r JOIN panel.entry e ON e.phn = r.phn AND e.panel_id = r.panel_id AND e.status = 'confirmed'
                         WHERE r.panel_id = n.id AND r.state = 'attached')
             OR EXISTS (SELECT FROM attachment.list l JOIN attachment.proposal p ON p.list_id = l.id
                         WHERE l.panel_id = n.id AND p.state IN ('proposed', 'in-intake', 'accepted')))"),
];

/// What a game that says anything has seen, each a query that counts it.
pub const SEEN: [(&str, &str); 9] = [
    ("registered anew, and took the date along", "SELECT count(*) FROM attachment.registration r JOIN attachment.registration_change c ON c.registration_id = r.id
         WHERE c.reason = 'registered' AND r.registered_at < c.at"),
    ("registered anew after an attachment that lasted", "SELECT count(*) FROM attachment.registration r JOIN attachment.registration_change c ON c.registration_id = r.id
         WHERE c.reason = 'registered' AND r.registered_at = c.at
           AND EXISTS (SELECT FROM attachment.registration_change e WHERE e.act_id = c.act_id AND e.reason = 'registered-anew')"),
    ("came back soon", "SELECT count(*) FROM attachment.registration_change WHERE reason = 'attachment-ended'"),
    ("lost the provider who had them", "SELECT count(*) FROM attachment.registration_change WHERE reason = 'provider-left'"),
    ("lost the provider who had accepted them", "SELECT count(*) FROM panel.change WHERE reason = 'provider-left'"),
    ("withdrew or died while they were accepted", "SELECT count(*) FROM panel.change WHERE reason IN ('no-longer-looking', 'died')"),
    ("lapsed", "SELECT count(*) FROM panel.change WHERE reason = 'not-confirmed'"),
    ("was accepted for long, and stayed with their family", "SELECT count(*) FROM attachment.proposal_change x JOIN attachment.proposal p ON p.id = x.proposal_id
         WHERE x.became = 'accepted' AND (SELECT coalesce(min(y.at), p.state_at) FROM attachment.proposal_change y WHERE y.proposal_id = p.id AND y.id > x.id) > x.at + interval '31 days'"),
    ("was changed by a clean-up for good", "SELECT count(*) FROM panel.change WHERE reason LIKE 'clean-up-%'"),
];
