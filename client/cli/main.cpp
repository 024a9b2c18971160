// The client's door: words in, exit status out. Every trouble ends here and is reported once.
#include "client/cli/handlers.hpp"
#include "client/cli/settings.hpp"
#include "client/cli/trouble.hpp"
#include "client/cli/verbs.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <exception>

namespace {

using namespace stint::cli;

/// A closed standard descriptor would be given to the next file opened: the broker's socket, say.
void fill_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        // Opened the wrong way round, so that using it is still an error.
        const int filler = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (filler >= 0 && filler != fd) ::close(filler);
    }
}

ExitCode perform(CommandLine& line, Output& output, Terminal& terminal) {
    ApiOptions options;
    if (line.verb->needs_broker) options.socket = choose_socket(settings_places(line.arguments.socket));
    options.act_as = line.arguments.act_as;
    options.timeout = line.arguments.timeout;
    const Api api(std::move(options), terminal);
    Session session{line.arguments, api, output, terminal};
    return line.verb->handle(session);
}

/// The broker does not repeat whom it does not know; to whom it happens it is half the answer.
std::string who_came(const Arguments& arguments) {
    if (arguments.act_as) return *arguments.act_as;
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : "uid " + std::to_string(::geteuid());
}

ExitCode report(Trouble trouble, const CommandLine& line, Output& output, Terminal& terminal) {
    const bool is_run = line.verb != nullptr && line.verb->handle == &run;
    if (trouble.code == "caller_unknown" && trouble.detail.empty()) trouble.detail = "you came as `" + who_came(line.arguments) + "`";
    terminal.message(lines_of(trouble));
    const ExitCode exit = is_run ? exit_of_run(trouble.exit) : trouble.exit;
    if (!line.is_json || trouble.code == "output_failed") return exit;
    trouble.exit = exit;
    if (is_run) terminal.message(json_line(to_json(trouble)));
    else output.json(to_json(trouble));
    return exit;
}

ExitCode attempt(std::vector<std::string> words, CommandLine& line, Terminal& terminal) {
    Output output(false);
    ExitCode exit = ExitCode::done;
    try {
        try {
            read_command_line(std::move(words), line);
            line.is_json = line.arguments.is_json;
            output = Output(line.is_json);
            if (line.verb == nullptr) output.data(line.text);
            else exit = perform(line, output, terminal);
        } catch (const Trouble& trouble) {
            exit = report(trouble, line, output, terminal);
        } catch (const Interrupted&) {
            terminal.message("stint: Interrupted. What was asked may have been done: `stint list` tells.\n");
            exit = ExitCode::interrupted;
        } catch (const std::exception& error) {
            exit = report(Trouble(ExitCode::unexpected, "unexpected", error.what() + std::string(".")), line, output, terminal);
        }
        output.close();
    } catch (const Trouble& trouble) {
        terminal.message(lines_of(trouble));
        return trouble.exit;
    }
    return exit;
}

}  // namespace

int main(int argc, char** argv) {
    fill_standard_descriptors();
    take_interrupts();
    Terminal terminal;
    CommandLine line;
    const ExitCode exit = attempt(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), line, terminal);
    return static_cast<int>(exit);
}
