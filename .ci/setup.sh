# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by ./run and ./test: brings a machine to the point where Luthier is built. Steps that are done already cost
# nothing and use no network. Everything is said on stderr, so that stdout belongs to what is started afterwards.
#
#   LUTHIER_LIBTORCH      an unpacked LibTorch to build against (the folder that holds lib/ and share/)
#   LUTHIER_CMAKE_ARGS    more arguments for CMake; -DCMAKE_PREFIX_PATH=... with a LibTorch is used as it is
#   LUTHIER_TORCH_INDEX   the Python package index that LibTorch is downloaded from, instead of pip's own setting
#   LUTHIER_ARROW_ROOT    an unpacked Apache Arrow (the folder that holds include/ and libarrow.so.*)
#   LUTHIER_HOME          where LibTorch and Apache Arrow are kept for all clones; otherwise $XDG_DATA_HOME/luthier or ~/.local/share/luthier

set -euo pipefail

TORCH_VERSION=2.13.0
ARROW_VERSION=26.0.1 # as in core/data/sources/arrow.cmake
ARROW_SHA256=(39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c  # x86_64
    22a96a225de107eb9acd1ad9a818198ca832df2a4c0952412f754a7ed2105a98)           # aarch64
PACKAGES=(g++ cmake ninja-build ccache mold pkg-config binutils unzip ca-certificates python3 python3-pip
    qt6-base-dev qt6-svg-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools qt6-qpa-plugins libqcustomplot-dev
    libgl1-mesa-dev fonts-dejavu-core
    libsqlite3-dev libsentencepiece-dev libpcre2-dev libutf8proc-dev libyaml-dev nlohmann-json3-dev libcli11-dev libssl-dev
    libcurl4-openssl-dev qtkeychain-qt6-dev zlib1g-dev libzstd-dev)
# Only a session without X11 needs it.
[ -z "${WAYLAND_DISPLAY:-}" ] || [ -n "${DISPLAY:-}" ] || PACKAGES+=(qt6-wayland)

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$ROOT/build
[ -n "${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
KEPT=${LUTHIER_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/luthier}/libtorch-$TORCH_VERSION
ARROW_KEPT=$(dirname "$KEPT")/arrow-$ARROW_VERSION

say() { printf '%s\n' "luthier: $*" >&2; }
die() {
    say "$*"
    exit 1
}

# --- packages of the system -------------------------------------------------------------------------------------------

ensure_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "this is neither Debian nor Ubuntu, so the packages are yours to install; theirs are called: ${PACKAGES[*]}"
        return
    fi
    local missing
    missing=$(comm -23 <(printf '%s\n' "${PACKAGES[@]}" | sort) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${PACKAGES[@]}" 2>/dev/null |
            sed -n 's/^installed //p' | sort -u) | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "missing packages, and neither root nor sudo: have somebody run" \
            "'apt-get install --no-install-recommends $missing' and start this again."
        root=(sudo)
    fi
    say "installing what compiler, window and storage need and this machine lacks: $missing"
    local log=$BUILD/packages.log install=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q)
    mkdir -p "$BUILD"
    # Without fresh lists the versions they name may be gone; without a network the old lists may still do.
    "${root[@]}" "${install[@]}" update >"$log" 2>&1 || say "the package lists could not be renewed, trying with the old ones"
    # shellcheck disable=SC2086
    "${root[@]}" "${install[@]}" install --no-install-recommends $missing >>"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        die "apt-get failed, its last words are above and all of them in $log; when they are mended, start this again."
    }
}

# --- LibTorch ---------------------------------------------------------------------------------------------------------

has_card() { [ -e /proc/driver/nvidia/version ] || nvidia-smi -L >/dev/null 2>&1; }

is_libtorch() { [ -f "$1/share/cmake/Torch/TorchConfig.cmake" ]; }

# Sets LIBTORCH: the folder to build against, empty where CMake is told by others.
find_libtorch() {
    local prefix
    if [ -n "${LUTHIER_LIBTORCH:-}" ]; then
        is_libtorch "$LUTHIER_LIBTORCH" ||
            die "LUTHIER_LIBTORCH is $LUTHIER_LIBTORCH, but there is no share/cmake/Torch/TorchConfig.cmake in it."
        LIBTORCH=$LUTHIER_LIBTORCH
        return 0
    fi
    LIBTORCH=
    case " ${LUTHIER_CMAKE_ARGS:-}" in *" -DCMAKE_PREFIX_PATH="*) return 0 ;; esac
    local IFS=:
    for prefix in ${CMAKE_PREFIX_PATH:-}; do
        if is_libtorch "$prefix"; then
            return 0
        fi
    done
    LIBTORCH=$KEPT/torch
    is_libtorch "$LIBTORCH"
}

