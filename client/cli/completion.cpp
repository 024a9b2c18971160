// bash and zsh share the function that knows the words: what of their languages it uses is the same. All words are
// the program's own, so nothing in them has to be quoted, but for the sentences that fish shows.
#include "client/cli/completion.hpp"

#include "client/cli/arguments.hpp"
#include "client/cli/handlers.hpp"
#include "client/cli/verbs.hpp"

#include <stdexcept>
#include <vector>

namespace stint::cli {
namespace {

std::string_view first_of(std::string_view name) { return name.substr(0, name.find(' ')); }
std::string_view second_of(std::string_view name) { return name.find(' ') == std::string_view::npos ? "" : name.substr(name.find(' ') + 1); }

/// Once each, in the table's order: the verbs' first words, or what may stand behind one of them.
std::string words_after(std::string_view first) {
    std::string words;
    std::string_view last;
    for (const Verb& verb : verbs()) {
        const std::string_view word = first.empty() ? first_of(verb.name) : second_of(verb.name);
        if (verb.handle == nullptr || word.empty() || word == last || (!first.empty() && first_of(verb.name) != first)) continue;
        last = word;
        words.append(words.empty() ? "" : " ").append(word);
    }
    return words;
}

std::string joined(const std::vector<std::string>& names, std::string_view with) {
    std::string text;
    for (const auto& name : names) text.append(text.empty() ? "" : with).append(name);
    return text;
}

bool is_choice(const OptionRow& row) { return row.value.find('|') != std::string::npos; }

std::string choices_of(const OptionRow& row) {
    std::string words = row.value;
    for (char& c : words) c = c == '|' ? ' ' : c;
    return words;
}

/// One branch of the shared function: what stands behind an option that takes a value, else options and fixed words.
std::string branch_of(const Verb& verb) {
    std::string text = "        '" + std::string(verb.name) + "')\n            case $2 in\n";
    std::string open, words;
    for (const OptionRow& row : grammar_of(verb)) {
        if (row.is_argument) {
            if (is_choice(row)) words.append(choices_of(row)).append(" ");
            continue;
        }
        words.append(row.names.back()).append(" ");
        if (is_choice(row)) text += "                " + joined(row.names, "|") + ") choices='" + choices_of(row) + "' ;;\n";
        else if (row.value == "PATH") text += "                " + joined(row.names, "|") + ") choices=FILE ;;\n";
        else if (!row.value.empty()) open.append(open.empty() ? "" : "|").append(joined(row.names, "|"));
    }
    if (!words.empty()) words.pop_back();
    if (!open.empty()) text += "                " + open + ") ;;\n";
    return text + "                *) choices='" + words + "' ;;\n            esac ;;\n";
}

std::string shared_functions() {
    std::string text = R"(# $choices: what may stand behind the verb $1 and the word $2; FILE for a file's name.
_stint_choices() {
    choices=
    case $1 in
        ''|help)
            case $2 in
                --socket) choices=FILE ;;
                --as|--timeout) ;;
)";
    text += "                *) choices='" + words_after("") + " help --json --socket --as --timeout --help --version' ;;\n            esac ;;\n";
    std::string_view last;
    for (const Verb& verb : verbs()) {
        if (verb.handle == nullptr) continue;
        const std::string_view first = first_of(verb.name);
        if (!second_of(verb.name).empty() && first != last) text += "        '" + std::string(first) + "') choices='" + words_after(first) + "' ;;\n";
        last = first;
        text += branch_of(verb);
    }
    text += "    esac\n}\n";
    // The words before the one at hand, the program's name left out.
    text += R"(# $verb and $before: the verb among the words given, and the word at their end; $is_command behind the dashes of `run`.
_stint_verb() {
    verb= before= is_command=
    local word skip=
    for word in "$@"; do
        if [[ $word == = ]]; then continue; fi
        before=$word
        if [[ -n $skip ]]; then skip=; continue; fi
        case $word in
            --) if [[ $verb == run ]]; then is_command=yes; return; fi ;;
            --socket|--as|--timeout) skip=yes ;;
            -*) ;;
            *)
                case $verb in
                    '') verb=$word ;;
)";
    // A case takes the first branch that fits: all verbs that begin alike have one.
    last = {};
    for (const Verb& verb : verbs()) {
        const std::string first(first_of(verb.name));
        if (verb.handle == nullptr || second_of(verb.name).empty() || first == last) continue;
        last = first_of(verb.name);
        text += "                    '" + first + "') case ' " + words_after(first) + " ' in *\" $word \"*) verb=\"" + first + " $word\" ;; esac ;;\n";
    }
    return text + "                esac ;;\n        esac\n    done\n}\n";
}

