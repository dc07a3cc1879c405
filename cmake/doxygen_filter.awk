# What stands beside a member documents it: `double height;  // e_peak/e_0` reaches Doxygen as `///<`, with the lines of
# comment below that go on. A comment above, and one inside a statement, stay as they are.
{
  if (match($0, /[;,{}] +\/\/ /) && $0 !~ /^ *(\/\/|#)/) {
    sub(/ \/\/ /, " ///< ")
    beside = 1
  } else if (beside && $0 ~ /^ +\/\/ /) {
    sub(/\/\/ /, "///< ")
  } else {
    beside = 0
  }
  print
}
