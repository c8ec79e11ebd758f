-- Which entries a message or a stored reply was made of, first to last, so that a redaction reaches these and no others. NULL: written before
-- this was kept. last_entry below first_entry: made of none.
ALTER TABLE outbox ADD COLUMN first_entry INTEGER;
ALTER TABLE outbox ADD COLUMN last_entry INTEGER;
ALTER TABLE dedup ADD COLUMN first_entry INTEGER;
ALTER TABLE dedup ADD COLUMN last_entry INTEGER;
