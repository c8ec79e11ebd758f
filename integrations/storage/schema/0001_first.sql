-- The first schema. Times are milliseconds since 1970 UTC; hashes and salts are raw bytes; bodies are the codec's versioned JSON.

CREATE TABLE incident (
  number INTEGER PRIMARY KEY,
  takes_changes INTEGER NOT NULL,
  is_private INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  chain_head BLOB NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX incident_open ON incident (number) WHERE takes_changes = 1;

-- The record itself. Append-only: the triggers below refuse everything else.
CREATE TABLE entry (
  position INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  facts TEXT NOT NULL,
  text_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE (incident, seq)
) STRICT;
CREATE INDEX entry_public ON entry (incident, position) WHERE kind = 'public_update';

-- Words apart from the record, so that a redaction may delete them while the chain still verifies.
CREATE TABLE entry_text (
  position INTEGER PRIMARY KEY REFERENCES entry (position),
  salt BLOB NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;
CREATE TRIGGER entry_text_no_update BEFORE UPDATE ON entry_text BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  incident INTEGER NOT NULL,
  integration TEXT NOT NULL,
  lane_class INTEGER NOT NULL,
  lane TEXT NOT NULL,
  supersedes TEXT NOT NULL,
  kind TEXT NOT NULL,
  created INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  state TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  in_trouble INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  looks INTEGER NOT NULL,
  doubts INTEGER NOT NULL,
  deaths INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  last_attempt INTEGER,
  boot TEXT NOT NULL,
  problem TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_lane ON outbox (lane, seq) WHERE is_open = 1;
CREATE INDEX outbox_replaceable ON outbox (lane, supersedes) WHERE is_open = 1 AND supersedes <> '';
CREATE INDEX outbox_trouble ON outbox (seq) WHERE in_trouble = 1;
CREATE INDEX outbox_finished ON outbox (created) WHERE is_open = 0;

-- The bytes to send, apart from the state that changes with every attempt.
CREATE TABLE outbox_content (
  seq INTEGER PRIMARY KEY REFERENCES outbox (seq),
  content TEXT NOT NULL
) STRICT;

-- One row per lane with open messages: its oldest one, and when that is due (NULL: being sent, or held).
CREATE TABLE lane (
  lane TEXT PRIMARY KEY,
  integration TEXT NOT NULL,
  lane_class INTEGER NOT NULL,
  head INTEGER NOT NULL,
  next_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_due ON lane (integration, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX lane_next ON lane (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE timer (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  incident INTEGER NOT NULL,
  due INTEGER NOT NULL,
  subject TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);

-- Where something of an incident lives outside.
CREATE TABLE outside_reference (
  incident INTEGER NOT NULL,
  integration TEXT NOT NULL,
  what TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (incident, integration, what)
) STRICT, WITHOUT ROWID;
CREATE INDEX outside_reference_id ON outside_reference (integration, what, id);

CREATE TABLE alert (
  identity TEXT PRIMARY KEY,
  alert_group TEXT NOT NULL,
  incident INTEGER NOT NULL,
  firing INTEGER NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_group (
  name TEXT PRIMARY KEY,
  incident INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Requests seen in the last day and what they were answered. Appended only, so that writing one costs the same whatever is stored;
-- finding one goes through dedup_run: for every few thousand rows, the sorted hashes of their keys.
CREATE TABLE dedup (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  incident INTEGER,
  key TEXT NOT NULL,
  reply TEXT,
  reply_in INTEGER
) STRICT;
CREATE TABLE dedup_run (
  first_id INTEGER PRIMARY KEY,
  last_id INTEGER NOT NULL,
  newest_at INTEGER NOT NULL,
  directory BLOB NOT NULL
) STRICT;

CREATE TABLE invite (
  token BLOB PRIMARY KEY,
  person TEXT NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  token BLOB PRIMARY KEY,
  person TEXT NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
