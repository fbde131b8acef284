-- The limit of a query: one prepared statement reads the rows that a query of one patient needs, by index: the client's grant,
-- provider and clinic in both registries, the role, the panel, the person, their open entries and version. Nothing is
-- written, locked or judged.
\set n random(0, :listed - 1)
SELECT a.facilities,
       xp.active, xp.identifiers, xp.names, xp.licences, xo.active, xo.identifiers, xo.names, xo.addresses,
       pp.active, pp.identifiers, pp.names, pp.licences, po.active, po.identifiers, po.names, po.addresses,
       r.active, r.period, l.id,
       k.phn, k.active, k.names, k.birth_date, k.deceased, k.deceased_on, k.replaced_by, k.masked,
       e.id, e.panel_id, e.status, e.started_at, e.status_at, v.version
  FROM bench.person b
  JOIN bench.provider d ON d.j = b.j
  JOIN access.client a ON a.id = d.client AND a.revoked_at IS NULL
  JOIN plr.practitioner xp ON xp.tokens && ARRAY[d.practitioner]
  JOIN plr.organization xo ON xo.tokens && ARRAY[d.facility]
  JOIN pas.practitioner pp ON pp.tokens && ARRAY[d.practitioner]
  JOIN pas.organization po ON po.tokens && ARRAY[d.facility]
  JOIN pas.practitioner_role r ON r.practitioner_key = pp.key AND r.organization_key = po.key
  JOIN panel.panel l ON l.practitioner_key = pp.key AND l.organization_key = po.key
  JOIN client_registry.patient k ON k.phn = b.phn
  LEFT JOIN panel.entry e ON e.phn = b.phn AND e.status <> 'removed'
  LEFT JOIN panel.patient v ON v.phn = b.phn
 WHERE b.n = :n;
