-- The ledger. ledger_head is its one mutable row; everything else is insert-only.
CREATE TABLE ledger_head (
	id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	size     BIGINT NOT NULL,
	root     BYTEA NOT NULL,
	note     BYTEA NOT NULL,
	frontier BYTEA NOT NULL,
	micros   BIGINT NOT NULL,
	rules    BIGINT NOT NULL,
	epoch    BIGINT NOT NULL
);

-- size 0: the root is SHA-256 of the empty string
INSERT INTO ledger_head (id, size, root, note, frontier, micros, rules, epoch)
VALUES (1, 0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '\x', '\x', 0, 0, 0);

-- data is the leaf; sealed its opening, NULL once forgotten; refs what the entry is
-- found by, and its request id. holder, month: whose record key opens it.
CREATE TABLE ledger_entry (
	idx    BIGINT NOT NULL PRIMARY KEY,
	data   BYTEA NOT NULL,
	holder BIGINT NOT NULL,
	month  TEXT COLLATE "C" NOT NULL,
	sealed BYTEA,
	refs   BYTEA NOT NULL
);

-- The two indices are filed from refs behind the commits, up to ledger_filed.
CREATE TABLE ledger_filed (
	id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	size BIGINT NOT NULL
);

INSERT INTO ledger_filed (id, size) VALUES (1, 0);

CREATE TABLE ledger_request (
	request BYTEA NOT NULL PRIMARY KEY,
	idx     BIGINT NOT NULL
);

CREATE TABLE ledger_index (
	kind BIGINT NOT NULL,
	ref  BYTEA NOT NULL,
	idx  BIGINT NOT NULL,
	PRIMARY KEY (kind, ref, idx)
);

CREATE TABLE ledger_tile (
	l    BIGINT NOT NULL,
	n    BIGINT NOT NULL,
	data BYTEA NOT NULL,
	PRIMARY KEY (l, n)
);

CREATE TABLE ledger_checkpoint (
	size BIGINT NOT NULL PRIMARY KEY,
	note BYTEA NOT NULL
);

CREATE TABLE ledger_cosig (
	size    BIGINT NOT NULL,
	witness TEXT COLLATE "C" NOT NULL,
	line    TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (size, witness)
);

-- What forgetting left.
CREATE TABLE forgotten (
	ordinal BIGINT NOT NULL PRIMARY KEY,
	entry   BIGINT NOT NULL,
	mac     BYTEA NOT NULL
);

CREATE TABLE ledger_pair (
	idx     BIGINT NOT NULL,
	ordinal BIGINT NOT NULL,
	tag     BYTEA NOT NULL,
	value   BYTEA NOT NULL,
	PRIMARY KEY (idx, ordinal)
);

-- Restores: each row a stamp, like a row that gives power. origin and log_key are of
-- the log that its entry and what follows belong to.
CREATE TABLE ledger_restore (
	entry      BIGINT NOT NULL PRIMARY KEY,
	origin     TEXT COLLATE "C" NOT NULL,
	log_key    TEXT COLLATE "C" NOT NULL,
	restored   BIGINT NOT NULL,
	seen       BIGINT NOT NULL,
	checkpoint BYTEA NOT NULL,
	heir       BYTEA NOT NULL,
	mac        BYTEA NOT NULL
);

CREATE TABLE revocation (
	idx BIGINT NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (idx, key)
);

-- The processes that append, and up to which entry each has no receipt left.
CREATE TABLE ledger_process (
	id       BYTEA NOT NULL PRIMARY KEY,
	settled  BIGINT NOT NULL,
	beat     BIGINT NOT NULL,
	given_up BIGINT NOT NULL
);

-- Budgets.
CREATE TABLE meter (
	key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	used  BIGINT NOT NULL,
	until BIGINT NOT NULL
);

CREATE INDEX meter_until ON meter (until);

CREATE TABLE meter_subject (
	key     TEXT COLLATE "C" NOT NULL,
	ordinal BIGINT NOT NULL,
	PRIMARY KEY (key, ordinal)
);

