// An environment and files made of maps.
#pragma once

#include <map>
#include <string>

#include "integrations/settings/load.hpp"

inline settings::Outside fake_outside(std::map<std::string, std::string> variables = {}, std::map<std::string, std::string> files = {}) {
  return {[variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
            const auto it = variables.find(name);
            return it == variables.end() ? std::nullopt : std::optional<std::string>(it->second);
          },
          [files = std::move(files)](const std::string& path) -> bot::Result<std::string> {
            const auto it = files.find(path);
            if (it == files.end()) return bot::fail(bot::ErrorKind::not_found, path + " cannot be read: No such file or directory");
            return it->second;
          }};
}
