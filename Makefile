# make run: a real pipeline on real input. make test: everything.
CONFIG ?= Release
DOTNET := $(shell command -v dotnet 2>/dev/null)

.PHONY: build test lint need-sdk

need-sdk:
	@if [ -z "$(DOTNET)" ]; then echo "Atlas.Pipeline needs the .NET 10 SDK and 'dotnet' is not on the PATH: get it from https://dot.net."; exit 1; fi
	@dotnet --list-sdks | grep -q '^10\.' || { echo "Atlas.Pipeline needs the .NET 10 SDK; installed here: $$(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"; exit 1; }

build: need-sdk
	dotnet build Atlas.Pipeline.sln -c $(CONFIG) --nologo -v quiet

test: build
	dotnet test --solution Atlas.Pipeline.sln -c $(CONFIG) --no-build

lint: need-sdk
	dotnet restore Atlas.Pipeline.sln --locked-mode -v quiet
	dotnet format Atlas.Pipeline.sln --verify-no-changes --no-restore
