package company

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/pii"
)

// Each person who reads through the port has a role of the database, a member of the
// reader's and of no other. Sessions of one role could cancel and end each other's,
// read each other's statements, and change the role's password and settings for all.

// enterSQL makes the function by which the source gives a person its role, or, with
// anew, the role its password again. Settings a person gave its role go.
const enterSQL = `CREATE FUNCTION goldbell.enter(who text, verifier text, anew boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$ BEGIN
IF who !~ '^%[1]s_[0-9a-f]{16}$' OR verifier !~ '^SCRAM-SHA-256\$' THEN RAISE EXCEPTION 'no role of a person'; END IF;
FOR attempt IN 1..10 LOOP
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
      EXECUTE format('CREATE ROLE %%I LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS IN ROLE %%I PASSWORD %%L', who, '%[1]s', verifier);
    ELSIF anew THEN
      EXECUTE format('ALTER ROLE %%I PASSWORD %%L', who, verifier);
    END IF;
    IF EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = who) THEN
      EXECUTE format('ALTER ROLE %%I RESET ALL', who);
      EXECUTE format('ALTER ROLE %%I IN DATABASE %%I RESET ALL', who, current_database());
    END IF;
    RETURN;
  EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN -- another does the same now
    PERFORM pg_sleep(0.02);
  END;
END LOOP;
RAISE EXCEPTION 'the role is changed by others';
END $$`

// leaveSQL drops the roles of persons.
const leaveSQL = `DO $$ DECLARE who text; BEGIN
FOR who IN SELECT rolname FROM pg_roles WHERE rolname ~ '^%[1]s_[0-9a-f]{16}$' LOOP
EXECUTE format('DROP OWNED BY %%I', who); EXECUTE format('DROP ROLE %%I', who); END LOOP; END $$`

// roleOf is the role of a person, and its password: both follow from what is sealed, so
// that processes agree. The name tells nothing of the person.
func (r Roles) roleOf(who pii.PersonID) (name, password string) {
	mac := func(what string) []byte {
		m := hmac.New(sha256.New, []byte(r.ReaderPassword))
		m.Write([]byte(what + "\x00" + string(who)))
		return m.Sum(nil)
	}
	return r.Reader + "_" + hex.EncodeToString(mac("name")[:8]), base64.RawURLEncoding.EncodeToString(mac("password")[:24])
}

// PersonDSN is the connection string of a person's role, which [Enter] has made.
func (r Roles) PersonDSN(who pii.PersonID) string { return r.as(r.roleOf(who)) }

// Checking is who the check of the data reads as: no person.
const Checking pii.PersonID = "\x00check"

// Enter makes sure that a person's role is there and as it should be; anew also gives
// it its password again, for it may change that itself.
func (s *Source) Enter(ctx context.Context, r Roles, who pii.PersonID, anew bool) error {
	p, err := s.pool(ctx, r.Database)
	if err != nil {
		return err
	}
	return unread(pgx.BeginTxFunc(ctx, p, pgx.TxOptions{AccessMode: pgx.ReadWrite}, func(tx pgx.Tx) error { return enter(ctx, tx, s.rand, r, who, anew) }))
}

func enter(ctx context.Context, tx pgx.Tx, rand io.Reader, r Roles, who pii.PersonID, anew bool) error {
	name, password := r.roleOf(who)
	verifier, err := scramVerifier(rand, password)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "SELECT goldbell.enter($1, $2, $3)", name, verifier, anew)
	return err
}
