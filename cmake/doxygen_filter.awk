# What stands beside a member documents it: `double height;  // e_peak/e_0` reaches Doxygen as `///<`, with the lines of
# comment below that go on. A comment above, inside a statement, for a linter or at a namespace's end stays as it is.
# A solver's State, init and step are what concept Solver says, unless they say more themselves.
FILENAME ~ /\/solver\// && /^  template <class V>$/ && last !~ /\/\/\// { print "  /// As concept Solver asks." }
{
  if (/^ *\/\/\/ /) gsub(/<class/, "\\<class")  # no tag of HTML
  if (match($0, /[;,{}] +\/\/ /) && $0 !~ /^ *(\/\/|#)|\/\/ (NOLINT|namespace)/) {
    sub(/ \/\/ /, " ///< ")
    beside = 1
  } else if (beside && $0 ~ /^ +\/\/ /) {
    sub(/\/\/ /, "///< ")
  } else {
    beside = 0
  }
  print
  last = $0
}