-- Who works with the data. entry and mac are the stamp of a row that gives power.
CREATE TABLE org (
	id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	kind               TEXT COLLATE "C" NOT NULL,
	title              TEXT COLLATE "C" NOT NULL,
	agreement          TEXT COLLATE "C" NOT NULL,
	agreement_until    BIGINT NOT NULL,
	agreement_purposes TEXT COLLATE "C" NOT NULL,
	agreement_fields   TEXT COLLATE "C" NOT NULL,
	assessment         TEXT COLLATE "C" NOT NULL,
	assessment_on      BIGINT NOT NULL,
	region             TEXT COLLATE "C" NOT NULL,
	transfer_basis     TEXT COLLATE "C" NOT NULL,
	transfer           TEXT COLLATE "C" NOT NULL,
	transfer_until     BIGINT NOT NULL,
	suspended          BOOLEAN NOT NULL,
	entry              BIGINT NOT NULL,
	mac                BYTEA NOT NULL
);

-- Numbers organisations call from. tag: keyed hash of the number.
CREATE TABLE org_number (
	org   TEXT COLLATE "C" NOT NULL,
	tag   BYTEA NOT NULL,
	tail  TEXT COLLATE "C" NOT NULL,
	since BIGINT NOT NULL,
	until BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	mac   BYTEA NOT NULL,
	PRIMARY KEY (tag, org, since)
);

CREATE INDEX org_number_org ON org_number (org, since, tag);

CREATE TABLE person (
	id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	org            TEXT COLLATE "C" NOT NULL,
	kind           TEXT COLLATE "C" NOT NULL,
	post           TEXT COLLATE "C" NOT NULL,
	level          BIGINT NOT NULL,
	manager        TEXT COLLATE "C" NOT NULL,
	contract_from  BIGINT NOT NULL,
	contract_until BIGINT NOT NULL,
	trained_until  BIGINT NOT NULL,
	suspended      BOOLEAN NOT NULL,
	entry          BIGINT NOT NULL,
	mac            BYTEA NOT NULL
);

-- Changes that files ask for and a second officer decides about.
CREATE TABLE person_ask (
	person TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	open   BOOLEAN NOT NULL,
	body   BYTEA NOT NULL,
	entry  BIGINT NOT NULL,
	mac    BYTEA NOT NULL
);