find_pip() {
    for PYTHON in python3 /usr/bin/python3; do
        if "$PYTHON" -m pip --version >/dev/null 2>&1; then
            return 0
        fi
    done
    die "no python3 with pip was found; LibTorch is downloaded with it: install python3-pip and start this again."
}

# download REQUIREMENT FOLDER: one wheel, whatever Python version runs here.
download() {
    "$PYTHON" -m pip --disable-pip-version-check download -q --no-deps --no-cache-dir --only-binary=:all: \
        --python-version 3.11 --platform "manylinux_2_28_$(uname -m)" --dest "$2" \
        ${LUTHIER_TORCH_INDEX:+--index-url "$LUTHIER_TORCH_INDEX"} "$1" >"$2/pip.log" 2>&1
}

ensure_libtorch() {
    find_libtorch && return
    find_pip
    local work
    mkdir -p "$(dirname "$KEPT")"
    work=$(mktemp -d "$KEPT.XXXXXX")
    chmod 755 "$work"
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    local free
    free=$(df -Pk "$work" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt 2500000 ] || die "LibTorch needs 2.5 GB while it is unpacked, $KEPT has $((free / 1000)) MB;" \
        "make room or point LUTHIER_HOME to a disk that has it."
    say "downloading LibTorch $TORCH_VERSION (once, for all clones; some minutes)"
    # A card wants the build for it; without one the small build is enough, where the index has it.
    if has_card; then
        download "torch==$TORCH_VERSION" "$work" || download_failed "$work"
    else
        download "torch==$TORCH_VERSION+cpu" "$work" || {
            # Then no index was reached at all.
            ! grep -q 'from versions: none' "$work/pip.log" || download_failed "$work"
            say "the package index has no LibTorch for processors alone: taking the CUDA build (0.5 GB) without its CUDA" \
                "libraries; LUTHIER_TORCH_INDEX may name an index that has ${TORCH_VERSION}+cpu"
            download "torch==$TORCH_VERSION" "$work" || download_failed "$work"
        }
    fi
    say "unpacking LibTorch"
    (cd "$work" && unzip -q torch-*.whl 'torch/lib/*' 'torch/include/*' 'torch/share/*' '*.dist-info/*' &&
        rm torch-*.whl) || die "the downloaded wheel could not be unpacked; start this again to download it anew."
    is_libtorch "$work/torch" || die "the downloaded wheel holds no LibTorch for C++; set LUTHIER_LIBTORCH to one that is unpacked."
    # Only Python needs these.
    rm -f "$work"/pip.log "$work"/torch/lib/libtorch_python.so "$work"/torch/lib/libshm.so
    if [ -e "$work/torch/lib/libtorch_cuda.so" ]; then
        finish_cuda_build "$work"
    elif has_card; then
        say "the package index gave a LibTorch for processors alone: the NVIDIA card of this machine stays unused;" \
            "LUTHIER_TORCH_INDEX may name an index with the CUDA build."
    fi
    # Who comes second finds the same thing there.
    mv -T "$work" "$KEPT" 2>/dev/null || is_libtorch "$KEPT/torch" || die "$KEPT is in the way: remove it and start this again."
    rm -rf "$work"
    trap - EXIT
}

download_failed() {
    tail -n 5 "$1/pip.log" >&2
    die "LibTorch could not be downloaded, pip's last words are above; with a network that reaches the package index start" \
        "this again, or set LUTHIER_LIBTORCH to an unpacked LibTorch $TORCH_VERSION."
}

