#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check_setup.sh ROOT: what ./run downloads and links against on a machine with a card, and on one without, played with stand-ins for
# nvidia-smi, for pip and for the wheel of LibTorch. What is linked then starts, and finds no card where there is none.
set -euo pipefail

ROOT=$1
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
fail() {
    printf 'check_setup: %s\n' "$*" >&2
    exit 1
}

REAL_PYTHON=$(command -v python3)
mkdir "$WORK/bin" "$WORK/wheel" "$WORK/card"
printf '#!/bin/sh\necho "GPU 0: a stand-in"\n' >"$WORK/card/nvidia-smi"

# The wheel: three libraries that say what they are, what CMake asks, and what pip shall bring besides.
mkdir -p "$WORK/wheel/torch/lib" "$WORK/wheel/torch/include" "$WORK/wheel/torch/share/cmake/Torch" "$WORK/wheel/torch-1.dist-info"
(
    cd "$WORK/wheel/torch/lib"
    gcc -shared -fPIC -x c -Wl,-soname,libc10.so -o libc10.so - <<<'int numCards = 0;'
    gcc -shared -fPIC -x c -Wl,-soname,libtorch_cpu.so -o libtorch_cpu.so - <<<'extern int numCards; int cards(void) { return numCards; }'
    # As the real one does, it says that it is there when it is loaded; nothing of it is called by name.
    gcc -shared -fPIC -x c -Wl,-soname,libtorch_cuda.so -o libtorch_cuda.so - \
        <<<'#include <stdlib.h>
extern int numCards; __attribute__((constructor)) static void here(void) { numCards = getenv("CARDS") ? 1 : -1; }'
)
printf 'find_package(CUDA REQUIRED)\n' >"$WORK/wheel/torch/share/cmake/Torch/TorchConfig.cmake"
printf 'Name: torch\nRequires-Dist: filelock\nRequires-Dist: nvidia-cudnn-cu13==9.1; platform_system == "Linux"\nRequires-Dist: cuda-toolkit[cublas]==13.0; platform_system == "Linux"\n' \
    >"$WORK/wheel/torch-1.dist-info/METADATA"
(cd "$WORK/wheel" && "$REAL_PYTHON" -m zipfile -c "$WORK/torch-1-py3.whl" torch torch-1.dist-info)
rm "$WORK/wheel/torch/lib/libtorch_cuda.so"
(cd "$WORK/wheel" && "$REAL_PYTHON" -m zipfile -c "$WORK/torch-1+cpu-py3.whl" torch torch-1.dist-info)

# pip as the script calls it; what it was asked stands in asked.txt.
cat >"$WORK/bin/python3" <<PIP
#!/usr/bin/env bash
all=\$*
echo "\$all" >>"$WORK/asked.txt"
case "\$all" in
*--version) echo pip ;;
*" download "*+cpu*) dest=\${all##*--dest }; [ -z "\${NO_CPU_BUILD:-}" ] || { echo "from versions: 1" >&2; exit 1; }; cp "$WORK/torch-1+cpu-py3.whl" "\${dest%% *}/" ;;
*" download "*) dest=\${all##*--dest }; cp "$WORK/torch-1-py3.whl" "\${dest%% *}/" ;;
*" install "*) target=\${all##*--target }; mkdir -p "\${target%% *}/nvidia" ;;
esac
PIP
chmod +x "$WORK"/bin/* "$WORK"/card/*

# ready NAME: LibTorch for a new home, as ./run makes it.
ready() {
    rm -f "$WORK/asked.txt"
    LUTHIER_HOME=$WORK/$1 LUTHIER_LIBTORCH='' LUTHIER_CMAKE_ARGS='' CMAKE_PREFIX_PATH='' PATH="$2$WORK/bin:$PATH" bash -c '
        source "$0/.ci/setup.sh"
        ensure_libtorch
    ' "$ROOT" 2>"$WORK/said.txt" || fail "$1: setting up failed: $(cat "$WORK/said.txt")"
    TORCH=$(echo "$WORK/$1"/libtorch-*/torch)
    [ -d "$TORCH" ] || fail "$1: nothing was kept"
}

# built NAME: what a program says that is linked against it by CMake.
built() {
    mkdir -p "$WORK/$1-program"
    printf 'extern "C" int cards(void);\nint main() { return cards() + 10; }\n' >"$WORK/$1-program/main.cpp"
    cat >"$WORK/$1-program/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(program CXX)
find_package(Torch REQUIRED)
add_executable(program main.cpp)
target_link_libraries(program PRIVATE ${TORCH_LIBRARIES})
CMAKE
    cmake -S "$WORK/$1-program" -B "$WORK/$1-program/build" -DCMAKE_PREFIX_PATH="$TORCH" >"$WORK/cmake.txt" 2>&1 &&
        cmake --build "$WORK/$1-program/build" >>"$WORK/cmake.txt" 2>&1 || fail "$1: $(tail -n 5 "$WORK/cmake.txt")"
    local said=0
    "$WORK/$1-program/build/program" || said=$?
    echo $((said - 10))
}

ready card "$WORK/card:"
grep -q 'download .*torch==' "$WORK/asked.txt" || fail "with a card no LibTorch was asked for"
! grep -q 'download .*+cpu' "$WORK/asked.txt" || fail "with a card the build for processors was asked for"
grep -q 'install .*--target .*nvidia-cudnn-cu13==9.1 cuda-toolkit\[cublas\]==13.0$' "$WORK/asked.txt" || fail "the CUDA libraries were not asked for: $(cat "$WORK/asked.txt")"
! grep -q 'filelock' "$WORK/asked.txt" || fail "what only Python needs was asked for"
[ -d "$(dirname "$TORCH")/nvidia" ] || fail "the CUDA libraries do not lie beside torch/"
[ "$(built card)" = -1 ] || fail "the library for cards is not linked, or a card was found where there is none"
[ "$(CARDS=1 "$WORK/card-program/build/program" || echo $(($? - 10)))" = 1 ] || fail "a card is not found"

if [ -e /proc/driver/nvidia/version ]; then
    echo "check_setup: this machine has a card, so the way without one is not played"
    exit 0
fi
# Another nvidia-smi of this machine must not answer.
printf '#!/bin/sh\nexit 9\n' >"$WORK/bin/nvidia-smi"
chmod +x "$WORK/bin/nvidia-smi"
ready processor ""
grep -q 'download .*+cpu' "$WORK/asked.txt" || fail "without a card the build for processors was not asked for"
! grep -q ' install ' "$WORK/asked.txt" || fail "without a card CUDA libraries were asked for"

# An index that has the CUDA build alone: it is taken without its CUDA part.
export NO_CPU_BUILD=1
ready index ""
! grep -q ' install ' "$WORK/asked.txt" || fail "without a card CUDA libraries were asked for"
[ ! -e "$TORCH/lib/libtorch_cuda.so" ] || fail "the library for cards was kept"
[ "$(built index)" = 0 ] || fail "without a card something of one is linked"
grep -q 'taking the CUDA build' "$WORK/said.txt" || fail "that the CUDA build was taken is not said"
echo "check_setup: with a card, without one, and from an index with one build"
