#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Sourced by ./demo and ./check: installs what Debian 12 needs, configures and builds. Says what it does; does nothing twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

emo_packages=(
  cmake ninja-build ccache mold clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools libclang-rt-22-dev libc6-dev
  libstdc++-12-dev protobuf-compiler libprotobuf-dev libgtest-dev libpcre2-dev libutf8proc-dev zlib1g-dev libzstd-dev python3 python3-venv python3-pip ca-certificates
)

say() { printf '== %s\n' "$*" >&2; }

install_packages() {
  local missing=() name
  for name in "${emo_packages[@]}"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# make_venv FOLDER: Python packages of the tests, none of them needed to use emo.
make_venv() {
  local stamp="$1/.requirements"
  cmp -s test/requirements.txt "$stamp" && return
  say "making a Python environment for the tests in $1"
  python3 -m venv "$1"
  "$1/bin/pip" install -q --disable-pip-version-check -r test/requirements.txt
  cp test/requirements.txt "$stamp"
}

# build_emo TARGET...: configures build/release when needed and builds.
build_emo() {
  local build=build/release
  if [ ! -f "$build/build.ninja" ]; then
    say "configuring $build (fetches the ONNX sources from PyPI)"
    cmake --preset release >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
  fi
  say "building $* in $build (about 6 minutes from clean on 2 cores, seconds afterwards)"
  cmake --build "$build" --target "$@" >"$build.log" 2>&1 || { tail -50 "$build.log" >&2; exit 1; }
}
mkdir -p build
