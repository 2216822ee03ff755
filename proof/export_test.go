package proof

import "testing"

// SamplePacks gives other verifiers packs to agree on: the honest one, its policy,
// and by name every hostile one with whether it must be refused.
func SamplePacks(t testing.TB) (honest []byte, policy string, hostile map[string][]byte) {
	w := newWorld(t)
	honest, policy, hostile = w.write(), w.policy, map[string][]byte{}
	for _, c := range changes(t) {
		w := newWorld(t)
		w.write()
		if c.do(w); c.want != "" {
			hostile["changed: "+c.name] = resealed(w.pack)
		}
	}
	for _, c := range lies() {
		w := newWorld(t)
		if c.do(w); c.want != "" {
			hostile["lie: "+c.name] = w.unchecked()
		}
	}
	return honest, policy, hostile
}
