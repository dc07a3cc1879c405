# Prints the blocks of a page that are written in `language`, in order: ```cpp … ```, and those that a reader is not shown,
# <!-- cpp … -->, which make a program of them.
#   awk -v language=cpp -f document_blocks.awk README.md
inside && /^(```|-->)$/ { inside = 0 }
inside
$0 == "```" language || $0 == "<!-- " language { inside = 1 }
