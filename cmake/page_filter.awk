# What Doxygen reads of a page: a link to a heading leads to the page, as Doxygen has its own names for headings.
{
  gsub(/\.md#[a-z-]+\)/, ".md)")
  print
}
