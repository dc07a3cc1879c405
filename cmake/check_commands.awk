# Says which commands README shows that CI does not run: awk -f check_commands.awk .ci/run README.md
FILENAME != "README.md" { run = run $0 "\n"; next }
function check(command) {
  sub(/ *#.*/, "", command)
  if (index(run, "shown '" command "'")) return
  printf "README.md:%d: .ci/run does not run it: %s\n", FNR, command
  failed = 1
}
/^```/ { in_shell = $0 == "```sh" && !in_shell; next }
in_shell { check($0) }
{
  text = $0
  while (match(text, /`(sh|cmake|build\/)[^`]* [^`]*`/)) {
    check(substr(text, RSTART + 1, RLENGTH - 2))
    text = substr(text, RSTART + RLENGTH)
  }
}
END { exit failed }
