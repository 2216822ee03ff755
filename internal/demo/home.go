package demo

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

// markerFile says that a data directory is a demonstration's, which the next one
// may replace.
const markerFile = "goldbell-demo.json"

type marker struct {
	Keys   string `json:"keys"`
	Keeper string `json:"keeper"` // the file
}

// home is where the firm lies.
type home struct {
	server.Places
	temporary string // removed at the end; empty: it stays
	policy    string // copy of the log's policy that outlives a temporary home
}

// makeHome finds a place for the firm and clears it. Only what an earlier
// demonstration made is ever removed.
func makeHome(o Options) (*home, error) {
	h := &home{Places: server.Places{Data: o.Data, Keys: o.Keys, Keeper: o.Keeper}}
	if o.Data == "" {
		dir, err := os.MkdirTemp("", "goldbell-demo-")
		if err != nil {
			return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
		h.temporary, h.Data = dir, filepath.Join(dir, "data")
		if o.Keys == "" {
			h.Keys = filepath.Join(dir, "keys")
		}
		if o.Keeper == "" {
			h.Keeper = filepath.Join(dir, "keeper")
		}
		return h, nil
	}
	if h.Keys == "" {
		h.Keys = filepath.Clean(o.Data) + ".keys"
	}
	if h.Keeper == "" { // not the user's: every demonstration's ledger has the same name
		h.Keeper = filepath.Clean(o.Data) + ".keeper"
	}
	return h, h.clear()
}

// clear removes what an earlier demonstration left. A data directory without its
// marker is left alone; init refuses it unless it is empty.
func (h *home) clear() error {
	b, err := os.ReadFile(filepath.Join(h.Data, markerFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var m marker
	if err != nil || json.Unmarshal(b, &m) != nil {
		return fault.New(fault.Conflict, "data-not-empty", "--data")
	}
	gone := []error{os.RemoveAll(h.Data)}
	if keys, err := filepath.Abs(h.Keys); err == nil && keys == m.Keys {
		gone = append(gone, os.RemoveAll(m.Keys))
	}
	if filepath.Ext(m.Keeper) == ".head" {
		if err := os.Remove(m.Keeper); !errors.Is(err, os.ErrNotExist) {
			gone = append(gone, err)
		}
	}
	if errors.Join(gone...) != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return nil
}

func (h *home) mark(made server.Initialised) error {
	b, err := json.Marshal(marker{Keys: made.Keys, Keeper: made.Keeper})
	if err != nil {
		return fault.New(fault.Internal, "internal", "marker")
	}
	return h.write(markerFile, append(b, '\n'))
}

// write puts a file into the data directory.
func (h *home) write(name string, b []byte) error {
	if err := os.WriteFile(filepath.Join(h.Data, name), b, 0o600); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return nil
}

// keep puts the pack, and the policy it is verified under, where they outlive the
// firm, and returns the pack's path.
func (h *home) keep(pack []byte, headless bool) (string, error) {
	dir := h.Data
	if h.temporary != "" && headless {
		var err error
		if dir, err = os.MkdirTemp("", "goldbell-demo-pack-"); err != nil {
			return "", fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
		policy, err := os.ReadFile(server.PolicyPath(h.Data))
		if err != nil {
			return "", fault.New(fault.Unavailable, "settings-unreadable", "")
		}
		h.policy = filepath.Join(dir, "log.policy")
		if os.WriteFile(h.policy, policy, 0o644) != nil {
			return "", fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
	}
	path := filepath.Join(dir, "evidence-pack.zip")
	if os.WriteFile(path, pack, 0o600) != nil {
		return "", fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return path, nil
}

// leave removes a temporary home, unless it was served and may be looked at.
func (h *home) leave(over bool) error {
	if h.temporary == "" || !over {
		return nil
	}
	return os.RemoveAll(h.temporary)
}
