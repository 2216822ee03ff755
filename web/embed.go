// Package web holds the console's built files, if they were built into this
// program. Building them needs Node (`make web`); building the program does not.
//
// Its one invariant: what is embedded is what `make web` wrote to dist/, which is
// never committed. It serves nothing itself; internal/console does.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Console returns the console's files; nil if the program was built without them.
func Console() fs.FS {
	files, err := fs.Sub(dist, "dist/console")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return nil
	}
	return files
}
