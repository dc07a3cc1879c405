# Prints rows of a table, one for every function of arrays that the given headers declare: what is called how, and the
# comment above it (a group /// @{ … /// @} shares one). What namespace ad holds is the engine's.
#   awk -f function_page.awk include/unroll/ad/reduce.hpp …
function arguments(list,    parts, count, i, names, name) {
  gsub(/<[^<>]*>/, "", list)
  count = split(list, parts, ",")
  for (i = 1; i <= count; ++i) {
    name = parts[i]
    sub(/ *=.*/, "", name)
    sub(/^.*[ &*]/, "", name)
    if (name != "" && name != "None...") names = names (names == "" ? "" : ", ") name
  }
  return names
}
function row(call) {
  if (call in seen_in && seen_in[call] == comment) return
  seen_in[call] = comment
  text = comment
  gsub(/\|/, "\\|", text)
  rows = rows "| `" call "` | " text " |\n"
  ++count
}
function declaration(text,    name, parts, open, i, depth) {
  if (text ~ /= delete/ || comment == "") return
  if (match(text, /UNROLL_[A-Z_]+\([a-z_]+, [a-z_]+, [a-z_]+, [a-z_]+\)/)) {  # of rows and of columns
    split(substr(text, RSTART, RLENGTH), parts, /[(,] ?/)
    row(parts[3] "(x)")
    row(parts[4] "(x)")
    return
  }
  if (!match(text, /(operator[^ (]+|[a-z][a-z_0-9]*)\((const |std::(span|vector|reference_wrapper)<|M&& )/)) return
  name = substr(text, RSTART)
  open = index(name, "(")
  depth = 0
  for (i = open; i <= length(name); ++i) {
    if (substr(name, i, 1) == "(") ++depth
    if (substr(name, i, 1) == ")" && --depth == 0) break
  }
  row(substr(name, 1, open - 1) "(" arguments(substr(name, open + 1, i - open - 1)) ")")
}
FNR == 1 { in_engine = in_class = in_body = hidden = 0; comment = ""; code = ""; group = 0; commented = 0 }
/^namespace ad \{/ { in_engine = 1 }
/^}  \/\/ namespace ad/ { in_engine = 0; comment = ""; next }
in_engine { next }
/^(class|struct) [^;]*$/ { in_class = 1 }
in_class { if (/^};/) in_class = 0; comment = ""; next }
in_body { if (/^ *}/) in_body = 0; next }
/^ *\/\/\/ @\{/ { group = 1; next }
/^ *\/\/\/ @\}/ { group = 0; comment = ""; next }
/^ *\/\/\/ @cond/ { hidden = 1 }
/^ *\/\/\/ @endcond/ { hidden = 0; next }
/^ *\/\/\/ / && !hidden {
  line = $0
  sub(/^ *\/\/\/ /, "", line)
  comment = (commented ? comment " " : "") line
  commented = 1
  next
}
{ commented = 0 }
/^(#|namespace|using|struct|class|concept| *\/\/|$)/ || hidden { if (/^$/ && !group) comment = ""; code = ""; next }
{
  code = code " " $0
  if (code ~ /[{;]/ || code ~ /UNROLL_[A-Z_]+\([^)]*\)/) {
    declaration(code)
    in_body = code ~ /{ *$/
    code = ""
  }
}
END {
  if (count == 0) exit 1
  printf "%s", rows
}
