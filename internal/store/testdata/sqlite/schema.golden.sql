CREATE TRIGGER complaint_closed_insert BEFORE INSERT ON complaint WHEN NEW.state = 'closed' AND NOT EXISTS (
	SELECT 1 FROM complaint_closing w WHERE w.complaint = NEW.id AND w.entry = NEW.entry AND (
		w.officer = '' AND EXISTS (SELECT 1 FROM one_time_code k
			WHERE k.id = w.code AND k.purpose = 'close' AND k.complaint = NEW.id AND k.used = 1 AND k.entry = w.entry)
		OR w.officer <> '' AND w.notice > 0 AND NEW.silent_until > 0 AND w.at >= NEW.silent_until
			AND NOT EXISTS (SELECT 1 FROM complaint_handled h WHERE h.complaint = NEW.id AND h.person = w.officer)))
BEGIN
	SELECT RAISE(ABORT, 'a complaint is closed by its complainant, or by a second officer');
END;
CREATE TRIGGER complaint_closed_update BEFORE UPDATE ON complaint WHEN NEW.state = 'closed' AND NOT EXISTS (
	SELECT 1 FROM complaint_closing w WHERE w.complaint = NEW.id AND w.entry = NEW.entry AND (
		w.officer = '' AND EXISTS (SELECT 1 FROM one_time_code k
			WHERE k.id = w.code AND k.purpose = 'close' AND k.complaint = NEW.id AND k.used = 1 AND k.entry = w.entry)
		OR w.officer <> '' AND w.notice > 0 AND NEW.silent_until > 0 AND w.at >= NEW.silent_until
			AND NOT EXISTS (SELECT 1 FROM complaint_handled h WHERE h.complaint = NEW.id AND h.person = w.officer)))
BEGIN
	SELECT RAISE(ABORT, 'a complaint is closed by its complainant, or by a second officer');
END;
CREATE TRIGGER complaint_closing_delete BEFORE DELETE ON complaint_closing
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TRIGGER complaint_closing_update BEFORE UPDATE ON complaint_closing
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TRIGGER complaint_handled_delete BEFORE DELETE ON complaint_handled
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TRIGGER complaint_handled_update BEFORE UPDATE ON complaint_handled
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TRIGGER incident_closed_insert BEFORE INSERT ON incident WHEN NEW.state = 'closed' AND NOT EXISTS (
	SELECT 1 FROM incident_decision d WHERE d.incident = NEW.id AND d.entry = NEW.entry
		AND d.verdict IN ('notify', 'not-notify') AND d.officer <> '' AND d.officer <> NEW.opened_by AND d.reason <> ''
		AND length(d.note) > 0 AND d.run = NEW.run AND d.run <> zeroblob(16) AND d.affected = NEW.affected)
BEGIN
	SELECT RAISE(ABORT, 'an incident is closed by a signed decision to notify or not to notify');
END;
CREATE TRIGGER incident_closed_update BEFORE UPDATE ON incident WHEN OLD.state = 'closed' OR NEW.id <> OLD.id OR NEW.opened_by <> OLD.opened_by OR NEW.opened_at <> OLD.opened_at OR NEW.state = 'closed' AND NOT EXISTS (
	SELECT 1 FROM incident_decision d WHERE d.incident = NEW.id AND d.entry = NEW.entry
		AND d.verdict IN ('notify', 'not-notify') AND d.officer <> '' AND d.officer <> NEW.opened_by AND d.reason <> ''
		AND length(d.note) > 0 AND d.run = NEW.run AND d.run <> zeroblob(16) AND d.affected = NEW.affected)
BEGIN
	SELECT RAISE(ABORT, 'an incident is closed by a signed decision to notify or not to notify');
END;
CREATE TRIGGER incident_decision_delete BEFORE DELETE ON incident_decision
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TRIGGER incident_decision_update BEFORE UPDATE ON incident_decision
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TRIGGER incident_delete BEFORE DELETE ON incident
BEGIN
	SELECT RAISE(ABORT, 'these rows are only added to');
