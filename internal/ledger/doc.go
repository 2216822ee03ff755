// Package ledger is the append-only record of what left, what was refused and
// what changed; nothing personal is opened before its entry is durable here.
//
// An outsider sees a Merkle tree of leaves that hold only commitments and
// pseudonymous tags (package proof); daily work reads the sealed openings. All
// rows of an entry, and the row changes it records, commit in one transaction
// with a signed checkpoint. A [Receipt] is made only by [Ledger.Append], from a
// committed entry. The package judges nothing and opens no personal information.
package ledger
