// Standard output, where data goes and nothing else. What cannot be written is an error, never silence.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace stint::cli {

/// One line of JSON without anything in it that a terminal would obey or hide: such characters are written as \uNNNN.
[[nodiscard]] std::string json_line(const boost::json::object& object);

class Output {
public:
    explicit Output(bool is_json) : is_json_(is_json) {}

    [[nodiscard]] bool is_json() const noexcept { return is_json_; }
    /// Throws Trouble when standard output takes no more.
    void data(std::string_view text);
    /// With "schema_version" in front when it has none.
    void json(boost::json::object object);
    /// Hands everything over; throws Trouble.
    void flush();
    /// The last flush; also learns what the file system tells only on close (ENOSPC, EDQUOT, EIO on some).
    void close();

private:
    bool is_json_;
    std::string waiting_;
};

}  // namespace stint::cli
