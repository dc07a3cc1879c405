# Prints rows of a table, one for every [call: shapes] in the documentation comments of the given headers:
#
#   /// Σ x_ii [trace(x): m×n → 1]; x_ii [diagonal(x): m×n → min(m, n); to what order]. What holds of both, at kinks say.
#   /// @throws ShapeError
#
# Before a bracket stands the formula, behind the last one what holds of all. The order is the third where nothing is said.
#   awk -f function_page.awk include/unroll/ad/reduce.hpp …
function trimmed(text) {
  gsub(/^[ .;,:]+|[ ;,:]+$/, "", text)
  gsub(/\|/, "\\|", text)
  return text
}
function inner(text) {
  gsub(/^ +| +$/, "", text)
  gsub(/\|/, "\\|", text)
  return text
}
function flush(    rest, bracket, call, formula, shapes, order, count, i) {
  rest = comment
  comment = ""
  count = 0
  while (match(rest, /\[[^][]*: [^][]*→[^][]*\]/)) {
    formula[++count] = trimmed(substr(rest, 1, RSTART - 1))
    bracket = substr(rest, RSTART + 1, RLENGTH - 2)
    rest = substr(rest, RSTART + RLENGTH)
    i = index(bracket, ": ")
    call[count] = substr(bracket, 1, i - 1)
    shapes[count] = substr(bracket, i + 2)
    order[count] = "3"
    if ((i = index(shapes[count], "; ")) > 0) {
      order[count] = substr(shapes[count], i + 2)
      shapes[count] = substr(shapes[count], 1, i - 1)
    }
  }
  if (count == 0) return
  # What goes on without a full stop, "for symmetric A", belongs to the last formula.
  if (match(rest, /^[ ,]*[a-z][^.:;]*/)) {
    formula[count] = formula[count] (rest ~ /^,/ ? "" : " ") inner(substr(rest, 1, RLENGTH))
    rest = substr(rest, RLENGTH + 1)
  }
  rest = trimmed(rest)
  for (i = 1; i <= count; ++i) {
    printf "| `%s` | %s | %s | %s | %s |\n", call[i], formula[i], shapes[i], order[i], rest
    ++rows
  }
}
/^ *\/\/\/ @[{}]/ { next }
/^ *\/\/\/ / {
  line = $0
  sub(/^ *\/\/\/ /, "", line)
  comment = comment (comment == "" ? "" : " ") line
  next
}
{ flush() }
END { if (rows == 0) exit 1 }
