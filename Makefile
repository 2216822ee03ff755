# What a person and CI run. Every target works from a clean checkout.
# `make help` lists them; CONTRIBUTING.md says when to run which.

GO      ?= go
GOFLAGS ?=
export GOFLAGS

# Packages where a race would cost a record; `make race` tests those that exist.
RACE_DIRS := ledger vault door grant authn httpapi server
RACE_PKGS := $(patsubst %/,./%,$(sort $(foreach d,$(RACE_DIRS),$(dir $(wildcard internal/$(d)/*_test.go)))))

# Where benchmarks of the ledger's other parts lie.
BENCH_LEDGER := $(patsubst %/,./%,$(sort $(dir $(shell find cmd internal proof test -name bench_ledger_test.go))))

GO_SOURCE := $(wildcard cmd internal proof test)

.PHONY: web help build verifier demo test oracle check static fmt vet staticcheck arch tidy webcheck race bench bench-ledger bench-trace bench-pgwire eval-trace clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

build: ## bin/goldbell, with the console where there is Node 20 or newer
	@scripts/web build
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/goldbell ./cmd/goldbell

web: ## the console's files, which the program embeds (needs Node 20 or newer)
	@GOLDBELL_WEB=must scripts/web build

verifier: ## bin/goldbell-verifier.html, the page that checks packs offline
	@mkdir -p bin
	$(GO) run ./cmd/verifier bin/goldbell-verifier.html

demo: build ## build, play the demonstration, serve it on http://127.0.0.1:8470
	bin/goldbell demo --data demo-data

test: ## every test (installs PostgreSQL 15 where it can)
	@scripts/test-deps postgres
	@scripts/test-deps chromium
	@scripts/test-deps firefox
	@scripts/test-deps pgclients
	@scripts/web build
	@scripts/web test
	$(GO) test -timeout 20m ./...
	@$(MAKE) --no-print-directory oracle
	@echo "make test: every package passed."

oracle: ## others' programs read the ledger and sign people in: modules of their own, test/tlogfsck and test/oidc
	cd test/tlogfsck && $(GO) vet . && $(GO) test -timeout 10m .
	cd test/oidc && $(GO) vet . && $(GO) test -timeout 10m .

check: static ## formatting, vet, staticcheck, architecture, go.mod, tests with the race detector
	@scripts/test-deps cc
	$(GO) test -race -short -timeout 20m ./...
	@echo "make check: passed."

static: fmt vet staticcheck arch tidy webcheck ## the part of check that runs no product code

fmt:
	@out=$$(gofmt -l $(GO_SOURCE)); if [ -n "$$out" ]; then echo "not formatted (run gofmt -w):"; echo "$$out"; exit 1; fi
	@echo "gofmt: clean"

vet:
	$(GO) vet ./...

staticcheck:
	$(GO) tool staticcheck ./...

arch:
	$(GO) test -count=1 ./test/arch/

tidy:
	$(GO) mod tidy -diff
	cd test/tlogfsck && $(GO) mod tidy -diff
	cd test/oidc && $(GO) mod tidy -diff

webcheck:
	@scripts/web build
	@scripts/web check

race: ## the packages on the path, with the race detector
	@scripts/test-deps cc
	$(if $(RACE_PKGS),$(GO) test -race -short -timeout 20m $(RACE_PKGS),@echo "race: no package to test yet")

bench: ## each figure beside its bare baseline
	GOLDBELL_BENCH=1 $(GO) test -count 1 -run TestTable -timeout 60m -v ./test/bench/

bench-ledger: ## the ledger beside bare group-committed inserts of the same bytes
	@scripts/test-deps postgres
	GOLDBELL_BENCH_LEDGER=1 $(GO) test -count 1 -run TestLedgerTable -timeout 30m -v ./test/bench/
	$(GO) test -count 1 -run '^$$' -bench '^BenchmarkLedger' -timeout 30m $(BENCH_LEDGER)

bench-trace: ## exposure, who-saw, file matching and ranking at company size (6 GiB)
	@scripts/test-deps postgres
	GOLDBELL_BENCH_TRACE=1 $(GO) test -count 1 -run TestTraceTable -timeout 60m -v ./internal/exposure/ ./test/bench/

bench-pgwire: ## the PostgreSQL port beside the database and PgBouncer
	@scripts/test-deps postgres
	@scripts/test-deps pgbouncer
	GOLDBELL_BENCH_PGWIRE=1 $(GO) test -count 1 -run TestPortTable -timeout 30m -v ./test/port/

eval-trace: ## the trace engine on firms it has not seen (an hour or more)
	rm -f docs/trace-evaluation/outcomes.jsonl
	$(GO) test ./internal/trace/evaltrace -run TestEvaluation -timeout 12h -v -args -seeds 24 -out $(CURDIR)/docs/trace-evaluation
	$(GO) test ./internal/trace/evaltrace -run TestPeeking -timeout 12h -v -args -peek 300

clean: ## what the targets above made; demo-data too
	rm -rf bin demo-data demo-data.keys demo-data.keeper web/dist/console web/node_modules web/openapi.json web/src/api/schema.d.ts
	rm -f *.test
