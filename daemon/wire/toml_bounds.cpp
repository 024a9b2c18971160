// A scanner that knows comments and the four kinds of strings, and counts the rest. Where it and the parser
// disagree on broken text, the parser stops before that place. See toml_bounds.hpp.
#include "wire/toml_bounds.hpp"

#include <algorithm>

namespace stint::wire {
namespace {

constexpr std::string_view behind_these = " \t\r\n=[{,.";  // what may stand before a string
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_ascii(char one) { return static_cast<unsigned char>(one) < 0x80; }

/// TOML allows no control characters but these three, in no place.
bool is_control(char one) {
    const auto byte = static_cast<unsigned char>(one);
    return (byte < 0x20 && one != '\t' && one != '\n' && one != '\r') || byte == 0x7F;
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text), start_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) {}

    std::optional<TomlExcess> run() {
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
            case '\'': return skip_string(one);
            case '[':
            case '{': open(); break;
            case ']':
            case '}': depth_ = std::max(0, depth_ - 1); break;
            case '.': count_dot(); break;
            case '\n': dots_ = 0; break;
        }
        if (what_.empty()) ++at_;
    }

    void open() {
        if (++depth_ > deepest_brackets) refuse("brackets nested deeper than " + std::to_string(deepest_brackets) + ": write it flatter");
    }

    void count_dot() {
        if (++dots_ > most_dots_in_line) refuse("more than " + std::to_string(most_dots_in_line) + " dots in one line: write it flatter");
    }

    void skip_comment() {
        for (; at_ < text_.size() && text_[at_] != '\n'; ++at_)
            if (is_control(text_[at_])) return refuse("a control character, which TOML does not allow");
    }

    /// An unclosed one-line string ends with its line, so that a wrong quote hides nothing that follows.
    void skip_string(char quote) {
        // The parser reads a bare value up to the next space, quotes and all.
        if (at_ > start_ && behind_these.find(text_[at_ - 1]) == std::string_view::npos) return refuse("a quote in the middle of a word");
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
    std::size_t start_;
    std::size_t at_ = start_;
    int depth_ = 0;
    int dots_ = 0;
    std::string what_;
};

}  // namespace

std::optional<TomlExcess> find_excess(std::string_view text) { return Scanner(text).run(); }

}  // namespace stint::wire
