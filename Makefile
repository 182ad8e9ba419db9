# make run: a real pipeline on real input. make test: everything. make help: the rest.
CONFIG ?= Release
# The tests run what users run.
export ATLAS_PROGRAM := $(CURDIR)/dist/atlas
LOADTESTS := artifacts/bin/NativeLoadTests/$(shell echo $(CONFIG) | tr A-Z a-z)/Atlas.Pipeline.LoadTests
DOTNET := $(shell command -v dotnet 2>/dev/null)

.PHONY: help build dist-for-the-runtime load-tests run test test-kill test-crash test-faults test-memory test-damage test-handles test-states test-hostile test-peers test-portable test-migrate fuzz lint bench bench-fetch bench-lists bench-polite bench-scale bench-frontier bench-letters bench-migrate legacy-data bench-micro docs docs-damage docs-guard docs-peers need-sdk public-suffixes unicode-tables

help:
	@echo "make run          build, then run pipelines/demo.yaml on a polluted list against a scripted web"
	@echo "make test         everything: properties, rooms, the real program (minutes)"
	@echo "make test-kill    twenty rounds of kill -9 over 100,000 lines, then the books (minutes)"
	@echo "make test-crash   212 kills -9 at every boundary, POINTS=row,commit for some, then docs/crash-matrix.md (5 to 10 minutes)"
	@echo "make test-faults  every file operation in turn fails, finds no space, is cut short or hangs (10 minutes)"
	@echo "make test-memory  five million lines, 90 % duplicates, within 1 GiB, and within the memory that a pipeline is given (minutes)"
	@echo "make test-damage  every file of a state directory damaged in every way, and what comes of it (a minute)"
	@echo "make test-handles  200 handles for 400 fetches at once: every URL is fetched in the end (half a minute)"
	@echo "make test-states  two hundred random walks through the states of URLs, kills and drains included, against a plain model (3 minutes)"
	@echo "make test-hostile  a third of the web down, a third answering with every fault there is, SECONDS=600 unless given"
	@echo "make test-portable  canonical forms as on processors without BMI2 and AVX-512, and without any such instructions (half a minute)"
	@echo "make test-migrate  the roadmap's legacy database moves in and out, at 20 times its size too; apply and in-place are killed at fifty random moments each, and every file operation fails in turn (10 minutes)"
	@echo "make docs-damage  docs/damage.md, from that test"
	@echo "make docs-guard   docs/guard.md: hosts that are never asked, each tried in three ways"
	@echo "make test-peers   a polluted list and a kill at half, as in docs/peers.md, without the peers (half a minute)"
	@echo "make docs-peers   docs/peers.md: the same two for curl, aria2, Scrapy and Crawlee, where installed (minutes)"
	@echo "make fuzz         the laws of canonical forms on random lines, SECONDS=60 unless given"
	@echo "make lint         locked restore, formatting, analyzers"
	@echo "make bench        URLs/s through admission, pages/s through fetch, bytes allocated per URL"
	@echo "make bench-fetch  pages/s of the program beside its peers, then loadtests/results/DATE-fetch.md; ROUNDS=3, LATENCY_ROUNDS=3, ONLY=atlas,dotnet-batch for some (minutes)"
	@echo "make bench-polite  10,000 hosts with a delay of 5 s each: the rate that is reached, and whether one is asked too early (a minute)"
	@echo "make bench-scale  100 million distinct URLs in one run: rate, memory, restart, rebuild (4 minutes, 20 GB of disk)"
	@echo "make bench-frontier  what a pick costs with 10,000, a million and ten million URLs queued, of many hosts and mostly of one (3 minutes, 3 GB in the temporary directory)"
	@echo "make bench-letters  questions about ten million dead letters: the index made anew, brought up to date, and asked (2 minutes, 4 GB in the temporary directory, which stay)"
	@echo "make bench-lists  distinct lines of a list of ten million, beside awk and sort (writes 3 GB to the temporary directory)"
	@echo "make docs         docs/settings.md, docs/errors.md and pipelines/pipeline.schema.json, from the code"
	@echo "make bench-migrate  inventory, plan, apply and verify of legacy databases of 1 and 2.7 million rows (2 minutes, 6 GB in the temporary directory)"
	@echo "make legacy-data  FILE=legacy.db, a made-up legacy database; ERA=First|PartlyAltered|Altered|Version1, TIMES=1 for the roadmap's numbers"
	@echo "make bench-micro  BenchmarkDotNet: ns and bytes per URL for canonical forms (short way, careful way, System.Uri) and content ids"
	@echo "make build        dist/atlas"
	@echo "make public-suffixes  the newest Public Suffix List (needs node, npm and the network)"
	@echo "make unicode-tables  the table of international host names anew; needs Node with ICU 78 and npm, no other target does"

need-sdk:
	@if [ -z "$(DOTNET)" ]; then echo "Atlas.Pipeline needs the .NET 10 SDK and 'dotnet' is not on the PATH: get it from https://dot.net."; exit 1; fi
	@dotnet --list-sdks | grep -q '^10\.' || { echo "Atlas.Pipeline needs the .NET 10 SDK; installed here: $$(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"; exit 1; }

build: need-sdk
	dotnet build Atlas.Pipeline.sln -c $(CONFIG) --nologo -v quiet
	@rm -rf dist
	dotnet publish build/Native -c $(CONFIG) $(if $(PROCESSOR),-p:Processor=$(PROCESSOR)) --nologo -v quiet -o dist || $(MAKE) --no-print-directory dist-for-the-runtime