-- Recertifications, and what was said about whom.
CREATE TABLE recertification (
	id        BYTEA NOT NULL PRIMARY KEY,
	opened_at BIGINT NOT NULL,
	body      BYTEA NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

CREATE INDEX recertification_at ON recertification (opened_at, id);

CREATE TABLE confirmation (
	round  BYTEA NOT NULL,
	person TEXT COLLATE "C" NOT NULL,
	body   BYTEA NOT NULL,
	entry  BIGINT NOT NULL,
	mac    BYTEA NOT NULL,
	PRIMARY KEY (round, person)
);

CREATE INDEX person_manager ON person (manager, id);

CREATE TABLE training (
	person    TEXT COLLATE "C" NOT NULL,
	course    TEXT COLLATE "C" NOT NULL,
	at        BIGINT NOT NULL,
	until     BIGINT NOT NULL,
	reference TEXT COLLATE "C" NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL,
	PRIMARY KEY (person, course, at)
);

CREATE TABLE token (
	hash    BYTEA NOT NULL PRIMARY KEY,
	person  TEXT COLLATE "C" NOT NULL,
	scope   TEXT COLLATE "C" NOT NULL,
	how     TEXT COLLATE "C" NOT NULL,
	agent   BYTEA,
	made_at BIGINT NOT NULL,
	until   BIGINT NOT NULL,
	step_up BIGINT NOT NULL,
	ended   BOOLEAN NOT NULL,
	entry   BIGINT NOT NULL,
	mac     BYTEA NOT NULL
);

CREATE INDEX token_person ON token (person, ended, until);

CREATE TABLE code (
	person TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	hash   BYTEA,
	until  BIGINT NOT NULL,
	entry  BIGINT NOT NULL,
	mac    BYTEA NOT NULL
);

CREATE INDEX code_hash ON code (hash);

-- What a person signs in with beside codes.
CREATE TABLE local_account (
	person   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	handle   BYTEA NOT NULL,
	password TEXT COLLATE "C" NOT NULL,
	sessions BIGINT NOT NULL,
	entry    BIGINT NOT NULL,
	mac      BYTEA NOT NULL
);

CREATE TABLE passkey (
	id         BYTEA NOT NULL PRIMARY KEY,
	person     TEXT COLLATE "C" NOT NULL,
	public_key BYTEA NOT NULL,
	uses       BIGINT NOT NULL,
	eligible   BOOLEAN NOT NULL,
	backed_up  BOOLEAN NOT NULL,
	made_at    BIGINT NOT NULL,
	used_at    BIGINT NOT NULL,
	ended      BOOLEAN NOT NULL,
	entry      BIGINT NOT NULL,
	mac        BYTEA NOT NULL
);

CREATE INDEX passkey_person ON passkey (person, ended, made_at, id);

-- Ceremonies that were used, until they are over.
CREATE TABLE ceremony (
	id    BYTEA NOT NULL PRIMARY KEY,
	until BIGINT NOT NULL
);

-- Why they may.
CREATE TABLE work_item (
	id        BYTEA NOT NULL PRIMARY KEY,
	kind      TEXT COLLATE "C" NOT NULL,
	purpose   TEXT COLLATE "C" NOT NULL,
	assignee  TEXT COLLATE "C" NOT NULL,
	recipient TEXT COLLATE "C" NOT NULL,
	opened_by TEXT COLLATE "C" NOT NULL,
	opened_at BIGINT NOT NULL,
	until     BIGINT NOT NULL,
	closed    BOOLEAN NOT NULL,
	subjects  BIGINT NOT NULL,
	digest    BYTEA,
	asked_by  TEXT COLLATE "C" NOT NULL,
	fields    TEXT COLLATE "C",
	highest   BIGINT NOT NULL,
	budget    BIGINT NOT NULL,
	frozen    BOOLEAN NOT NULL,
	fresh_at  BIGINT NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

CREATE INDEX work_item_assignee ON work_item (assignee, closed, opened_at, id);

CREATE TABLE work_item_subject (
	ordinal BIGINT NOT NULL,
	item    BYTEA NOT NULL,
	entry   BIGINT NOT NULL,
	mac     BYTEA NOT NULL,
	PRIMARY KEY (ordinal, item)
);

CREATE INDEX work_item_subject_item ON work_item_subject (item, ordinal);

-- Exceptions and alerts. body is the row's canonical JSON, which the stamp covers; the
-- columns before it are copies to search by.
CREATE TABLE exception (
	id          BYTEA NOT NULL PRIMARY KEY,
	beneficiary TEXT COLLATE "C" NOT NULL,
	unreviewed  BOOLEAN NOT NULL,
	asked_at    BIGINT NOT NULL,
	body        BYTEA NOT NULL,
	entry       BIGINT NOT NULL,
	mac         BYTEA NOT NULL
);

CREATE INDEX exception_asked ON exception (asked_at, id);
CREATE INDEX exception_unreviewed ON exception (beneficiary, unreviewed);

CREATE TABLE alert (
	id    BYTEA NOT NULL PRIMARY KEY,
	at    BIGINT NOT NULL,
	body  BYTEA NOT NULL,
	entry BIGINT NOT NULL,
	mac   BYTEA NOT NULL
);

CREATE INDEX alert_at ON alert (at, id);

-- Changes of the rule set that were proposed; body as above.
CREATE TABLE rule_proposal (
	id    BYTEA NOT NULL PRIMARY KEY,
	at    BIGINT NOT NULL,
	body  BYTEA NOT NULL,
	entry BIGINT NOT NULL,
	mac   BYTEA NOT NULL
);

CREATE INDEX rule_proposal_at ON rule_proposal (at, id);

CREATE TABLE consent (
	ordinal   BIGINT NOT NULL,
	purpose   TEXT COLLATE "C" NOT NULL,
	recipient TEXT COLLATE "C" NOT NULL,
	given     BOOLEAN NOT NULL,
	general   BOOLEAN NOT NULL,
	notice    TEXT COLLATE "C" NOT NULL,
	proof     BYTEA,
	at        BIGINT NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL,
	PRIMARY KEY (ordinal, purpose, recipient)
);

CREATE TABLE notice (
	purpose    TEXT COLLATE "C" NOT NULL,
	version    TEXT COLLATE "C" NOT NULL,
	digest     BYTEA,
	recipients TEXT COLLATE "C" NOT NULL,
	fields     TEXT COLLATE "C" NOT NULL,
	since      BIGINT NOT NULL,
	editorial  BOOLEAN NOT NULL,
	entry      BIGINT NOT NULL,
	mac        BYTEA NOT NULL,
	PRIMARY KEY (purpose, version)
);

CREATE TABLE opt_out (
	ordinal BIGINT NOT NULL PRIMARY KEY,
	refused BOOLEAN NOT NULL,
	at      BIGINT NOT NULL,
	entry   BIGINT NOT NULL,
	mac     BYTEA NOT NULL
);

-- Custody. Everything here is sealed, keyed or a count.
CREATE TABLE ordinal_counter (
	id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	next BIGINT NOT NULL
);

-- 0 is the dummy subject
INSERT INTO ordinal_counter (id, next) VALUES (1, 1);

CREATE TABLE subject_ref (
	id      BYTEA NOT NULL PRIMARY KEY,
	ordinal BIGINT NOT NULL
);

-- One row holds all that a decision about a subject and an answer read of her.
CREATE TABLE custody (
	ordinal    BIGINT NOT NULL PRIMARY KEY,
	id         BYTEA NOT NULL,
	state      BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	at         BIGINT NOT NULL,
	period     TEXT COLLATE "C" NOT NULL,
	data_key   BYTEA,
	record_key BYTEA,
	fields     TEXT COLLATE "C" NOT NULL,
	sealed     BYTEA NOT NULL
);

-- What corrections replaced.
CREATE TABLE subject_version (
	ordinal BIGINT NOT NULL,
	version BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	fields  TEXT COLLATE "C" NOT NULL,
	sealed  BYTEA NOT NULL,
	PRIMARY KEY (ordinal, version)
);

CREATE TABLE blind_index (
	ordinal BIGINT NOT NULL,
	field   TEXT COLLATE "C" NOT NULL,
	norm    BIGINT NOT NULL,
	tag     BYTEA NOT NULL,
	PRIMARY KEY (ordinal, field, norm, tag)
);

CREATE INDEX blind_index_tag ON blind_index (field, norm, tag);

-- The tags of replaced versions: only found files are matched with them.
CREATE TABLE blind_index_past (
	ordinal BIGINT NOT NULL,
	version BIGINT NOT NULL,
	field   TEXT COLLATE "C" NOT NULL,
	norm    BIGINT NOT NULL,
	tag     BYTEA NOT NULL,
	PRIMARY KEY (ordinal, version, field, norm, tag)
);

CREATE INDEX blind_index_past_tag ON blind_index_past (field, norm, tag);

CREATE TABLE mask_count (
	key BYTEA NOT NULL PRIMARY KEY,
	n   BIGINT NOT NULL
);

-- Cases and the door's own rows.
-- One-time codes that were sent to contacts. hash is keyed: six digits are soon guessed.
CREATE TABLE one_time_code (
	id        BYTEA NOT NULL PRIMARY KEY,
	purpose   TEXT COLLATE "C" NOT NULL,
	complaint BYTEA NOT NULL,
	ordinal   BIGINT NOT NULL,
	field     TEXT COLLATE "C" NOT NULL,
	hash      BYTEA,
	sent_at   BIGINT NOT NULL,
	until     BIGINT NOT NULL,
	used      BOOLEAN NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

-- Appeals of answers and closings to an officer who had no part in them. waits is 1
-- until she answered.
CREATE TABLE appeal (
	id        BYTEA NOT NULL PRIMARY KEY,
	complaint BYTEA NOT NULL,
	at        BIGINT NOT NULL,
	waits     BIGINT NOT NULL,
	body      BYTEA NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

CREATE INDEX appeal_complaint ON appeal (complaint, at, id);
CREATE INDEX appeal_waits ON appeal (waits, at, id);

-- Messages that wait to be sent; sealed is as long for each. No power is in them.
CREATE TABLE outbox (
	id      BYTEA NOT NULL PRIMARY KEY,
	next_at BIGINT NOT NULL,
	tries   BIGINT NOT NULL,
	sealed  BYTEA NOT NULL
);

CREATE INDEX outbox_next ON outbox (next_at, id);

-- Who handled a complaint or chose its handler.
CREATE TABLE complaint_handled (
	complaint BYTEA NOT NULL,
	person    TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (complaint, person)
);

-- On whose word a complaint was closed: hers, with the code she answered, or that of
-- an officer who told her before how to contest.
CREATE TABLE complaint_closing (
	complaint BYTEA NOT NULL,
	code      BYTEA NOT NULL,
	officer   TEXT COLLATE "C" NOT NULL,
	notice    BIGINT NOT NULL,
	at        BIGINT NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL,
	PRIMARY KEY (complaint, entry)
);

CREATE TABLE complaint (
	id        BYTEA NOT NULL PRIMARY KEY,
	state     TEXT COLLATE "C" NOT NULL,
	ordinal   BIGINT NOT NULL,
	filed_at  BIGINT NOT NULL,
	called_at BIGINT NOT NULL,
	channel   TEXT COLLATE "C" NOT NULL,
	known     TEXT COLLATE "C",
	caller    BYTEA,
	verified  BOOLEAN NOT NULL,
	code_hash BYTEA,
	month     TEXT COLLATE "C" NOT NULL,
	sealed    BYTEA,
	taken_by     TEXT COLLATE "C" NOT NULL,
	due          BIGINT NOT NULL,
	silent_until BIGINT NOT NULL,
	escalated_at BIGINT NOT NULL,
	script       BYTEA,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

CREATE INDEX complaint_filed ON complaint (filed_at, id);
CREATE INDEX complaint_ordinal ON complaint (ordinal, state);
CREATE INDEX complaint_code ON complaint (code_hash);

-- The second lock of I5: the database closes no complaint on its handler's word,
-- whoever writes to it. (The first is the stamp: a row the ledger did not make counts
-- for nothing.)
CREATE OR REPLACE FUNCTION complaint_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.state = 'closed' AND NOT EXISTS (
	SELECT 1 FROM complaint_closing w WHERE w.complaint = NEW.id AND w.entry = NEW.entry AND (
		w.officer = '' AND EXISTS (SELECT 1 FROM one_time_code k
			WHERE k.id = w.code AND k.purpose = 'close' AND k.complaint = NEW.id AND k.used = TRUE AND k.entry = w.entry)
		OR w.officer <> '' AND w.notice > 0 AND NEW.silent_until > 0 AND w.at >= NEW.silent_until
			AND NOT EXISTS (SELECT 1 FROM complaint_handled h WHERE h.complaint = NEW.id AND h.person = w.officer))) THEN
		RAISE EXCEPTION 'a complaint is closed by its complainant, or by a second officer' USING ERRCODE = '23514';
	END IF;
	RETURN NEW;
END
$$;

CREATE TRIGGER complaint_closed BEFORE INSERT OR UPDATE ON complaint FOR EACH ROW EXECUTE FUNCTION complaint_closed();

CREATE OR REPLACE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'these rows are only added to' USING ERRCODE = '23514';
END
$$;

CREATE TRIGGER complaint_handled_stays BEFORE UPDATE OR DELETE ON complaint_handled FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER complaint_closing_stays BEFORE UPDATE OR DELETE ON complaint_closing FOR EACH ROW EXECUTE FUNCTION only_added_to();

-- Files that complainants handed in, name and content sealed.
CREATE TABLE complaint_file (
	complaint BYTEA NOT NULL,
	n         BIGINT NOT NULL,
	at        BIGINT NOT NULL,
	size      BIGINT NOT NULL,
	sha256    BYTEA NOT NULL,
	month     TEXT COLLATE "C" NOT NULL,
	sealed    BYTEA NOT NULL,
	digest    BYTEA NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL,
	PRIMARY KEY (complaint, n)
);

-- Suspected incidents: complaints that belong together. The body is the row; the other
-- columns are what the database looks at.
CREATE TABLE incident (
	id        BYTEA NOT NULL PRIMARY KEY,
	state     TEXT COLLATE "C" NOT NULL,
	opened_at BIGINT NOT NULL,
	opened_by TEXT COLLATE "C" NOT NULL,
	run       BYTEA NOT NULL,
	affected  BIGINT NOT NULL,
	body      BYTEA NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

CREATE INDEX incident_opened ON incident (opened_at, id);

-- The signed decision that closes an incident.
CREATE TABLE incident_decision (
	incident BYTEA NOT NULL PRIMARY KEY,
	verdict  TEXT COLLATE "C" NOT NULL,
	officer  TEXT COLLATE "C" NOT NULL,
	reason   TEXT COLLATE "C" NOT NULL,
	note     BYTEA NOT NULL,
	run      BYTEA NOT NULL,
	affected BIGINT NOT NULL,
	body     BYTEA NOT NULL,
	entry    BIGINT NOT NULL,
	mac      BYTEA NOT NULL
);

-- The second lock of I6: no incident closes, is taken away, or changes once it is
-- closed, without the decision of an officer who did not open it.
CREATE OR REPLACE FUNCTION incident_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		IF OLD.state = 'closed' OR NEW.id <> OLD.id OR NEW.opened_by <> OLD.opened_by OR NEW.opened_at <> OLD.opened_at THEN
			RAISE EXCEPTION 'an incident is closed by a signed decision to notify or not to notify' USING ERRCODE = '23514';
		END IF;
	END IF;
	IF NEW.state = 'closed' AND NOT EXISTS (
	SELECT 1 FROM incident_decision d WHERE d.incident = NEW.id AND d.entry = NEW.entry
		AND d.verdict IN ('notify', 'not-notify') AND d.officer <> '' AND d.officer <> NEW.opened_by AND d.reason <> ''
		AND length(d.note) > 0 AND d.run = NEW.run AND d.run <> '\x00000000000000000000000000000000'::bytea AND d.affected = NEW.affected) THEN
		RAISE EXCEPTION 'an incident is closed by a signed decision to notify or not to notify' USING ERRCODE = '23514';
	END IF;
	RETURN NEW;
END
$$;

CREATE TRIGGER incident_closed BEFORE INSERT OR UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION incident_closed();
CREATE TRIGGER incident_stays BEFORE DELETE ON incident FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER incident_decision_stays BEFORE UPDATE OR DELETE ON incident_decision FOR EACH ROW EXECUTE FUNCTION only_added_to();
CREATE TRIGGER incident_kept BEFORE TRUNCATE ON incident FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
CREATE TRIGGER incident_decision_kept BEFORE TRUNCATE ON incident_decision FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();

CREATE TABLE import (
	id        BYTEA NOT NULL PRIMARY KEY,
	made_by   TEXT COLLATE "C" NOT NULL,
	file      BYTEA,
	opened_at BIGINT NOT NULL,
	horizon   BIGINT NOT NULL,
	done      BOOLEAN NOT NULL,
	entry     BIGINT NOT NULL,
	mac       BYTEA NOT NULL
);

CREATE TABLE erasure (
	id          BYTEA NOT NULL PRIMARY KEY,
	ordinal     BIGINT NOT NULL,
	work        BYTEA NOT NULL,
	asked_by    TEXT COLLATE "C" NOT NULL,
	asked_at    BIGINT NOT NULL,
	approved_by TEXT COLLATE "C" NOT NULL,
	state       TEXT COLLATE "C" NOT NULL,
	entry       BIGINT NOT NULL,
	mac         BYTEA NOT NULL
);

-- What became of contacts, and the notes about them, which lie under the subject's key.
CREATE TABLE outcome (
	ordinal BIGINT NOT NULL,
	item    BYTEA NOT NULL,
	result  TEXT COLLATE "C" NOT NULL,
	made_by TEXT COLLATE "C" NOT NULL,
	at      BIGINT NOT NULL,
	entry   BIGINT NOT NULL,
	mac     BYTEA NOT NULL,
	PRIMARY KEY (ordinal, item)
);

CREATE INDEX outcome_item ON outcome (item, ordinal);

CREATE TABLE contact_note (
	ordinal BIGINT NOT NULL,
	id      BYTEA NOT NULL,
	made_by TEXT COLLATE "C" NOT NULL,
	at      BIGINT NOT NULL,
	sealed  BYTEA NOT NULL,
	PRIMARY KEY (ordinal, id)
);

-- Files found outside that are, or may be, matched. case_id: the complaint it is under.
CREATE TABLE found_file (
	id          BYTEA NOT NULL PRIMARY KEY,
	case_id     BYTEA NOT NULL,
	file        BYTEA,
	rows        BIGINT NOT NULL,
	asked_by    TEXT COLLATE "C" NOT NULL,
	asked_at    BIGINT NOT NULL,
	approved_by TEXT COLLATE "C" NOT NULL,
	state       TEXT COLLATE "C" NOT NULL,
	entry       BIGINT NOT NULL,
	mac         BYTEA NOT NULL
);

-- Which customers are decoys, and contacts with them: sealed, one row an act.
CREATE TABLE decoy_note (
	id     BYTEA NOT NULL PRIMARY KEY,
	sealed BYTEA NOT NULL,
	entry  BIGINT NOT NULL,
	mac    BYTEA NOT NULL
);

-- Who was shown whom, derived from the ledger and sealed: a segment covers the
-- entries [first, until), in parts.
CREATE TABLE exposure_segment (
	first BIGINT NOT NULL,
	part  BIGINT NOT NULL,
	until BIGINT NOT NULL,
	data  BYTEA NOT NULL,
	PRIMARY KEY (first, part)
);

CREATE TABLE rule_set (
	entry   BIGINT NOT NULL PRIMARY KEY,
	version TEXT COLLATE "C" NOT NULL,
	text    TEXT COLLATE "C" NOT NULL,
	sheets  TEXT COLLATE "C" NOT NULL,
	caps    TEXT COLLATE "C" NOT NULL,
	made_by TEXT COLLATE "C" NOT NULL,
	at      BIGINT NOT NULL,
	mac     BYTEA NOT NULL
);

-- The company's own PostgreSQL database: enrolled tables, how it is reached (sealed),
-- and the logins of its port.
CREATE TABLE enrolled_table (
	id    BYTEA NOT NULL PRIMARY KEY,
	body  TEXT COLLATE "C" NOT NULL,
	entry BIGINT NOT NULL,
	mac   BYTEA NOT NULL
);

CREATE TABLE company_database (
	id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	sealed BYTEA NOT NULL,
	entry  BIGINT NOT NULL,
	mac    BYTEA NOT NULL
);

CREATE TABLE database_login (
	name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	until BIGINT NOT NULL,
	body  TEXT COLLATE "C" NOT NULL,
	entry BIGINT NOT NULL,
	mac   BYTEA NOT NULL
);

CREATE INDEX database_login_until ON database_login (until);
