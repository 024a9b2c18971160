// Changes one group's members in the text of the directory's file, and nothing else: comments, order and layout of
// everything around stay as the person wrote them. Pure; what it returns was parsed again and held against the wish.
#pragma once

#include <string>

namespace stint::directory_embedded {

/// The text with `login` among the members of `group`, or without. Throws FileFault when the file is not a directory,
/// has no such group, or cannot be edited without touching more.
[[nodiscard]] std::string with_member(const std::string& text, const std::string& file, const std::string& group, const std::string& login);
[[nodiscard]] std::string without_member(const std::string& text, const std::string& file, const std::string& group,
                                         const std::string& login);

}  // namespace stint::directory_embedded
