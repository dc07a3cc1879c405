# Says which pages of the site refer to a file, or to a place in a page, that is not there, and which show a reference that became no
# link. Run in its directory: awk -f check_site.awk *.html
function exists(path,    line, found) {
  if (path in known) return known[path]
  found = (getline line < path) >= 0
  close(path)
  return known[path] = found
}
function complain(where, what) {
  if (!((where, what) in said)) printf "%s: %s\n", where, what
  said[where, what] = failed = 1
}
FNR == 1 {
  file = FILENAME
  sub(/^.*\//, "", file)
}
/[@\\]ref / && !/class="(line|comment)"/ { complain(file, "shows a reference: " substr($0, 1, 120)) }
{
  text = $0
  while (match(text, /(id|name)="[^"]+"/)) {
    place = substr(text, RSTART, RLENGTH - 1)
    text = substr(text, RSTART + RLENGTH)
    sub(/^[a-z]+="/, "", place)
    places[file "#" place] = 1
  }
  text = $0
  while (match(text, /(href|src|data)="[^"?:]+"/)) {
    target = substr(text, RSTART, RLENGTH - 1)
    text = substr(text, RSTART + RLENGTH)
    sub(/^[a-z]+="/, "", target)
    path = target
    sub(/#.*/, "", path)
    if (path != "" && !exists(path)) complain(file, path " is not there")
    else if (target ~ /#./) wanted[(path == "" ? file : "") target] = file
  }
}
END {
  # (Doxygen itself refers to lists of nested classes that it leaves out, and in its indexes to overloads that it shows as one.)
  for (target in wanted)
    if (!(target in places) && target !~ /#nested-classes$/ && wanted[target] !~ /^functions_/)
      complain(wanted[target], "there is no " target)
  exit failed
}
