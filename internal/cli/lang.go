package cli

import (
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
)

// languageOf is the language of the first variable that is set. A locale that is
// not Chinese gets English: a terminal set to it may not be able to show the other.
func languageOf(getenv func(string) string) fault.Lang {
	for _, name := range []string{"GOLDBELL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "zh") {
				return fault.ZhCN
			}
			return fault.En
		}
	}
	return fault.En
}
