// Lines to standard error through spdlog. Lines are put together here and handed over whole: no text of
// anybody's ever meets a format string, and nothing unescaped leaves this file.
#include "log/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace stint::log {

namespace {

constexpr std::size_t max_value_bytes = 4096;

bool is_plain_word(std::string_view text) {
    return !text.empty() && text.find_first_of(" \"=") == std::string_view::npos;
}

std::string quoted(std::string_view value) {
    const bool is_cut = value.size() > max_value_bytes;
    std::string text = escaped(value.substr(0, max_value_bytes));
    if (is_cut) text += "…";
    if (is_plain_word(text)) return text;
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"') out += '\\';
        out += letter;
    }
    return out + '"';
}

// Event names and keys are ours, but a mistake there must not break the line either.
std::string word(std::string_view text) {
    std::string out;
    for (const char letter : text.substr(0, 64)) {
        const bool is_word = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
                             letter == '_' || letter == '.' || letter == '-';
        out += is_word ? letter : '_';
    }
    return out.empty() ? "_" : out;
}

struct LevelText {
    spdlog::level::level_enum threshold;
    std::string_view name;
    std::string_view priority;  ///< sd-daemon(3)
};

LevelText text_of(Level level) {
    switch (level) {
        case Level::debug: return {spdlog::level::debug, "debug", "<7>"};
        case Level::info: return {spdlog::level::info, "info", "<6>"};
        case Level::warning: return {spdlog::level::warn, "warning", "<4>"};
        case Level::error: return {spdlog::level::err, "error", "<3>"};
        case Level::alarm: return {spdlog::level::critical, "alarm", "<1>"};
    }
    return {spdlog::level::critical, "alarm", "<1>"};
}

// The variable alone is not enough: a terminal started from a service inherits it, its stderr is a tty though.
bool is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    return std::string_view(stream) == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

struct Output {
    spdlog::logger logger{"stint", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
    bool is_journal = false;

    Output() { set(Level::info); }
    void set(Level lowest) {
        is_journal = log::is_journal();
        const char* pattern = is_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%fZ %v";
        logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
        logger.set_level(text_of(lowest).threshold);
        logger.set_error_handler([](const std::string&) {});  // a log that cannot be written has nowhere to say so
    }
};

Output& output() {
    static Output* only = new Output;  // never destroyed: threads may still log while the process ends
    return *only;
}

}  // namespace

Field::Field(std::string_view key_text, std::string_view value_text) : key(word(key_text)), value(quoted(value_text)) {}
Field::Field(std::string_view key_text, std::int64_t number) : key(word(key_text)), value(std::to_string(number)) {}

void start(Level lowest) { output().set(lowest); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) noexcept {
    try {
        Output& out = output();
        const LevelText text = text_of(level);
        if (!out.logger.should_log(text.threshold)) return;
        std::string line;
        if (out.is_journal) {
            line += text.priority;
        } else {
            line += text.name;
            line += ' ';
        }
        line += word(event);
        for (const Field& field : fields) {
            line += ' ';
            line += field.key;
            line += '=';
            line += field.value;
        }
        out.logger.log(text.threshold, spdlog::string_view_t(line.data(), line.size()));  // this overload formats nothing
    } catch (...) {  // no memory for a line: the line is lost, the work goes on
        static_cast<void>(level);
    }
}

}  // namespace stint::log
