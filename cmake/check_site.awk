# Says which pages of the site refer to a file that is not there. Run in its directory: awk -f check_site.awk *.html
function exists(path,    line, found) {
  if (path in known) return known[path]
  found = (getline line < path) >= 0
  close(path)
  return known[path] = found
}
{
  text = $0
  while (match(text, /(href|src|data)="[^"#?:]+["#]/)) {
    target = substr(text, RSTART, RLENGTH - 1)
    text = substr(text, RSTART + RLENGTH)
    sub(/^[a-z]+="/, "", target)
    file = FILENAME
    sub(/^.*\//, "", file)
    if (!exists(target) && !((file, target) in said)) {
      said[file, target] = failed = 1
      printf "%s: %s is not there\n", file, target
    }
  }
}
END { exit failed }