# The CUDA build asks CMake for a CUDA compiler, which Luthier does not need: a smaller configuration takes its place.
# tests/check_setup.sh plays the ways with a card and without one, with stand-ins for nvidia-smi, pip and the wheel.
finish_cuda_build() {
    local torch=$1/torch libraries="\"\${_lib}/libtorch_cpu.so\" \"\${_lib}/libc10.so\""
    if has_card; then
        say "downloading the CUDA libraries for the NVIDIA card (2 GB)"
        local needs=()
        mapfile -t needs < <(sed -nE 's/^Requires-Dist: ((nvidia-|cuda-toolkit)[^;]*).*/\1/p' "$1"/torch-*.dist-info/METADATA)
        # The CUDA libraries look for each other in nvidia/ beside torch/.
        "$PYTHON" -m pip --disable-pip-version-check install -q --no-cache-dir --no-compile --only-binary=:all: --target "$1" \
            ${LUTHIER_TORCH_INDEX:+--extra-index-url "$LUTHIER_TORCH_INDEX"} "${needs[@]}" >"$1/pip.log" 2>&1 || download_failed "$1"
        # Nothing of it is called by name, so the linker would leave it out.
        libraries="\"-Wl,--no-as-needed,\${_lib}/libtorch_cuda.so,--as-needed\" \"-Wl,--allow-shlib-undefined\" $libraries"
    else
        rm -f "$torch"/lib/libtorch_cuda*.so "$torch"/lib/libtorch_nvshmem.so "$torch"/lib/libtorch.so \
            "$torch"/lib/libc10_cuda.so "$torch"/lib/libcaffe2_nvrtc.so "$torch"/lib/libtorch_global_deps.so
        stand_in_for "$torch/lib" libcudart
        stand_in_for "$torch/lib" libcupti
    fi
    cat >"$torch/share/cmake/Torch/TorchConfig.cmake" <<CMAKE
get_filename_component(TORCH_INSTALL_PREFIX "\${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_lib "\${TORCH_INSTALL_PREFIX}/lib")
set(TORCH_INCLUDE_DIRS "\${TORCH_INSTALL_PREFIX}/include" "\${TORCH_INSTALL_PREFIX}/include/torch/csrc/api/include")
set(TORCH_LIBRARIES $libraries)
set(TORCH_CXX_FLAGS "")
set(TORCH_FOUND TRUE)
CMAKE
}

# stand_in_for FOLDER NAME: a library of that name which answers "no device" to everything libtorch_cpu.so may ask it.
# LibTorch's profiler, which Luthier does not use, is all that would.
stand_in_for() {
    local soname code
    soname=$(readelf -d "$1/libtorch_cpu.so" | sed -nE "s/.*\[($2\.so\.[0-9]+)\].*/\1/p")
    [ -n "$soname" ] || return 0
    code=$(nm -D --undefined-only "$1/libtorch_cpu.so" | sed -nE "s/.* U (\w+)@$soname\$/\1/p" |
        sed -E 's/^cudaGetErrorString$/const char* &(void) { return "no CUDA"; }/; t; s/.*/int &(void) { return 100; }/')
    printf '%s { *; };\n' "$soname" >"$1/stand_in.map"
    gcc -shared -O1 -x c -o "$1/$soname" -Wl,-soname,"$soname" -Wl,--version-script,"$1/stand_in.map" - <<<"$code" ||
        die "the stand-in for $soname could not be compiled, see above; set LUTHIER_LIBTORCH to an unpacked LibTorch."
    rm "$1/stand_in.map"
}

# --- Apache Arrow -----------------------------------------------------------------------------------------------------

# Sets ARROW: the folder that holds include/ and the libraries. Luthier is built without it, too, so nothing here ends it.
find_arrow() {
    ARROW=${LUTHIER_ARROW_ROOT:-$ARROW_KEPT/pyarrow}
    case " ${LUTHIER_CMAKE_ARGS:-}" in *" -DLUTHIER_ARROW=OFF"*) ARROW= && return 0 ;; esac
    [ -e "$ARROW/include/parquet/arrow/reader.h" ] || [ -e "$ARROW_KEPT.failed" ]
}

