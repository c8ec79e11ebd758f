-- What is to be sent, beside its state: one row to write for each message. (It stood apart so that an attempt would not write it again; few
-- messages are tried more than once.)
ALTER TABLE outbox ADD COLUMN content TEXT NOT NULL DEFAULT '';
UPDATE outbox SET content = (SELECT c.content FROM outbox_content c WHERE c.seq = outbox.seq);
DROP TABLE outbox_content;
