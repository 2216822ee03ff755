package httpapi

import "testing"

// TestOneNetworkIsOneSource: limits by source must not be escaped by changing the
// lower half of an IPv6 address.
func TestOneNetworkIsOneSource(t *testing.T) {
	for source, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "::ffff:192.0.2.7", "unknown": "unknown",
		"2001:db8:1:2:aaaa::1": "2001:db8:1:2::", "2001:db8:1:2:bbbb::2": "2001:db8:1:2::",
		"2001:db8:1:3::1": "2001:db8:1:3::", "fe80::1%eth0": "fe80::",
	} {
		if got := networkOf(source); got != want {
			t.Errorf("%s counts as %s, want %s", source, got, want)
		}
	}
}
