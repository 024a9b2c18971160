// A scanner that knows comments, the four kinds of strings, and where a table's header begins; it counts the
// rest. Where it and the parser disagree on broken text, the parser stops before that place; see toml_bounds.hpp.
#include "config/toml_bounds.hpp"

#include <algorithm>

namespace stint::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view spaces = " \t";

bool is_ascii(char one) { return static_cast<unsigned char>(one) < 0x80; }

/// TOML allows no control characters but these three, in no place.
bool is_control(char one) {
    const auto byte = static_cast<unsigned char>(one);
    return (byte < 0x20 && one != '\t' && one != '\n' && one != '\r') || byte == 0x7F;
}

bool begins_key(char one) {
    const bool is_letter = (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z');
    return is_letter || (one >= '0' && one <= '9') || one == '_' || one == '-' || one == '"' || one == '\'';
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::optional<TomlExcess> run() {
        if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
        while (at_ < text_.size() && what_.empty()) step();
        if (what_.empty()) return std::nullopt;
        const auto before = text_.substr(0, std::min(at_, text_.size()));
        return TomlExcess{static_cast<unsigned>(1 + std::count(before.begin(), before.end(), '\n')), what_};
    }

private:
    void step() {
        const char one = text_[at_];
        if (is_control(one)) return refuse("a control character, which TOML does not allow");
        if (!is_ascii(one)) return refuse("a character that is not ASCII, outside of quotes and comments");
        switch (one) {
            case '#': return skip_comment();
            case '"':
            case '\'': is_line_empty_ = false; return skip_string(one);
            case '[': check_header(); open(); break;
            case '{': open(); break;
            case ']':
            case '}': depth_ = std::max(0, depth_ - 1); break;
            case '.': count_dot(); break;
            case '\n': dots_ = 0; break;
        }
        if (what_.empty()) ++at_;
        is_line_empty_ = one == '\n' || (is_line_empty_ && spaces.find(one) != std::string_view::npos);
    }

    void open() {
        if (++depth_ > deepest_brackets) refuse("brackets nested deeper than " + std::to_string(deepest_brackets) + ": write it flatter");
    }

    void count_dot() {
        if (++dots_ > most_dots_in_line) refuse("more than " + std::to_string(most_dots_in_line) + " dots in one line: write it flatter");
    }

    /// "[" that opens a line, and no list: a key must follow. The parser takes it for granted.
    void check_header() {
        if (depth_ > 0 || !is_line_empty_) return;
        auto next = text_.find_first_not_of(spaces, at_ + 1);
        if (next != std::string_view::npos && text_[next] == '[') next = text_.find_first_not_of(spaces, next + 1);
        const bool is_key = next != std::string_view::npos && (begins_key(text_[next]) || text_[next] == ']');
        if (!is_key) refuse("a table's name must begin with a letter, a digit, - or _, or stand in quotes");
    }

    void skip_comment() {
        for (; at_ < text_.size() && text_[at_] != '\n'; ++at_)
            if (is_control(text_[at_])) return refuse("a control character, which TOML does not allow");
    }

    /// An unclosed one-line string ends with its line, so that a wrong quote hides nothing that follows.
    void skip_string(char quote) {
        const std::string_view three = quote == '"' ? R"(""")" : "'''";
        const bool is_long = text_.substr(at_, 3) == three;
        at_ += is_long ? 3 : 1;
        while (at_ < text_.size() && what_.empty()) {
            const char one = text_[at_];
            if (is_control(one)) return refuse("a control character, which TOML does not allow");
            if (one == '\n' && !is_long) return;
            if (one == quote && !is_long) return void(++at_);
            if (one == quote && text_.substr(at_, 3) == three) return skip_closing(quote);
            if (one == '\\' && quote == '"') {
                skip_escape(is_long);
            } else {
                ++at_;
            }
        }
    }

    /// Up to two more quotes belong to the content: """a""""" ends with two.
    void skip_closing(char quote) {
        while (at_ < text_.size() && text_[at_] == quote) ++at_;
    }

    void skip_escape(bool is_long) {
        ++at_;
        if (!is_long) {
            if (at_ < text_.size() && text_[at_] != '\n') ++at_;
            return;
        }
        const auto next = text_.find_first_not_of(" \t\r\n", at_);
        const bool is_line_end = next != at_;
        at_ = std::min(next, text_.size());
        if (at_ == text_.size()) return;
        if (!is_ascii(text_[at_])) return refuse("a character that is not ASCII right behind a backslash: put it on the line before");
        if (!is_line_end && !is_control(text_[at_])) ++at_;
    }

    void refuse(std::string what) { what_ = std::move(what); }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    int dots_ = 0;
    bool is_line_empty_ = true;  ///< but for spaces, so far
    std::string what_;
};

}  // namespace

std::optional<TomlExcess> find_excess(std::string_view text) { return Scanner(text).run(); }

}  // namespace stint::config
