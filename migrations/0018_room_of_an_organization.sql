-- What an organization has under way is counted before it gets more of it.
CREATE INDEX oauth_states_of_organization ON oauth_states (organization_id, expires);
CREATE INDEX connect_sessions_open ON connect_sessions (organization_id, expires);
