#!/usr/bin/env bash
# The installed library as another project uses it. $1 build folder, $2 source folder; CC, CXX and
# FLAGS (those of a sanitizer, which every part of a program must share) come by environment.
set -eu
build=$1
source=$2
: "${CC:=cc}" "${CXX:=c++}" "${FLAGS=}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cd "$work"
die() { echo "$*"; exit 1; }

cmake --install "$build" --prefix "$prefix" >install.log || { cat install.log; exit 1; }
pc=$(find "$prefix" -name sievert.pc)
library=$(find "$prefix" -name 'libsievert.so.0')
lib=$(dirname "$library")
export PKG_CONFIG_PATH=${pc%/*} LD_LIBRARY_PATH=$lib

# the file is README.md's own
sed -n '/^```c$/,/^```$/p' "$source/README.md" | sed '/^```/d' >example.c
grep -q sv_scan_run example.c || die "README.md holds no example"
cp "$source/tests/install/example.cpp" .
key=AKIA$(printf '%s' library | sha256sum | tr 'a-f0189' 'A-F2345' | tr -dc 'A-Z2-7' | cut -c1-16)
printf 'first\nid = %s\n' "$key" >input

finds() { # program: it finds the one secret, and nothing in nothing
	status=0
	"$1" <input >out 2>err || status=$?
	[ "$status" = 1 ] && grep -q '^line 2: .*(aws-access-key-id)$' out && [ "$(wc -l <out)" = 1 ] ||
		die "$1: exit $status: $(cat out err)"
	"$1" </dev/null >out || die "$1: finds something in nothing"
	[ ! -s out ] || die "$1: prints something of nothing"
}
needs() { readelf -d "$1" | grep -q 'NEEDED.*libsievert\.so\.0'; }

# shellcheck disable=SC2046,SC2086 # words of flags
{
	$CC -std=c11 -Wall -Wextra -Werror $FLAGS example.c -o c-shared $(pkg-config --cflags --libs sievert)
	$CXX -std=c++17 -Wall -Wextra -Werror $FLAGS example.cpp -o cpp-shared $(pkg-config --cflags --libs sievert)
	$CC $FLAGS example.c -o c-static \
		$(pkg-config --static --cflags --libs sievert | sed 's/-lsievert\b/-l:libsievert.a/')
	# no header leans on what another one brought
	for header in "$prefix"/include/sievert/*.h; do
		echo "#include <sievert/${header##*/}>" >one.c
		cp one.c one.cpp
		$CC -std=c99 -pedantic -Wall -Wextra -Werror -fsyntax-only one.c $(pkg-config --cflags sievert)
		$CXX -std=c++11 -pedantic -Wall -Wextra -Werror -fsyntax-only one.cpp $(pkg-config --cflags sievert)
	done
}
finds ./c-shared
finds ./cpp-shared
finds ./c-static
needs c-shared || die "c-shared does not ask for libsievert.so.0"
! needs c-static || die "c-static asks for libsievert.so.0"

mkdir project
cp example.c example.cpp project
cat >project/CMakeLists.txt <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(consumer C CXX)
find_package(sievert 0.1 CONFIG REQUIRED COMPONENTS static)
add_executable(c-shared example.c)
add_executable(cpp-shared example.cpp)
add_executable(c-static example.c)
target_link_libraries(c-shared PRIVATE sievert::sievert)
target_link_libraries(cpp-shared PRIVATE sievert::sievert)
target_link_libraries(c-static PRIVATE sievert::static)
EOF
cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" \
	-DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_C_FLAGS="$FLAGS" -DCMAKE_CXX_FLAGS="$FLAGS" >cmake.log &&
	cmake --build project/build >>cmake.log || { cat cmake.log; exit 1; }
for program in c-shared cpp-shared c-static; do
	finds "project/build/$program"
done
needs project/build/c-shared || die "CMake's c-shared does not ask for libsievert.so.0"
! needs project/build/c-static || die "CMake's c-static asks for libsievert.so.0"

# exported is what the headers declare, and nothing else
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >exported
cat "$prefix"/include/sievert/*.h | tr '\n' ' ' | grep -o 'SV_API [^;]*(' | grep -o 'sv_[a-z_]*(' |
	tr -d '(' | sort -u >declared
diff declared exported || die "declared (<) and exported (>) are not the same"

for file in base.h schema/report.json; do
	[ -f "$prefix/include/sievert/$file" ] || die "$file is not installed"
done
ASAN_OPTIONS=detect_leaks=0 "$prefix/bin/sievert" version >out
[ "$(cat out)" = "sievert $(pkg-config --modversion sievert)" ] || die "versions differ: $(cat out)"
