-- A panel that is cleaned up in PAS: what an EMR would have said by messages, the provider says by a list. The history tells the two apart.
ALTER TABLE panel.change DROP CONSTRAINT reason_is_known;
ALTER TABLE panel.change ADD CONSTRAINT reason_is_known CHECK (reason IN
    ('added', 'confirmed-again', 'removed', 'mrp-moved', 'clinic-moved', 'accepted', 'confirmed', 'attached-elsewhere',
     'clean-up-added', 'clean-up-confirmed', 'clean-up-removed'));
