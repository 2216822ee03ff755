// Package pgwire is the PostgreSQL front end: existing tools connect to it as to
// their database, and see of protected columns what the door allows.
//
// Its one invariant: what comes back from the database holds placeholders and no
// raw value, and a placeholder becomes a value only after [Door.Release] has
// returned, which is after the entry that names it is durable. Everything else
// here (framing, SQL tricks, a swap that is missed) can at worst deny service or
// leave a placeholder where it was. The port is not for administration of the
// enrolled database, and decides nothing about who may see what.
package pgwire
