package store

import (
	"errors"
	"reflect"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/vault"
)

// effect turns a row change into statements; the packages that own the rows may
// pass a struct or a pointer to it. What is not listed here fails the entry.
func (d dialect) effect(idx uint64, e ledger.Effect) ([]call, error) {
	if p := reflect.ValueOf(e); p.Kind() == reflect.Pointer && !p.IsNil() {
		e = p.Elem().Interface()
	}
	switch e := e.(type) {
	case party.OrgPut:
		return putOrg(idx, e.Org)
	case party.PersonPut:
		return putPerson(idx, e.Person)
	case party.AskPut:
		return putAsk(idx, e.Ask)
	case party.RoundPut:
		return putRound(idx, e.Round)
	case party.ConfirmationPut:
		return putConfirmation(idx, e.Confirmation)
	case party.TrainingPut:
		return putTraining(idx, e.Training)
	case party.NumberPut:
		return putNumber(idx, e.Number)
	case grant.Opened:
		return d.openWork(idx, e)
	case grant.Closed:
		return replaceWork(idx, e.WorkItem)
	case grant.Changed:
		return replaceWork(idx, e.WorkItem)
	case grant.ExceptionPut:
		return putException(idx, e.Exception)
	case grant.AlertPut:
		return putAlert(idx, e.Alert)
	case consent.Put:
		return putConsent(idx, e.Consent)
	case consent.OptOutPut:
		return putOptOut(idx, e.OptOut)
	case consent.NoticePut:
		return putNotice(idx, e.Notice)
	case ledger.ForgottenPut:
		return d.putForgotten(idx, e)
	case vault.Stored:
		return d.storeSubjects(e)
	case vault.Corrected:
		return d.correctSubject(e)
	case vault.Lapsed:
		return d.lapse(e)
	case vault.HoldSet:
		return holdSubject(e), nil
	case vault.Destroyed:
		return d.destroySubject(e), nil
	case authn.TokenPut:
		return putToken(idx, e.Token)
	case authn.CodePut:
		return putCode(idx, e)
	case authn.LocalPut:
		return putLocal(idx, e.Local)
	case authn.PasskeyPut:
		return putPasskey(idx, e)
	case authn.Used:
		return useCeremony(e), nil
	case casework.Put:
		return putComplaint(idx, e.Complaint)
	case casework.OneTimePut:
		return putOneTime(idx, e.OneTime)
	case casework.ClosingPut:
		return putClosing(idx, e.Closing)
	case casework.EvidencePut:
		return putEvidence(idx, e.Evidence)
	case casework.AppealPut:
		return putAppeal(idx, e.Appeal)
	case casework.IncidentPut:
		return putIncident(idx, e.Incident)
	case casework.DecisionPut:
		return putDecision(idx, e.Decision)
	case casework.Posted:
		return putWaiting(e.Waiting), nil
	case casework.Unposted:
		return []call{removeWaiting(e.ID)}, nil
	case casework.Handled:
		return putHandled(e), nil
	case door.ImportPut:
		return putImport(idx, e.Import)
	case door.OutcomePut:
		return putOutcome(idx, e.Outcome)
	case vault.NoteStored:
		return putContactNote(e)
	case door.FoundFilePut:
		return putFoundFile(idx, e.FoundFile)
	case door.ErasurePut:
		return putErasure(idx, e.Erasure)
	case decoy.NotePut:
		return putNote(idx, e.Note)
	case enrolment.Put:
		return putTable(idx, e.Table)
	case enrolment.CompanyPut:
		return putCompany(idx, e.Company)
	case authn.LoginPut:
		return putLogin(idx, e.Login)
	case ledger.RestoredPut:
		return putRestored(idx, e.Restored)
	case register.ProposalPut:
		return putProposal(idx, e.Proposal)
	case door.RuleSetPut:
		return putRuleSet(idx, e.RuleSet)
	}
	return nil, fault.Wrap(fault.Internal, "internal", errors.New("store: an effect of an unknown type"))
}

// put is the statement that stores a stamped row; the stamp's columns come last.
func put(idx uint64, row pii.Stamped, text string, args ...any) ([]call, error) {
	entry, mac, err := stamped(idx, row)
	if err != nil {
		return nil, err
	}
	return []call{{text: text, args: append(args, entry, mac)}}, nil
}
