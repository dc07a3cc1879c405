# Says where a test may pass on NaN: awk -f check_nan.awk tests/…
# `largest = std::max(largest, x)` of doubles passes over a NaN, and so may Eigen's maxCoeff: tests/support/worst.hpp has
# what does not.
FNR == 1 {
  check = ""
  delete doubles
}
{ sub(/\/\/.*/, "") }
# Every word behind `double` may be the name of one.
match($0, /double/) {
  count = split(substr($0, RSTART + RLENGTH), words, /[^A-Za-z0-9_]+/)
  for (i = 1; i <= count; ++i) doubles[words[i]] = 1
}
match($0, /[A-Za-z_][^ (]* = std::(max|min)\(/) {
  name = substr($0, RSTART, RLENGTH)
  sub(/ = .*/, "", name)
  behind = substr($0, RSTART + RLENGTH)
  whole = name
  sub(/\[.*/, "", name)
  if (index(behind, whole) && name in doubles) fault("std::max and std::min pass over a NaN: take test::Worst")
}
/(CHECK|REQUIRE)[A-Z_]*\(/ { check = " " }
check { check = check $0 }
check ~ /(maxCoeff|minCoeff|lpNorm<Eigen::Infinity>)\(/ {
  fault("maxCoeff and its like may pass over a NaN: take test::largest")
  check = ""
}
/;/ { check = "" }
function fault(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message
  failed = 1
}
END { exit failed }
