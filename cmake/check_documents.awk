# Reads README.md and the pages of docs, and says what is wrong with them: a link to a file or to a heading that is not there, a
# page that no other links to, a block of C++ by another name (which nothing would compile), a preset that does not exist, more
# words in README than `most_words`. Paths are relative to the current directory, the project's; the first file is CMakePresets.json.
#   awk -v most_words=900 -f check_documents.awk CMakePresets.json README.md docs/*.md
function complain(where, what) {
  printf "%s: %s\n", where, what
  failed = 1
}
# As GitHub makes it: lower case, spaces to hyphens, punctuation gone. (Bytes beyond ASCII are letters.)
function anchor(heading) {
  heading = tolower(heading)
  gsub(/[][!"#$%&'()*+,.\/:;<=>?@\\^`{|}~]/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}
function exists(path,    line, found) {
  if (path in read) return 1
  found = (getline line < path) >= 0
  close(path)
  return found
}
FNR == 1 {
  file = FILENAME
  directory = file ~ /\// ? file : ""
  sub(/[^\/]*$/, "", directory)
  in_block = in_comment = 0
  read[file] = 1
}
file ~ /\.json$/ {
  if (match($0, /"name": "[a-z]+"/)) presets[substr($0, RSTART + 9, RLENGTH - 10)] = 1
  next
}
file == "README.md" { words += NF }
/^```./ && !in_block && $0 !~ /^```(cpp|cmake|sh|text)$/ { complain(file ":" FNR, "a block of an unknown language: " $0) }
/^```/ { in_block = !in_block }
{
  text = $0
  while (match(text, /--preset [a-z]+/)) {
    wanted[file ":" FNR " " substr(text, RSTART + 9, RLENGTH - 9)] = substr(text, RSTART + 9, RLENGTH - 9)
    text = substr(text, RSTART + RLENGTH)
  }
}
in_block || /^```/ { next }
/^<!-- / { in_comment = 1 }
/-->$/ { in_comment = 0 }
in_comment { next }
/^#+ / {
  heading = $0
  sub(/^#+ /, "", heading)
  headings[file "#" anchor(heading)] = 1
}
{
  text = $0
  gsub(/`[^`]*`/, "", text)
  while (match(text, /\]\([^)]*\)/)) {
    target = substr(text, RSTART + 2, RLENGTH - 3)
    text = substr(text, RSTART + RLENGTH)
    if (target ~ /^https?:/) continue
    path = target ~ /^#/ ? file target : directory target
    while (sub(/[^\/]+\/\.\.\//, "", path)) continue
    links[file ":" FNR ": " target] = path
    sub(/#.*/, "", path)
    if (path != file) linked[path] = 1
  }
}
END {
  for (where in links) {
    path = links[where]
    sub(/#.*/, "", path)
    if (!exists(path)) complain(where, "no such file")
    else if (links[where] ~ /#/ && !(links[where] in headings)) complain(where, "no such heading")
  }
  for (where in wanted)
    if (!(wanted[where] in presets)) complain(where, "no such preset")
  for (page in read)
    if (page ~ /\.md$/ && page != "README.md" && !(page in linked)) complain(page, "no page links to it")
  if (words > most_words) complain("README.md", words " words, at most " most_words)
  exit failed
}
