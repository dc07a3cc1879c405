# What Doxygen reads of a page: a link to a heading leads to the page, as Doxygen has its own names for headings, and the text of a
# link stands on one line.
/^```/ { in_block = !in_block }
{
  while (!in_block && /\[[^]]*$/ && (getline next_line) > 0) {
    sub(/^ +/, "", next_line)
    $0 = $0 " " next_line
  }
  gsub(/\.md#[a-z-]+\)/, ".md)")
  print
}
