-- To attach a month nobody may be reading inbox.message_other, to drop one nobody inbox.message, and
-- whoever waits for that makes every later message wait as well. So it is given up soon: a back-up reads
-- for hours, and the next turn comes in a minute.
ALTER FUNCTION inbox.open_months SET lock_timeout = '500ms';
ALTER FUNCTION inbox.drop_months SET lock_timeout = '500ms';
