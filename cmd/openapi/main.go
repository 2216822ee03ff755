// Command openapi writes the API's OpenAPI document, from which the console's client
// is made:
//
//	go run ./cmd/openapi OUT.json
package main

import (
	"fmt"
	"os"

	"github.com/goldbell/goldbell/internal/httpapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: openapi OUT.json")
		os.Exit(2)
	}
	doc, err := httpapi.Document()
	if err == nil {
		err = os.WriteFile(os.Args[1], doc, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}
