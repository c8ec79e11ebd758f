-- Which lanes come first, for when very many are due at once (an alert storm, a chat back after an outage): taking the next few must not
-- cost a look at all of them.
CREATE INDEX lane_ready ON lane (integration, lane_class, head) WHERE next_at IS NOT NULL;
