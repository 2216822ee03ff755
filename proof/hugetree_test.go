package proof

import (
	"strings"
	"testing"
	"time"
)

// TestTreesHaveAnEnd: a proof under a checkpoint of any size is judged in no time;
// x/mod would count powers of two for ever above 2^62.
func TestTreesHaveAnEnd(t *testing.T) {
	note := func(size string) []byte {
		return []byte("log.example\n" + size + "\n" + strings.Repeat("A", 43) + "=\n\n— log.example AAAAAAA=\n")
	}
	for size, ok := range map[string]bool{"4611686018427387904": true, "4611686018427387905": false, "9223372036854775807": false} {
		c, err := ParseCheckpoint(note(size))
		if (err == nil) != ok {
			t.Errorf("size %s: %v", size, err)
		}
		done := make(chan error, 1)
		go func() { done <- CheckInclusion(c, 5, []byte("x"), []Hash{{1}}) }()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("size %s: a made-up proof holds", size)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("size %s: no end", size)
		}
	}
}
