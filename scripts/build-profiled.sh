#!/usr/bin/env bash
# Builds karat with a profile of its own runs (docs/speed.md has what that saves): for a
# binary that many people fetch, or one that runs every night.
#
#     scripts/build-profiled.sh [DIR]        the binary is DIR/karat (target/profiled)
#
# karat is built twice, once to count what its code does on exports that are made up for it,
# and once with these counts. It wants the llvm-profdata of the compiler's own LLVM: that of
# rustup's component llvm-tools, which it adds where it is missing, or one on the path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dir=$(mkdir -p "${1:-target/profiled}" && cd "${1:-target/profiled}" && pwd)
counts=$dir/counts
exports=$dir/exports
rm -rf "$counts" "$exports"

host=$(rustc -vV | sed -n 's/^host: //p')
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
tool=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
if [ ! -x "$tool" ]; then
  tool=$(command -v "llvm-profdata-$llvm" || true)
fi
if [ -z "$tool" ]; then
  rustup component add llvm-tools
  tool=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
fi

# The bench is what makes the exports; building it builds karat too. With a target named,
# cargo leaves build scripts and macros without the flags.
RUSTFLAGS="-Cprofile-generate=$counts" cargo bench --locked --target "$host" \
  --target-dir "$dir/counting" --bench line -- \
  --records 100000 --seed 7 --keep "$exports" --only generate
karat=$dir/counting/$host/release/karat
plan=$exports/karat.toml
"$karat" run "$plan" --quiet
"$karat" check "$plan" --quiet
"$karat" run "$plan" --quiet # with a run before it
"$karat" verify "$exports/out/latest" --quiet

"$tool" merge -o "$dir/karat.profdata" "$counts"
RUSTFLAGS="-Cprofile-use=$dir/karat.profdata" cargo build --locked --release --target "$host" \
  --target-dir "$dir/counted"
cp "$dir/counted/$host/release/karat" "$dir/karat"
rm -rf "$counts" "$exports" "$dir/counting"
echo "$dir/karat"
