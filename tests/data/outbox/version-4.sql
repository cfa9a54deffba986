BEGIN TRANSACTION;
CREATE TABLE disputed_firings (
	alert_id VARCHAR NOT NULL, 
	received_unix_seconds FLOAT NOT NULL, 
	starts_unix_seconds FLOAT NOT NULL, 
	annotations JSON NOT NULL, 
	generator_url VARCHAR NOT NULL, 
	PRIMARY KEY (alert_id)
);
CREATE TABLE end_claims (
	alert_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	claimed_unix_seconds FLOAT NOT NULL, 
	ends_unix_seconds FLOAT NOT NULL, 
	is_reconciled BOOLEAN NOT NULL, 
	reason VARCHAR NOT NULL, 
	PRIMARY KEY (alert_id, number)
);
CREATE TABLE episodes (
	alert_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	incident_id VARCHAR NOT NULL, 
	alertname VARCHAR NOT NULL, 
	labels JSON NOT NULL, 
	annotations JSON NOT NULL, 
	generator_url VARCHAR NOT NULL, 
	starts_unix_seconds FLOAT NOT NULL, 
	opened_unix_seconds FLOAT NOT NULL, 
	ended_unix_seconds FLOAT, 
	closed_unix_seconds FLOAT, 
	last_answered_unix_seconds FLOAT, 
	is_end_reconciled BOOLEAN DEFAULT 0 NOT NULL, 
	is_unwatched BOOLEAN DEFAULT 0 NOT NULL, 
	watched_as VARCHAR DEFAULT '' NOT NULL, 
	reopened_unix_seconds FLOAT, 
	restarted_unix_seconds FLOAT, 
	PRIMARY KEY (alert_id, number), 
	FOREIGN KEY(incident_id) REFERENCES incidents (incident_id)
);
INSERT INTO "episodes" VALUES('ceb09231de4eb81acfb7e7ac1f7ca2d8',1,'inc1','HighCpu','{"alertname": "HighCpu", "severity": "warning", "job": "marax", "host": "web-2", "instance": "web-2.example.org:9877"}','{"summary": "host not answering"}','',1790000000.0,1790000000.0,NULL,NULL,NULL,0,0,'',NULL,NULL);
INSERT INTO "episodes" VALUES('0ad72f4748fb158c9436c5af29eee26c',1,'inc2','HostDown','{"alertname": "HostDown", "severity": "critical", "job": "marax", "host": "web-1", "instance": "web-1.example.org:9877"}','{"summary": "host not answering"}','',1790000000.0,1790000000.0,1790000050.0,1790000060.0,NULL,0,0,'',NULL,NULL);
INSERT INTO "episodes" VALUES('81fc0001beae4021645156b423f39aa1',1,'inc3','HostDown','{"alertname": "HostDown", "severity": "critical", "job": "marax", "host": "web-3", "instance": "web-3.example.org:9877"}','{"summary": "host not answering"}','',1790000055.0,1790000060.0,NULL,NULL,NULL,0,0,'',NULL,NULL);
CREATE TABLE event_tokens (
	token VARCHAR NOT NULL, 
	told_unix_seconds FLOAT NOT NULL, 
	PRIMARY KEY (token)
);
CREATE TABLE incidents (
	incident_id VARCHAR NOT NULL, 
	alertname VARCHAR NOT NULL, 
	is_storm BOOLEAN NOT NULL, 
	opened_unix_seconds FLOAT NOT NULL, 
	PRIMARY KEY (incident_id)
);
INSERT INTO "incidents" VALUES('inc1','HighCpu',0,1790000000.0);
INSERT INTO "incidents" VALUES('inc2','HostDown',0,1790000000.0);
INSERT INTO "incidents" VALUES('inc3','HostDown',0,1790000060.0);
CREATE TABLE known (
	user_name VARCHAR NOT NULL, 
	alert_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	is_over BOOLEAN NOT NULL, 
	told_unix_seconds FLOAT NOT NULL, 
	PRIMARY KEY (user_name, alert_id, number)
);
INSERT INTO "known" VALUES('ann','0ad72f4748fb158c9436c5af29eee26c',1,1,1790000060.0);
INSERT INTO "known" VALUES('bob','0ad72f4748fb158c9436c5af29eee26c',1,0,1790000000.0);
CREATE TABLE lanes (
	lane VARCHAR NOT NULL, 
	paused_until_unix_seconds FLOAT NOT NULL, 
	reason VARCHAR NOT NULL, 
	PRIMARY KEY (lane)
);
CREATE TABLE meta (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema','4');
CREATE TABLE notices (
	notice_id INTEGER NOT NULL, 
	incident_id VARCHAR NOT NULL, 
	user_name VARCHAR NOT NULL, 
	sequence INTEGER NOT NULL, 
	priority INTEGER NOT NULL, 
	state VARCHAR NOT NULL, 
	created_unix_seconds FLOAT NOT NULL, 
	next_unix_seconds FLOAT NOT NULL, 
	attempts INTEGER NOT NULL, 
	owner VARCHAR, 
	told JSON, 
	doubt_unix_seconds FLOAT, 
	provider_id VARCHAR, 
	last_error VARCHAR, 
	settled_unix_seconds FLOAT, 
	delivery VARCHAR, 
	delivery_unix_seconds FLOAT, 
	delivery_detail VARCHAR, 
	purpose VARCHAR DEFAULT 'news' NOT NULL, 
	digest_id INTEGER, 
	held_unix_seconds FLOAT, 
	PRIMARY KEY (notice_id), 
	FOREIGN KEY(incident_id, user_name) REFERENCES threads (incident_id, user_name)
);
INSERT INTO "notices" VALUES(1,'inc1','ann',0,2,'pending',1790000000.0,1790000000.0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'news',NULL,NULL);
INSERT INTO "notices" VALUES(2,'inc2','ann',0,0,'accepted',1790000000.0,1790000000.0,1,NULL,'[["0ad72f4748fb158c9436c5af29eee26c", 1, false, true]]',NULL,'id',NULL,1790000000.0,NULL,NULL,NULL,'news',NULL,NULL);
INSERT INTO "notices" VALUES(3,'inc2','bob',0,0,'accepted',1790000000.0,1790000000.0,1,NULL,'[["0ad72f4748fb158c9436c5af29eee26c", 1, false, true]]',NULL,'id',NULL,1790000000.0,NULL,NULL,NULL,'news',NULL,NULL);
INSERT INTO "notices" VALUES(4,'inc2','ann',1,1,'accepted',1790000060.0,1790000060.0,1,NULL,'[["0ad72f4748fb158c9436c5af29eee26c", 1, true, true]]',NULL,'id',NULL,1790000060.0,NULL,NULL,NULL,'news',NULL,NULL);
INSERT INTO "notices" VALUES(5,'inc2','bob',1,1,'pending',1790000060.0,1790000060.0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'news',NULL,NULL);
INSERT INTO "notices" VALUES(6,'inc3','ann',0,0,'pending',1790000060.0,1790000060.0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'news',NULL,NULL);
INSERT INTO "notices" VALUES(7,'inc3','bob',0,0,'pending',1790000060.0,1790000060.0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'news',NULL,NULL);
CREATE TABLE threads (
	incident_id VARCHAR NOT NULL, 
	user_name VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	PRIMARY KEY (incident_id, user_name), 
	FOREIGN KEY(incident_id) REFERENCES incidents (incident_id)
);
INSERT INTO "threads" VALUES('inc1','ann','web-2: host not answering');
INSERT INTO "threads" VALUES('inc2','ann','web-1: host not answering');
INSERT INTO "threads" VALUES('inc2','bob','web-1: host not answering');
INSERT INTO "threads" VALUES('inc3','ann','web-3: host not answering');
INSERT INTO "threads" VALUES('inc3','bob','web-3: host not answering');
CREATE INDEX incidents_by_alertname ON incidents (alertname, opened_unix_seconds);
CREATE INDEX known_to_fire ON known (user_name) WHERE is_over = 0;
CREATE INDEX episodes_by_opening ON episodes (alertname, opened_unix_seconds);
CREATE INDEX episodes_by_incident ON episodes (incident_id);
CREATE INDEX episodes_by_closing ON episodes (closed_unix_seconds);
CREATE UNIQUE INDEX notices_by_thread ON notices (incident_id, user_name, sequence);
CREATE INDEX notices_by_digest ON notices (digest_id);
CREATE INDEX notices_by_state ON notices (state, priority, next_unix_seconds);
COMMIT;