ensure_arrow() {
    find_arrow && return
    find_pip
    local work said
    mkdir -p "$(dirname "$ARROW_KEPT")"
    work=$(mktemp -d "$ARROW_KEPT.XXXXXX")
    chmod 755 "$work"
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    say "downloading Apache Arrow $ARROW_VERSION for Parquet files (55 MB, once, for all clones)"
    printf 'pyarrow==%s%s\n' "$ARROW_VERSION" "$(printf ' --hash=sha256:%s' "${ARROW_SHA256[@]}")" >"$work/requirements.txt"
    if "$PYTHON" -m pip --disable-pip-version-check download -q --no-deps --no-cache-dir --only-binary=:all: --require-hashes \
        --python-version 3.11 --platform "manylinux_2_28_$(uname -m)" --dest "$work" -r "$work/requirements.txt" \
        >"$work/pip.log" 2>&1 &&
        (cd "$work" && unzip -q pyarrow-*.whl 'pyarrow/libarrow.so.*' 'pyarrow/libparquet.so.*' 'pyarrow/include/arrow/*' \
            'pyarrow/include/parquet/*' '*.dist-info/*' && rm pyarrow-*.whl); then
        rm -f "$work"/pip.log "$work"/requirements.txt
        # Who comes second finds the same thing there.
        mv -T "$work" "$ARROW_KEPT" 2>/dev/null || [ -e "$ARROW/include/parquet/arrow/reader.h" ] ||
            die "$ARROW_KEPT is in the way: remove it and start this again."
    else
        said=$(tail -n 1 "$work/pip.log")
        say "Apache Arrow could not be downloaded ($said): Luthier is built without it and reads no Parquet;" \
            "remove $ARROW_KEPT.failed to have it tried again."
        : >"$ARROW_KEPT.failed"
    fi
    rm -rf "$work"
    trap - EXIT
}

# --- build ------------------------------------------------------------------------------------------------------------

SOURCES=(CMakeLists.txt cmake core ui app resources tests)

# build_key: what a build depends on besides the sources.
build_key() { printf '%s\n' "$LIBTORCH" "$ARROW" "${CMAKE_PREFIX_PATH:-}" "${LUTHIER_CMAKE_ARGS:-}"; }

# is_built NAME TARGET...: whether nothing changed since `build NAME` ended well. Its stamp is as old as that build's beginning.
is_built() {
    local stamp=$BUILD/.built-$1 source target there=()
    for target in "${@:2}"; do
        [ "$target" = all ] || [ -x "$BUILD/bin/$target" ] || return 1
    done
    [ -f "$stamp" ] && [ "$(<"$stamp")" = "$(build_key)" ] || return 1
    for source in "${SOURCES[@]}"; do
        [ ! -e "$ROOT/$source" ] || there+=("$ROOT/$source")
    done
    [ -z "$(find "${there[@]}" -newer "$stamp" -print -quit)" ]
}

# As many compilers as there are processors, but no more than fit into memory: LibTorch's headers take over 1 GB each.
jobs_that_fit() {
    local processors memory
    processors=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    echo $((processors < memory ? processors : memory))
}

# build NAME TARGET...
build() {
    local stamp=$BUILD/.built-$1 arguments=(-S "$ROOT" -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLUTHIER_UNITY=ON
        -DLUTHIER_JOINED_TESTS=ON)
    shift
    [ -z "$LIBTORCH" ] || arguments+=("-DCMAKE_PREFIX_PATH=$LIBTORCH")
    [ -z "$ARROW" ] || arguments+=("-DLUTHIER_ARROW_ROOT=$ARROW")
    # shellcheck disable=SC2206
    arguments+=(${LUTHIER_CMAKE_ARGS:-})
    build_key >"$stamp.new"
    if [ ! -f "$BUILD/build.ninja" ] || ! cmp -s "$stamp.new" "$BUILD/.configured"; then
        # Where a library was found once stays in CMake's cache, also when it moved.
        cmake --fresh "${arguments[@]}" >"$BUILD/configure.log" 2>&1 || {
            tail -n 25 "$BUILD/configure.log" >&2
            die "CMake could not configure the build, its last words are above."
        }
        cp "$stamp.new" "$BUILD/.configured"
    fi
    say "building (the first time takes some minutes, later only what changed)"
    cmake --build "$BUILD" --parallel "$(jobs_that_fit)" --target "$@" >&2 ||
        die "the build failed, the compiler's words are above."
    mv "$stamp.new" "$stamp"
}

# ready NAME TARGET...: everything that must be there before TARGETs can be started.
ready() {
    if find_libtorch && find_arrow && is_built "$@"; then
        return
    fi
    mkdir -p "$BUILD"
    exec {lock}>"$BUILD/.lock"
    flock "$lock"
    ensure_packages
    ensure_libtorch
    ensure_arrow
    build "$@"
    exec {lock}>&-
}