constexpr std::string_view bash_end = R"(_stint() {
    local choices verb before is_command word=${COMP_WORDS[COMP_CWORD]}
    if [[ $word == = ]]; then word=; fi
    _stint_verb "${COMP_WORDS[@]:1:COMP_CWORD-1}"
    COMPREPLY=()
    if [[ -n $is_command ]]; then
        if [[ ${COMP_WORDS[COMP_CWORD-1]} == -- ]]; then mapfile -t COMPREPLY < <(compgen -c -- "$word")
        else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
        return
    fi
    _stint_choices "$verb" "$before"
    if [[ $choices == FILE ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word"); fi
}
complete -F _stint stint
)";

constexpr std::string_view zsh_end = R"(_stint() {
    local choices verb before is_command
    local -i dashes=${words[(i)--]}
    _stint_verb "${(@)words[2,CURRENT-1]}"
    if [[ -n $is_command ]]; then
        shift $dashes words
        (( CURRENT -= dashes ))
        _normal
        return
    fi
    if [[ $PREFIX == --*=* ]]; then before=${PREFIX%%=*}; compset -P '*='; fi
    _stint_choices "$verb" "$before"
    if [[ $choices == FILE ]]; then _files
    else compadd -- ${=choices}; fi
}
if [[ $funcstack[1] == _stint ]]; then _stint "$@"
else compdef _stint stint; fi
)";

std::string fish_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

constexpr std::string_view fish_start = R"(# fish completion for stint, printed by `stint completion fish`
function __stint_is
    set -l verb
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --
                test "$verb" = run; and return 1
            case --socket --as --timeout
                set skip 1
            case '-*'
            case '*'
                set verb $verb $word
        end
    end
    set -l wanted $argv
    test (count $verb) -ge (count $wanted); or return 1
    test (count $wanted) -gt 0; or return (count $verb)
    for i in (seq (count $wanted))
        test $verb[$i] = $wanted[$i]; or return 1
    end
end
complete -c stint -f
complete -c stint -n __stint_is -a help
complete -c stint -n __stint_is -l json
complete -c stint -n __stint_is -l socket -r -F
complete -c stint -n __stint_is -l as -x
complete -c stint -n __stint_is -l timeout -x
complete -c stint -n __stint_is -s h -l help
complete -c stint -n __stint_is -s V -l version
)";

std::string fish_script() {
    std::string text(fish_start);
    std::string_view last;
    for (const Verb& verb : verbs()) {
        if (verb.handle == nullptr) continue;
        const std::string_view first = first_of(verb.name), second = second_of(verb.name);
        if (first != last) {
            const std::string about = second.empty() ? " -d " + fish_quoted(verb.summary) : "";
            text += "complete -c stint -n __stint_is -a " + std::string(first) + about + "\n";
        }
        last = first;
        if (!second.empty()) text += "complete -c stint -n '__stint_is " + std::string(first) + "' -a " + std::string(second) + " -d " + fish_quoted(verb.summary) + "\n";
        const std::string when = "complete -c stint -n '__stint_is " + std::string(verb.name) + "'";
        for (const OptionRow& row : grammar_of(verb)) {
            if (row.is_argument) {
                if (is_choice(row)) text += when + " -a '" + choices_of(row) + "'\n";
                continue;
            }
            text += when;
            for (const auto& name : row.names) text += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
            if (is_choice(row)) text += " -x -a '" + choices_of(row) + "'";
            else if (row.value == "PATH") text += " -r -F";
            else if (!row.value.empty()) text += " -x";
            text += " -d " + fish_quoted(row.help) + "\n";
        }
    }
    return text;
}

}  // namespace

std::string completion_script(std::string_view shell) {
    if (shell == "bash") return "# bash completion for stint, printed by `stint completion bash`\n" + shared_functions() + std::string(bash_end);
    if (shell == "zsh") return "#compdef stint\n# zsh completion for stint, printed by `stint completion zsh`\n" + shared_functions() + std::string(zsh_end);
    if (shell == "fish") return fish_script();
    throw std::invalid_argument("there is no completion for this shell");
}

ExitCode completion(Session& session) {
    session.output.data(completion_script(session.arguments.shell));
    return ExitCode::done;
}

}  // namespace stint::cli
