-- What an adapter must find again after a restart: a cursor of what it has read, a rotated token. Written with the request it came with.
CREATE TABLE adapter_state (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
