package proof

import "testing"

// SamplePacks gives other verifiers packs to agree on: honest ones of every kind, the
// policy of all, and by name hostile ones, each of which must be refused.
func SamplePacks(t testing.TB) (honest map[string][]byte, policy string, hostile map[string][]byte) {
	honest, hostile = map[string][]byte{}, map[string][]byte{}
	for name, w := range kinds(t) {
		honest[name], policy = w.write(), w.policy
	}
	for _, c := range changes(t) {
		w := newWorld(t)
		w.write()
		if c.do(w); c.want != "" {
			hostile["changed: "+c.name] = resealed(w.pack)
		}
	}
	for _, c := range kindChanges() {
		w := kinds(t)[c.kind]
		w.write()
		c.do(w)
		hostile[c.kind+": "+c.name] = resealed(w.pack)
	}
	for _, c := range lies() {
		w := newWorld(t)
		if c.do(w); c.want != "" {
			hostile["lie: "+c.name] = w.unchecked()
		}
	}
	return honest, policy, hostile
}
