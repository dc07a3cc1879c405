#include "study.hpp"

namespace figures {

std::vector<Study> all_studies() {
  return {step_size(), burn_in(), methods(), commutator(), logistic(), derivatives(), sobolev(), accuracy()};
}

unroll::Instance data_instance(const Settings& settings, const std::string& data, const std::string& loss,
                               double theta, const std::string& start, double start_scale) {
  return unroll::set_up({.data = data,
                         .loss = loss,
                         .theta = theta,
                         .start = start,
                         .start_scale = start_scale,
                         .seed = settings.seed,
                         .data_directory = settings.data_directory})
      .instance;
}

}  // namespace figures
