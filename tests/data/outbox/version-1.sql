CREATE TABLE meta ("key" VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE incidents (
    incident_id VARCHAR NOT NULL, alertname VARCHAR NOT NULL, is_storm BOOLEAN NOT NULL,
    opened_unix_seconds FLOAT NOT NULL, PRIMARY KEY (incident_id)
);
CREATE INDEX incidents_by_alertname ON incidents (alertname, opened_unix_seconds);
CREATE TABLE episodes (
    alert_id VARCHAR NOT NULL, number INTEGER NOT NULL, incident_id VARCHAR NOT NULL,
    alertname VARCHAR NOT NULL,
    labels JSON NOT NULL, annotations JSON NOT NULL, generator_url VARCHAR NOT NULL,
    starts_unix_seconds FLOAT NOT NULL, opened_unix_seconds FLOAT NOT NULL, ended_unix_seconds FLOAT,
    closed_unix_seconds FLOAT, last_answered_unix_seconds FLOAT, PRIMARY KEY (alert_id, number),
    FOREIGN KEY(incident_id) REFERENCES incidents (incident_id)
);
CREATE INDEX episodes_by_incident ON episodes (incident_id);
CREATE INDEX episodes_by_opening ON episodes (alertname, opened_unix_seconds);
CREATE TABLE threads (
    incident_id VARCHAR NOT NULL, user_name VARCHAR NOT NULL, title VARCHAR NOT NULL,
    PRIMARY KEY (incident_id, user_name), FOREIGN KEY(incident_id) REFERENCES incidents (incident_id)
);
CREATE TABLE notices (
    notice_id INTEGER NOT NULL, incident_id VARCHAR NOT NULL, user_name VARCHAR NOT NULL,
    sequence INTEGER NOT NULL, priority INTEGER NOT NULL, state VARCHAR NOT NULL,
    created_unix_seconds FLOAT NOT NULL,
    next_unix_seconds FLOAT NOT NULL, attempts INTEGER NOT NULL, owner VARCHAR, told JSON,
    is_ambiguous BOOLEAN NOT NULL, provider_id VARCHAR, last_error VARCHAR, settled_unix_seconds FLOAT,
    PRIMARY KEY (notice_id),
    FOREIGN KEY(incident_id, user_name) REFERENCES threads (incident_id, user_name)
);
CREATE UNIQUE INDEX notices_by_thread ON notices (incident_id, user_name, sequence);
CREATE INDEX notices_by_state ON notices (state, priority, next_unix_seconds);
CREATE TABLE lanes (
    lane VARCHAR NOT NULL, paused_until_unix_seconds FLOAT NOT NULL, reason VARCHAR NOT NULL,
    PRIMARY KEY (lane)
);
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO incidents VALUES ('k3f9q2m', 'HostDown', 0, 1790000000.0);
INSERT INTO episodes VALUES (
    'a1', 1, 'k3f9q2m', 'HostDown', '{"alertname": "HostDown", "host": "web-1", "severity": "critical"}',
    '{}', '', 1790000000.0, 1790000001.0, NULL, NULL, NULL
);
INSERT INTO threads VALUES ('k3f9q2m', 'ann', 'web-1: host not answering');
INSERT INTO threads VALUES ('k3f9q2m', 'bob', 'web-1: host not answering');
INSERT INTO notices VALUES (
    1, 'k3f9q2m', 'ann', 0, 0, 'pending', 1790000001.0, 1790000002.0, 1, NULL, '[["a1", 1, false]]', 1, NULL,
    'reset', NULL
);
INSERT INTO notices VALUES (
    2, 'k3f9q2m', 'bob', 0, 0, 'accepted', 1790000001.0, 1790000001.0, 1, NULL, '[["a1", 1, false]]', 0,
    '<id>', NULL, 1790000002.0
);