END;
CREATE TABLE alert (
	id    BLOB NOT NULL PRIMARY KEY,
	at    INTEGER NOT NULL,
	body  BLOB NOT NULL,
	entry INTEGER NOT NULL,
	mac   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE appeal (
	id        BLOB NOT NULL PRIMARY KEY,
	complaint BLOB NOT NULL,
	at        INTEGER NOT NULL,
	waits     INTEGER NOT NULL,
	body      BLOB NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blind_index (
	ordinal INTEGER NOT NULL,
	field   TEXT NOT NULL,
	norm    INTEGER NOT NULL,
	tag     BLOB NOT NULL,
	PRIMARY KEY (ordinal, field, norm, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE blind_index_past (
	ordinal INTEGER NOT NULL,
	version INTEGER NOT NULL,
	field   TEXT NOT NULL,
	norm    INTEGER NOT NULL,
	tag     BLOB NOT NULL,
	PRIMARY KEY (ordinal, version, field, norm, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE ceremony (
	id    BLOB NOT NULL PRIMARY KEY,
	until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE code (
	person TEXT NOT NULL PRIMARY KEY,
	hash   BLOB,
	until  INTEGER NOT NULL,
	entry  INTEGER NOT NULL,
	mac    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE company_database (
	id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	sealed BLOB NOT NULL,
	entry  INTEGER NOT NULL,
	mac    BLOB NOT NULL
) STRICT;
CREATE TABLE complaint (
	id        BLOB NOT NULL PRIMARY KEY,
	state     TEXT NOT NULL,
	ordinal   INTEGER NOT NULL,
	filed_at  INTEGER NOT NULL,
	called_at INTEGER NOT NULL,
	channel   TEXT NOT NULL,
	known     TEXT,
	caller    BLOB,
	verified  INTEGER NOT NULL,
	code_hash BLOB,
	month     TEXT NOT NULL,
	sealed    BLOB,
	taken_by     TEXT NOT NULL,
	due          INTEGER NOT NULL,
	silent_until INTEGER NOT NULL,
	escalated_at INTEGER NOT NULL,
	script       BLOB,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE complaint_closing (
	complaint BLOB NOT NULL,
	code      BLOB NOT NULL,
	officer   TEXT NOT NULL,
	notice    INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL,
	PRIMARY KEY (complaint, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE complaint_file (
	complaint BLOB NOT NULL,
	n         INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	size      INTEGER NOT NULL,
	sha256    BLOB NOT NULL,
	month     TEXT NOT NULL,
	sealed    BLOB NOT NULL,
	digest    BLOB NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL,
	PRIMARY KEY (complaint, n)
) STRICT;
CREATE TABLE complaint_handled (
	complaint BLOB NOT NULL,
	person    TEXT NOT NULL,
	PRIMARY KEY (complaint, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE confirmation (
	round  BLOB NOT NULL,
	person TEXT NOT NULL,
	body   BLOB NOT NULL,
	entry  INTEGER NOT NULL,
	mac    BLOB NOT NULL,
	PRIMARY KEY (round, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE consent (
	ordinal   INTEGER NOT NULL,
	purpose   TEXT NOT NULL,
	recipient TEXT NOT NULL,
	given     INTEGER NOT NULL,
	general   INTEGER NOT NULL,
	notice    TEXT NOT NULL,
	proof     BLOB,
	at        INTEGER NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL,
	PRIMARY KEY (ordinal, purpose, recipient)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact_note (
	ordinal INTEGER NOT NULL,
	id      BLOB NOT NULL,
	made_by TEXT NOT NULL,
	at      INTEGER NOT NULL,
	sealed  BLOB NOT NULL,
	PRIMARY KEY (ordinal, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE custody (
	ordinal    INTEGER NOT NULL PRIMARY KEY,
	id         BLOB NOT NULL,
	state      INTEGER NOT NULL,
	version    INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	period     TEXT NOT NULL,
	data_key   BLOB,
	record_key BLOB,
	fields     TEXT NOT NULL,
	sealed     BLOB NOT NULL
) STRICT;
CREATE TABLE database_login (
	name  TEXT NOT NULL PRIMARY KEY,
	until INTEGER NOT NULL,
	body  TEXT NOT NULL,
	entry INTEGER NOT NULL,
	mac   BLOB NOT NULL
) STRICT;
CREATE TABLE decoy_note (
	id     BLOB NOT NULL PRIMARY KEY,
	sealed BLOB NOT NULL,
	entry  INTEGER NOT NULL,
	mac    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE enrolled_table (
	id    BLOB NOT NULL PRIMARY KEY,
	body  TEXT NOT NULL,
	entry INTEGER NOT NULL,
	mac   BLOB NOT NULL
) STRICT;
CREATE TABLE erasure (
	id          BLOB NOT NULL PRIMARY KEY,
	ordinal     INTEGER NOT NULL,
	work        BLOB NOT NULL,
	asked_by    TEXT NOT NULL,
	asked_at    INTEGER NOT NULL,
	approved_by TEXT NOT NULL,
	state       TEXT NOT NULL,
	entry       INTEGER NOT NULL,
	mac         BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE exception (
	id          BLOB NOT NULL PRIMARY KEY,
	beneficiary TEXT NOT NULL,
	unreviewed  INTEGER NOT NULL,
	asked_at    INTEGER NOT NULL,
	body        BLOB NOT NULL,
	entry       INTEGER NOT NULL,
	mac         BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE exposure_segment (
	first INTEGER NOT NULL,
	part  INTEGER NOT NULL,
	until INTEGER NOT NULL,
	data  BLOB NOT NULL,
	PRIMARY KEY (first, part)
) STRICT;
CREATE TABLE forgotten (
	ordinal INTEGER NOT NULL PRIMARY KEY,
	entry   INTEGER NOT NULL,
	mac     BLOB NOT NULL
) STRICT;
CREATE TABLE found_file (
	id          BLOB NOT NULL PRIMARY KEY,
	case_id     BLOB NOT NULL,
	file        BLOB,
	rows        INTEGER NOT NULL,
	asked_by    TEXT NOT NULL,
	asked_at    INTEGER NOT NULL,
	approved_by TEXT NOT NULL,
	state       TEXT NOT NULL,
	entry       INTEGER NOT NULL,
	mac         BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE import (
	id        BLOB NOT NULL PRIMARY KEY,
	made_by   TEXT NOT NULL,
	file      BLOB,
	opened_at INTEGER NOT NULL,
	horizon   INTEGER NOT NULL,
	done      INTEGER NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE incident (
	id        BLOB NOT NULL PRIMARY KEY,
	state     TEXT NOT NULL,
	opened_at INTEGER NOT NULL,
	opened_by TEXT NOT NULL,
	run       BLOB NOT NULL,
	affected  INTEGER NOT NULL,
	body      BLOB NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_decision (
	incident BLOB NOT NULL PRIMARY KEY,
	verdict  TEXT NOT NULL,
	officer  TEXT NOT NULL,
	reason   TEXT NOT NULL,
	note     BLOB NOT NULL,
	run      BLOB NOT NULL,
	affected INTEGER NOT NULL,
	body     BLOB NOT NULL,
	entry    INTEGER NOT NULL,
	mac      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_checkpoint (
	size INTEGER NOT NULL PRIMARY KEY,
	note BLOB NOT NULL
) STRICT;
CREATE TABLE ledger_cosig (
	size    INTEGER NOT NULL,
	witness TEXT NOT NULL,
	line    TEXT NOT NULL,
	PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_entry (
	idx    INTEGER NOT NULL PRIMARY KEY,
	data   BLOB NOT NULL,
	holder INTEGER NOT NULL,
	month  TEXT NOT NULL,
	sealed BLOB,
	refs   BLOB NOT NULL
) STRICT;
CREATE TABLE ledger_filed (
	id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	size INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_head (
	id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	size     INTEGER NOT NULL,
	root     BLOB NOT NULL,
	note     BLOB NOT NULL,
	frontier BLOB NOT NULL,
	micros   INTEGER NOT NULL,
	rules    INTEGER NOT NULL,
	epoch    INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_index (
	kind INTEGER NOT NULL,
	ref  BLOB NOT NULL,
	idx  INTEGER NOT NULL,
	PRIMARY KEY (kind, ref, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_pair (
	idx     INTEGER NOT NULL,
	ordinal INTEGER NOT NULL,
	tag     BLOB NOT NULL,
	value   BLOB NOT NULL,
	PRIMARY KEY (idx, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_process (
	id       BLOB NOT NULL PRIMARY KEY,
	settled  INTEGER NOT NULL,
	beat     INTEGER NOT NULL,
	given_up INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_request (
	request BLOB NOT NULL PRIMARY KEY,
	idx     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_restore (
	entry      INTEGER NOT NULL PRIMARY KEY,
	origin     TEXT NOT NULL,
	log_key    TEXT NOT NULL,
	restored   INTEGER NOT NULL,
	seen       INTEGER NOT NULL,
	checkpoint BLOB NOT NULL,
	heir       BLOB NOT NULL,
	mac        BLOB NOT NULL
) STRICT;
CREATE TABLE ledger_tile (
	l    INTEGER NOT NULL,
	n    INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (l, n)
) STRICT;
CREATE TABLE local_account (
	person   TEXT NOT NULL PRIMARY KEY,
	handle   BLOB NOT NULL,
	password TEXT NOT NULL,
	sessions INTEGER NOT NULL,
	entry    INTEGER NOT NULL,
	mac      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE mask_count (
	key BLOB NOT NULL PRIMARY KEY,
	n   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE meter (
	key   TEXT NOT NULL PRIMARY KEY,
	used  INTEGER NOT NULL,
	until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE meter_subject (
	key     TEXT NOT NULL,
	ordinal INTEGER NOT NULL,
	PRIMARY KEY (key, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE notice (
	purpose    TEXT NOT NULL,
	version    TEXT NOT NULL,
	digest     BLOB,
	recipients TEXT NOT NULL,
	fields     TEXT NOT NULL,
	since      INTEGER NOT NULL,
	editorial  INTEGER NOT NULL,
	entry      INTEGER NOT NULL,
	mac        BLOB NOT NULL,
	PRIMARY KEY (purpose, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE one_time_code (
	id        BLOB NOT NULL PRIMARY KEY,
	purpose   TEXT NOT NULL,
	complaint BLOB NOT NULL,
	ordinal   INTEGER NOT NULL,
	field     TEXT NOT NULL,
	hash      BLOB,
	sent_at   INTEGER NOT NULL,
	until     INTEGER NOT NULL,
	used      INTEGER NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE opt_out (
	ordinal INTEGER NOT NULL PRIMARY KEY,
	refused INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	entry   INTEGER NOT NULL,
	mac     BLOB NOT NULL
) STRICT;
CREATE TABLE ordinal_counter (
	id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	next INTEGER NOT NULL
) STRICT;
CREATE TABLE org (
	id                 TEXT NOT NULL PRIMARY KEY,
	kind               TEXT NOT NULL,
	title              TEXT NOT NULL,
	agreement          TEXT NOT NULL,
	agreement_until    INTEGER NOT NULL,
	agreement_purposes TEXT NOT NULL,
	agreement_fields   TEXT NOT NULL,
	assessment         TEXT NOT NULL,
	assessment_on      INTEGER NOT NULL,
	region             TEXT NOT NULL,
	transfer_basis     TEXT NOT NULL,
	transfer           TEXT NOT NULL,
	transfer_until     INTEGER NOT NULL,
	suspended          INTEGER NOT NULL,
	entry              INTEGER NOT NULL,
	mac                BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE org_number (
	org   TEXT NOT NULL,
	tag   BLOB NOT NULL,
	tail  TEXT NOT NULL,
	since INTEGER NOT NULL,
	until INTEGER NOT NULL,
	entry INTEGER NOT NULL,
	mac   BLOB NOT NULL,
	PRIMARY KEY (tag, org, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
	id      BLOB NOT NULL PRIMARY KEY,
	next_at INTEGER NOT NULL,
	tries   INTEGER NOT NULL,
	sealed  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outcome (
	ordinal INTEGER NOT NULL,
	item    BLOB NOT NULL,
	result  TEXT NOT NULL,
	made_by TEXT NOT NULL,
	at      INTEGER NOT NULL,
	entry   INTEGER NOT NULL,
	mac     BLOB NOT NULL,
	PRIMARY KEY (ordinal, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE passkey (
	id         BLOB NOT NULL PRIMARY KEY,
	person     TEXT NOT NULL,
	public_key BLOB NOT NULL,
	uses       INTEGER NOT NULL,
	eligible   INTEGER NOT NULL,
	backed_up  INTEGER NOT NULL,
	made_at    INTEGER NOT NULL,
	used_at    INTEGER NOT NULL,
	ended      INTEGER NOT NULL,
	entry      INTEGER NOT NULL,
	mac        BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE person (
	id             TEXT NOT NULL PRIMARY KEY,
	org            TEXT NOT NULL,
	kind           TEXT NOT NULL,
	post           TEXT NOT NULL,
	level          INTEGER NOT NULL,
	manager        TEXT NOT NULL,
	contract_from  INTEGER NOT NULL,
	contract_until INTEGER NOT NULL,
	trained_until  INTEGER NOT NULL,
	suspended      INTEGER NOT NULL,
	entry          INTEGER NOT NULL,
	mac            BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE person_ask (
	person TEXT NOT NULL PRIMARY KEY,
	open   INTEGER NOT NULL,
	body   BLOB NOT NULL,
	entry  INTEGER NOT NULL,
	mac    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE recertification (
	id        BLOB NOT NULL PRIMARY KEY,
	opened_at INTEGER NOT NULL,
	body      BLOB NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE revocation (
	idx INTEGER NOT NULL,
	key TEXT NOT NULL,
	PRIMARY KEY (idx, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE rule_proposal (
	id    BLOB NOT NULL PRIMARY KEY,
	at    INTEGER NOT NULL,
	body  BLOB NOT NULL,
	entry INTEGER NOT NULL,
	mac   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rule_set (
	entry   INTEGER NOT NULL PRIMARY KEY,
	version TEXT NOT NULL,
	text    TEXT NOT NULL,
	sheets  TEXT NOT NULL,
	caps    TEXT NOT NULL,
	made_by TEXT NOT NULL,
	at      INTEGER NOT NULL,
	mac     BLOB NOT NULL
) STRICT;
CREATE TABLE schema_migration (
	number INTEGER NOT NULL PRIMARY KEY,
	name   TEXT NOT NULL,
	sum    BLOB NOT NULL
) STRICT;
CREATE TABLE subject_ref (
	id      BLOB NOT NULL PRIMARY KEY,
	ordinal INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE subject_version (
	ordinal INTEGER NOT NULL,
	version INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	fields  TEXT NOT NULL,
	sealed  BLOB NOT NULL,
	PRIMARY KEY (ordinal, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
	hash    BLOB NOT NULL PRIMARY KEY,
	person  TEXT NOT NULL,
	scope   TEXT NOT NULL,
	how     TEXT NOT NULL,
	agent   BLOB,
	made_at INTEGER NOT NULL,
	until   INTEGER NOT NULL,
	step_up INTEGER NOT NULL,
	ended   INTEGER NOT NULL,
	entry   INTEGER NOT NULL,
	mac     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE training (
	person    TEXT NOT NULL,
	course    TEXT NOT NULL,
	at        INTEGER NOT NULL,
	until     INTEGER NOT NULL,
	reference TEXT NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL,
	PRIMARY KEY (person, course, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE work_item (
	id        BLOB NOT NULL PRIMARY KEY,
	kind      TEXT NOT NULL,
	purpose   TEXT NOT NULL,
	assignee  TEXT NOT NULL,
	recipient TEXT NOT NULL,
	opened_by TEXT NOT NULL,
	opened_at INTEGER NOT NULL,
	until     INTEGER NOT NULL,
	closed    INTEGER NOT NULL,
	subjects  INTEGER NOT NULL,
	digest    BLOB,
	asked_by  TEXT NOT NULL,
	fields    TEXT,
	highest   INTEGER NOT NULL,
	budget    INTEGER NOT NULL,
	frozen    INTEGER NOT NULL,
	fresh_at  INTEGER NOT NULL,
	entry     INTEGER NOT NULL,
	mac       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE work_item_subject (
	ordinal INTEGER NOT NULL,
	item    BLOB NOT NULL,
	entry   INTEGER NOT NULL,
	mac     BLOB NOT NULL,
	PRIMARY KEY (ordinal, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_at ON alert (at, id);
CREATE INDEX appeal_complaint ON appeal (complaint, at, id);
CREATE INDEX appeal_waits ON appeal (waits, at, id);
CREATE INDEX blind_index_past_tag ON blind_index_past (field, norm, tag);
CREATE INDEX blind_index_tag ON blind_index (field, norm, tag);
CREATE INDEX code_hash ON code (hash);
CREATE INDEX complaint_code ON complaint (code_hash);
CREATE INDEX complaint_filed ON complaint (filed_at, id);
CREATE INDEX complaint_ordinal ON complaint (ordinal, state);
CREATE INDEX database_login_until ON database_login (until);
CREATE INDEX exception_asked ON exception (asked_at, id);
CREATE INDEX exception_unreviewed ON exception (beneficiary, unreviewed);
CREATE INDEX incident_opened ON incident (opened_at, id);
CREATE INDEX meter_until ON meter (until);
CREATE INDEX org_number_org ON org_number (org, since, tag);
CREATE INDEX outbox_next ON outbox (next_at, id);
CREATE INDEX outcome_item ON outcome (item, ordinal);
CREATE INDEX passkey_person ON passkey (person, ended, made_at, id);
CREATE INDEX person_manager ON person (manager, id);
CREATE INDEX recertification_at ON recertification (opened_at, id);
CREATE INDEX rule_proposal_at ON rule_proposal (at, id);
CREATE INDEX token_person ON token (person, ended, until);
CREATE INDEX work_item_assignee ON work_item (assignee, closed, opened_at, id);
CREATE INDEX work_item_subject_item ON work_item_subject (item, ordinal);
