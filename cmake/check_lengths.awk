# Names the files of the library that are too long, over 300 lines, or 250 in derivative/; fails if there are any.
#   awk -f check_lengths.awk include/… src/…
FNR == (FILENAME ~ /derivative\// ? 251 : 301) { print FILENAME; long = 1 }
END { exit long }