# Where there is no linker. It does the same, at half the speed while it is young.
dist-for-the-runtime:
	@echo "dist/atlas will not be native code (see above): it needs the .NET runtime, starts slower and takes more memory."
	dotnet publish src/Atlas.Pipeline.Host -c $(CONFIG) --no-build --nologo -v quiet -o dist
	@dotnet build build/Precompile --nologo -v quiet -p:Folder=dist || echo "dist/atlas works, but is not precompiled: it starts slower (see above)."

run: build
	CONFIG=$(CONFIG) ./pipelines/demo.sh

test: build
	dotnet test --solution Atlas.Pipeline.sln -c $(CONFIG) --no-build --filter-not-trait "length=long"

test-kill: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=kill"

# Kills at every boundary, and writes docs/crash-matrix.md.
test-crash: build
	ATLAS_CRASH_POINTS=$(POINTS) dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=crash" --show-live-output on

# Counts down through all file operations, SQLite's own included.
test-faults: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=faults" --show-live-output on

test-memory: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=memory"

test-damage: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=damage"

# So few handles that the runtime itself would die of the lack, were they all taken.
test-handles: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=handles"

test-states: build
	dotnet test --project tests/Atlas.Pipeline.Tests -c $(CONFIG) --no-build --filter-trait "run=states"

test-hostile: build
	ATLAS_HOSTILE_SECONDS=$(or $(SECONDS),600) dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=hostile" --show-live-output on

# Each switch is set for one run: where the machine lacks the instructions itself, the runs are the same.
test-portable: build
	DOTNET_EnableBMI2=0 DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0 dotnet test --project tests/Atlas.Urls.Tests -c $(CONFIG) --no-build --filter-not-trait "length=long"
	DOTNET_EnableHWIntrinsic=0 dotnet test --project tests/Atlas.Urls.Tests -c $(CONFIG) --no-build --filter-not-trait "length=long"

test-migrate: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=migrate"

docs-guard: build
	ATLAS_WRITE_DOCS=1 dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-class "*GuardTableTests"

docs-damage: build
	ATLAS_WRITE_DOCS=1 dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=damage"

test-peers: build
	dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-trait "run=peers"

docs-peers: build
	ATLAS_WRITE_DOCS=1 dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-method "*The_table_of_peers*"

fuzz: build
	ATLAS_FUZZ_SECONDS=$(or $(SECONDS),60) dotnet test --project tests/Atlas.Urls.Tests -c $(CONFIG) --no-build --filter-trait "run=fuzz" --show-live-output on

# Native code as the program is, where there is a linker.
load-tests: build
	@rm -rf $(dir $(LOADTESTS))
	dotnet publish build/NativeLoadTests -c $(CONFIG) $(if $(PROCESSOR),-p:Processor=$(PROCESSOR)) --nologo -v quiet -o $(dir $(LOADTESTS)) \
	  || cp -r artifacts/bin/Atlas.Pipeline.LoadTests/$(notdir $(patsubst %/,%,$(dir $(LOADTESTS)))) $(dir $(LOADTESTS))

bench: load-tests
	$(LOADTESTS)

bench-fetch: load-tests
	$(LOADTESTS) fetch dist/atlas \
	  rounds=$(or $(ROUNDS),3) latency_rounds=$(or $(LATENCY_ROUNDS),3) only=$(ONLY) page=loadtests/results/$(shell date -u +%F)-fetch.md

# Exit code 1 if a host is asked too early, or more than 5 % of the rate that the delay allows is lost.
bench-polite: load-tests
	$(LOADTESTS) polite dist/atlas

bench-lists: load-tests
	$(LOADTESTS) lists dist/atlas

bench-scale: load-tests
	$(LOADTESTS) scale

bench-frontier: load-tests
	$(LOADTESTS) frontier

bench-migrate: load-tests
	$(LOADTESTS) legacy dist/atlas

legacy-data: build
	dotnet artifacts/bin/Atlas.LegacyData/$(shell echo $(CONFIG) | tr A-Z a-z)/Atlas.LegacyData.dll $(or $(FILE),legacy.db) $(or $(ERA),Altered) $(or $(TIMES),1)

bench-letters: load-tests
	$(LOADTESTS) letters

docs: build
	ATLAS_WRITE_DOCS=1 dotnet test --project tests/Atlas.Pipeline.AcceptanceTests -c $(CONFIG) --no-build --filter-class "*GeneratedFilesTests"

bench-micro: build
	dotnet artifacts/bin/Atlas.Pipeline.Benchmarks/$(shell echo $(CONFIG) | tr A-Z a-z)/Atlas.Pipeline.Benchmarks.dll --filter '*' --inProcess --job short

lint: need-sdk
	dotnet restore Atlas.Pipeline.sln --locked-mode -v quiet
	dotnet format Atlas.Pipeline.sln --verify-no-changes --no-restore

# The package is built anew whenever the list changes. Needs node, npm and the network; commit what comes out.
public-suffixes:
	@folder=$$(mktemp -d) && cd $$folder && npm pack --silent tldts >/dev/null && tar xzf tldts-*.tgz && cd - >/dev/null \
	  && node --no-warnings src/Atlas.Urls/PublicSuffix/generate.mjs $$folder/package src/Atlas.Urls/PublicSuffix/public-suffixes.txt && rm -rf $$folder

unicode-tables:
	node src/Atlas.Urls/Idna/generate-tables.mjs
