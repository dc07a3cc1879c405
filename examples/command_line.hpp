// The command line that repeats a run, whatever the defaults of a later version.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>

namespace examples {

/// A word as a POSIX shell reads it back.
inline std::string shell_word(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./,:+=").find(static_cast<char>(c)) != std::string::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Every option but --help with its value, one on a line: as given, else the default, else what `derived`
/// says it came to; a flag where it is set.
inline std::string command_line(const CLI::App& app, const std::map<std::string, std::string>& derived) {
  std::string line = app.get_name();
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr()) continue;
    const std::string name = option->get_name();
    if (option->get_items_expected_max() == 0) {
      if (option->count() > 0 && option->as<bool>()) line += " \\\n  " + name;
      continue;
    }
    std::string value = option->get_default_str();
    if (const auto found = derived.find(name); found != derived.end()) value = found->second;
    if (option->count() > 0) value = CLI::detail::join(option->results(), ",");
    line += " \\\n  " + name + (value.starts_with('-') ? '=' : ' ') + shell_word(value);
  }
  return line;
}

}  // namespace examples
